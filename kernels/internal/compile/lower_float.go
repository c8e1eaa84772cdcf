package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// product is a float32 matrix product to be lowered, of rows of data and constant weights.
type product struct {
	node     *core.Node
	rows     int
	taps     int              // runs of numbers in one row of the data
	numbers  int              // length of one run
	key      *share.Key       // identifies the weights
	weights  func() []float32 // [taps][numbers][columns]
	columns  int
	groups   int // how many products there are, whose columns lie side by side in one output
	offsets  func() []int32
	reads    []int // the buffers that the offsets point into
	channels int   // distance, in numbers, from the data of one group to that of the next
}

var (
	_ = lowers[linear.Convolution](lowerFloatConvolution)
	_ = wantsLast[linear.Convolution]()
)

// lowerFloatConvolution lowers an NHWC convolution of float32 with constant filters that are all finite: then
// padding can be zeros, which change no sum.
func lowerFloatConvolution(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*linear.Convolution)
	in, out := n.Inputs(), n.Outputs()[0]
	filters := in[1].Constant()
	if out.Type != core.F32 || op.Layout != geometry.NHWC || filters == nil ||
		out.Shape.MustElements() == 0 || !c.finite(filters) {
		return false, nil
	}
	filters = c.keep.Canonical(filters)
	data, fs := in[0].Shape(), filters.Shape()
	rank := len(fs)
	axes, err := op.Axes(data, fs[:rank-2])
	if err != nil {
		return false, err
	}
	inC, outC, groups := data[rank-1], fs[rank-1], max(op.Groups, 1)
	if err := c.checkIndirection(n, out.Shape.MustElements()/fs[rank-1], fs[:rank-2].MustElements()); err != nil {
		return false, err
	}
	g := &convolution{axes: axes, batch: data[0], inC: 4 * inC, zero: zeroPoint{buffer: -1}} // in bytes
	p := &product{
		node: n, rows: out.Shape.MustElements() / outC, taps: fs[:rank-2].MustElements(), numbers: fs[rank-2],
		key: share.NewKey("numbers").Tensor(filters), weights: func() []float32 { return core.Data[float32](filters) },
		columns: outC, groups: groups, channels: fs[rank-2],
	}
	src := c.bufferInArena(in[0])
	if groups > 1 && groups == inC {
		return true, c.lowerFloatDepthwise(p, g, src, outC/inC)
	}
	if groups == 1 && inC < 4 && g.wide() {
		window := axes[len(axes)-1].Window
		p.taps, p.numbers = p.taps/window, window*inC
		src = c.padImage(n, src, g)
		p.offsets = func() []int32 { return g.wideOffsets(c.buffers[src].Offset) }
		p.reads = []int{src}
		return true, c.lowerProducts(p)
	}
	pad := c.paddingRun(0, g.inC)
	p.reads = []int{src, pad}
	if n := numberOfPhases(axes, maxPhases); n > 1 && n <= maxPhases {
		return true, c.lowerPhases(p, g)
	}
	p.offsets = func() []int32 { return g.offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	return true, c.lowerProducts(p)
}

// maxPhases bounds the phases that a convolution of dilated data is divided into.
const maxPhases = 1 << 12

// phased is the product of one phase and group. Its rows are the phase's pixels; those that lie in a line of the output
// are ldc bytes apart.
type phased struct {
	packed     *sgemm.Packed
	offsets    *[]int32
	lines      []int // where each line begins, in bytes
	rows, taps int   // of a line, and of a row
	ldc        int
}

// lowerPhases lowers a convolution of dilated data, a transposed one: each phase is a product that has no zeros between
// the data. p has the buffers that it reads: the data, and a run of zeros.
func (c *compiler) lowerPhases(p *product, g *convolution) error {
	dst := c.newOutput(p.node.Out(0))
	spec := sgemm.Spec{N: p.columns / p.groups, Taps: p.taps, TapNumbers: p.numbers}
	variant := sgemm.Choose(c.isas, spec)
	var products []phased
	for _, ph := range phases(g.axes) {
		for group := range p.groups {
			product, err := c.newPhased(p, g, ph, group, variant)
			if err != nil {
				return fmt.Errorf("node %q (%s): %w", p.node.Name, p.node.OpName(), err)
			}
			products = append(products, product)
		}
	}
	c.emit(machine.Instruction{
		Node: p.node, Kernel: variant.Name, Splits: true, Operations: machine.Operations(p.node),
		Reads: p.reads, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			for i := range products {
				products[i].run(r, dst, part, parts)
			}
			return nil
		},
	})
	return nil
}

