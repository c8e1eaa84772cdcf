package machine

import (
	"cmp"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// maxArena bounds the arena: kernels address it by 32-bit offsets.
const maxArena = math.MaxInt32

// OutOfMemory reports that a node needs more than limit bytes.
func OutOfMemory(n *core.Node, bytes, limit int64) error {
	return &core.MemoryError{Node: n.Name, Op: n.OpName(), Outputs: n.Outputs(), Bytes: bytes, Limit: limit}
}

// TensorTooLarge reports that one of a node's tensors takes more than limit bytes.
func TensorTooLarge(n *core.Node, bytes, limit int64) error {
	return &core.MemoryError{
		Node: n.Name, Op: n.OpName(), Outputs: n.Outputs(), Bytes: bytes, Limit: limit, OneTensor: true,
	}
}

// plan gives every buffer its offset such that buffers that live at the same time
// do not overlap, and returns the arena's size. Largest first, each at the lowest
// free offset, or behind all others where too many live at its time. A *core.MemoryError
// names the node whose buffer is too much.
func plan(buffers []*Buffer, limit int64) (int, error) {
	most := int(min(limit, maxArena))
	var todo []*Buffer
	end := 0
	for _, b := range buffers {
		if b.InArena() && (b.first >= 0 || b.Whole) {
			todo = append(todo, b)
			end = max(end, b.last)
		}
	}
	slices.SortStableFunc(todo, func(a, b *Buffer) int { return cmp.Compare(b.Size, a.Size) })
	placed := newTimeline(end)
	total := 0
	for _, b := range todo {
		if b.Size > most {
			return 0, OutOfMemory(b.node, int64(b.Size), int64(most))
		}
		if b.Whole {
			b.first, b.last = 0, end
		}
		others, all := placed.during(b.first, b.last) // by offset
		at := 0
		if !all {
			others, at = nil, total
		}
		for _, p := range others {
			if at+b.Reserved() <= p.Offset {
				break
			}
			at = max(at, p.Offset+p.Reserved())
		}
		b.Offset = at
		if total = max(total, at+b.Reserved()); total > most {
			return 0, OutOfMemory(b.node, int64(total), int64(most))
		}
		placed.add(b)
	}
	return total, nil
}

// timeline finds the buffers that live at some time: a tree of spans of instructions, each
// halved by the two below it. A buffer is kept at the fewest spans that make up its time.
type timeline struct {
	spans [][]*Buffer // span i has 2i and 2i+1 below it
	used  []bool      // a buffer is kept here or below
	size  int         // instructions of span 1
	found []*Buffer
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
	t.spans, t.used = make([][]*Buffer, 2*t.size), make([]bool, 2*t.size)
	return t
}

func (t *timeline) add(b *Buffer) { t.keep(b, 1, 0, t.size-1) }

// keep keeps b at span i, of instructions from to to, or below.
func (t *timeline) keep(b *Buffer, i, from, to int) {
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
func (t *timeline) during(first, last int) (found []*Buffer, all bool) {
	t.found = t.found[:0]
	t.round++
	if !t.find(first, last, 1, 0, t.size-1) {
		return nil, false
	}
	slices.SortFunc(t.found, func(a, b *Buffer) int { return cmp.Compare(a.Offset, b.Offset) })
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
