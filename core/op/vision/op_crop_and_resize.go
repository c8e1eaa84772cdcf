package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
)

var _ = core.Register[CropAndResize]("CropAndResize")

// CropAndResize cuts boxes out of images and resizes them, in f32. Corners are relative to the image: 0 is the center
// of the first pixel, 1 that of the last. Positions outside the image have the value Extrapolation.
//
//	Inputs:  images: a number type, [N, H, W, C]
//	         boxes: f32, [boxes, 4]: top, left, bottom, right; may be reversed
//	         indices: i32, [boxes]: the image of each
//	         size: i32, [2]: the height and width of the crops
//	Outputs: y: f32, [boxes, size..., C]
//
//	C1: images are numbers of rank 4 with H and W >= 1
//	C2: boxes are f32 of shape [boxes, 4], indices i32 of shape [boxes]
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	C4: each index is in [0, N)
//
// It is TensorFlow's CropAndResize, and nGraph's op::v0::CropAndResize.
type CropAndResize struct {
	Nearest       bool    `json:"nearest,omitempty"` // take the nearest element instead of interpolating
	Extrapolation float32 `json:"extrapolation,omitempty"`
}

// InputNames names the inputs.
func (op *CropAndResize) InputNames() []string {
	return []string{"images", "boxes", "indices", "size"}
}

// Infer checks C1 to C3.
func (op *CropAndResize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		s = infer.UnknownShape(4)
	}
	boxes, ok := in[1].Shape.Merge(core.Shape{core.Unknown, 4})
	if ok {
		var n core.Shape
		if n, ok = in[2].Shape.Merge(boxes[:1]); ok {
			boxes = n
		}
	}
	switch {
	case !infer.IsNumber(in[0].Type) || len(s) != 4 || s[1] == 0 || s[2] == 0:
		return nil, core.Violation("C1", 0, "got %v, want numbers of shape [N, H, W, C] with H and W >= 1", in[0].Fact)
	case !ok || !in[1].Type.Compatible(core.F32) || !in[2].Type.Compatible(core.I32):
		return nil, core.Violation("C2", 1, "got boxes %v and indices %v, want f32[?,4] and i32 of as many",
			in[1].Fact, in[2].Fact)
	}
	out, err := interpolate.Resized("C3", in, 3, boxes[0], s[3])
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.F32, Shape: out}}, nil
}

// Widens is true: the result is f32, which has the numbers of bf16 and f16.
func (op *CropAndResize) Widens() bool { return true }

// Eval resizes each box.
func (op *CropAndResize) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s, to := in[0].Shape(), out[0].Shape()
	x, boxes, y := in[0].Float32s(), core.Data[float32](in[1]), core.Data[float32](out[0])
	image, crop := s[1]*s[2]*s[3], to[1]*to[2]*to[3]
	rows, columns := make([]Between, to[1]), make([]Between, to[2])
	for b, i := range core.Data[int32](in[2]) {
		if err := op.CheckIndex(i, s[0]); err != nil {
			return err
		}
		op.Places(boxes[4*b:], s[1:3], rows, columns)
		op.crop(s, x[int(i)*image:], rows, columns, y[b*crop:(b+1)*crop])
	}
	return nil
}

// CheckIndex checks C4 for one index, given the number of images.
func (op *CropAndResize) CheckIndex(i int32, images int) error {
	if i < 0 || int(i) >= images {
		return core.Violation("C4", 2, "got index %d, want in [0, %d)", i, images)
	}
	return nil
}

// Places sets rows and columns to where the rows and columns of a crop lie between those of an image. size is the
// height and width of the image, and box is top, left, bottom and right. Lower is -1 for positions outside.
func (op *CropAndResize) Places(box []float32, size []int, rows, columns []Between) {
	op.places(box[0], box[2], size[0], rows)
	op.places(box[1], box[3], size[1], columns)
}

func (op *CropAndResize) places(from, to float32, in int, l []Between) {
	out := len(l)
	var scale float32
	if out > 1 {
		scale = float32((to-from)*float32(in-1)) / float32(out-1)
	}
	for o := range l {
		p := float32(from*float32(in-1)) + float32(float32(o)*scale)
		if out == 1 {
			p = float32(float32(0.5*(from+to)) * float32(in-1))
		}
		if !(p >= 0 && p <= float32(in-1)) {
			l[o] = Between{Lower: -1}
			continue
		}
		if op.Nearest {
			at := min(int(math.Round(float64(p))), in-1)
			l[o] = Between{Lower: at, Upper: at, Fraction: 0}
			continue
		}
		floor := arithmetic.Floor32(p)
		l[o] = Between{Lower: int(floor), Upper: int(math.Ceil(float64(p))), Fraction: p - floor}
	}
}

func (op *CropAndResize) crop(s core.Shape, image []float32, rows, columns []Between, y []float32) {
	c, row := s[3], s[2]*s[3]
	for i := range y {
		y[i] = op.Extrapolation
	}
	for r, v := range rows {
		for k, h := range columns {
			if v.Lower < 0 || h.Lower < 0 {
				continue
			}
			pixel := y[(r*len(columns)+k)*c:][:c]
			for ch := range pixel {
				upper, lower := image[v.Lower*row+ch:], image[v.Upper*row+ch:]
				pixel[ch] = interpolate.Between(upper[h.Lower*c], upper[h.Upper*c], lower[h.Lower*c], lower[h.Upper*c], h.Fraction,
					v.Fraction)
			}
		}
	}
}
