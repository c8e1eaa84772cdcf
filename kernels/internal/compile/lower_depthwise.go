package compile

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/kernels/internal/depthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// lowerDepthwise lowers an NHWC convolution with one input channel per group. If there are several output
// channels per group, the data is first repeated, once for each of them.
func lowerDepthwise(c *compiler, n *core.Node, g *convolution, w weights) error {
	op := n.Op().(*linear.IntegerConvolution)
	out := n.Outputs()[0]
	channels := w.columns
	d := &depthwiseProduct{node: n, geometry: g, rows: out.Shape.MustElements() / channels}
	d.src, g.zero = c.unsignedData(n)
	if multiplier := channels / g.inC; multiplier > 1 {
		d.src = c.repeatChannels(n, d.src, multiplier)
		g.inC = channels
	}
	d.padding = c.paddingFor(g.zero, channels)
	e, fused := matchEpilogue(op.PostOps, n.Inputs()[4:], out, columns{0, channels, channels})
	if fused && e.Sum == gemm.NoSum && e.Out != gemm.I32 && w.zeros == nil {
		return c.lowerDepthwiseProduct(d, w, &e, c.newOutput(n.Out(0)))
	}
	f := &unfused{
		node: n, rows: d.rows, columns: channels, stride: channels, rowSums: -1, less: -1,
		posts: op.PostOps, operands: n.Inputs()[4:],
	}
	raw := &epilogue{Epilogue: gemm.Epilogue{Out: gemm.S32}}
	if w.zeros != nil {
		f.less = c.newScratch(d.rows * channels * 4)
		if err := c.lowerDepthwiseProduct(d, w.zeroRows(), raw, f.less); err != nil {
			return err
		}
		w.zeros = nil
	}
	f.acc = c.newScratch(d.rows * channels * 4)
	if err := c.lowerDepthwiseProduct(d, w, raw, f.acc); err != nil {
		return err
	}
	return c.lowerUnfused(f)
}

// depthwiseProduct is a depthwise convolution whose data is in the arena.
type depthwiseProduct struct {
	node         *core.Node
	geometry     *convolution
	rows         int
	src, padding int
}

