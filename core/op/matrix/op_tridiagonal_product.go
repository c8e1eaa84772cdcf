package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[TridiagonalProduct]("TridiagonalProduct")

// TridiagonalProduct multiplies a tridiagonal matrix by another one.
//
//	y[..., i, j] = above[..., 0, i] x[..., i+1, j] + main[..., 0, i] x[..., i, j] + below[..., 0, i] x[..., i-1, j]
//
//	Inputs:  above, main, below: f32 or f64, [..., 1, n]; the last of above and the first of below are not used
//	         x: their type, [..., n, k]
//	Outputs: y: the type and shape of x
//
//	C1: all inputs are of f16, f32 or f64, and have one type
//	C2: above, main and below have the shape [..., 1, n]
//	C3: x has the batch axes of above and n rows
//
// It is TensorFlow's TridiagonalMatMul.
type TridiagonalProduct struct{ matrices }

// InputNames names the inputs.
func (op *TridiagonalProduct) InputNames() []string { return []string{"above", "main", "below", "x"} }

// Infer checks C1 to C3.
func (op *TridiagonalProduct) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	batch, n, columns := core.Shape(nil), core.Unknown, core.Unknown
	for i := range in {
		more, rows, width, err := split("C1", in, i)
		if err != nil {
			return nil, err
		}
		constraint, length := "C2", width
		if i == 3 {
			constraint, length, columns = "C3", rows, width
		}
		both, ok := joinBatches(batch, more, false)
		if !batch.Ranked() {
			both = more
		}
		if !ok || i < 3 && rows != 1 && rows != core.Unknown || n != length && n != core.Unknown && length != core.Unknown {
			return nil, core.Violation(constraint, i, "got shape %v beside %v", in[i].Shape, in[0].Shape)
		}
		if more.Ranked() {
			batch = both
		}
		n = max(n, length)
	}
	return checked(join(in, batch, n, columns))
}

// Eval adds row by row.
func (op *TridiagonalProduct) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := out[0].Shape()
	n, columns := s[len(s)-2], s[len(s)-1]
	var diagonals [3][]float64
	for i := range diagonals {
		diagonals[i] = make([]float64, n)
	}
	x, y := make([]float64, n*columns), make([]float64, n*columns)
	return each(in[3], n*columns, out[0], func(k int) error {
		for i, d := range diagonals {
			load(d, in[i], k)
		}
		load(x, in[3], k)
		clear(y)
		for i := range n {
			row := y[i*columns : (i+1)*columns]
			for d, j := range [3]int{i + 1, i, i - 1} {
				if j >= 0 && j < n {
					subtract(row, x[j*columns:(j+1)*columns], -diagonals[d][i])
				}
			}
		}
		store(out[0], k, y)
		return nil
	})
}
