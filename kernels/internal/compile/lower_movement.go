package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// permutation is a transposition. Dimensions that stay neighbours are merged. A line is the output's last
// dimension; its elements are read from the data at a stride.
type permutation struct {
	axes   []axis // the output's dimensions before the line; a dimension of neighbours in the data is the last
	n      int    // elements per line
	stride int    // bytes from one element of a line to the next in the data
	size   int    // bytes per element
}

// axis is a dimension, with its strides in the data and in the output in bytes.
type axis struct{ n, in, out int }

// newPermutation returns the transposition of elements of size bytes.
func newPermutation(in core.Shape, order []int, size int) permutation {
	strides := make([]int, len(in))
	step := size
	for i := len(in) - 1; i >= 0; i-- {
		strides[i] = step
		step *= in[i]
	}
	var axes []axis
	for _, a := range order {
		if in[a] == 1 {
			continue
		}
		if last := len(axes) - 1; last >= 0 && axes[last].in == strides[a]*in[a] {
			axes[last] = axis{n: axes[last].n * in[a], in: strides[a]}
			continue
		}
		axes = append(axes, axis{n: in[a], in: strides[a]})
	}
	if last := len(axes) - 1; last >= 0 && axes[last].in == size { // contiguous runs are moved as single elements
		size *= axes[last].n
		axes = axes[:last]
	}
	p := permutation{n: 1, size: size}
	if last := len(axes) - 1; last >= 0 {
		p.n, p.stride, p.axes = axes[last].n, axes[last].in, axes[:last]
	}
	step = p.n * p.size
	for i := len(p.axes) - 1; i >= 0; i-- {
		p.axes[i].out = step
		step *= p.axes[i].n
	}
	if i := slices.IndexFunc(p.axes, func(a axis) bool { return a.in == p.size }); i >= 0 {
		a := p.axes[i]
		p.axes = append(slices.Delete(p.axes, i, i+1), a)
	}
	return p
}

// run computes lines [l0,l1). matrix is the variant that transposes elements of this size; nil if there is none.
func (p *permutation) run(matrix *movement.Variant, out, in []byte, l0, l1 int) {
	width, step := 1, p.n*p.size // of the columns of a matrix, which are lines
	if last := len(p.axes) - 1; matrix != nil && last >= 0 && p.axes[last].in == p.size {
		width, step = p.axes[last].n, p.axes[last].out
	}
	for l := l0; l < l1; {
		lines := min(width-l%width, l1-l)
		from, to := p.places(l)
		if matrix == nil {
			movement.CopyRuns(out[to:], in[from:], p.n, p.size, p.size, p.stride)
		} else {
			matrix.Run(movement.Matrix{
				Out: out[to:], In: in[from:], Rows: p.n, Columns: lines, OutStride: step, InStride: p.stride,
			}, 0, p.n)
		}
		l += lines
	}
}

// places returns the offsets in the data and in the output at which line l begins.
func (p *permutation) places(l int) (from, to int) {
	for i := len(p.axes) - 1; i >= 0; i-- {
		a := &p.axes[i]
		k := l % a.n
		from, to = from+k*a.in, to+k*a.out
		l /= a.n
	}
	return from, to
}

var (
	_ = lowers[array.Transpose](lowerTranspose)
	_ = lowers[array.SpaceToDepth](lowerPermutation)
	_ = lowers[array.DepthToSpace](lowerPermutation)
)

// lowerTranspose leaves a transpose to the products that read it, if they can.
func lowerTranspose(c *compiler, n *core.Node) (bool, error) {
	if c.isTurned(n.Out(0)) {
		return true, nil // no code: its readers read the data
	}
	return lowerPermutation(c, n)
}

// lowerPermutation lowers ops that reshape their input and then permute its axes.
func lowerPermutation(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	if size == 0 || x.Shape().MustElements() == 0 {
		return false, nil
	}
	op := n.Op().(interface {
		Permutation(x core.Shape) (core.Shape, []int, error)
	})
	in, order, err := op.Permutation(x.Shape())
	if err != nil {
		return false, err
	}
	src := c.buffer(x)
	c.emitPermutation(n, newPermutation(in, order, size), src, c.newOutput(n.Out(0)))
	return true, nil
}

