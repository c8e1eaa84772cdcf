package compile

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// paddingFor returns a buffer of size zero points. For a constant zero point it is filled and lives as long as the
// arena; for a computed one an instruction must fill it.
func (c *compiler) paddingFor(zero zeroPoint, size int) int {
	if zero.computed() {
		return c.newScratch(size)
	}
	return c.paddingRun(uint8(zero.constant), size)
}

// paddingRun returns a buffer of at least size zero points that lives as long as the arena.
func (c *compiler) paddingRun(zero uint8, size int) int {
	b, ok := c.padding[zero]
	if !ok {
		b = c.newScratch(size)
		c.padding[zero] = b
		buf := c.buffers[b]
		buf.Whole = true
		c.onArena = append(c.onArena, func(arena []byte) {
			run := arena[buf.Offset : buf.Offset+buf.Reserved()]
			for i := range run {
				run[i] = zero
			}
		})
	}
	c.buffers[b].Size = max(c.buffers[b].Size, size)
	return b
}

// padImage appends an instruction that copies images into a new buffer with padding around them, and returns that
// buffer.
func (c *compiler) padImage(n *core.Node, src int, g *convolution) int {
	h, w := g.paddedSize()
	y, x := g.plane()
	dst := c.newScratch(productOf(g.batch, h, w, g.inC))
	row, padded := x.In*g.inC, w*g.inC
	left := x.PadBelow * g.inC
	c.emit(machine.Instruction{
		Node: n, Kernel: "pad", Splits: true, Reads: []int{src, g.zero.buffer}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			in, out, zero := r.Mem[src], r.Mem[dst], byte(g.zero.get(r.Run))
			lines := g.batch * h
			for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
				to := out[l*padded : (l+1)*padded]
				at := l%h - y.PadBelow
				if at < 0 || at >= y.In {
					machine.Fill(to, zero)
					continue
				}
				from := in[(l/h*y.In+at)*row:][:row]
				machine.Fill(to[:left], zero)
				machine.Fill(to[left+copy(to[left:], from):], zero)
			}
			return nil
		},
	})
	return dst
}

// zeroRun returns a buffer of zeros (-0 for float32) that lives as long as the arena.
func (c *compiler) zeroRun(kind pool.Kind, size int) int {
	if kind.Size() == 1 {
		return c.paddingRun(0, size)
	}
	b := c.newScratch(size)
	buf := c.buffers[b]
	buf.Whole = true
	c.onArena = append(c.onArena, func(arena []byte) {
		run := arena[buf.Offset : buf.Offset+buf.Reserved()]
		for i := range run {
			run[i] = 0
			if i%4 == 3 {
				run[i] = byte(math.Float32bits(float32(math.Copysign(0, -1))) >> 24)
			}
		}
	})
	return b
}
