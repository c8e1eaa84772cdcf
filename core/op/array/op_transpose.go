package array

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Transpose]("Transpose")

// Transpose permutes dimensions.
//
//	y[i[Order[0]], i[Order[1]], ...] = x[i[0], i[1], ...]
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x; dimension d is dimension Order[d] of x
//
//	C1: Order is a permutation of 0 to rank-1; empty reverses the dimensions
//
// It is TensorFlow's Transpose with a constant permutation, and nGraph's Reshape with
// an input order.
type Transpose struct {
	Order []int `json:"order,omitempty"`
}

// order returns the permutation for a rank.
func (op *Transpose) order(rank int) ([]int, error) {
	order := make([]int, rank)
	if len(op.Order) == 0 {
		for i := range order {
			order[i] = rank - 1 - i
		}
		return order, nil
	}
	if len(op.Order) != rank {
		return nil, core.Violation("C1", -1, "order: got %v, want a permutation of the %d axes", op.Order, rank)
	}
	if err := op.check(); err != nil {
		return nil, err
	}
	return op.Order, nil
}

func (op *Transpose) check() error {
	for i, v := range slices.Sorted(slices.Values(op.Order)) {
		if i != v {
			return core.Violation("C1", -1, "order: got %v, want a permutation of the axes", op.Order)
		}
	}
	return nil
}

// Infer checks C1.
func (op *Transpose) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		if len(op.Order) > 0 {
			return []core.Fact{{Type: in[0].Type, Shape: infer.UnknownShape(len(op.Order))}}, op.check()
		}
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	order, err := op.order(len(s))
	if err != nil {
		return nil, err
	}
	out := make(core.Shape, len(s))
	for d, a := range order {
		out[d] = s[a]
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// Permutation returns the shape and the order.
func (op *Transpose) Permutation(x core.Shape) (core.Shape, []int, error) {
	order, err := op.order(len(x))
	return x, order, err
}

// BatchInputs says that the input has the batch axis (axis 0), if that stays the first.
func (op *Transpose) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	if order, err := op.order(len(in[0].Shape)); err != nil || len(order) == 0 || order[0] != 0 {
		return nil
	}
	return trait.FirstInput(in)
}

// Eval copies each element.
func (op *Transpose) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return permute(op, in[0], out[0])
}

// permuting is implemented by ops that view their input as a tensor of some shape and permute its axes.
type permuting interface {
	Permutation(x core.Shape) (core.Shape, []int, error)
}

// permute is the reference of permuting ops.
func permute(op permuting, x, y *core.Tensor) error {
	s, order, err := op.Permutation(x.Shape())
	if err != nil {
		return err
	}
	from := elements.RowMajorStrides(s)
	strides, shape := make([]int, len(s)), make(core.Shape, len(s))
	for d, a := range order {
		strides[d], shape[d] = from[a], s[a]
	}
	elements.Move(elements.Region{Tensor: y, Strides: elements.RowMajorStrides(shape)},
		elements.Region{Tensor: x, Strides: strides}, shape)
	return nil
}

// Selects says that all elements come from the first input.
func (op *Transpose) Selects(int) int { return 1 }

// Rearranges is true: every element appears exactly once.
func (op *Transpose) Rearranges() bool { return true }
