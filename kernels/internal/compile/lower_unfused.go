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

	inputs    [][]unfusedInput  // the operands of each post-op
	functions []unfusedFunction // the activation of each post-op
	out       core.Fact
	dst       int
	values    int // a buffer of unfusedBlock float32 for each thread
}

// unfusedInput is an operand of a post-op.
type unfusedInput struct {
	buffer   int
	typ      core.Type
	elements int // 1, the number of channels, or the number of elements of the output
	channels int
}

// unfusedFunction is an activation; variant is nil unless it has a primitive.
type unfusedFunction struct {
	variant *elementwise.Variant
	numbers elementwise.Numbers
}

// unfusedBlock is how many columns are taken through all steps at a time.
const unfusedBlock = 256

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
		f := unfusedFunction{numbers: elementwise.Numbers{Scale: p.Alpha}}
		if a, ok := match.Activation(p.Activation); ok && p.Kind == postop.Activation {
			f.variant = elementwise.Choose(c.isas, a)
		}
		u.functions = append(u.functions, f)
	}
	u.dst, u.values = c.newOutput(u.node.Out(0)), c.unfusedValues()
	node := u.node
	u.node, u.operands = nil, nil
	c.emit(machine.Instruction{
		Node: node, Kernel: "post-ops", Splits: true, Reads: reads, Writes: []int{u.dst}, Scratch: []int{u.values},
		Run: func(r *machine.Worker, part, parts int) error {
			if u.rows >= parts {
				u.run(r, part*u.rows/parts, (part+1)*u.rows/parts, 0, u.columns)
			} else {
				u.run(r, 0, u.rows, part*u.columns/parts, (part+1)*u.columns/parts)
			}
			return nil
		},
	})
	return nil
}

// unfusedValues returns a new buffer for an unfused's values.
func (c *compiler) unfusedValues() int { return c.newScratch(productOf(c.threads, 4*unfusedBlock)) }

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
	acc, zeros := machine.View[int32](r.Mem[u.acc]), u.zeros
	if u.computedZeros != nil {
		zeros = u.computedZeros(r.Run)
	}
	var raw [unfusedBlock]int32
	var operand, scale [unfusedBlock]float32
	values := machine.View[float32](r.Mem[u.values])[r.Thread*unfusedBlock:]
	for m := m0; m < m1; m++ {
		row := acc[m*u.stride:][:u.stride]
		for n := n0; n < n1; n += unfusedBlock {
			width := min(unfusedBlock, n1-n)
			q := raw[:width]
			copy(q, row[n:])
			if u.rowSums >= 0 {
				sum := row[u.rowSums]
				for i, z := range zeros[n:][:width] {
					q[i] -= z * sum
				}
			}
			if u.less >= 0 {
				for i, v := range machine.View[int32](r.Mem[u.less])[m*u.stride+n:][:width] {
					q[i] -= v
				}
			}
			u.block(r.Run, m, n, q, values[:width], operand[:width], scale[:width])
		}
	}
}

// block takes the columns of row m from n on, whose accumulators are q, through the steps. v, x and s are scratch.
func (u *unfused) block(r *machine.Run, m, n int, q []int32, v, x, s []float32) {
	at := m*u.columns + n
	if len(u.posts) == 0 {
		copy(machine.View[int32](r.Mem[u.dst])[at:], q)
		return
	}
	for i, a := range q {
		v[i] = float32(a)
	}
	for i := range u.posts {
		p, in := &u.posts[i], u.inputs[i]
		switch p.Kind {
		case postop.Add:
			for i, y := range in[0].load(r, x, m, n, u.columns) {
				v[i] += y
			}
		case postop.Mul:
			for i, y := range in[0].load(r, x, m, n, u.columns) {
				v[i] = float32(v[i] * y)
			}
		case postop.MulAdd:
			in[0].load(r, x, m, n, u.columns)
			in[1].load(r, s, m, n, u.columns)
			for i, y := range x {
				v[i] = numeric.FMA32(y, s[i], v[i])
			}
		case postop.Linear:
			in[0].load(r, s, m, n, u.columns)
			in[1].load(r, x, m, n, u.columns)
			for i, y := range x {
				v[i] = numeric.FMA32(v[i], s[i], y)
			}
		case postop.Activation:
			u.activate(i, v)
		case postop.RoundSaturate:
			var zeros []float32
			if p.ZeroPoint {
				zeros = in[0].load(r, x, m, n, u.columns)
			}
			u.saturate(r, p, v, zeros, at)
			return
		}
	}
	copy(machine.View[float32](r.Mem[u.dst])[at:], v)
}

