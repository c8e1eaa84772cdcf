package op_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/parsing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/fusedops"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// Results of the functions in testdata/ng: what the op makes now is "got/...", and what it
// made when the file was written is "want/...", a constant.
const got, want = "got/", "want/"

// TestOpFiles reads the files of one op each that programs of all schemas wrote, and
// compares what the op gives with what it gave then, bit for bit but for NaNs, whose bits
// CPUs choose.
func TestOpFiles(t *testing.T) {
	addOpFiles(t)
	for schema := 1; schema <= core.Schema; schema++ {
		for _, name := range core.OpNames() {
			path := opFile(schema, name)
			if _, err := os.Stat(path); os.IsNotExist(err) && schema < core.Schema {
				continue // an op that came later
			}
			t.Run(fmt.Sprintf("schema %d/%s", schema, name), func(t *testing.T) {
				data, err := os.ReadFile(path)
				require.NoError(t, err, "a new op: go test ./core ./core/op -update adds its file")
				checkOpFile(t, name, data)
			})
		}
	}
}

// The file of Parameter, which alone has an input, has a signature since there are signatures.
func TestSignatureOfAFile(t *testing.T) {
	data, err := os.ReadFile(opFile(2, "Parameter"))
	require.NoError(t, err)
	f, err := ngfile.Read(data)
	require.NoError(t, err)
	assert.Equal(t, map[string]core.Signature{"serving_default": {
		Inputs: map[string]string{"x": "0/0"}, Outputs: map[string]string{"y": "got/0/0"},
	}}, f.Signatures)
}

// Files of ops that are gone would not be read any more.
func TestOpFilesHaveTheirOps(t *testing.T) {
	for schema := 1; schema <= core.Schema; schema++ {
		files, err := filepath.Glob(opFile(schema, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, path := range files {
			name := strings.TrimSuffix(filepath.Base(path), ".ng")
			assert.Contains(t, core.OpNames(), name, "%s: users have files with this op", path)
		}
	}
}

// changed are the ops that give something else than when the files were written, and by how much: Elu
// subtracted 1 before it rounded, QuantizedInstanceNorm had another order of sums, Prod multiplied in order, and
// products of f32 were rounded before they were added.
var changed = map[string]float64{
	"Activate": 0x1p-24, "TFQuantizedInstanceNorm": 0x1p-20, "Prod": 0x1p-20,
	"BatchDot": 0x1p-20, "Convolution": 0x1p-20, "ConvolutionBackpropData": 0x1p-20, "Dot": 0x1p-20, "Einsum": 0x1p-20,
}

func opFile(schema int, op string) string {
	return filepath.Join(converted, "schema"+strconv.Itoa(schema), op+".ng")
}

func checkOpFile(t *testing.T, name string, data []byte) {
	f, err := ngfile.Read(data)
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(f.Nodes(), func(n *core.Node) bool { return n.OpName() == name }),
		"%s is in the file", name)
	inputs := map[string]*core.Tensor{}
	for _, p := range f.Parameters {
		v, ok := f.Lookup(want + p.Name)
		require.True(t, ok)
		inputs[p.Name] = v.Constant()
	}
	results, err := f.Eval(inputs)
	require.NoError(t, err)
	compared := 0
	for key, g := range results {
		if _, isGot := strings.CutPrefix(key, got); !isGot {
			continue
		}
		w := results[want+strings.TrimPrefix(key, got)]
		require.NotNil(t, w, key)
		if most, ok := changed[name]; ok && assert.Equal(t, w.Fact(), g.Fact(), key) {
			assert.InDeltaSlice(t, w.Float64s(), g.Float64s(), most, key)
		} else {
			assert.True(t, enginetest.Equal(w, g), "%s: got %v with other bits, want %v", key, g, w)
		}
		assert.Equal(t, w.Strings(), g.Strings(), key)
		compared++
	}
	assert.Equal(t, 2*compared, len(results))
	assert.Positive(t, compared)

	var b bytes.Buffer
	require.NoError(t, ngfile.Write(&b, f))
	again, err := ngfile.Read(b.Bytes())
	require.NoError(t, err)
	assert.Equal(t, f.Text(), again.Text(), "written again")
}

// addOpFiles writes, with -update, the files that ops of the current schema lack.
func addOpFiles(t *testing.T) {
	if !*update {
		return
	}
	samples := map[string][]baseline{}
	for _, b := range slices.Concat(baselines(t), sparseBaselines(t), quantizedBaselines(t), graphBaselines(t),
		textBaselines(t), codecBaselines(t), soundBaselines(t), raggedBaselines(t)) {
		samples[core.OpName(b.op)] = append(samples[core.OpName(b.op)], b)
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(opFile(core.Schema, "")), 0o755))
	for _, name := range core.OpNames() {
		path := opFile(core.Schema, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		require.NotEmpty(t, samples[name], "%s: give it a baseline", name)
		var b bytes.Buffer
		require.NoError(t, ngfile.Write(&b, opFunction(t, samples[name])))
		checkOpFile(t, name, b.Bytes())
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o644))
	}
}

