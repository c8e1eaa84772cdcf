package compile

import (
	"fmt"
	"iter"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/regions"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// product is a matrix product of float32 or bf16 to be lowered, of rows of data and constant weights.
type product struct {
	node     *core.Node
	variant  *sgemm.Variant
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
	run      int   // numbers of a tap that are divided into pairs of bf16, again and again
	batch    int
	axes     []geometry.Axis // of the window whose positions are the taps; nil if there is none
}

var (
	_ = lowers[linear.Convolution](lowerFloatConvolution)
	_ = wantsLast[linear.Convolution]()
)

// lowerFloatConvolution lowers an NHWC convolution of float32 or bf16 with constant filters that are all finite: then
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
	bf16 := filters.Type() == core.BF16
	p := &product{
		node: n, variant: sgemm.Choose(c.isas, sgemm.Spec{N: outC / groups, BF16: bf16}),
		rows: out.Shape.MustElements() / outC, taps: fs[:rank-2].MustElements(), numbers: fs[rank-2],
		key: share.NewKey("numbers").Tensor(filters), weights: filters.Float32s,
		columns: outC, groups: groups, channels: fs[rank-2], run: fs[rank-2],
	}
	g := &convolution{
		axes: axes, batch: data[0], inC: p.variant.NumberSize() * inC, zero: zeroPoint{buffer: -1}, // inC in bytes
	}
	if groups == 1 && inC < 4 && g.wide() {
		return true, c.lowerWideConvolution(p, g, inC)
	}
	src := c.factor(n, in[0], p.variant, p.run)
	if groups > 1 && groups == inC && !bf16 {
		return true, c.lowerFloatDepthwise(p, g, src, outC/inC)
	}
	pad := c.paddingRun(0, g.inC)
	p.reads = []int{src, pad}
	if n := numberOfPhases(axes, maxPhases); n > 1 && n <= maxPhases {
		return true, c.lowerPhases(p, g)
	}
	p.offsets = func() []int32 { return g.offsets(c.buffers[src].Offset, c.buffers[pad].Offset) }
	p.batch, p.axes = g.batch, axes
	return true, c.lowerProducts(p)
}

