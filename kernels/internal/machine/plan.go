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

// cacheOfThread is how many bytes the caches of a thread's core are assumed to hold, with its part of the last one.
const cacheOfThread = 4 << 20

// mostCaches bounds for how many caches the arena grows.
const mostCaches = 4

// plan assigns every buffer an offset such that buffers that live at the same time do not overlap, and
// returns the size of the arena. It places the largest buffers first, each at the lowest free offset, or
// behind all others if too many live at its time (see maxNeighbours). A *core.MemoryError names the node
// whose buffer exceeds the limit.
//
// A thread owns the same fraction of each buffer, so where buffers of different sizes overlap, a thread writes
// to what another one has in its cache, which takes several times as long. Therefore such buffers do not overlap
// before shared bytes have been written in between, as many as the caches of all threads hold, unless this
// takes more than spare bytes. shared is 0 for one thread.
func plan(buffers []*Buffer, limit, spare int64, shared int) (int, error) {
	if shared > 0 {
		if size, err := place(buffers, spare, shared); err == nil {
			return size, nil
		}
	}
	return place(buffers, limit, 0)
}

func place(buffers []*Buffer, limit int64, shared int) (int, error) {
	most := int(min(limit, maxArena))
	var todo []*Buffer
	end := 0
	for _, b := range buffers {
		if b.InArena() && (b.first >= 0 || b.Whole) {
			b.found = 0
			todo = append(todo, b)
			end = max(end, b.last)
		}
	}
	slices.SortStableFunc(todo, func(a, b *Buffer) int { return cmp.Compare(b.Size, a.Size) })
	placed, times := newTimeline(end), writtenBytes(todo, end)
	total := 0
	for _, b := range todo {
		if b.Size > most {
			return 0, OutOfMemory(b.node, int64(b.Size), int64(most))
		}
		if b.Whole {
			b.first, b.last = 0, end
		}
		others, all := placed.during(times.around(b, shared)) // by offset
		if !all {
			others, all = placed.during(b.first, b.last)
		}
		others = slices.DeleteFunc(others, func(o *Buffer) bool { return !times.conflict(b, o, shared) })
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

// written has, for each instruction, how many bytes the instructions before it write to the arena.
type written []int

func writtenBytes(buffers []*Buffer, end int) written {
	w := make(written, end+2)
	for _, b := range buffers {
		w[b.first+1] += b.Size
	}
	for i := range end + 1 {
		w[i+1] += w[i]
	}
	return w
}

// around returns the instructions during which a buffer may conflict with others.
func (w written) around(b *Buffer, shared int) (first, last int) {
	if b.Size > shared/2 {
		return b.first, b.last
	}
	for first, last = b.first, b.last; first > 0 && w[b.first]-w[first] < shared; {
		first--
	}
	for last < len(w)-2 && w[last+1]-w[b.last+1] < shared {
		last++
	}
	return first, last
}

// conflict reports whether two buffers may not overlap. Those that no cache holds only conflict while both live.
func (w written) conflict(a, b *Buffer, shared int) bool {
	if a.first > b.first {
		a, b = b, a
	}
	return b.first <= a.last || a.Size != b.Size && max(a.Size, b.Size) <= shared/2 && w[b.first]-w[a.last+1] < shared
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
