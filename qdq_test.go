package tf2ng_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/kernels"
)

// loadQDQ returns the function of qdqModel and its entry in the index.
func loadQDQ(t *testing.T) (*core.Function, testmodel.Model) {
	t.Helper()
	for _, m := range testmodel.Load(t) {
		if m.Name() == qdqModel {
			loaded, err := tf2ng.Load(m.File())
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, loaded.Close()) })
			return loaded.Function(), m
		}
	}
	require.Fail(t, "no model "+qdqModel)
	return nil, testmodel.Model{}
}

// compiled runs a function with options.
func compiled(
	t *testing.T, f *core.Function, inputs map[string]*core.Tensor, o kernels.Options,
) map[string]*core.Tensor {
	t.Helper()
	p, err := kernels.Compile(f, nil, o)
	require.NoError(t, err)
	out, err := p.Run(context.Background(), inputs, nil)
	require.NoError(t, err)
	return out
}

// isQuantization reports whether a node quantizes what is computed from the inputs.
func isQuantization(n *core.Node) bool {
	_, ok := n.Op().(*tensorflow.QuantizeV2)
	return ok && n.Inputs()[0].Constant() == nil
}

// quantized returns the results of f and the outputs of all its quantizations, the latter
// by the names of their nodes.
func quantized(t *testing.T, f *core.Function) *core.Function {
	t.Helper()
	g := &core.Function{Parameters: f.Parameters, Results: slices.Clone(f.Results)}
	for _, n := range f.Nodes() {
		if isQuantization(n) {
			r, err := core.NewNamedNode(n.Name, &core.Result{}, n.Out(0))
			require.NoError(t, err)
			g.Results = append(g.Results, r)
		}
	}
	return g
}

// cut returns quantized(f), with what reads a quantization's output reading a parameter of
// its name instead: each layer then has inputs that are given.
func cut(t *testing.T, f *core.Function) *core.Function {
	t.Helper()
	var params, results []*core.Node
	g, err := f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if !isQuantization(n) {
			return nil, nil
		}
		q, err := core.NewNamedNode(n.Name, n.Op(), inputs...)
		require.NoError(t, err)
		r, err := core.NewNamedNode(n.Name, &core.Result{}, q.Out(0))
		require.NoError(t, err)
		p, err := core.NewNamedNode(n.Name, &core.Parameter{Type: n.Outputs()[0].Type, Shape: n.Outputs()[0].Shape})
		require.NoError(t, err)
		params, results = append(params, p), append(results, r)
		return []core.Value{p.Out(0), q.Out(1), q.Out(2)}, nil
	})
	require.NoError(t, err)
	return &core.Function{Parameters: append(g.Parameters, params...), Results: append(g.Results, results...)}
}

// difference tells how many 8-bit elements of all tensors differ, of how many, and by how
// many steps at most.
func difference(want, got map[string]*core.Tensor) (differ, of int, most int64) {
	for name, w := range want {
		if w.Type() == core.F32 {
			continue
		}
		a, b := w.Int64s(), got[name].Int64s()
		of += len(a)
		for i := range a {
			if a[i] != b[i] {
				differ++
				most = max(most, a[i]-b[i], b[i]-a[i])
			}
		}
	}
	return differ, of, most
}

// holdQDQPrice holds the function that the kernels run to the float products of f: given
// equal inputs, a layer's quantized output is at most one step off, in less than one of a
// thousand elements. It returns the results of both for the inputs of f alone.
func holdQDQPrice(t *testing.T, f *core.Function, inputs map[string]*core.Tensor) (want, got map[string]*core.Tensor) {
	t.Helper()
	all := quantized(t, f)
	want, err := all.Eval(inputs)
	require.NoError(t, err)

	layers, given := cut(t, f), maps.Clone(inputs)
	for _, p := range layers.Parameters {
		if v, ok := want[p.Name]; ok {
			given[p.Name] = v
		}
	}
	differ, of, most := difference(want, compiled(t, layers, given, kernels.Options{Threads: 2}))
	t.Logf("given equal inputs: %d of %d elements differ (%.4f %%), by at most %d", differ, of,
		100*float64(differ)/float64(of), most)
	require.LessOrEqual(t, most, int64(1))
	require.Less(t, 1000*differ, of)

	got = compiled(t, all, inputs, kernels.Options{Threads: 2})
	differ, of, most = difference(want, got)
	t.Logf("from the input on: %d of %d elements differ (%.4f %%), by at most %d", differ, of,
		100*float64(differ)/float64(of), most)
	require.Less(t, 1000*differ, of)
	return want, got
}

