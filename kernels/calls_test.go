package kernels_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/testgraph"
	"github.com/tf2ng/tf2ng/kernels"
)

var number = testgraph.Number[int32]

// counter is a loop that counts from 0 to n, an input, and sums what it counts.
func counter(t testing.TB) *core.Function {
	c, b := testgraph.NewGraph(t, "condition"), testgraph.NewGraph(t, "body")
	ci, _, cn := c.Parameter("i", core.I32), c.Parameter("sum", core.I32), c.Parameter("n", core.I32)
	bi, sum, _ := b.Parameter("i", core.I32), b.Parameter("sum", core.I32), b.Parameter("n", core.I32)
	loop := &control.Loop{
		Condition: c.Results(c.Apply(&pointwise.Compare{Relation: pointwise.Less}, ci, cn)),
		Body:      b.Results(b.Apply(&pointwise.Add{}, bi, number(1)), b.Apply(&pointwise.Add{}, sum, bi)),
	}
	g := testgraph.NewGraph(t, "counter")
	n := g.Named("loop", loop, number(0), number(0), g.Parameter("n", core.I32)).Node
	return g.Results(n.Out(0), n.Out(1))
}

func TestLoopCounts(t *testing.T) {
	in := map[string]*core.Tensor{"n": core.Scalar(int32(1000))}
	want := map[string]*core.Tensor{"0": core.Scalar(int32(1000)), "1": core.Scalar(int32(499500))}
	require.NoError(t, enginetest.Check(counter(t), in, want))
}

func BenchmarkLoopCounts(b *testing.B) {
	const steps = 100_000
	f := counter(b)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p, err := kernels.Compile(f, nil, kernels.Options{Threads: threads})
			require.NoError(b, err)
			in := map[string]*core.Tensor{"n": core.Scalar(int32(steps))}
			b.ReportAllocs()
			for range b.N {
				_, err := p.Run(context.Background(), in, nil)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps, "ns/step")
		})
	}
}

// generator makes random functions of i32 [], f32 [4,8] and f32 [n,8] that call others.
type generator struct {
	t testing.TB
	r *rand.Rand
}

var (
	wholeFact = core.Fact{Type: core.I32, Shape: core.Shape{}}
	realFact  = core.Fact{Type: core.F32, Shape: core.Shape{4, 8}}
	growsFact = core.Fact{Type: core.F32, Shape: core.Shape{core.Unknown, 8}}
)

// scope is a function that is being made: what its nodes can read.
type scope struct {
	*testgraph.Graph
	*generator
	whole, real, grows []core.Value
	parameters         []core.Value
}

func (g *generator) scope(name string, parameters ...core.Fact) *scope {
	s := &scope{Graph: testgraph.NewGraph(g.t, name), generator: g}
	for i, p := range parameters {
		v := s.Typed(fmt.Sprintf("p%d", i), p.Type, p.Shape)
		s.parameters = append(s.parameters, v)
		s.add(v)
	}
	s.add(number(int32(g.r.IntN(3))))
	s.add(core.NewConstant(g.random(core.Shape{4, 8})))
	return s
}

func (g *generator) random(s core.Shape) *core.Tensor {
	x, err := core.NewTensor(core.F32, s)
	require.NoError(g.t, err)
	for i := range core.Data[float32](x) {
		core.Data[float32](x)[i] = float32(g.r.NormFloat64())
	}
	return x
}