// lowerWideConvolution lowers a convolution of few channels. Each row of its window is one wide tap.
func (c *compiler) lowerWideConvolution(p *product, g *convolution, channels int) error {
	data, variant := p.node.Inputs()[0], p.variant
	window := g.axes[len(g.axes)-1].Window
	if variant.Pairs() && channels%2 == 1 {
		p.evenChannels()
		channels++
	}
	p.taps, p.numbers = p.taps/window, window*channels
	p.batch, p.axes = g.batch, g.lines()
	g.inC = data.Type().Size() * data.Shape()[len(data.Shape())-1]
	var widen func(to, from []byte)
	if data.Type() == core.BF16 && !variant.Pairs() {
		widen = func(to, from []byte) { variant.Widen(machine.View[float32](to), machine.View[uint16](from), p.run) }
	}
	src := c.padImage(p.node, c.buffer(data), g, variant.NumberSize()*channels, widen)
	c.buffers[src].Addressed = true
	p.offsets = func() []int32 { return g.wideOffsets(c.buffers[src].Offset) }
	p.reads = []int{src}
	return c.lowerProducts(p)
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
	var products []phased
	for _, ph := range phases(g.axes) {
		for group := range p.groups {
			product, err := c.newPhased(p, g, ph, group)
			if err != nil {
				return fmt.Errorf("node %q (%s): %w", p.node.Name, p.node.OpName(), err)
			}
			products = append(products, product)
		}
	}
	c.emit(machine.Instruction{
		Node: p.node, Kernel: p.variant.Name, Splits: true, Operations: machine.Operations(p.node),
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
func (c *compiler) newPhased(p *product, g *convolution, ph phase, group int) (phased, error) {
	own := &convolution{axes: ph.axes(), batch: g.batch, inC: g.inC, zero: g.zero}
	windows, outs := []int{}, []int{}
	for _, a := range g.axes {
		windows, outs = append(windows, a.Window), append(outs, a.Out)
	}
	taps := ph.along(windows, func(s strand) (first, step, count int) { return s.tap, s.tapStep, s.Window })
	pixels := ph.along(outs, func(s strand) (first, step, count int) { return s.first, s.step, s.Out })
	columns, last := p.columns/p.groups, ph[len(ph)-1]
	spec := p.spec()
	spec.Taps = len(taps)
	k := share.NewKey(p.variant.Name).Text(p.key.String()).Numbers(p.numbers, group, p.groups).Numbers(taps...)
	product, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
		all, size := p.group(group), p.numbers*columns
		weights := make([]float32, 0, len(taps)*size)
		for _, tap := range taps {
			weights = append(weights, all[tap*size:][:size]...)
		}
		packed, err := sgemm.Pack(p.variant, spec, weights)
		return packed, nil, err
	})
	if err != nil {
		return phased{}, err
	}
	f := phased{packed: product.packed, rows: last.Out, taps: len(taps), ldc: 4 * p.columns * last.step}
	f.offsets = c.offsets(p.node, f.packed.CheckOffsets, func() []int32 {
		src, pad := c.buffers[p.reads[0]].Offset, c.buffers[p.reads[1]].Offset
		return moved(own.offsets(src, pad), p.variant.NumberSize()*group*p.channels)
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
		f.packed.Run(&r.SGemm, sgemm.Rows{Count: f.rows, Step: 1}, 0, f.packed.Panels())
	}
}

// finite reports whether all numbers of a constant are finite.
func (c *compiler) finite(t *core.Tensor) bool {
	t = c.keep.Canonical(t)
	ok, err := share.Kept(c.keep, share.NewKey("finite").Tensor(t).String(), func() (bool, int64, error) {
		return !slices.ContainsFunc(t.Float32s(), func(v float32) bool { return v-v != 0 }), 0, nil
	})
	return ok && err == nil
}

var (
	_ = lowers[linear.Dot](lowerFloatDot)
	_ = lowers[linear.BatchDot](lowerFloatBatchDot)
)

// factor returns the buffer of a product's data in the arena, with numbers as a variant reads them. Pairs of bf16 are
// within each run of numbers.
func (c *compiler) factor(n *core.Node, v core.Value, variant *sgemm.Variant, run int) int {
	if v.Type() == core.F32 || variant.Pairs() {
		return c.bufferInArena(v)
	}
	elements, src := v.Shape().MustElements(), c.buffer(v)
	b := c.newScratch(productOf(4, elements))
	c.emit(machine.Instruction{
		Node: n, Kernel: "widen", Splits: true, Reads: []int{src}, Writes: []int{b},
		Run: func(r *machine.Worker, part, parts int) error {
			first, end := part*(elements/run)/parts*run, (part+1)*(elements/run)/parts*run
			variant.Widen(machine.View[float32](r.Mem[b])[first:end], machine.View[uint16](r.Mem[src])[first:end], run)
			return nil
		},
	})
	c.buffers[b].Addressed = true
	return b
}

// evenChannels adds a channel whose weights are 0, so that no pair of bf16 is divided between two pixels.
func (p *product) evenChannels() {
	weights, row := p.weights, p.numbers*p.columns
	p.weights = func() []float32 {
		odd := weights()
		even := make([]float32, 0, len(odd)+p.taps*p.columns)
		for len(odd) > 0 {
			even = append(append(even, odd[:row]...), make([]float32, p.columns)...)
			odd = odd[row:]
		}
		return even
	}
	p.numbers, p.run = p.numbers+1, p.run+1
}

// widened returns a buffer with a value as float32, to which bf16 is converted.
func (c *compiler) widened(n *core.Node, v core.Value) int {
	if v.Type() == core.F32 {
		return c.buffer(v)
	}
	elements := v.Shape().MustElements()
	b := c.newScratch(productOf(4, elements))
	convert := elementwise.Choose(c.isas, elementwise.ConvertBF16)
	c.emitEach(n, convert, c.buffer(v), b, [2]int{2, 4}, elements, elementwise.Numbers{})
	return b
}

// isFloatDot reports whether a node multiplies non-empty matrices of float32 or bf16.
func isFloatDot(n *core.Node) bool {
	out := n.Outputs()[0]
	return out.Type == core.F32 && out.Shape.MustElements() > 0 && n.Inputs()[1].Shape().MustElements() > 0
}

// lowerFloatDot lowers a matrix product of float32 or bf16.
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
	one := []int{0}
	return c.lowerComputedDot(n, pairs{pairs: 1, m: rows, k: k, n: columns, first: one, second: one})
}

// lowerFloatBatchDot lowers products of matrices of float32 or bf16.
func lowerFloatBatchDot(c *compiler, n *core.Node) (bool, error) {
	if !isFloatDot(n) {
		return false, nil
	}
	op, b := n.Op().(*linear.BatchDot), n.Inputs()[1].Constant()
	if !hasOneConstant(n) {
		return c.lowerComputedDot(n, batchPairs(n, op))
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
	variant := sgemm.Choose(c.isas, sgemm.Spec{N: columns, BF16: b.Type() == core.BF16, Few: rows <= fewRows})
	src := c.factor(n, n.Inputs()[0], variant, k)
	p := &product{
		node: n, variant: variant, rows: rows, taps: 1, numbers: k, run: k,
		columns: columns, key: share.NewKey("numbers").Tensor(b), weights: b.Float32s, groups: 1, reads: []int{src},
	}
	p.offsets = func() []int32 { return rowOffsets(c.buffers[src].Offset, p.rows, variant.NumberSize()*k) }
	return c.lowerProducts(p)
}

// hasOneConstant reports whether a BatchDot multiplies rows by one constant matrix.
func hasOneConstant(n *core.Node) bool {
	b := n.Inputs()[1].Constant()
	return b != nil && !n.Op().(*linear.BatchDot).TransposeA && len(b.Shape()) == 2
}

// lowerComputedDot lowers products of two computed matrices: the second is packed when the program runs. Transposes of
// the operands and of the product that leave the last axis are only other places of rows.
func (c *compiler) lowerComputedDot(n *core.Node, d pairs) (bool, error) {
	if productOf(d.k, d.n) > maxComputed {
		return false, nil
	}
	in := n.Inputs()
	spec := sgemm.Spec{N: d.n, Taps: 1, TapNumbers: d.k, BF16: in[0].Type() == core.BF16}
	variant := sgemm.Choose(c.isas, spec)
	if d.turned && spec.BF16 {
		return false, nil
	}
	a, left := c.firstOfPairs(n, d, variant)
	second, right := c.matricesOf(in[1], d.k, d.n)
	var turn sgemm.Transposition
	if d.transposed {
		second, right = c.matricesOf(in[1], d.n, d.k)
		turn = c.transposition()
	}
	b := c.widened(n, second)
	state := c.newState(func() any {
		packed := make([]panels, c.threads)
		for i := range packed {
			packed[i] = newPanels(variant, spec)
		}
		return packed
	})
	product, out := c.targetOf(n, d)
	dst := c.newOutput(product)
	check := func(offsets []int32, size int) error { return sgemm.CheckOffsets(variant, spec, offsets, size) }
	offsets := c.offsets(n, check, func() []int32 {
		all := make([]int32, 0, d.pairs*d.m)
		for _, matrix := range d.first {
			all = append(all, rowOffsets(c.buffers[a].Offset+left.at(matrix), d.m, left.row)...)
		}
		return all
	})
	run := func(r *machine.Worker, part, parts int) error {
		packed := r.State[state].([]panels)[r.Thread]
		rows := d.pairs * d.m
		for m, end := part*rows/parts, (part+1)*rows/parts; m < end; {
			pair := m / d.m
			m1 := min((pair+1)*d.m, end)
			weights := machine.View[float32](r.Mem[b][right.at(d.second[pair]):])
			to := r.Mem[dst][out.at(pair)+(m-pair*d.m)*out.row:]
			r.SGemm = sgemm.Args{A: r.Arena, Offsets: (*offsets)[m:], C: to, LDC: out.row}
			packed.run(&r.SGemm, sgemm.Rows{Count: m1 - m, Step: 1}, weights, right.row/4, turn)
			m = m1
		}
		return nil
	}
	const fewRows = 32 // for which packing the other matrix costs little
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: max(d.pairs, d.pairs*d.m/fewRows, c.threads),
		Operations: machine.Operations(n), Reads: []int{a, b}, Writes: []int{dst}, Run: run,
	})
	return true, nil
}

