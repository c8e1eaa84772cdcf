package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[TriangularSolve]("MatrixTriangularSolve")

// joinBatches returns the batch axes of two inputs; false if they do not fit.
func joinBatches(a, b core.Shape, broadcast bool) (core.Shape, bool) {
	switch {
	case !a.Ranked() || !b.Ranked():
		return nil, true
	case broadcast:
		return infer.BroadcastPair(a, b)
	}
	return a.Merge(b)
}

// TriangularSolve solves a y = b for a triangular matrix, row by row; of a only the triangle is read.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	         b: the type of a, [..., n, k]
//	Outputs: y: the type of a, [..., n, k]
//
//	C1: a is of f16, f32 or f64, and square
//	C2: b has the type of a and n rows; batch axes broadcast by NumPy's rules
//
// A 0 in the diagonal is divided by. Lower says which triangle it is, before Adjoint transposes it. It is
// TensorFlow's MatrixTriangularSolve.
type TriangularSolve struct {
	Lower   bool `json:"lower,omitempty"`
	Adjoint bool `json:"adjoint,omitempty"`
}

// InputNames names the inputs.
func (op *TriangularSolve) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 and C2.
func (op *TriangularSolve) Infer(in []core.Operand) ([]core.Fact, error) { return inferSolve(in, true) }

// BatchInputs is that of a batch which is not broadcast.
func (op *TriangularSolve) BatchInputs(in []core.Fact, out core.Shape) []bool {
	return matrices{}.BatchInputs(in, out)
}

// Eval solves one after the other.
func (op *TriangularSolve) Eval(in, out []*core.Tensor) error {
	in, err := broadcastBatches(op, in, out)
	if err != nil {
		return err
	}
	s := out[0].Shape()
	n, columns := s[len(s)-2], s[len(s)-1]
	a, y := make([]float64, n*n), make([]float64, n*columns)
	return each(in[0], n*n, out[0], func(k int) error {
		load(a, in[0], k)
		if op.Adjoint {
			transpose(a, n)
		}
		load(y, in[1], k)
		if op.Lower != op.Adjoint {
			solveLower(a, y, n, columns, false)
		} else {
			solveUpper(a, y, n, columns)
		}
		store(out[0], k, y)
		return nil
	})
}

// broadcastBatches allocates the output and returns the inputs with its batch axes.
func broadcastBatches(op core.Op, in, out []*core.Tensor) ([]*core.Tensor, error) {
	if err := elements.Allocate(op, in, out); err != nil {
		return nil, err
	}
	batch := out[0].Shape()[:len(out[0].Shape())-2]
	wide := make([]*core.Tensor, len(in))
	for i, t := range in {
		s := t.Shape()
		var err error
		if wide[i], err = elements.BroadcastTensor(t, infer.JoinedShapes(batch, s[len(s)-2:])); err != nil {
			return nil, err
		}
	}
	return wide, nil
}
