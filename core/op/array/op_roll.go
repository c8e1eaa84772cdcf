package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Roll]("Roll")

// Roll shifts elements along axes. Elements that leave at one end come back at the other.
//
//	y[..., (i + shift) mod dimension, ...] = x[..., i, ...] at each axis; shifts of an axis
//	that is named twice add up
//
//	Inputs:  x: any type, rank at least 1
//	Outputs: y: the type and shape of x
//
//	C1: Shifts and Axes are equally long
//	C2: the axes are in [-rank, rank)
//	C3: x has rank 1 or more
//
// It is TensorFlow's Roll with constant shifts and axes, and nGraph's op::v7::Roll.
type Roll struct {
	Shifts []int `json:"shifts"`
	Axes   []int `json:"axes"`
}

// Infer checks C1 to C3.
func (op *Roll) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if len(op.Shifts) != len(op.Axes) {
		return nil, core.Violation("C1", -1, "got %d shifts for %d axes", len(op.Shifts), len(op.Axes))
	}
	if s := in[0].Shape; s.Ranked() {
		if len(s) == 0 {
			return nil, core.Violation("C3", 0, "got shape %v, want rank 1 or more", s)
		}
		for _, a := range op.Axes {
			if _, err := infer.AxisOf("C2", a, len(s)); err != nil {
				return nil, err
			}
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval copies the blocks on both sides of each seam.
func (op *Roll) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := in[0].Shape()
	shifts, err := op.shifts(s)
	if err != nil {
		return err
	}
	if out[0].Len() == 0 {
		return nil
	}
	last := len(s) - 1
	n, shift := s[last], shifts[last]
	strides := elements.RowMajorStrides(s)
	elements.EachIndex(s[:last], func(idx []int) {
		from, to := 0, 0
		for d, v := range idx {
			from += v * strides[d]
			to += (v + shifts[d]) % s[d] * strides[d]
		}
		elements.CopyUnit(out[0], to+shift, in[0], from, n-shift)
		elements.CopyUnit(out[0], to, in[0], from+n-shift, shift)
	})
	return nil
}

// shifts returns how far each axis of a shape moves, at least 0.
func (op *Roll) shifts(s core.Shape) ([]int, error) {
	shifts := make([]int, len(s))
	for i, a := range op.Axes {
		axis, err := infer.AxisOf("C2", a, len(s))
		if err != nil {
			return nil, err
		}
		if d := s[axis]; d > 0 {
			shifts[axis] = (shifts[axis] + (op.Shifts[i]%d+d)%d) % d
		}
	}
	return shifts, nil
}

// Places follow from the shifts.
func (op *Roll) Places(x, out core.Shape) (trait.Places, bool) {
	shifts, err := op.shifts(x)
	if err != nil {
		return trait.Places{}, false
	}
	return trait.NewPlaces(x, out, func(axis, i int) int { return (i - shifts[axis] + x[axis]) % x[axis] }), true
}
