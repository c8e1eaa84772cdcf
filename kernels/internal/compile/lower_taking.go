package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// taking composes an output of runs of bytes of the data. For each axis it has the positions in the data.
type taking struct {
	axes [][]int // for each axis before the line, the byte offset of each index
	runs []run   // the runs of a line, relative to the sum of these offsets
	line int     // bytes per line
	size int     // bytes per element if each run is one element; else 0
	step int     // bytes from line to line in the data, along the last axis before the line; 0 if they differ
}

// run is a run of bytes of a line: its offset in the data and its length.
type run struct{ at, bytes int }

// newTaking returns the taking of elements of size bytes.
func newTaking(p trait.Places, size int) *taking {
	strides := make([]int, len(p.At))
	step := size
	for i := len(p.In) - 1; i >= 0; i-- {
		strides[i] = step
		step *= p.In[i]
	}
	last := len(p.At) - 1
	unit := size
	for last >= 0 && isWhole(p.At[last], p.In[last]) {
		unit *= p.In[last]
		last--
	}
	t := &taking{line: unit, runs: []run{{0, unit}}}
	if last < 0 {
		return t
	}
	t.line, t.runs = unit*len(p.At[last]), nil
	for _, at := range p.At[last] {
		if n := len(t.runs) - 1; n >= 0 && t.runs[n].at+t.runs[n].bytes == at*unit {
			t.runs[n].bytes += unit
			continue
		}
		t.runs = append(t.runs, run{at * unit, unit})
	}
	if unit == size && len(t.runs) == len(p.At[last]) {
		t.size = size
	}
	for i, places := range p.At[:last] {
		axis := make([]int, len(places))
		for k, at := range places {
			axis[k] = at * strides[i]
		}
		t.axes = append(t.axes, axis)
	}
	if n := len(t.axes) - 1; n >= 0 {
		t.step = stepOf(t.axes[n])
	}
	return t
}

// stepOf returns the positive distance of neighbouring positions; 0 if it is not the same for all.
func stepOf(places []int) int {
	if len(places) < 2 {
		return 0
	}
	step := places[1] - places[0]
	for i, at := range places[1:] {
		if at-places[i] != step {
			return 0
		}
	}
	return max(step, 0)
}

// isWhole reports whether places are all n elements in order.
func isWhole(places []int, n int) bool {
	for i, at := range places {
		if at != i {
			return false
		}
	}
	return len(places) == n
}

// source returns the offset in the data to which the runs of line l are relative.
func (t *taking) source(l int) int {
	at := 0
	for i := len(t.axes) - 1; i >= 0; i-- {
		axis := t.axes[i]
		at += axis[l%len(axis)]
		l /= len(axis)
	}
	return at
}

// run computes lines [l0,l1) of the output.
func (t *taking) run(out, in []byte, l0, l1 int) {
	if t.step > 0 && len(t.runs) == 1 {
		lines := len(t.axes[len(t.axes)-1])
		for l := l0; l < l1; {
			n := min(lines-l%lines, l1-l)
			copyRuns(out[l*t.line:], in[t.source(l)+t.runs[0].at:], n, t.line, t.line, t.step)
			l += n
		}
		return
	}
	for l := l0; l < l1; l++ {
		from, to := in[t.source(l):], out[l*t.line:][:t.line]
		switch t.size {
		case 1:
			takeElements(to, from, t.runs)
		case 2:
			takeElements(machine.View[uint16](to), machine.View[uint16](from), t.runs)
		case 4:
			takeElements(machine.View[uint32](to), machine.View[uint32](from), t.runs)
		case 8:
			takeElements(machine.View[uint64](to), machine.View[uint64](from), t.runs)
		default:
			for _, r := range t.runs {
				copy(to, from[r.at:r.at+r.bytes])
				to = to[r.bytes:]
			}
		}
	}
}

func takeElements[T uint8 | uint16 | uint32 | uint64](to, from []T, runs []run) {
	size := runs[0].bytes
	to = to[:len(runs)]
	for i := range to {
		to[i] = from[runs[i].at/size]
	}
}

