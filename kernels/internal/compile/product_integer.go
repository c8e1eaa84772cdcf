package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/regions"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// integerProduct is an indirect matrix product to be lowered, of rows of u8 data with a zero point and of weights.
type integerProduct struct {
	node     *core.Node
	rows     int       // M: output rows (pixels)
	taps     int       // runs of bytes in one row of the data
	tapBytes int       // length of one run
	grid     gemm.Grid // the images, if the taps are a 3x3 window that moves by one pixel
	weights  product.Weights
	zero     zeroPoint // the data's zero point
	padding  int       // the buffer of a run of zero points if the zero point is computed, else -1
	// offsets returns where in the arena the runs of each row begin: [rows][taps]. It is called when the arena
	// has been planned.
	offsets func() []int32
	reads   []int          // the buffers that the offsets point into
	window  *window.Window // the convolution's if each of its taps is one of the product, else nil

	groups int // how many products there are, whose columns lie side by side in one output
	step   int // bytes from the data of one group to that of the next
}

// lowerIntegerProduct appends the instructions for the products of all groups and for their post-ops.
func (c *compiler) lowerIntegerProduct(m *integerProduct) error {
	out := m.node.Outputs()[0]
	N := m.weights.Columns
	if m.weights.Zeros != nil {
		return c.lowerAccumulators(m)
	}
	epilogues := make([]product.Epilogue, m.groups)
	for g := range epilogues {
		var fused bool
		n := N / m.groups
		part := product.Columns{First: g * n, Count: n, Channels: product.ChannelsOf(out.Shape, N)}
		if epilogues[g], fused = product.EpilogueOf(m.node, part); !fused {
			return c.lowerAccumulators(m)
		}
	}
	dst := c.newOutput(m.node.Out(0))
	for g := range epilogues {
		if err := c.lowerGroup(m, m.weights.Group(g, m.groups), &epilogues[g], dst, N, g); err != nil {
			return err
		}
	}
	return nil
}

// lowerGroup packs weights and appends the instructions of group g. The columns of the group are written into the
// buffer dst, which has stride columns in all.
func (c *compiler) lowerGroup(m *integerProduct, w product.Weights, e *product.Epilogue, dst, stride, g int) error {
	n := m.node
	spec := gemm.Spec{
		N: w.Columns, Taps: m.taps, TapBytes: m.tapBytes, Windows: m.grid != gemm.Grid{}, Epilogue: e.Epilogue,
	}
	variant := gemm.Choose(c.isas, spec, m.grid)
	k := e.AddTo(m.zero.AddTo(share.NewKey(variant.Name).Text(w.Key.String())).Numbers(m.taps, m.tapBytes))
	k.Text(fmt.Sprint(spec.Windows))
	factors, err := packed(c, k, func() (*gemm.Packed, []int32, error) {
		start, slope := w.Starts(m.zero.ZeroPoint)
		p, err := gemm.Pack(variant, spec, w.Values(), start)
		return p, slope, err
	})
	if err != nil {
		return err
	}
	packed := factors.packed
	operands := prepare(c, operandSet[*gemm.Operands]{
		node: n, computed: e.Operands, zero: m.zero, slope: factors.slope,
		new: packed.NewOperands, set: packed.Set, setInit: packed.SetInit,
	}, m.padding)
	order, err := m.order(packed, w.Columns)
	if err != nil {
		return c.locate(err)
	}
	scratch := c.newThreadScratch(packed.Scratch())
	sum := -1
	if e.Sum != gemm.NoSum {
		sum = c.buffer(e.Summand)
	}
	offsets := c.groupOffsets(m, spec, g)
	size, first, rows, columns := e.Out.Size(), g*w.Columns, m.rows, w.Columns
	sumSize, grid := e.Sum.Size(), m.grid
	panels, together := packed.Panels(), packed.Together()
	if packed.Gathers() {
		together = panels
	}
	divided := c.dividedProduct(rows, panels, together, packed.TileRows(m.grid), m.taps*m.tapBytes*columns)
	if order != nil {
		divided.Split = order.Split
	}
	flip := c.flipBehind(n, m.groups == 1 && e.Out.Size() == 1)
	flip.src, flip.columns, flip.order = dst, columns, order
	reads, writes := append(slices.Clone(m.reads), sum), []int{dst, flip.buffer}
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: divided.Parts(),
		Operations: machine.Operations(n) / int64(m.groups),
		Reads:      reads, Writes: writes, Scratch: scratch.buffers(),
		Run: func(r *machine.Worker, part, parts int) error {
			a := gemm.Args{
				A: r.Arena, Offsets: *offsets, Grid: grid, Order: order,
				C: r.Mem[dst][first*size:], LDC: stride * size, Operands: operands(r.Run), Scratch: scratch.of(r),
			}
			if sum >= 0 {
				a.Sum, a.LDSum = r.Mem[sum][first*sumSize:], stride*sumSize
			}
			m0, m1, p0, p1 := divided.Part(part, parts)
			packed.Run(&a, m0, m1, p0, p1)
			flip.run(r, m0, m1, p0*variant.NR, min(p1*variant.NR, columns))
			return nil
		},
	})
	return nil
}