// TestQDQPrice tells what pass qdq costs on 500 digits.
func TestQDQPrice(t *testing.T) {
	f, m := loadQDQ(t)
	x, labels, tensorflow := m.Held(t)
	input, fetch := f.Parameters[0].Name, f.Results[0].Name
	f, err := f.Bind(map[string]core.Shape{input: x.Shape()})
	require.NoError(t, err)
	want, got := holdQDQPrice(t, f, map[string]*core.Tensor{input: x})
	require.Equal(t, classes(want[fetch]), classes(got[fetch]))
	require.Equal(t, classes(tensorflow), classes(got[fetch]))
	right := 0
	for i, c := range classes(got[fetch]) {
		if int64(c) == labels[i] {
			right++
		}
	}
	t.Logf("%d of 500 right", right)
	require.Equal(t, 493, right)
}

// classes returns the index of the greatest of each row's ten elements.
func classes(y *core.Tensor) []int {
	v := core.Data[float32](y)
	out := make([]int, len(v)/10)
	for i := range out {
		row := v[10*i : 10*i+10]
		out[i] = slices.Index(row, slices.Max(row))
	}
	return out
}

// engines are those of one function that must give the same bits.
var engines = map[string]kernels.Options{
	"reference": {Engine: kernels.Reference},
	"portable":  {Engine: kernels.Portable},
	"kernels":   {Threads: 2},
}

// TestQDQInnerTensors asks for each tensor of the model beside the output: it then stays
// computed, and all engines give the same bits of both.
func TestQDQInnerTensors(t *testing.T) {
	f, m := loadQDQ(t)
	x, y := m.Batch(t, 1)
	input, fetch := f.Parameters[0].Name, f.Results[0].Name
	bound, err := f.Bind(map[string]core.Shape{input: x.Shape()})
	require.NoError(t, err)
	inputs := map[string]*core.Tensor{input: x}
	computed := map[*core.Node]bool{}
	for _, n := range bound.Nodes() {
		computed[n] = n == bound.Parameters[0] || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool {
			return computed[v.Node]
		})
	}
	for _, name := range slices.Sorted(maps.Keys(bound.Names)) {
		if !computed[bound.Names[name].Node] || name == fetch || name == input+":0" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			g, err := bound.WithResults([]string{name, fetch}, true)
			require.NoError(t, err)
			float := compiled(t, g, inputs, kernels.Options{Engine: kernels.Reference, WithoutQDQ: true})
			var first map[string]*core.Tensor
			for _, engine := range slices.Sorted(maps.Keys(engines)) {
				got := compiled(t, g, inputs, engines[engine])
				require.Equal(t, float[name].Fact(), got[name].Fact())
				if first == nil {
					first = got
				}
				for result, want := range first {
					require.Equal(t, want.Bytes(), got[result].Bytes(), "%s, engine %s", result, engine)
				}
			}
			require.InDeltaSlice(t, core.Data[float32](y), core.Data[float32](first[fetch]), 2e-4)
			want := float[name].Float64s()
			step := 1.0 // of integers; or of the quantization of these reals in both signs
			if float[name].Type() == core.F32 {
				step = max(slices.Max(want), -slices.Min(want)) / 127
			}
			require.InDeltaSlice(t, want, first[name].Float64s(), step)
		})
	}
}

// TestWithoutQDQ: the option keeps the float products, bit for bit, on every engine.
func TestWithoutQDQ(t *testing.T) {
	f, m := loadQDQ(t)
	x, _ := m.Batch(t, 8)
	input := f.Parameters[0].Name
	f, err := f.Bind(map[string]core.Shape{input: x.Shape()})
	require.NoError(t, err)
	inputs := map[string]*core.Tensor{input: x}
	want, err := f.Eval(inputs)
	require.NoError(t, err)
	for name, o := range engines {
		t.Run(name, func(t *testing.T) {
			o.WithoutQDQ = true
			for result, got := range compiled(t, f, inputs, o) {
				require.Equal(t, want[result].Bytes(), got.Bytes())
			}
		})
	}
}

// qdqNetwork builds a network as a quantizing tool for ITEX writes it, with random weights
// and with the ranges that it finds on an input.
type qdqNetwork struct {
	t      *testing.T
	random *rand.Rand
	param  *core.Node
	inputs map[string]*core.Tensor
	named  int
}

