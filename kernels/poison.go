package kernels

import (
	"cmp"
	"slices"
)

// findDead finds, for each of the instructions, the memory of which no buffer that lives then
// has a byte: what an instruction may not use.
func (l *layout) findDead(instructions int) {
	var byOffset []*buffer
	for _, b := range l.buffers {
		if b.inArena() && (b.first >= 0 || b.whole) {
			byOffset = append(byOffset, b)
		}
	}
	slices.SortFunc(byOffset, func(a, b *buffer) int { return cmp.Compare(a.offset, b.offset) })
	dead := make([][]span, instructions)
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
		if at < l.arena {
			dead[i] = append(dead[i], span{at, l.arena})
		}
	}
	l.dead = dead
}

// poison fills what is dead at an instruction, see package testmode.
func (r *run) poison(instruction int) {
	for _, s := range r.layout.dead[instruction] {
		fill(r.arena[s.from:s.to], 0xa5)
	}
}