// panels multiply by a matrix that is packed one panel of columns after the other, in the same memory, so that a panel
// is still in the first-level cache when it is read.
type panels struct {
	whole, last *sgemm.Packed // last is that of the remaining columns
	columns     int
	width       int // of a whole panel
}

func newPanels(v *sgemm.Variant, s sgemm.Spec) panels {
	p := panels{columns: s.N, width: v.NR}
	s.N = v.NR
	p.whole = sgemm.NewPacked(v, s)
	if s.N = p.columns % v.NR; s.N > 0 {
		p.last = sgemm.NewPacked(v, s)
	}
	return p
}

// run computes rows. The rows of the matrix are stride numbers apart; turn transposes it, if it is not nil.
func (p *panels) run(a *sgemm.Args, rows sgemm.Rows, weights []float32, stride int, turn sgemm.Transposition) {
	step := 1
	if turn != nil {
		step = stride
	}
	c := a.C
	for n := 0; n < p.columns; n += p.width {
		panel := p.whole
		if n+p.width > p.columns {
			panel = p.last
		}
		panel.Repack(weights[n*step:], stride, turn)
		a.C = c[4*n:]
		panel.Run(a, rows, 0, 1)
	}
}

// transposition returns the transposition of matrices of float32.
func (c *compiler) transposition() sgemm.Transposition {
	v := movement.Choose(c.isas, 4)
	return func(out, in []byte, rows, columns, outStride, inStride int) {
		v.Run(movement.Matrix{
			Out: out, In: in, Rows: rows, Columns: columns, OutStride: outStride, InStride: inStride,
		}, 0, rows)
	}
}

