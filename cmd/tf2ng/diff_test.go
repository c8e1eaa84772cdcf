package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

const (
	small     = graphs + "digits_cnn_nc26_tf215.pb"
	recording = "../../testdata/recordings/digits_cnn_nc26_tf215" // TensorFlow 2.21's tensors of small
)

func TestDiffAgainstARecording(t *testing.T) {
	out := must(t, "diff", small, "--against", recording, "--nodes", "--alone", "--tf-version", "2.21")
	assert.Contains(t, out, "sequential/conv2d_1/Conv2D_eightbit_requantize:0")
	assert.Contains(t, out, "\nsame: 29 tensors within what rounding explains\n")
	out = must(t, "diff", small, "--against", recording, "--tf-version", "2.21", "--brief")
	assert.Equal(t, 3, strings.Count(out, "\n"), "the outputs: %s", out)
}

func TestDiffRecordsWhatItCanCompareWith(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	out := must(t, "diff", small, "--random", "5", "--nodes", "--record", dir)
	assert.Contains(t, out, dir+": 29 tensors of tf2ng\n")
	out = must(t, "diff", small, "--against", dir, "--nodes", "--a", "engine=reference")
	assert.Contains(t, out, "equal: 29 tensors, every element\n")

	code, _, stderr := program("diff", small, "--against", dir, "--random", "5", "--batch", "2")
	assert.Equal(t, exitOK, code, "the recorded inputs: %s", stderr)
	code, _, stderr = program("diff", small, "--against", dir, "--input", "input="+recording+"/inputs.npz:input")
	assert.Equal(t, exitCannot, code)
	assert.Contains(t, stderr, "was recorded with other values")
}

func TestDiffOfTwoSides(t *testing.T) {
	out := must(t, "diff", small, "--random", "1", "--batch", "3", "--nodes", "--a", "engine=portable", "--b",
		"engine=reference,threads=2")
	assert.Contains(t, out, "u8[3,8,8,16]")
	assert.Contains(t, out, "equal: 29 tensors, every element\n")
}

// Two recordings are compared in the order of the graph that is named, and need no model that runs.
func TestDiffOfTwoRecordings(t *testing.T) {
	out := must(t, "diff", small, "--a", "recorded="+recording, "--b", "recorded="+recording, "--nodes")
	assert.Contains(t, out, "equal: 29 tensors, every element\n")
	assert.Less(t, strings.Index(out, "\nsequential/conv2d/"), strings.Index(out, "\nIdentity:0"), "in the graph's order")
	code, _, stderr := program("diff", small, "--a", "recorded="+recording, "--against", recording, "--python", "none")
	assert.Equal(t, exitOK, code, "--python is for a side that is TensorFlow: %s", stderr)
}

// Another version's arithmetic differs first in one node, and the part that is cut out shows it.
func TestDiffNamesTheNodeAndReduces(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "part")
	code, out, stderr := program("diff", small, "--against", recording, "--nodes", "--brief", "--tf-version", "2.8",
		"--reduce", dir)
	assert.Equal(t, exitDiffers, code, stderr)
	const first = "sequential/conv2d/Conv2D_eightbit_quantize_input"
	assert.Contains(t, out, first+" (QuantizeV2)\n  reads    input:0 (Placeholder): input\n")
	assert.Contains(t, out, "  has      mode = SCALED\n")
	assert.Contains(t, out, "  became   TFQuantizeV2 by ScaledQuantize, computed by ")
	assert.Contains(t, out, "on the other side's inputs, too: the fault is its own\n")
	assert.Contains(t, out, dir+": node \""+first+"\" and 0 edges in front of it")

	part := filepath.Join(dir, "graph.pb")
	code, out, stderr = program("diff", part, "--against", dir, "--tf-version", "2.8")
	assert.Equal(t, exitDiffers, code, stderr)
	assert.Contains(t, out, first+":0")
	must(t, "diff", part, "--against", dir, "--tf-version", "2.21")
}

