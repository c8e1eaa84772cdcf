package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Requantize]("TFRequantize")

// Requantize is TensorFlow's Requantize: i32 of one range to Type of another.
//
// u8 is computed in 64-bit fixed point with 16 bits of fraction. int64() truncates, products wrap, and reals are
// float32 or float64 in the same mixture as in TensorFlow:
//
//	scale  = int64(255 * 2^16 * (max-min) / (max'-min'))
//	offset = int64((min+max)/2 * (255/(max'-min')) * 2^16)
//	lowest = rha(2^16 * (min'*255) / (max'-min'))
//	q      = clamp((((int64(f32(x))*scale) >> 32) + offset - lowest + 2^15) >> 16); 0 if min' = max'
//
// i8 is computed with the Eigen forms of dequantize and quantize, see quantization.go. TensorFlow does not use the
// plain forms, FloatToQuantized(QuantizedToFloat(x)), here; they would be off by one where a real is near a tie. Where
// an intermediate result is NaN, the result is 0. That is so for all elements if the step of the range of x is below
// 2^-126, which counts as 0.
//
//	Inputs:  x: i32, any shape
//	         min, max: f32, [] or [1]: the range of x
//	         requested_min, requested_max: f32, [] or [1]: min' and max'
//	Outputs: q: Type, the shape of x
//	         min, max: f32, []: the requested range
//
//	C1: Type is i8 or u8
//	C2: x is i32
//	C3: min' <= 0
//	R1 to R3: see quantization.go
type Requantize struct {
	Type core.Type `json:"type"`
}

var requantizeInputs = []string{"x", "min", "max", "requested_min", "requested_max"}

// InputNames names the inputs.
func (op *Requantize) InputNames() []string { return requantizeInputs }

// Infer checks C1 to C3 and R1 to R3.
func (op *Requantize) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	if op.Type != core.I8 && op.Type != core.U8 {
		return nil, core.Violation("C1", -1, "type: got %v, want i8 or u8", op.Type)
	}
	if err := infer.WantType("C2", in, 0, core.I32); err != nil {
		return nil, err
	}
	if err := inferTFRange(in, 1, 2, noChannels); err != nil {
		return nil, err
	}
	if err := inferOrdered(in, 3, 4, noChannels, core.F32); err != nil {
		return nil, err
	}
	if mn := in[3].Const; mn != nil {
		if err := checkRequested(core.Data[float32](mn)[0]); err != nil {
			return nil, err
		}
	}
	return rangeFacts(op.Type, in[0].Shape), nil
}

// checkRequested checks C3.
func checkRequested(mn float32) error {
	if mn > 0 {
		return core.Violation("C3", 3, "got %v, want at most 0", mn)
	}
	return nil
}

// Constants returns the requested range if it is constant.
func (op *Requantize) Constants(in []core.Operand) ([]*core.Tensor, error) {
	if in[3].Const == nil || in[4].Const == nil {
		return make([]*core.Tensor, 3), nil
	}
	if _, err := readOrdered[float32](in[3].Const, in[4].Const, 3, 4); err != nil {
		return nil, err
	}
	return rangeConstants(tfRange{core.Data[float32](in[3].Const)[0], core.Data[float32](in[4].Const)[0]})
}

// Eval requantizes each element.
func (op *Requantize) Eval(in, out []*core.Tensor) error {
	from, err := readRange(in, 1, 2)
	if err != nil {
		return err
	}
	if _, err := readOrdered[float32](in[3], in[4], 3, 4); err != nil {
		return err
	}
	to, err := readRange(in, 3, 4)
	if err != nil {
		return err
	}
	if err := checkRequested(to.min); err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	elements.MapInts(in[0], out[0], op.element(from, to))
	setRange(out, 1, tfRange{core.Data[float32](in[3])[0], core.Data[float32](in[4])[0]})
	return nil
}

// Elements is trait.FirstElements.
func (op *Requantize) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is at most the cost of a product.
func (op *Requantize) ElementCost(core.Type) (cost int, ok bool) { return 1, true }

// Eigen holds the parameters of Requantize to i8: q is rha((x*Scale+Base)*Factor) - Offset, each step rounded to f32.
type Eigen struct {
	Scale, Base, Factor, Offset float32
}

