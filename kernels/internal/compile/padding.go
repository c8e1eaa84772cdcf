package compile

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// paddingFor returns a buffer of size zero points: one that lives as long as the arena,
// or for a computed zero point one that is to be filled.
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

// convolution is the geometry of an NHWC convolution.
type convolution struct {
	axes       []core.Axis // one for each spatial dimension
	batch, inC int
	zero       zeroPoint
}

// isPadded reports whether an output reads padding.
func (g *convolution) isPadded() bool {
	for _, a := range g.axes {
		for o := range a.Out {
			for k := range a.Window {
				if _, inside := a.At(o, k); !inside {
					return true
				}
			}
		}
	}
	return false
}

// wide reports whether the taps of one filter row should be one run of bytes: their
// bytes lie side by side if the image is padded and the width is not dilated. It
// pays for few channels, where a tap alone would waste the kernel's steps.
func (g *convolution) wide() bool {
	for _, a := range g.axes {
		if a.PadBelow < 0 || a.DataDilation != 1 {
			return false
		}
	}
	x := g.axes[len(g.axes)-1]
	return len(g.axes) <= 2 && x.Dilation == 1 && x.Window > 1 && (g.inC < 16 || g.inC%4 != 0 && g.inC < 64)
}

// unitAxis is a spatial dimension of size 1.
var unitAxis = core.Axis{In: 1, Window: 1, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}

// plane returns the axes of a convolution of one or two spatial dimensions as two.
func (g *convolution) plane() (y, x core.Axis) {
	if len(g.axes) == 1 {
		return unitAxis, g.axes[0]
	}
	return g.axes[0], g.axes[1]
}

// offsets returns the beginning of each tap of each output pixel: [pixel][tap].
func (g *convolution) offsets(src, pad int) []int32 {
	return windowOf(g.axes, g.batch, g.inC).offsets(src, g.inC, pad)
}

// paddedSize returns height and width of the image with its padding.
func (g *convolution) paddedSize() (h, w int) {
	y, x := g.plane()
	h = (y.Out-1)*y.Stride + (y.Window-1)*y.Dilation + 1
	w = (x.Out-1)*x.Stride + x.Window
	return max(h, y.In+y.PadBelow), max(w, x.In+x.PadBelow)
}

// wideOffsets is offsets for one run of bytes per filter row of a padded image.
func (g *convolution) wideOffsets(src int) []int32 {
	y, x := g.plane()
	h, w := g.paddedSize()
	out := make([]int32, 0, g.batch*y.Out*x.Out*y.Window)
	for n := range g.batch {
		for oy := range y.Out {
			for ox := range x.Out {
				for ky := range y.Window {
					iy, ix := oy*y.Stride+ky*y.Dilation, ox*x.Stride
					out = append(out, int32(src+((n*h+iy)*w+ix)*g.inC))
				}
			}
		}
	}
	return out
}

// padImage appends an instruction that copies an image into one with its padding
// around it, and returns that buffer.
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

// zeroRun returns a buffer of zeros, which are -0 for float32, that lives as long as the arena.
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