// lowerDepthwiseProduct packs weights without zero points and appends the instructions.
func (c *compiler) lowerDepthwiseProduct(d *depthwiseProduct, w weights, e *epilogue, dst int) error {
	n, g, channels, rows := d.node, d.geometry, w.columns, d.rows
	variant := depthwise.Choose(c.isas)
	spec := depthwise.Spec{Channels: channels, Taps: w.products, Epilogue: e.Epilogue}
	if _, x := g.plane(); len(g.axes) <= 2 && x.Stride%x.Dilation == 0 {
		spec.Columns, spec.Step = x.Window, x.Stride/x.Dilation
	}
	k := e.addTo(g.zero.addTo(share.NewKey(variant.Name).Text(w.key.String())).Text(g.zero.typ.String()))
	k = k.Numbers(spec.Columns, spec.Step)
	product, err := packed(c, k, func() (*depthwise.Packed, []int32, error) {
		start, slope := w.starts(g.zero)
		if g.zero.computed() {
			start = largestStarts(slope, g.zero)
		}
		p, err := depthwise.Pack(variant, spec, w.values(), start)
		return p, slope, err
	})
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	packed := product.packed
	values := prepare(c, operandSet[*depthwise.Operands]{
		node: n, computed: e.computed, zero: g.zero, slope: product.slope,
		new: packed.NewOperands, set: packed.Set, setInit: packed.SetInit,
	}, d.padding)
	ldc := channels * e.Out.Size()
	grid, computeOffsets, row := depthwise.Grid{}, g.offsets, 1
	if packed.Slides() {
		grid, computeOffsets = g.grid(), g.gridOffsets
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

// plane returns the axes of a convolution with one or two spatial dimensions as two axes.
func (g *convolution) plane() (y, x geometry.Axis) {
	if len(g.axes) == 1 {
		return geometry.Axis{In: 1, Window: 1, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}, g.axes[0]
	}
	return g.axes[0], g.axes[1]
}

// grid returns the grid of a convolution with one or two spatial dimensions whose filter slides: the image with its
// padding, of whose columns only those that taps can be in.
func (g *convolution) grid() depthwise.Grid {
	y, x := g.plane()
	return depthwise.Grid{
		Rows: y.Out, Columns: x.Out,
		Height: (y.Out-1)*y.Stride + (y.Window-1)*y.Dilation + 1, Width: (x.Out-1)*(x.Stride/x.Dilation) + x.Window,
		RowStep: y.Stride, TapStep: y.Dilation,
	}
}

// gridOffsets returns the offset of each element of the grid. Those in the padding are at pad.
func (g *convolution) gridOffsets(src, pad int) []int32 {
	y, x := g.plane()
	grid := g.grid()
	y.Window, y.Out, y.Stride = 1, grid.Height, 1
	x.Window, x.Out, x.Stride = 1, grid.Width, x.Dilation
	return windowOf([]geometry.Axis{y, x}, g.batch, g.inC).offsets(src, g.inC, pad)
}

// largestStarts returns bounds on the magnitude of the start values for a computed zero point.
func largestStarts(slope []int32, zero zeroPoint) []int32 {
	starts := make([]int32, len(slope))
	for i, v := range slope {
		if starts[i] = math.MaxUint8 * v; !zero.isByte() {
			starts[i] = math.MaxInt32
		}
	}
	return starts
}

// repeatChannels appends an instruction that writes each byte of a buffer the given number of times, and
// returns the buffer that it writes.
func (c *compiler) repeatChannels(n *core.Node, src, times int) int {
	size := c.buffers[src].Size
	dst := c.newScratch(productOf(size, times))
	c.emit(machine.Instruction{
		Node: n, Kernel: "repeat", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			in, out := r.Mem[src], r.Mem[dst]
			for i := part * size / parts; i < (part+1)*size/parts; i++ {
				machine.Fill(out[i*times:(i+1)*times], in[i])
			}
			return nil
		},
	})
	return dst
}

// lowerFloatDepthwise lowers a float32 convolution with one input channel and multiplier output channels per
// group.
func (c *compiler) lowerFloatDepthwise(p *product, g *convolution, src, multiplier int) error {
	n := p.node
	variant := sdepthwise.Choose(c.isas)
	spec := sdepthwise.Spec{Channels: p.columns, Taps: p.taps}
	k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(spec.Channels, spec.Taps)
	product, err := packed(c, k, func() (*sdepthwise.Packed, []int32, error) {
		packed, err := sdepthwise.Pack(variant, spec, p.weights())
		return packed, nil, err
	})
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	packed := product.packed
	if multiplier > 1 {
		src = c.repeatNumbers(n, src, multiplier)
		g.inC *= multiplier
	}
	pad := c.paddingRun(0, g.inC)
	dst := c.newOutput(n.Out(0))
	offsets := c.offsets(n, spec.CheckOffsets, func() []int32 {
		return g.offsets(c.buffers[src].Offset, c.buffers[pad].Offset)
	})
	rows := p.rows
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n),
		Reads: []int{src, pad}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			r.SDepthwise = sdepthwise.Args{A: r.Arena, Offsets: *offsets, C: r.Mem[dst], LDC: 4 * spec.Channels}
			packed.Run(&r.SDepthwise, part*rows/parts, (part+1)*rows/parts)
			return nil
		},
	})
	return nil
}

// repeatNumbers appends an instruction that writes each float32 of a buffer the given number of times, and
// returns the buffer that it writes.
func (c *compiler) repeatNumbers(n *core.Node, src, times int) int {
	size := c.buffers[src].Size / 4
	dst := c.newScratch(productOf(4*size, times))
	c.emit(machine.Instruction{
		Node: n, Kernel: "repeat", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			in, out := machine.View[float32](r.Mem[src][:4*size]), machine.View[float32](r.Mem[dst])
			for i := part * size / parts; i < (part+1)*size/parts; i++ {
				for j := range times {
					out[i*times+j] = in[i]
				}
			}
			return nil
		},
	})
	return dst
}