func newQDQNetwork(t *testing.T, shape ...int) (*qdqNetwork, core.Value) {
	n := &qdqNetwork{t: t, random: rand.New(rand.NewPCG(7, 8))}
	p, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: shape})
	require.NoError(t, err)
	x, err := core.TensorOf(shape, n.normals(core.Shape(shape).MustElements(), 1))
	require.NoError(t, err)
	n.param, n.inputs = p, map[string]*core.Tensor{"x": x}
	return n, p.Out(0)
}

func (n *qdqNetwork) normals(count int, deviation float64) []float32 {
	v := make([]float32, count)
	for i := range v {
		v[i] = float32(n.random.NormFloat64() * deviation)
	}
	return v
}

func (n *qdqNetwork) function(v core.Value) *core.Function {
	r, err := core.NewNamedNode("y", &core.Result{}, v)
	require.NoError(n.t, err)
	return &core.Function{Parameters: []*core.Node{n.param}, Results: []*core.Node{r}}
}

func (n *qdqNetwork) apply(op core.Op, in ...core.Value) core.Value {
	v, err := core.Apply(op, in...)
	require.NoError(n.t, err)
	return v
}

func (n *qdqNetwork) list(v []float32, shape ...int) core.Value {
	x, err := core.TensorOf(append(core.Shape{}, shape...), v)
	require.NoError(n.t, err)
	return core.NewConstant(x)
}

// qdq quantizes v to its range on the input, and dequantizes.
func (n *qdqNetwork) qdq(
	v core.Value, typ core.Type, mode tensorflow.QuantizeMode, round numeric.RoundMode,
) core.Value {
	out, err := n.function(v).Eval(n.inputs)
	require.NoError(n.t, err)
	y := core.Data[float32](out["y"])
	lo, hi := core.NewConstant(core.Scalar(slices.Min(y))), core.NewConstant(core.Scalar(slices.Max(y)))
	op := &tensorflow.QuantizeV2{Type: typ, Axis: -1, Mode: mode, RoundMode: round, EnsureMinimumRange: 0.01}
	n.named++
	q, err := core.NewNamedNode("quantize_"+string(rune('a'+n.named)), op, v, lo, hi)
	require.NoError(n.t, err)
	return n.apply(&tensorflow.Dequantize{Mode: mode, Axis: -1, OutType: core.F32}, q.Out(0), q.Out(1), q.Out(2))
}

func (n *qdqNetwork) u8(v core.Value) core.Value {
	return n.qdq(v, core.U8, tensorflow.Scaled, numeric.RoundNearestTowardEven)
}

func (n *qdqNetwork) i8(v core.Value) core.Value {
	return n.qdq(v, core.I8, tensorflow.Scaled, numeric.RoundNearestTowardEven)
}

// weights returns float weights that are quantized along an axis (-1: as a whole).
func (n *qdqNetwork) weights(axis int, shape ...int) core.Value {
	fan := core.Shape(shape).MustElements() / shape[len(shape)-1]
	w := n.list(n.normals(core.Shape(shape).MustElements(), 1/float64(fan)), shape...)
	lo := core.NewConstant(core.Scalar(float32(-3 / float32(fan))))
	hi := core.NewConstant(core.Scalar(float32(3 / float32(fan))))
	if axis >= 0 {
		hi = n.list(slices.Repeat([]float32{2 / float32(fan), 3 / float32(fan)}, shape[axis]/2), shape[axis])
		lo = n.list(slices.Repeat([]float32{-2 / float32(fan), -3 / float32(fan)}, shape[axis]/2), shape[axis])
	}
	op := &tensorflow.QuantizeV2{
		Type:               core.I8,
		Axis:               axis,
		Mode:               tensorflow.Scaled,
		RoundMode:          numeric.RoundNearestTowardEven,
		EnsureMinimumRange: 0.0001,
	}
	q, err := core.NewNode(op, w, lo, hi)
	require.NoError(n.t, err)
	return n.apply(&tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: axis, OutType: core.F32}, q.Out(0), q.Out(1),
		q.Out(2))
}

// conv is a convolution with a bias; size is that of the window.
func (n *qdqNetwork) conv(x core.Value, size, stride, out int) core.Value {
	in := x.Shape()[3]
	s := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{stride, stride}, PadType: geometry.PadSameUpper}
	y := n.apply(&linear.Convolution{Spatial: s}, x, n.weights(3, size, size, in, out))
	return n.apply(&pointwise.Add{}, y, n.list(n.normals(out, 0.1), out))
}

