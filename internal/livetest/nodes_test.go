//go:build python

package livetest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testfault"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

// These tests run real TensorFlow: make test-tensorflow. TF2NG_PYTHON names a Python that has it.

func start(t *testing.T, o tensorflow.Options) *tensorflow.Engine {
	o.Python = os.Getenv("TF2NG_PYTHON")
	e, err := tensorflow.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	for _, w := range e.Warnings() {
		t.Log("NOT RUN: what " + w)
	}
	return e
}

// beside compares every node of a graph, alone and on the way, with TensorFlow's.
func beside(t *testing.T, ours testfault.Engine, e compare.Engine, graph []byte, feeds compare.Tensors) (
	*compare.Comparison, *compare.Report,
) {
	got, err := ours.Open(t.Context(), graph)
	require.NoError(t, err)
	want, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, compare.Close(got))
		require.NoError(t, compare.Close(want))
	})
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	c := &compare.Comparison{
		Got:  compare.Side{Name: "tf2ng", Runner: got, Engine: ours},
		Want: compare.Side{Name: e.Name(), Runner: want, Engine: e},
		Plan: plan, Feeds: feeds, Derive: true, All: true,
	}
	r, err := c.Nodes(t.Context())
	require.NoError(t, err)
	return c, r
}

// Each node of every model, alone on TensorFlow's inputs and on the way: integers equal, floats within
// what rounding explains. Without VNNI that holds of what multiplies no u8 by s8.
func TestNodesOfModels(t *testing.T) {
	e := start(t, tensorflow.Options{})
	if e.SaturatesSums() {
		fmt.Println("NOT RUN: nodes of models beside TensorFlow, whose sums saturate on a CPU without VNNI")
		return
	}
	models(t, e)
}

// models runs every model beside an engine of TensorFlow's.
func models(t *testing.T, e compare.Engine) {
	for _, m := range testmodel.Load(t) {
		t.Run(m.Name(), func(t *testing.T) {
			graph, err := os.ReadFile(m.File())
			require.NoError(t, err)
			x, _ := m.Batch(t, 1)
			_, r := beside(t, testfault.Engine{}, e, graph, compare.Tensors{compare.NodeOf(m.Feeds[0]): x})
			assert.True(t, r.Complete(), "%v", r.Gaps)
			var elements, differing, alone int
			for _, x := range r.Tensors {
				require.NotNil(t, x.Alone, "%s: %s", x.Name, x.AloneProblem)
				assert.True(t, x.Alone.Within(), "%s (%s): %d of %d elements differ on TensorFlow's inputs", x.Name, x.Op,
					x.Alone.Differing, x.Elements)
				elements, differing, alone = elements+x.Elements, differing+x.Differing, alone+x.Alone.Differing
			}
			assert.True(t, r.Pass, r.Verdict())
			t.Logf("%d tensors, %d elements: %d differ on the way, %d alone", len(r.Tensors), elements, differing, alone)
		})
	}
}

// One wrong scale in one node is named, as that node's own fault, and the part of the graph that is cut
// out shows it.
func TestAPlantedFaultIsNamed(t *testing.T) {
	e := start(t, tensorflow.Options{})
	if e.SaturatesSums() {
		fmt.Println("NOT RUN: a planted fault beside TensorFlow, whose sums saturate on a CPU without VNNI")
		return
	}
	plant(t, e)
}

func plant(t *testing.T, e compare.Engine) {
	const faulty = "sequential/conv2d_1/Conv2D_eightbit_requantize"
	m := testmodel.Load(t)[0]
	require.Equal(t, "digits_cnn_nc26_tf215", m.Name())
	graph, err := os.ReadFile(m.File())
	require.NoError(t, err)
	x, _ := m.Batch(t, 8)
	c, r := beside(t, testfault.Engine{Node: faulty, Factor: 1.01}, e, graph, compare.Tensors{"input": x})
	own := map[string]bool{}
	for _, x := range r.Tensors {
		if x.Fault == compare.Own {
			own[compare.NodeOf(x.Name)] = true
		}
	}
	assert.Equal(t, map[string]bool{faulty: true}, own)
	part, err := c.Reduce(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, faulty, part.Node)
	assert.Equal(t, e.Name(), part.Want.Title, "TensorFlow ran the part")
	assert.False(t, part.Report.Pass)
	_, sound := beside(t, testfault.Engine{}, e, part.Graph, part.Feeds)
	assert.True(t, sound.Pass, "without the fault both agree on the part: %s", sound.Text())
	t.Log("\n" + r.Verdict())
}

