package kernels

import (
	"cmp"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/gemm"
)

// buffer is the memory of one value or of an instruction's scratch.
type buffer struct {
	size        int        // bytes, without slack
	first, last int        // the instructions that write it first and read it last
	fixed       []byte     // the bytes of a constant, outside the arena
	param       int        // the number of the parameter whose bytes it is; -1 if none
	offset      int        // in the arena
	whole       bool       // lives as long as the arena
	node        *core.Node // for which it is
}

func (b *buffer) inArena() bool { return b.fixed == nil && b.param < 0 }

const bufferAlign = 64

// reserved returns the bytes that a buffer takes in the arena: kernels may read
// gemm.Slack bytes behind its end.
func (b *buffer) reserved() int {
	return (b.size + gemm.Slack + bufferAlign - 1) &^ (bufferAlign - 1)
}

// plan gives every buffer its offset such that buffers that live at the same time
// do not overlap, and returns the arena's size. Largest first, each at the lowest
// free offset. A *core.MemoryError names the node whose buffer is too much.
func plan(buffers []*buffer, limit int64) (int, error) {
	most := int(min(limit, maxArena))
	var todo []*buffer
	for _, b := range buffers {
		if b.inArena() {
			todo = append(todo, b)
		}
	}
	slices.SortStableFunc(todo, func(a, b *buffer) int { return cmp.Compare(b.size, a.size) })
	var placed []*buffer // by offset
	total := 0
	for _, b := range todo {
		if b.size > most {
			return 0, memoryError(b.node, int64(b.size), int64(most))
		}
		at := 0
		for _, p := range placed {
			if !overlapInTime(b, p) {
				continue
			}
			if at+b.reserved() <= p.offset {
				break
			}
			at = max(at, p.offset+p.reserved())
		}
		b.offset = at
		total = max(total, at+b.reserved())
		if total > most {
			return 0, memoryError(b.node, int64(total), int64(most))
		}
		i, _ := slices.BinarySearchFunc(placed, b, func(p, b *buffer) int { return cmp.Compare(p.offset, b.offset) })
		placed = slices.Insert(placed, i, b)
	}
	return total, nil
}

func overlapInTime(a, b *buffer) bool {
	return a.whole || b.whole || a.first <= b.last && b.first <= a.last
}
