package sgemm

import "math"

// Repack stores another matrix, given as [K][N] numbers or, if transposed, as [N][K]. There must be no Run of p at the
// same time.
func (p *Packed) Repack(weights []float32, transposed bool) {
	w := matrix{numbers: weights, rows: p.spec.Taps * p.spec.TapNumbers, columns: p.spec.N, transposed: transposed}
	for panel := range p.Panels() {
		n0, width, to := panel*p.variant.NR, p.width(panel), p.panel(panel)
		cols := min(width, p.spec.N-n0)
		switch {
		case p.variant.Pairs():
			p.packPairs(to, width, w, n0, cols)
		case p.spec.BF16:
			for k := range w.rows {
				w.copyRow(to[k*width:][:cols], p.spec.ofPairs(k), n0)
			}
		case transposed:
			for n := range cols {
				for k, v := range weights[(n0+n)*w.rows:][:w.rows] {
					to[k*width+n] = v
				}
			}
		default:
			for k := range w.rows {
				w.copyRow(to[k*width:][:cols], k, n0)
			}
		}
	}
	if p.variant.flushes {
		p.flush()
	}
}

// matrix is a matrix of weights.
type matrix struct {
	numbers       []float32
	rows, columns int
	transposed    bool
}

// copyRow copies numbers of row k, beginning at column n0.
func (w *matrix) copyRow(to []float32, k, n0 int) {
	if !w.transposed {
		copy(to, w.numbers[k*w.columns+n0:])
		return
	}
	for i := range to {
		to[i] = w.numbers[(n0+i)*w.rows+k]
	}
}

// pairColumns bounds the columns of a panel of pairs.
const pairColumns = 32

// packPairs packs the pairs of each tap. The last number of an odd tap has none beside it.
func (p *Packed) packPairs(to []float32, width int, w matrix, n0, cols int) {
	var pair [2][pairColumns]float32
	lower, upper := pair[0][:cols], pair[1][:cols]
	for t := range p.spec.Taps {
		for k := 0; k < p.spec.TapNumbers; k += 2 {
			row := t*p.spec.TapNumbers + k
			w.copyRow(lower, row, n0)
			clear(upper)
			if k+1 < p.spec.TapNumbers {
				w.copyRow(upper, row+1, n0)
			}
			for i, v := range upper {
				to[i] = math.Float32frombits(math.Float32bits(v)&0xffff0000 | math.Float32bits(lower[i])>>16)
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

// Widen converts runs of bf16 to float32 in the order of the sums.
func Widen(to []float32, from []uint16, run int) {
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
