package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// matmul is an indirect matrix product to be lowered: rows of u8 data with a zero
// point times constant weights.
type matmul struct {
	node     *core.Node
	rows     int // M: output rows (pixels)
	taps     int // runs of bytes that one row multiplies
	tapBytes int // bytes of one run
	weights  weights
	zero     zeroPoint // the data's
	padding  int       // the buffer of a run of zero points, if that is computed, else -1
	posts    []postop.Step
	operands []core.Value
	// offsets returns, once the arena is planned, where in the arena the runs of
	// each row begin: [rows][taps].
	offsets func() []int32
	reads   []int // the buffers that the offsets point into

	groups int // how many products have their columns side by side in one output
	step   int // bytes from the data of one of them to that of the next
}

// unsignedData returns the buffer of the data of an IntegerConvolution or IntegerDot as
// unsigned bytes in the arena, and its zero point.
func (c *compiler) unsignedData(n *core.Node) (src int, zero zeroPoint) {
	zero = zeroPointOf(n)
	if data := n.Inputs()[0]; data.Type() == core.I8 {
		src = c.flipped(n, c.buffer(data))
	} else {
		src = c.bufferInArena(data)
	}
	if zero.computed() {
		zero.buffer = c.buffer(n.Inputs()[2])
	}
	return src, zero
}

// lowerMatmul appends the instructions of the products of all groups and of their post-ops.
func (c *compiler) lowerMatmul(m *matmul) error {
	out := m.node.Outputs()[0]
	N := m.weights.columns
	if m.weights.zeros != nil {
		return c.lowerAccumulators(m)
	}
	epilogues := make([]epilogue, m.groups)
	for g := range epilogues {
		var fused bool
		n := N / m.groups
		part := columns{g * n, n, channelsOf(out.Shape, N)}
		if epilogues[g], fused = matchEpilogue(m.posts, m.operands, out, part); !fused {
			return c.lowerAccumulators(m)
		}
	}
	dst := c.newOutput(m.node.Out(0))
	for g := range epilogues {
		if err := c.lowerProduct(m, m.weights.group(g, m.groups), &epilogues[g], dst, N, g); err != nil {
			return err
		}
	}
	return nil
}

// lowerAccumulators appends products that give raw accumulators, and the post-ops behind
// them. Where the weights have zero points z, there remains to subtract z times the sum
// of the data: the sum is one more column; with groups, the product with rows of z.
func (c *compiler) lowerAccumulators(m *matmul) error {
	N := m.weights.columns
	f := unfused{
		node: m.node, rows: m.rows, columns: N, stride: N, rowSums: -1, less: -1, posts: m.posts, operands: m.operands,
	}
	raw := &epilogue{Epilogue: gemm.Epilogue{Out: gemm.S32}}
	product := func(w weights) (acc int, err error) {
		acc = c.newScratch(m.rows * w.columns * 4)
		for g := range m.groups {
			if err := c.lowerProduct(m, w.group(g, m.groups), raw, acc, w.columns, g); err != nil {
				return 0, err
			}
		}
		return acc, nil
	}
	w := m.weights
	var err error
	switch {
	case w.zeros == nil:
	case m.groups > 1:
		if f.less, err = product(w.zeroRows()); err != nil {
			return err
		}
		w.zeros = nil
	default:
		w = w.withOnes()
		f.stride, f.rowSums, f.zeros = w.columns, N, m.weights.zeros
	}
	if f.acc, err = product(w); err != nil {
		return err
	}
	return c.lowerUnfused(&f)
}

// lowerProduct packs weights and appends the instructions of group g, whose columns
// are in a buffer with stride columns in all.
func (c *compiler) lowerProduct(m *matmul, w weights, e *epilogue, dst, stride, g int) error {
	n := m.node
	spec := gemm.Spec{N: w.columns, Taps: m.taps, TapBytes: m.tapBytes, Epilogue: e.Epilogue}
	variant := gemm.Choose(c.isas, spec)
	k := e.addTo(m.zero.addTo(share.NewKey(variant.Name).Text(w.key.String())).Numbers(m.taps, m.tapBytes))
	product, err := packed(c, k, func() (*gemm.Packed, []int32, error) {
		start, slope := w.starts(m.zero)
		p, err := gemm.Pack(variant, spec, w.values(), start)
		return p, slope, err
	})
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	packed := product.packed
	operands := prepare(c, operandSet[*gemm.Operands]{
		node: n, computed: e.computed, zero: m.zero, slope: product.slope,
		new: packed.NewOperands, set: packed.Set, setInit: packed.SetInit,
	}, m.padding)
	scratch := c.newScratch(packed.Scratch() * c.threads)
	sum := -1
	if e.Sum != gemm.NoSum {
		sum = c.buffer(e.sum)
	}
	offsets := c.matmulOffsets(m, spec, g)
	size, first, rows, columns := e.Out.Size(), g*w.columns, m.rows, w.columns
	perThread, sumSize := packed.Scratch(), e.Sum.Size()
	flip := c.flipBehind(n, m.groups == 1 && e.Out.Size() == 1)
	reads, writes := append(slices.Clone(m.reads), sum), []int{dst, flip.buffer}
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n) / int64(m.groups),
		Reads: reads, Writes: writes, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			a := gemm.Args{
				A: r.Arena, Offsets: *offsets, C: r.Mem[dst][first*size:], LDC: stride * size, Operands: operands(r.Run),
				Scratch: r.Mem[scratch][r.Thread*perThread : (r.Thread+1)*perThread],
			}
			if sum >= 0 {
				a.Sum, a.LDSum = r.Mem[sum][first*sumSize:], stride*sumSize
			}
			m0, m1, p0, p1 := split(rows, packed.Panels(), variant.MR, part, parts)
			packed.Run(&a, m0, m1, p0, p1)
			flip.run(r, dst, columns, m0, m1, p0*variant.NR, min(p1*variant.NR, columns))
			return nil
		},
	})
	return nil
}

// flipBehind is a copy of a product's bytes with the other sign, made while they are in the
// cache.
type flipBehind struct {
	variant *elementwise.Variant // nil: there is none
	buffer  int                  // -1 then
}

// flipBehind takes in the FlipSign nodes that read the output of a node, if the
// instruction that is appended next writes all of it.
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

// run copies columns [n0,n1) of rows [m0,m1).
func (f *flipBehind) run(r *machine.Worker, src, columns, m0, m1, n0, n1 int) {
	if f.variant == nil || m0 >= m1 || n0 >= n1 {
		return
	}
	if n1-n0 == columns { // rows without a gap
		m0, m1, n0, n1, columns = 0, 1, m0*columns, m1*columns, 0
	}
	for m := m0; m < m1; m++ {
		at := m*columns + n0
		f.variant.Run(r.Mem[f.buffer][at:], r.Mem[src][at:], nil, n1-n0, nil)
	}
}

// matmulOffsets returns the offsets of group g, which are there once the arena is planned.
func (c *compiler) matmulOffsets(m *matmul, s gemm.Spec, g int) *[]int32 {
	return c.offsets(m.node, s.CheckOffsets, func() []int32 { return moved(m.offsets(), g*m.step) })
}

// split gives each part a range of rows or, where there are few tiles of rows, a
// range of panels.
func split(rows, panels, mr, part, parts int) (m0, m1, p0, p1 int) {
	tiles := (rows + mr - 1) / mr
	if tiles >= 8*parts || tiles >= panels {
		return min(part*tiles/parts*mr, rows), min((part+1)*tiles/parts*mr, rows), 0, panels
	}
	return 0, rows, part * panels / parts, (part + 1) * panels / parts
}
