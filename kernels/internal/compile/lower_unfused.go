package compile

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// unfused is a list of post-ops that is not fused into a kernel: it is applied to accumulators in a buffer.
type unfused struct {
	node          *core.Node
	acc           int // the buffer of the accumulators, [rows][stride]
	rows, columns int
	stride        int
	rowSums       int                          // the column of acc with the sums of the data; -1 for none
	zeros         []int32                      // with rowSums: zeros[column] * row sum is subtracted from acc
	computedZeros func(r *machine.Run) []int32 // returns the zero points if they are not constant
	less          int                          // the buffer to subtract from acc, [rows][stride]; -1 for none
	posts         []postop.Step
	operands      []core.Value

	inputs    [][]unfusedInput       // the operands of each post-op
	functions []*elementwise.Variant // the primitive of each post-op that is an activation and has one
	numbers   []elementwise.Numbers  // those of each post-op, for its primitive
	one       elementwise.Numbers    // a scale of 1
	out       core.Fact
	dst       int
	scratch   int

	real, add, multiply, clamp, round, whole, quantize *elementwise.Variant
}

// unfusedInput is an operand of a post-op.
type unfusedInput struct {
	buffer   int
	typ      core.Type
	elements int // 1, the number of channels, or the number of elements of the output
	channels int
}

// unfusedBlock is how many elements are taken through all steps at a time.
const unfusedBlock = 1024

// unfusedScratch is how many bytes of scratch each thread needs: for accumulators, values and two operands.
const unfusedScratch = 4 * 4 * unfusedBlock

// lowerUnfused appends the instruction of the post-ops, which is divided by rows or columns. If it cannot read some
// operand, the reference computes the list.
func (c *compiler) lowerUnfused(u *unfused) error {
	u.out = u.node.Outputs()[0]
	if !u.loadable() {
		return c.lowerByReference(u)
	}
	operands := u.operands
	reads := append(c.buffersOf(operands), u.acc, u.less)
	for _, p := range u.posts {
		var in []unfusedInput
		for range p.Operands() {
			v := operands[0]
			operands = operands[1:]
			in = append(in, unfusedInput{c.buffer(v), v.Type(), v.Shape().MustElements(), channelsOf(u.out.Shape, u.columns)})
		}
		u.inputs = append(u.inputs, in)
	}
	u.dst = c.newOutput(u.node.Out(0))
	node := u.node
	u.node, u.operands = nil, nil
	u.prepare(c)
	divided := machine.NewGrid(c.threads, u.rows, u.columns, 1, 1)
	c.emit(machine.Instruction{
		Node: node, Kernel: "post-ops", Splits: true, MostParts: divided.Parts(),
		Reads: reads, Writes: []int{u.dst}, Scratch: []int{u.scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			m0, m1, n0, n1 := divided.Part(part, parts)
			u.run(r, m0, m1, n0, n1)
			return nil
		},
	})
	return nil
}

// prepare chooses the primitives of the steps, and their numbers.
func (u *unfused) prepare(c *compiler) {
	u.scratch = c.newScratch(productOf(c.threads, unfusedScratch))
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(c.isas, p) }
	u.real, u.add, u.multiply = choose(elementwise.ConvertI32), choose(elementwise.Add), choose(elementwise.Multiply)
	u.clamp, u.round, u.whole = choose(elementwise.Clamp), choose(elementwise.RoundEven), choose(elementwise.ToI32)
	u.quantize, u.one = choose(elementwise.Quantize), elementwise.Numbers{Scale: 1}
	inf := float32(math.Inf(1))
	for _, p := range u.posts {
		n := elementwise.Numbers{Scale: 1, Hi: inf}
		var function *elementwise.Variant
		if a, ok := match.Activation(p.Activation); ok && p.Kind == postop.Activation {
			function, n.Scale = choose(a), p.Alpha
		}
		u.functions = append(u.functions, function)
		switch {
		case p.Kind == postop.Activation && p.Activation == numeric.Relu6:
			n.Hi = 6
		case p.Kind == postop.RoundSaturate:
			n.Lo = float32(p.Lo)
			if p.Hi < math.MaxInt32 { // else the conversion to integers saturates
				n.Hi = float32(p.Hi)
			}
		}
		u.numbers = append(u.numbers, n)
	}
}

