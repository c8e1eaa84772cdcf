package kernels

import (
	"github.com/tf2ng/tf2ng/core"
)

var _ = lowers[core.Concat](lowerConcat)

// lowerConcat lowers concatenation: each line of the output, the dimensions from the axis
// on, is one run of bytes of each input.
func lowerConcat(c *compiler, n *core.Node) (bool, error) {
	out := n.Outputs()[0]
	axis := n.Op().(*core.Concat).Axis
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
	c.emit(instruction{
		node: n, kernel: "concat", splits: true, reads: reads, writes: []int{dst},
		run: func(r *worker, part, parts int) error {
			l0, l1 := part*lines/parts, (part+1)*lines/parts
			at := 0
			for _, s := range pieces {
				in, out := r.mem[s.buffer], r.mem[dst]
				for l := l0; l < l1; l++ {
					copy(out[l*line+at:][:s.bytes], in[l*s.bytes:])
				}
				at += s.bytes
			}
			return nil
		},
	})
	return true, nil
}
