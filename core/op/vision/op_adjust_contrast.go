package vision

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[AdjustContrast]("AdjustContrast")

// AdjustContrast moves the elements of each channel of an image away from their mean, or towards it.
//
//	y = mean + factor * (x - mean)
//
// each step rounded. The mean is a sum times 1/(H*W). The sum folds the image: its second half is added to its first,
// which is longer if their number is odd, until one pixel is left.
//
//	Inputs:  x: f32, [..., H, W, C]
//	         factor: f32, []
//	Outputs: y: f32, the shape of x
//
//	C1: x is f32 of rank 3 or more
//	C2: factor is f32 of shape []
//
// It is TensorFlow's AdjustContrastv2.
type AdjustContrast struct{}

// InputNames names the inputs.
func (op *AdjustContrast) InputNames() []string { return []string{"x", "factor"} }

// Infer checks C1 and C2.
func (op *AdjustContrast) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if s := in[0].Shape; !in[0].Type.Compatible(core.F32) || s.Ranked() && len(s) < 3 {
		return nil, core.Violation("C1", 0, "got %v, want f32 of rank 3 or more", in[0].Fact)
	}
	if err := wantFactor(in[1]); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: in[0].Shape}}, nil
}

// wantFactor checks C2 of the ops that adjust colours.
func wantFactor(o core.Operand) error {
	if !o.Type.Compatible(core.F32) || !o.Shape.Compatible(core.Shape{}) {
		return core.Violation("C2", 1, "got %v, want f32[]", o.Fact)
	}
	return nil
}

// Eval adjusts image by image.
func (op *AdjustContrast) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := in[0].Shape()
	x, y, factor := core.Data[float32](in[0]), core.Data[float32](out[0]), core.Data[float32](in[1])[0]
	c, pixels := s[len(s)-1], s[len(s)-2]*s[len(s)-3]
	size := pixels * c
	if len(x) == 0 {
		return nil
	}
	sum := make([]float32, (pixels+1)/2*c)
	for at := 0; at < len(x); at += size {
		if out[0].Abandoned() {
			return nil
		}
		contrast(y[at:at+size], x[at:at+size], foldedMean(sum, x[at:at+size], pixels, c), factor)
	}
	return nil
}

// foldedMean returns the mean of the pixels of an image, which have c channels, in sum.
func foldedMean(sum, image []float32, pixels, c int) []float32 {
	half := pixels / 2
	left := pixels - half
	first := image[:half*c]
	second, to := image[left*c:][:len(first)], sum[:len(first)]
	for i, v := range first {
		to[i] = second[i] + v
	}
	copy(sum[half*c:left*c], image[half*c:])
	for n := left; n > 1; {
		half = n / 2
		n -= half
		first := sum[:half*c]
		for i, v := range sum[n*c:][:len(first)] {
			first[i] += v
		}
	}
	scale := 1 / float32(pixels)
	for i := range sum[:c] {
		sum[i] *= scale
	}
	return sum[:c]
}

func contrast(y, x, mean []float32, factor float32) {
	if len(mean) == 3 {
		contrastOf3(y, x, [3]float32(mean), factor)
		return
	}
	for len(x) > 0 {
		for ch, m := range mean {
			y[ch] = m + float32(factor*(x[ch]-m))
		}
		x, y = x[len(mean):], y[len(mean):]
	}
}

// contrastOf3 is contrast of three channels.
func contrastOf3(y, x []float32, mean [3]float32, factor float32) {
	a, b, c := mean[0], mean[1], mean[2]
	for len(x) >= 6 && len(y) >= 6 {
		p, q := (*[6]float32)(x), (*[6]float32)(y)
		q[0], q[1], q[2] = a+float32(factor*(p[0]-a)), b+float32(factor*(p[1]-b)), c+float32(factor*(p[2]-c))
		q[3], q[4], q[5] = a+float32(factor*(p[3]-a)), b+float32(factor*(p[4]-b)), c+float32(factor*(p[5]-c))
		x, y = x[6:], y[6:]
	}
	for i, v := range x {
		y[i] = mean[i] + float32(factor*(v-mean[i]))
	}
}
