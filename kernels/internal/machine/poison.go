package machine

import (
	"cmp"
	"slices"
)

// findDead finds, for each instruction, the parts of the arena that belong to no buffer that lives then: the
// instruction must not use them.
func (l *Layout) findDead(instructions int) {
	var byOffset []*Buffer
	for _, b := range l.Buffers {
		if b.InArena() && (b.first >= 0 || b.Whole) {
			byOffset = append(byOffset, b)
		}
	}
	slices.SortFunc(byOffset, func(a, b *Buffer) int { return cmp.Compare(a.Offset, b.Offset) })
	dead := make([][]span, instructions)
	for i := range dead {
		at := 0
		for _, b := range byOffset {
			if i < b.first || i > b.last {
				continue
			}
			if b.Offset > at {
				dead[i] = append(dead[i], span{at, b.Offset})
			}
			at = max(at, b.Offset+b.Size)
		}
		if at < l.Arena {
			dead[i] = append(dead[i], span{at, l.Arena})
		}
	}
	l.dead = dead
}

// poison overwrites the memory that is dead at an instruction; see package testmode.
func (r *Run) poison(instruction int) {
	for _, s := range r.layout.dead[instruction] {
		Fill(r.Arena[s.from:s.to], 0xa5)
	}
}
