package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SparseSlice]("SparseSlice")

// SparseSlice takes the elements of a part of a sparse tensor.
//
//	Inputs:  indices: i64, [n, k]
//	         values: any type, [n]
//	         shape: i64, [k]
//	         start: i64, [k], where the part begins
//	         size: i64, [k]
//	Outputs: indices: i64, [m, k], in the part, in the order of the input
//	         values: the type of values, [m]
//	         shape: i64, [k]: size, or less where the tensor ends
//
//	C1: indices are i64, a matrix; values are a vector with an element for each of its rows, and shape is i64, a
//	    vector with an element for each of its columns
//	C2: start and size are i64, of the shape of shape, and size is 0 or more
//
// It is TensorFlow's SparseSlice.
type SparseSlice struct{}

// InputNames names the inputs.
func (op *SparseSlice) InputNames() []string {
	return []string{"indices", "values", "shape", "start", "size"}
}

// Infer checks the types and shapes.
func (op *SparseSlice) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 5); err != nil {
		return nil, err
	}
	s, err := wantSparse("C1", in, 0, 1)
	if err != nil {
		return nil, err
	}
	for i := 3; i < 5; i++ {
		if !in[i].Type.Compatible(core.I64) || !in[i].Shape.Compatible(s[1:]) {
			return nil, core.Violation("C2", i, "got %v, want i64%v", in[i].Fact, s[1:])
		}
	}
	size, _ := infer.IntsOf(in[4])
	for i, n := range size {
		if n < 0 {
			return nil, core.Violation("C2", 4, "got %d at %d, want 0 or more", n, i)
		}
	}
	return []core.Fact{
		{Type: core.I64, Shape: core.Shape{core.Unknown, s[1]}},
		{Type: in[1].Type, Shape: core.Shape{core.Unknown}},
		{Type: core.I64, Shape: s[1:]},
	}, nil
}

// Eval chooses the elements, and copies them.
func (op *SparseSlice) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	at, k := in[0].Int64s(), in[0].Shape()[1]
	shape, start, size := in[2].Int64s(), in[3].Int64s(), in[4].Int64s()
	part := make([]int64, k)
	for i, n := range size {
		if start[i] < shape[i] {
			part[i] = int64(min(uint64(n), uint64(shape[i])-uint64(start[i])))
		}
	}
	var chosen []int
	for i := range in[1].Len() {
		inside := true
		for j, index := range at[i*k : (i+1)*k] {
			inside = inside && index >= start[j] && uint64(index)-uint64(start[j]) < uint64(part[j])
		}
		if inside {
			chosen = append(chosen, i)
		}
	}
	for i, f := range []core.Fact{
		{Type: core.I64, Shape: core.Shape{len(chosen), k}},
		{Type: in[1].Type(), Shape: core.Shape{len(chosen)}},
		{Type: core.I64, Shape: core.Shape{k}},
	} {
		if err := allocate(op, out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	to := core.Data[int64](out[0])
	for i, from := range chosen {
		for j := range k {
			to[i*k+j] = at[from*k+j] - start[j]
		}
		elements.CopyUnit(out[1], i, in[1], from, 1)
	}
	elements.SetInts(out[2], part)
	return nil
}