// opFunction returns a function that applies ops to constants and holds what they make of
// them now.
func opFunction(t *testing.T, samples []baseline) *core.Function {
	f := &core.Function{Name: "an op of testdata/ng"}
	node := func(name string, op core.Op, in ...core.Value) *core.Node {
		n, err := core.NewNamedNode(name, op, in...)
		require.NoError(t, err)
		return n
	}
	result := func(name string, v core.Value) { f.Results = append(f.Results, node(name, &core.Result{}, v)) }
	for i, b := range samples {
		if _, is := b.op.(*core.Parameter); is {
			p := node(strconv.Itoa(i)+"/0", b.op)
			f.Parameters = append(f.Parameters, p)
			f.Signatures = map[string]core.Signature{"serving_default": {
				Inputs: map[string]string{"x": p.Name}, Outputs: map[string]string{"y": got + p.Name},
			}}
			result(got+p.Name, p.Out(0))
			result(want+p.Name, node("was/"+p.Name, &core.Constant{Value: b.in[0]}).Out(0))
			continue
		}
		values := make([]core.Value, len(b.in))
		for k, x := range b.in {
			values[k] = node(fmt.Sprintf("in/%d/%d", i, k), &core.Constant{Value: x}).Out(0)
		}
		n := node(fmt.Sprintf("op/%d", i), b.op, values...)
		outputs, err := core.EvalOp(b.op, b.in)
		require.NoError(t, err)
		for k, y := range outputs {
			result(fmt.Sprintf("%s%d/%d", got, i, k), n.Out(k))
			result(fmt.Sprintf("%s%d/%d", want, i, k),
				node(fmt.Sprintf("was/%d/%d", i, k), &core.Constant{Value: y.Clone()}).Out(0))
		}
	}
	return f
}

// graphBaselines are those of the ops that make a graph.
func graphBaselines(t *testing.T) []baseline {
	x := tensor(t, core.Shape{2, 2}, float32(1), 2, -3, 0.5)
	labels, err := core.StringTensor(core.Shape{2}, []string{"cat", "dog <&>"})
	require.NoError(t, err)
	raw, err := core.StringTensor(core.Shape{1, 2}, []string{"\xff", ""})
	require.NoError(t, err)
	return []baseline{
		{&core.Parameter{Type: core.F32, Shape: core.Shape{core.Unknown, 2}}, []*core.Tensor{x}},
		{&core.Constant{Value: x.Clone()}, nil},
		{&core.Constant{Value: labels}, nil},
		{&core.Constant{Value: raw}, nil},
		{&core.Result{}, []*core.Tensor{x}},
	}
}