// TensorFlow aborts on a graph; it is reported, and the next graph runs.
func TestTensorFlowEndsItsProcess(t *testing.T) {
	e := start(t, tensorflow.Options{})
	abort := text(t, `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "y" op: "Abort" attr { key: "error_msg" value { s: "on purpose" } } }
node { name: "z" op: "Relu" input: "x" input: "^y" attr { key: "T" value { type: DT_FLOAT } } }`)
	r, err := e.Open(t.Context(), abort)
	require.NoError(t, err)
	x := vector(t, 1, -1)
	_, err = r.Run(t.Context(), compare.Tensors{"x": x}, []string{"z:0"})
	var failed *tensorflow.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, tensorflow.Died, failed.Failure)
	assert.Contains(t, err.Error(), "on purpose")

	relu := text(t, `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "z" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }`)
	r, err = e.Open(t.Context(), relu)
	require.NoError(t, err)
	got, err := r.Run(t.Context(), compare.Tensors{"x": x}, []string{"z"})
	require.NoError(t, err)
	assert.Equal(t, []float32{1, 0}, got["z"].Float32s())
}

// layerNorm is a LayerNorm of rows of 8 numbers, with an epsilon that matters for small ones.
const layerNorm = `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "shape" value { shape { dim { size: 2 } dim { size: 8 } } } } }
node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
  attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } int_val: 1 } } } }
node { name: "eps" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1e-6 } } } }
node { name: "gamma" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 8 } } float_val: 1 } } } }
node { name: "beta" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 8 } } float_val: 0 } } } }
node { name: "mean" op: "Mean" input: "x" input: "axis" attr { key: "T" value { type: DT_FLOAT } }
  attr { key: "keep_dims" value { b: true } } attr { key: "Tidx" value { type: DT_INT32 } } }
node { name: "sq" op: "SquaredDifference" input: "x" input: "mean" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "var" op: "Mean" input: "sq" input: "axis" attr { key: "T" value { type: DT_FLOAT } }
  attr { key: "keep_dims" value { b: true } } attr { key: "Tidx" value { type: DT_INT32 } } }
node { name: "add" op: "AddV2" input: "var" input: "eps" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "root" op: "Rsqrt" input: "add" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "scale" op: "Mul" input: "root" input: "gamma" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "scaled" op: "Mul" input: "x" input: "scale" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "shift" op: "Mul" input: "mean" input: "scale" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "offset" op: "Sub" input: "beta" input: "shift" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "normal" op: "AddV2" input: "scaled" input: "offset" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "y" op: "Identity" input: "normal" attr { key: "T" value { type: DT_FLOAT } } }`

// The remapper's LayerNorm has another epsilon than the graph's; without it they agree.
func TestRemapperAndLayerNorm(t *testing.T) {
	graph := text(t, layerNorm)
	plan, err := compare.PlanGraph(graph, graphdef.Limits{})
	require.NoError(t, err)
	assert.Equal(t, []compare.LayerNorm{{Node: "root", Epsilon: 1e-6}}, plan.RemappedLayerNorms())
	x, err := core.TensorOf(core.Shape{2, 8}, []float32{
		1e-3, 2e-3, -1e-3, 0, 3e-3, -2e-3, 1e-3, 0, 2e-3, 0, -1e-3, 4e-3, 0, 0, 1e-3, 2e-3,
	})
	require.NoError(t, err)
	feeds := compare.Tensors{"x": x}
	e := start(t, tensorflow.Options{})
	_, r := beside(t, testfault.Engine{}, e, graph, feeds)
	assert.True(t, r.Pass, r.Text())

	e = start(t, tensorflow.Options{Optimize: true})
	want, err := e.Open(t.Context(), graph)
	require.NoError(t, err)
	got, err := testfault.Engine{}.Open(t.Context(), graph)
	require.NoError(t, err)
	c := compare.Comparison{
		Got: compare.Side{Name: "tf2ng", Runner: got}, Want: compare.Side{Name: e.Name(), Runner: want}, Plan: plan,
		Feeds: feeds, Derive: true,
	}
	r, err = c.Outputs(t.Context(), []string{"y:0"})
	require.NoError(t, err)
	assert.False(t, r.Pass, "TensorFlow has mended its remapper: %s", r.Text())
}

// Every type that both know goes there and back.
func TestTypesGoThroughTensorFlow(t *testing.T) { types(t, start(t, tensorflow.Options{})) }

