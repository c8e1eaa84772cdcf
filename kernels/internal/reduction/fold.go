package reduction

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
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

// manyTaps is how many numbers may have a product that is subnormal on the way.
const manyTaps = 256

// fold adds or multiplies the numbers of each column.
type fold struct {
	taps, columns int
	t             core.Type // f32 or f64
	size          int       // the bytes of a number
	start         float64   // of each lane
	fold, combine *elementwise.Variant
	rounded       *elementwise.Variant // multiplies lanes of float64 by float32; nil for all but float32
	finish        func(y []byte)       // makes results of sums; nil for products
	matrix        *movement.Variant
}

// Sum returns what adds the numbers of each column, of type f32 or f64.
func Sum(s isa.Set, t core.Type, taps, columns int) Reducer {
	return newFold(s, t, taps, columns, elementwise.FoldAdd, elementwise.Add).sums(s, 1)
}

// Mean is Sum with a division by the number of taps.
func Mean(s isa.Set, t core.Type, taps, columns int) Reducer {
	return newFold(s, t, taps, columns, elementwise.FoldAdd, elementwise.Add).sums(s, taps)
}

// Product returns what multiplies the numbers of each column, of type f32 or f64.
func Product(s isa.Set, t core.Type, taps, columns int) Reducer {
	f := newFold(s, t, taps, columns, elementwise.FoldMultiply, elementwise.Multiply)
	f.start = 1
	if t == core.F32 && taps >= manyTaps {
		f.rounded = elementwise.Choose(s, elementwise.MultiplyRounded)
	}
	return f.reducer()
}

// double has the primitives of float64 for those of float32.
var double = map[elementwise.Primitive]elementwise.Primitive{
	elementwise.FoldAdd: elementwise.FoldAdd64, elementwise.FoldMultiply: elementwise.FoldMultiply64,
	elementwise.Add: elementwise.Add64, elementwise.Multiply: elementwise.Multiply64,
}

func newFold(s isa.Set, t core.Type, taps, columns int, lane, combine elementwise.Primitive) *fold {
	if t == core.F64 {
		lane, combine = double[lane], double[combine]
	}
	return &fold{
		taps: taps, columns: columns, t: t, size: t.Size(), fold: elementwise.Choose(s, lane),
		combine: elementwise.Choose(s, combine), matrix: movement.Choose(s, t.Size()),
	}
}

// sums returns the reducer of sums that are divided. It makes 0 of those that are -0, as adding to 0 does.
func (f *fold) sums(s isa.Set, by int) Reducer {
	shifted, divided := elementwise.Choose(s, elementwise.Shifted), elementwise.Choose(s, elementwise.Divided)
	positive, count := elementwise.Numbers{Sub: float32(math.Copysign(0, -1))}, elementwise.Numbers{Scale: float32(by)}
	f.finish = func(y []byte) {
		if f.t == core.F64 {
			divide(view.Of[float64](y), float64(by))
			return
		}
		shifted.Run(y, y, nil, len(y)/4, &positive)
		if by != 1 {
			divided.Run(y, y, nil, len(y)/4, &count)
		}
	}
	return f.reducer()
}

func divide(y []float64, by float64) {
	for i, v := range y {
		y[i] = (v + 0) / by
	}
}

// fill sets lanes to the start.
func (f *fold) fill(lanes []byte) {
	if f.t == core.F64 {
		machine.Fill(view.Of[float64](lanes), f.start)
		return
	}
	machine.Fill(view.Of[float32](lanes), float32(f.start))
}

func (f *fold) reducer() Reducer {
	r := Reducer{Kernel: f.fold.Name}
	if f.columns > 1 {
		r.Kernel = fmt.Sprintf("pool_f%d_mean_lanes_%v", 8*f.size, f.combine.ISA)
	}
	switch {
	case f.taps == 1:
		r.Block, r.Run = max(1, maxAlone/f.columns), f.alone
	case isTurned(f.taps, f.columns):
		r.Block = TransposedRows(f.taps * f.columns)
		r.Bytes = f.size * f.taps * f.columns * r.Block
		r.Run = func(y, x, scratch []byte) { f.short(y, x, scratch, f.taps) }
	case f.columns == 1:
		r.Block, r.Bytes, r.Run = folded, 2*f.size*Lanes*folded, f.long
	case f.rounded != nil:
		r.Kernel, r.Block = f.rounded.Name, 1
		r.Bytes, r.Run = 8*Lanes*min(f.columns, MaxColumns), f.matrices
	default:
		r.Block, r.Bytes, r.Run = 1, f.size*Lanes*min(f.columns, MaxColumns), f.matrices
	}
	return r
}

