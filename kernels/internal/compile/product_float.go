package compile

import (
	"fmt"
	"iter"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/regions"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// floatProduct is a matrix product of numbers, as package sgemm has them, to be lowered, of rows of data and constant
// weights.
type floatProduct struct {
	node     *core.Node
	variant  *sgemm.Variant
	rows     int
	taps     int           // runs of numbers in one row of the data
	numbers  int           // length of one run
	key      *share.Key    // identifies the weights
	weights  func() []byte // [taps][numbers][columns]; those of bf16 are float32
	columns  int
	groups   int // how many products there are, whose columns lie side by side in one output
	offsets  func() []int32
	reads    []int          // the buffers that the offsets point into
	channels int            // distance, in numbers, from the data of one group to that of the next
	run      int            // numbers of a tap that are divided into pairs of bf16, again and again
	window   *window.Window // whose taps are those of the product; nil if there is none
}

// spec returns the product of one group.
func (p *floatProduct) spec() sgemm.Spec {
	return sgemm.Spec{
		Type: p.variant.Type, N: p.columns / p.groups, Taps: p.taps, TapNumbers: p.numbers, Run: p.run,
	}
}

// size returns the bytes of a sum.
func (p *floatProduct) size() int { return sgemm.Size(p.variant.Type) }

// group returns the weights of one group.
func (p *floatProduct) group(g int) []byte {
	if p.groups == 1 {
		return p.weights()
	}
	n := p.size() * p.columns / p.groups
	return product.ColumnsOf(p.weights(), p.size()*p.columns, g*n, n)
}

// evenChannels adds a channel whose weights are 0, so that no pair of bf16 is divided between two pixels.
func (p *floatProduct) evenChannels() {
	weights, column := p.weights, p.size()*p.columns
	row := p.numbers * column
	p.weights = func() []byte {
		odd := weights()
		even := make([]byte, 0, len(odd)+p.taps*column)
		for len(odd) > 0 {
			even = append(append(even, odd[:row]...), make([]byte, column)...)
			odd = odd[row:]
		}
		return even
	}
	p.numbers, p.run = p.numbers+1, p.run+1
}

// factor returns the buffer of a product's data in the arena, with numbers as a variant reads them. Pairs of bf16 are
// within each run of numbers.
func (c *compiler) factor(n *core.Node, v core.Value, variant *sgemm.Variant, run int) int {
	if v.Type() != core.BF16 || variant.Pairs() {
		return c.bufferInArena(v)
	}
	return c.widenedFactor(n, c.buffer(v), v.Shape().MustElements(), variant, run)
}

// widenedFactor returns a buffer in the arena with elements of bf16 of another one as a variant reads them, which are
// not in pairs.
func (c *compiler) widenedFactor(n *core.Node, src, elements int, variant *sgemm.Variant, run int) int {
	b := c.newScratch(bounds.Product(4, elements))
	c.emit(machine.Instruction{
		Node: n, Kernel: "widen", Splits: true, Reads: []int{src}, Writes: []int{b},
		Run: func(r *machine.Worker, part, parts int) error {
			first, end := part*(elements/run)/parts*run, (part+1)*(elements/run)/parts*run
			variant.Widen(view.Of[float32](r.Mem[b])[first:end], view.Of[uint16](r.Mem[src])[first:end], run)
			return nil
		},
	})
	c.buffers[b].Addressed = true
	return b
}

// lowerFloatProduct packs the weights and appends the instruction of each group, which has the chain of elementwise ops
// that reads the products as well, if it can.
func (c *compiler) lowerFloatProduct(p *floatProduct) error {
	n := p.node
	columns := p.columns / p.groups
	dst := c.newOutput(n.Out(0))
	order, err := p.order()
	if err != nil {
		return c.locate(err)
	}
	chain := c.chainBehind(p)
	behind, err := c.tiled(chain, p, dst)
	if err != nil {
		return err
	}
	spec, variant, size := p.spec(), p.variant, p.size()
	for g := range p.groups {
		k := share.NewKey(variant.Name).Text(p.key.String()).Numbers(p.taps, p.numbers, g, p.groups)
		factors, err := packed(c, k, func() (*sgemm.Packed, []int32, error) {
			packed, err := sgemm.Pack(variant, spec, p.group(g))
			return packed, nil, err
		})
		if err != nil {
			return err
		}
		m := multiplication{packed: factors.packed, order: order, dst: dst, first: size * g * columns, ldc: size * p.columns}
		m.offsets = c.offsets(n, m.packed.CheckOffsets, func() []int32 {
			return moved(p.offsets(), variant.NumberSize()*g*p.channels)
		})
		i := machine.Instruction{
			Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n) / int64(p.groups),
			Reads: p.reads, Writes: []int{dst},
		}
		panels, together := m.packed.Panels(), m.packed.Together()
		if behind != nil {
			panels, together = 1, 1 // a part has all of them
			behind.addTo(&i)
		}
		divided := c.dividedProduct(p.rows, panels, together, variant.MR, size*p.taps*p.numbers*columns)
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
func (p *floatProduct) order() (*gemm.Order, error) {
	if p.window == nil {
		return nil, nil
	}
	rows, _ := p.variant.Tile(p.columns / p.groups)
	kernel := regions.Kernel{Rows: rows, Tile: 20, Tap: 10, Least: 4, Line: 150}
	if p.columns/p.groups <= p.variant.NR/2 { // half as many multiplications
		kernel.Tile, kernel.Tap, kernel.Least, kernel.Line = 40, 20, 8, 300
	}
	return regions.Order(p.window.Batch, p.window.Axes, p.variant.NumberSize()*p.numbers, kernel)
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
	together := m.packed.Together()
	for panel := p0; panel < p1; panel += together {
		for rows := range m.lines(m0, m1) {
			r.SGemm = sgemm.Args{
				A: r.Arena, Offsets: *m.offsets, C: r.Mem[m.dst][m.first+rows.First*m.ldc:], LDC: rows.Step * m.ldc,
			}
			m.packed.Run(&r.SGemm, rows, panel, min(panel+together, p1))
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
func (c *compiler) chainBehind(p *floatProduct) *chainBuilder {
	const manyWeights = 256 << 10
	users := c.users[p.node.Out(0)]
	if p.node.Outputs()[0].Type != core.F32 || len(users) != 1 || p.groups > 1 ||
		p.columns*p.variant.MR > elementwise.Block ||
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
		if shape := u.Outputs()[0].Shape; other == v || match.ValuesOf(other, shape) == nil && !c.available(other, shape) {
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
	scratch       threadScratch
	rows, columns int // of a tile
}

// tiled makes the buffer dst of a product a tile, if the chain that reads it can; nil if it cannot.
func (c *compiler) tiled(b *chainBuilder, p *floatProduct, dst int) (*tiledChain, error) {
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
	t.scratch = c.newThreadScratch(elementwise.Scratch)
	c.buffers[dst].Size = c.threads * 4 * elementwise.Block
	return t, nil
}

// addTo makes the chain a part of the product's instruction.
func (t *tiledChain) addTo(i *machine.Instruction) {
	i.Kernel += ", " + t.chain.Name()
	i.Scratch = append(i.Writes, t.scratch.buffer)
	i.Reads, i.Writes = slices.Concat(i.Reads, t.reads), t.writes
}

// run computes rows [m0,m1), counted in the order.
func (t *tiledChain) run(r *machine.Worker, m *multiplication, m0, m1 int) {
	mem := chainMemory(r, t.buffers)
	tile := mem[t.source][r.Thread*4*elementwise.Block:][:4*elementwise.Block]
	scratch := t.scratch.of(r)
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