func types(t *testing.T, e compare.Engine) {
	for name, want := range map[string]*core.Tensor{
		"DT_BOOL":             must(core.TensorOf(core.Shape{2}, []bool{true, false})),
		"DT_STRING":           must(core.StringTensor(core.Shape{2}, []string{"a\xff\x00b", ""})),
		"DT_STRING of rank 3": must(core.StringTensor(core.Shape{2, 1, 2}, []string{"a", "bc", "", "d"})),
		"DT_STRING alone":     must(core.StringTensor(core.Shape{}, []string{"abc"})),
		"DT_INT8":             must(core.TensorOf(core.Shape{2}, []int8{-128, 127})),
		"DT_QINT8":            must(core.TensorOf(core.Shape{2}, []int8{-128, 3})),
		"DT_UINT8":            must(core.TensorOf(core.Shape{1}, []uint8{255})),
		"DT_QUINT8":           must(core.TensorOf(core.Shape{}, []uint8{200})),
		"DT_INT16":            must(core.TensorOf(core.Shape{1}, []int16{-3})),
		"DT_UINT16":           must(core.TensorOf(core.Shape{1}, []uint16{65535})),
		"DT_INT32":            must(core.TensorOf(core.Shape{2, 0}, []int32{})),
		"DT_QINT32":           must(core.TensorOf(core.Shape{2, 1}, []int32{-1 << 31, 7})),
		"DT_UINT32":           must(core.TensorOf(core.Shape{1}, []uint32{1 << 31})),
		"DT_INT64":            must(core.TensorOf(core.Shape{1}, []int64{-1 << 63})),
		"DT_UINT64":           must(core.TensorOf(core.Shape{1}, []uint64{1 << 63})),
		"DT_DOUBLE":           must(core.TensorOf(core.Shape{1}, []float64{1e300})),
		"DT_BFLOAT16":         must(core.TensorOver(core.BF16, core.Shape{1}, []byte{0x80, 0x3f})),
		"DT_HALF":             must(core.TensorOver(core.F16, core.Shape{1}, []byte{0, 0x3c})),
	} {
		t.Run(name, func(t *testing.T) {
			typ, _, _ := strings.Cut(name, " ")
			g := text(t, fmt.Sprintf(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: %s } } }
node { name: "y" op: "Identity" input: "x" attr { key: "T" value { type: %s } } }`, typ, typ))
			r, err := e.Open(t.Context(), g)
			require.NoError(t, err)
			got, err := r.Run(t.Context(), compare.Tensors{"x": want}, []string{"y:0"})
			require.NoError(t, err)
			assert.Equal(t, want.String(), got["y:0"].String())
			assert.Equal(t, want.Bytes(), got["y:0"].Bytes())
			assert.Equal(t, want.Strings(), got["y:0"].Strings())
		})
	}
}

// An excerpt of a residual block runs in TensorFlow, whose kernel adds to its summand in place.
func TestExcerptsRunInTensorFlow(t *testing.T) {
	e := start(t, tensorflow.Options{})
	var resnet testmodel.Model
	for _, m := range testmodel.Load(t) {
		if m.Name() == "resnet50_lpot16_tf25" {
			resnet = m
		}
	}
	graph, err := os.ReadFile(resnet.File())
	require.NoError(t, err)
	x, _ := resnet.Batch(t, 1)
	faulty := ""
	plan, err := graphdef.Parse(graph, graphdef.Limits{})
	require.NoError(t, err)
	for i := range plan.Nodes {
		if n := &plan.Nodes[i]; faulty == "" && n.Op == "QuantizedConv2DWithBiasSumAndReluAndRequantize" {
			faulty = n.Name
		}
	}
	wrong := testfault.Engine{Node: faulty, Factor: 1.1}
	c, r := beside(t, wrong, e, graph, compare.Tensors{compare.NodeOf(resnet.Feeds[0]): x})
	part, err := c.Reduce(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, faulty, part.Node)
	assert.Equal(t, e.Name(), part.Want.Title, "TensorFlow ran the part")
	assert.False(t, part.Report.Pass)
	t.Logf("%d edges", part.Reach)
}

func text(t *testing.T, s string) []byte {
	data, err := pbtxt.ToBinary([]byte(s))
	require.NoError(t, err)
	return data
}

func vector(t *testing.T, elements ...float32) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(elements)}, elements)
	require.NoError(t, err)
	return x
}

func must(t *core.Tensor, err error) *core.Tensor {
	if err != nil {
		panic(err)
	}
	return t
}
