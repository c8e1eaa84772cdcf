package kernels

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// maxPoolTaps bounds the offsets of one pooling; larger ones run the reference.
const maxPoolTaps = 1 << 24

// window is the geometry of a sliding window over NHWC data with any number of spatial
// dimensions.
type window struct {
	axes            []core.Axis
	batch, channels int
	pixels, taps    int // of the output, and of the window
}

// newWindow returns the geometry; false if it is not for kernels.
func newWindow(s *core.Spatial, size []int, data core.Shape) (*window, bool) {
	if s.Layout != core.NHWC || len(data) != len(size)+2 {
		return nil, false
	}
	axes, err := s.Axes(data, size)
	if err != nil {
		return nil, false
	}
	w := &window{axes: axes, batch: data[0], channels: data[len(data)-1], pixels: data[0], taps: 1}
	for _, a := range axes {
		w.pixels *= a.Out
		w.taps *= a.Window
	}
	ok := w.pixels > 0 && w.channels > 0 && w.taps <= pool.MaxTaps && w.pixels <= maxPoolTaps/w.taps
	return w, ok
}

// each calls f for each tap of each output pixel, in order: with the number of the data
// pixel, or -1 for padding.
func (w *window) each(f func(pixel, tap, data int)) {
	out, size := make([]int, len(w.axes)), make([]int, len(w.axes))
	for i, a := range w.axes {
		out[i], size[i] = a.Out, a.Window
	}
	at, k := make([]int, len(out)), make([]int, len(out))
	perImage := w.pixels / w.batch
	for pixel := range w.pixels {
		unflatten(pixel%perImage, out, at)
		for tap := range w.taps {
			unflatten(tap, size, k)
			data := pixel / perImage
			for i, a := range w.axes {
				p, ok := a.At(at[i], k[i])
				if !ok {
					data = -1
					break
				}
				data = data*a.In + p
			}
			f(pixel, tap, data)
		}
	}
}

// unflatten writes the index of flat element i of a shape.
func unflatten(i int, shape, at []int) {
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
}

// counts returns how many taps of each pixel are inside the data.
func (w *window) counts() []float32 {
	out := make([]float32, w.pixels)
	w.each(func(pixel, _, data int) {
		if data >= 0 {
			out[pixel]++
		}
	})
	return out
}

var (
	_ = lowers[core.MaxPool](lowerMaxPool)
	_ = wantsLast[core.MaxPool]()
	_ = lowers[core.AvgPool](lowerAvgPool)
	_ = wantsLast[core.AvgPool]()
	_ = lowers[core.TFQuantizedAvgPool](lowerQuantizedAvgPool)
	_ = wantsLast[core.TFQuantizedAvgPool]()
	_ = lowers[core.Mean](lowerMean)
	_ = lowers[core.Sum](lowerSum)
)

func lowerMaxPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.MaxPool)
	kinds := map[core.Type]pool.Kind{core.U8: pool.MaxU8, core.I8: pool.MaxI8, core.F32: pool.MaxF32}
	kind, ok := kinds[n.Outputs()[0].Type]
	if !ok {
		return false, nil
	}
	w, ok := newWindow(&op.Spatial, op.Window, n.Inputs()[0].Shape())
	if !ok || slices.Contains(w.counts(), 0) {
		return false, nil
	}
	c.lowerPool(n, w, kind, nil)
	return true, nil
}

func lowerAvgPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.AvgPool)
	w, ok := newWindow(&op.Spatial, op.Window, n.Inputs()[0].Shape())
	if !ok || n.Outputs()[0].Type != core.F32 {
		return false, nil
	}
	counts := w.counts()
	if slices.Contains(counts, 0) {
		return false, nil
	}
	if op.IncludePadding {
		for i := range counts {
			counts[i] = float32(w.taps)
		}
	}
	c.lowerPool(n, w, pool.AverageF32, counts)
	return true, nil
}

func lowerQuantizedAvgPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.TFQuantizedAvgPool)
	kind := pool.AverageU8
	if n.Outputs()[0].Type == core.I8 {
		kind = pool.AverageI8
	}
	w, ok := newWindow(&op.Spatial, op.Window, n.Inputs()[0].Shape())
	if !ok {
		return false, nil
	}
	counts := w.counts()
	if slices.Contains(counts, 0) {
		return false, nil
	}
	for i, v := range counts {
		counts[i] = 1 / v
	}
	c.lowerPool(n, w, kind, counts)
	return true, nil
}

func lowerMean(c *compiler, n *core.Node) (bool, error) {
	return lowerSums(c, n, &n.Op().(*core.Mean).Reduction, true)
}

func lowerSum(c *compiler, n *core.Node) (bool, error) {
	return lowerSums(c, n, &n.Op().(*core.Sum).Reduction, false)
}

