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

// plan assigns every buffer an offset such that buffers that live at the same time do not overlap, and
// returns the size of the arena. It places the largest buffers first, each at the lowest free offset, or
// behind all others if too many live at its time (see maxNeighbours). A *core.MemoryError names the node
// whose buffer exceeds the limit.
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

// timeline finds the buffers that live in a range of instructions. It is a segment tree: each span of
// instructions is divided into two halves below it. A buffer is stored at the fewest spans that together
// make up its lifetime.
type timeline struct {
	spans [][]*Buffer // the halves of span i are 2i and 2i+1
	used  []bool      // by span: a buffer is stored there or below
	size  int         // the number of instructions of span 1, the root
	found []*Buffer
	round int // the number of the current search; it marks the buffers that the search has found
}

// maxNeighbours bounds how many buffers a search finds, so that the time of a search does not grow with the
// number of buffers.
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

// keep stores b at span i, which has the instructions from from to to, or below it.
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

// during returns the buffers that live at some time between two instructions, ordered by offset; false if
// there are more than maxNeighbours. The slice is valid until the next call.
func (t *timeline) during(first, last int) (found []*Buffer, all bool) {
	t.found = t.found[:0]
	t.round++
	if !t.find(first, last, 1, 0, t.size-1) {
		return nil, false
	}
	slices.SortFunc(t.found, func(a, b *Buffer) int { return cmp.Compare(a.Offset, b.Offset) })
	return t.found, true
}

// find adds the buffers stored at span i or below that live in the range; false if there are too many.
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
