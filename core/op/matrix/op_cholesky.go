package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Cholesky]("Cholesky")

// Cholesky factors positive definite symmetric matrices, a = y yᵀ, row by row. Of a only the lower triangle is read; y
// is 0 above the diagonal, and NaN elsewhere if a is not positive definite.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: y: the type and shape of a
//
//	C1: a is of f16, f32 or f64, and square
//
// It is TensorFlow's Cholesky.
type Cholesky struct{ matrices }

// Infer checks C1.
func (op *Cholesky) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, n, err := splitSquare("C1", in, 0)
	return []core.Fact{join(in, batch, n, n)}, err
}

// Eval factors one after the other.
func (op *Cholesky) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	n := in[0].Shape()[len(in[0].Shape())-1]
	a := make([]float64, n*n)
	return each(in[0], n*n, out[0], func(k int) error {
		load(a, in[0], k)
		definite := true
		for i := range n {
			row := a[i*n : (i+1)*n]
			for j := range i {
				row[j] = (row[j] - dot(row[:j], a[j*n:])) / a[j*n+j]
			}
			d := row[i] - dot(row[:i], row)
			definite = definite && d > 0
			row[i] = math.Sqrt(d)
			clear(row[i+1:])
		}
		for i := 0; i < n && !definite; i++ {
			spoil(a[i*n : i*n+i+1])
		}
		store(out[0], k, a)
		return nil
	})
}

// spoil sets numbers to NaN.
func spoil(x []float64) {
	for i := range x {
		x[i] = math.NaN()
	}
}

// dot is the sum of the products of x and as many elements of y.
func dot(x, y []float64) float64 {
	sum := 0.0
	y = y[:len(x)]
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}
