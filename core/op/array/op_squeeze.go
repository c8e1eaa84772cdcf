package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[Squeeze]("Squeeze")

// Squeeze removes dimensions of size 1.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x; its shape without the axes; without all dimensions of
//	         size 1 if there are no axes
//
//	C1: the axes are different and in [-rank, rank)
//	C2: the dimensions at the axes are 1
type Squeeze struct {
	Axes []int `json:"axes,omitempty"`
}

// Infer checks C1 and C2.
func (op *Squeeze) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() || len(op.Axes) == 0 && !s.Static() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	axes, err := infer.AxesOf("C1", op.Axes, len(s))
	if err != nil {
		return nil, err
	}
	out := core.Shape{}
	for i, d := range s {
		switch {
		case axes[i] && d != 1 && d != core.Unknown:
			return nil, core.Violation("C2", 0, "got shape %v, want 1 at axis %d", s, i)
		case axes[i], len(op.Axes) == 0 && d == 1:
		default:
			out = append(out, d)
		}
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// Eval keeps the elements.
func (op *Squeeze) Eval(in, out []*core.Tensor) error { return elements.KeepElements(op, in, out) }

// Selects says that all elements come from the first input.
func (op *Squeeze) Selects(int) int { return 1 }

// Rearranges is true: every element appears exactly once.
func (op *Squeeze) Rearranges() bool { return true }

// Reshapes is true.
func (op *Squeeze) Reshapes() bool { return true }
