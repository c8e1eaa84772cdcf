package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// taking composes an output of runs of bytes of the data. For each axis it has the positions in the data.
type taking struct {
	axes [][]int // for each axis before the line, the byte offset of each index
	runs []run   // the runs of a line, relative to the sum of these offsets
	line int     // bytes per line
	size int     // bytes per run if all have as many; else 0
	at   []int   // the offsets of the runs
	most int     // the greatest of them
	same bool    // there are many runs, of the same bytes
}

// run is a run of bytes of a line: its offset in the data and its length.
type run struct{ at, bytes int }

const (
	shortTaking = 4096 // the bytes of a line that is long enough
	maxTaken    = 2048 // bounds the runs of a line to which axes are added
	manySame    = 16   // runs of the same bytes that are worth a call
)

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
	for ; last >= 0; last-- {
		n := len(p.At[last])
		if t.line > unit && (t.line >= shortTaking || n*len(t.runs) > maxTaken) {
			break
		}
		t.same = len(t.runs) == 1 && n >= manySame && allSame(p.At[last])
		t.add(p.At[last], strides[last])
		if t.same {
			last--
			break
		}
	}
	t.size = t.runs[0].bytes
	for _, r := range t.runs {
		if t.at = append(t.at, r.at); r.bytes != t.size {
			t.size = 0
			break
		}
	}
	for i, places := range p.At[:last+1] {
		axis := make([]int, len(places))
		for k, at := range places {
			axis[k] = at * strides[i]
		}
		t.axes = append(t.axes, axis)
	}
	t.most = slices.Max(t.at)
	return t
}

// add makes lines of one axis more, whose indices are stride bytes apart in the data.
func (t *taking) add(places []int, stride int) {
	inner := t.runs
	t.line, t.runs = t.line*len(places), nil
	for _, at := range places {
		for _, r := range inner {
			from := at*stride + r.at
			if n := len(t.runs) - 1; n >= 0 && t.runs[n].at+t.runs[n].bytes == from {
				t.runs[n].bytes += r.bytes
				continue
			}
			t.runs = append(t.runs, run{from, r.bytes})
		}
	}
}

