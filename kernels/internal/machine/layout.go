package machine

import "github.com/tf2ng/tf2ng/core"

// Layout is the memory that Runs of a function need: its buffers, most of which have their
// place in one arena. It never changes once they have it.
type Layout struct {
	Params, Results []*core.Node
	Outputs         []Output // of each result
	Buffers         []*Buffer
	OnArena         []func([]byte) // run once on each new arena
	States          []func() any   // make what each arena has beside it
	Arena           int            // bytes, see Place
	dead            [][]span       // by instruction, for package testmode; else nil
}

// Output is where a result is computed: in a buffer, or it is the strings of a constant or
// parameter.
type Output struct {
	Buffer int // -1: source
	Source *core.Node
}

// Place gives the buffers their places in an arena of at most limit bytes. A
// *core.MemoryError names the node whose buffer is too much.
func (l *Layout) Place(limit int64) (err error) {
	l.Arena, err = plan(l.Buffers, limit)
	return err
}

// allocate makes the tensors for results that were given none.
func (l *Layout) allocate(out []*core.Tensor) error {
	for i, t := range out {
		if t != nil {
			continue
		}
		var err error
		if want := l.Results[i].Outputs()[0]; want.Type == core.String {
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
