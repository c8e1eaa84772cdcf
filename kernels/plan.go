package kernels

import (
	"cmp"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
)

// buffer is the memory of one value or of an instruction's scratch.
type buffer struct {
	size        int        // bytes, without slack
	first, last int        // the instructions that name it first and last; -1 if none does
	fixed       []byte     // the bytes of a constant, outside the arena
	param       int        // the number of the parameter whose bytes it is; -1 if none
	result      int        // the number of the result whose tensor it is; -1 if none
	addressed   bool       // an instruction reads it, maybe by offsets in the arena
	offset      int        // in the arena
	whole       bool       // lives as long as the arena
	node        *core.Node // for which it is
	found       int        // the last search of the timeline that found it
}

// inArena reports whether the buffer is neither a constant's nor the caller's memory.
func (b *buffer) inArena() bool { return b.fixed == nil && b.param < 0 && b.result < 0 }

// touch notes that instruction i names the buffer.
func (b *buffer) touch(i int) {
	if b.first < 0 {
		b.first = i
	}
	b.last = i
}

const bufferAlign = 64

// reserved returns the bytes that a buffer takes in the arena: kernels may read
// bounds.Slack bytes behind its end.
func (b *buffer) reserved() int {
	return (b.size + bounds.Slack + bufferAlign - 1) &^ (bufferAlign - 1)
}

// plan gives every buffer its offset such that buffers that live at the same time
// do not overlap, and returns the arena's size. Largest first, each at the lowest
// free offset, or behind all others where too many live at its time. A *core.MemoryError
// names the node whose buffer is too much.
func plan(buffers []*buffer, limit int64) (int, error) {
	most := int(min(limit, maxArena))
	var todo []*buffer
	end := 0
	for _, b := range buffers {
		if b.inArena() && (b.first >= 0 || b.whole) {
			todo = append(todo, b)
			end = max(end, b.last)
		}
	}
	slices.SortStableFunc(todo, func(a, b *buffer) int { return cmp.Compare(b.size, a.size) })
	placed := newTimeline(end)
	total := 0
	for _, b := range todo {
		if b.size > most {
			return 0, memoryError(b.node, int64(b.size), int64(most))
		}
		if b.whole {
			b.first, b.last = 0, end
		}
		others, all := placed.during(b.first, b.last) // by offset
		at := 0
		if !all {
			others, at = nil, total
		}
		for _, p := range others {
			if at+b.reserved() <= p.offset {
				break
			}
			at = max(at, p.offset+p.reserved())
		}
		b.offset = at
		if total = max(total, at+b.reserved()); total > most {
			return 0, memoryError(b.node, int64(total), int64(most))
		}
		placed.add(b)
	}
	return total, nil
}

// timeline finds the buffers that live at some time: a tree of spans of instructions, each
// halved by the two below it. A buffer is kept at the fewest spans that make up its time.
type timeline struct {
	spans [][]*buffer // span i has 2i and 2i+1 below it
	used  []bool      // a buffer is kept here or below
	size  int         // instructions of span 1
	found []*buffer
	round int // the number of the search, which marks what it found
}

// maxNeighbours is how many buffers a search finds at most, so that its time does not grow with
// their number.
const maxNeighbours = 1024

func newTimeline(end int) *timeline {
	t := &timeline{size: 1}
	for t.size <= end {
		t.size *= 2
	}
	t.spans, t.used = make([][]*buffer, 2*t.size), make([]bool, 2*t.size)
	return t
}

func (t *timeline) add(b *buffer) { t.keep(b, 1, 0, t.size-1) }

// keep keeps b at span i, of instructions from to to, or below.
func (t *timeline) keep(b *buffer, i, from, to int) {
	if b.last < from || b.first > to {
		return
	}
	t.used[i] = true
	if b.first <= from && to <= b.last {
		t.spans[i] = append(t.spans[i], b)
		return
	}
	middle := (from + to) / 2
	t.keep(b, 2*i, from, middle)
	t.keep(b, 2*i+1, middle+1, to)
}

// during returns the buffers that live between two instructions, by offset; false if they are
// more than maxNeighbours. They are valid until the next call.
func (t *timeline) during(first, last int) (found []*buffer, all bool) {
	t.found = t.found[:0]
	t.round++
	if !t.find(first, last, 1, 0, t.size-1) {
		return nil, false
	}
	slices.SortFunc(t.found, func(a, b *buffer) int { return cmp.Compare(a.offset, b.offset) })
	return t.found, true
}

// find finds what lives at span i or below; false if that is too much.
func (t *timeline) find(first, last, i, from, to int) bool {
	if last < from || first > to || !t.used[i] {
		return true
	}
	for _, b := range t.spans[i] {
		if b.found == t.round {
			continue
		}
		if len(t.found) == maxNeighbours {
			return false
		}
		b.found = t.round
		t.found = append(t.found, b)
	}
	if from == to {
		return true
	}
	middle := (from + to) / 2
	return t.find(first, last, 2*i, from, middle) && t.find(first, last, 2*i+1, middle+1, to)
}
