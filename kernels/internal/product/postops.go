package product

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// Accumulators are the sums of a product as int32, [Rows][Stride], and what they lack: their buffers are numbered.
type Accumulators struct {
	Buffer        int
	Rows, Columns int
	Stride        int
	RowSums       int     // the column with the sums of the data; -1 for none
	Zeros         []int32 // with RowSums: Zeros[column] * row sum is subtracted; nil if they come with each run
	Less          int     // the buffer to subtract, [Rows][Stride]; -1 for none
}

// PostOps applies a list of post-ops, none of which is fused into a kernel, to accumulators. It takes a block of
// elements at a time through all of them, with the primitives of elementwise chains.
type PostOps struct {
	Accumulators
	Out int // the buffer of the results

	steps []step
	one   elementwise.Numbers // a scale of 1

	real, add, multiply, clamp, round, whole, quantize *elementwise.Variant
}

// step is a post-op.
type step struct {
	postop.Step
	inputs   []Input
	function *elementwise.Variant // the primitive of an activation that has one
	numbers  elementwise.Numbers  // those of its primitive
}

// Input is an operand of a post-op.
type Input struct {
	Buffer   int
	Type     core.Type
	Elements int // 1, Channels, or the number of elements of the output
	Channels int
}

// postOpsBlock is how many elements are taken through all steps at a time.
const postOpsBlock = 1024

// PostOpsScratch is how many bytes of scratch each thread needs: for accumulators, values and two operands.
const PostOpsScratch = 4 * 4 * postOpsBlock

