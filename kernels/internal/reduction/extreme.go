package reduction

import (
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// Extreme finds the largest, or the smallest, numbers. Where one is NaN, the extreme is NaN.
type Extreme struct {
	combine, fold *elementwise.Variant
	matrix        *movement.Variant
	largest       bool
	none          float32                 // the extreme of no numbers
	better        func(a, b float32) bool // for numbers other than NaN
}

// Largest finds the largest numbers.
func Largest(s isa.Set) *Extreme {
	return &Extreme{
		elementwise.Choose(s, elementwise.Maximum), elementwise.Choose(s, elementwise.FoldMaximum),
		movement.Choose(s, 4), true, float32(math.Inf(-1)), func(a, b float32) bool { return a > b },
	}
}

// Smallest finds the smallest numbers.
func Smallest(s isa.Set) *Extreme {
	return &Extreme{
		elementwise.Choose(s, elementwise.Minimum), elementwise.Choose(s, elementwise.FoldMinimum),
		movement.Choose(s, 4), false, float32(math.Inf(1)), func(a, b float32) bool { return a < b },
	}
}

// Kernel returns the name of the kernel.
func (e *Extreme) Kernel() string { return fmt.Sprintf("extremes_f32_%v", e.combine.ISA) }

// ExtremeBytes is the scratch of Extreme.Of and Extreme.Index.
const ExtremeBytes = 4 << 10

// Of returns the extreme of a row of float32, with the bits that comparing the numbers in order gives.
func (e *Extreme) Of(row, scratch []byte) float32 {
	if len(row) < 2*4*elementwise.Lanes {
		return e.InOrder(view.Of[float32](row))
	}
	lanes, rest := scratch[:4*elementwise.Lanes], row[4*elementwise.Lanes:]
	if len(row) >= 2*len(scratch) {
		copy(scratch, row)
		Combine(e.combine, scratch, row[len(scratch):])
		rest = scratch[len(lanes):]
	} else {
		copy(lanes, row)
	}
	e.fold.Run(lanes, rest, nil, len(rest)/4, nil)
	m := e.ofLanes(view.Of[float32](lanes))
	if dependsOnOrder(m) {
		return e.InOrder(view.Of[float32](row))
	}
	return m
}

// ofLanes returns the extreme of numbers, except for the bits that depend on their order.
func (e *Extreme) ofLanes(lanes []float32) float32 {
	m := lanes[0]
	for _, v := range lanes[1:] {
		if e.largest {
			m = max(m, v)
		} else {
			m = min(m, v)
		}
	}
	return m
}

// dependsOnOrder reports whether the bits of an extreme depend on the order of the numbers: the sign of a zero, or
// those of a NaN.
func dependsOnOrder(m float32) bool { return m == 0 || m != m }

// InOrder returns the extreme of a row, comparing the numbers in order.
func (e *Extreme) InOrder(row []float32) float32 {
	m := e.none
	for _, v := range row {
		if !e.better(m, v) && m == m {
			m = v
		}
	}
	return m
}

// Index returns the first index of the extreme of a row, ignoring NaN.
func (e *Extreme) Index(row, scratch []byte) int {
	numbers := view.Of[float32](row)
	if m := e.Of(row, scratch); m == m {
		return slices.Index(numbers, m)
	}
	return loops.IndexOfReal(numbers, e.largest)
}

// Reducer returns what reduces matrices to their extremes.
func (e *Extreme) Reducer(taps, columns int) Reducer {
	r := Reducer{Kernel: e.Kernel(), Block: 1, Bytes: ExtremeBytes, Run: e.columns}
	switch {
	case isTurned(taps, columns):
		r.Block = TransposedRows(taps * columns)
		r.Bytes = 4 * r.Block * taps * columns
		r.Run = func(y, x, scratch []byte) { e.short(y, x, scratch, taps, columns) }
	case columns == 1:
		r.Run = func(y, x, scratch []byte) { view.Of[float32](y)[0] = e.Of(x, scratch) }
	}
	return r
}

// columns stores in to the extreme of each column of x, whose rows are as long as to. It combines several rows at a
// time.
func (e *Extreme) columns(to, x, scratch []byte) {
	row := len(to)
	rows := len(x) / row
	together := min(len(scratch)/row, rows/2)
	if together < 2 {
		copy(to, x)
		Combine(e.combine, to, x[row:])
		return
	}
	acc := scratch[:together*row]
	copy(acc, x)
	Combine(e.combine, acc, x[len(acc):])
	for together > 1 {
		half := together / 2
		e.combine.Run(acc, acc, acc[(together-half)*row:], half*row/4, nil)
		together -= half
	}
	copy(to, acc)
	for i, m := range view.Of[float32](to) {
		if dependsOnOrder(m) {
			view.Of[float32](to)[i] = e.inColumn(view.Of[float32](x)[i:], row/4)
		}
	}
}

// inColumn is InOrder for every stride-th number of x.
func (e *Extreme) inColumn(x []float32, stride int) float32 {
	m := e.none
	for i := 0; i < len(x); i += stride {
		if v := x[i]; !e.better(m, v) && m == m {
			m = v
		}
	}
	return m
}

// short stores in y the extremes of the columns of matrices [taps][columns].
func (e *Extreme) short(y, x, scratch []byte, taps, columns int) {
	rows, size := len(y)/4/columns, len(y)
	transpose(e.matrix, scratch[:len(x)], x, taps*columns)
	for k := 1; k < taps; k++ {
		e.combine.Run(scratch, scratch, scratch[k*size:], size/4, nil)
	}
	transpose(e.matrix, y, scratch[:size], rows)
}
