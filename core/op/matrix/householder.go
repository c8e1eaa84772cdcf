package matrix

import "math"

// reflection makes a Householder reflection 1 - tau v vᵀ that takes the numbers x, every stride-th of a slice, to
// (beta, 0, ...). The numbers behind the first become those of v, whose first one is 1. beta has the other sign than
// the first number; x stays as it is, and tau is 0, where the numbers behind it are 0.
func reflection(x []float64, stride, n int) (tau, beta float64) {
	tail := 0.0
	for i := 1; i < n; i++ {
		tail += float64(x[i*stride] * x[i*stride])
	}
	first := x[0]
	if tail <= 0x1p-1022 {
		for i := 1; i < n; i++ {
			x[i*stride] = 0
		}
		return 0, first
	}
	beta = math.Sqrt(float64(first*first) + tail)
	if first >= 0 {
		beta = -beta
	}
	for i := 1; i < n; i++ {
		x[i*stride] /= first - beta
	}
	return (beta - first) / beta, beta
}

// reflect applies a reflection, whose v are every stride-th of a slice, to n rows of a matrix, to its columns from
// first.
func reflect(a []float64, columns, first int, v []float64, stride, n int, tau float64, sums []float64) {
	if tau == 0 {
		return
	}
	sums = sums[:columns-first]
	copy(sums, a[first:])
	for i := 1; i < n; i++ {
		subtract(sums, a[i*columns+first:][:len(sums)], -v[i*stride])
	}
	subtract(a[first:][:len(sums)], sums, tau)
	for i := 1; i < n; i++ {
		subtract(a[i*columns+first:][:len(sums)], sums, float64(tau*v[i*stride]))
	}
}

// orthogonal makes the product of the reflections below the diagonal of a, which has columns of n rows, applied to the
// identity q of n rows and width columns. The vectors begin shift rows below the diagonal.
func orthogonal(q []float64, n, width int, a []float64, columns, shift int, tau []float64) {
	identity(q, n, width)
	sums := make([]float64, width)
	for k := len(tau) - 1; k >= 0; k-- {
		at := k + shift
		reflect(q[at*width:], width, 0, a[at*columns+k:], columns, n-at, tau[k], sums)
	}
}
