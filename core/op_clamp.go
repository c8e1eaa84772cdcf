package core

import "math"

var _ = Register[Clamp]("Clamp")

// Clamp limits each element.
//
//	y[i] = min(max(x[i], Lo), Hi); NaN gives Lo
//
//	Inputs:  x: a number type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: x is a number
//	C2: Lo <= Hi, each rounded to the type of x (integers: toward the inside)
//
// It is nGraph's op::v0::Clamp.
type Clamp struct {
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// Infer checks C1 and C2.
func (op *Clamp) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 {
		return nil, Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	if !(op.Lo <= op.Hi) {
		return nil, Violation("C2", -1, "got bounds [%v, %v], want lo <= hi", op.Lo, op.Hi)
	}
	return []Fact{in[0].Fact}, nil
}

// Eval limits.
func (op *Clamp) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	if in[0].Type().IsInteger() {
		lo, hi := truncated(math.Ceil(op.Lo), in[0].Type()), truncated(math.Floor(op.Hi), in[0].Type())
		x := in[0].Int64s()
		y := make([]int64, len(x))
		for i, v := range x {
			y[i] = min(max(v, lo), hi)
		}
		SetInts(out[0], y)
		return nil
	}
	mapReal(in[0], out[0], func(x float64) float64 {
		switch {
		case !(x > op.Lo):
			return op.Lo
		case x > op.Hi:
			return op.Hi
		}
		return x
	})
	return nil
}

// Elements are those of the first input.
func (op *Clamp) Elements() Elements { return FirstElements }

// ElementCost is that of one step on f32.
func (op *Clamp) ElementCost(result Type) (cost int, ok bool) { return quickReal(result, 1) }

// Limits is true: Lo and Hi do.
func (op *Clamp) Limits() bool { return true }
