// Package reduction reduces float32 along an axis with the primitives of package elementwise, with the bits that
// package reduce of core documents.
package reduction

import (
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// Reducer reduces matrices [taps][columns] to one row each.
type Reducer struct {
	Kernel string
	Block  int // how many matrices a call of Run reduces at most
	Bytes  int // of scratch
	// Run stores the rows of the matrices of x in y.
	Run func(y, x, scratch []byte)
}

// shortRow is the length of the longest rows that are transposed, so that a call takes the numbers at the same place of
// all rows.
const shortRow = 96

// isTurned reports whether matrices are best transposed, so that a call takes the numbers at the same place of all.
func isTurned(taps, columns int) bool {
	if columns == 1 {
		return taps <= shortRow
	}
	return columns < narrow && taps*columns <= shortMatrix
}

const (
	narrow      = 32  // the columns of the narrowest matrix whose rows are worth calls of their own
	shortMatrix = 512 // the numbers of the largest narrower matrix that is transposed
)

// TransposedRows returns how many rows of n numbers are best transposed together: whole tiles, within the first-level
// cache.
func TransposedRows(n int) int { return max(16, 4096/n&^15) }

// transpose stores rows of n numbers in out, column by column.
func transpose(v *movement.Variant, out, x []byte, n int) {
	if n == 1 || len(x) == v.Size*n {
		copy(out, x)
		return
	}
	row := v.Size * n
	rows := len(x) / row
	v.RunStrided(out, x, rows, n, v.Size*rows, row)
}

// Combine combines the blocks of x, each as long as acc and the last one perhaps shorter, with acc.
func Combine(v *elementwise.Variant, acc, x []byte) {
	for ; len(x) > 0; x = x[min(len(acc), len(x)):] {
		v.Run(acc, acc, x, min(len(acc), len(x))/v.Size(), nil)
	}
}

// CombineLanes combines n <= Lanes lanes of size bytes each, which x begins with: the upper half of Lanes is combined
// with the lower one until one is left, at the beginning of x. Lanes from n on are as if they changed nothing.
func CombineLanes(v *elementwise.Variant, x []byte, n, size int) {
	for half := Lanes / 2; half > 0; half /= 2 {
		if more := min(n-half, half); more > 0 {
			v.Run(x, x, x[half*size:], more*size/v.Size(), nil)
		}
		n = min(n, half)
	}
}