// sparseBaselines are those of ops whose outputs' shapes depend on data, and of those that
// only check.
func sparseBaselines(t *testing.T) []baseline {
	x := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 5)), s) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	nms := in(x(5, 4), x(5), core.Scalar(int32(3)), r(0.5), r(-2), r(0))
	parseExample := &parsing.ParseExample{
		Sparse: []parsing.SparseFeature{{Key: "s", Type: core.String}},
		Dense:  []parsing.DenseFeature{{Key: "d", Type: core.F32, Shape: core.Shape{1, 2}}},
		Ragged: []parsing.RaggedFeature{{Key: "r", Type: core.I64, SplitType: core.I32}},
	}
	// features { feature { key: "s" value { bytes_list { value: "cat" } } } }
	cat := "\x0a\x0e\x0a\x0c\x0a\x01s\x12\x07\x0a\x05\x0a\x03cat"
	serialized, err := core.StringTensor(core.Shape{2}, []string{"", cat})
	require.NoError(t, err)
	return append(sparseOps(t), []baseline{
		{&indexing.Where{}, in(tensor(t, core.Shape{2, 3}, true, false, true, true, false, false))},
		{&indexing.Unique{Type: core.I32}, in(tensor(t, core.Shape{4}, int32(1), 2, 1, 3))},
		{&indexing.CTCGreedyDecoder{Blank: 3}, in(x(4, 2, 4), tensor(t, core.Shape{2}, int32(4), 3))},
		{&indexing.ListDiff{Type: core.I32}, in(x(5), x(3))},
		{&vision.NonMaxSuppression{}, nms},
		{&vision.NonMaxSuppression{Pad: true}, append(nms[:5:5], r(0.5))},
		{parseExample, in(serialized, x(1, 2))},
		{&pointwise.CheckFinite{}, in(x(2, 3))},
		{&pointwise.Assert{Message: "x is wrong"}, in(x(2, 3), core.Scalar(true))},
		{&pointwise.Subtract{}, in(x(2, 3), x(3))},
		{&pointwise.Multiply{}, in(x(2, 3), x(3))},
		{&pointwise.Minimum{}, in(x(2, 3), x(3))},
		{&reduce.Min{Reduction: reduce.Reduction{Axes: []int{0}}}, in(x(2, 3))},
		{&reduce.Prod{Reduction: reduce.Reduction{Axes: []int{1}, KeepDims: true}}, in(x(2, 3))},
	}...)
}

