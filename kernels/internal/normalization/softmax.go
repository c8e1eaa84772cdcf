// Package normalization normalizes rows and images of numbers with the primitives of package elementwise, with the bits
// of the ops that its types name.
package normalization

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/reduction"
)

// Softmax computes rows of numbers as normalize.Softmax or normalize.LogSoftmax does.
type Softmax struct {
	Kernel string
	Block  int // how many rows a call of Run computes at most
	Bytes  int // of scratch
	// Run stores the normalized rows of x in y, which may be x. p is for parameters of primitives.
	Run func(y, x, scratch []byte, p *elementwise.Numbers)
}

// NewSoftmax returns what computes rows of n float32; log says that it is as normalize.LogSoftmax does.
func NewSoftmax(s isa.Set, n int, log bool) *Softmax {
	f := newSoftmax(s, n, log)
	m := &Softmax{Kernel: fmt.Sprintf("softmax_%v", f.exp.ISA), Block: max(1, blockNumbers/n), Run: f.rows}
	switch v := elementwise.Choose(s, elementwise.Softmax); {
	case log && n < 4*shortRow: // a row alone has a logarithm and two more calls
		m.Run, m.Block = f.columns, max(transposedRows, reduction.TransposedRows(n))
	case log:
	case v.ISA == f.exp.ISA:
		length := binary.NativeEndian.AppendUint64(nil, uint64(n))
		m.Run = func(y, x, _ []byte, _ *elementwise.Numbers) { v.Run(y, x, length, len(x)/4, nil) }
	case n < shortRow:
		m.Run = f.columns
	}
	m.Bytes = 4*max(m.Block, elementwise.Lanes) + 8*m.Block*n
	return m
}

const (
	blockNumbers = 2048 // bounds the numbers of a block of rows, or of pixels; a longer one is a block by itself
	// transposedRows are as many short rows as make the calls for their columns long enough, beyond the first-level cache.
	transposedRows = 128

	shortRow = 48 // the length of the shortest row that is worth calls of its own
)

// softmax normalizes rows of n numbers.
type softmax struct {
	n                                   int
	log                                 bool
	exp, largest, sum, shifted, divided *elementwise.Variant
	maximum, subtract, add, divide      *elementwise.Variant // of columns
	matrix                              *movement.Variant
}

func newSoftmax(s isa.Set, n int, log bool) *softmax {
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(s, p) }
	return &softmax{
		n: n, log: log, exp: choose(elementwise.Exp), largest: choose(elementwise.FoldMaximum),
		sum: choose(elementwise.FoldAdd), shifted: choose(elementwise.Shifted), divided: choose(elementwise.Divided),
		maximum: choose(elementwise.Maximum), subtract: choose(elementwise.Subtract), add: choose(elementwise.Add),
		divide: choose(elementwise.Divide), matrix: movement.Choose(s, 4),
	}
}

// noNumbers are passed to primitives that have no parameters.
var noNumbers elementwise.Numbers

// lowest has the start value of a maximum for each lane.
var lowest = view.Bytes(slices.Repeat([]float32{float32(math.Inf(-1))}, elementwise.Lanes))

// rows computes rows one after the other. scratch has room for them and for one number per lane.
func (s *softmax) rows(y, x, scratch []byte, p *elementwise.Numbers) {
	size, lanes, exps := 4*s.n, scratch[:4*elementwise.Lanes], y
	if s.log {
		exps = scratch[4*elementwise.Lanes:]
	}
	for i := 0; i < len(x); i += size {
		copy(lanes, lowest)
		s.largest.Run(lanes, x[i:], nil, s.n, nil)
		p.Sub = largest(view.Of[float32](lanes))
		s.shifted.Run(y[i:], x[i:], nil, s.n, p)
	}
	s.exp.Run(exps, y, nil, len(x)/4, &noNumbers)
	for i := 0; i < len(x); i += size {
		clear(lanes)
		s.sum.Run(lanes, exps[i:], nil, s.n, nil)
		if p.Scale = sumOfLanes(view.Of[float32](lanes)); s.log {
			p.Sub = float32(transcendental.Log(float64(p.Scale)))
			s.shifted.Run(y[i:], y[i:], nil, s.n, p)
			continue
		}
		s.divided.Run(y[i:], y[i:], nil, s.n, p)
	}
}

// columns computes short rows. It transposes them, so that a call takes the numbers at one place of all rows. scratch
// has room for them, twice, and for one number per row.
func (s *softmax) columns(y, x, scratch []byte, _ *elementwise.Numbers) {
	rows := len(x) / (4 * s.n)
	size := 4 * rows // of a column
	one, all, exps := scratch[:size], scratch[size:][:len(x)], scratch[size:][:len(x)]
	if s.log {
		exps = scratch[size+len(x):][:len(x)]
	}
	s.matrix.RunStrided(all, x, rows, s.n, size, 4*s.n)
	copy(one, all)
	for at := size; at < len(all); at += size {
		s.maximum.Run(one, all[at:], one, rows, nil)
	}
	for at := 0; at < len(all); at += size {
		s.subtract.Run(all[at:], all[at:], one, rows, nil)
	}
	s.exp.Run(exps, all, nil, len(all)/4, &noNumbers)
	lanes := min(s.n, elementwise.Lanes)
	sums := y[:lanes*size]
	reduction.Combine(s.add, sums, exps[copy(sums, exps):])
	reduction.CombineLanes(s.add, sums, lanes, size)
	finish := s.divide
	if s.log {
		finish = s.subtract
		for i, sum := range view.Of[float32](sums)[:rows] {
			view.Of[float32](sums)[i] = float32(transcendental.Log(widened(sum)))
		}
	}
	for at := 0; at < len(all); at += size {
		finish.Run(all[at:], all[at:], sums, rows, nil)
	}
	s.matrix.RunStrided(y, all, s.n, rows, 4*s.n, size)
}

// widened is float64(v). By the bits, unless v is not a normal number: the CPU's conversion waits for what its register
// held before, so that one logarithm would wait for the other.
func widened(v float32) float64 {
	const least, all = 1 << 23, 0xff<<23 - 1<<23
	b := math.Float32bits(v)
	if b-least >= all {
		return float64(v)
	}
	return math.Float64frombits(uint64(b)<<29 + (1023-127)<<52)
}

// largest returns the largest number of a row, or NaN if the row has one.
func largest[T float32 | float64](row []T) T {
	least := T(math.Inf(-1))
	m0, m1, m2, m3 := least, least, least, least
	for len(row) >= 4 {
		v := (*[4]T)(row)
		m0, m1, m2, m3 = max(m0, v[0]), max(m1, v[1]), max(m2, v[2]), max(m3, v[3])
		row = row[4:]
	}
	for _, v := range row {
		m0 = max(m0, v)
	}
	return max(m0, m1, m2, m3)
}

// sumOfLanes returns the sum of reduce.Sum's lanes: the upper half is added to the lower one until one is left.
func sumOfLanes[T float32 | float64](lanes []T) T {
	v := (*[elementwise.Lanes]T)(lanes)
	a, b, c, d := v[0]+v[8], v[1]+v[9], v[2]+v[10], v[3]+v[11]
	e, f, g, h := v[4]+v[12], v[5]+v[13], v[6]+v[14], v[7]+v[15]
	a, b, c, d = a+e, b+f, c+g, d+h
	return (a + c) + (b + d)
}
