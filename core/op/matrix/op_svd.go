package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[SVD]("MatrixSVD")

// SVD finds singular values, which descend, and vectors: a = u diag(values) vᵀ. A matrix that is not square is
// reduced by QR with columns in the order of their norms; then Jacobi's rotations make it diagonal, row by row.
//
//	Inputs:  a: f16, f32 or f64, [..., m, n]
//	Outputs: values: the type of a, [..., p] with p = min(m, n)
//	         u: the type of a, [..., m, p], or [..., m, m] if Full; [0] unless Vectors
//	         v: the type of a, [..., n, p], or [..., n, n] if Full; [0] unless Vectors
//
//	C1: a is of f16, f32 or f64, rank 2 or more
//	C2: there are at most 100 rounds of rotations
//
// It is TensorFlow's Svd. Signs of pairs of vectors are those of Eigen for matrices of less than 16 columns; for
// others, and where values are equal, vectors are one choice of several. All is NaN if a is not finite.
type SVD struct {
	Vectors bool `json:"vectors,omitempty"`
	Full    bool `json:"full,omitempty"`
}

// Infer checks C1.
func (op *SVD) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	batch, m, n, err := split("C1", in, 0)
	if err != nil {
		return nil, err
	}
	p := min(m, n)
	u, v := core.Fact{Type: in[0].Type, Shape: core.Shape{0}}, core.Fact{Type: in[0].Type, Shape: core.Shape{0}}
	switch {
	case op.Vectors && op.Full:
		u, v = join(in, batch, m, m), join(in, batch, n, n)
	case op.Vectors:
		u, v = join(in, batch, m, p), join(in, batch, n, p)
	}
	return checked(join(in, batch, p), u, v)
}

// BatchInputs says that the input has the batch axis (axis 0), if there is one and all outputs have it.
func (op *SVD) BatchInputs(in []core.Fact, out core.Shape) []bool {
	if !op.Vectors {
		return nil
	}
	return matrices{}.BatchInputs(in, out)
}

// Eval takes one after the other.
func (op *SVD) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := in[0].Shape()
	m, n := s[len(s)-2], s[len(s)-1]
	width, height := min(m, n), min(m, n)
	if op.Full {
		width, height = m, n
	}
	d := &singular{p: min(m, n), width: width, height: height, values: make([]float64, min(m, n))}
	d.u, d.v = make([]float64, m*width), make([]float64, n*height)
	a := make([]float64, m*n)
	for k := range core.Shape(s[:len(s)-2]).MustElements() {
		if out[0].Abandoned() {
			return nil
		}
		load(a, in[0], k)
		if !d.decompose(a, m, n) {
			return core.Violation("C2", 0, "got matrix %d, for which the rotations do not end", k)
		}
		store(out[0], k, d.values)
		if op.Vectors {
			store(out[1], k, d.u)
			store(out[2], k, d.v)
		}
	}
	return nil
}

// singular is what becomes of a matrix: w, of p rows and columns, is rotated until it is diagonal.
type singular struct {
	p, width, height int // the columns of u and v
	w, u, v, values  []float64
}

// decompose sets u, v and values. It reports whether that came to an end.
func (d *singular) decompose(a []float64, m, n int) bool {
	scale := 0.0
	for _, v := range a {
		scale = max(scale, math.Abs(v))
	}
	switch {
	case !(scale <= math.MaxFloat64):
		spoil(d.u)
		spoil(d.v)
		spoil(d.values)
		return true
	case scale == 0:
		scale = 1
	}
	divide(a, scale)
	d.prepare(a, m, n)
	ended := d.rotate()
	d.sort(scale)
	return ended
}