var (
	_ = lowers[array.Pad](lowerPad)
	_ = lowers[array.Tile](lowerTaking)
	_ = lowers[array.BroadcastTo](lowerBroadcastTo)
	_ = lowers[array.Reverse](lowerTaking)
	_ = lowers[array.Roll](lowerTaking)
)

// lowerBroadcastTo lowers the repetition of one element to a fill, and any other broadcast to a taking.
func lowerBroadcastTo(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size, elements := out.Type.Size(), out.Shape.MustElements()
	if size == 0 || elements == 0 || x.Shape().MustElements() != 1 {
		return lowerTaking(c, n)
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	c.emit(machine.Instruction{
		Node: n, Kernel: "fill", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitElements(elements, part, parts)
			repeat(r.Mem[dst][i0*size:i1*size], r.Mem[src][:size])
			return nil
		},
	})
	return true, nil
}

// maxPlaces bounds the number of positions for all axes of an output together.
const maxPlaces = 1 << 16

// lowerTaking lowers ops that copy elements of their first input and choose them axis by axis (trait.Taking).
func lowerTaking(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	return c.lowerPlaces(n, out.Shape, func() (trait.Places, bool) {
		return n.Op().(trait.Taking).Places(x.Shape(), out.Shape)
	}), nil
}

// lowerPlaces lowers a node that copies elements of its first input from places, if these are few enough for an output
// of that shape.
func (c *compiler) lowerPlaces(n *core.Node, shape core.Shape, placesOf func() (trait.Places, bool)) bool {
	x, out := n.Inputs()[0], n.Outputs()[0]
	sum := 0
	for _, d := range shape {
		sum += min(d, maxPlaces+1)
	}
	size := out.Type.Size()
	if size == 0 || out.Shape.MustElements() == 0 || x.Shape().MustElements() == 0 || sum > maxPlaces {
		return false
	}
	places, ok := placesOf()
	if !ok {
		return false
	}
	t := newTaking(places, size)
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	lines := c.buffers[dst].Size / t.line
	c.emit(machine.Instruction{
		Node: n, Kernel: "take", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			t.run(r.Mem[dst], r.Mem[src], part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
	return true
}

var (
	_ = lowers[indexing.Slice](lowerSlice)
	_ = lowers[indexing.StridedSlice](lowerSlice)
	_ = lowers[indexing.Gather](lowerGather)
	_ = lowers[array.Split](lowerSplit)
)

// lowerCut lowers ops that copy a contiguous run of elements that begins at a known index (trait.Cutting).
func lowerCut(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	bytes := n.Outputs()[0].Shape.MustElements() * size
	first, ok := n.Op().(trait.Cutting).Cut(core.Operands(n.Inputs()))
	if !ok || bytes == 0 {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	from := first * size
	c.emit(machine.Instruction{
		Node: n, Kernel: "copy", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			a, b := part*bytes/parts, (part+1)*bytes/parts
			copy(r.Mem[dst][a:b], r.Mem[src][from+a:])
			return nil
		},
	})
	return true, nil
}

// lowerSlice lowers ops that copy elements which known indices choose (trait.Slicing).
func lowerSlice(c *compiler, n *core.Node) (bool, error) {
	if done, err := lowerCut(c, n); done || err != nil {
		return done, err
	}
	return c.lowerPlaces(n, n.Outputs()[0].Shape, func() (trait.Places, bool) {
		return n.Op().(trait.Slicing).Slices(core.Operands(n.Inputs()))
	}), nil
}

// lowerGather lowers a Gather without batch dimensions: each slice is a run of bytes.
func lowerGather(c *compiler, n *core.Node) (bool, error) {
	if done, err := lowerCut(c, n); done || err != nil {
		return done, err
	}
	op, x, indices := n.Op().(*indexing.Gather), n.Inputs()[0], n.Inputs()[1]
	size := x.Type().Size()
	if op.BatchDims != 0 || n.Outputs()[0].Shape.MustElements()*size == 0 {
		return false, nil
	}
	axis := op.Axis
	if axis < 0 {
		axis += len(x.Shape())
	}
	dim, count := x.Shape()[axis], indices.Shape().MustElements()
	outer, line := x.Shape()[:axis].MustElements(), x.Shape()[axis+1:].MustElements()*size
	src, at := c.buffer(x), c.buffer(indices)
	dst := c.newOutput(n.Out(0))
	wide := indices.Type() == core.I64
	c.emit(machine.Instruction{
		Node: n, Kernel: "gather", Splits: true, Reads: []int{src, at}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			lines := outer * count
			for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
				index := indexAt(r.Mem[at], l%count, wide)
				if err := indexing.CheckIndex(index, dim); err != nil {
					return n.Locate(err)
				}
				copy(r.Mem[dst][l*line:][:line], r.Mem[src][(l/count*dim+int(index))*line:])
			}
			return nil
		},
	})
	return true, nil
}

// indexAt returns element i of b, which holds integers of 64 bits if wide, else of 32 bits.
func indexAt(b []byte, i int, wide bool) int64 {
	if wide {
		return machine.View[int64](b)[i]
	}
	return int64(machine.View[int32](b)[i])
}

// lowerSplit lowers a Split. A line of the input has the dimensions from the split axis on; it consists of one run of
// bytes for each output.
func lowerSplit(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	if x.Shape().MustElements()*size == 0 {
		return false, nil
	}
	axis := n.Op().(*array.Split).Axis
	if axis < 0 {
		axis += len(x.Shape())
	}
	lines := x.Shape()[:axis].MustElements()
	type piece struct{ buffer, bytes int }
	var pieces []piece
	var writes []int
	src := c.buffer(x)
	for i, f := range n.Outputs() {
		dst := c.newOutput(n.Out(i))
		writes = append(writes, dst)
		pieces = append(pieces, piece{dst, f.Shape.MustElements() / lines * size})
	}
	line := x.Shape().MustElements() / lines * size
	c.emit(machine.Instruction{
		Node: n, Kernel: "split", Splits: true, Reads: []int{src}, Writes: writes,
		Run: func(r *machine.Worker, part, parts int) error {
			from := 0
			for _, p := range pieces {
				in, out := r.Mem[src], r.Mem[p.buffer]
				l0, l1 := part*lines/parts, (part+1)*lines/parts
				copyRuns(out[l0*p.bytes:], in[l0*line+from:], l1-l0, p.bytes, p.bytes, line)
				from += p.bytes
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[indexing.ScatterND](lowerScatter)

// scattered are the primitives that combine existing elements with new ones: those of float32 and of i32.
var scattered = map[indexing.ScatterMode][2]elementwise.Primitive{
	indexing.ScatterAdd:      {elementwise.Add, elementwise.WholeAdd},
	indexing.ScatterSubtract: {elementwise.Subtract, elementwise.WholeSubtract},
	indexing.ScatterMin:      {elementwise.Minimum, elementwise.WholeMinimum},
	indexing.ScatterMax:      {elementwise.Maximum, elementwise.WholeMaximum},
}

// minScattered is the least number of elements of a slice for which a primitive is called.
const minScattered = 16

// lowerScatter lowers a ScatterND: slices are copied, or combined as vectors. They stay in order on one thread, as an
// index may occur again.
func lowerScatter(c *compiler, n *core.Node) (bool, error) {
	op, x, at := n.Op().(*indexing.ScatterND), n.Inputs()[0].Fact(), n.Inputs()[1].Shape()
	slice := x.Shape[at[len(at)-1]:].MustElements()
	line := slice * x.Type.Size()
	kernel, combine := "scatter", (*elementwise.Variant)(nil)
	if p, ok := scattered[op.Mode]; ok {
		i, known := map[core.Type]int{core.F32: 0, core.I32: 1}[x.Type]
		if !known || slice < minScattered {
			return false, nil
		}
		combine = elementwise.Choose(c.isas, p[i])
		kernel = combine.Name
	}
	if line == 0 {
		return false, nil
	}
	c.emitEval(n, kernel, func(_ *machine.Run, in, out []*core.Tensor) error {
		y, updates := out[0].Bytes(), in[2].Bytes()
		copy(y, in[0].Bytes())
		return indexing.EachIndexed(x.Shape, in[1], func(i, at int) {
			from, to := updates[i*line:][:line], y[at*line:][:line]
			if combine == nil {
				copy(to, from)
				return
			}
			combine.Run(to, to, from, slice, nil)
		})
	})
	return true, nil
}