// lowerSums lowers float32 sums or means along neighbouring axes before the last: they
// are those of a window as large as the data.
func lowerSums(c *compiler, n *core.Node, op *core.Reduction, divide bool) (bool, error) {
	data := n.Inputs()[0].Shape()
	batch, taps, channels, ok := op.Sizes(data)
	if ok && channels == 1 && n.Outputs()[0].Type == core.F32 && taps > 1 && batch*taps == data.MustElements() {
		c.lowerRowSums(n, batch, taps, divide)
		return true, nil
	}
	if !ok || n.Outputs()[0].Type != core.F32 || channels < 4 || batch*taps == 0 ||
		taps > pool.MaxTaps || batch*taps > maxPoolTaps {
		return false, nil
	}
	all := core.Axis{In: taps, Window: taps, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}
	w := &window{axes: []core.Axis{all}, batch: batch, channels: channels, pixels: batch, taps: taps}
	counts := slices.Repeat([]float32{1}, batch)
	if divide {
		counts = slices.Repeat([]float32{float32(taps)}, batch)
	}
	c.lowerPool(n, w, pool.MeanF32, counts)
	return true, nil
}

// lowerPool appends a pooling; counts are the divisors of averages, their reciprocals for
// bytes.
func (c *compiler) lowerPool(n *core.Node, w *window, kind pool.Kind, counts []float32) {
	variant := pool.Choose(c.isas, kind)
	row := w.channels * kind.Size()
	src := c.bufferInArena(n.Inputs()[0])
	pad := -1
	if kind.IsAverage() {
		pad = c.zeroRun(kind, row)
	}
	dst := c.newOutput(n.Out(0))
	offsets := c.offsets(n, w.taps, row, func() []int32 {
		if pad >= 0 {
			return w.offsets(c.buffers[src].offset, row, c.buffers[pad].offset)
		}
		return w.insideOffsets(c.buffers[src].offset, row)
	})
	size := kind.Size()
	c.emit(instruction{
		node: n, kernel: variant.Name, splits: true, reads: []int{src, pad}, writes: []int{dst},
		run: func(r *worker, part, parts int) error {
			m0, m1, c0, c1 := splitChannels(w.pixels, w.channels, part, parts)
			if c0 == c1 {
				return nil
			}
			r.pool = pool.Args{
				Channels: c1 - c0, Taps: w.taps, A: r.arena[c0*size:], Offsets: *offsets, Counts: counts,
				C: r.mem[dst][c0*size:], LDC: row,
			}
			variant.Run(&r.pool, m0, m1)
			return nil
		},
	})
}

// splitChannels gives each part a range of pixels or, where there are few, of channels.
func splitChannels(pixels, channels, part, parts int) (m0, m1, c0, c1 int) {
	if pixels >= 4*parts {
		return part * pixels / parts, (part + 1) * pixels / parts, 0, channels
	}
	const unit = 64
	units := (channels + unit - 1) / unit
	return 0, pixels, part * units / parts * unit, min((part+1)*units/parts*unit, channels)
}

// offsets returns where each tap of each pixel begins; those in the padding at pad.
func (w *window) offsets(src, row, pad int) []int32 {
	out := make([]int32, 0, w.pixels*w.taps)
	w.each(func(_, _, data int) {
		at := pad
		if data >= 0 {
			at = src + data*row
		}
		out = append(out, int32(at))
	})
	return out
}

// insideOffsets is offsets with each tap in the padding replaced by the one before it,
// or by the first one in the data.
func (w *window) insideOffsets(src, row int) []int32 {
	out := make([]int32, 0, w.pixels*w.taps)
	last, padded := int32(0), 0
	w.each(func(_, tap, data int) {
		if tap == 0 {
			padded, last = 0, -1
		}
		if data >= 0 {
			if last < 0 { // the taps before it were padding
				for i := range padded {
					out[len(out)-1-i] = int32(src + data*row)
				}
			}
			last = int32(src + data*row)
		}
		padded++
		out = append(out, last)
	})
	return out
}

// zeroRun returns a buffer of zeros, which are -0 for float32, that lives as long as the arena.
func (c *compiler) zeroRun(kind pool.Kind, size int) int {
	if kind.Size() == 1 {
		return c.paddingRun(0, size)
	}
	b := c.newScratch(size)
	buf := c.buffers[b]
	buf.whole = true
	c.onArena = append(c.onArena, func(arena []byte) {
		run := arena[buf.offset : buf.offset+buf.reserved()]
		for i := range run {
			run[i] = 0
			if i%4 == 3 {
				run[i] = byte(math.Float32bits(float32(math.Copysign(0, -1))) >> 24)
			}
		}
	})
	return b
}
