package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[DenseAt]("DenseAt")

// DenseAt takes the elements of a tensor at the places of those of a sparse tensor, to whose shape it is broadcast.
//
//	Inputs:  indices: i64, [n, k]
//	         shape: i64, [k], of the sparse tensor
//	         x: any type, a shape that broadcasts to shape
//	Outputs: y: the type of x, [n]
//
//	C1: indices are i64, a matrix, and shape is i64, a vector with an element for each of its columns
//	C2: x has a rank of up to k, and each dimension is that of shape or 1
//	C3: each index is inside its dimension of shape
//
// It is what TensorFlow's SparseDenseCwiseAdd, SparseDenseCwiseMul and SparseDenseCwiseDiv read of the dense tensor.
type DenseAt struct{}

// InputNames names the inputs.
func (op *DenseAt) InputNames() []string { return []string{"indices", "shape", "x"} }

// Infer checks C1, and C2 and C3 for constants.
func (op *DenseAt) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	at, ok := in[0].Shape.Merge(infer.UnknownShape(2))
	if !ok || !in[0].Type.Compatible(core.I64) {
		return nil, core.Violation("C1", 0, "got %v, want a matrix of i64", in[0].Fact)
	}
	k, ok := in[1].Shape.Merge(at[1:])
	if !ok || !in[1].Type.Compatible(core.I64) {
		return nil, core.Violation("C1", 1, "got %v, want i64%v", in[1].Fact, at[1:])
	}
	if k[0] != core.Unknown && len(in[2].Shape) > k[0] {
		return nil, core.Violation("C2", 2, "got shape %v, want rank %d or less", in[2].Shape, k[0])
	}
	if shape, ok := infer.IntsOf(in[1]); ok {
		lead := len(shape) - len(in[2].Shape)
		for i, d := range in[2].Shape {
			if d != 1 && d != core.Unknown && int64(d) != shape[lead+i] {
				return nil, core.Violation("C2", 2, "got shape %v, want one that broadcasts to %v", in[2].Shape, shape)
			}
		}
		indices, _ := infer.IntsOf(in[0])
		for i, index := range indices {
			if index < 0 || index >= shape[i%len(shape)] {
				return nil, core.Violation("C3", 0, "got %d at %d, want one inside %v", index, i, shape)
			}
		}
	}
	return []core.Fact{{Type: in[2].Type, Shape: at[:1]}}, nil
}

// Eval copies element by element.
func (op *DenseAt) Eval(in, out []*core.Tensor) error {
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	at, k, s := in[0].Int64s(), in[0].Shape()[1], in[2].Shape()
	strides := elements.RowMajorStrides(s)
	for i := range out[0].Len() {
		from := 0
		for j, d := range s {
			if d != 1 {
				from += int(at[i*k+k-len(s)+j]) * strides[j]
			}
		}
		elements.CopyUnit(out[0], i, in[2], from, 1)
	}
	return nil
}