// areExact reports whether float32 holds the bounds of a RoundSaturate. The upper one may also be the largest i32.
func areExact(p *postop.Step) bool {
	return int64(float32(p.Lo)) == p.Lo && (p.Hi == math.MaxInt32 || int64(float32(p.Hi)) == p.Hi)
}

// loadable reports whether reading all operands as float32 makes no difference.
func (u *unfused) loadable() bool {
	operands := u.operands
	for _, p := range u.posts {
		if p.Kind > postop.RoundSaturate { // a kind that this file does not know
			return false
		}
		for range p.Operands() {
			t := operands[0].Type()
			operands = operands[1:]
			if !machine.Loadable(t) || p.Kind == postop.RoundSaturate && (t == core.I32 || t == core.U32 || t == core.F64) {
				return false
			}
		}
	}
	return true
}

// run applies the post-ops to columns [n0,n1) of rows [m0,m1).
func (u *unfused) run(r *machine.Worker, m0, m1, n0, n1 int) {
	zeros := u.zeros
	if u.computedZeros != nil {
		zeros = u.computedZeros(r.Run)
	}
	tmp := r.Mem[u.scratch][r.Thread*unfusedScratch:][:unfusedScratch]
	all := func(first, end int) {
		for ; first < end; first += unfusedBlock {
			u.block(r.Run, tmp, zeros, first, min(unfusedBlock, end-first))
		}
	}
	if n1-n0 == u.columns {
		all(m0*u.columns, m1*u.columns)
		return
	}
	for m := m0; m < m1; m++ {
		all(m*u.columns+n0, m*u.columns+n1)
	}
}

// accumulators returns n accumulators from element at on. They are in tmp if something is subtracted from them, or if
// they do not lie one after the other.
func (u *unfused) accumulators(r *machine.Run, tmp []byte, zeros []int32, at, n int) []byte {
	if u.stride == u.columns && u.rowSums < 0 && u.less < 0 {
		return r.Mem[u.acc][4*at:][:4*n]
	}
	acc, all := machine.View[int32](r.Mem[u.acc]), machine.View[int32](tmp)
	for i := 0; i < n; {
		m, first := (at+i)/u.columns, (at+i)%u.columns
		row, q := acc[m*u.stride:][:u.stride], all[i:min(n, i+u.columns-first)]
		copy(q, row[first:])
		if u.rowSums >= 0 {
			sum := row[u.rowSums]
			for i, z := range zeros[first:][:len(q)] {
				q[i] -= z * sum
			}
		}
		if u.less >= 0 {
			for i, v := range machine.View[int32](r.Mem[u.less])[m*u.stride+first:][:len(q)] {
				q[i] -= v
			}
		}
		i += len(q)
	}
	return tmp[:4*n]
}

// block takes n elements, starting at element at, through the steps.
func (u *unfused) block(r *machine.Run, tmp []byte, zeros []int32, at, n int) {
	part := func(i int) []byte { return tmp[4*i*unfusedBlock:][:4*n] }
	q, v, x, s := u.accumulators(r, part(0), zeros, at, n), part(1), part(2), part(3)
	if len(u.posts) == 0 {
		copy(r.Mem[u.dst][4*at:], q)
		return
	}
	u.real.Run(v, q, nil, n, &u.one)
	for i := range u.posts {
		p, in := &u.posts[i], u.inputs[i]
		switch p.Kind {
		case postop.Add:
			u.add.Run(v, v, in[0].load(r, x, at), n, nil)
		case postop.Mul:
			u.multiply.Run(v, v, in[0].load(r, x, at), n, nil)
		case postop.MulAdd:
			fuse(v, in[0].load(r, x, at), in[1].load(r, s, at), v)
		case postop.Linear:
			fuse(v, v, in[0].load(r, s, at), in[1].load(r, x, at))
		case postop.Activation:
			u.activate(i, v)
		case postop.RoundSaturate:
			var zeros []float32
			if p.ZeroPoint {
				zeros = machine.View[float32](in[0].load(r, x, at))
			}
			u.saturate(r, i, v, zeros, at)
			return
		}
	}
	copy(r.Mem[u.dst][4*at:], v)
}

