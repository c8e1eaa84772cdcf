package sgemm

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// Transposition moves element (i,j) of a matrix of rows by columns numbers to (j,i). Strides are bytes from row to row.
type Transposition func(out, in []byte, rows, columns, outStride, inStride int)

// Repack stores another matrix of [K][N] numbers whose rows are stride bytes apart. If turn is not nil, the matrix is
// given as [N][K] and transposed by it. There must be no Run of p at the same time.
func (p *Packed) Repack(weights []byte, stride int, turn Transposition) {
	size := p.size()
	w := matrix{numbers: weights, stride: stride, size: size, transposed: turn != nil}
	rows := p.spec.Taps * p.spec.TapNumbers
	for panel := range p.Panels() {
		n0, width, to := panel*p.variant.NR, p.width(panel), p.panel(panel)
		cols := min(width, p.spec.N-n0)
		switch {
		case p.variant.Pairs():
			p.packPairs(view.Of[uint32](to), width, w, n0, cols)
		case p.spec.Type == dtype.BF16 && turn != nil:
			turn(to, weights[n0*stride:], cols, rows, size*width, stride)
			p.pairRows(to, size*width, rows)
		case p.spec.Type == dtype.BF16:
			for k := range rows {
				w.copyRow(to[k*width*size:][:cols*size], p.spec.ofPairs(k), n0)
			}
		case turn != nil:
			turn(to, weights[n0*stride:], cols, rows, size*width, stride)
		default:
			for k := range rows {
				w.copyRow(to[k*width*size:][:cols*size], k, n0)
			}
		}
	}
	if p.variant.flushes {
		p.flush()
	}
}

// repackPairs is Repack for pairs of bf16, of numbers of bf16 and one tap.
func (p *Packed) repackPairs(weights []byte, stride int, turn Transposition) {
	rows := p.spec.TapNumbers
	for panel := range p.Panels() {
		n0, width, to := panel*p.variant.NR, p.width(panel), p.panel(panel)
		cols := min(width, p.spec.N-n0)
		if turn == nil {
			packRows(view.Of[uint32](to), width, weights[2*n0:], stride, rows, cols)
			continue
		}
		columns := weights[n0*stride:]
		if rows > 1 { // two numbers of a column are a pair
			turn(to, columns, cols, rows/2, 4*width, stride)
		}
		if rows%2 == 1 {
			last := view.Of[uint32](to)[rows/2*width:]
			for i := range cols {
				last[i] = uint32(binary.LittleEndian.Uint16(columns[i*stride+2*(rows-1):]))
			}
		}
	}
}

// packRows packs rows of numbers of bf16 as pairs. The last of an odd number of rows has none beside it.
func packRows(to []uint32, width int, weights []byte, stride, rows, cols int) {
	row := func(k int) []uint16 { return view.Of[uint16](weights[k*stride:][:2*cols]) }
	for k := 0; k+1 < rows; k += 2 {
		lower, upper, pairs := row(k), row(k+1), to[:cols]
		lower, upper = lower[:len(pairs)], upper[:len(pairs)]
		for i := range pairs {
			pairs[i] = uint32(upper[i])<<16 | uint32(lower[i])
		}
		to = to[min(width, len(to)):]
	}
	if rows%2 == 1 {
		for i, v := range row(rows - 1) {
			to[i] = uint32(v)
		}
	}
}

// pairRows puts rows of bytes that are in the order of B into that of the sums.
func (p *Packed) pairRows(numbers []byte, row, rows int) {
	for k := range rows {
		if other := p.spec.ofPairs(k); other > k {
			a, b := view.Of[uint32](numbers[k*row:][:row]), view.Of[uint32](numbers[other*row:][:row])
			for i := range a {
				a[i], b[i] = b[i], a[i]
			}
		}
	}
}

// matrix is a matrix of weights of size bytes, whose rows, or columns if it is transposed, are stride bytes apart.
type matrix struct {
	numbers      []byte
	stride, size int
	transposed   bool
}

// copyRow copies numbers of row k, beginning at column n0.
func (w *matrix) copyRow(to []byte, k, n0 int) {
	if w.transposed {
		for i := 0; i < len(to); i += w.size {
			copy(to[i:][:w.size], w.numbers[(n0+i/w.size)*w.stride+k*w.size:])
		}
		return
	}
	from := w.numbers[k*w.stride+n0*w.size:]
	switch len(to) { // short runs are copied in place
	case 64:
		*(*[64]byte)(to) = [64]byte(from)
	case 128:
		*(*[128]byte)(to) = [128]byte(from)
	default:
		copy(to, from)
	}
}

// pairColumns bounds the columns of a panel of pairs.
const pairColumns = 32

// packPairs packs the pairs of each tap. The last number of an odd tap has none beside it.
func (p *Packed) packPairs(to []uint32, width int, w matrix, n0, cols int) {
	var pair [2][pairColumns]uint32
	lower, upper := pair[0][:cols], pair[1][:cols]
	for t := range p.spec.Taps {
		for k := 0; k < p.spec.TapNumbers; k += 2 {
			row := t*p.spec.TapNumbers + k
			w.copyRow(view.Bytes(lower), row, n0)
			clear(upper)
			if k+1 < p.spec.TapNumbers {
				w.copyRow(view.Bytes(upper), row+1, n0)
			}
			for i, v := range upper {
				to[i] = v&0xffff0000 | lower[i]>>16
			}
			to = to[width:]
		}
	}
}

// ofPairs returns which row of B is at a place in the sum.
func (s *Spec) ofPairs(place int) int {
	run := s.Run
	if run == 0 {
		run = s.TapNumbers
	}
	if i := place % run; i^1 < run {
		return place - i + (i ^ 1)
	}
	return place
}

// Widen converts runs of bf16 to float32 in the order of the sums. There must be whole runs.
func (v *Variant) Widen(to []float32, from []uint16, run int) {
	if run%2 == 0 && v.widen != nil {
		n := v.widen(to, from)
		to, from, run = to[n:], from[n:], 2
	}
	for run == 3 && len(from) >= 3 && len(to) >= 3 { // pixels of colors
		to[0], to[1], to[2] = wide(from[1]), wide(from[0]), wide(from[2])
		to, from = to[3:], from[3:]
	}
	for ; len(from) >= run; to, from = to[run:], from[run:] {
		i := 0
		for ; i+1 < run; i += 2 {
			to[i], to[i+1] = wide(from[i+1]), wide(from[i])
		}
		if i < run {
			to[i] = wide(from[i])
		}
	}
}

func wide(v uint16) float32 { return math.Float32frombits(uint32(v) << 16) }
