package sgemm

import "github.com/tf2ng/tf2ng/internal/view"

// Streamed multiplies by a matrix of which the panels that are computed together are packed, one or two, and then the
// next ones in the same memory, so that they are still in a near cache when they are read.
type Streamed struct {
	whole, last *Packed // last is that of the remaining columns
	columns     int
	width       int // of the panels that are computed together
}

// NewStreamed returns the memory of the panels. The sizes must be ones that Pack accepts.
func NewStreamed(v *Variant, s Spec) Streamed {
	_, panels := v.Tile(s.N)
	p := Streamed{columns: s.N, width: panels * v.NR}
	s.N = p.width
	p.whole = NewPacked(v, s)
	memory := view.Bytes(make([]uint64, (p.whole.Size()+7)/8))
	p.whole.Hold(memory)
	if s.N = p.columns % p.width; s.N > 0 {
		p.last = NewPacked(v, s)
		p.last.Hold(memory)
	}
	return p
}

// Run computes rows, as Packed.Run does. The rows of the matrix are stride bytes apart; turn transposes it, if it is
// not nil. Numbers of bf16 are given as float32, unless the variant reads pairs of them.
func (p *Streamed) Run(a *Args, rows Rows, weights []byte, stride int, turn Transposition) {
	size, pairs := p.whole.size(), p.whole.variant.Pairs()
	step := p.whole.variant.NumberSize()
	if turn != nil {
		step = stride
	}
	c := a.C
	for n := 0; n < p.columns; n += p.width {
		panel := p.whole
		if n+p.width > p.columns {
			panel = p.last
		}
		if pairs {
			panel.repackPairs(weights[n*step:], stride, turn)
		} else {
			panel.Repack(weights[n*step:], stride, turn)
		}
		a.C = c[size*n:]
		panel.Run(a, rows, 0, panel.Panels())
	}
}
