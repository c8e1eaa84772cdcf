package kernels

import (
	"github.com/tf2ng/tf2ng/core"
)

// paddingKey identifies a run of bytes that stand for padding.
type paddingKey struct{ zero uint8 }

// lowerConvolution lowers an NHWC convolution over constant i8 filters without data
// dilation. Depthwise ones go to their own family, all others to gemm.
func lowerConvolution(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.IntegerConvolution)
	filters, zero, ok := integerOperands(n)
	if !ok || op.Layout != core.NHWC || len(filters.Shape()) != 4 || op.Groups > 1 && !isDepthwise(op, n.Inputs()[0].Shape()) {
		return false, nil
	}
	data, out := n.Inputs()[0].Shape(), n.Outputs()[0]
	fs := filters.Shape()
	axes, err := op.Axes(data, fs[:2])
	if err != nil {
		return false, err
	}
	if axes[0].DataDilation != 1 || axes[1].DataDilation != 1 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	g := &convolution{
		y: axes[0], x: axes[1], batch: data[0], inC: data[3], zero: zero,
	}
	if op.Groups > 1 {
		return true, lowerDepthwise(c, n, g, filters)
	}
	m := &matmul{
		node: n, rows: out.Shape.MustElements() / fs[3], taps: fs[0] * fs[1], tapBytes: fs[2], weights: core.Data[int8](filters),
		zero: zero, posts: op.PostOps, operands: n.Inputs()[4:],
	}
	src := c.readInArena(n.Inputs()[0])
	if g.wide() {
		m.taps, m.tapBytes = fs[0], fs[1]*fs[2]
		src = c.padImage(n, src, g)
		m.offsets = func() []int32 { return g.wideOffsets(c.buffers[src].offset) }
		m.reads = []int{src}
		return true, c.lowerMatmul(m, fs[3])
	}
	pad := c.paddingRun(zero, g.inC)
	m.reads = []int{src}
	m.offsets = func() []int32 {
		return g.offsets(c.buffers[src].offset, c.buffers[pad].offset)
	}
	return true, c.lowerMatmul(m, fs[3])
}

// paddingRun returns a buffer of at least size zero points that lives as long as the arena.
func (c *compiler) paddingRun(zero uint8, size int) int {
	key := paddingKey{zero}
	b, ok := c.padding[key]
	if !ok {
		b = c.newScratch(size)
		c.padding[key] = b
		buf := c.buffers[b]
		buf.whole = true
		c.onArena = append(c.onArena, func(arena []byte) {
			run := arena[buf.offset : buf.offset+buf.reserved()]
			for i := range run {
				run[i] = zero
			}
		})
	}
	c.buffers[b].size = max(c.buffers[b].size, size)
	return b
}

// convolution is the geometry of a two-dimensional NHWC convolution.
type convolution struct {
	y, x       core.Axis
	batch, inC int
	zero       uint8
}

// wide reports whether the taps of one filter row should be one run of bytes: their
// bytes lie side by side if the image is padded and the width is not dilated. It
// pays for few channels, where a tap alone would waste the kernel's steps.
func (g *convolution) wide() bool {
	return g.x.Dilation == 1 && g.x.Window > 1 && g.x.PadBelow >= 0 && g.y.PadBelow >= 0 &&
		(g.inC < 16 || g.inC%4 != 0 && g.inC < 64)
}

// offsets returns the beginning of each tap of each output pixel: [pixel][tap].
func (g *convolution) offsets(src, pad int) []int32 {
	taps := g.y.Window * g.x.Window
	out := make([]int32, 0, g.batch*g.y.Out*g.x.Out*taps)
	for n := range g.batch {
		for oy := range g.y.Out {
			for ox := range g.x.Out {
				for ky := range g.y.Window {
					iy, okY := g.y.At(oy, ky)
					for kx := range g.x.Window {
						ix, okX := g.x.At(ox, kx)
						at := pad
						if okY && okX {
							at = src + ((n*g.y.In+iy)*g.x.In+ix)*g.inC
						}
						out = append(out, int32(at))
					}
				}
			}
		}
	}
	return out
}

// paddedSize returns height and width of the image with its padding.
func (g *convolution) paddedSize() (h, w int) {
	h = (g.y.Out-1)*g.y.Stride + (g.y.Window-1)*g.y.Dilation + 1
	w = (g.x.Out-1)*g.x.Stride + g.x.Window
	return max(h, g.y.In+g.y.PadBelow), max(w, g.x.In+g.x.PadBelow)
}

// wideOffsets is offsets for one run of bytes per filter row of a padded image.
func (g *convolution) wideOffsets(src int) []int32 {
	h, w := g.paddedSize()
	out := make([]int32, 0, g.batch*g.y.Out*g.x.Out*g.y.Window)
	for n := range g.batch {
		for oy := range g.y.Out {
			for ox := range g.x.Out {
				for ky := range g.y.Window {
					iy, ix := oy*g.y.Stride+ky*g.y.Dilation, ox*g.x.Stride
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
	dst := c.newScratch(g.batch * h * w * g.inC)
	c.buffers[src].last = max(c.buffers[src].last, len(c.code))
	row, padded := g.x.In*g.inC, w*g.inC
	left := g.x.PadBelow * g.inC
	c.emit(instruction{node: n, kernel: "pad", parts: c.threads, run: func(r *run, part, parts int) error {
		in, out := r.mem[src], r.mem[dst]
		lines := g.batch * h
		for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
			to := out[l*padded : (l+1)*padded]
			y := l%h - g.y.PadBelow
			if y < 0 || y >= g.y.In {
				fill(to, g.zero)
				continue
			}
			from := in[(l/h*g.y.In+y)*row:][:row]
			fill(to[:left], g.zero)
			fill(to[left+copy(to[left:], from):], g.zero)
		}
		return nil
	}})
	return dst
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
