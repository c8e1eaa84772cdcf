package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[SparseReorder]("SparseReorder")

// SparseReorder brings the elements of a sparse tensor into row-major order.
//
//	Inputs:  indices: i64, [n, k]
//	         values: any type, [n]
//	         shape: i64, [k]
//	Outputs: indices: i64, [n, k]
//	         values: the type of values, [n]
//
//	C1: indices are i64, a matrix; values are a vector with an element for each of its rows, and shape is i64, a
//	    vector with an element for each of its columns
//
// The indices are not checked, and those that are equal stay in their order. It is TensorFlow's SparseReorder.
type SparseReorder struct{}

// InputNames names the inputs.
func (op *SparseReorder) InputNames() []string { return []string{"indices", "values", "shape"} }

// Infer checks C1.
func (op *SparseReorder) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	s, err := wantSparse("C1", in, 0, 1)
	if err != nil {
		return nil, err
	}
	return []core.Fact{{Type: core.I64, Shape: s}, {Type: in[1].Type, Shape: s[:1]}}, nil
}

// Eval sorts the elements.
func (op *SparseReorder) Eval(in, out []*core.Tensor) error {
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	k := in[0].Shape()[1]
	if k == 0 {
		elements.Copy(out[1], in[1])
		return nil
	}
	for to, from := range inOrder(in[0].Int64s(), k) {
		elements.CopyUnit(out[0], to*k, in[0], from*k, k)
		elements.CopyUnit(out[1], to, in[1], from, 1)
	}
	return nil
}
