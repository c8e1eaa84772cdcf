package compile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

var (
	_ = lowers[pooling.MaxPool](lowerMaxPool)
	_ = wantsLast[pooling.MaxPool]()
	_ = lowers[pooling.AvgPool](lowerAvgPool)
	_ = wantsLast[pooling.AvgPool]()
	_ = lowers[tensorflow.QuantizedAvgPool](lowerQuantizedAvgPool)
	_ = wantsLast[tensorflow.QuantizedAvgPool]()
)

// maxPoolTaps bounds the offsets of one pooling. Larger poolings run the reference.
const maxPoolTaps = 1 << 24

// poolWindow returns the window of a pooling, and how many taps of each output lie inside the data; false if kernels do
// not support it, or if an output has none.
func poolWindow(n *core.Node, s *geometry.Spatial, size []int) (w *window.Window, counts []float32, ok bool) {
	data := n.Inputs()[0].Shape()
	if s.Layout != geometry.NHWC || len(data) != len(size)+2 {
		return nil, nil, false
	}
	axes, err := s.Axes(data, size)
	if err != nil {
		return nil, nil, false
	}
	for _, k := range size {
		if k > pool.MaxTaps {
			return nil, nil, false // this also keeps the product below from overflowing
		}
	}
	w = &window.Window{Axes: axes, Batch: data[0], Pixel: data[len(data)-1] * n.Outputs()[0].Type.Size()}
	outputs, taps := w.Batch*w.Outputs(), w.Taps()
	if outputs <= 0 || w.Pixel <= 0 || taps > pool.MaxTaps || outputs > maxPoolTaps/taps {
		return nil, nil, false
	}
	counts = w.Counts()
	return w, counts, !slices.Contains(counts, 0)
}

func lowerMaxPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*pooling.MaxPool)
	kinds := map[core.Type]pool.Kind{
		core.U8: pool.MaxU8, core.I8: pool.MaxI8, core.U16: pool.MaxU16, core.I16: pool.MaxI16, core.U32: pool.MaxU32,
		core.I32: pool.MaxI32, core.I64: pool.MaxI64, core.F32: pool.MaxF32, core.F64: pool.MaxF64,
		core.BF16: pool.MaxBF16,
	}
	typ := n.Outputs()[0].Type
	kind, ok := kinds[typ]
	widen, narrow, half := match.Halves(typ)
	if !ok && !half {
		return false, nil
	}
	w, _, fits := poolWindow(n, &op.Spatial, op.Window)
	if !fits {
		return false, nil
	}
	if ok {
		src := c.bufferInArena(n.Inputs()[0])
		c.emitMaxPool(n, w, kind, src, c.newOutput(n.Out(0)))
		return true, nil
	}
	c.widenPool(n, widen, narrow, func(wide, pooled int) {
		w.Pixel *= 2
		c.emitMaxPool(n, w, pool.MaxF32, wide, pooled)
	})
	return true, nil
}

// emitMaxPool is emitPool for maxima. A large window is taken one axis after the other, the last one first: of equal
// zeros the last tap stays so, too, and of NaN the first.
func (c *compiler) emitMaxPool(n *core.Node, w *window.Window, kind pool.Kind, src, dst int) {
	passes := w.Separated()
	const access = 2 // what storing a number and reading it again takes, in taps
	cost := 0
	for _, p := range passes {
		cost += p.Bytes() * (p.Taps() + access)
	}
	if 5*cost > 4*w.Bytes()*(w.Taps()+access) {
		c.emitPool(n, w, kind, nil, src, dst)
		return
	}
	for i, p := range passes {
		to := dst
		if i < len(passes)-1 {
			to = c.newScratch(p.Bytes())
			c.buffers[to].Addressed = true
		}
		c.emitPool(n, p, kind, nil, src, to)
		src = to
	}
}

// widenPool emits a pooling of float32 between conversions from and to 16 bits. The maximum is one of the inputs, so
// narrowing it is exact.
func (c *compiler) widenPool(n *core.Node, widen, narrow elementwise.Primitive, emit func(wide, pooled int)) {
	data, result := n.Inputs()[0].Shape().MustElements(), n.Outputs()[0].Shape.MustElements()
	wide, pooled := c.newScratch(bounds.Product(4, data)), c.newScratch(bounds.Product(4, result))
	var none elementwise.Numbers
	c.emitEach(n, elementwise.Choose(c.isas, widen), c.buffer(n.Inputs()[0]), wide, [2]int{2, 4}, data, none)
	c.buffers[wide].Addressed = true
	emit(wide, pooled)
	c.emitEach(n, elementwise.Choose(c.isas, narrow), pooled, c.newOutput(n.Out(0)), [2]int{4, 2}, result, none)
}

var _ = lowers[pooling.MaxPoolWithArgmax](lowerMaxPoolWithArgmax)

// largest are the functions that find the largest elements of a pixel's taps, for each type.
var largest = map[core.Type]func(best []byte, at []int64, x []byte, taps []int32, base int){
	core.U8: largestOfPixel[uint8], core.I8: largestOfPixel[int8], core.U16: largestOfPixel[uint16],
	core.I16: largestOfPixel[int16], core.U32: largestOfPixel[uint32], core.I32: largestOfPixel[int32],
	core.I64: largestOfPixel[int64], core.F32: largestOfPixel[float32], core.F64: largestOfPixel[float64],
}

