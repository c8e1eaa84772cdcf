package core

import "math"

var _ = register[Convert]("Convert")

// Convert changes the element type.
//
//	integer -> integer: the value modulo 2^bits
//	integer -> real:    to nearest even
//	real -> integer:    truncated toward zero, saturated to the type; NaN gives 0
//	real -> real:       to nearest even; f64 goes to bf16 and f16 through f32
//	any -> boolean:     x != 0
//	boolean -> any:     0 or 1
//
//	Inputs:  x: any type but string, any shape
//	Outputs: y: Type, the shape of x
//
//	C1: Type is known and not string
//	C2: x is not string
//
// With Truncate the bits of a real that another real type lacks are cut off before it is
// rounded.
//
// With Fused it is a rounding to bf16 inside of what TensorFlow computes as one op, or the way
// back to f32 there: where the second is the first one's only reader, pass "fused" leaves out
// both. It changes nothing else.
//
// It is nGraph's op::v0::Convert and TensorFlow's Cast, which leaves out of range
// conversions undefined.
type Convert struct {
	Type     Type `json:"type"`
	Truncate bool `json:"truncate,omitempty"`
	Fused    bool `json:"fused,omitempty"`
}

// Infer checks C1 and C2.
func (op *Convert) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Type == String || op.Type.Size() == 0 {
		return nil, Violation("C1", -1, "type: got %v, want a number type or boolean", op.Type)
	}
	if in[0].Type == String {
		return nil, Violation("C2", 0, "got type string, want numbers or booleans")
	}
	return []Fact{{op.Type, in[0].Shape}}, nil
}

// Eval converts each element.
func (op *Convert) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, op.Type, in[0].shape); err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch {
	case x.typ == y.typ:
		y.copyFrom(x)
	case y.typ == Bool:
		d := Data[bool](y)
		for i, v := range x.Float64s() { // no value but 0 becomes 0
			d[i] = v != 0
		}
	case y.typ == F64:
		convertToF64(x, y)
	case y.typ.IsFloat() && op.Truncate && x.typ.IsFloat():
		convertTruncated(x, y)
	case y.typ.IsFloat():
		y.setFloat32s(x.Float32s())
	case x.typ.IsFloat():
		truncate(x.Float64s(), y)
	default:
		y.setInts(x.Int64s())
	}
	return nil
}

// Elements are those of the first input.
func (op *Convert) Elements() Elements { return FirstElements }

// ElementCost is that of one step on f32.
func (op *Convert) ElementCost(result Type) (cost int, ok bool) { return quickReal(result, 1) }

// FusedAs says which way it goes, if Fused.
func (op *Convert) FusedAs() FusedPart {
	switch {
	case !op.Fused:
		return NotFused
	case op.Type == BF16:
		return FusedRounding
	}
	return FusedWidening
}

func convertToF64(x, y *Tensor) {
	if x.typ == U64 {
		store(Data[float64](y), Data[uint64](x))
		return
	}
	copy(Data[float64](y), x.Float64s())
}

// convertTruncated stores reals without the bits of the significand that y lacks.
func convertTruncated(x, y *Tensor) {
	bits := map[Type]int{BF16: 7, F16: 10, F32: 23, F64: 52}
	cut := max(52-bits[y.typ], 0)
	v := x.Float64s()
	d := make([]float32, len(v))
	for i, e := range v {
		d[i] = float32(math.Float64frombits(math.Float64bits(e) >> cut << cut))
	}
	y.setFloat32s(d)
}

// truncate stores reals in an integer tensor, truncated and saturated.
func truncate(v []float64, y *Tensor) {
	ints := make([]int64, len(v))
	for i, x := range v {
		ints[i] = truncated(x, y.typ)
	}
	y.setInts(ints)
}

// truncated returns the integer of type t, as its 64 bits.
func truncated(x float64, t Type) int64 {
	switch {
	case x != x:
		return 0
	case t == I64 && x >= 1<<63:
		return math.MaxInt64
	case t == I64 && x < -1<<63:
		return math.MinInt64
	case t == I64:
		return int64(x)
	case t == U64 && x >= 1<<64:
		return -1
	case t == U64 && x <= 0:
		return 0
	case t == U64:
		return int64(uint64(x))
	}
	lo, hi := t.Bounds()
	return Saturate(math.Trunc(x), lo, hi)
}
