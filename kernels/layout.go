package kernels

import (
	"github.com/tf2ng/tf2ng/core"
)

// layout is the memory that Runs of a function need: its buffers, most of which have their
// place in one arena. It never changes once they have it.
type layout struct {
	params, results []*core.Node
	outputs         []output // of each result
	buffers         []*buffer
	onArena         []func([]byte) // run once on each new arena
	states          []func() any   // make what each arena has beside it
	arena           int            // bytes, see place
	dead            [][]span       // by instruction, for package testmode; else nil
}

// output is where a result is computed: in a buffer, or it is the strings of a constant or
// parameter.
type output struct {
	buffer int // -1: source
	source *core.Node
}

// place gives the buffers their places in an arena of at most limit bytes. A
// *core.MemoryError names the node whose buffer is too much.
func (l *layout) place(limit int64) (err error) {
	l.arena, err = plan(l.buffers, limit)
	return err
}

// allocate makes the tensors for results that were given none.
func (l *layout) allocate(out []*core.Tensor) error {
	for i, t := range out {
		if t != nil {
			continue
		}
		var err error
		if want := l.results[i].Outputs()[0]; want.Type == core.String {
			out[i], err = core.StringTensor(want.Shape, make([]string, want.Shape.MustElements()))
		} else {
			out[i], err = core.NewTensor(want.Type, want.Shape)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// span is a range of bytes of the arena.
type span struct{ from, to int }