// load returns the operand's values for the columns of row m from n on.
func (in *unfusedInput) load(r *machine.Run, to []float32, m, n, columns int) []float32 {
	mem := r.Mem[in.buffer]
	switch in.elements {
	case 1:
		machine.LoadFloats(to[:1], in.typ, mem, 0)
		for i := range to {
			to[i] = to[0]
		}
	case in.channels:
		for i := 0; i < len(to); {
			at := (n + i) % in.channels
			width := min(in.channels-at, len(to)-i)
			machine.LoadFloats(to[i:i+width], in.typ, mem, at)
			i += width
		}
	default:
		machine.LoadFloats(to, in.typ, mem, m*columns+n)
	}
	return to
}

// activate applies the activation of post-op i to v in place.
func (u *unfused) activate(i int, v []float32) {
	p, f := &u.posts[i], &u.functions[i]
	switch {
	case f.variant != nil:
		b := machine.Bytes(v)
		f.variant.Run(b, b, nil, len(v), &f.numbers)
	case p.Activation == numeric.Relu, p.Activation == numeric.Relu6:
		hi := float32(math.Inf(1))
		if p.Activation == numeric.Relu6 {
			hi = 6
		}
		for i, x := range v {
			if x = max(x, 0); x != x { // max has no branches and keeps NaN
				x = 0
			}
			v[i] = min(x, hi)
		}
	}
}

// saturate rounds v, adds the zero points, which may be nil, and stores the saturated integers in the output, starting
// at element at.
func (u *unfused) saturate(r *machine.Run, p *postop.Step, v, zeros []float32, at int) {
	store := func(i int, x int64) { machine.View[int32](r.Mem[u.dst])[at+i] = int32(x) }
	if p.Type != core.I32 {
		out := r.Mem[u.dst][at:]
		if zeros == nil && p.Round == numeric.RoundNearestTowardEven {
			toBytes(out, v, float32(p.Lo), float32(p.Hi))
			return
		}
		store = func(i int, x int64) { out[i] = byte(x) }
	} else if zeros == nil && p.Round == numeric.RoundNearestTowardEven {
		toWords(machine.View[int32](r.Mem[u.dst])[at:], v, float64(p.Lo), float64(p.Hi))
		return
	}
	for i, x := range v {
		y := p.Round.Round(float64(x))
		if zeros != nil {
			y += float64(zeros[i])
		}
		store(i, numeric.Saturate(y, p.Lo, p.Hi))
	}
}

// toBytes rounds half to even and saturates; NaN becomes lo.
func toBytes(out []byte, v []float32, lo, hi float32) {
	const big = 3 << 22 // a sum with it has no bits for a fraction
	out = out[:len(v)]
	for i, x := range v {
		if x = max(x, lo); x != x {
			x = lo
		}
		out[i] = byte(math.Float32bits(float32(min(x, hi) + big)))
	}
}

// toWords rounds half to even and saturates; NaN becomes lo.
func toWords(out []int32, v []float32, lo, hi float64) {
	out = out[:len(v)]
	for i, x := range v {
		y := max(float64(x), lo)
		if y != y {
			y = lo
		}
		out[i] = int32(math.RoundToEven(min(y, hi)))
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
		raw.dst, raw.values = c.newScratch(u.rows*u.columns*4), c.unfusedValues()
		acc = raw.dst
		c.emit(machine.Instruction{
			Node: n, Kernel: "post-ops", Reads: []int{u.acc, u.less}, Writes: []int{raw.dst}, Scratch: []int{raw.values},
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
