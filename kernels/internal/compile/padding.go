package compile

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
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

// padImage appends an instruction that copies images into a new buffer with padding around them, where a pixel has size
// bytes, at least as many as before, and returns that buffer. It sets the geometry's pixels to that size. If widen is
// not nil, it makes pixels of that size.
func (c *compiler) padImage(n *core.Node, src int, g *convolution, size int, widen func(to, from []byte)) int {
	inC := g.inC
	g.inC = size
	last := len(g.axes) - 1
	x, lines := g.axes[last], g.batch
	outer, axes := g.axes[:last], g.inPadded()
	for _, a := range axes[:last] {
		lines = productOf(lines, a.In)
	}
	row, padded := x.In*inC, axes[last].In*size
	left, right := x.PadBelow*size, (x.PadBelow+x.In)*size
	dst := c.newScratch(productOf(lines, padded))
	c.emit(machine.Instruction{
		Node: n, Kernel: "pad", Splits: true, Reads: []int{src, g.zero.buffer}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			in, out, zero := r.Mem[src], r.Mem[dst], byte(g.zero.get(r.Run))
			for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
				to := out[l*padded : (l+1)*padded]
				at, inside := sourceLine(outer, axes, l)
				if !inside {
					machine.Fill(to, zero)
					continue
				}
				from := in[at*row:][:row]
				machine.Fill(to[:left], zero)
				switch {
				case widen != nil:
					widen(to[left:right], from)
				case size == inC:
					copy(to[left:right], from)
				default:
					widenPixels(to[left:right], from, size, inC)
				}
				machine.Fill(to[right:], zero)
			}
			return nil
		},
	})
	return dst
}

// widenPixels copies pixels of few bytes, inC each, into ones of size bytes with zeros behind them. Neither is more
// than 8.
func widenPixels(to, from []byte, size, inC int) {
	mask := uint64(1)<<(8*inC) - 1
	for len(from) >= 8 && len(to) >= 8 {
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from)&mask)
		to, from = to[size:], from[inC:]
	}
	for len(from) >= inC {
		machine.Fill(to[copy(to, from[:inC]):size], 0)
		to, from = to[size:], from[inC:]
	}
}

// sourceLine returns the line of images that line l of images with padding is; false if it is padding. The lines stand
// along outer axes, and padded begins with those of the images with padding.
func sourceLine(outer, padded []geometry.Axis, l int) (line int, inside bool) {
	stride := 1
	for i := len(outer) - 1; i >= 0; i-- {
		at := l%padded[i].In - outer[i].PadBelow
		if at < 0 || at >= outer[i].In {
			return 0, false
		}
		line += at * stride
		l, stride = l/padded[i].In, stride*outer[i].In
	}
	return line + l*stride, true
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