func TestDiffStopsAtTheFirst(t *testing.T) {
	code, out, _ := program("diff", small, "--against", recording, "--nodes", "--fail-fast", "--tf-version", "2.8",
		"--json")
	assert.Equal(t, exitDiffers, code)
	var r struct {
		Schema  int                   `json:"schema"`
		Want    string                `json:"want"`
		Tensors []struct{ Op string } `json:"tensors"`
		First   compare.Explanation   `json:"first"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	assert.Equal(t, compare.ReportSchema, r.Schema)
	assert.Equal(t, "TensorFlow 2.21.0", r.Want)
	assert.Len(t, r.Tensors, 1)
	assert.Equal(t, "QuantizeV2", r.First.Op)
}

func TestDiffOfLessThanWasAskedForIsIncomplete(t *testing.T) {
	r, err := compare.ReadDir(recording)
	require.NoError(t, err)
	delete(r.Results, "Identity:0")
	dir := t.TempDir()
	require.NoError(t, r.WriteDir(dir))
	code, out, stderr := program("diff", small, "--against", dir, "--tf-version", "2.21")
	assert.Equal(t, exitCannot, code)
	assert.Contains(t, out, "NOT COMPARED: Identity:0 (Identity): TensorFlow 2.21.0: TensorFlow 2.21.0 has no tensor "+
		`"Identity:0"`)
	assert.Contains(t, out, "nothing was compared; INCOMPLETE: 1 tensor not compared\n")
	assert.Equal(t, "error: the comparison is incomplete\n", stderr)
}

func TestDiffErrors(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "small.ng")
	must(t, "convert", small, "-o", ng)
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"two right sides", []string{"--tensorflow", "--against", "x"}, "got --against and --tensorflow: want one of them"},
		{"alone of what", []string{"--b", "engine=reference", "--alone"}, "--alone and --reduce: want --nodes, too"},
		{"no setting", []string{"--b", "motor=v8"}, `--b "motor=v8": no setting "motor", want one of tensorflow, live,`},
		{"no library", []string{"--b", "live"}, "live: this tf2ng was built without TensorFlow's library: build it with"},
		{"no recording", []string{"--against", "no/such"}, "recording no/such: stat no/such/recording.json: no such file"},
		{
			"no Python",
			[]string{"--python", "no/such/python3"},
			"TensorFlow is not to be had: fork/exec no/such/python3: no such file or directory; install the package tensorflow",
		},
		{"nodes of arrays", []string{"--expect", "Identity=" + want, "--nodes"}, "--nodes: --expect names the tensors"},
		{"no inputs", []string{"--b", "engine=reference"}, `input "input" (f32[?,8,8,1]): missing`},
		{
			"a shape of nothing",
			[]string{"--random", "1", "--shape", "input:8,x", "--b", "engine=reference"},
			`--shape "input:8,x": input "input:8,x": got dimension "x"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := program(append([]string{"diff", small}, test.args...)...)
			assert.Equal(t, exitCannot, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, test.want)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
	none := filepath.Join(t.TempDir(), "none.pb")
	require.NoError(t, os.WriteFile(none, []byte("no graph"), 0o600))
	code, _, stderr := program("diff", none, "--tensorflow", "--random", "1")
	assert.Equal(t, exitCannot, code)
	assert.Contains(t, stderr, "error: "+none+": ")
	assert.NotContains(t, stderr, ".ng file as", "it is no model")
	code, _, stderr = program("diff", ng, "--tensorflow", "--random", "1")
	assert.Equal(t, exitCannot, code)
	assert.Equal(t, "error: "+ng+": TensorFlow reads GraphDefs (.pb, .pbtxt) and SavedModels: name what it was "+
		"converted from, and the .ng file as --a model=FILE.ng\n", stderr)
}

// Random inputs fit what a graph does with them.
func TestRandomInputsFitTheirUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lookup.pbtxt")
	require.NoError(t, os.WriteFile(path, []byte(`
node { name: "ids" op: "Placeholder" attr { key: "dtype" value { type: DT_INT64 } } attr { key: "shape" value { shape { dim { size: 500 } } } } }
node { name: "narrow" op: "Cast" input: "ids" attr { key: "SrcT" value { type: DT_INT64 } } attr { key: "DstT" value { type: DT_INT32 } } }
node { name: "table" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } dim { size: 2 } } float_val: 1 } } } }
node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }
node { name: "rows" op: "GatherV2" input: "table" input: "narrow" input: "axis" attr { key: "Tparams" value { type: DT_FLOAT } } attr { key: "Tindices" value { type: DT_INT32 } } attr { key: "Taxis" value { type: DT_INT32 } } }`), 0o600))
	dir := t.TempDir()
	must(t, "diff", path, "--random", "1", "--record", dir)
	r, err := compare.ReadDir(dir)
	require.NoError(t, err)
	seen := map[int64]bool{}
	for _, id := range core.Data[int64](r.Feeds["ids"]) {
		seen[id] = true
	}
	assert.Equal(t, map[int64]bool{0: true, 1: true, 2: true}, seen, "the rows of the table")

	dir = t.TempDir()
	must(t, "diff", model, "--random", "1", "--batch", "4", "--record", dir)
	r, err = compare.ReadDir(dir)
	require.NoError(t, err)
	assert.Equal(t, core.Shape{4, 8, 8, 1}, r.Feeds["input"].Shape())
	again := t.TempDir()
	must(t, "diff", model, "--random", "1", "--batch", "4", "--record", again)
	other, err := compare.ReadDir(again)
	require.NoError(t, err)
	assert.Equal(t, r.Feeds["input"].Bytes(), other.Feeds["input"].Bytes(), "a seed draws the same")
}

