package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[ResizeArea]("ResizeArea")

// ResizeArea changes the height and width of images by averaging: an output element is the mean of the area that it
// covers in the image, where elements count by how much of them lies within.
//
//	y[n, o, p, c] = (sum of v[i] * (sum of h[j] * x[n, i, j, c])) / (scale_v * scale_h)
//
// over rows i and columns j in order, with the weights v and h, 1 between the first and the last; in f32, each step
// rounded. Output position o covers [o*scale, (o+1)*scale); scale = in/out, or (in-1)/(out-1) with AlignCorners and
// out > 1. Positions outside the image take the element at the edge.
//
//	Inputs:  x: a number type, [N, H, W, C]
//	         size: i32, [2]: the new height and width
//	Outputs: y: f32, [N, size..., C]
//
//	C1: x is a number of rank 4 with H and W >= 1
//	C2: size is i32 of shape [2], each in [1, 2^24]
//
// It is TensorFlow's ResizeArea.
type ResizeArea struct {
	AlignCorners bool `json:"align_corners,omitempty"`
}

// InputNames names the inputs.
func (op *ResizeArea) InputNames() []string { return []string{"x", "size"} }

// Infer checks C1 and C2.
func (op *ResizeArea) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	if !infer.IsNumber(in[0].Type) || len(s) != 4 || s[1] == 0 || s[2] == 0 {
		return nil, core.Violation("C1", 0, "got %v, want numbers of shape [N, H, W, C] with H and W >= 1", in[0].Fact)
	}
	out, err := interpolate.Resized("C2", in, 1, s[0], s[3])
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: out}}, nil
}

// Widens is true: sums of bf16 and f16 are f32.
func (op *ResizeArea) Widens() bool { return true }

// BatchInputs is that of an op on each image.
func (op *ResizeArea) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// cover is what an output position covers along one axis: elements from first on, with their weights.
type cover struct {
	first   int
	weights []float32
}

// inside reports whether a cover has no elements outside an axis of n elements.
func (c cover) inside(n int) bool { return c.first >= 0 && c.first+len(c.weights) <= n }

// covers returns what each of out positions covers, and the scale.
func (op *ResizeArea) covers(in, out int) ([]cover, float32) {
	scale := interpolate.Sampling{AlignCorners: op.AlignCorners}.Scale(in, out)
	list := make([]cover, out)
	for o := range list {
		from, to := float32(float32(o)*scale), float32(float32(o+1)*scale)
		c := cover{first: int(math.Floor(float64(from)))}
		for i := c.first; i < int(math.Ceil(float64(to))); i++ {
			w, at := float32(1), float32(i)
			switch {
			case at < from && at+1 > to:
				w = scale
			case at < from:
				w = at + 1 - from
			case at+1 > to:
				w = to - at
			}
			c.weights = append(c.weights, w)
		}
		list[o] = c
	}
	return list, scale
}

// Eval sums each area.
func (op *ResizeArea) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	if out[0].Len() > 0 {
		op.areas(in[0].Shape(), in[0].Float32s(), out[0])
	}
	return nil
}

// areas sums lines along the width first. A line that two areas share is summed once.
func (op *ResizeArea) areas(s core.Shape, x []float32, out *core.Tensor) {
	size, y := out.Shape(), core.Data[float32](out)
	rows, high := op.covers(s[1], size[1])
	columns, wide := op.covers(s[2], size[2])
	scale := float32(1 / float64(float32(high*wide)))
	line, pixels := s[2]*s[3], size[2]*s[3]
	sum, summed := make([]float32, pixels), -1
	for o := range s[0] * size[1] {
		if out.Abandoned() {
			return
		}
		n, r := o/size[1], rows[o%size[1]]
		to := y[o*pixels:][:pixels]
		clear(to)
		for i, w := range r.weights {
			at := n*s[1] + max(min(r.first+i, s[1]-1), 0)
			if at != summed {
				sumLine(sum, x[at*line:][:line], columns, s[3])
				summed = at
			}
			for p, v := range sum {
				to[p] += float32(v * w)
			}
		}
		for p := range to {
			to[p] *= scale
		}
	}
}

// sumLine sets sum to the weighted sums of a line of pixels with c channels.
func sumLine(sum, line []float32, columns []cover, c int) {
	count := len(line) / max(c, 1)
	for o, k := range columns {
		to := sum[o*c:][:c]
		if c == 3 && k.inside(count) && len(k.weights) > 0 {
			sumOf3((*[3]float32)(to), line[k.first*3:(k.first+len(k.weights))*3], k.weights[0], k.weights[len(k.weights)-1])
			continue
		}
		clear(to)
		for j, w := range k.weights {
			at := max(min(k.first+j, count-1), 0)
			for ch, v := range line[at*c:][:c] {
				to[ch] += float32(v * w)
			}
		}
	}
}

// sumOf3 sums pixels of three channels, at least one, of which the first and the last have weights other than 1.
func sumOf3(to *[3]float32, pixels []float32, first, last float32) {
	p := pixels[:3]
	a, b, c := float32(p[0]*first), float32(p[1]*first), float32(p[2]*first)
	if pixels = pixels[3:]; len(pixels) > 0 {
		for len(pixels) > 3 {
			p, pixels = pixels[:3], pixels[3:]
			a, b, c = a+p[0], b+p[1], c+p[2]
		}
		p = pixels[:3]
		a += float32(p[0] * last)
		b += float32(p[1] * last)
		c += float32(p[2] * last)
	}
	to[0], to[1], to[2] = a, b, c
}