// Loadable reports whether reading all operands of post-ops as float32 makes no difference, so that PostOps can apply
// them.
func Loadable(posts []postop.Step, operands []core.Value) bool {
	for _, p := range posts {
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

// NewPostOps returns what applies post-ops to accumulators and stores the results in the buffer out. inputs are the
// operands of all post-ops, one after the other.
func NewPostOps(isas isa.Set, a Accumulators, posts []postop.Step, inputs []Input, out int) *PostOps {
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(isas, p) }
	p := &PostOps{
		Accumulators: a, Out: out, one: elementwise.Numbers{Scale: 1},
		real: choose(elementwise.ConvertI32), add: choose(elementwise.Add), multiply: choose(elementwise.Multiply),
		clamp: choose(elementwise.Clamp), round: choose(elementwise.RoundEven), whole: choose(elementwise.ToI32),
		quantize: choose(elementwise.Quantize),
	}
	for _, op := range posts {
		n := op.Operands()
		s := step{Step: op, inputs: inputs[:n], numbers: elementwise.Numbers{Scale: 1, Hi: float32(math.Inf(1))}}
		inputs = inputs[n:]
		if a, ok := match.Activation(op.Activation); ok && op.Kind == postop.Activation {
			s.function, s.numbers.Scale = choose(a), op.Alpha
		}
		switch {
		case op.Kind == postop.Activation && op.Activation == numeric.Relu6:
			s.numbers.Hi = 6
		case op.Kind == postop.RoundSaturate:
			s.numbers.Lo = float32(op.Lo)
			if op.Hi < math.MaxInt32 { // else the conversion to integers saturates
				s.numbers.Hi = float32(op.Hi)
			}
		}
		p.steps = append(p.steps, s)
	}
	return p
}

// Reads returns the buffers that Run reads; -1 stands for none.
func (p *PostOps) Reads() []int {
	buffers := []int{p.Buffer, p.Less}
	for _, s := range p.steps {
		for _, in := range s.inputs {
			buffers = append(buffers, in.Buffer)
		}
	}
	return buffers
}

// Run applies the post-ops to columns [n0,n1) of rows [m0,m1). mem has the buffers by number, scratch PostOpsScratch
// bytes. zeros are the zero points of this run, if Zeros is nil.
func (p *PostOps) Run(mem [][]byte, scratch []byte, zeros []int32, m0, m1, n0, n1 int) {
	if p.Zeros != nil {
		zeros = p.Zeros
	}
	all := func(first, end int) {
		for ; first < end; first += postOpsBlock {
			p.block(mem, scratch, zeros, first, min(postOpsBlock, end-first))
		}
	}
	if n1-n0 == p.Columns {
		all(m0*p.Columns, m1*p.Columns)
		return
	}
	for m := m0; m < m1; m++ {
		all(m*p.Columns+n0, m*p.Columns+n1)
	}
}

// block takes n elements, starting at element at, through the steps.
func (p *PostOps) block(mem [][]byte, tmp []byte, zeros []int32, at, n int) {
	part := func(i int) []byte { return tmp[4*i*postOpsBlock:][:4*n] }
	q, v, x, y := p.accumulators(mem, part(0), zeros, at, n), part(1), part(2), part(3)
	if len(p.steps) == 0 {
		copy(mem[p.Out][4*at:], q)
		return
	}
	p.real.Run(v, q, nil, n, &p.one)
	for i := range p.steps {
		s := &p.steps[i]
		in := s.inputs
		switch s.Kind {
		case postop.Add:
			p.add.Run(v, v, in[0].load(mem, x, at), n, nil)
		case postop.Mul:
			p.multiply.Run(v, v, in[0].load(mem, x, at), n, nil)
		case postop.MulAdd:
			fuse(v, in[0].load(mem, x, at), in[1].load(mem, y, at), v)
		case postop.Linear:
			fuse(v, v, in[0].load(mem, y, at), in[1].load(mem, x, at))
		case postop.Activation:
			p.activate(s, v)
		case postop.RoundSaturate:
			var points []float32
			if s.ZeroPoint {
				points = view.Of[float32](in[0].load(mem, x, at))
			}
			p.saturate(s, mem[p.Out], v, points, at)
			return
		}
	}
	copy(mem[p.Out][4*at:], v)
}

// accumulators returns n accumulators from element at on. They are in tmp if something is subtracted from them, or if
// they do not lie one after the other.
func (p *PostOps) accumulators(mem [][]byte, tmp []byte, zeros []int32, at, n int) []byte {
	if p.Stride == p.Columns && p.RowSums < 0 && p.Less < 0 {
		return mem[p.Buffer][4*at:][:4*n]
	}
	acc, all := view.Of[int32](mem[p.Buffer]), view.Of[int32](tmp)
	for i := 0; i < n; {
		m, first := (at+i)/p.Columns, (at+i)%p.Columns
		row, q := acc[m*p.Stride:][:p.Stride], all[i:min(n, i+p.Columns-first)]
		copy(q, row[first:])
		if p.RowSums >= 0 {
			sum := row[p.RowSums]
			for i, z := range zeros[first:][:len(q)] {
				q[i] -= z * sum
			}
		}
		if p.Less >= 0 {
			for i, v := range view.Of[int32](mem[p.Less])[m*p.Stride+first:][:len(q)] {
				q[i] -= v
			}
		}
		i += len(q)
	}
	return tmp[:4*n]
}

// fuse stores x*y + z, rounded once.
func fuse(to, x, y, z []byte) {
	a, b, c := view.Of[float32](x), view.Of[float32](y), view.Of[float32](z)
	for i := range view.Of[float32](to) {
		view.Of[float32](to)[i] = numeric.FMA32(a[i], b[i], c[i])
	}
}

// load returns the operand's values from element at on, as float32; they may be in to.
func (in *Input) load(mem [][]byte, to []byte, at int) []byte {
	from, values := mem[in.Buffer], view.Of[float32](to)
	switch in.Elements {
	case 1:
		machine.LoadFloats(values[:1], in.Type, from, 0)
		machine.Fill(values, values[0])
	case in.Channels:
		first := at % in.Channels
		period := values[:min(in.Channels, len(values))]
		head := period[:min(in.Channels-first, len(period))]
		machine.LoadFloats(head, in.Type, from, first)
		machine.LoadFloats(period[len(head):], in.Type, from, 0)
		movement.Repeat(to, to[:4*len(period)])
	default:
		if in.Type == core.F32 {
			return from[4*at:][:len(to)]
		}
		machine.LoadFloats(values, in.Type, from, at)
	}
	return to
}

// activate applies an activation to values in place.
func (p *PostOps) activate(s *step, values []byte) {
	f := s.function
	if s.Activation == numeric.Relu || s.Activation == numeric.Relu6 {
		f = p.clamp
	}
	if f != nil { // else it is the identity
		f.Run(values, values, nil, len(values)/4, &s.numbers)
	}
}

// saturate applies a RoundSaturate with zero points, which may be nil, and stores the integers in dst, starting at
// element at.
func (p *PostOps) saturate(s *step, dst, values []byte, zeros []float32, at int) {
	n, size := len(values)/4, 1
	if s.Type == core.I32 {
		size = 4
	}
	out := dst[size*at:][:size*n]
	switch {
	case zeros != nil || s.Round != numeric.RoundNearestTowardEven || !areExact(&s.Step):
		for i, x := range view.Of[float32](values) {
			y := s.Round.Round(float64(x))
			if zeros != nil {
				y += float64(zeros[i])
			}
			if whole := numeric.Saturate(y, s.Lo, s.Hi); size == 1 {
				out[i] = byte(whole)
			} else {
				view.Of[int32](out)[i] = int32(whole)
			}
		}
	case size == 1:
		p.quantize.Run(out, values, nil, n, &s.numbers)
	default:
		p.clamp.Run(values, values, nil, n, &s.numbers)
		p.round.Run(values, values, nil, n, nil)
		p.whole.Run(out, values, nil, n, nil)
	}
}

// areExact reports whether float32 holds the bounds of a RoundSaturate. The upper one may also be the largest i32.
func areExact(p *postop.Step) bool {
	return int64(float32(p.Lo)) == p.Lo && (p.Hi == math.MaxInt32 || int64(float32(p.Hi)) == p.Hi)
}