// emitPermutation appends the instruction of a transposition from one buffer to another.
func (c *compiler) emitPermutation(n *core.Node, p permutation, src, dst int) {
	var matrix *movement.Variant
	kernel := "transpose"
	if slices.Contains([]int{1, 2, 4, 8}, p.size) && p.n > 1 {
		matrix = movement.Choose(c.isas, p.size)
		kernel = matrix.Name
	}
	lines := 1
	for _, a := range p.axes {
		lines *= a.n
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			p.run(matrix, r.Mem[dst], r.Mem[src], part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
}

var _ = lowers[array.Concat](lowerConcat)

// lowerConcat lowers concatenation. A line of the output has the dimensions from the concatenated axis on; it
// consists of one run of bytes from each input.
func lowerConcat(c *compiler, n *core.Node) (bool, error) {
	out := n.Outputs()[0]
	axis := n.Op().(*array.Concat).Axis
	if axis < 0 {
		axis += len(out.Shape)
	}
	size := out.Type.Size()
	if size == 0 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	lines := 1
	for _, d := range out.Shape[:axis] {
		lines *= d
	}
	type piece struct{ buffer, bytes int }
	var pieces []piece
	for _, v := range n.Inputs() {
		pieces = append(pieces, piece{c.buffer(v), v.Shape().MustElements() / lines * size})
	}
	reads := c.buffersOf(n.Inputs())
	dst := c.newOutput(n.Out(0))
	line := out.Shape.MustElements() / lines * size
	c.emit(machine.Instruction{
		Node: n, Kernel: "concat", Splits: true, Reads: reads, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			l0, l1 := part*lines/parts, (part+1)*lines/parts
			at := 0
			for _, s := range pieces {
				movement.CopyRuns(r.Mem[dst][l0*line+at:], r.Mem[s.buffer][l0*s.bytes:], l1-l0, s.bytes, line, s.bytes)
				at += s.bytes
			}
			return nil
		},
	})
	return true, nil
}

// padding is a padding with a constant, in terms of lines of bytes of the output. A line holds only fill bytes,
// or data with fill bytes before and after it.
type padding struct {
	in, out      []int // the dimensions before the line, of which there is at least one
	below        []int // their padding before the data
	line         int   // bytes per line of the output
	left, length int   // where in a line the data begins, and its length in bytes
}

// newPadding makes the line from the last padded dimension and all dimensions after it.
func newPadding(op *array.Pad, in core.Shape, size int) padding {
	last := len(in) - 1
	for last > 0 && op.Below[last]+op.Above[last] == 0 {
		size *= in[last]
		last--
	}
	p := padding{line: size, length: size}
	if last >= 0 {
		p.left, p.length = op.Below[last]*size, in[last]*size
		p.line = p.left + p.length + op.Above[last]*size
	}
	for i := range last {
		p.in, p.below = append(p.in, in[i]), append(p.below, op.Below[i])
		p.out = append(p.out, op.Below[i]+in[i]+op.Above[i])
	}
	if len(p.in) == 0 {
		p.in, p.below, p.out = []int{1}, []int{0}, []int{1}
	}
	return p
}

// source returns the line of the data that the first line of group g of the output would hold; false if all its lines
// have only fill bytes. A group has the lines of the last dimension before the line.
func (p *padding) source(g int) (int, bool) {
	last := len(p.out) - 1
	line, stride := 0, p.in[last]
	for i := last - 1; i >= 0; i-- {
		at := g%p.out[i] - p.below[i]
		g /= p.out[i]
		if at < 0 || at >= p.in[i] {
			return 0, false
		}
		line += at * stride
		stride *= p.in[i]
	}
	return line - p.below[last], true
}

// run computes lines [l0,l1) of the output.
func (p *padding) run(out, in, value []byte, l0, l1 int) {
	group := p.out[len(p.out)-1]
	for l := l0; l < l1; {
		first, n := l%group, min(group-l%group, l1-l)
		to := out[l*p.line:][:n*p.line]
		from, ok := p.source(l / group)
		below, above := p.below[len(p.below)-1], p.below[len(p.below)-1]+p.in[len(p.in)-1]
		a, b := min(max(below, first), first+n), min(max(above, first), first+n) // lines that hold data
		if !ok {
			a, b = first, first
		}
		if p.line < shortLine {
			repeat(to, value)
		} else {
			repeat(to[:(a-first)*p.line], value)
			repeat(to[(b-first)*p.line:], value)
			for i := a; i < b; i++ {
				line := to[(i-first)*p.line:][:p.line]
				repeat(line[:p.left], value)
				repeat(line[p.left+p.length:], value)
			}
		}
		if a < b {
			movement.CopyRuns(to[(a-first)*p.line+p.left:], in[(from+a)*p.length:], b-a, p.length, p.line, p.length)
		}
		l += n
	}
}

// shortLine is how many bytes a line must have for that its ends are filled apart.
const shortLine = 256

// lowerPad lowers padding with a constant.
func lowerPad(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*array.Pad)
	if op.Mode != array.PadConstant {
		return lowerTaking(c, n)
	}
	if n.Inputs()[1].Constant() == nil {
		return false, nil
	}
	x, value := n.Inputs()[0], n.Inputs()[1].Constant().Bytes()
	p := newPadding(op, x.Shape(), x.Type().Size())
	if p.line == 0 || len(value) == 0 {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	lines := c.buffers[dst].Size / p.line
	c.emit(machine.Instruction{
		Node: n, Kernel: "pad", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			p.run(r.Mem[dst], r.Mem[src], value, part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
	return true, nil
}

// repeat fills b with copies of value, the last of which may be cut off.
func repeat(b, value []byte) {
	const most = 4096 // bytes per copy: the source stays in the first-level cache
	for n := copy(b, value); 0 < n && n < len(b); {
		n += copy(b[n:], b[:min(n, max(most/len(value), 1)*len(value))])
	}
}
