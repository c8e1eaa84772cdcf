package indexing

import (
	"math/bits"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SparseReshape]("SparseReshape")

// SparseReshape gives the indices that the elements of a sparse tensor have in another shape.
//
//	Inputs:  indices: i64, [n, k]
//	         shape: i64, [k], of the dense tensor
//	         to: i64, [l], where one dimension may be -1, which follows from the others
//	Outputs: indices: i64, [n, l]
//	         shape: i64, [l]
//
//	C1: indices are i64, a matrix
//	C2: shape is i64, a vector with an element for each column of indices; each is 0 or more, and their product is an i64
//	C3: to is i64, a vector; each is 0 or more but at most one, which is -1
//	C4: both shapes have the same number of elements, and some if there are indices and the shapes differ
//
// The indices are not checked: they stay as they are if the shapes are equal, else they are computed in i64, which
// wraps. It is TensorFlow's SparseReshape.
type SparseReshape struct{}

// InputNames names the inputs.
func (op *SparseReshape) InputNames() []string { return []string{"indices", "shape", "to"} }

// Infer checks C1 and the types of C2 and C3, and what constants say.
func (op *SparseReshape) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	at, ok := in[0].Shape.Merge(infer.UnknownShape(2))
	if !ok || !in[0].Type.Compatible(core.I64) {
		return nil, core.Violation("C1", 0, "got %v, want a matrix of i64", in[0].Fact)
	}
	if !in[1].Shape.Compatible(at[1:]) || !in[1].Type.Compatible(core.I64) {
		return nil, core.Violation("C2", 1, "got %v for indices of shape %v, want i64%v", in[1].Fact, at, at[1:])
	}
	to, ok := in[2].Shape.Merge(infer.UnknownShape(1))
	if !ok || !in[2].Type.Compatible(core.I64) {
		return nil, core.Violation("C3", 2, "got %v, want a vector of i64", in[2].Fact)
	}
	from, known := infer.IntsOf(in[1])
	shape, given := infer.IntsOf(in[2])
	if known && given {
		if _, err := sparseShape(from, shape, at[0]); err != nil {
			return nil, err
		}
	}
	s, err := infer.CheckedShape(core.Shape{at[0], to[0]})
	return []core.Fact{{Type: core.I64, Shape: s}, {Type: core.I64, Shape: to}}, err
}

// sparseShape returns the shape to without -1, for n elements, if that is known, of a tensor of the shape from.
func sparseShape(from, to []int64, n int) ([]int64, error) {
	size, err := product("C2", 1, from)
	if err != nil {
		return nil, err
	}
	open, shape := -1, make([]int64, len(to))
	for i, d := range to {
		if shape[i] = d; d == -1 && open < 0 {
			open, shape[i] = i, 1
		}
	}
	rest, err := product("C3", 2, shape)
	if err != nil {
		return nil, err
	}
	if open >= 0 && rest > 0 {
		shape[open] = size / rest
		rest *= shape[open]
	}
	if rest != size || open >= 0 && rest == 0 && shape[open] != 0 {
		return nil, core.Violation("C4", 2, "got %v, want a shape of the %d elements of %v", to, size, from)
	}
	if n > 0 && size == 0 && !slices.Equal(from, shape) {
		return nil, core.Violation("C4", 0, "got %d indices, want none into %v", n, from)
	}
	return shape, nil
}

// product returns the number of elements of a shape, which is input i.
func product(constraint string, i int, s []int64) (int64, error) {
	p := uint64(1)
	for _, d := range s {
		hi, lo := bits.Mul64(p, uint64(d))
		if p = lo; d < 0 || hi != 0 || int64(p) < 0 {
			return 0, core.Violation(constraint, i, "got %v, want dimensions of 0 or more whose product is an i64", s)
		}
	}
	return int64(p), nil
}

// Eval computes the number of each element, and its indices from that.
func (op *SparseReshape) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	at, from, n := in[0].Int64s(), in[1].Int64s(), in[0].Shape()[0]
	shape, err := sparseShape(from, in[2].Int64s(), n)
	if err != nil {
		return err
	}
	elements.SetInts(out[1], shape)
	to := core.Data[int64](out[0])
	if slices.Equal(from, shape) {
		copy(to, at)
		return nil
	}
	strides, k, l := stridesOf(shape), len(from), len(shape)
	by := stridesOf(from)
	for i := range n {
		number := int64(0)
		for j, index := range at[i*k : (i+1)*k] {
			number += index * by[j]
		}
		for j, stride := range strides {
			to[i*l+j] = number / stride
			number %= stride
		}
	}
	return nil
}

// stridesOf returns how far apart elements are along each axis.
func stridesOf(s []int64) []int64 {
	strides, stride := make([]int64, len(s)), int64(1)
	for i := len(s) - 1; i >= 0; i-- {
		strides[i] = stride
		stride *= s[i]
	}
	return strides
}