// maxComputed bounds the size of a matrix that each thread packs in each run.
const maxComputed = 1 << 24

// matrices says where the matrices of a tensor of float32 are: those along the axes dims, strides bytes apart, with
// rows that are row bytes apart.
type matrices struct {
	dims, strides []int
	row           int
}

// at returns the byte at which matrix i begins.
func (m *matrices) at(i int) int {
	at := 0
	for k := len(m.dims) - 1; k >= 0; k-- {
		at += i % m.dims[k] * m.strides[k]
		i /= m.dims[k]
	}
	return at
}

// newMatrices returns where the matrices of a tensor are whose axes have these strides.
func newMatrices(s core.Shape, strides []int) matrices {
	last := len(s) - 2
	return matrices{dims: s[:last], strides: strides[:last], row: strides[last]}
}

// wholeMatrices returns where matrices of numbers of size bytes are that lie one behind the other.
func wholeMatrices(count, rows, columns, size int) matrices {
	return matrices{dims: []int{count}, strides: []int{size * rows * columns}, row: size * columns}
}

// turning returns, for a transpose of float32 that leaves the last axis, where the data has the matrices of the result,
// and where the result has those of the data; false for another node.
func turning(t *core.Node) (ofResult, ofData matrices, ok bool) {
	op, ok := t.Op().(*array.Transpose)
	if !ok {
		return ofResult, ofData, false
	}
	data, result := t.Inputs()[0].Shape(), t.Outputs()[0].Shape
	last := len(data) - 1
	_, order, err := op.Permutation(data)
	if err != nil || t.Outputs()[0].Type != core.F32 || last < 1 || order[last] != last {
		return ofResult, ofData, false
	}
	stridesOf := func(s core.Shape) []int {
		strides, step := make([]int, len(s)), 4
		for i := last; i >= 0; i-- {
			strides[i] = step
			step *= s[i]
		}
		return strides
	}
	inData, inResult := stridesOf(data), stridesOf(result)
	forResult, forData := make([]int, len(data)), make([]int, len(data))
	for to, from := range order {
		forResult[to], forData[from] = inData[from], inResult[to]
	}
	return newMatrices(result, forResult), newMatrices(data, forData), true
}

// matricesOf returns the value in whose buffer the matrices of v are, and where.
func (c *compiler) matricesOf(v core.Value, rows, columns int) (core.Value, matrices) {
	if c.isTurned(v) {
		m, _, _ := turning(v.Node)
		return v.Node.Inputs()[0], m
	}
	return v, wholeMatrices(v.Shape().MustElements()/(rows*columns), rows, columns, 4)
}

