package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Determinant]("MatrixDeterminant")

// Determinant is the product of the pivots that Solve has, in order, with the sign of their permutation.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: y: the type of a, [...]
//
//	C1: a is of f16, f32 or f64, and square
//
// It is TensorFlow's MatrixDeterminant.
type Determinant struct{ matrices }

// Infer checks C1.
func (op *Determinant) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, _, err := splitSquare("C1", in, 0)
	return []core.Fact{join(in, batch)}, err
}

// Eval multiplies pivots.
func (op *Determinant) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return eachPivots(in[0], out[0], func(k int, sign float64, a []float64, n int) {
		for i := range n {
			sign *= a[i*n+i]
		}
		store(out[0], k, []float64{sign})
	})
}

// eachPivots calls f with each matrix factored. out has a number for each.
func eachPivots(t, out *core.Tensor, f func(k int, sign float64, a []float64, n int)) error {
	n := t.Shape()[len(t.Shape())-1]
	a, order := make([]float64, n*n), make([]int, n)
	return each(out, 1, out, func(k int) error {
		load(a, t, k)
		f(k, lu(a, n, order), a, n)
		return nil
	})
}
