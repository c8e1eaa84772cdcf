package reduction

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// Lanes is the number of partial sums, or products, of each column.
const Lanes = elementwise.Lanes

// MaxColumns bounds the columns that are combined together, so that their lanes stay in a near cache.
const MaxColumns = 1024

// folded is how many longer rows are folded together.
const folded = 64

// Positive returns the numbers by which Shifted makes 0 of -0, as adding to 0 does.
func Positive() elementwise.Numbers { return elementwise.Numbers{Sub: float32(math.Copysign(0, -1))} }

// fold adds or multiplies the numbers of each column.
type fold struct {
	taps, columns int
	start         float32 // of each lane
	fold, combine *elementwise.Variant
	shifted       *elementwise.Variant // makes 0 of sums that are -0, as adding to the start does; nil for products
	divided       *elementwise.Variant // makes means; nil for sums and products
	positive      elementwise.Numbers  // of shifted
	count         elementwise.Numbers  // of divided
	matrix        *movement.Variant
}

// Sum returns what adds the numbers of each column.
func Sum(s isa.Set, taps, columns int) Reducer { return newSum(s, taps, columns).reducer() }

// Mean is Sum with a division by the number of taps.
func Mean(s isa.Set, taps, columns int) Reducer {
	f := newSum(s, taps, columns)
	f.divided, f.count.Scale = elementwise.Choose(s, elementwise.Divided), float32(taps)
	return f.reducer()
}

// Product returns what multiplies the numbers of each column.
func Product(s isa.Set, taps, columns int) Reducer {
	f := &fold{
		taps: taps, columns: columns, start: 1, fold: elementwise.Choose(s, elementwise.FoldMultiply),
		combine: elementwise.Choose(s, elementwise.Multiply), matrix: movement.Choose(s, 4),
	}
	return f.reducer()
}

func newSum(s isa.Set, taps, columns int) *fold {
	return &fold{
		taps: taps, columns: columns, fold: elementwise.Choose(s, elementwise.FoldAdd),
		combine: elementwise.Choose(s, elementwise.Add), shifted: elementwise.Choose(s, elementwise.Shifted),
		positive: Positive(), matrix: movement.Choose(s, 4),
	}
}

func (f *fold) reducer() Reducer {
	r := Reducer{Kernel: f.fold.Name}
	switch {
	case isTurned(f.taps, f.columns):
		r.Block = TransposedRows(f.taps * f.columns)
		r.Bytes, r.Run = 4*f.taps*f.columns*r.Block, func(y, x, scratch []byte) { f.short(y, x, scratch, f.taps) }
	case f.columns > 1:
		r.Kernel, r.Block = fmt.Sprintf("pool_f32_mean_lanes_%v", f.combine.ISA), 1
		r.Bytes, r.Run = 4*Lanes*min(f.columns, MaxColumns), f.matrices
	default:
		r.Block, r.Bytes, r.Run = folded, 2*4*Lanes*folded, f.long
	}
	return r
}

// long folds rows into lanes, which are short rows. scratch has room for these, twice.
func (f *fold) long(y, x, scratch []byte) {
	rows := len(y) / 4
	lanes, rest := scratch[:4*Lanes*rows], scratch[4*Lanes*rows:]
	machine.Fill(machine.View[float32](lanes), f.start)
	for i := range rows {
		f.fold.Run(lanes[4*Lanes*i:], x[4*f.taps*i:], nil, f.taps, nil)
	}
	f.short(y, lanes, rest, Lanes)
}

// short reduces matrices of n taps.
func (f *fold) short(y, x, scratch []byte, n int) {
	rows, size := len(y)/4/f.columns, len(y)
	all := scratch[:len(x)]
	transpose(f.matrix, all, x, n*f.columns)
	for at := Lanes; at < n; at += Lanes {
		f.combine.Run(all, all, all[at*size:], min(Lanes, n-at)*size/4, nil)
	}
	CombineLanes(f.combine, all, min(n, Lanes), size)
	all = all[:size]
	if f.shifted != nil {
		f.shifted.Run(all, all, nil, size/4, &f.positive)
	}
	if f.divided != nil {
		f.divided.Run(all, all, nil, size/4, &f.count)
	}
	transpose(f.matrix, y, all, rows)
}

// matrices reduces a matrix, some columns at a time.
func (f *fold) matrices(y, x, scratch []byte) {
	const most = 4 * MaxColumns
	for at := 0; at < len(y); at += most {
		f.some(y[at:min(at+most, len(y))], x[at:], scratch)
	}
}

// some reduces as many columns as y has. x begins with the first of them. Consecutive taps go to the lanes in turn, so
// that the data is read sequentially.
func (f *fold) some(y, x, lanes []byte) {
	lanes = lanes[:Lanes*len(y)]
	machine.Fill(machine.View[float32](lanes), f.start)
	if len(y) == 4*f.columns {
		Combine(f.combine, lanes, x)
	} else {
		for k := range f.taps {
			to := lanes[k%Lanes*len(y):][:len(y)]
			f.combine.Run(to, to, x[k*4*f.columns:], len(y)/4, nil)
		}
	}
	CombineLanes(f.combine, lanes, Lanes, len(y))
	if f.divided == nil {
		copy(y, lanes)
		return
	}
	f.divided.Run(y, lanes, nil, len(y)/4, &f.count)
}
