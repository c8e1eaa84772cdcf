package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Inverse]("MatrixInverse")

// Inverse inverts matrices: it solves a y = 1 as Solve does.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: y: the type and shape of a
//
//	C1: a is of f16, f32 or f64, and square
//	C2: no pivot is 0 or NaN
//
// With Adjoint a is given transposed. It is TensorFlow's MatrixInverse.
type Inverse struct {
	matrices
	Adjoint bool `json:"adjoint,omitempty"`
}

// Infer checks C1.
func (op *Inverse) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, n, err := splitSquare("C1", in, 0)
	return []core.Fact{join(in, batch, n, n)}, err
}

// Eval inverts one after the other.
func (op *Inverse) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	n := in[0].Shape()[len(in[0].Shape())-1]
	a, y, order := make([]float64, n*n), make([]float64, n*n), make([]int, n)
	return each(in[0], n*n, out[0], func(k int) error {
		if !factored(a, in[0], k, op.Adjoint, order) {
			return core.Violation("C2", 0, "got matrix %d, which is not invertible", k)
		}
		clear(y)
		for i, from := range order {
			y[i*n+from] = 1
		}
		solveLower(a, y, n, n, true)
		solveUpper(a, y, n, n)
		store(out[0], k, y)
		return nil
	})
}
