package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[SelfAdjointEig]("SelfAdjointEig")

// SelfAdjointEig finds the eigenvalues of symmetric matrices, which ascend, and eigenvectors: Householder's
// reflections make a matrix tridiagonal, and steps of QR with Wilkinson's shift make it diagonal, from its end. A
// number beside the diagonal counts as 0 if its square is at most epsilon² times the sum of the absolute values next
// to it, for an epsilon of 2^-52, or 2^-23 unless a is of f64. Of a only the lower triangle is read.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	Outputs: values: the type of a, [..., n]
//	         vectors: the type and shape of a, in columns; [0] unless Vectors
//
//	C1: a is of f16, f32 or f64, and square
//	C2: the steps come to an end: there are at most 30 n of them
//
// It is TensorFlow's SelfAdjointEigV2. Vectors of one eigenvalue span a space, of which these are one basis.
type SelfAdjointEig struct {
	Vectors bool `json:"vectors,omitempty"`
}

// Infer checks C1.
func (op *SelfAdjointEig) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, n, err := splitSquare("C1", in, 0)
	if err != nil {
		return nil, err
	}
	vectors := core.Fact{Type: in[0].Type, Shape: core.Shape{0}}
	if op.Vectors {
		vectors = join(in, batch, n, n)
	}
	return []core.Fact{join(in, batch, n), vectors}, nil
}

// BatchInputs says that the input has the batch axis (axis 0), if there is one and both outputs have it.
func (op *SelfAdjointEig) BatchInputs(in []core.Fact, out core.Shape) []bool {
	if !op.Vectors {
		return nil
	}
	return matrices{}.BatchInputs(in, out)
}

// Eval takes one after the other.
func (op *SelfAdjointEig) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	n := in[0].Shape()[len(in[0].Shape())-1]
	e := &eigen{n: n, epsilon: 0x1p-23, a: make([]float64, n*n), q: make([]float64, n*n), diagonal: make([]float64, n)}
	if in[0].Type() == core.F64 {
		e.epsilon = 0x1p-52
	}
	e.beside, e.tau, e.p = make([]float64, n), make([]float64, max(n-1, 0)), make([]float64, n)
	return each(in[0], n*n, out[0], func(k int) error {
		load(e.a, in[0], k)
		scale := e.scale()
		e.tridiagonal()
		if !e.solve() {
			return core.Violation("C2", 0, "got matrix %d, for which the steps do not end", k)
		}
		for i := range e.diagonal {
			e.diagonal[i] *= scale
		}
		store(out[0], k, e.diagonal)
		if op.Vectors {
			store(out[1], k, e.q)
		}
		return nil
	})
}

// eigen is what becomes of a matrix.
type eigen struct {
	epsilon float64

	n                        int
	a, q                     []float64
	diagonal, beside, tau, p []float64 // beside the diagonal is the subdiagonal; p is for sums
}

// scale divides the lower triangle by its largest absolute value, which it returns.
func (e *eigen) scale() float64 {
	most := 0.0
	for i := range e.n {
		for _, v := range e.a[i*e.n : i*e.n+i+1] {
			most = math.Max(most, math.Abs(v))
		}
	}
	if most == 0 {
		most = 1
	}
	divide(e.a, most)
	return most
}

// tridiagonal makes the matrix tridiagonal, and q the product of the reflections that do so.
func (e *eigen) tridiagonal() {
	n, a := e.n, e.a
	for k := range e.tau {
		rest := n - k - 1
		x := a[(k+1)*n+k:]
		tau, beta := reflection(x, n, rest)
		x[0], e.tau[k] = 1, tau
		p := e.p[:rest]
		for i := range p { // tau a v
			sum := 0.0
			for j := range p {
				row, column := max(i, j)+k+1, min(i, j)+k+1
				sum += float64(a[row*n+column] * x[j*n])
			}
			p[i] = float64(tau * sum)
		}
		half := 0.0
		for i, v := range p {
			half += float64(v * x[i*n])
		}
		half = float64(float64(tau*-0.5) * half)
		for i := range p {
			p[i] += float64(half * x[i*n])
		}
		for i := range p {
			row := a[(k+1+i)*n+k+1:][:i+1]
			for j := range row {
				row[j] -= float64(x[i*n]*p[j]) + float64(p[i]*x[j*n])
			}
		}
		x[0], e.beside[k] = beta, beta
	}
	for i := range n {
		e.diagonal[i] = a[i*n+i]
	}
	orthogonal(e.q, n, n, a, n, 1, e.tau)
}

// solve makes the matrix diagonal and sorts it. It reports whether that came to an end.
func (e *eigen) solve() bool {
	d, s := e.diagonal, e.beside
	start, steps := 0, 0
	for end := e.n - 1; end > 0; {
		for i := start; i < end; i++ {
			scaled := s[i] / e.epsilon
			if math.Abs(s[i]) < 0x1p-1022 || float64(scaled*scaled) <= math.Abs(d[i])+math.Abs(d[i+1]) {
				s[i] = 0
			}
		}
		for end > 0 && s[end-1] == 0 {
			end--
		}
		if end <= 0 {
			break
		}
		if steps++; steps > 30*e.n {
			return false
		}
		for start = end - 1; start > 0 && s[start-1] != 0; {
			start--
		}
		e.step(start, end)
	}
	for i := range e.n {
		least := i
		for k := i + 1; k < e.n; k++ {
			if d[k] < d[least] {
				least = k
			}
		}
		if least != i {
			d[i], d[least] = d[least], d[i]
			swapColumns(e.q, e.n, i, least)
		}
	}
	return true
}

func swapColumns(q []float64, columns, i, j int) {
	for ; len(q) > 0; q = q[columns:] {
		q[i], q[j] = q[j], q[i]
	}
}

// step is a step of QR for the rows from start to end.
func (e *eigen) step(start, end int) {
	d, s := e.diagonal, e.beside
	shift, half, last := d[end], float64((d[end-1]-d[end])*0.5), s[end-1]
	if half == 0 {
		shift -= math.Abs(last)
	} else if last != 0 {
		h := math.Sqrt(float64(half*half) + float64(last*last))
		if half < 0 {
			h = -h
		}
		shift -= last / ((half + h) / last)
	}
	x, z := d[start]-shift, s[start]
	for k := start; k < end && z != 0; k++ {
		r := givens(x, z)
		below, next := float64(r.s*d[k])+float64(r.c*s[k]), float64(r.s*s[k])+float64(r.c*d[k+1])
		d[k] = float64(r.c*(float64(r.c*d[k])-float64(r.s*s[k]))) - float64(r.s*(float64(r.c*s[k])-float64(r.s*d[k+1])))
		d[k+1] = float64(r.s*below) + float64(r.c*next)
		s[k] = float64(r.c*below) - float64(r.s*next)
		if k > start {
			s[k-1] = float64(r.c*s[k-1]) - float64(r.s*z)
		}
		x = s[k]
		if k < end-1 {
			z = float64(-r.s * s[k+1])
			s[k+1] = float64(r.c * s[k+1])
		}
		r.columns(e.q, e.n, k, k+1)
	}
}
