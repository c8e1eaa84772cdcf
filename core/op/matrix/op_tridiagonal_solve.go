package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[TridiagonalSolve]("TridiagonalSolve")

// TridiagonalSolve solves a y = b for a tridiagonal matrix, by elimination from the first row. With Pivoting, a row and
// the next one are exchanged where that makes the pivot larger. All of a y is NaN where a pivot is 0.
//
//	Inputs:  diagonals: f32 or f64, [..., 3, n]: above the main diagonal (without the last number), the main diagonal,
//	         and below it (without the first number)
//	         b: the type of diagonals, [..., n, k]
//	Outputs: y: the type of diagonals, [..., n, k]
//
//	C1: diagonals are of f16, f32 or f64 of shape [..., 3, n]
//	C2: b has the type of diagonals, their batch axes and n rows
//
// It is TensorFlow's TridiagonalSolve.
type TridiagonalSolve struct {
	matrices
	Pivoting bool `json:"pivoting,omitempty"`
}

// InputNames names the inputs.
func (op *TridiagonalSolve) InputNames() []string { return []string{"diagonals", "b"} }

// Infer checks C1 and C2.
func (op *TridiagonalSolve) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	batch, three, n, err := split("C1", in, 0)
	if err != nil {
		return nil, err
	}
	if three != 3 && three != core.Unknown {
		return nil, core.Violation("C1", 0, "got shape %v, want [...,3,n]", in[0].Shape)
	}
	more, rows, columns, err := split("C2", in, 1)
	if err != nil {
		return nil, err
	}
	both, ok := joinBatches(batch, more, false)
	if !ok || n != rows && n != core.Unknown && rows != core.Unknown {
		return nil, core.Violation("C2", 1, "got shape %v, want %d rows and the batch axes of %v", in[1].Shape, n,
			in[0].Shape)
	}
	return checked(join(in, both, max(n, rows), columns))
}

// Eval solves one after the other.
func (op *TridiagonalSolve) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := out[0].Shape()
	n, columns := s[len(s)-2], s[len(s)-1]
	a, second, y := make([]float64, 3*n), make([]float64, n), make([]float64, n*columns)
	return each(in[0], 3*n, out[0], func(k int) error {
		load(a, in[0], k)
		load(y, in[1], k)
		if !op.solve(a[:n], a[n:2*n], a[2*n:], second, y, columns) {
			spoil(y)
		}
		store(out[0], k, y)
		return nil
	})
}

// solve solves in place. second is what an exchange leaves above the diagonal above. It is false where a pivot is 0.
func (op *TridiagonalSolve) solve(above, diagonal, below, second, y []float64, columns int) bool {
	n := len(diagonal)
	clear(second)
	above[n-1] = 0
	for i := range n {
		if i == n-1 {
			if diagonal[i] == 0 {
				return false
			}
			break
		}
		row, next := y[i*columns:(i+1)*columns], y[(i+1)*columns:(i+2)*columns]
		if op.Pivoting && math.Abs(below[i+1]) > math.Abs(diagonal[i]) {
			diagonal[i], below[i+1] = below[i+1], diagonal[i]
			above[i], diagonal[i+1] = diagonal[i+1], above[i]
			second[i], above[i+1] = above[i+1], 0
			for j, v := range row {
				row[j], next[j] = next[j], v
			}
		}
		if diagonal[i] == 0 {
			return false
		}
		f := below[i+1] / diagonal[i]
		diagonal[i+1] -= float64(f * above[i])
		above[i+1] -= float64(f * second[i])
		subtract(next, row, f)
	}
	for i := n - 1; i >= 0; i-- {
		row := y[i*columns : (i+1)*columns]
		if i+1 < n {
			subtract(row, y[(i+1)*columns:(i+2)*columns], above[i])
		}
		if i+2 < n && second[i] != 0 {
			subtract(row, y[(i+2)*columns:(i+3)*columns], second[i])
		}
		divide(row, diagonal[i])
	}
	return true
}