func (n *qdqNetwork) depthwise(x core.Value, stride int) core.Value {
	c := x.Shape()[3]
	dims, err := core.TensorOf(core.Shape{4}, []int32{3, 3, 1, int32(c)})
	require.NoError(n.t, err)
	w := n.apply(&array.Reshape{}, n.weights(2, 3, 3, c, 1), core.NewConstant(dims))
	s := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{stride, stride}, PadType: geometry.PadSameUpper}
	return n.apply(&pointwise.Add{}, n.apply(&linear.Convolution{Spatial: s, Groups: c}, x, w),
		n.list(n.normals(c, 0.1), c))
}

func (n *qdqNetwork) activate(v core.Value, a numeric.Activation) core.Value {
	return n.apply(&pointwise.Activate{Activation: a}, v)
}

func (n *qdqNetwork) add(a, b core.Value) core.Value { return n.apply(&pointwise.Add{}, a, b) }

// mixed is a network with the blocks of MobileNetV2, ResNet and Inception, data of both
// types, with and without a zero point.
func (n *qdqNetwork) mixed(x core.Value) core.Value {
	stem := n.u8(n.activate(n.conv(n.i8(x), 3, 2, 24), numeric.Relu6))

	expanded := n.u8(n.activate(n.conv(stem, 1, 1, 48), numeric.Relu6))
	filtered := n.u8(n.activate(n.depthwise(expanded, 1), numeric.Relu6))
	inverted := n.i8(n.add(n.conv(filtered, 1, 1, 24), stem))

	inner := n.u8(n.activate(n.conv(n.u8(n.activate(n.conv(inverted, 1, 1, 16), numeric.Relu)), 3, 1, 16), numeric.Relu))
	residual := n.u8(n.activate(n.add(n.conv(inner, 1, 1, 24), inverted), numeric.Relu))

	shortcut, main := n.conv(residual, 1, 2, 32), n.conv(residual, 3, 2, 32)
	narrow := n.qdq(n.add(main, shortcut), core.U8, tensorflow.MinFirst, numeric.RoundNearestTowardInfinity)

	pool := &pooling.MaxPool{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper},
		Window:  []int{3, 3},
	}
	a := n.activate(n.conv(narrow, 1, 1, 20), numeric.Relu)
	b := n.activate(n.conv(narrow, 3, 1, 12), numeric.Relu)
	c := n.apply(pool, narrow)
	joined := n.u8(n.apply(&array.Concat{Axis: 3}, a, b, n.activate(c, numeric.Relu)))

	padded := n.apply(&array.Pad{Below: []int{0, 1, 1, 0}, Above: []int{0, 1, 1, 0}}, joined,
		core.NewConstant(core.Scalar(float32(0))))
	last := n.activate(n.conv(padded, 3, 2, 40), numeric.Relu)
	mean := n.apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{1, 2}}}, last)
	dense := n.apply(&linear.Dot{ReductionAxes: 1},
		n.qdq(mean, core.U8, tensorflow.Scaled, numeric.RoundNearestTowardInfinity),
		n.weights(-1, 40, 10))
	return n.add(dense, n.list(n.normals(10, 0.1), 10))
}

// TestQDQNetwork holds all products of a network with random weights to the float ones, and
// the engines to each other.
func TestQDQNetwork(t *testing.T) {
	n, x := newQDQNetwork(t, 4, 30, 28, 3)
	f := n.function(n.mixed(x))
	want, got := holdQDQPrice(t, f, n.inputs)
	require.Equal(t, classes(want["y"]), classes(got["y"]))

	fused, err := passes.Run(f, passes.Options{StopAfter: passes.QDQ})
	require.NoError(t, err)
	for _, node := range fused.Nodes() {
		require.NotContains(t, []string{"Convolution", "Dot"}, node.OpName())
	}
	for name, o := range engines {
		require.Equal(t, got["y"].Bytes(), compiled(t, f, n.inputs, o)["y"].Bytes(), name)
	}
	p, err := kernels.Compile(f, nil, kernels.Options{})
	require.NoError(t, err)
	for _, s := range p.Steps() {
		t.Logf("%-32s %-20s %s", s.Kernel, s.Op, s.Node)
		if s.Op == "IntegerConvolution" || s.Op == "IntegerDot" {
			require.NotContains(t, []string{"reference", "post-ops"}, s.Kernel)
		}
	}
}