// maxAlone bounds the numbers that are results by themselves, so that they stay in a near cache.
const maxAlone = 2048

// zeros are added to numbers that are sums by themselves, which makes 0 of -0.
var zeros [8 * maxAlone]byte

// alone makes results of single taps.
func (f *fold) alone(y, x, _ []byte) {
	if f.finish == nil {
		copy(y, x)
		return
	}
	for n := 0; len(y) > 0; y, x = y[n:], x[n:] {
		n = min(len(y), f.size*maxAlone)
		f.combine.Run(y, x, zeros[:n], n/f.size, nil)
	}
}

// long folds rows into lanes, which are short rows. scratch has room for these, twice.
func (f *fold) long(y, x, scratch []byte) {
	rows, all := len(y)/f.size, f.size*Lanes
	lanes, rest := scratch[:all*rows], scratch[all*rows:]
	f.fill(lanes)
	for i := range rows {
		f.fold.Run(lanes[all*i:], x[f.size*f.taps*i:], nil, f.taps, nil)
	}
	f.short(y, lanes, rest, Lanes)
}

// short reduces matrices of n taps.
func (f *fold) short(y, x, scratch []byte, n int) {
	rows, size := len(y)/f.size/f.columns, len(y)
	all := scratch[:len(x)]
	transpose(f.matrix, all, x, n*f.columns)
	for at := Lanes; at < n; at += Lanes {
		f.combine.Run(all, all, all[at*size:], min(Lanes, n-at)*size/f.size, nil)
	}
	CombineLanes(f.combine, all, min(n, Lanes), size)
	if f.finish != nil {
		f.finish(all[:size])
	}
	transpose(f.matrix, y, all[:size], rows)
}

// matrices reduces a matrix, some columns at a time.
func (f *fold) matrices(y, x, scratch []byte) {
	most := f.size * MaxColumns
	for at := 0; at < len(y); at += most {
		f.some(y[at:min(at+most, len(y))], x[at:], scratch)
	}
}

// some reduces as many columns as y has. x begins with the first of them. Consecutive taps go to the lanes in turn, so
// that the data is read sequentially.
func (f *fold) some(y, x, lanes []byte) {
	columns := len(y) / f.size
	switch {
	case f.rounded != nil:
		lanes = f.roundedProducts(lanes, x, columns)
	case columns == f.columns:
		lanes = lanes[:Lanes*len(y)]
		f.fill(lanes)
		Combine(f.combine, lanes, x)
	default:
		lanes = lanes[:Lanes*len(y)]
		f.fill(lanes)
		for k := range f.taps {
			to := lanes[k%Lanes*len(y):][:len(y)]
			f.combine.Run(to, to, x[k*f.size*f.columns:], columns, nil)
		}
	}
	CombineLanes(f.combine, lanes, Lanes, len(y))
	copy(y, lanes)
	if f.finish != nil {
		f.finish(y)
	}
}

// roundedProducts multiplies in float64, rounded to float32 each time: products of subnormal float32 take a hundred
// cycles. It returns the lanes as float32.
func (f *fold) roundedProducts(lanes, x []byte, columns int) []byte {
	wide := view.Of[float64](lanes)[:Lanes*columns]
	machine.Fill(wide, 1)
	if columns == f.columns {
		for ; len(x) > 0; x = x[min(len(x), 4*len(wide)):] {
			f.rounded.Run(lanes, lanes, x, min(len(x)/4, len(wide)), nil)
		}
	} else {
		for k := range f.taps {
			to := lanes[8*(k%Lanes*columns):]
			f.rounded.Run(to, to, x[k*4*f.columns:], columns, nil)
		}
	}
	narrow := view.Of[float32](lanes)
	for i, v := range wide {
		narrow[i] = float32(v)
	}
	return lanes[:4*len(wide)]
}
