package kernels

import (
	"cmp"
	"slices"
)

// span is a range of bytes of the arena.
type span struct{ from, to int }

// deadSpans returns, for each instruction, the memory of which no buffer that lives then has
// a byte: what an instruction may not use.
func (p *planned) deadSpans() [][]span {
	var byOffset []*buffer
	for _, b := range p.buffers {
		if b.inArena() && (b.first >= 0 || b.whole) {
			byOffset = append(byOffset, b)
		}
	}
	slices.SortFunc(byOffset, func(a, b *buffer) int { return cmp.Compare(a.offset, b.offset) })
	dead := make([][]span, len(p.code))
	for i := range dead {
		at := 0
		for _, b := range byOffset {
			if i < b.first || i > b.last {
				continue
			}
			if b.offset > at {
				dead[i] = append(dead[i], span{at, b.offset})
			}
			at = max(at, b.offset+b.size)
		}
		if at < p.arena {
			dead[i] = append(dead[i], span{at, p.arena})
		}
	}
	return dead
}

// poison fills what is dead at an instruction, see package testmode.
func (r *run) poison(instruction int) {
	for _, s := range r.p.dead[instruction] {
		fill(r.arena[s.from:s.to], 0xa5)
	}
}
