package sgemm

import "github.com/tf2ng/tf2ng/internal/view"

// Streamed multiplies by a matrix that is packed one panel of columns after the other, in the same memory, so that a
// panel is still in the first-level cache when it is read.
type Streamed struct {
	whole, last *Packed // last is that of the remaining columns
	columns     int
	width       int // of a whole panel
}

// NewStreamed returns the memory of a panel. The sizes must be ones that Pack accepts.
func NewStreamed(v *Variant, s Spec) Streamed {
	p := Streamed{columns: s.N, width: v.NR}
	s.N = v.NR
	p.whole = NewPacked(v, s)
	memory := view.Bytes(make([]uint64, (p.whole.Size()+7)/8))
	p.whole.Hold(memory)
	if s.N = p.columns % v.NR; s.N > 0 {
		p.last = NewPacked(v, s)
		p.last.Hold(memory)
	}
	return p
}

// Run computes rows, as Packed.Run does. The rows of the matrix are stride bytes apart; turn transposes it, if it is
// not nil.
func (p *Streamed) Run(a *Args, rows Rows, weights []byte, stride int, turn Transposition) {
	size := p.whole.size()
	step := size
	if turn != nil {
		step = stride
	}
	c := a.C
	for n := 0; n < p.columns; n += p.width {
		panel := p.whole
		if n+p.width > p.columns {
			panel = p.last
		}
		panel.Repack(weights[n*step:], stride, turn)
		a.C = c[size*n:]
		panel.Run(a, rows, 0, 1)
	}
}
