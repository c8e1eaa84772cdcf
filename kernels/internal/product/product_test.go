package product

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

func tensor[T core.Element](t *testing.T, s core.Shape, v ...T) *core.Tensor {
	t.Helper()
	x, err := core.TensorOf(s, v)
	require.NoError(t, err)
	return x
}

// input returns a tensor as a constant, or as a value that is computed.
func input(t *testing.T, x *core.Tensor, computed bool) core.Value {
	t.Helper()
	if !computed {
		return core.NewConstant(x)
	}
	v, err := core.Apply(&core.Parameter{Type: x.Type(), Shape: x.Shape()})
	require.NoError(t, err)
	return v
}

// random returns bytes within [lo,hi] of i8 or u8.
func random(t *testing.T, r *rand.Rand, typ core.Type, s core.Shape, lo, hi int) *core.Tensor {
	t.Helper()
	x, err := core.NewTensor(typ, s)
	require.NoError(t, err)
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(lo + r.IntN(hi-lo+1))
	}
	return x
}

// dot is an IntegerDot of 5 rows, and the tensors that it multiplies.
type dot struct {
	node *core.Node
	in   []*core.Tensor // all inputs
	k, n int
}

const rows = 5

// source returns the numbers of the data in unsigned bytes, as kernels read them.
func (d *dot) source() []byte {
	data := make([]byte, rows*d.k+bounds.Slack)
	copy(data, d.in[0].Bytes())
	if d.in[0].Type() == core.I8 {
		for i := range data {
			data[i] ^= 0x80
		}
	}
	return data
}

// multiply runs a packed product on the data. Values of operands that are computed come from the inputs.
func (d *dot) multiply(t *testing.T, w Weights, e *Epilogue) []byte {
	t.Helper()
	zero := ZeroPointOf(d.node)
	start, slope := w.Starts(zero)
	spec := gemm.Spec{N: w.Columns, Taps: 1, TapBytes: d.k, Epilogue: e.Epilogue}
	p, err := gemm.Pack(gemm.Choose(0, spec, gemm.Grid{}), spec, w.Values(), start)
	require.NoError(t, err)
	size := e.Out.Size()
	a := gemm.Args{
		A: d.source(), C: make([]byte, rows*w.Columns*size), LDC: w.Columns * size, Scratch: make([]byte, p.Scratch()),
		Operands: p.NewOperands(),
	}
	for i := range rows {
		a.Offsets = append(a.Offsets, int32(i*d.k))
	}
	if zero.Computed {
		z := zero.Of(d.in[2].Bytes())
		for i := range slope {
			slope[i] *= z
		}
		p.SetInit(a.Operands, slope)
	}
	for _, o := range e.Operands {
		p.Set(a.Operands, o.Which, d.valueOf(t, o.Value).Float32s())
	}
	if e.Sum != gemm.NoSum {
		a.Sum, a.LDSum = d.valueOf(t, e.Summand).Bytes(), w.Columns*e.Sum.Size()
	}
	p.Run(&a, 0, rows, 0, p.Panels())
	return a.C
}

// valueOf returns the tensor of an input of the node.
func (d *dot) valueOf(t *testing.T, v core.Value) *core.Tensor {
	t.Helper()
	for i, x := range d.node.Inputs() {
		if x == v {
			return d.in[i]
		}
	}
	require.FailNow(t, "not an input")
	return nil
}

// apply runs the post-ops of the node on accumulators.
func (d *dot) apply(t *testing.T, a Accumulators, mem [][]byte, zeros []int32) []byte {
	t.Helper()
	posts, operands := PostOpsOf(d.node)
	require.True(t, Loadable(posts, operands))
	var inputs []Input
	for _, v := range operands {
		x := d.valueOf(t, v)
		inputs = append(inputs, Input{Buffer: len(mem), Type: x.Type(), Elements: x.Len(), Channels: d.n})
		mem = append(mem, x.Bytes())
	}
	out := make([]byte, rows*d.n*d.node.Outputs()[0].Type.Size())
	p := NewPostOps(0, a, posts, inputs, len(mem))
	p.Run(append(mem, out), make([]byte, PostOpsScratch), zeros, 0, rows, 0, d.n)
	return out
}

