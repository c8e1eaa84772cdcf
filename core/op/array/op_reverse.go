package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Reverse]("Reverse")

// Reverse reverses the order of the elements along some axes.
//
//	y[..., i, ...] = x[..., dimension-1 - i, ...] at each of the axes
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: the axes are different and in [-rank, rank)
//
// It is nGraph's op::v0::Reverse, and TensorFlow's ReverseV2 with constant axes.
type Reverse struct {
	Axes []int `json:"reversed_axes"`
}

// Infer checks C1.
func (op *Reverse) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if s := in[0].Shape; s.Ranked() {
		if _, err := infer.AxesOf("C1", op.Axes, len(s)); err != nil {
			return nil, err
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval copies with negative strides.
func (op *Reverse) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	axes, err := infer.AxesOf("C1", op.Axes, len(s))
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	src := elements.Whole(in[0])
	for i, reversed := range axes {
		if reversed {
			src.At += (s[i] - 1) * src.Strides[i]
			src.Strides[i] = -src.Strides[i]
		}
	}
	elements.Move(elements.Whole(out[0]), src, s)
	return nil
}

// Places are counted from the end of the axes.
func (op *Reverse) Places(x, out core.Shape) (trait.Places, bool) {
	axes, err := infer.AxesOf("C1", op.Axes, len(x))
	if err != nil {
		return trait.Places{}, false
	}
	return trait.NewPlaces(x, out, func(axis, i int) int {
		if axes[axis] {
			return x[axis] - 1 - i
		}
		return i
	}), true
}