// lowerMaxPoolWithArgmax lowers a MaxPoolWithArgmax, pixel by pixel and tap by tap, for all channels at once.
func lowerMaxPoolWithArgmax(c *compiler, n *core.Node) (bool, error) {
	op, typ := n.Op().(*pooling.MaxPoolWithArgmax), n.Outputs()[0].Type
	w, _, fits := poolWindow(n, &op.Spatial, op.Window)
	widen, narrow, half := match.Halves(typ)
	if !fits || largest[typ] == nil && !half || op.Type != core.I64 {
		return false, nil
	}
	if half {
		c.widenPool(n, widen, narrow, func(wide, pooled int) { c.emitArgmax(n, w, core.F32, wide, pooled) })
	} else {
		c.emitArgmax(n, w, typ, c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)))
	}
	return true, nil
}

// emitArgmax appends the instruction of a MaxPoolWithArgmax of elements of a type, from one buffer to another.
func (c *compiler) emitArgmax(n *core.Node, w *window.Window, typ core.Type, src, values int) {
	op, s := n.Op().(*pooling.MaxPoolWithArgmax), n.Inputs()[0].Shape()
	at, taps, channels, pixels, size := w.Image(), w.Taps(), s[len(s)-1], w.Outputs(), typ.Size()
	find, image, places := largest[typ], s[1]*s[2]*channels, c.newOutput(n.Out(1))
	c.emitUnits(work{
		node: n, kernel: fmt.Sprintf("argmax_%v_portable", machine.TypeOf(typ)), units: w.Batch * pixels, reads: []int{src},
		writes: []int{values, places},
		run: func(r *machine.Worker, _ []byte, m0, m1 int) error {
			index := view.Of[int64](r.Mem[places])
			for m := m0; m < m1; m++ {
				first, base := m/pixels*image, 0
				if op.IncludeBatch {
					base = first
				}
				find(r.Mem[values][m*channels*size:], index[m*channels:][:channels], r.Mem[src][first*size:],
					at[m%pixels*taps:][:taps], base)
			}
			return nil
		},
	})
}

// largestOfPixel stores, for each channel of a pixel, the largest number of its taps in best and the index of that
// number in at. The index is the one in data plus base. It chooses between indices only, which takes no branch that
// could be mispredicted.
func largestOfPixel[T interface {
	core.Element
	cmp.Ordered
}](best []byte, at []int64, data []byte, taps []int32, base int) {
	channels, begun := len(at), false
	x, most := view.Of[T](data), view.Of[T](best)[:channels]
	for _, tap := range taps {
		if tap == window.Outside {
			continue
		}
		first := int64(tap) * int64(channels)
		if !begun {
			begun = true
			for i := range at {
				at[i] = first + int64(i)
			}
			continue
		}
		for i, v := range x[first:][:channels] {
			k := at[i]
			if v > x[k] {
				k = first + int64(i)
			}
			at[i] = k
		}
	}
	for i, k := range at {
		most[i], at[i] = x[k], k+int64(base)
	}
}

func lowerAvgPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*pooling.AvgPool)
	kinds := map[core.Type]pool.Kind{core.F32: pool.AverageF32, core.F64: pool.AverageF64}
	kind, ok := kinds[n.Outputs()[0].Type]
	w, counts, fits := poolWindow(n, &op.Spatial, op.Window)
	if !ok || !fits {
		return false, nil
	}
	if op.IncludePadding {
		machine.Fill(counts, float32(w.Taps()))
	}
	c.lowerPool(n, w, kind, counts)
	return true, nil
}

func lowerQuantizedAvgPool(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*tensorflow.QuantizedAvgPool)
	kind := pool.AverageU8
	if n.Outputs()[0].Type == core.I8 {
		kind = pool.AverageI8
	}
	w, counts, ok := poolWindow(n, &op.Spatial, op.Window)
	if !ok {
		return false, nil
	}
	for i, v := range counts {
		counts[i] = 1 / v
	}
	c.lowerPool(n, w, kind, counts)
	return true, nil
}

// lowerPool appends the instruction of a pooling. counts are the divisors of averages; for bytes, the reciprocals
// of the divisors.
func (c *compiler) lowerPool(n *core.Node, w *window.Window, kind pool.Kind, counts []float32) {
	src := c.bufferInArena(n.Inputs()[0])
	c.emitPool(n, w, kind, counts, src, c.newOutput(n.Out(0)))
}

// emitPool is lowerPool with given buffers. src must be in the arena.
func (c *compiler) emitPool(n *core.Node, w *window.Window, kind pool.Kind, counts []float32, src, dst int) {
	variant := pool.Choose(c.isas, kind)
	taps, pixels, row, size := w.Taps(), w.Batch*w.Outputs(), w.Pixel, kind.Size()
	channels := row / size
	pad := -1
	if kind.IsAverage() {
		pad = c.zeroRun(kind, row)
	}
	check := func(offsets []int32, size int) error { return kind.CheckOffsets(offsets, taps, channels, size) }
	offsets := c.offsets(n, check, func() []int32 {
		if pad >= 0 {
			return w.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset)
		}
		return w.InsideOffsets(c.buffers[src].Offset)
	})
	const fewPixels, block = 4, 64 // of channels
	divided := machine.NewGrid(c.threads, pixels, (channels+block-1)/block, 1, fewPixels)
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: divided.Parts(), Reads: []int{src, pad}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			m0, m1, c0, c1 := divided.Part(part, parts)
			if c0, c1 = c0*block, min(c1*block, channels); c0 >= c1 {
				return nil
			}
			r.Pool = pool.Args{
				Channels: c1 - c0, Taps: taps, A: r.Arena[c0*size:], Offsets: *offsets, Counts: counts,
				C: r.Mem[dst][c0*size:], LDC: row,
			}
			variant.Run(&r.Pool, m0, m1)
			return nil
		},
	})
}
