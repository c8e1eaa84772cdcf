package kernels

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

func lowerMaxPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*core.MaxPool)
	kind, ok := map[core.Type]pool.Kind{core.U8: pool.MaxU8, core.I8: pool.MaxI8, core.F32: pool.MaxF32}[n.Outputs()[0].Type]
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
	return lowerSums(c, n, n.Op().(*core.Mean).Axes, true)
}

func lowerSum(c *compiler, n *core.Node) (bool, error) {
	return lowerSums(c, n, n.Op().(*core.Sum).Axes, false)
}

// lowerSums lowers float32 sums or means along neighbouring axes before the last: they
// are those of a window as large as the data.
func lowerSums(c *compiler, n *core.Node, axes []int, divide bool) (bool, error) {
	data := n.Inputs()[0].Shape()
	batch, taps, channels, ok := reducedSizes(data, axes)
	if !ok && channels == 1 && n.Outputs()[0].Type == core.F32 && taps > 1 && batch*taps == data.MustElements() {
		c.lowerRowSums(n, batch, taps, divide)
		return true, nil
	}
	if !ok || n.Outputs()[0].Type != core.F32 || channels < 4 || batch*taps == 0 || taps > pool.MaxTaps || batch*taps > maxPoolTaps {
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

// reducedSizes returns the products of the dimensions before, at and behind the axes,
// which must be neighbours, dimensions of size 1 aside.
func reducedSizes(s core.Shape, axes []int) (before, at, behind int, ok bool) {
	reduced := make([]bool, len(s))
	for _, a := range axes {
		if a < -len(s) || a >= len(s) {
			return 0, 0, 0, false
		}
		reduced[(a+len(s))%len(s)] = true
	}
	sizes, part := [3]int{1, 1, 1}, 0
	for i, d := range s {
		switch {
		case d == 1:
			continue
		case reduced[i] && part == 2:
			return 0, 0, 0, false
		case reduced[i]:
			part = 1
		case part == 1:
			part = 2
		}
		sizes[part] *= d
	}
	return sizes[0], sizes[1], sizes[2], part == 2
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
	size, pixels, channels, taps := kind.Size(), w.pixels, w.channels, w.taps
	c.emit(instruction{node: n, kernel: variant.Name, splits: true, reads: []int{src, pad}, writes: []int{dst}, run: func(r *worker, part, parts int) error {
		m0, m1, c0, c1 := splitChannels(pixels, channels, part, parts)
		if c0 == c1 {
			return nil
		}
		r.pool = pool.Args{
			Channels: c1 - c0, Taps: taps, A: r.arena[c0*size:], Offsets: *offsets, Counts: counts, C: r.mem[dst][c0*size:], LDC: row,
		}
		variant.Run(&r.pool, m0, m1)
		return nil
	}})
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