// targetOf returns the value as which the products of a node are stored, and where: that of the transpose that alone
// reads them, or their own.
func (c *compiler) targetOf(n *core.Node, d pairs) (core.Value, matrices) {
	v := n.Out(0)
	if users := c.users[v]; len(users) == 1 {
		if _, m, ok := turning(users[0]); ok && !c.isTurned(users[0].Out(0)) {
			c.skip[users[0]] = true
			return users[0].Out(0), m
		}
	}
	return v, wholeMatrices(d.pairs, d.m, d.n, 4)
}

// isTurned reports whether a value is a transpose that is not computed: all its readers are products of computed
// matrices, which read the rows of the data in other places.
func (c *compiler) isTurned(v core.Value) bool {
	if _, _, ok := turning(v.Node); !ok || len(c.users[v]) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.users[v], func(u *core.Node) bool {
		op, ok := u.Op().(*linear.BatchDot)
		if !ok || !isFloatDot(u) || hasOneConstant(u) || op.TransposeA {
			return true
		}
		d := batchPairs(u, op)
		return productOf(d.k, d.n) > maxComputed
	})
}

// pairs are products of matrices [m][k], or [k][m] if turned, and [k][n], or [n][k] if transposed. Pair i multiplies
// matrix first[i] of the first operand by matrix second[i] of the second.
type pairs struct {
	pairs, m, k, n     int
	first, second      []int
	turned, transposed bool
}

// batchPairs returns the products of a BatchDot.
func batchPairs(n *core.Node, op *linear.BatchDot) pairs {
	a, b, out := n.Inputs()[0].Shape(), n.Inputs()[1].Shape(), n.Outputs()[0].Shape
	batch := out[:len(out)-2]
	p := pairs{
		pairs: batch.MustElements(), m: out[len(out)-2], k: a[len(a)-1], n: out[len(out)-1],
		first: matrixOfPairs(a[:len(a)-2], batch), second: matrixOfPairs(b[:len(b)-2], batch),
		turned: op.TransposeA, transposed: op.TransposeB,
	}
	if p.turned {
		p.k = a[len(a)-2]
	}
	return p
}

// matrixOfPairs returns, for each pair of a batch, the matrix of an operand whose batch s is broadcast.
func matrixOfPairs(s, batch core.Shape) []int {
	matrices := make([]int, batch.MustElements())
	for i := range matrices {
		pair, stride := i, 1
		for k := len(batch) - 1; k >= len(batch)-len(s); k-- {
			d := s[k-len(batch)+len(s)]
			if d > 1 {
				matrices[i] += pair % batch[k] * stride
			}
			pair, stride = pair/batch[k], stride*d
		}
	}
	return matrices
}

// firstOfPairs returns a buffer in the arena with the first operand's matrices as they are multiplied, and where in it
// they are.
func (c *compiler) firstOfPairs(n *core.Node, d pairs, v *sgemm.Variant) (int, matrices) {
	x := n.Inputs()[0]
	count := x.Shape().MustElements() / (d.m * d.k)
	if x.Type() == core.BF16 {
		return c.factor(n, x, v, d.k), wholeMatrices(count, d.m, d.k, v.NumberSize())
	}
	if !d.turned {
		first, m := c.matricesOf(x, d.m, d.k)
		return c.bufferInArena(first), m
	}
	turned := c.newScratch(4 * x.Shape().MustElements())
	c.emitPermutation(n, core.Shape{count, d.k, d.m}, []int{0, 2, 1}, 4, c.buffer(x), turned)
	c.buffers[turned].Addressed = true
	return turned, wholeMatrices(count, d.m, d.k, 4)
}

