package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
)

// This file lowers products whose kernels store accumulators: their weights have zero points or are computed, or the
// kernels' chain has not all of their post-ops.

// lowerAccumulators appends products that compute raw accumulators, followed by the post-ops. If the weights have
// zero points z, z times the sum of the data must still be subtracted: the sum is computed by one more column or, with
// groups, z times the sum by a product with rows of z.
func (c *compiler) lowerAccumulators(m *integerProduct) error {
	w := m.weights
	a := product.Accumulators{Rows: m.rows, Columns: w.Columns, Stride: w.Columns, RowSums: -1, Less: -1}
	sums := func(w product.Weights) (acc int, err error) {
		acc = c.newScratch(m.rows * w.Columns * 4)
		for g := range m.groups {
			if err := c.lowerGroup(m, w.Group(g, m.groups), product.Raw(), acc, w.Columns, g); err != nil {
				return 0, err
			}
		}
		return acc, nil
	}
	var err error
	switch {
	case w.Zeros == nil:
	case m.groups > 1:
		if a.Less, err = sums(w.ZeroRows()); err != nil {
			return err
		}
		w.Zeros = nil
	default:
		w = w.WithOnes()
		a.Stride, a.RowSums, a.Zeros = w.Columns, a.Columns, w.Zeros
	}
	if a.Buffer, err = sums(w); err != nil {
		return err
	}
	return c.lowerPostOps(m.node, a, nil)
}

// runWeights are the weights of a run, packed.
type runWeights struct {
	product.RunWeights
	packed *gemm.Packed
}

// lowerComputedProduct appends an instruction that packs the weights in each run, the product that computes
// raw accumulators and the sums of the data, and the post-ops.
func (c *compiler) lowerComputedProduct(m *integerProduct, w product.ComputedWeights) error {
	n, columns := m.node, w.Columns+1
	spec := gemm.Spec{N: columns, Taps: m.taps, TapBytes: m.tapBytes}
	variant := gemm.Choose(c.isas, spec, gemm.Grid{})
	empty, err := gemm.Pack(variant, spec, make([]int8, w.Products*columns), nil)
	if err != nil {
		return c.locate(err)
	}
	state := c.newState(func() any { return &runWeights{RunWeights: w.New()} })
	values, zeros, padding := c.buffer(n.Inputs()[1]), c.buffer(n.Inputs()[3]), m.padding
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{values, zeros, m.zero.buffer}, Writes: []int{padding},
		Run: func(r *machine.Worker, _, _ int) (err error) {
			s, zero := r.State[state].(*runWeights), m.zero.get(r.Run)
			w.Fill(s.RunWeights, r.Mem[values], r.Mem[zeros], zero)
			if padding >= 0 {
				machine.Fill(r.Mem[padding][:cap(r.Mem[padding])], byte(zero))
			}
			s.packed, err = gemm.Pack(variant, spec, s.Values, s.Start)
			return err
		},
	})
	scratch, acc := c.newThreadScratch(empty.Scratch()), c.newScratch(bounds.Product(m.rows, columns, 4))
	offsets := c.groupOffsets(m, spec, 0)
	divided := c.dividedProduct(m.rows, empty.Panels(), empty.Together(), variant.MR, w.Products*w.Columns)
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: divided.Parts(), Operations: machine.Operations(n),
		Reads: m.reads, Writes: []int{acc}, Scratch: scratch.buffers(),
		Run: func(r *machine.Worker, part, parts int) error {
			packed := r.State[state].(*runWeights).packed
			a := gemm.Args{
				A: r.Arena, Offsets: *offsets, C: r.Mem[acc], LDC: 4 * columns, Scratch: scratch.of(r),
			}
			m0, m1, p0, p1 := divided.Part(part, parts)
			packed.Run(&a, m0, m1, p0, p1)
			return nil
		},
	})
	a := product.Accumulators{
		Buffer: acc, Rows: m.rows, Columns: w.Columns, Stride: columns, RowSums: w.Columns, Less: -1,
	}
	return c.lowerPostOps(n, a, func(r *machine.Run) []int32 { return r.State[state].(*runWeights).Zeros })
}

// lowerPostOps appends the instruction that applies the post-ops of a node to accumulators. zeros returns the zero
// points of a run; it is nil if they are constant. If some operand cannot be read as float32, the reference computes
// the list.
func (c *compiler) lowerPostOps(n *core.Node, a product.Accumulators, zeros func(*machine.Run) []int32) error {
	posts, operands := product.PostOpsOf(n)
	if !product.Loadable(posts, operands) {
		return c.lowerByReference(n, a, zeros)
	}
	var inputs []product.Input
	for _, v := range operands {
		inputs = append(inputs, product.Input{
			Buffer: c.buffer(v), Type: v.Type(), Elements: v.Shape().MustElements(),
			Channels: product.ChannelsOf(n.Outputs()[0].Shape, a.Columns),
		})
	}
	c.emitPostOps(n, product.NewPostOps(c.isas, a, posts, inputs, c.newOutput(n.Out(0))), zeros)
	return nil
}

// emitPostOps appends the instruction that applies post-ops to accumulators, which is divided by rows or columns.
func (c *compiler) emitPostOps(n *core.Node, p *product.PostOps, zeros func(*machine.Run) []int32) {
	scratch := c.newThreadScratch(product.PostOpsScratch)
	divided := machine.NewGrid(c.threads, p.Rows, p.Columns, 1, 1)
	c.emit(machine.Instruction{
		Node: n, Kernel: "post-ops", Splits: true, MostParts: divided.Parts(),
		Reads: p.Reads(), Writes: []int{p.Out}, Scratch: scratch.buffers(),
		Run: func(r *machine.Worker, part, parts int) error {
			var points []int32
			if zeros != nil {
				points = zeros(r.Run)
			}
			m0, m1, n0, n1 := divided.Part(part, parts)
			p.Run(r.Mem, scratch.of(r), points, m0, m1, n0, n1)
			return nil
		},
	})
}

// lowerByReference appends an instruction that runs the reference of a node's post-ops, undivided.
func (c *compiler) lowerByReference(n *core.Node, a product.Accumulators, zeros func(*machine.Run) []int32) error {
	acc := a.Buffer
	if a.Stride != a.Columns || a.Less >= 0 { // the accumulators of more than one product
		acc = c.newScratch(a.Rows * a.Columns * 4)
		c.emitPostOps(n, product.NewPostOps(c.isas, a, nil, nil, acc), zeros)
	}
	posts, operands := product.PostOpsOf(n)
	op := &linear.ApplyPostOps{PostOps: posts, Layout: geometry.NHWC}
	in := append([]int{acc}, c.buffersOf(operands)...)
	result := slices.Clone(n.Outputs())
	if len(result[0].Shape) == 0 { // the op needs an axis of channels
		result[0].Shape = core.Shape{1}
	}
	facts := append([]core.Fact{{Type: core.I32, Shape: result[0].Shape}}, core.FactsOf(operands)...)
	out := []int{c.newOutput(n.Out(0))}
	ins, outs := c.newOperands(len(in)), c.newOperands(len(out))
	c.emit(machine.Instruction{
		Node: n, Kernel: "post-ops", Reads: in, Writes: out,
		Run: func(r *machine.Worker, _, _ int) error {
			x, err := r.Operands(ins, in, facts)
			if err != nil {
				return err
			}
			y, err := r.Operands(outs, out, result)
			if err != nil {
				return err
			}
			return op.Eval(x, y)
		},
	})
	return nil
}