// newDot returns a dot with random factors. The computed ones of its zero points and operands are no constants.
func newDot(t *testing.T, c *dotCase) *dot {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	d := &dot{k: 37, n: 6}
	d.in = []*core.Tensor{
		random(t, r, c.data, core.Shape{rows, d.k}, 0, 255), random(t, r, c.weights, core.Shape{d.k, d.n}, c.lo, c.hi),
		c.zero(t), c.zeros(t),
	}
	var steps []postop.Step
	for _, s := range c.posts {
		steps = append(steps, s.step)
		d.in = append(d.in, s.operands...)
	}
	var values []core.Value
	for i, x := range d.in {
		values = append(values, input(t, x, i == 0 || i == 1 && c.computedWeights || i > 1 && c.computed))
	}
	y, err := core.Apply(&linear.IntegerDot{ReductionAxes: 1, PostOps: steps}, values...)
	require.NoError(t, err)
	d.node = y.Node
	return d
}

type dotCase struct {
	data, weights             core.Type
	lo, hi                    int // of the bytes of the weights
	zero, zeros               func(t *testing.T) *core.Tensor
	posts                     []post
	computed, computedWeights bool
}

// post is a post-op with its operands.
type post struct {
	step     postop.Step
	operands []*core.Tensor
}

func repeated(v float32, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = v * float32(i%7-2)
	}
	return x
}

// lists are lists of post-ops; fused tells those that the kernels' chain has.
func lists(t *testing.T) map[string]struct {
	posts []post
	fused bool
} {
	kind := func(k postop.Kind) postop.Step { return postop.Step{Kind: k} }
	activation := func(a numeric.Activation) postop.Step {
		return postop.Step{Kind: postop.Activation, Activation: a, Alpha: 0.25}
	}
	one, channels := tensor(t, core.Shape{}, float32(0.01)), tensor(t, core.Shape{6}, repeated(0.003, 6)...)
	bias := tensor(t, core.Shape{6}, repeated(1.5, 6)...)
	all := tensor(t, core.Shape{rows, 6}, repeated(0.75, 30)...)
	bytes := make([]int8, 30)
	for i := range bytes {
		bytes[i] = int8(7*i - 100)
	}
	summand := tensor(t, core.Shape{rows, 6}, bytes...)
	round := postop.RoundSaturateTo
	upward := round(core.U8)
	upward.Round = numeric.RoundNearestUpward
	withZero := round(core.U8)
	withZero.ZeroPoint = true
	return map[string]struct {
		posts []post
		fused bool
	}{
		"none": {nil, true},
		"scale,bias,relu,u8": {[]post{
			{kind(postop.Mul), []*core.Tensor{channels}},
			{kind(postop.Add), []*core.Tensor{bias}},
			{activation(numeric.Relu), nil},
			{round(core.U8), nil},
		}, true},
		"bias,scale,sum,i8": {[]post{
			{kind(postop.Add), []*core.Tensor{bias}},
			{kind(postop.Mul), []*core.Tensor{one}},
			{kind(postop.MulAdd), []*core.Tensor{summand, one}},
			{round(core.I8), nil},
		}, true},
		"scale,zero of 128": {[]post{
			{kind(postop.Mul), []*core.Tensor{one}}, {withZero, []*core.Tensor{tensor(t, core.Shape{}, uint8(128))}},
		}, true},
		"scale,i32": {[]post{{kind(postop.Mul), []*core.Tensor{one}}, {round(core.I32), nil}}, true},
		"scale,relu,scale": {[]post{
			{kind(postop.Mul), []*core.Tensor{one}},
			{activation(numeric.Relu), nil},
			{kind(postop.Mul), []*core.Tensor{channels}},
		}, true},
		"leaky": {[]post{{kind(postop.Mul), []*core.Tensor{one}}, {activation(numeric.LeakyRelu), nil}}, false},
		"relu6,u8": {[]post{
			{kind(postop.Mul), []*core.Tensor{one}},
			{activation(numeric.Relu6), nil},
			{kind(postop.Mul), []*core.Tensor{tensor(t, core.Shape{}, float32(40))}},
			{round(core.U8), nil},
		}, false},
		"linear,i8": {[]post{{kind(postop.Linear), []*core.Tensor{channels, bias}}, {round(core.I8), nil}}, false},
		"sums": {[]post{
			{kind(postop.Mul), []*core.Tensor{one}},
			{kind(postop.Add), []*core.Tensor{all}},
			{kind(postop.Mul), []*core.Tensor{all}},
		}, false},
		"zero of 3": {[]post{
			{kind(postop.Mul), []*core.Tensor{one}}, {withZero, []*core.Tensor{tensor(t, core.Shape{}, uint8(3))}},
		}, false},
		"ties upward": {[]post{{kind(postop.Mul), []*core.Tensor{one}}, {upward, nil}}, false},
		"integers":    {[]post{{kind(postop.Add), []*core.Tensor{summand}}, {round(core.I8), nil}}, false},
	}
}