// fuse stores x*y + z, rounded once.
func fuse(to, x, y, z []byte) {
	a, b, c := machine.View[float32](x), machine.View[float32](y), machine.View[float32](z)
	for i := range machine.View[float32](to) {
		machine.View[float32](to)[i] = numeric.FMA32(a[i], b[i], c[i])
	}
}

// load returns the operand's values from element at on, as float32; they may be in to.
func (in *unfusedInput) load(r *machine.Run, to []byte, at int) []byte {
	mem, values := r.Mem[in.buffer], machine.View[float32](to)
	switch in.elements {
	case 1:
		machine.LoadFloats(values[:1], in.typ, mem, 0)
		machine.Fill(values, values[0])
	case in.channels:
		first := at % in.channels
		period := values[:min(in.channels, len(values))]
		head := period[:min(in.channels-first, len(period))]
		machine.LoadFloats(head, in.typ, mem, first)
		machine.LoadFloats(period[len(head):], in.typ, mem, 0)
		movement.Repeat(to, to[:4*len(period)])
	default:
		if in.typ == core.F32 {
			return mem[4*at:][:len(to)]
		}
		machine.LoadFloats(values, in.typ, mem, at)
	}
	return to
}

// activate applies post-op i, an activation, to values in place.
func (u *unfused) activate(i int, values []byte) {
	f := u.functions[i]
	if a := u.posts[i].Activation; a == numeric.Relu || a == numeric.Relu6 {
		f = u.clamp
	}
	if f != nil { // else it is the identity
		f.Run(values, values, nil, len(values)/4, &u.numbers[i])
	}
}

// saturate applies post-op i, a RoundSaturate with zero points, which may be nil, and stores the integers in the
// output, starting at element at.
func (u *unfused) saturate(r *machine.Run, i int, values []byte, zeros []float32, at int) {
	p, n := &u.posts[i], len(values)/4
	size := 1
	if p.Type == core.I32 {
		size = 4
	}
	out := r.Mem[u.dst][size*at:][:size*n]
	switch {
	case zeros != nil || p.Round != numeric.RoundNearestTowardEven || !areExact(p):
		for i, x := range machine.View[float32](values) {
			y := p.Round.Round(float64(x))
			if zeros != nil {
				y += float64(zeros[i])
			}
			if whole := numeric.Saturate(y, p.Lo, p.Hi); size == 1 {
				out[i] = byte(whole)
			} else {
				machine.View[int32](out)[i] = int32(whole)
			}
		}
	case size == 1:
		u.quantize.Run(out, values, nil, n, &u.numbers[i])
	default:
		u.clamp.Run(values, values, nil, n, &u.numbers[i])
		u.round.Run(values, values, nil, n, nil)
		u.whole.Run(out, values, nil, n, nil)
	}
}

// lowerByReference appends an instruction that runs the reference of the list, undivided.
func (c *compiler) lowerByReference(u *unfused) error {
	n := u.node
	acc := u.acc
	if u.stride != u.columns || u.less >= 0 { // the accumulators of more than one product
		raw := &unfused{
			node: n, acc: acc, rows: u.rows, columns: u.columns, stride: u.stride, rowSums: u.rowSums,
			zeros: u.zeros, computedZeros: u.computedZeros, less: u.less,
		}
		raw.dst = c.newScratch(u.rows * u.columns * 4)
		raw.prepare(c)
		acc = raw.dst
		c.emit(machine.Instruction{
			Node: n, Kernel: "post-ops", Reads: []int{u.acc, u.less}, Writes: []int{raw.dst}, Scratch: []int{raw.scratch},
			Run: func(r *machine.Worker, _, _ int) error {
				raw.run(r, 0, raw.rows, 0, raw.columns)
				return nil
			},
		})
	}
	op := &linear.ApplyPostOps{PostOps: u.posts, Layout: geometry.NHWC}
	in := append([]int{acc}, c.buffersOf(u.operands)...)
	result := slices.Clone(n.Outputs())
	if len(result[0].Shape) == 0 { // the op needs an axis of channels
		result[0].Shape = core.Shape{1}
	}
	facts := append([]core.Fact{{Type: core.I32, Shape: result[0].Shape}}, core.FactsOf(u.operands)...)
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
