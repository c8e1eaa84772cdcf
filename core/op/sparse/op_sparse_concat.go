package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SparseConcat]("SparseConcat")

// SparseConcat joins sparse tensors along an axis, in row-major order.
//
//	Inputs:  N indices: i64, [n, k]
//	         N values: any type, [n]
//	         N shapes: i64, [k]
//	Outputs: indices: i64, [all n, k]
//	         values: the type of values, [all n]
//	         shape: i64, [k]
//
//	C1: there are one or more tensors: indices are i64, a matrix; values are a vector with an element for each of its
//	    rows, and shapes are i64, a vector with an element for each of its columns
//	C2: the values have one type
//	C3: the shapes have one rank, of 1 or more; Axis is in [-rank, rank)
//	C4: the shapes are equal but for Axis, and their sum there is an i64
//
// The indices are not checked. It is TensorFlow's SparseConcat.
type SparseConcat struct {
	Axis int `json:"axis"`
}

// Infer checks the types and shapes, and C4 for constants.
func (op *SparseConcat) Infer(in []core.Operand) ([]core.Fact, error) {
	n := len(in) / 3
	if n == 0 || len(in)%3 != 0 {
		return nil, core.Violation("C1", -1, "got %d inputs, want indices, values and shapes", len(in))
	}
	t, count, k := core.Dynamic, 0, core.Shape(nil)
	shapes := make([][]int64, 0, n)
	for i := range n {
		s, err := wantSparse("C1", in, i, n)
		if err != nil {
			return nil, err
		}
		if !in[n+i].Type.Compatible(t) {
			return nil, core.Violation("C2", n+i, "got type %v, want %v as the others", in[n+i].Type, t)
		}
		t = max(t, in[n+i].Type)
		merged, ok := k.Merge(s[1:])
		if !ok {
			return nil, core.Violation("C3", 2*n+i, "got rank %d, want %d as the others", s[1], k[0])
		}
		if k = merged; s[0] == core.Unknown || count == core.Unknown {
			count = core.Unknown
		} else {
			count += s[0]
		}
		if shape, ok := infer.IntsOf(in[2*n+i]); ok {
			shapes = append(shapes, shape)
		}
	}
	if k[0] != core.Unknown {
		if _, err := infer.AxisOf("C3", op.Axis, k[0]); err != nil {
			return nil, err
		}
	}
	if len(shapes) == n {
		if _, _, err := op.joined(shapes); err != nil {
			return nil, err
		}
	}
	s, err := infer.CheckedShape(core.Shape{count, k[0]})
	return []core.Fact{{Type: core.I64, Shape: s}, {Type: t, Shape: core.Shape{count}}, {Type: core.I64, Shape: k}}, err
}

// joined returns the shape of all, and where each begins along the axis.
func (op *SparseConcat) joined(shapes [][]int64) (shape, begin []int64, err error) {
	axis, err := infer.AxisOf("C3", op.Axis, len(shapes[0]))
	if err != nil {
		return nil, nil, err
	}
	shape = append(shape, shapes[0]...)
	shape[axis] = 0
	for i, s := range shapes {
		begin = append(begin, shape[axis])
		for k, d := range s {
			switch {
			case d < 0, k == axis && shape[k]+d < 0, k != axis && d != shape[k]:
				return nil, nil, core.Violation("C4", 2*len(shapes)+i, "got %v, want %v but for axis %d", s, shapes[0], axis)
			case k == axis:
				shape[k] += d
			}
		}
	}
	return shape, begin, nil
}

// Eval puts all elements one after the other, and sorts them.
func (op *SparseConcat) Eval(in, out []*core.Tensor) error {
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	n, k := len(in)/3, in[0].Shape()[1]
	shapes := make([][]int64, n)
	for i := range shapes {
		shapes[i] = in[2*n+i].Int64s()
	}
	shape, begin, err := op.joined(shapes)
	if err != nil {
		return err
	}
	elements.SetInts(out[2], shape)
	axis, _ := infer.AxisOf("C3", op.Axis, k) // checked
	type element struct{ tensor, at int }
	var all []int64
	var from []element
	for i := range n {
		for at := range in[n+i].Len() {
			from = append(from, element{i, at})
		}
		for j, index := range in[i].Int64s() {
			if j%k == axis {
				index += begin[i]
			}
			all = append(all, index)
		}
	}
	indices := core.Data[int64](out[0])
	for to, i := range inOrder(all, k) {
		copy(indices[to*k:(to+1)*k], all[i*k:])
		elements.CopyUnit(out[1], to, in[n+from[i].tensor], from[i].at, 1)
	}
	return nil
}
