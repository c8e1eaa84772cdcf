package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[QR]("MatrixQR")

// QR factors matrices, a = q r, by Householder's reflections: the columns of q are orthonormal, and r is 0 below the
// diagonal. An element of r's diagonal has the other sign than what its reflection begins with, or that number's sign
// where what is below it is 0 already.
//
//	Inputs:  a: f16, f32 or f64, [..., m, n]
//	Outputs: q: the type of a, [..., m, p] with p = min(m, n); [..., m, m] if Full
//	         r: the type of a, [..., p, n]; [..., m, n] if Full
//
//	C1: a is of f16, f32 or f64, rank 2 or more
//
// It is TensorFlow's Qr.
type QR struct {
	matrices
	Full bool `json:"full,omitempty"`
}

// Infer checks C1.
func (op *QR) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, m, n, err := split("C1", in, 0)
	if err != nil {
		return nil, err
	}
	p := min(m, n) // Unknown is the least
	if op.Full {
		p = m
	}
	return checked(join(in, batch, m, p), join(in, batch, p, n))
}

// Eval factors one after the other.
func (op *QR) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := in[0].Shape()
	m, n, p := s[len(s)-2], s[len(s)-1], out[0].Shape()[len(s)-1]
	a, q, tau, sums := make([]float64, m*n), make([]float64, m*p), make([]float64, min(m, n)), make([]float64, n)
	blocks := core.Shape(s[:len(s)-2]).MustElements()
	for k := range blocks {
		if out[0].Abandoned() {
			return nil
		}
		load(a, in[0], k)
		for j := range tau {
			var beta float64
			tau[j], beta = reflection(a[j*n+j:], n, m-j)
			a[j*n+j] = 1
			reflect(a[j*n:], n, j+1, a[j*n+j:], n, m-j, tau[j], sums)
			a[j*n+j] = beta
		}
		orthogonal(q, m, p, a, n, 0, tau)
		store(out[0], k, q)
		for i := range p {
			clear(a[i*n : i*n+min(i, n)])
		}
		store(out[1], k, a[:p*n])
	}
	return nil
}
