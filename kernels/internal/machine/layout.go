package machine

import "github.com/tf2ng/tf2ng/core"

// Layout describes the memory that a Run of a function needs: its buffers, most of which lie in one arena.
// It does not change any more once Place has placed them.
type Layout struct {
	Params, Results []*core.Node
	Outputs         []int // the buffer of each result
	Buffers         []*Buffer
	OnArena         []func([]byte) // run once on each new arena
	States          []func() any   // each makes one element of Run.State, which every arena has its own of
	Caller          *core.Node     // the last node that calls functions; nil if none does
	CalledBytes     int64          // of the memory of these functions, which counts towards the limit of Place
	Arena           int            // size in bytes, see Place
	dead            [][]span       // by instruction: unused memory, see findDead; nil without package testmode
}

// Place assigns the buffers their offsets in an arena that takes at most limit bytes, together with the memory of the
// functions that are called. A *core.MemoryError names the node that exceeds it. The buffers are for so many
// threads, each of which owns a fraction of them.
func (l *Layout) Place(limit int64, threads int) (err error) {
	shared := 0
	if threads > 1 {
		shared = min(threads, mostCaches) * cacheOfThread
	}
	if l.Arena, err = plan(l.Buffers, limit, limit-l.CalledBytes, shared); err != nil {
		return err
	}
	if all := int64(l.Arena) + l.CalledBytes; all > limit {
		return OutOfMemory(l.Caller, all, limit)
	}
	return nil
}

// allocate makes a tensor for each result for which out has none.
func (l *Layout) allocate(out []*core.Tensor) error {
	for i, t := range out {
		if t != nil {
			continue
		}
		want, err := l.Results[i].Outputs()[0], error(nil)
		if out[i], err = core.NewTensor(want.Type, want.Shape); err != nil {
			return err
		}
	}
	return nil
}

// span is a range of bytes of the arena.
type span struct{ from, to int }