func (s *scope) add(v core.Value) {
	switch {
	case v.Type() == core.I32:
		s.whole = append(s.whole, v)
	case v.Shape().Equal(realFact.Shape):
		s.real = append(s.real, v)
	default:
		s.grows = append(s.grows, v)
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// of returns a value of a fact that is there.
func (s *scope) of(f core.Fact) core.Value {
	switch {
	case f.Type == core.I32:
		return pick(s.r, s.whole)
	case f.Shape.Static() || len(s.grows) == 0:
		return pick(s.r, s.real)
	}
	return pick(s.r, append(s.grows, s.real...))
}

// bounded returns a value whose numbers stay small.
func (s *scope) bounded(v core.Value) core.Value { return s.Apply(&pointwise.Clamp{Lo: -4, Hi: 4}, v) }

func list(v ...int32) core.Value {
	t, err := core.TensorOf(core.Shape{len(v)}, v)
	if err != nil {
		panic(err)
	}
	return core.NewConstant(t)
}

// step adds a node, which may call functions that call others so deep.
func (s *scope) step(deep int) {
	x, y, i := pick(s.r, s.real), pick(s.r, s.real), pick(s.r, s.whole)
	switch s.r.IntN(16) {
	case 0:
		s.add(s.bounded(s.Apply(pick(s.r, []core.Op{&pointwise.Add{}, &pointwise.Multiply{}, &pointwise.Maximum{}}), x, y)))
	case 1:
		some := []numeric.Activation{numeric.Relu, numeric.Sigmoid, numeric.Tanh}
		s.add(s.Apply(&pointwise.Activate{Activation: pick(s.r, some)}, x))
	case 2:
		s.add(s.bounded(s.Apply(&linear.Dot{ReductionAxes: 1}, x, core.NewConstant(s.random(core.Shape{8, 8})))))
	case 3: // quantized
		s.add(s.dequantized(x))
	case 4:
		s.add(s.product(x))
	case 5:
		s.add(s.Apply(&pointwise.FloorMod{}, s.Apply(&pointwise.Add{}, i, pick(s.r, s.whole)), number(5)))
	case 6:
		most := s.Apply(&reduce.Max{Reduction: reduce.Reduction{Axes: []int{0, 1}}}, x)
		s.add(s.Apply(&pointwise.Convert{Type: core.I32}, most))
	case 7:
		s.add(s.Apply(&indexing.Slice{}, s.of(growsFact), list(0, 0), list(4, 8)))
	case 8:
		s.add(s.Apply(&array.Concat{}, s.Apply(&indexing.Slice{}, s.of(growsFact), list(0, 0), list(4, 8)), x))
	case 9: // of reals, which pass qdq makes one of integers
		s.add(s.bounded(s.Apply(&linear.Dot{ReductionAxes: 1}, s.dequantized(x), s.weights())))
	case 10, 11:
		if deep > 0 {
			s.branch(deep - 1)
		}
	default:
		if deep > 0 {
			s.loop(deep - 1)
		}
	}
}

// dequantized rounds to 8 bits.
func (s *scope) dequantized(x core.Value) core.Value {
	scale, zero := testgraph.Number(float32(0.05)), testgraph.Number(uint8(100))
	q := s.Apply(&quantization.Quantize{Type: core.U8, RoundMode: numeric.RoundNearestTowardEven}, x, scale, zero)
	return s.Apply(&quantization.Dequantize{Type: core.F32}, q, scale, zero)
}

// weights are constants that are dequantized.
func (s *scope) weights() core.Value {
	return s.Apply(&quantization.Dequantize{Type: core.F32}, core.NewConstant(s.bytes()), testgraph.Number(float32(0.03)),
		testgraph.Number(int8(0)))
}

func (s *scope) bytes() *core.Tensor {
	w, err := core.NewTensor(core.I8, core.Shape{8, 8})
	require.NoError(s.t, err)
	for i := range w.Bytes() {
		w.Bytes()[i] = byte(s.r.Uint32())
	}
	return w
}

// product multiplies integers by weights.
func (s *scope) product(x core.Value) core.Value {
	scale, zero := testgraph.Number(float32(0.05)), testgraph.Number(uint8(100))
	q := s.Apply(&quantization.Quantize{Type: core.U8, RoundMode: numeric.RoundNearestTowardEven}, x, scale, zero)
	return s.Apply(&linear.IntegerDot{ReductionAxes: 1, PostOps: []postop.Step{
		{Kind: postop.Mul}, {Kind: postop.Activation, Activation: numeric.Tanh},
	}}, q, core.NewConstant(s.bytes()), zero, testgraph.Number(int8(0)), testgraph.Number(float32(0.002)))
}

func (s *scope) facts(n int) []core.Fact {
	var facts []core.Fact
	for range n {
		facts = append(facts, pick(s.r, []core.Fact{wholeFact, realFact, realFact, growsFact}))
	}
	return facts
}

func (s *scope) values(facts []core.Fact) (values []core.Value) {
	for _, f := range facts {
		values = append(values, s.of(f))
	}
	return values
}

func (s *scope) steps(n, deep int) {
	for range n {
		s.step(deep)
	}
}

func (s *scope) addAll(n *core.Node) {
	for i := range n.Outputs() {
		if v := n.Out(i); len(v.Shape()) < 3 {
			s.add(v)
		}
	}
}

func (s *scope) branch(deep int) {
	in, out := s.facts(1+s.r.IntN(3)), s.facts(1+s.r.IntN(2))
	b := &control.Branch{}
	for i := range 1 + s.r.IntN(3) {
		g := s.scope(fmt.Sprintf("branch%d", i), in...)
		g.steps(s.r.IntN(5), deep)
		b.Branches = append(b.Branches, g.Results(g.values(out)...))
	}
	s.addAll(s.Named("branch", b, append([]core.Value{pick(s.r, s.whole)}, s.values(in)...)...).Node)
}

// loop adds a loop of few steps with a list, whose rows are set in the body or by the loop.
func (s *scope) loop(deep int) {
	variables, captures := s.facts(1+s.r.IntN(3)), s.facts(s.r.IntN(3))
	rows := core.Fact{Type: core.F32, Shape: core.Shape{3, 4, 8}}
	parameters := append([]core.Fact{wholeFact, rows}, append(variables[:len(variables):len(variables)], captures...)...)
	c := s.scope("condition", parameters...)
	less := c.Apply(&pointwise.Compare{Relation: pointwise.Less}, c.parameters[0], number(int32(s.r.IntN(4))))
	b := s.scope("body", parameters...)
	at := b.Apply(&pointwise.Minimum{}, b.Apply(&pointwise.Maximum{}, b.parameters[0], number(0)), number(2))
	b.grows = b.grows[:len(b.grows):len(b.grows)]
	for i, v := range b.grows { // the list is none
		if len(v.Shape()) == 3 {
			b.grows = append(b.grows[:i:i], b.grows[i+1:]...)
			break
		}
	}
	b.add(b.Apply(&indexing.Gather{}, b.parameters[1], at))
	b.steps(s.r.IntN(6), deep)
	loop := &control.Loop{Condition: c.Results(less)}
	results := []core.Value{b.Apply(&pointwise.Add{}, b.parameters[0], number(1))}
	first := core.NewConstant(s.random(rows.Shape))
	switch row := pick(s.r, b.real); s.r.IntN(4) {
	case 0:
		results = append(results, b.Apply(&control.SetRow{}, b.parameters[1], at, row))
	case 1:
		results, loop.Rows = append(results, at, row), []int{1}
	case 2:
		results, loop.Rows, loop.Lists = append(results, at, row), []int{1}, []int{1}
		first = number(3)
	case 3:
		results = append(results, b.parameters[1])
	}
	loop.Body = b.Results(append(results, b.values(variables)...)...)
	in := append([]core.Value{pick(s.r, s.whole), first}, append(s.values(variables), s.values(captures)...)...)
	n := s.Named("loop", loop, in...).Node
	s.addAll(n)
	if s.r.IntN(2) == 0 {
		s.add(s.Apply(&reduce.Max{Reduction: reduce.Reduction{Axes: []int{0}}}, n.Out(1)))
	}
}

// function returns a random function and inputs.
func (g *generator) function() (*core.Function, map[string]*core.Tensor) {
	s := g.scope("random", wholeFact, realFact, realFact)
	s.steps(3, 0)
	s.loop(2)
	s.branch(2)
	s.steps(8, 2)
	results := []core.Value{s.whole[len(s.whole)-1], s.real[len(s.real)-1], s.real[len(s.real)-2]}
	if len(s.grows) > 0 {
		results = append(results, s.grows[len(s.grows)-1])
	}
	return s.Results(results...), map[string]*core.Tensor{
		"p0": core.Scalar(int32(g.r.IntN(3))), "p1": g.random(core.Shape{4, 8}), "p2": g.random(core.Shape{4, 8}),
	}
}

func agree(t *testing.T, f *core.Function, inputs, want map[string]*core.Tensor, o kernels.Options) {
	p, err := kernels.Compile(f, nil, o)
	require.NoError(t, err)
	got, err := p.Run(context.Background(), inputs, nil)
	require.NoError(t, err)
	for name, w := range want {
		assert.True(t, enginetest.Equal(w, got[name]), "%+v: output %q: got %v, want %v", o, name, got[name], w)
	}
}

// Random loops and branches, in each other, give the same on all engines.
func TestRandomCalls(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			g := &generator{t, rand.New(rand.NewPCG(seed, 11))}
			f, inputs := g.function()
			want, err := f.Eval(inputs)
			require.NoError(t, err)
			if err := enginetest.Check(f, inputs, want); err != nil {
				assert.NoError(t, err, f.Text())
			}
			agree(t, f, inputs, want, kernels.Options{Engine: kernels.Reference, WithoutQDQ: true})
			p, err := kernels.Compile(f, nil, kernels.Options{Engine: kernels.Reference})
			require.NoError(t, err)
			want, err = p.Run(context.Background(), inputs, nil) // with products of integers
			require.NoError(t, err)
			for _, o := range enginetest.Options() {
				agree(t, f, inputs, want, o)
			}
		})
	}
}

