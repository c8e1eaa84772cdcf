package machine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// TestPlan: buffers that live at the same time do not overlap, and each lies where looking at
// all of those placed before would have put it.
func TestPlan(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			var buffers []*Buffer
			steps := 1 + r.IntN(100)
			for range 1 + r.IntN(200) {
				b := &Buffer{Size: r.IntN(5000), first: r.IntN(steps), Param: -1, Result: -1, Whole: r.IntN(50) == 0}
				b.last = min(b.first+r.IntN(1+r.IntN(steps)), steps-1)
				if r.IntN(20) == 0 {
					b.Param = 0 // outside of the arena
				}
				buffers = append(buffers, b)
			}
			for _, shared := range []int{0, 4000, 20000} {
				total, err := plan(buffers, 1<<30, 1<<30, shared)
				require.NoError(t, err)
				require.Equal(t, plainPlan(t, buffers, shared), total)
			}
		})
	}
}

// Buffers beyond the number that is looked at lie behind all others.
func TestPlanOfManyAtOnce(t *testing.T) {
	buffers := make([]*Buffer, maxNeighbours+500)
	for i := range buffers {
		buffers[i] = &Buffer{Size: 100, first: i, last: len(buffers), Param: -1, Result: -1}
	}
	total, err := plan(buffers, 1<<30, 1<<30, 0)
	require.NoError(t, err)
	offsets := map[int]bool{}
	for _, b := range buffers {
		require.Zero(t, b.Offset%b.Reserved())
		offsets[b.Offset] = true
	}
	require.Len(t, offsets, len(buffers))
	require.Equal(t, len(buffers)*buffers[0].Reserved(), total)
}

// A limit below the size of the arena in which threads do not disturb each other is kept if a smaller one does.
func TestPlanKeepsToTheLimit(t *testing.T) {
	n := copying(t, 1, false, nil).Node
	buffers := []*Buffer{NewBuffer(3000, n), NewBuffer(2000, n)}
	buffers[0].Touch(0)
	buffers[1].Touch(1)
	apart, err := plan(buffers, 1<<30, 1<<30, 1<<20)
	require.NoError(t, err)
	require.Equal(t, buffers[0].Reserved()+buffers[1].Reserved(), apart)
	total, err := plan(buffers, 1<<30, int64(apart)-1, 1<<20)
	require.NoError(t, err)
	require.Equal(t, buffers[0].Reserved(), total)
	_, err = plan(buffers, int64(total)-1, int64(total)-1, 1<<20)
	require.ErrorAs(t, err, new(*core.MemoryError))
}

// The memory of the functions that are called counts towards the limit: it takes that by which threads do not disturb
// each other, and what exceeds the limit is the last node that calls.
func TestPlaceCountsCalledFunctions(t *testing.T) {
	n := copying(t, 1, false, nil).Node
	together, apart := NewBuffer(3000, n).Reserved(), NewBuffer(3000, n).Reserved()+NewBuffer(2000, n).Reserved()
	const limit = 8000
	for _, c := range []struct {
		name   string
		called int
		arena  int
		err    bool
	}{
		{"none", 0, apart, false},
		{"as much as is spare", limit - apart, apart, false},
		{"more than is spare", limit - apart + 1, together, false},
		{"as much as there is", limit - together, together, false},
		{"too much", limit - together + 1, together, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &Layout{
				Buffers: []*Buffer{NewBuffer(3000, n), NewBuffer(2000, n)}, Caller: n, CalledBytes: int64(c.called),
			}
			l.Buffers[0].Touch(0)
			l.Buffers[1].Touch(1)
			err := l.Place(limit, 2)
			require.Equal(t, c.arena, l.Arena)
			if !c.err {
				require.NoError(t, err)
				return
			}
			require.Equal(t, OutOfMemory(n, limit+1, limit), err)
		})
	}
}

// plainPlan places the buffers one by one, largest first, and compares with their offsets.
func plainPlan(t *testing.T, buffers []*Buffer, shared int) (total int) {
	todo := slices.DeleteFunc(slices.Clone(buffers), func(b *Buffer) bool { return !b.InArena() })
	slices.SortStableFunc(todo, func(a, b *Buffer) int { return cmp.Compare(b.Size, a.Size) })
	for i, b := range todo {
		others := slices.DeleteFunc(slices.Clone(todo[:i]), func(o *Buffer) bool {
			if o.Whole || b.Whole || o.first <= b.last && b.first <= o.last {
				return false
			}
			between := 0
			for _, w := range buffers {
				if w.InArena() && w.first > min(o.last, b.last) && w.first < max(o.first, b.first) {
					between += w.Size
				}
			}
			return o.Size == b.Size || max(o.Size, b.Size) > shared/2 || between >= shared
		})
		slices.SortStableFunc(others, func(a, b *Buffer) int { return cmp.Compare(a.Offset, b.Offset) })
		at := 0
		for _, o := range others {
			if at+b.Reserved() <= o.Offset {
				break
			}
			at = max(at, o.Offset+o.Reserved())
		}
		require.Equal(t, at, b.Offset)
		total = max(total, at+b.Reserved())
	}
	return total
}