// newPhased packs the weights of a phase and group.
func (c *compiler) newPhased(
	p *product, g *convolution, ph phase, group int, variant *sgemm.Variant,
) (phased, error) {
	own := &convolution{axes: ph.axes(), batch: g.batch, inC: g.inC, zero: g.zero}
	windows, outs := []int{}, []int{}
	for _, a := range g.axes {
		windows, outs = append(windows, a.Window), append(outs, a.Out)
	}
	taps := ph.along(windows, func(s strand) (first, step, count int) { return s.tap, s.tapStep, s.Window })
	pixels := ph.along(outs, func(s strand) (first, step, count int) { return s.first, s.step, s.Out })
	columns, last := p.columns/p.groups, ph[len(ph)-1]
	spec := sgemm.Spec{N: columns, Taps: len(taps), TapNumbers: p.numbers}
	k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(p.numbers, group, p.groups).Numbers(taps...)
	product, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
		all, size := p.group(group), p.numbers*columns
		weights := make([]float32, 0, len(taps)*size)
		for _, tap := range taps {
			weights = append(weights, all[tap*size:][:size]...)
		}
		packed, err := sgemm.Pack(variant, spec, weights)
		return packed, nil, err
	})
	if err != nil {
		return phased{}, err
	}
	f := phased{packed: product.packed, rows: last.Out, taps: len(taps), ldc: 4 * p.columns * last.step}
	f.offsets = c.offsets(p.node, spec.CheckOffsets, func() []int32 {
		src, pad := c.buffers[p.reads[0]].Offset, c.buffers[p.reads[1]].Offset
		return moved(own.offsets(src, pad), 4*group*p.channels)
	})
	image := core.Shape(outs).MustElements()
	for n := range g.batch {
		for i := 0; i < len(pixels); i += f.rows {
			f.lines = append(f.lines, 4*((n*image+pixels[i])*p.columns+group*columns))
		}
	}
	return f, nil
}

// run computes the lines of a part.
func (f *phased) run(r *machine.Worker, dst, part, parts int) {
	for line := part * len(f.lines) / parts; line < (part+1)*len(f.lines)/parts; line++ {
		r.SGemm = sgemm.Args{
			A: r.Arena, Offsets: (*f.offsets)[line*f.rows*f.taps:], C: r.Mem[dst][f.lines[line]:], LDC: f.ldc,
		}
		f.packed.Run(&r.SGemm, 0, f.rows, 0, f.packed.Panels())
	}
}

// finite reports whether all numbers of a constant are finite.
func (c *compiler) finite(t *core.Tensor) bool {
	t = c.keep.Canonical(t)
	ok, err := share.Kept(c.keep, share.NewKey("finite").Tensor(t).String(), func() (bool, int64, error) {
		return !slices.ContainsFunc(core.Data[float32](t), func(v float32) bool { return v-v != 0 }), 0, nil
	})
	return ok && err == nil
}

var (
	_ = lowers[linear.Dot](lowerFloatDot)
	_ = lowers[linear.BatchDot](lowerFloatBatchDot)
)

// isFloatDot reports whether a node multiplies non-empty matrices of float32.
func isFloatDot(n *core.Node) bool {
	out := n.Outputs()[0]
	return out.Type == core.F32 && out.Shape.MustElements() > 0 && n.Inputs()[1].Shape().MustElements() > 0
}

// lowerFloatDot lowers a matrix product of float32.
func lowerFloatDot(c *compiler, n *core.Node) (bool, error) {
	if !isFloatDot(n) {
		return false, nil
	}
	b := n.Inputs()[1]
	k := b.Shape()[:n.Op().(*linear.Dot).ReductionAxes].MustElements()
	if w := b.Constant(); w != nil {
		return true, c.lowerConstantDot(n, w, k)
	}
	columns := b.Shape().MustElements() / k
	rows := n.Outputs()[0].Shape.MustElements() / columns
	return c.lowerComputedDot(n, pairs{pairs: 1, m: rows, k: k, n: columns, matrices: 1})
}

// lowerFloatBatchDot lowers products of matrices of float32.
func lowerFloatBatchDot(c *compiler, n *core.Node) (bool, error) {
	if !isFloatDot(n) {
		return false, nil
	}
	op, b := n.Op().(*linear.BatchDot), n.Inputs()[1].Constant()
	if b == nil || op.TransposeA || len(b.Shape()) != 2 {
		d, ok := batchPairs(n, op)
		if !ok {
			return false, nil
		}
		return c.lowerComputedDot(n, d)
	}
	if op.TransposeB {
		t, err := c.keep.Evaluate(&array.Transpose{}, []*core.Tensor{b})
		if err != nil {
			return false, err
		}
		b = t[0]
	}
	return true, c.lowerConstantDot(n, b, b.Shape()[0])
}

// lowerConstantDot lowers the product with a constant matrix b of k rows.
func (c *compiler) lowerConstantDot(n *core.Node, b *core.Tensor, k int) error {
	b = c.keep.Canonical(b)
	columns := b.Len() / k
	src := c.bufferInArena(n.Inputs()[0])
	p := &product{
		node: n, rows: n.Outputs()[0].Shape.MustElements() / columns, taps: 1, numbers: k, columns: columns,
		key: share.NewKey("numbers").Tensor(b), weights: func() []float32 { return core.Data[float32](b) },
		groups: 1, reads: []int{src},
	}
	p.offsets = func() []int32 { return rowOffsets(c.buffers[src].Offset, p.rows, 4*k) }
	return c.lowerProducts(p)
}