// order returns an order of the rows in which p, with so many columns, multiplies less padding, or nil. Padding must be
// zeros.
func (m *integerProduct) order(p *gemm.Packed, columns int) (*gemm.Order, error) {
	v := p.Variant()
	if m.window == nil || m.zero.Computed || m.zero.Constant != 0 || !v.Orders() || columns <= v.NR/2 {
		return nil, nil
	}
	kernel := regions.Kernel{Rows: p.TileRows(m.grid), Tile: 40, Tap: 5, Least: 2}
	return regions.Order(m.window.Batch, m.window.Axes, m.tapBytes, kernel)
}

// flipBehind is a copy of a product's output with the sign bit of each byte inverted. It is made while the output is
// in the cache.
type flipBehind struct {
	variant      *elementwise.Variant // nil if there is no copy
	buffer       int                  // -1 if there is no copy
	src, columns int                  // of the output
	order        *gemm.Order          // in which its rows are counted; nil for 0, 1, 2 and so on
}

// flipBehind fuses the FlipSign nodes that read the output of a node into the instruction that is appended next. whole
// says that this instruction writes all of the output; otherwise nothing is fused. The caller sets where the output is.
func (c *compiler) flipBehind(n *core.Node, whole bool) flipBehind {
	f := flipBehind{buffer: -1}
	for _, u := range c.users[n.Out(0)] {
		if _, ok := u.Op().(*pointwise.FlipSign); !ok || !whole {
			continue
		}
		if f.variant == nil {
			f.variant, f.buffer = elementwise.Choose(c.isas, elementwise.Flip), c.newBuffer(u.Outputs()[0])
		}
		c.skip[u], c.at[u.Out(0)] = true, f.buffer
	}
	return f
}

// run makes the copy of columns [n0,n1) of rows [m0,m1), counted in the order.
func (f *flipBehind) run(r *machine.Worker, m0, m1, n0, n1 int) {
	switch {
	case f.variant == nil || m0 >= m1 || n0 >= n1:
	case f.order != nil:
		for region := range f.order.Within(m0, m1) {
			for m := range region.All() {
				f.copy(r, m*f.columns+n0, n1-n0)
			}
		}
	case n1-n0 == f.columns: // the rows are contiguous
		f.copy(r, m0*f.columns, (m1-m0)*f.columns)
	default:
		for m := m0; m < m1; m++ {
			f.copy(r, m*f.columns+n0, n1-n0)
		}
	}
}

// copy makes the copy of n bytes.
func (f *flipBehind) copy(r *machine.Worker, at, n int) {
	f.variant.Run(r.Mem[f.buffer][at:], r.Mem[f.src][at:], nil, n, nil)
}

// groupOffsets returns the offsets of group g, which are set when the arena has been planned.
func (c *compiler) groupOffsets(m *integerProduct, s gemm.Spec, g int) *[]int32 {
	return c.offsets(m.node, s.CheckOffsets, func() []int32 { return moved(m.offsets(), g*m.step) })
}

// productGrid divides a product into rectangles of rows and panels.
type productGrid struct {
	machine.Grid         // its columns are blocks of panels
	panels, together int // in all, in a block
}

// Part returns the rows and panels of a part, see Instruction.Run.
func (g *productGrid) Part(part, parts int) (row0, row1, panel0, panel1 int) {
	row0, row1, block0, block1 := g.Grid.Part(part, parts)
	return row0, row1, block0 * g.together, min(block1*g.together, g.panels)
}

// dividedProduct divides a product of rows and panels of columns. As long as there are enough rows for each thread,
// they are divided, so that a thread works on the same part of the images from one product to the next. With many
// weights, a block of rows has several tiles, for which the weights are read once. A part's panels are a multiple of
// those that are computed together, or of fewer where rows alone are too few to be divided.
func (c *compiler) dividedProduct(rows, panels, together, tile, weightBytes int) productGrid {
	const fewRows, manyRows, manyWeights = 12, 48, 64 << 10
	if rows < 2*tile*c.threads {
		together = min(together, (panels+c.threads-1)/c.threads)
	}
	least := max(fewRows, 2*tile)
	if weightBytes > manyWeights {
		least = max(manyRows, 2*tile)
	}
	blocks := (panels + together - 1) / together
	return productGrid{machine.NewGrid(c.threads, rows, blocks, tile, least), panels, together}
}
