package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/depthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// lowerDepthwise lowers an NHWC convolution with one input channel per group. If there are several output
// channels per group, the data is first repeated, once for each of them.
func (c *compiler) lowerDepthwise(n *core.Node, win *window.Window, w product.Weights) error {
	channels := w.Columns
	d := &depthwiseProduct{node: n, window: win, rows: n.Outputs()[0].Shape.MustElements() / channels}
	d.src, d.zero = c.unsignedData(n)
	if multiplier := channels / win.Pixel; multiplier > 1 {
		d.src = c.repeatElements(n, d.src, 1, multiplier)
		win.Pixel = channels
	}
	d.padding = c.paddingFor(d.zero, channels)
	e, fused := product.EpilogueOf(n, product.Columns{Count: channels, Channels: channels})
	if fused && e.Sum == gemm.NoSum && e.Out != gemm.I32 && w.Zeros == nil {
		return c.lowerDepthwiseProduct(d, w, &e, c.newOutput(n.Out(0)))
	}
	a := product.Accumulators{Rows: d.rows, Columns: channels, Stride: channels, RowSums: -1, Less: -1}
	if w.Zeros != nil {
		a.Less = c.newScratch(d.rows * channels * 4)
		if err := c.lowerDepthwiseProduct(d, w.ZeroRows(), product.Raw(), a.Less); err != nil {
			return err
		}
		w.Zeros = nil
	}
	a.Buffer = c.newScratch(d.rows * channels * 4)
	if err := c.lowerDepthwiseProduct(d, w, product.Raw(), a.Buffer); err != nil {
		return err
	}
	return c.lowerPostOps(n, a, nil)
}

// depthwiseProduct is a depthwise convolution whose data is in the arena.
type depthwiseProduct struct {
	node         *core.Node
	window       *window.Window
	zero         zeroPoint
	rows         int
	src, padding int
}

// lowerDepthwiseProduct packs weights without zero points and appends the instructions.
func (c *compiler) lowerDepthwiseProduct(d *depthwiseProduct, w product.Weights, e *product.Epilogue, dst int) error {
	n, channels, rows := d.node, w.Columns, d.rows
	variant := depthwise.Choose(c.isas)
	spec := depthwise.Spec{Channels: channels, Taps: w.Products, Epilogue: e.Epilogue}
	sliding, slides := d.window.Sliding()
	spec.Columns, spec.Step = sliding.Columns, sliding.Step
	k := e.AddTo(d.zero.AddTo(share.NewKey(variant.Name).Text(w.Key.String()))).Numbers(spec.Columns, spec.Step)
	factors, err := packed(c, k, func() (*depthwise.Packed, []int32, error) {
		start, slope := w.Starts(d.zero.ZeroPoint)
		if d.zero.Computed {
			start = product.LargestStarts(slope, d.zero.ZeroPoint)
		}
		p, err := depthwise.Pack(variant, spec, w.Values(), start)
		return p, slope, err
	})
	if err != nil {
		return err
	}
	packed := factors.packed
	values := prepare(c, operandSet[*depthwise.Operands]{
		node: n, computed: e.Operands, zero: d.zero, slope: factors.slope,
		new: packed.NewOperands, set: packed.Set, setInit: packed.SetInit,
	}, d.padding)
	ldc := channels * e.Out.Size()
	grid, computeOffsets, row := depthwise.Grid{}, d.window.Offsets, 1
	if slides && packed.Slides() {
		grid, computeOffsets = sliding.Grid, sliding.Offsets
		row = grid.Columns
	}
	offsets := c.offsets(n, packed.CheckOffsets, func() []int32 {
		return computeOffsets(c.buffers[d.src].Offset, c.buffers[d.padding].Offset)
	})
	reads := []int{d.src, d.padding}
	if rows/row < c.threads {
		row = 1
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: max(rows/row/2, c.threads), Operations: machine.Operations(n),
		Reads: reads, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			a := depthwise.Args{
				A: r.Arena, Offsets: *offsets, Grid: grid, C: r.Mem[dst], LDC: ldc, Operands: values(r.Run),
			}
			packed.Run(&a, part*(rows/row)/parts*row, (part+1)*(rows/row)/parts*row)
			return nil
		},
	})
	return nil
}

// lowerFloatDepthwise lowers a convolution with one input channel and multiplier output channels per group, of
// numbers that package sdepthwise filters.
func (c *compiler) lowerFloatDepthwise(p *floatProduct, win *window.Window, src, multiplier int) error {
	if multiplier > 1 {
		src = c.repeatElements(p.node, src, p.size(), multiplier)
		win.Pixel *= multiplier
	}
	if s, ok := win.Strips(); ok {
		src = c.padImage(p.node, src, s.Padded, zeroPoint{buffer: -1})
		if s.Stride > 1 {
			apart := c.newScratch(bounds.Product(s.Lines, s.Bytes))
			c.emitPermutation(p.node, core.Shape{s.Lines, s.Columns, s.Stride}, []int{0, 2, 1}, win.Pixel, src, apart)
			src = apart
		}
		c.buffers[src].Addressed = true
		p.reads = []int{src}
		p.offsets = func() []int32 { return s.Offsets(c.buffers[src].Offset) }
		return c.lowerFloatDepthwiseRows(p, s.Outputs)
	}
	pad := c.paddingRun(0, win.Pixel)
	p.reads = []int{src, pad}
	p.offsets = func() []int32 { return win.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	return c.lowerFloatDepthwiseRows(p, 1)
}

// lowerFloatDepthwiseRows lowers a depthwise convolution whose offsets are those of each so many neighbouring outputs.
func (c *compiler) lowerFloatDepthwiseRows(p *floatProduct, outputs int) error {
	typ, size := p.variant.Type, p.size()
	variant := sdepthwise.Choose(c.isas, typ)
	spec := sdepthwise.Spec{Type: typ, Channels: p.columns * outputs, Taps: p.taps}
	k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(spec.Channels, spec.Taps)
	factors, err := packed(c, k, func() (*sdepthwise.Packed, []int32, error) {
		weights := make([]byte, 0, size*spec.Taps*spec.Channels)
		for tap := range slices.Chunk(p.weights(), size*p.columns) {
			for range outputs {
				weights = append(weights, tap...)
			}
		}
		packed, err := sdepthwise.Pack(variant, spec, weights)
		return packed, nil, err
	})
	if err != nil {
		return err
	}
	packed, dst, rows := factors.packed, c.newOutput(p.node.Out(0)), p.rows/outputs
	offsets := c.offsets(p.node, spec.CheckOffsets, p.offsets)
	c.emit(machine.Instruction{
		Node: p.node, Kernel: variant.Name, Splits: true, Operations: machine.Operations(p.node),
		Reads: p.reads, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			r.SDepthwise = sdepthwise.Args{A: r.Arena, Offsets: *offsets, C: r.Mem[dst], LDC: size * spec.Channels}
			packed.Run(&r.SDepthwise, part*rows/parts, (part+1)*rows/parts)
			return nil
		},
	})
	return nil
}

// repeatElements appends an instruction that writes each element of a buffer, of some bytes, the given number of times,
// and returns the buffer that it writes.
func (c *compiler) repeatElements(n *core.Node, src, size, times int) int {
	count := c.buffers[src].Size / size
	dst := c.newScratch(bounds.Product(size*count, times))
	c.emit(machine.Instruction{
		Node: n, Kernel: "repeat", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			first, end := part*count/parts, (part+1)*count/parts
			movement.RepeatEach(r.Mem[dst][first*times*size:], r.Mem[src][first*size:end*size], size, times)
			return nil
		},
	})
	return dst
}