// prepare sets w, u and v so that a is the product u w vᵀ.
func (d *singular) prepare(a []float64, m, n int) {
	switch {
	case m == n:
		d.w = append(d.w[:0], a...)
		identity(d.u, m, d.width)
		identity(d.v, n, d.height)
	case m > n:
		d.w = pivotedQR(a, m, n, d.u, d.width, d.v, d.height)
	default:
		t := make([]float64, len(a))
		for i := range m {
			for j, v := range a[i*n : (i+1)*n] {
				t[j*m+i] = v
			}
		}
		d.w = pivotedQR(t, n, m, d.v, d.height, d.u, d.width)
		transpose(d.w, m)
	}
}

// pivotedQR factors a = q r pᵀ, m >= n, where p permutes columns: the longest remaining one is next. It returns r.
func pivotedQR(a []float64, m, n int, q []float64, width int, p []float64, height int) []float64 {
	tau, sums, order := make([]float64, n), make([]float64, n), make([]int, n)
	for j := range order {
		order[j] = j
	}
	for k := range n {
		longest, most := k, -1.0
		for j := k; j < n; j++ {
			norm := 0.0
			for i := k; i < m; i++ {
				norm += float64(a[i*n+j] * a[i*n+j])
			}
			if norm > most {
				longest, most = j, norm
			}
		}
		if longest != k {
			swapColumns(a, n, k, longest)
			order[k], order[longest] = order[longest], order[k]
		}
		var beta float64
		tau[k], beta = reflection(a[k*n+k:], n, m-k)
		a[k*n+k] = 1
		reflect(a[k*n:], n, k+1, a[k*n+k:], n, m-k, tau[k], sums)
		a[k*n+k] = beta
	}
	orthogonal(q, m, width, a, n, 0, tau)
	clear(p)
	for j, from := range order {
		p[from*height+j] = 1
	}
	r := a[:n*n]
	for i := range n {
		clear(r[i*n : i*n+i])
	}
	return r
}

// rotate makes w diagonal. It reports whether that came to an end.
func (d *singular) rotate() bool {
	const precision, least = 0x1p-51, 0x1p-1022
	p, w := d.p, d.w
	most := 0.0
	for i := range p {
		most = max(most, math.Abs(w[i*p+i]))
	}
	for range 100 {
		done := true
		for i := 1; i < p; i++ {
			for j := range i {
				threshold := max(least, float64(precision*most))
				if math.Abs(w[i*p+j]) <= threshold && math.Abs(w[j*p+i]) <= threshold {
					continue
				}
				done = false
				left, right := pair(w[i*p+i], w[i*p+j], w[j*p+i], w[j*p+j])
				left.rows(w, p, i, j)
				left.transposed().columns(d.u, d.width, i, j)
				right.columns(w, p, i, j)
				right.columns(d.v, d.height, i, j)
				most = max(most, math.Abs(w[i*p+i]), math.Abs(w[j*p+j]))
			}
		}
		if done {
			return true
		}
	}
	return false
}

// pair returns the rotations of rows and columns that make [a b; c e] diagonal.
func pair(a, b, c, e float64) (left, right rotation) {
	first, t, d := rotation{1, 0}, a+e, c-b
	if math.Abs(d) >= 0x1p-1022 {
		u := t / d
		tmp := math.Sqrt(1 + float64(u*u))
		first = rotation{u / tmp, 1 / tmp}
	}
	m := []float64{a, b, c, e}
	first.rows(m, 2, 0, 1)
	right = jacobi(m[0], m[1], m[3])
	return first.times(right.transposed()), right
}

// sort makes the values positive, and sorts them.
func (d *singular) sort(scale float64) {
	for i := range d.values {
		x := d.w[i*d.p+i]
		d.values[i] = float64(math.Abs(x) * scale)
		for k := i; x < 0 && k < len(d.u); k += d.width {
			d.u[k] = -d.u[k]
		}
	}
	for i := range d.values {
		most := i
		for k := i + 1; k < d.p; k++ {
			if d.values[k] > d.values[most] {
				most = k
			}
		}
		if most != i {
			d.values[i], d.values[most] = d.values[most], d.values[i]
			swapColumns(d.u, d.width, i, most)
			swapColumns(d.v, d.height, i, most)
		}
	}
}
