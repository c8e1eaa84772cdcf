package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/view"
)

var _ = core.Register[DynamicStitch]("DynamicStitch")

// DynamicStitch puts the rows of tensors where indices say. Of rows with one index the last one stays, and a row
// without an index is 0, or the empty string.
//
//	y[indices[k][i...]] = x[k][i...]
//
//	Inputs:  N indices: i32, [i...], one shape for each k
//	         N x: any type, [i..., r...]
//	Outputs: y: the type of x, [the largest index + 1, r...]
//
//	C1: there are as many x as indices, and some
//	C2: the indices are i32; each is 0 or more
//	C3: each x has the type of the others, and a shape that begins with that of its indices and ends like the others'
//
// It is TensorFlow's DynamicStitch and ParallelDynamicStitch.
type DynamicStitch struct{}

// Infer checks C1 and C3, and C2 for constants.
func (op *DynamicStitch) Infer(in []core.Operand) ([]core.Fact, error) {
	n := len(in) / 2
	if n == 0 || len(in)%2 != 0 {
		return nil, core.Violation("C1", -1, "got %d inputs, want indices, and as many tensors", len(in))
	}
	var row core.Shape
	y := core.Fact{Type: core.Dynamic}
	indices := make([]*core.Tensor, 0, n)
	for i := range n {
		if !in[i].Type.Compatible(core.I32) {
			return nil, core.Violation("C2", i, "got type %v, want i32", in[i].Type)
		}
		if in[i].Const != nil {
			indices = append(indices, in[i].Const)
		}
		x := in[n+i]
		if !x.Type.Compatible(y.Type) {
			return nil, core.Violation("C3", n+i, "got type %v, want %v as the others", x.Type, y.Type)
		}
		y.Type = max(y.Type, x.Type)
		s, err := rowShape("C3", in, n+i, i)
		if err != nil {
			return nil, err
		}
		merged, ok := row.Merge(s)
		if !ok {
			return nil, core.Violation("C3", n+i, "got rows of shape %v, want %v as the others", s, row)
		}
		row = merged
	}
	rows := core.Unknown
	if len(indices) == n {
		var err error
		if rows, err = stitchedRows(indices); err != nil {
			return nil, err
		}
	}
	if row == nil {
		return []core.Fact{y}, nil
	}
	s, err := infer.CheckedShape(infer.JoinedShapes(core.Shape{rows}, row))
	y.Shape = s
	return []core.Fact{y}, err
}

// stitchedRows returns one more than the largest index.
func stitchedRows(indices []*core.Tensor) (int, error) {
	largest := int32(-1)
	for k, t := range indices {
		for i, index := range core.Data[int32](t) {
			if index < 0 {
				return 0, core.Violation("C2", k, "got %d at %d, want 0 or more", index, i)
			}
			largest = max(largest, index)
		}
	}
	return int(largest) + 1, nil
}

// Eval copies row by row.
func (op *DynamicStitch) Eval(in, out []*core.Tensor) error {
	used := out[0] != nil // and holds what it held before
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	y, parts := out[0], len(in)/2
	if y.Len() == 0 {
		return nil
	}
	n, size := core.Shape(y.Shape()[1:]).MustElements(), y.Type().Size()
	if used {
		clear(y.Bytes())
		clear(y.Strings())
	}
	for k, x := range in[parts:] {
		at := core.Data[int32](in[k])
		switch {
		case size == 0:
			place(y.Strings(), x.Strings(), at, n)
		case n == 1 && size == 2:
			place(view.Of[uint16](y.Bytes()), view.Of[uint16](x.Bytes()), at, 1)
		case n == 1 && size == 4:
			place(view.Of[uint32](y.Bytes()), view.Of[uint32](x.Bytes()), at, 1)
		case n == 1 && size == 8:
			place(view.Of[uint64](y.Bytes()), view.Of[uint64](x.Bytes()), at, 1)
		default:
			place(y.Bytes(), x.Bytes(), at, n*size)
		}
	}
	return nil
}

// place copies row i of x, of n elements, to row at[i] of y.
func place[T any](y, x []T, at []int32, n int) {
	if n == 1 {
		for i, to := range at {
			y[to] = x[i]
		}
		return
	}
	for i, to := range at {
		copy(y[int(to)*n:(int(to)+1)*n], x[i*n:])
	}
}