// lowerProducts packs the weights and appends the instruction of each group, which has the chain of elementwise ops
// that reads the products as well, if it can.
func (c *compiler) lowerProducts(p *product) error {
	n := p.node
	columns := p.columns / p.groups
	dst := c.newOutput(n.Out(0))
	order, err := p.order()
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	chain := c.chainBehind(p)
	behind, err := c.tiled(chain, p, dst)
	if err != nil {
		return err
	}
	spec, variant := p.spec(), p.variant
	for g := range p.groups {
		k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(p.taps, p.numbers, g, p.groups)
		product, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
			packed, err := sgemm.Pack(variant, spec, p.group(g))
			return packed, nil, err
		})
		if err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
		}
		m := multiplication{packed: product.packed, order: order, dst: dst, first: 4 * g * columns, ldc: 4 * p.columns}
		m.offsets = c.offsets(n, m.packed.CheckOffsets, func() []int32 {
			return moved(p.offsets(), variant.NumberSize()*g*p.channels)
		})
		i := machine.Instruction{
			Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n) / int64(p.groups),
			Reads: p.reads, Writes: []int{dst},
		}
		panels := m.packed.Panels()
		if behind != nil {
			panels = 1 // all of them
			behind.addTo(&i)
		}
		divided := c.dividedProduct(p.rows, panels, variant.MR, 4*p.taps*p.numbers*columns)
		if order != nil {
			divided.Split = order.Split
		}
		i.MostParts = divided.Parts()
		i.Run = func(r *machine.Worker, part, parts int) error {
			if m0, m1, p0, p1 := divided.Part(part, parts); behind != nil {
				behind.run(r, &m, m0, m1)
			} else {
				m.run(r, m0, m1, p0, p1)
			}
			return nil
		}
		c.emit(i)
	}
	if chain != nil && behind == nil {
		return chain.emit()
	}
	return nil
}

// order returns an order of the rows in which less padding is multiplied, or nil.
func (p *product) order() (*gemm.Order, error) {
	if p.axes == nil {
		return nil, nil
	}
	kernel := regions.Kernel{Rows: p.variant.MR, Tile: 20, Tap: 10, Least: 4, Line: 150}
	if p.columns/p.groups <= p.variant.NR/2 { // half as many multiplications
		kernel.Tile, kernel.Tap, kernel.Least, kernel.Line = 40, 20, 8, 300
	}
	return regions.Order(p.batch, p.axes, p.variant.NumberSize()*p.numbers, kernel)
}

// multiplication is the product of one group. Its columns begin at byte first of each of the buffer's rows, which are
// ldc bytes apart.
type multiplication struct {
	packed          *sgemm.Packed
	offsets         *[]int32
	order           *gemm.Order // nil for all taps of all rows
	dst, first, ldc int
}

// run computes rows [m0,m1), counted in the order, of panels [p0,p1).
func (m *multiplication) run(r *machine.Worker, m0, m1, p0, p1 int) {
	for panel := p0; panel < p1; panel++ {
		for rows := range m.lines(m0, m1) {
			r.SGemm = sgemm.Args{
				A: r.Arena, Offsets: *m.offsets, C: r.Mem[m.dst][m.first+rows.First*m.ldc:], LDC: rows.Step * m.ldc,
			}
			m.packed.Run(&r.SGemm, rows, panel, panel+1)
		}
	}
}

// lines yields rows [m0,m1), counted in the order.
func (m *multiplication) lines(m0, m1 int) iter.Seq[sgemm.Rows] {
	return func(yield func(sgemm.Rows) bool) {
		if m.order == nil {
			yield(sgemm.Rows{First: m0, Count: m1 - m0, Step: 1})
			return
		}
		for r := range m.order.Within(m0, m1) {
			for line := range r.Lines {
				rows := sgemm.Rows{First: r.First + line*r.LineStep, Count: r.Rows, Step: r.Step, Taps: r.Taps}
				if !yield(rows) {
					return
				}
			}
		}
	}
}

// chainBehind begins the chain of the elementwise op that alone reads a product. It is nil if there is none, or if the
// product has so many columns or weights that it had better be computed as a whole.
func (c *compiler) chainBehind(p *product) *chainBuilder {
	const manyWeights = 256 << 10
	users := c.users[p.node.Out(0)]
	if len(users) != 1 || p.groups > 1 || p.columns*p.variant.MR > elementwise.Block ||
		p.variant.NumberSize()*p.taps*p.numbers*p.columns > manyWeights {
		return nil
	}
	u, v := users[0], p.node.Out(0)
	e, ok := match.Of(u)
	if !ok || e.Kind == match.Dequantize || c.waits(u, e) || u.Outputs()[0].Shape.MustElements() != p.rows*p.columns {
		return nil
	}
	if e.Kind == match.Binary {
		other := u.Inputs()[1-slices.Index(u.Inputs(), v)]
		if other == v || match.ValuesOf(other, u.Outputs()[0].Shape) == nil && !c.available(other) {
			return nil
		}
	}
	c.skip[u] = true
	b := &chainBuilder{c: c, last: u, elements: p.rows * p.columns}
	b.start(e)
	b.follow(e)
	return b
}