func allSame(places []int) bool {
	return !slices.ContainsFunc(places, func(at int) bool { return at != places[0] })
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
	for l := l0; l < l1; l++ {
		from, to := in[t.source(l):], out[l*t.line:][:t.line]
		switch {
		case t.same:
			repeat(to, from[t.at[0]:][:t.size])
		case t.size > 0:
			movement.Take(to, from, t.at, t.most, t.size)
		default:
			for _, r := range t.runs {
				copy(to, from[r.at:r.at+r.bytes])
				to = to[r.bytes:]
			}
		}
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

func hasManyPlaces(out core.Shape) bool {
	sum := 0
	for _, d := range out {
		sum += min(d, maxPlaces+1)
	}
	return sum > maxPlaces
}

// lowerTaking lowers ops that copy elements of their first input and choose them axis by axis (trait.Taking).
func lowerTaking(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size := out.Type.Size()
	if size == 0 || out.Shape.MustElements() == 0 || x.Shape().MustElements() == 0 || hasManyPlaces(out.Shape) {
		return false, nil
	}
	places, ok := n.Op().(trait.Taking).Places(x.Shape(), out.Shape)
	if !ok {
		return false, nil
	}
	c.emitTaking(n, places)
	return true, nil
}

// emitTaking appends an instruction that copies elements of a node's first input.
func (c *compiler) emitTaking(n *core.Node, places trait.Places) {
	x := n.Inputs()[0]
	t := newTaking(places, x.Type().Size())
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	lines := c.buffers[dst].Size / t.line
	c.emit(machine.Instruction{
		Node: n, Kernel: "take", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			t.run(r.Mem[dst], r.Mem[src], part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
}

var (
	_ = lowers[indexing.Slice](lowerSlice)
	_ = lowers[indexing.StridedSlice](lowerSlice)
	_ = lowers[indexing.Gather](lowerGather)
	_ = lowers[array.Split](lowerSplit)
)

// lowerSlice lowers a slice with constant limits.
func lowerSlice(c *compiler, n *core.Node) (bool, error) {
	if done, err := lowerCut(c, n); done || err != nil {
		return done, err
	}
	out := n.Outputs()[0]
	if out.Type.Size() == 0 || out.Shape.MustElements() == 0 || hasManyPlaces(out.Shape) {
		return false, nil
	}
	places, ok := n.Op().(trait.Slicing).Slices(core.Operands(n.Inputs()))
	if ok {
		c.emitTaking(n, places)
	}
	return ok, nil
}

// lowerCut lowers ops that copy a contiguous run of elements that begins at a known index (trait.Cutting).
func lowerCut(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	bytes := n.Outputs()[0].Shape.MustElements() * size
	first, ok := n.Op().(trait.Cutting).Cut(core.Operands(n.Inputs()))
	if !ok || bytes == 0 {
		return false, nil
	}
	src := c.buffer(x)
	c.emitCopy(n, src, c.newOutput(n.Out(0)), first*size, bytes)
	return true, nil
}

// emitCopy appends an instruction that copies bytes of src, from offset from on, to dst.
func (c *compiler) emitCopy(n *core.Node, src, dst, from, bytes int) {
	c.emit(machine.Instruction{
		Node: n, Kernel: "copy", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			a, b := part*bytes/parts, (part+1)*bytes/parts
			copy(r.Mem[dst][a:b], r.Mem[src][from+a:])
			return nil
		},
	})
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
	wide, node := indices.Type() == core.I64, n
	state := c.newState(func() any {
		places := make([][]int, c.threads)
		for i := range places {
			places[i] = make([]int, min(count, gathered))
		}
		return places
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: "gather", Splits: true, Reads: []int{src, at}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			lines := outer * count
			for l, end := part*lines/parts, (part+1)*lines/parts; l < end; {
				first, n := l%count, min(count-l%count, end-l)
				places := r.State[state].([][]int)[r.Thread]
				n = min(n, len(places))
				places = places[:n]
				most := 0
				for i := range places {
					index := indexAt(r.Mem[at], first+i, wide)
					if err := indexing.CheckIndex(index, dim); err != nil {
						return node.Locate(err)
					}
					places[i] = int(index) * line
					most = max(most, places[i])
				}
				movement.Take(r.Mem[dst][l*line:], r.Mem[src][l/count*dim*line:], places, most, line)
				l += n
			}
			return nil
		},
	})
	return true, nil
}

// gathered bounds the slices that are copied together.
const gathered = 512

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
				movement.CopyRuns(out[l0*p.bytes:], in[l0*line+from:], l1-l0, p.bytes, p.bytes, line)
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

var _ = lowers[indexing.OneHot](lowerOneHot)

// lowerOneHot lowers a OneHot: what is off is filled in, and then what is on.
func lowerOneHot(c *compiler, n *core.Node) (bool, error) {
	indices, out := n.Inputs()[0], n.Outputs()[0]
	size, count := out.Type.Size(), indices.Shape().MustElements()
	if t := indices.Type(); size == 0 || out.Shape.MustElements() == 0 || t != core.I32 && t != core.I64 {
		return false, nil
	}
	axis := n.Op().(*indexing.OneHot).Axis
	if axis < 0 {
		axis += len(out.Shape)
	}
	inner, depth, wide := out.Shape[axis+1:].MustElements(), out.Shape[axis], indices.Type() == core.I64
	outer := count / inner
	at, on, off := c.buffer(indices), c.buffer(n.Inputs()[2]), c.buffer(n.Inputs()[3])
	dst := c.newOutput(n.Out(0))
	c.emit(machine.Instruction{
		Node: n, Kernel: "onehot", Splits: outer > 1, Reads: []int{at, on, off}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			o0, o1, row := part*outer/parts, (part+1)*outer/parts, inner*size
			repeat(r.Mem[dst][o0*depth*row:o1*depth*row], r.Mem[off][:size])
			for i := o0 * inner; i < o1*inner; i++ {
				if index := indexAt(r.Mem[at], i, wide); index >= 0 && index < int64(depth) {
					copy(r.Mem[dst][(i/inner*depth+int(index))*row+i%inner*size:], r.Mem[on][:size])
				}
			}
			return nil
		},
	})
	return true, nil
}
