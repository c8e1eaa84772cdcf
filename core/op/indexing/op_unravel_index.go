package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[UnravelIndex]("UnravelIndex")

// UnravelIndex gives the indices, along each axis, of elements that are numbered in row-major order.
//
//	Inputs:  numbers: i32 or i64, [] or [n]
//	         shape: the type of numbers, [k]
//	Outputs: indices: the type of numbers, [k] or [k, n]
//
//	C1: numbers are i32 or i64, one or more of them, a scalar or a vector; each is less than the elements of the shape
//	C2: shape is a vector of that type; each is 1 or more, and their product is of that type
//
// Of a number below 0 each index is a remainder of that sign. It is TensorFlow's UnravelIndex.
type UnravelIndex struct{}

// InputNames names the inputs.
func (op *UnravelIndex) InputNames() []string { return []string{"numbers", "shape"} }

// Infer checks the types and shapes, and what constants say.
func (op *UnravelIndex) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	t := max(in[0].Type, in[1].Type)
	if err := infer.WantType("C1", in, 0, core.I32, core.I64); err != nil {
		return nil, err
	}
	if s := in[0].Shape; len(s) > 1 || len(s) == 1 && s[0] == 0 {
		return nil, core.Violation("C1", 0, "got shape %v, want a scalar or a vector that is not empty", s)
	}
	shape, ok := in[1].Shape.Merge(infer.UnknownShape(1))
	if !ok || !in[1].Type.Compatible(t) {
		return nil, core.Violation("C2", 1, "got %v, want a vector of %v", in[1].Fact, t)
	}
	if by, known := infer.IntsOf(in[1]); known {
		numbers, _ := infer.IntsOf(in[0])
		if err := checkNumbers(t, numbers, by); err != nil {
			return nil, err
		}
	}
	if !in[0].Shape.Ranked() {
		return []core.Fact{{Type: t}}, nil
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(shape, in[0].Shape))
	return []core.Fact{{Type: t, Shape: s}}, err
}

func checkNumbers(t core.Type, numbers, shape []int64) error {
	most, size := int64(1)<<31-1, int64(1)
	if t == core.I64 {
		most = 1<<63 - 1
	}
	for i, d := range shape {
		if d < 1 || size > most/d {
			return core.Violation("C2", 1, "got %d at %d, want 1 or more whose product is of type %v", d, i, t)
		}
		size *= d
	}
	for i, n := range numbers {
		if n >= size {
			return core.Violation("C1", 0, "got %d at %d, want less than %d", n, i, size)
		}
	}
	return nil
}

// Eval divides by the distance of elements along each axis.
func (op *UnravelIndex) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	numbers, shape := in[0].Int64s(), in[1].Int64s()
	indices, strides := make([]int64, out[0].Len()), stridesOf(shape)
	for k, d := range shape {
		for i, n := range numbers {
			indices[k*len(numbers)+i] = n % (d * strides[k]) / strides[k]
		}
	}
	elements.SetInts(out[0], indices)
	return nil
}