// lowerComputedDot lowers products of two computed matrices: the second is packed when the program runs.
func (c *compiler) lowerComputedDot(n *core.Node, d pairs) (bool, error) {
	if productOf(d.k, d.n) > maxComputed {
		return false, nil
	}
	spec := sgemm.Spec{N: d.n, Taps: 1, TapNumbers: d.k}
	variant := sgemm.Choose(c.isas, spec)
	a, b := c.bufferInArena(n.Inputs()[0]), c.buffer(n.Inputs()[1])
	state := c.newState(func() any {
		packed := make([]*sgemm.Packed, c.threads)
		for i := range packed {
			packed[i] = sgemm.NewPacked(variant, spec)
		}
		return packed
	})
	dst := c.newOutput(n.Out(0))
	offsets := c.offsets(n, spec.CheckOffsets, func() []int32 {
		return rowOffsets(c.buffers[a].Offset, d.pairs*d.m, 4*d.k)
	})
	run := func(r *machine.Worker, part, parts int) error {
		packed := r.State[state].([]*sgemm.Packed)[r.Thread]
		r.SGemm = sgemm.Args{A: r.Arena, Offsets: *offsets, C: r.Mem[dst], LDC: 4 * d.n}
		rows := d.pairs * d.m
		for m, end := part*rows/parts, (part+1)*rows/parts; m < end; {
			pair := m / d.m
			packed.Repack(machine.View[float32](r.Mem[b])[pair%d.matrices*d.k*d.n:][:d.k*d.n], d.transposed)
			m1 := min((pair+1)*d.m, end)
			packed.Run(&r.SGemm, m, m1, 0, packed.Panels())
			m = m1
		}
		return nil
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n),
		Reads: []int{a, b}, Writes: []int{dst}, Run: run,
	})
	return true, nil
}

// maxComputed bounds the size of a matrix that each thread packs in each run.
const maxComputed = 1 << 24

// pairs are products of matrices [m][k] and [k][n] ([n][k] if transposed). Pair i multiplies matrix i of the
// first operand by matrix i mod matrices of the second.
type pairs struct {
	pairs, m, k, n, matrices int
	transposed               bool
}

// batchPairs returns the products of a BatchDot; false if the first operand would have to be transposed or
// repeated.
func batchPairs(n *core.Node, op *linear.BatchDot) (pairs, bool) {
	a, b, out := n.Inputs()[0].Shape(), n.Inputs()[1].Shape(), n.Outputs()[0].Shape
	p := pairs{
		pairs: out[:len(out)-2].MustElements(), m: out[len(out)-2], k: a[len(a)-1], n: out[len(out)-1],
		matrices: b[:len(b)-2].MustElements(), transposed: op.TransposeB,
	}
	same := len(b) == len(out) && b[:len(b)-2].Equal(out[:len(out)-2])
	whole := a[:len(a)-2].MustElements() == p.pairs
	return p, !op.TransposeA && whole && (same || p.matrices == 1)
}

// lowerProducts packs the weights and appends the instruction of each group.
func (c *compiler) lowerProducts(p *product) error {
	n := p.node
	columns := p.columns / p.groups
	dst := c.newOutput(n.Out(0))
	spec := sgemm.Spec{N: columns, Taps: p.taps, TapNumbers: p.numbers}
	variant := sgemm.Choose(c.isas, spec)
	for g := range p.groups {
		k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(p.taps, p.numbers, g, p.groups)
		product, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
			packed, err := sgemm.Pack(variant, spec, p.group(g))
			return packed, nil, err
		})
		if err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
		}
		packed := product.packed
		offsets := c.offsets(n, spec.CheckOffsets, func() []int32 { return moved(p.offsets(), 4*g*p.channels) })
		stride, first := 4*p.columns, 4*g*columns
		divided := division{p.rows, packed.Panels(), variant.MR, 4 * p.taps * p.numbers * columns, nil}
		c.emit(machine.Instruction{
			Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n) / int64(p.groups),
			Reads: p.reads, Writes: []int{dst},
			Run: func(r *machine.Worker, part, parts int) error {
				r.SGemm = sgemm.Args{A: r.Arena, Offsets: *offsets, C: r.Mem[dst][first:], LDC: stride}
				m0, m1, p0, p1 := divided.part(part, parts)
				packed.Run(&r.SGemm, m0, m1, p0, p1)
				return nil
			},
		})
	}
	return nil
}

// group returns the weights of one group.
func (p *product) group(g int) []float32 {
	if p.groups == 1 {
		return p.weights()
	}
	n := p.columns / p.groups
	return columnsOf(p.weights(), p.columns, g*n, n)
}