// zeros returns zero points of the weights: one, or one for each column.
func zeros[T core.Element](v ...T) func(t *testing.T) *core.Tensor {
	return func(t *testing.T) *core.Tensor {
		s := core.Shape{len(v)}
		if len(v) == 1 {
			s = core.Shape{}
		}
		return tensor(t, s, v...)
	}
}

// zeroPoints are zero points of the weights: what becomes of them depends on whether the differences are bytes.
var zeroPoints = []struct {
	name    string
	weights core.Type
	lo, hi  int
	zeros   func(t *testing.T) *core.Tensor
	kept    bool // the differences are not bytes
}{
	{"none", core.I8, 0, 255, zeros[int8](0), false},
	{"subtracted", core.I8, 0, 60, zeros[int8](0, 1, 2, 3, 4, 5), false},
	{"kept", core.I8, 0, 255, zeros[int8](9, -9, 0, 5, 100, 1), true},
	{"u8", core.U8, 0, 255, zeros[uint8](128), false},
	{"u8 kept", core.U8, 0, 255, zeros[uint8](5), true},
	{"i32", core.I8, 0, 255, zeros[int32](1000), true},
}

func zeroOf(typ core.Type) func(t *testing.T) *core.Tensor {
	return func(t *testing.T) *core.Tensor {
		if typ == core.I8 {
			return tensor(t, core.Shape{}, int8(-7))
		}
		return tensor(t, core.Shape{}, uint8(93))
	}
}

// TestProductsEqualTheReference multiplies as the lowerings do, with the portable kernel, and compares with the op's
// reference: every list of post-ops, with every kind of zero points, constant and computed.
func TestProductsEqualTheReference(t *testing.T) {
	for list, l := range lists(t) {
		for _, z := range zeroPoints {
			for _, data := range []core.Type{core.U8, core.I8} {
				for _, computed := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/zeros=%s/data=%v/computed=%t", list, z.name, data, computed), func(t *testing.T) {
						c := &dotCase{
							data: data, weights: z.weights, lo: z.lo, hi: z.hi, zero: zeroOf(data), zeros: z.zeros, posts: l.posts,
							computed: computed,
						}
						d := newDot(t, c)
						want, err := core.EvalOp(d.node.Op(), d.in)
						require.NoError(t, err)
						keep := share.New(&core.Function{}).Lease()
						w, ok := WeightsOf(d.node, d.n, d.n, keep)
						if computed { // and so are the zero points of the weights
							require.False(t, ok)
							compareComputed(t, d, want[0])
							return
						}
						require.True(t, ok)
						assert.Equal(t, z.kept, w.Zeros != nil)
						compareConstant(t, d, w, l.fused, want[0])
					})
				}
			}
		}
	}
}

