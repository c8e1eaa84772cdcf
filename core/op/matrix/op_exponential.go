package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Exponential]("MatrixExponential")

// expTerms is where the series of Exponential ends: what follows is less than 2**-66 for a norm of 1/2.
const expTerms = 18

// Exponential is the sum of a**k/k! over all k. The matrix is divided by a power of two, so that no column has a sum of
// absolute values above 1/2; the series up to k = 18, from its end, is then squared as often.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: y: the type and shape of a
//
//	C1: a is of f16, f32 or f64, and square
//
// All of a y is NaN where a is not finite. It is TensorFlow's MatrixExponential.
type Exponential struct{ matrices }

// Infer checks C1.
func (op *Exponential) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, n, err := splitSquare("C1", in, 0)
	return []core.Fact{join(in, batch, n, n)}, err
}

// Eval takes one after the other.
func (op *Exponential) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	n := in[0].Shape()[len(in[0].Shape())-1]
	a, y, next := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	return each(in[0], n*n, out[0], func(k int) error {
		load(a, in[0], k)
		norm := 0.0
		for j := range n {
			sum := 0.0
			for i := range n {
				sum += math.Abs(a[i*n+j])
			}
			norm = max(norm, sum)
		}
		if !(norm <= math.MaxFloat64) {
			spoil(y)
			store(out[0], k, y)
			return nil
		}
		_, e := math.Frexp(norm)
		squarings := max(e+1, 0)
		for i, v := range a {
			a[i] = math.Ldexp(v, -squarings)
		}
		identity(y, n, n)
		for term := expTerms; term > 0; term-- {
			multiply(next, a, y, n)
			divide(next, float64(term))
			for i := range n {
				next[i*n+i]++
			}
			y, next = next, y
		}
		for range squarings {
			multiply(next, y, y, n)
			y, next = next, y
		}
		store(out[0], k, y)
		return nil
	})
}

// multiply sets y to the product of a and b, which are square.
func multiply(y, a, b []float64, n int) {
	clear(y)
	for i := range n {
		for k, f := range a[i*n : (i+1)*n] {
			subtract(y[i*n:(i+1)*n], b[k*n:(k+1)*n], -f)
		}
	}
}
