package matrix

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// lu factors a square matrix in place: below the diagonal are the factors of the rows above, order[i] is the row that
// became row i. In each column the first of the largest elements is the pivot. sign is that of the order.
func lu(a []float64, n int, order []int) (sign float64) {
	sign = 1
	for i := range order {
		order[i] = i
	}
	for k := range n {
		pivot := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[pivot*n+k]) {
				pivot = i
			}
		}
		top := a[k*n : (k+1)*n]
		if pivot != k {
			other := a[pivot*n : (pivot+1)*n]
			for j, v := range other {
				other[j], top[j] = top[j], v
			}
			order[k], order[pivot] = order[pivot], order[k]
			sign = -sign
		}
		if top[k] == 0 {
			continue
		}
		for i := k + 1; i < n; i++ {
			row := a[i*n : (i+1)*n]
			row[k] /= top[k]
			subtract(row[k+1:], top[k+1:], row[k])
		}
	}
	return sign
}

// factored sets a to the factors of matrix k of x, or of its adjoint; false if it is not invertible.
func factored(a []float64, x *core.Tensor, k int, adjoint bool, order []int) bool {
	n := len(order)
	load(a, x, k)
	if adjoint {
		transpose(a, n)
	}
	lu(a, n, order)
	return invertible(a, n)
}

// invertible reports whether a diagonal has no 0 and no NaN.
func invertible(a []float64, n int) bool {
	for i := range n {
		if !(math.Abs(a[i*n+i]) > 0) {
			return false
		}
	}
	return true
}

// solveLower solves L y = y in place for the part of a below the diagonal and, unless unit, on it. y has n rows.
func solveLower(a, y []float64, n, columns int, unit bool) {
	for i := range n {
		row := y[i*columns : (i+1)*columns]
		for k := range i {
			if f := a[i*n+k]; f != 0 {
				subtract(row, y[k*columns:(k+1)*columns], f)
			}
		}
		if !unit {
			divide(row, a[i*n+i])
		}
	}
}

// solveUpper solves U y = y in place for the part of a on and above the diagonal.
func solveUpper(a, y []float64, n, columns int) {
	for i := n - 1; i >= 0; i-- {
		row := y[i*columns : (i+1)*columns]
		for k := i + 1; k < n; k++ {
			if f := a[i*n+k]; f != 0 {
				subtract(row, y[k*columns:(k+1)*columns], f)
			}
		}
		divide(row, a[i*n+i])
	}
}

func divide(x []float64, d float64) {
	for i := range x {
		x[i] /= d
	}
}
