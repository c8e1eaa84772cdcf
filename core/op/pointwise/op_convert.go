package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Convert]("Convert")

// Convert changes the element type.
//
//	integer -> integer: the value modulo 2^bits
//	integer -> real:    to nearest even
//	real -> integer:    truncated toward zero, saturated to the type; NaN gives 0
//	real -> real:       to nearest even; f64 goes to bf16 and f16 through f32
//	any -> boolean:     x != 0
//	complex -> others:  that of the real part
//	any -> complex:     that to the real part; the imaginary part is 0
//	boolean -> any:     0 or 1
//
//	Inputs:  x: any type but string, any shape
//	Outputs: y: Type, the shape of x
//
//	C1: Type is known and not string
//	C2: x is not string
//	C3: with Truncate, neither is complex
//
// With Truncate, the bits of a real's significand that the other real type lacks are cut off before the number is
// rounded to that type.
//
// Fused marks a rounding to bf16, or the conversion back to f32, inside a group that TensorFlow computes as one
// op. If the second is the only reader of the first, pass "fused" leaves out both. It changes nothing else.
//
// It is nGraph's op::v0::Convert and TensorFlow's Cast, which leaves out of range
// conversions undefined.
type Convert struct {
	Type     core.Type `json:"type"`
	Truncate bool      `json:"truncate,omitempty"`
	Fused    bool      `json:"fused,omitempty"`
}

// Infer checks C1 to C3.
func (op *Convert) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Type == core.String || op.Type.Size() == 0 {
		return nil, core.Violation("C1", -1, "type: got %v, want a number type or boolean", op.Type)
	}
	if in[0].Type == core.String {
		return nil, core.Violation("C2", 0, "got type string, want numbers or booleans")
	}
	if op.Truncate && (op.Type.IsComplex() || in[0].Type.IsComplex()) {
		return nil, core.Violation("C3", 0, "got %v to truncate to %v, want no complex numbers", in[0].Fact, op.Type)
	}
	return []core.Fact{{Type: op.Type, Shape: in[0].Shape}}, nil
}

// Eval converts each element.
func (op *Convert) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, op.Type, in[0].Shape()); err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch {
	case x.Type() == y.Type():
		elements.Copy(y, x)
	case x.Type().IsComplex() || y.Type().IsComplex():
		return convertComplex(x, y)
	case y.Type() == core.Bool:
		d := core.Data[bool](y)
		for i, v := range x.Float64s() { // only 0 becomes 0
			d[i] = v != 0
		}
	case y.Type() == core.F64:
		convertToF64(x, y)
	case y.Type().IsFloat() && op.Truncate && x.Type().IsFloat():
		convertTruncated(x, y)
	case y.Type().IsFloat():
		elements.SetFloat32s(y, x.Float32s())
	case x.Type().IsFloat():
		truncate(x.Float64s(), y)
	default:
		elements.SetInts(y, x.Int64s())
	}
	return nil
}

// Elements is trait.FirstElements.
func (op *Convert) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is that of an elementary step, unless the result is complex, or has 16 bits and is real.
func (op *Convert) ElementCost(result core.Type) (cost int, ok bool) {
	return 1, !result.IsHalf() && !result.IsComplex()
}

// Widens is true unless f32 is what it makes, or bits are cut off. A copy keeps the bits of NaN, though.
func (op *Convert) Widens() bool { return op.Type != core.F32 && !op.Truncate }

// Fuses is Fused.
func (op *Convert) Fuses() bool { return op.Fused }

// convertComplex converts from or to complex numbers.
func convertComplex(x, y *core.Tensor) error {
	if !y.Type().IsComplex() {
		v := elements.Complexes(x)
		re := make([]float64, len(v))
		for i, e := range v {
			re[i] = real(e)
		}
		part, err := core.TensorOf(x.Shape(), re)
		if err != nil {
			return err
		}
		return (&Convert{Type: y.Type()}).Eval([]*core.Tensor{part}, []*core.Tensor{y})
	}
	if x.Type().IsComplex() {
		elements.SetComplexes(y, elements.Complexes(x))
		return nil
	}
	part, err := core.EvalOp(&Convert{Type: y.Type().Part()}, []*core.Tensor{x})
	if err != nil {
		return err
	}
	v := make([]complex128, x.Len())
	for i, e := range part[0].Float64s() {
		v[i] = complex(e, 0)
	}
	elements.SetComplexes(y, v)
	return nil
}

func convertToF64(x, y *core.Tensor) {
	if x.Type() == core.U64 {
		elements.Store(core.Data[float64](y), core.Data[uint64](x))
		return
	}
	copy(core.Data[float64](y), x.Float64s())
}

// convertTruncated stores reals without the bits of the significand that y lacks.
func convertTruncated(x, y *core.Tensor) {
	bits := map[core.Type]int{core.BF16: 7, core.F16: 10, core.F32: 23, core.F64: 52}
	cut := max(52-bits[y.Type()], 0)
	v := x.Float64s()
	d := make([]float32, len(v))
	for i, e := range v {
		d[i] = float32(math.Float64frombits(math.Float64bits(e) >> cut << cut))
	}
	elements.SetFloat32s(y, d)
}

// truncate stores reals in an integer tensor, truncated and saturated.
func truncate(v []float64, y *core.Tensor) {
	ints := make([]int64, len(v))
	for i, x := range v {
		ints[i] = truncated(x, y.Type())
	}
	elements.SetInts(y, ints)
}

// truncated returns the integer of type t, as its 64 bits.
func truncated(x float64, t core.Type) int64 {
	switch {
	case x != x:
		return 0
	case t == core.I64 && x >= 1<<63:
		return math.MaxInt64
	case t == core.I64 && x < -1<<63:
		return math.MinInt64
	case t == core.I64:
		return int64(x)
	case t == core.U64 && x >= 1<<64:
		return -1
	case t == core.U64 && x <= 0:
		return 0
	case t == core.U64:
		return int64(uint64(x))
	}
	lo, hi := t.Bounds()
	return numeric.Saturate(math.Trunc(x), lo, hi)
}