// tiledChain is a chain that reads the rows of a product, a few at a time, from a tile that each thread has.
type tiledChain struct {
	chain         *elementwise.Chain
	buffers       []int // as in chainBuilder
	source        int   // which of them is the tile
	reads, writes []int
	scratch       int
	rows, columns int // of a tile
}

// tiled makes the buffer dst of a product a tile, if the chain that reads it can; nil if it cannot.
func (c *compiler) tiled(b *chainBuilder, p *product, dst int) (*tiledChain, error) {
	if b == nil || b.softmax != nil {
		return nil, nil
	}
	t := &tiledChain{source: slices.Index(b.buffers, dst), buffers: b.buffers, writes: b.writes, columns: p.columns}
	steps := slices.Clone(b.steps)
	reads := func(s elementwise.Step) bool { return s.Reads(t.source) }
	if !reads(steps[0]) || slices.ContainsFunc(steps[1:], reads) {
		return nil, nil
	}
	steps[0].Source.Tile = true
	var err error
	if t.chain, err = elementwise.NewChain(c.isas, len(b.buffers), steps); err != nil {
		return nil, fmt.Errorf("node %q (%s): %w", b.last.Name, b.last.OpName(), err)
	}
	t.rows = elementwise.Block / p.columns / p.variant.MR * p.variant.MR
	t.reads = slices.DeleteFunc(b.reads(), func(buffer int) bool { return buffer == dst })
	t.scratch = c.newScratch(c.threads * elementwise.Scratch)
	c.buffers[dst].Size = c.threads * 4 * elementwise.Block
	return t, nil
}

// addTo makes the chain a part of the product's instruction.
func (t *tiledChain) addTo(i *machine.Instruction) {
	i.Kernel += ", " + t.chain.Name()
	i.Scratch = append(i.Writes, t.scratch)
	i.Reads, i.Writes = slices.Concat(i.Reads, t.reads), t.writes
}

// run computes rows [m0,m1), counted in the order.
func (t *tiledChain) run(r *machine.Worker, m *multiplication, m0, m1 int) {
	mem := chainMemory(r, t.buffers)
	tile := mem[t.source][r.Thread*4*elementwise.Block:][:4*elementwise.Block]
	scratch := r.Mem[t.scratch][r.Thread*elementwise.Scratch:]
	for line := range m.lines(m0, m1) {
		for i := 0; i < line.Count; i += t.rows {
			rows := line
			rows.First, rows.Count = line.First+i*line.Step, min(t.rows, line.Count-i)
			r.SGemm = sgemm.Args{A: r.Arena, Offsets: *m.offsets, C: tile, LDC: 4 * t.columns}
			m.packed.Run(&r.SGemm, rows, 0, m.packed.Panels())
			together, calls := rows.Count, 1
			if rows.Step != 1 {
				together, calls = 1, rows.Count
			}
			for k := range calls {
				at := rows.First + k*rows.Step
				mem[t.source] = tile[4*k*t.columns:]
				t.chain.Run(mem[:len(t.buffers)], scratch, at*t.columns, (at+together)*t.columns)
			}
		}
	}
}

// spec returns the product of one group.
func (p *product) spec() sgemm.Spec {
	return sgemm.Spec{
		N: p.columns / p.groups, Taps: p.taps, TapNumbers: p.numbers, BF16: p.node.Inputs()[0].Type() == core.BF16,
		Run: p.run,
	}
}

// group returns the weights of one group.
func (p *product) group(g int) []float32 {
	if p.groups == 1 {
		return p.weights()
	}
	n := p.columns / p.groups
	return columnsOf(p.weights(), p.columns, g*n, n)
}
