package elements

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// RowMajorStrides returns the element strides of a static shape.
func RowMajorStrides(s core.Shape) []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// EachIndex calls f with every index of a static shape in row-major order. f must
// not keep or change idx.
func EachIndex(s core.Shape, f func(idx []int)) {
	if slices.Contains(s, 0) {
		return
	}
	idx := make([]int, len(s))
	for {
		f(idx)
		i := len(s) - 1
		for ; i >= 0; i-- {
			if idx[i]++; idx[i] < s[i] {
				break
			}
			idx[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
