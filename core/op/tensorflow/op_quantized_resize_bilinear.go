package tensorflow

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/interpolate"
)

var _ = core.Register[QuantizedResizeBilinear]("TFQuantizedResizeBilinear")

// QuantizedResizeBilinear is TensorFlow's QuantizedResizeBilinear: it resizes an image and interpolates each element
// between four. The range does not change.
//
//	scale = in/out; (in-1)/(out-1) with AlignCorners and out > 1
//	p     = o*scale; (o+0.5)*scale - 0.5 with HalfPixelCenters, AlignCorners or not
//	lower = max(floor(p), 0), upper = min(ceil(p), in-1), f = p - floor(p)
//	top   = x[lower, left] + (x[lower, right] - x[lower, left])*fx, bottom likewise
//	y     = top + (bottom - top)*fy
//
// For f32, top and y are computed in float32, and every step is rounded. For u8 and i32, x is rounded to float32,
// and top and y are computed in fixed point with 7 and 30 bits of fraction: m is 2^7 or 2^30, and int() and all
// divisions truncate:
//
//	top = x[lower, left]*m + (x[lower, right] - x[lower, left])*int(fx*m), bottom likewise
//	y   = (top + (bottom - top)/m*int(fy*m) + m/2) / m
//
//	Inputs:  x: u8, i32 or f32, [N, H, W, C]
//	         size: i32, [2]: the output's height and width
//	         min, max: f32, [] or [1]: the range of x
//	Outputs: y: the type of x, [N, size[0], size[1], C]
//
//	C1: x is u8, i32 or f32
//	C2: x has rank 4, height and width not 0
//	C3: size is i32 of shape [2], each in [1, 2^24]
//	R1 to R3: see quantization.go
type QuantizedResizeBilinear struct {
	AlignCorners     bool `json:"align_corners,omitempty"`
	HalfPixelCenters bool `json:"half_pixel_centers,omitempty"`
}

// InputNames names the inputs.
func (op *QuantizedResizeBilinear) InputNames() []string {
	return []string{"x", "size", "min", "max"}
}

// Infer checks C1 to C3 and R1 to R3.
func (op *QuantizedResizeBilinear) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.U8, core.I32, core.F32); err != nil {
		return nil, err
	}
	s, ok := infer.UnknownShape(4).Merge(in[0].Shape)
	if !ok || s[1] == 0 || s[2] == 0 {
		return nil, core.Violation("C2", 0, "got shape %v, want [N, H, W, C] with H and W >= 1", in[0].Shape)
	}
	out, err := interpolate.Resized("C3", in, 1, s[0], s[3])
	if err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 2, 3, noChannels); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// Eval interpolates each element.
func (op *QuantizedResizeBilinear) Eval(in, out []*core.Tensor) error {
	if err := op.CheckRange(in); err != nil {
		return err
	}
	x := in[0]
	s, err := interpolate.Resized("C3", core.OperandsOf(in), 1, x.Shape()[0], x.Shape()[3])
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, x.Type(), s); err != nil {
		return err
	}
	switch {
	case s.Equal(x.Shape()):
		copy(out[0].Bytes(), x.Bytes())
	case x.Type() == core.F32:
		real := core.Data[float32](x)
		interpolate.Images(op.sampling(), x.Shape(), s, real, core.Data[float32](out[0]), interpolate.Between)
	case x.Type() == core.U8:
		op.bytes(x.Shape(), s, core.Data[uint8](x), core.Data[uint8](out[0]))
	default:
		op.fixedPoint(x, out[0], s, 30)
	}
	return nil
}

// CheckRange checks R3.
func (op *QuantizedResizeBilinear) CheckRange(in []*core.Tensor) error {
	_, err := readRange(in, 2, 3)
	return err
}

func (op *QuantizedResizeBilinear) sampling() interpolate.Sampling {
	return interpolate.Sampling{AlignCorners: op.AlignCorners, HalfPixelCenters: op.HalfPixelCenters}
}

// Between says where an output position lies between two elements of the input.
type Between = interpolate.Lerp

// Between returns where each of out positions lies in a dimension of in elements. Fractions for bytes are whole
// multiples of 1/m.
func (op *QuantizedResizeBilinear) Between(t core.Type, in, out int) []Between {
	all := op.sampling().Lerps(in, out)
	for i := range all {
		if t == core.U8 {
			all[i].Fraction = float32(int32(all[i].Fraction*byteUnit)) / byteUnit
		}
	}
	return all
}

// byteUnit is the m of bytes.
const byteUnit = 1 << 7

// bytes is fixedPoint for bytes, with 7 bits of fraction.
func (op *QuantizedResizeBilinear) bytes(from, to core.Shape, x, y []uint8) {
	const m = byteUnit
	like := op.sampling()
	rows, columns := like.Lerps(from[1], to[1]), like.Lerps(from[2], to[2])
	channels, row := from[3], from[2]*from[3]
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, v := range rows {
			upper, lower, down := image[v.Lower*row:][:row], image[v.Upper*row:][:row], int32(v.Fraction*m)
			for _, h := range columns {
				left, right, across := h.Lower*channels, h.Upper*channels, int32(h.Fraction*m)
				out := y[:channels]
				tl, tr := upper[left:][:channels], upper[right:][:channels]
				bl, br := lower[left:][:channels], lower[right:][:channels]
				for c, v := range tl {
					top := int32(v)*m + (int32(tr[c])-int32(v))*across
					bottom := int32(bl[c])*m + (int32(br[c])-int32(bl[c]))*across
					out[c] = uint8((top + (bottom-top)/m*down + m/2) / m)
				}
				y = y[channels:]
			}
		}
	}
}

// fixedPoint interpolates integers with some bits of fraction.
func (op *QuantizedResizeBilinear) fixedPoint(x, y *core.Tensor, s core.Shape, bits int) {
	m := int64(1) << bits
	real := x.Float32s()
	q, z := make([]int64, len(real)), make([]int64, y.Len())
	for i, v := range real {
		q[i] = int64(v)
	}
	interpolate.Images(op.sampling(), x.Shape(), s, q, z,
		func(tl, tr, bl, br int64, fx, fy float32) int64 {
			across, down := int64(fx*float32(m)), int64(fy*float32(m))
			top := tl*m + (tr-tl)*across
			bottom := bl*m + (br-bl)*across
			return (top + (bottom-top)/m*down + m/2) / m
		})
	elements.SetInts(y, z)
}
