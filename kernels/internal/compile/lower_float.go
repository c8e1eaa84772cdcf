package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

var (
	_ = lowers[linear.Convolution](lowerFloatConvolution)
	_ = wantsLast[linear.Convolution]()
)

// lowerFloatConvolution lowers an NHWC convolution of reals or i32. If constant filters are all finite, padding can be
// zeros, which change no sum.
func lowerFloatConvolution(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*linear.Convolution)
	in, out := n.Inputs(), n.Outputs()[0]
	filters := in[1].Constant()
	if filters == nil {
		return c.lowerComputedFilters(n)
	}
	if op.Layout != geometry.NHWC || out.Shape.MustElements() == 0 || !c.finite(filters) {
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
	typ := machine.TypeOf(filters.Type())
	p := &floatProduct{
		node: n, variant: sgemm.Choose(c.isas, sgemm.Spec{Type: typ, N: outC / groups}),
		rows: out.Shape.MustElements() / outC, taps: fs[:rank-2].MustElements(), numbers: fs[rank-2],
		key: share.NewKey("numbers").Tensor(filters), weights: weightsOf(filters),
		columns: outC, groups: groups, channels: fs[rank-2], run: fs[rank-2],
	}
	win := &window.Window{Axes: axes, Batch: data[0], Pixel: p.variant.NumberSize() * inC}
	if groups == 1 && inC < 4 && win.JoinsTaps(outC) {
		return true, c.lowerWideConvolution(p, win, inC)
	}
	src := c.factor(n, in[0], p.variant, p.run)
	if sdepthwise.Has(typ) && groups > 1 && groups == inC {
		return true, c.lowerFloatDepthwise(p, win, src, outC/inC)
	}
	pad := c.paddingRun(0, win.Pixel)
	p.reads = []int{src, pad}
	if n := win.CountPhases(maxPhases); n > 1 && n <= maxPhases {
		return true, c.lowerPhases(p, win)
	}
	p.offsets = func() []int32 { return win.Offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	p.window = win
	return true, c.lowerFloatProduct(p)
}

// lowerWideConvolution lowers a convolution of few channels. Each row of its window is one wide tap.
func (c *compiler) lowerWideConvolution(p *floatProduct, win *window.Window, channels int) error {
	data, variant := p.node.Inputs()[0], p.variant
	columns := win.Axes[len(win.Axes)-1].Window
	if variant.Pairs() && channels%2 == 1 {
		p.evenChannels()
		channels++
	}
	p.taps, p.numbers = p.taps/columns, columns*channels
	p.window = &window.Window{Axes: win.Rows(), Batch: win.Batch}
	var widen func(to, from []byte)
	if data.Type() == core.BF16 && !variant.Pairs() {
		widen = func(to, from []byte) { variant.Widen(view.Of[float32](to), view.Of[uint16](from), p.run) }
	}
	images := *win
	images.Pixel = data.Type().Size() * data.Shape()[len(data.Shape())-1]
	padded := window.NewPadded(&images, variant.NumberSize()*channels, widen)
	src := c.padImage(p.node, c.buffer(data), padded, zeroPoint{buffer: -1})
	c.buffers[src].Addressed = true
	p.offsets = func() []int32 { return padded.Offsets(c.buffers[src].Offset) }
	p.reads = []int{src}
	return c.lowerFloatProduct(p)
}

// maxPhases bounds the phases that a convolution of dilated data is divided into.
const maxPhases = 1 << 12

// phased is the product of one phase and group. Its rows are the phase's pixels; those that lie in a line of the output
// are ldc bytes apart.
type phased struct {
	packed  *sgemm.Packed
	offsets *[]int32
	lines   []int // where each line begins, in bytes
	rows    int   // of a line
	taps    []int // of a row, as numbers among those of the window
	ldc     int
}

// lowerPhases lowers a convolution of dilated data, a transposed one: each phase is a product that has no zeros between
// the data. p has the buffers that it reads: the data, and a run of zeros.
func (c *compiler) lowerPhases(p *floatProduct, win *window.Window) error {
	dst, columns := c.newOutput(p.node.Out(0)), p.columns/p.groups
	products, err := c.phases(p, win, func(spec sgemm.Spec, group int, taps []int) (*sgemm.Packed, error) {
		k := share.NewKey(p.variant.Name).Text(p.key.String()).Numbers(p.numbers, group, p.groups).Numbers(taps...)
		factors, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
			weights := product.RunsOf(p.group(group), taps, p.size()*p.numbers*columns)
			packed, err := sgemm.Pack(p.variant, spec, weights)
			return packed, nil, err
		})
		return factors.packed, err
	})
	if err != nil {
		return err
	}
	c.emit(machine.Instruction{
		Node: p.node, Kernel: p.variant.Name, Splits: true, Operations: machine.Operations(p.node),
		Reads: p.reads, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			for i := range products {
				products[i].run(r, products[i].packed, dst, part, parts)
			}
			return nil
		},
	})
	return nil
}

