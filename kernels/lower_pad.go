package kernels

import (
	"github.com/tf2ng/tf2ng/core"
)

// padding is a constant padding as runs of bytes: lines of the output, of which those
// that hold data have some fill before and behind it.
type padding struct {
	in, out      []int // the dimensions in front of a line
	below        []int // their padding
	line         int   // bytes of a line of the output
	left, length int   // where the data is in it, and its bytes
}

// newPadding flattens the dimensions behind the last that is padded into the line.
func newPadding(op *core.Pad, in core.Shape, size int) padding {
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

// source returns the line of the data that line l of the output holds; false for none.
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

var _ = lowers[core.Pad](lowerPad)

// lowerPad lowers padding with a constant.
func lowerPad(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.Pad)
	if op.Mode != core.PadConstant || n.Inputs()[1].Constant() == nil {
		return false, nil
	}
	x, value := n.Inputs()[0], n.Inputs()[1].Constant().Bytes()
	p := newPadding(op, x.Shape(), x.Type().Size())
	if p.line == 0 || len(value) == 0 {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	lines := c.buffers[dst].size / p.line
	c.emit(instruction{
		node: n, kernel: "pad", splits: true, reads: []int{src}, writes: []int{dst},
		run: func(r *worker, part, parts int) error {
			in, out := r.mem[src], r.mem[dst]
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

// repeat fills b with a value; the length of b is a multiple of the value's.
func repeat(b, value []byte) {
	for n := copy(b, value); 0 < n && n < len(b); {
		n += copy(b[n:], b[:n])
	}
}