// Runs at the same time have functions' memory of their own.
func TestCallsAtTheSameTime(t *testing.T) {
	for seed := range uint64(4) {
		g := &generator{t, rand.New(rand.NewPCG(seed, 12))}
		f, inputs := g.function()
		p, err := kernels.Compile(f, nil, kernels.Options{Threads: 2})
		require.NoError(t, err)
		want, err := p.Run(context.Background(), inputs, nil)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 10 {
					got, err := p.Run(context.Background(), inputs, nil)
					if !assert.NoError(t, err) {
						return
					}
					for name, w := range want {
						assert.True(t, enginetest.Equal(w, got[name]))
					}
				}
			})
		}
		wg.Wait()
	}
}

// BenchmarkLoopOfProducts multiplies matrices in a body, which all threads share.
func BenchmarkLoopOfProducts(b *testing.B) {
	const n = 512
	c, body, g := testgraph.NewGraph(b, "condition"), testgraph.NewGraph(b, "body"), testgraph.NewGraph(b, "products")
	random := &generator{b, rand.New(rand.NewPCG(1, 1))}
	ci, _ := c.Parameter("i", core.I32), c.Parameter("x", core.F32, n, n)
	bi, bx := body.Parameter("i", core.I32), body.Parameter("x", core.F32, n, n)
	loop := &control.Loop{
		Condition: c.Results(c.Apply(&pointwise.Compare{Relation: pointwise.Less}, ci, number(10))),
		Body: body.Results(body.Apply(&pointwise.Add{}, bi, number(1)),
			body.Apply(&linear.Dot{ReductionAxes: 1}, bx, core.NewConstant(random.random(core.Shape{n, n})))),
	}
	f := g.Results(g.Named("while", loop, number(0), g.Parameter("x", core.F32, n, n)).Node.Out(1))
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p, err := kernels.Compile(f, nil, kernels.Options{Threads: threads})
			require.NoError(b, err)
			in := map[string]*core.Tensor{"x": random.random(core.Shape{n, n})}
			for range b.N {
				_, err := p.Run(context.Background(), in, nil)
				require.NoError(b, err)
			}
		})
	}
}