// quantizedBaselines are those of nGraph's quantized ops, of package fusedops and of what
// both decompose to.
func quantizedBaselines(t *testing.T) []baseline {
	random := rand.New(rand.NewPCG(1, 6))
	u8 := func(s ...int) *core.Tensor { return integers(t, random, core.U8, s, 0, 255) }
	i8 := func(s ...int) *core.Tensor { return integers(t, random, core.I8, s, -128, 127) }
	i32 := func(s ...int) *core.Tensor { return integers(t, random, core.I32, s, -20000, 20000) }
	f := func(s ...int) *core.Tensor { return normal(t, random, s) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	z := func(v int8) *core.Tensor { return core.Scalar(v) }
	zu := func(v uint8) *core.Tensor { return core.Scalar(v) }
	zi := func(v int32) *core.Tensor { return core.Scalar(v) }
	list := func(v ...float32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	nhwc := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 1}, PadType: geometry.PadSameUpper}
	steps := []postop.Step{
		{Kind: postop.Add},
		{Kind: postop.Mul},
		{Kind: postop.Activation, Activation: numeric.Relu},
		postop.RoundSaturateTo(core.U8),
	}
	image, filters, bias := u8(1, 2, 4, 5), i8(3, 2, 2, 2), i32(3)
	scale := list(0.003, 0.002, 0.004)
	sums := i8(1, 3, 3, 4)
	return []baseline{
		{
			&quantization.Quantize{Type: core.I8, Axes: []int{1}, RoundMode: numeric.RoundNearestTowardEven},
			in(f(2, 3), list(0.1, 0.2, 0.3), tensor(t, core.Shape{3}, int8(0), 1, -2)),
		},
		{
			&quantization.Dequantize{Type: core.F32, Axes: []int{1}},
			in(i8(2, 3), list(0.1, 0.2, 0.3), tensor(t, core.Shape{3}, int8(0), 1, -2)),
		},
		{
			&quantization.FakeQuantize{Levels: 16, AutoBroadcast: quantization.BroadcastNumpy},
			in(f(2, 3), r(-1), r(1), r(-2), r(2)),
		},
		{
			&linear.QuantizedConvolution{OutputType: core.I8, FilterAxes: []int{0}},
			in(image, filters, r(0.1), zu(7), scale, tensor(t, core.Shape{3}, int8(0), 1, 2), r(0.5), z(3)),
		},
		{
			&linear.QuantizedDot{ReductionAxes: 1, OutputType: core.U8},
			in(u8(2, 4), i8(4, 3), r(0.1), zu(7), r(0.02), z(1), r(0.5), zu(3)),
		},
		{
			&linear.IntegerConvolution{Spatial: nhwc, PostOps: steps},
			in(u8(1, 4, 5, 2), i8(2, 2, 2, 3), zu(3), z(0), list(40, -30, 20), scale),
		},
		{&linear.IntegerConvolution{}, in(image, filters, zi(9), zi(-1))},
		{&linear.IntegerDot{ReductionAxes: 1, PostOps: steps}, in(u8(2, 4), i8(4, 3), zu(3), z(0), list(40, -30, 20), scale)},
		{&linear.ApplyPostOps{Layout: geometry.NHWC, PostOps: steps}, in(i32(2, 3), list(40, -30, 20), scale)},
		{&pointwise.FlipSign{}, in(i8(2, 3))},
		{&quantization.RangeToScale{Type: core.I8, Rule: quantization.ScaleRule(0)}, in(list(-1, -2), list(3, 1))},
		{
			&quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleRule(1), Largest: true},
			in(list(0, 0), list(3, 1)),
		},
		{&quantization.RangeToZeroPoint{Type: core.U8}, in(r(-1), r(3))},
		{&tensorflow.QuantizedConcat{Axis: 1}, in(u8(1, 2), u8(1, 3), r(0), r(0), r(1), r(2))},
		{
			&tensorflow.UniformQuantize{Type: core.I8, Axis: 1, Lo: -128, Hi: 127},
			in(f(2, 3), list(0.1, 0.2, 0.3), tensor(t, core.Shape{3}, int32(0), 1, -2)),
		},
		{&tensorflow.UniformQuantizeRows{}, in(f(2, 3))},
		{
			&tensorflow.UniformRequantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127},
			in(i32(2, 3), r(0.01), zi(5), r(2), zi(-1)),
		},
		{&fusedops.QuantizedConvolutionBias{WithRelu: true}, in(image, filters, bias, scale)},
		{&fusedops.QuantizedConvolutionBiasAdd{}, in(image, filters, bias, sums, scale, r(0.5))},
		{&fusedops.QuantizedConvolutionBiasSignedAdd{WithRelu: true}, in(image, filters, bias, sums, scale, r(0.5))},
		{&fusedops.QuantizedConvolutionRelu{}, in(image, filters, scale)},
		{&fusedops.QuantizedDotBias{Requantize: true, WithRelu: true}, in(u8(2, 4), i8(3, 4), bias, scale)},
	}
}

// integers returns a tensor of whole numbers in [lo, hi].
func integers(t testing.TB, r *rand.Rand, typ core.Type, s core.Shape, lo, hi int) *core.Tensor {
	n, err := s.Elements()
	require.NoError(t, err)
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(lo + r.IntN(hi-lo+1))
	}
	return eval(t, &pointwise.Convert{Type: typ}, tensor(t, s, v...))
}

// update lets the tests add what is missing to testdata/ng: files of new ops. What is
// there already is never written again: it stands for the files that users have.
var update = flag.Bool("update", false, "add what testdata/ng lacks")

// converted is where the files of older programs are.
const converted = "../../testdata/ng"