// Eigen returns the parameters for a range of x and a requested range, which must be valid; false for u8, and for
// ranges so narrow or wide that subnormal or infinite numbers matter.
func (op *Requantize) Eigen(min0, max0, min1, max1 float32) (Eigen, bool) {
	var e Eigen
	from := tfRange{numeric.Flushed(min0), numeric.Flushed(max0)}
	to := tfRange{numeric.Flushed(min1), numeric.Flushed(max1)}
	e.Scale, e.Base = from.eigenLine(core.I32)
	e.Factor, e.Offset = to.eigenScale(core.I8)
	isNormal := func(v float32) bool { return v > 0x1p-80 && v < 0x1p60 }
	ok := op.Type == core.I8 && isNormal(e.Scale) && isNormal(e.Factor) &&
		(e.Base == 0 || isNormal(numeric.Abs32(e.Base)))
	return e, ok
}

func (op *Requantize) element(from, to tfRange) func(q int64) int64 {
	if op.Type == core.U8 {
		return from.fixedPointToU8(to).Apply
	}
	real, quantize := from.eigenDequantize(core.I32), to.eigenQuantizeOr(op.Type, 0)
	return func(q int64) int64 { return quantize(real(q)) }
}

// FixedPoint is the fixed-point arithmetic by which Requantize turns i32 into u8.
type FixedPoint struct{ Scale, Offset int64 }

// fixedPointBits is the number of fraction bits in a FixedPoint.
const fixedPointBits = 16

// NewFixedPoint returns the FixedPoint from the range [min0, max0] to [min1, max1].
func NewFixedPoint(min0, max0, min1, max1 float32) FixedPoint {
	return tfRange{
		numeric.Flushed(min0),
		numeric.Flushed(max0),
	}.fixedPointToU8(tfRange{numeric.Flushed(min1), numeric.Flushed(max1)})
}

// Apply returns clamp((((int64(f32(q))*Scale) >> 32) + Offset) >> 16) within u8; products
// wrap.
func (f FixedPoint) Apply(q int64) int64 {
	return min(max(((int64(float32(q))*f.Scale)>>32+f.Offset)>>fixedPointBits, 0), 255)
}

// fixedPointToU8 is TensorFlow's RequantizeManyInNewRange<qint32, quint8>.
func (r tfRange) fixedPointToU8(to tfRange) FixedPoint {
	const shift = fixedPointBits
	width := numeric.Flushed(to.max - to.min)
	if width == 0 {
		return FixedPoint{} // all values become 0
	}
	scale := truncateToInt64(255 * (1 << shift) * float64(numeric.Flushed(r.max-r.min)) / float64(width))
	recip := float32(255 / float64(width))
	middle := numeric.Flushed(float32(float64(numeric.Flushed(r.min+r.max)) / 2))
	offset := truncateToInt64(float64(float32(float32(middle*recip) * (1 << shift))))
	lowest := truncateToInt64(math.Round((1 << shift) * (float64(to.min) * 255) / float64(width)))
	return FixedPoint{Scale: scale, Offset: offset - lowest + 1<<(shift-1)}
}

// usedRange returns the range that the elements of an i32 tensor use: QuantizedToFloat of the smallest (at most 0)
// and of the largest, both rounded to float32, as TensorFlow computes them. Without elements it is [0, 0].
func (r tfRange) usedRange(x *core.Tensor) tfRange {
	v := core.Data[int32](x)
	if len(v) == 0 {
		return tfRange{}
	}
	lo, hi := v[0], v[0]
	for _, q := range v {
		lo, hi = min(lo, q), max(hi, q)
	}
	real := r.quantizedToFloat(core.I32)
	used := tfRange{real(int64(float32(lo))), real(int64(float32(hi)))}
	if !(used.min < 0) { // also if it is NaN, which a step of 0 gives
		used.min = 0
	}
	return used
}

// inferUsedRange checks C1 and the range of an op on (x, min, max).
func inferUsedRange(in []core.Operand) error {
	if err := core.WantInputs(in, 3); err != nil {
		return err
	}
	if err := infer.WantType("C1", in, 0, core.I32); err != nil {
		return err
	}
	return inferTFRange(in, 1, 2, noChannels)
}
