package broadcast

import "github.com/tf2ng/tf2ng/core"

// mergeAxes returns the shapes of an output and its operands with fewer axes. It removes axes of one element,
// and merges neighbouring axes if each operand either has all elements along both or is broadcast along both.
func mergeAxes(out core.Shape, in ...core.Shape) (mergedOut core.Shape, merged []core.Shape) {
	dim := func(s core.Shape, i int) int {
		if i -= len(out) - len(s); i >= 0 {
			return s[i]
		}
		return 1
	}
	merged = make([]core.Shape, len(in))
	last := make([]bool, len(in))
	for i, d := range out {
		if d == 1 {
			continue
		}
		same := len(mergedOut) > 0
		for k, s := range in {
			same = same && last[k] == (dim(s, i) == d)
			last[k] = dim(s, i) == d
		}
		n := len(mergedOut) - 1
		if !same {
			mergedOut, n = append(mergedOut, 1), n+1
		}
		mergedOut[n] *= d
		for k, s := range in {
			if !same {
				merged[k] = append(merged[k], 1)
			}
			merged[k][n] *= dim(s, i)
		}
	}
	return mergedOut, merged
}

// most bounds the elements of a call, so that they stay in the first-level cache.
const most = 4096

// calls divides the computation of an output into calls. A call takes some whole matrices of the last two axes within
// the axis before, some whole rows of one matrix, or a part of a row if rows are long.
type calls struct {
	count         int
	columns, rows int // the length of the last axis, and of what a call's rows lie within
	perRow        int // calls per row, 1 if rows are short
	together      int // rows per call
	perRows       int // calls for those rows
	most          int // the largest number of elements of a call
}

func newCalls(out core.Shape) calls {
	c := calls{columns: out[len(out)-1], rows: 1, together: 1}
	if len(out) > 1 {
		c.rows = out[len(out)-2]
	}
	c.perRow = (c.columns + most - 1) / most
	if c.perRow == 1 {
		c.together = min(c.rows, most/c.columns)
	}
	if matrix := c.rows * c.columns; len(out) > 2 && 2*matrix <= most {
		matrices := out[len(out)-3]
		c.together, c.rows = c.rows*min(matrices, most/matrix), c.rows*matrices
	}
	c.perRows = (c.rows + c.together - 1) / c.together * c.perRow
	c.count = out.MustElements() / (c.rows * c.columns) * c.perRows
	c.most = min(c.columns, most) * c.together
	return c
}

// part is what a call computes: n elements of some rows, from a column of the first on. The rows lie within the last
// axis but one, or are whole matrices of the last two axes within the axis before. If they are more than one, column is
// 0 and they are whole.
type part struct{ first, rows, column, n int }

// of returns what a call computes.
func (c *calls) of(call int) part {
	l, call := call/c.perRows*c.rows, call%c.perRows
	if c.perRow > 1 {
		column := call % c.perRow * most
		return part{l + call/c.perRow, 1, column, min(most, c.columns-column)}
	}
	first := call * c.together
	rows := min(c.together, c.rows-first)
	return part{l + first, rows, 0, rows * c.columns}
}
