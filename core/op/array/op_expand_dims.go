package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[ExpandDims]("ExpandDims")

// ExpandDims inserts dimensions of size 1.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x; its shape with a 1 inserted so that it is at each of the
//	         axes of the output
//
//	C1: the axes are different and in [-rank, rank) of the output
type ExpandDims struct {
	Axes []int `json:"axes"`
}

// Infer checks C1.
func (op *ExpandDims) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	axes, err := infer.AxesOf("C1", op.Axes, len(s)+len(op.Axes))
	if err != nil {
		return nil, err
	}
	out := make(core.Shape, 0, len(axes))
	for i, next := 0, 0; i < len(axes); i++ {
		if axes[i] {
			out = append(out, 1)
			continue
		}
		out = append(out, s[next])
		next++
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// Eval keeps the elements.
func (op *ExpandDims) Eval(in, out []*core.Tensor) error {
	return elements.KeepElements(op, in, out)
}

// Selects says that all elements come from the first input.
func (op *ExpandDims) Selects(int) int { return 1 }

// Rearranges is true: every element appears exactly once.
func (op *ExpandDims) Rearranges() bool { return true }

// Reshapes is true.
func (op *ExpandDims) Reshapes() bool { return true }
