package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// hasOneConstant reports whether a BatchDot multiplies rows by one constant matrix.
func hasOneConstant(n *core.Node) bool {
	b := n.Inputs()[1].Constant()
	return b != nil && !n.Op().(*linear.BatchDot).TransposeA && len(b.Shape()) == 2
}

// lowerComputedDot lowers products of two computed matrices: the second is packed when the program runs. Transposes of
// the operands and of the product that leave the last axis are only other places of rows.
func (c *compiler) lowerComputedDot(n *core.Node, d product.Pairs) (bool, error) {
	if bounds.Product(d.K, d.N) > maxComputed {
		return false, nil
	}
	in := n.Inputs()
	spec := sgemm.Spec{Type: machine.TypeOf(in[0].Type()), N: d.N, Taps: 1, TapNumbers: d.K}
	variant := sgemm.Choose(c.isas, spec)
	a, left := c.firstOfPairs(n, d, variant)
	var turn sgemm.Transposition
	rows, columns := d.K, d.N
	if d.TransposeB {
		rows, columns, turn = d.N, d.K, c.transposition(sgemm.Size(spec.Type))
	}
	second, right := c.matricesOf(in[1], rows, columns)
	b := c.buffer(second)
	if variant.Pairs() {
		right = product.WholeMatrices(second.Shape().MustElements()/(d.K*d.N), rows, columns, variant.NumberSize())
	} else {
		b = c.widened(n, second)
	}
	state := c.newState(func() any {
		packed := make([]sgemm.Streamed, c.threads)
		for i := range packed {
			packed[i] = sgemm.NewStreamed(variant, spec)
		}
		return packed
	})
	target, out := c.targetOf(n, d)
	dst := c.newOutput(target)
	check := func(offsets []int32, size int) error { return sgemm.CheckOffsets(variant, spec, offsets, size) }
	offsets := c.offsets(n, check, func() []int32 {
		all := make([]int32, 0, d.Count()*d.M)
		for _, matrix := range d.First {
			all = append(all, rowOffsets(c.buffers[a].Offset+left.At(matrix), d.M, left.Row)...)
		}
		return all
	})
	run := func(r *machine.Worker, part, parts int) error {
		packed := r.State[state].([]sgemm.Streamed)[r.Thread]
		rows := d.Count() * d.M
		for m, end := part*rows/parts, (part+1)*rows/parts; m < end; {
			pair := m / d.M
			m1 := min((pair+1)*d.M, end)
			weights := r.Mem[b][right.At(d.Second[pair]):]
			to := r.Mem[dst][out.At(pair)+(m-pair*d.M)*out.Row:]
			r.SGemm = sgemm.Args{A: r.Arena, Offsets: (*offsets)[m:], C: to, LDC: out.Row}
			packed.Run(&r.SGemm, sgemm.Rows{Count: m1 - m, Step: 1}, weights, right.Row, turn)
			m = m1
		}
		return nil
	}
	const fewRows = 32 // for which packing the other matrix costs little
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, MostParts: max(d.Count(), d.Count()*d.M/fewRows, c.threads),
		Operations: machine.Operations(n), Reads: []int{a, b}, Writes: []int{dst}, Run: run,
	})
	return true, nil
}

// firstOfPairs returns a buffer in the arena with the first operand's matrices as they are multiplied, and where in it
// they are.
func (c *compiler) firstOfPairs(n *core.Node, d product.Pairs, v *sgemm.Variant) (int, product.Matrices) {
	x := n.Inputs()[0]
	count := x.Shape().MustElements() / (d.M * d.K)
	whole := product.WholeMatrices(count, d.M, d.K, v.NumberSize())
	switch {
	case d.TransposeA:
		size := x.Type().Size()
		turned := c.newScratch(size * x.Shape().MustElements())
		c.emitPermutation(n, core.Shape{count, d.K, d.M}, []int{0, 2, 1}, size, c.buffer(x), turned)
		if x.Type() == core.BF16 && !v.Pairs() {
			turned = c.widenedFactor(n, turned, x.Shape().MustElements(), v, d.K)
		}
		c.buffers[turned].Addressed = true
		return turned, whole
	case x.Type() == core.BF16:
		return c.factor(n, x, v, d.K), whole
	}
	first, m := c.matricesOf(x, d.M, d.K)
	return c.bufferInArena(first), m
}

// matricesOf returns the value in whose buffer the matrices of v are, and where.
func (c *compiler) matricesOf(v core.Value, rows, columns int) (core.Value, product.Matrices) {
	if c.absorbedTranspose(v) {
		m, _, _ := product.RowTranspose(v.Node)
		return v.Node.Inputs()[0], m
	}
	size := sgemm.Size(machine.TypeOf(v.Type())) // bf16 is widened
	return v, product.WholeMatrices(v.Shape().MustElements()/(rows*columns), rows, columns, size)
}

// targetOf returns the value as which the products of a node are stored, and where: that of the transpose that alone
// reads them, or their own.
func (c *compiler) targetOf(n *core.Node, d product.Pairs) (core.Value, product.Matrices) {
	v := n.Out(0)
	if users := c.users[v]; len(users) == 1 {
		if _, m, ok := product.RowTranspose(users[0]); ok && !c.absorbedTranspose(users[0].Out(0)) {
			c.skip[users[0]] = true
			return users[0].Out(0), m
		}
	}
	return v, product.WholeMatrices(d.Count(), d.M, d.N, v.Type().Size())
}

// absorbedTranspose reports whether a value is a transpose that is not computed: all its readers are products of
// computed matrices, which read the rows of the data in other places.
func (c *compiler) absorbedTranspose(v core.Value) bool {
	if _, _, ok := product.RowTranspose(v.Node); !ok || len(c.users[v]) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.users[v], func(u *core.Node) bool {
		op, ok := u.Op().(*linear.BatchDot)
		if !ok || !isNotEmptyDot(u) || hasOneConstant(u) || op.TransposeA {
			return true
		}
		d := product.PairsOf(u)
		return bounds.Product(d.K, d.N) > maxComputed
	})
}

// widened returns a buffer with a value as float32, to which bf16 is converted.
func (c *compiler) widened(n *core.Node, v core.Value) int {
	if v.Type() != core.BF16 {
		return c.buffer(v)
	}
	elements := v.Shape().MustElements()
	b := c.newScratch(bounds.Product(4, elements))
	convert := elementwise.Choose(c.isas, elementwise.ConvertBF16)
	c.emitEach(n, convert, c.buffer(v), b, [2]int{2, 4}, elements, elementwise.Numbers{})
	return b
}

// transposition returns the transposition of matrices of numbers of some bytes.
func (c *compiler) transposition(size int) sgemm.Transposition {
	return movement.Choose(c.isas, size).RunStrided
}

// maxComputed bounds the size of a matrix that each thread packs in each run.
const maxComputed = 1 << 24