// phases returns the products of the phases of a window, and of each group, whose weights pack packs: those of some
// taps.
func (c *compiler) phases(
	p *floatProduct, win *window.Window, pack func(spec sgemm.Spec, group int, taps []int) (*sgemm.Packed, error),
) ([]phased, error) {
	var products []phased
	for _, phase := range win.Phases() {
		for group := range p.groups {
			spec := p.spec()
			f := phased{taps: phase.Positions(), rows: phase.Axes[len(phase.Axes)-1].Out}
			spec.Taps = len(f.taps)
			var err error
			if f.packed, err = pack(spec, group, f.taps); err != nil {
				return nil, err
			}
			c.placePhased(&f, p, win, &phase, group)
			products = append(products, f)
		}
	}
	return products, nil
}

// placePhased sets where the product of a phase and group reads and writes.
func (c *compiler) placePhased(f *phased, p *floatProduct, win *window.Window, phase *window.Phase, group int) {
	pixels, step := phase.Places()
	f.ldc = p.size() * p.columns * step
	f.offsets = c.offsets(p.node, f.packed.CheckOffsets, func() []int32 {
		src, pad := c.buffers[p.reads[0]].Offset, c.buffers[p.reads[1]].Offset
		return moved(phase.Offsets(src, pad), p.variant.NumberSize()*group*p.channels)
	})
	image := win.Outputs()
	for n := range win.Batch {
		for i := 0; i < len(pixels); i += f.rows {
			f.lines = append(f.lines, p.size()*((n*image+pixels[i])*p.columns+group*p.columns/p.groups))
		}
	}
}

// run computes the lines of a part.
func (f *phased) run(r *machine.Worker, packed *sgemm.Packed, dst, part, parts int) {
	for line := part * len(f.lines) / parts; line < (part+1)*len(f.lines)/parts; line++ {
		r.SGemm = sgemm.Args{
			A: r.Arena, Offsets: (*f.offsets)[line*f.rows*len(f.taps):], C: r.Mem[dst][f.lines[line]:], LDC: f.ldc,
		}
		packed.Run(&r.SGemm, sgemm.Rows{Count: f.rows, Step: 1}, 0, packed.Panels())
	}
}

// weightsOf returns the numbers of weights as products take them.
func weightsOf(t *core.Tensor) func() []byte {
	if t.Type() != core.BF16 {
		return t.Bytes
	}
	return func() []byte { return view.Bytes(t.Float32s()) }
}

// finite reports whether all numbers of a constant are finite.
func (c *compiler) finite(t *core.Tensor) bool {
	t = c.keep.Canonical(t)
	ok, err := share.Kept(c.keep, share.NewKey("finite").Tensor(t).String(), func() (bool, int64, error) {
		return areFinite(machine.TypeOf(t.Type()), weightsOf(t)()), 0, nil
	})
	return ok && err == nil
}

var (
	_ = lowers[linear.Dot](lowerFloatDot)
	_ = lowers[linear.BatchDot](lowerFloatBatchDot)
)

// isNotEmptyDot reports whether a node multiplies matrices that are not empty.
func isNotEmptyDot(n *core.Node) bool {
	return n.Outputs()[0].Shape.MustElements() > 0 && n.Inputs()[1].Shape().MustElements() > 0
}

// lowerFloatDot lowers a matrix product of reals, or of integers of 32 or 64 bits.
func lowerFloatDot(c *compiler, n *core.Node) (bool, error) {
	if !isNotEmptyDot(n) {
		return false, nil
	}
	b := n.Inputs()[1]
	k := b.Shape()[:n.Op().(*linear.Dot).ReductionAxes].MustElements()
	if w := b.Constant(); w != nil {
		return true, c.lowerConstantDot(n, w, k)
	}
	columns := b.Shape().MustElements() / k
	rows := n.Outputs()[0].Shape.MustElements() / columns
	return c.lowerComputedDot(n, product.OnePair(rows, k, columns))
}

// lowerFloatBatchDot lowers products of matrices of the same types.
func lowerFloatBatchDot(c *compiler, n *core.Node) (bool, error) {
	if !isNotEmptyDot(n) {
		return false, nil
	}
	op, b := n.Op().(*linear.BatchDot), n.Inputs()[1].Constant()
	if !hasOneConstant(n) {
		return c.lowerComputedDot(n, product.PairsOf(n))
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
	const fewRows = 8
	rows := n.Outputs()[0].Shape.MustElements() / columns
	variant := sgemm.Choose(c.isas, sgemm.Spec{Type: machine.TypeOf(b.Type()), N: columns, Few: rows <= fewRows})
	src := c.factor(n, n.Inputs()[0], variant, k)
	p := &floatProduct{
		node: n, variant: variant, rows: rows, taps: 1, numbers: k, run: k,
		columns: columns, key: share.NewKey("numbers").Tensor(b), weights: weightsOf(b), groups: 1, reads: []int{src},
	}
	p.offsets = func() []int32 { return rowOffsets(c.buffers[src].Offset, p.rows, variant.NumberSize()*k) }
	return c.lowerFloatProduct(p)
}