// compareConstant computes the product with constant weights in each way that it can be computed.
func compareConstant(t *testing.T, d *dot, w Weights, fused bool, want *core.Tensor) {
	e, ok := EpilogueOf(d.node, Columns{Count: d.n, Channels: d.n})
	require.Equal(t, fused, ok)
	if ok && w.Zeros == nil {
		got := d.multiply(t, w, &e)
		if e.Flip {
			assert.Equal(t, core.U8, want.Type())
		}
		assert.Equal(t, want.Bytes(), got, "fused")
		for g := range 3 { // two columns each
			part := Columns{First: 2 * g, Count: 2, Channels: d.n}
			e, ok := EpilogueOf(d.node, part)
			require.True(t, ok)
			if e.Summand != (core.Value{}) {
				continue // its rows lie apart
			}
			size := e.Out.Size()
			assert.Equal(t, ColumnsOf(want.Bytes(), d.n*size, part.First*size, 2*size), d.multiply(t, w.Group(g, 3), &e),
				"group %d", g)
		}
	}
	if w.Zeros == nil {
		a := Accumulators{Rows: rows, Columns: d.n, Stride: d.n, RowSums: -1, Less: -1}
		assert.Equal(t, want.Bytes(), d.apply(t, a, [][]byte{d.multiply(t, w, Raw())}, nil), "accumulators")
		return
	}
	a := Accumulators{Rows: rows, Columns: d.n, Stride: d.n + 1, RowSums: d.n, Less: -1, Zeros: w.Zeros}
	assert.Equal(t, want.Bytes(), d.apply(t, a, [][]byte{d.multiply(t, w.WithOnes(), Raw())}, nil), "sums of the data")
	if w.ZerosAreBytes() {
		less := d.multiply(t, w.ZeroRows(), Raw())
		w.Zeros = nil
		a = Accumulators{Rows: rows, Columns: d.n, Stride: d.n, RowSums: -1, Less: 1}
		assert.Equal(t, want.Bytes(), d.apply(t, a, [][]byte{d.multiply(t, w, Raw()), less}, nil), "rows of zero points")
	}
}

// compareComputed computes the product with weights that are packed in each run.
func compareComputed(t *testing.T, d *dot, want *core.Tensor) {
	w, ok := ComputedWeightsOf(d.node, d.n, d.n)
	require.True(t, ok)
	r := w.New()
	for i := range r.Values {
		r.Values[i] = 99 // of the run before
	}
	w.Fill(r, d.in[1].Bytes(), d.in[3].Bytes(), ZeroPointOf(d.node).Of(d.in[2].Bytes()))
	spec := gemm.Spec{N: d.n + 1, Taps: 1, TapBytes: d.k}
	p, err := gemm.Pack(gemm.Choose(0, spec, gemm.Grid{}), spec, r.Values, r.Start)
	require.NoError(t, err)
	args := gemm.Args{
		A: d.source(), C: make([]byte, rows*spec.N*4), LDC: spec.N * 4, Scratch: make([]byte, p.Scratch()),
	}
	for i := range rows {
		args.Offsets = append(args.Offsets, int32(i*d.k))
	}
	p.Run(&args, 0, rows, 0, p.Panels())
	a := Accumulators{Rows: rows, Columns: d.n, Stride: spec.N, RowSums: d.n, Less: -1}
	assert.Equal(t, want.Bytes(), d.apply(t, a, [][]byte{args.C}, r.Zeros))
}