// One range in the graph that is far too narrow is the layer with the largest loss.
func TestDiffFindsTheLayerThatLosesAccuracy(t *testing.T) {
	const float = graphs + "digits_mix_fp32.pb"
	input := "input=" + graphs + "digits_data.npz:xv"
	labels := graphs + "digits_data.npz:yv"
	out := must(t, "diff", graphs+"digits_mix_nctf37spr_tf219.pb", "--float", float, "--input", input, "--labels", labels)
	assert.Contains(t, out, "26 layers of ")
	assert.Contains(t, out, "answers: 499 of 500 the same; others in rows [95]\naccuracy: 0.984, beside 0.986\n")

	narrow := filepath.Join(t.TempDir(), "narrow.pb")
	const layer = "model/conv2d_4/Conv2D_eightbit_requantize"
	require.NoError(t, os.WriteFile(narrow, withNarrowRange(t, model, layer), 0o600))
	out = must(t, "diff", narrow, "--float", float, "--input", input, "--json")
	var l compare.Loss
	require.NoError(t, json.Unmarshal([]byte(out), &l))
	assert.Equal(t, layer+":0", l.Layers[0].Quantized)
	assert.Equal(t, "model/re_lu_1/Relu:0", l.Layers[0].Name)
	assert.Greater(t, l.Layers[0].Saturated, 0.6, "what is beyond the range, and the zeros of the Relu")
}

// withNarrowRange returns a model in which the largest output of a requantizing node is an eighth of
// what it was.
func withNarrowRange(t *testing.T, path, node string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var g graph_go_proto.GraphDef
	require.NoError(t, proto.Unmarshal(data, &g))
	nodes := map[string]*node_def_go_proto.NodeDef{}
	for _, n := range g.GetNode() {
		nodes[n.GetName()] = n
	}
	require.Contains(t, nodes, node)
	inputs := nodes[node].GetInput()
	highest := nodes[inputs[len(inputs)-1]].GetAttr()["value"].GetTensor()
	require.NotNil(t, highest)
	x := highest.GetFloatVal()
	if b := highest.GetTensorContent(); len(b) == 4 {
		x = []float32{math.Float32frombits(binary.LittleEndian.Uint32(b))}
	}
	require.Len(t, x, 1)
	highest.TensorContent, highest.FloatVal = nil, []float32{x[0] / 8}
	data, err = proto.Marshal(&g)
	require.NoError(t, err)
	return data
}
