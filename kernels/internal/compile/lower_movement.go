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
	shape   []int // the output's dimensions before the line
	strides []int // the stride in the data of each of them, in bytes
	n       int   // elements per line
	stride  int   // bytes from one element of a line to the next in the data
	size    int   // bytes per element
}

// newPermutation returns the transposition of elements of size bytes.
func newPermutation(in core.Shape, order []int, size int) permutation {
	strides := make([]int, len(in))
	step := size
	for i := len(in) - 1; i >= 0; i-- {
		strides[i] = step
		step *= in[i]
	}
	var shape, from []int
	for _, a := range order {
		if in[a] == 1 {
			continue
		}
		last := len(shape) - 1
		if last >= 0 && from[last] == strides[a]*in[a] {
			shape[last], from[last] = shape[last]*in[a], strides[a]
			continue
		}
		shape, from = append(shape, in[a]), append(from, strides[a])
	}
	if len(shape) > 0 && from[len(from)-1] == size { // contiguous runs are moved as single elements
		size *= shape[len(shape)-1]
		shape, from = shape[:len(shape)-1], from[:len(from)-1]
	}
	p := permutation{n: 1, size: size}
	if last := len(shape) - 1; last >= 0 {
		p.shape, p.strides = shape[:last], from[:last]
		p.n, p.stride = shape[last], from[last]
	}
	return p
}

// run computes lines [l0,l1) of the output. matrix is the variant that transposes elements of this size; nil
// if there is none.
func (p *permutation) run(matrix *movement.Variant, out, in []byte, l0, l1 int) {
	switch {
	case matrix == nil:
		for l := l0; l < l1; l++ {
			copyRuns(out[l*p.n*p.size:], in[p.source(l):], p.n, p.size, p.size, p.stride)
		}
	case len(p.shape) > 0 && p.strides[len(p.strides)-1] == p.size: // consecutive lines read neighbouring columns
		for l := l0; l < l1; {
			width := p.shape[len(p.shape)-1]
			lines := min(width-l%width, l1-l)
			p.transpose(matrix, out, in, l, lines)
			l += lines
		}
	default:
		for l := l0; l < l1; l++ {
			p.transpose(matrix, out, in, l, 1)
		}
	}
}

// transpose computes lines from l on that are the columns of a matrix.
func (p *permutation) transpose(matrix *movement.Variant, out, in []byte, l, lines int) {
	line := p.n * p.size
	matrix.Run(movement.Matrix{
		Out: out[l*line:], In: in[p.source(l):], Rows: p.n, Columns: lines, OutStride: line, InStride: p.stride,
	}, 0, p.n)
}

// source returns the offset in the data at which line l begins.
func (p *permutation) source(l int) int {
	at := 0
	for i := len(p.shape) - 1; i >= 0; i-- {
		at += l % p.shape[i] * p.strides[i]
		l /= p.shape[i]
	}
	return at
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
	p := newPermutation(in, order, size)
	var matrix *movement.Variant
	kernel := "transpose"
	if slices.Contains([]int{1, 2, 4, 8}, p.size) && p.n > 1 {
		matrix = movement.Choose(c.isas, p.size)
		kernel = matrix.Name
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	lines := 1
	for _, d := range p.shape {
		lines *= d
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			p.run(matrix, r.Mem[dst], r.Mem[src], part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
	return true, nil
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
				copyRuns(r.Mem[dst][l0*line+at:], r.Mem[s.buffer][l0*s.bytes:], l1-l0, s.bytes, line, s.bytes)
				at += s.bytes
			}
			return nil
		},
	})
	return true, nil
}

// copyRuns copies n runs of bytes, which are outStride and inStride bytes apart.
func copyRuns(out, in []byte, n, bytes, outStride, inStride int) {
	switch bytes {
	case 4:
		for i := range n {
			*(*[4]byte)(out[i*outStride:]) = [4]byte(in[i*inStride:])
		}
	case 8:
		for i := range n {
			*(*[8]byte)(out[i*outStride:]) = [8]byte(in[i*inStride:])
		}
	case 16:
		for i := range n {
			*(*[16]byte)(out[i*outStride:]) = [16]byte(in[i*inStride:])
		}
	case 32:
		for i := range n {
			*(*[32]byte)(out[i*outStride:]) = [32]byte(in[i*inStride:])
		}
	case 64:
		for i := range n {
			*(*[64]byte)(out[i*outStride:]) = [64]byte(in[i*inStride:])
		}
	default:
		for i := range n {
			copy(out[i*outStride:][:bytes], in[i*inStride:][:bytes])
		}
	}
}

// padding is a padding with a constant, in terms of lines of bytes of the output. A line holds only fill bytes,
// or data with fill bytes before and after it.
type padding struct {
	in, out      []int // the dimensions before the line
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
	return p
}

// source returns the line of the data that line l of the output holds; false if that has only fill bytes.
func (p *padding) source(l int) (int, bool) {
	line, stride := 0, 1
	for i := len(p.out) - 1; i >= 0; i-- {
		at := l%p.out[i] - p.below[i]
		l /= p.out[i]
		if at < 0 || at >= p.in[i] {
			return 0, false
		}
		line += at * stride
		stride *= p.in[i]
	}
	return line, true
}

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
			in, out := r.Mem[src], r.Mem[dst]
			for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
				to := out[l*p.line : (l+1)*p.line]
				from, ok := p.source(l)
				if !ok {
					repeat(to, value)
					continue
				}
				repeat(to[:p.left], value)
				copy(to[p.left:], in[from*p.length:(from+1)*p.length])
				repeat(to[p.left+p.length:], value)
			}
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