// Operands of a fused list may be computed while the weights are constant.
func TestComputedOperandsOfAnEpilogue(t *testing.T) {
	for list, l := range lists(t) {
		if !l.fused {
			continue
		}
		t.Run(list, func(t *testing.T) {
			d := newDot(t, &dotCase{
				data: core.I8, weights: core.I8, hi: 255, zero: zeroOf(core.I8), zeros: zeroPoints[0].zeros, posts: l.posts,
			})
			values := d.node.Inputs()
			for i := range values {
				if i == 2 || i > 3 && d.in[i].Type() == core.F32 {
					values[i] = input(t, d.in[i], true)
				}
			}
			y, err := core.Apply(d.node.Op(), values...)
			require.NoError(t, err)
			d.node = y.Node
			want, err := core.EvalOp(d.node.Op(), d.in)
			require.NoError(t, err)
			w, ok := WeightsOf(d.node, d.n, d.n, share.New(&core.Function{}).Lease())
			require.True(t, ok)
			e, ok := EpilogueOf(d.node, Columns{Count: d.n, Channels: d.n})
			require.True(t, ok)
			assert.Equal(t, want[0].Bytes(), d.multiply(t, w, &e))
		})
	}
}

// Post-ops are the same for any division of the rows and columns.
func TestPostOpsInParts(t *testing.T) {
	const height, width = 7, 700 // more than a block
	random := rand.New(rand.NewPCG(3, 4))
	acc := make([]int32, height*width)
	for i := range acc {
		acc[i] = random.Int32N(2001) - 1000
	}
	scale := tensor(t, core.Shape{width}, repeated(0.125, width)...)
	sum := tensor(t, core.Shape{height, width}, repeated(3, height*width)...)
	posts := []postop.Step{{Kind: postop.Mul}, {Kind: postop.Add}, postop.RoundSaturateTo(core.I8)}
	op := &linear.ApplyPostOps{PostOps: posts, Layout: geometry.NHWC}
	want, err := core.EvalOp(op, []*core.Tensor{tensor(t, core.Shape{height, width}, acc...), scale, sum})
	require.NoError(t, err)
	out := make([]byte, height*width)
	mem := [][]byte{view.Bytes(acc), scale.Bytes(), sum.Bytes(), out}
	a := Accumulators{Buffer: 0, Rows: height, Columns: width, Stride: width, RowSums: -1, Less: -1}
	p := NewPostOps(0, a, posts, []Input{
		{Buffer: 1, Type: core.F32, Elements: width, Channels: width},
		{Buffer: 2, Type: core.F32, Elements: height * width, Channels: width},
	}, 3)
	assert.ElementsMatch(t, []int{0, -1, 1, 2}, p.Reads())
	scratch := make([]byte, PostOpsScratch)
	for _, cuts := range [][4]int{{0, height, 0, width}, {2, 5, 0, width}, {1, 6, 13, 600}, {3, 4, 699, 700}} {
		t.Run(fmt.Sprint(cuts), func(t *testing.T) {
			clear(out)
			m0, m1, n0, n1 := cuts[0], cuts[1], cuts[2], cuts[3]
			p.Run(mem, scratch, nil, m0, m1, n0, n1)
			for i, v := range out {
				m, n := i/width, i%width
				if m >= m0 && m < m1 && n >= n0 && n < n1 {
					require.Equal(t, want[0].Bytes()[i], v, "row %d, column %d", m, n)
				} else {
					require.Zero(t, v, "row %d, column %d", m, n)
				}
			}
		})
	}
}

func TestLoadable(t *testing.T) {
	value := func(typ core.Type) core.Value {
		x, err := core.NewTensor(typ, core.Shape{})
		require.NoError(t, err)
		return core.NewConstant(x)
	}
	add, round := postop.Step{Kind: postop.Add}, postop.RoundSaturateTo(core.I8)
	round.ZeroPoint = true
	for _, c := range []struct {
		step postop.Step
		typ  core.Type
		want bool
	}{
		{add, core.F32, true},
		{add, core.I32, true},
		{add, core.U8, true},
		{add, core.I64, false},
		{round, core.U8, true},
		{round, core.I32, false},
		{round, core.F64, false},
	} {
		t.Run(fmt.Sprintf("%v of %v", c.step.Kind, c.typ), func(t *testing.T) {
			assert.Equal(t, c.want, Loadable([]postop.Step{c.step}, []core.Value{value(c.typ)}))
		})
	}
	assert.False(t, Loadable([]postop.Step{{Kind: postop.RoundSaturate + 1}}, nil), "a kind that is not known")
}
