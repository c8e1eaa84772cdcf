package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Clamp]("Clamp")

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
func (op *Clamp) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 {
		return nil, core.Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	if !(op.Lo <= op.Hi) {
		return nil, core.Violation("C2", -1, "got bounds [%v, %v], want lo <= hi", op.Lo, op.Hi)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval limits.
func (op *Clamp) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	if in[0].Type().IsInteger() {
		lo, hi := truncated(math.Ceil(op.Lo), in[0].Type()), truncated(math.Floor(op.Hi), in[0].Type())
		x := in[0].Int64s()
		y := make([]int64, len(x))
		for i, v := range x {
			y[i] = min(max(v, lo), hi)
		}
		elements.SetInts(out[0], y)
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

// Widens is true: bf16 and f16 are computed in f32.
func (op *Clamp) Widens() bool { return true }

// Elements is trait.FirstElements.
func (op *Clamp) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Clamp) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Limits is true: Lo and Hi are the bounds.
func (op *Clamp) Limits() bool { return true }
