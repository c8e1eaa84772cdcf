package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/internal/version"
)

const (
	graphs = "../../testdata/graphdefs/"
	model  = graphs + "digits_mix_lpot16_tf25.pb"
	images = "input=" + graphs + "digits_mix_lpot16_tf25.tf221.npz:x8"
	want   = graphs + "digits_mix_lpot16_tf25.tf221.npz:y8"
)

// program runs the program and returns what it printed.
func program(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = doMain(args, &out, &err)
	return code, out.String(), err.String()
}

// must runs the program, which must succeed, and returns what it printed.
func must(t *testing.T, args ...string) string {
	code, stdout, stderr := program(args...)
	require.Equal(t, exitOK, code, "%q\n%s%s", args, stdout, stderr)
	require.Empty(t, stderr)
	return stdout
}

// write makes a file of an array in a folder of the test.
func write(t *testing.T, name string, x *core.Tensor) string {
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	require.NoError(t, npy.Write(&b, x))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func TestConvertRunDiff(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "digits.ng")
	out := must(t, "convert", model, "-o", ng)
	assert.Contains(t, out, "input   input f32[?,8,8,1]\noutput  Identity:0 f32[?,10]\n")

	for _, m := range []string{model, ng} {
		for _, engine := range []string{"kernels", "portable", "reference"} {
			out := must(t, "diff", m, "--input", images, "--expect", "Identity:0="+want, "--engine", engine,
				"--threads", "2", "--tf-version", "auto")
			assert.Contains(t, out, "same: 1 tensor within what rounding explains\n")
		}
	}
}

func TestRunWritesWhatWasAskedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.npz")
	must(t, "run", model, "--input", images, "--out", file)
	assert.Equal(t, []string{"Identity:0"}, open(t, file).Names(), "the model's outputs by their full names")

	must(t, "run", model, "--input", images, "--output", "model/conv2d_12/Relu", "--output", "Identity", "--output",
		"model/max_pooling2d_2/MaxPool_eightbit_quantized:0", "--out", file)
	a := open(t, file)
	assert.ElementsMatch(t,
		[]string{"model/conv2d_12/Relu", "Identity", "model/max_pooling2d_2/MaxPool_eightbit_quantized:0"}, a.Names(),
		"names as they were given")
	q, err := a.Read("model/max_pooling2d_2/MaxPool_eightbit_quantized:0")
	require.NoError(t, err)
	assert.Equal(t, "u8[8,4,4,40]", q.String(), "quantized types are their integers")
}

func open(t *testing.T, path string) *npy.Archive {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	a, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return a
}

func TestRunSummarizes(t *testing.T) {
	out := must(t, "run", model, "--input", "input="+graphs+"digits_data.npz:xv", "--labels",
		graphs+"digits_data.npz:yv")
	assert.Contains(t, out, "Identity:0: f32[500,10], min ")
	assert.Contains(t, out, "Identity:0: 493 of 500 labels right, accuracy 0.986\n")
}

// Strings are read from files, and written to them: what TensorFlow recorded of a SavedModel that reads tf.Examples.
func TestRunStrings(t *testing.T) {
	const saved = "../../testdata/savedmodels/int8_examples/"
	examples := testmodel.Array(t, saved+"recorded.npz", "serving_default.in.inputs")
	file := filepath.Join(t.TempDir(), "out.npz")
	out := must(t, "run", saved+"model", "--input", "inputs="+write(t, "examples.npy", examples), "--out", file)
	assert.Contains(t, out, "classes: string[4,8]\n   \"class 0\" \"class 1\" ")
	for _, name := range []string{"classes", "scores"} {
		got, err := open(t, file).Read(name)
		require.NoError(t, err)
		want := testmodel.Array(t, saved+"recorded.npz", "serving_default.out."+name)
		assert.Equal(t, want.Fact(), got.Fact())
		assert.Equal(t, want.Strings(), got.Strings())
	}
	out = must(t, "diff", saved+"model", "--input", "inputs="+write(t, "examples.npy", examples), "--expect",
		"scores="+saved+"recorded.npz:serving_default.out.scores")
	assert.Contains(t, out, "same: 1 tensor within what rounding explains")
}

// Giving an inner tensor a value cuts the graph there.
func TestRunFromAnInnerTensor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "inner.npz")
	const inner = "model/conv2d_12/Relu"
	must(t, "run", model, "--input", images, "--output", inner, "--output", "Identity:0", "--out", file)
	out := must(t, "diff", model, "--input", inner+"="+file+":"+inner, "--expect", "Identity:0="+file+":Identity:0")
	assert.Contains(t, out, "equal: 1 tensor, every element")
}

func TestDiffFindsWhereItStarts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "good.npz")
	must(t, "run", model, "--input", images, "--output", "Identity", "--output", "model/dense_2/BiasAdd", "--out", file)
	logits, err := open(t, file).Read("model/dense_2/BiasAdd")
	require.NoError(t, err)
	core.Data[float32](logits)[13] += 2
	bad := write(t, "bad.npy", logits)

	args := []string{"diff", model, "--input", images, "--expect", "Identity=" + file +
		":Identity", "--expect", "model/dense_2/BiasAdd=" + bad}
	code, stdout, stderr := program(args...)
	assert.Equal(t, exitDiffers, code)
	assert.Empty(t, stderr)
	assert.Contains(t, stdout,
		"DIFFERS: 2 tensors compared within what rounding explains; the first that diverges is "+
			"model/dense_2/BiasAdd (Dequantize)\n")
	assert.Contains(t, stdout, "[1,3]: ", "where the largest difference is")
	assert.Less(t, strings.Index(stdout, "model/dense_2/BiasAdd  "), strings.Index(stdout, "Identity  "),
		"in the order of the graph")

	must(t, append(args, "--atol", "3")...)
	code, stdout, _ = program(append(args, "--json")...)
	assert.Equal(t, exitDiffers, code)
	var report struct {
		Pass    bool   `json:"pass"`
		First   string `json:"first_divergence"`
		Tensors []struct {
			Name      string `json:"name"`
			Differing int    `json:"differing"`
		} `json:"tensors"`
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	assert.Equal(t, "model/dense_2/BiasAdd", report.First)
	assert.Len(t, report.Tensors, 2)
}

func TestEveryCommandPrintsJSON(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "digits.ng")
	for _, args := range [][]string{
		{"convert", model, "-o", ng},
		{"run", model, "--input", images},
		{"diff", model, "--input", images, "--expect", "Identity:0=" + want},
		{"inspect", model},
		{"inspect", model, "--kernels"},
		{"kernels"},
		{"bench", model, "--runs", "1", "--min-time", "1ms"},
	} {
		t.Run(args[0], func(t *testing.T) {
			assert.True(t, json.Valid([]byte(must(t, append(args, "--json")...))))
		})
	}
}

func TestBenchComparesWithTheLimit(t *testing.T) {
	out := must(t, "bench", model, "--runs", "1", "--min-time", "1ms", "--nodes")
	assert.Regexp(t, `\d GOP/s in integer convolutions and matrix products, 0\.\d\d of the limit of \d+`, out)
	assert.Regexp(t, `us  \d+\.\d GOP/s +0\.\d\d +IntegerConvolution +\S+ +gemm_u8s8_chain_\w+ `, out)
	assert.NotContains(t, must(t, "bench", model, "--runs", "1", "--min-time", "1ms", "--engine", "reference"),
		"of the limit")
}

func TestConvertToJSONAndText(t *testing.T) {
	graph := must(t, "convert", model, "--format", "json")
	assert.True(t, json.Valid([]byte(graph)))
	assert.Contains(t, graph, `"op":"IntegerConvolution"`)
	file := filepath.Join(t.TempDir(), "graph.json")
	must(t, "convert", model, "--format", "json", "-o", file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, graph, string(data))

	text := must(t, "convert", model, "--dump-after", "translate")
	assert.Contains(t, text, "QuantizedConv2DWithBiasAndReluAndRequantize")
	folded := must(t, "convert", model, "--dump-after", "fold")
	assert.Less(t, strings.Count(folded, "\n"), strings.Count(text, "\n"), "the pass ran")
}

func TestInspect(t *testing.T) {
	out := must(t, "inspect", model, "--kernels")
	for _, line := range []string{"input   input f32[?,8,8,1]\n", "output  Identity:0 f32[?,10]\n", "peak memory"} {
		assert.Contains(t, out, line)
	}
	assert.Regexp(t,
		"\n     7  QuantizedConv2DWithBiasAndReluAndRequantize +yes +ScaledQuantizedConvolutionBias: "+
			".*IntegerConvolution", out)
}

func TestInspectTellsAllThatIsNotSupported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.pbtxt")
	require.NoError(t, os.WriteFile(path, []byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "a" op: "Frobnicate" input: "x" }
node { name: "b" op: "Frobnicate" input: "a" }
node { name: "v" op: "VarHandleOp" }
node { name: "c" op: "ReadVariableOp" input: "v" }
node { name: "d" op: "AddV2" input: "b" input: "c" attr { key: "T" value { type: DT_FLOAT } } }`), 0o600))
	assert.Regexp(t, `^input   x f32\?
output  d:0 f32\?
unsupported ops: Frobnicate .2 nodes, first "a".*; to do without them, start behind with --input b:0 --input c:0
with these inputs nothing unsupported is needed:
  --input b:0
  --input c:0
TensorFlow ops, and what they become:
 nodes  op +supported  becomes
     2  Frobnicate +no +first "a"
     1  VarHandleOp +no +first "v": a variable: freeze the graph first
     1  ReadVariableOp +no +first "c": a variable: freeze the graph first
     1  AddV2 +yes *
     1  Placeholder +yes *
$`, must(t, "inspect", path))
	assert.Contains(t, must(t, "inspect", path, "--json"), `"op": "Frobnicate"`)

	code, _, stderr := program("convert", path)
	assert.Equal(t, exitCannot, code)
	assert.Equal(t,
		"error: "+path+`: unsupported ops: Frobnicate (2 nodes, first "a"), VarHandleOp (1 node "v": a variable: `+
			`freeze the graph first), ReadVariableOp (1 node "c": a variable: freeze the graph first); to do without `+
			`them, start behind with --input b:0 --input c:0`+"\n", stderr)
}

func TestHelp(t *testing.T) {
	for _, command := range []string{"convert", "run", "diff", "inspect", "bench", "kernels"} {
		out := must(t, command, "--help")
		assert.Contains(t, out, "Example: tf2ng "+command)
		assert.Contains(t, out, "--json")
		assert.Contains(t, must(t, "--help"), "  "+command)
	}
	for _, args := range [][]string{nil, {"--help"}} {
		assert.Contains(t, must(t, args...), "Usage: tf2ng")
	}
}

func TestVersion(t *testing.T) {
	line := fmt.Sprintf("tf2ng %s, %s %s/%s, .ng files of schema 2 (reads 1 to 2)\n", version.String(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	assert.Equal(t, line, must(t, "--version"))
	assert.Equal(t, line, must(t, "run", "--version"), "with a command, too")
	assert.Contains(t, must(t, "--help"), "--version")
}

// The version is in the files that the program writes.
func TestConvertRecordsTheVersion(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "digits.ng")
	must(t, "convert", model, "-o", ng)
	data, err := os.ReadFile(ng)
	require.NoError(t, err)
	assert.Contains(t, string(data),
		fmt.Sprintf(`"producer":"tf2ng","producer_version":%q,"schema":"2"`, version.String()))
}

func TestErrorsAreOneLine(t *testing.T) {
	ng := filepath.Join(t.TempDir(), "digits.ng")
	must(t, "convert", model, "-o", ng)
	integers, err := core.NewTensor(core.U8, core.Shape{1, 8, 8, 1})
	require.NoError(t, err)
	bytes8 := write(t, "u8.npy", integers)
	text := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("hello\n"), 0o600))
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"command", []string{"compile"}, "unexpected argument compile: see tf2ng --help"},
		{"flag", []string{"run", model, "--speed", "9"}, "unknown flag --speed: see tf2ng run --help"},
		{"no model", []string{"run"}, `expected "<model>": see tf2ng run --help`},
		{
			"no batch",
			[]string{"bench", model, "--batch", "0"},
			"bench: --batch and --runs: got 0 and 20, want at least 1: see tf2ng bench --help",
		},
		{
			"directory",
			[]string{"run", graphs},
			graphs + ": got a directory, want a frozen GraphDef (.pb, .pbtxt), a SavedModel or a converted model (.ng): " +
				"name the file in it",
		},
		{"no file", []string{"run", "no/such.pb"}, "no/such.pb: no such file: want a frozen GraphDef (.pb, .pbtxt), a " +
			"SavedModel (its directory or saved_model.pb) or a converted model (.ng)"},
		{
			"engine",
			[]string{"run", model, "--engine", "gpu"},
			`--engine must be one of "kernels","portable","reference" but got "gpu"`,
		},
		{"threads", []string{"run", model, "--threads", "0", "--input", images}, "--threads: got 0, want 1 to 1024"},
		{
			"memory",
			[]string{"run", model, "--memory-limit=-1", "--input", images},
			"--memory-limit: got -1, want 1 to 1073741824",
		},
		{
			"no input",
			[]string{"run", model},
			`input "input" (f32[?,8,8,1]): missing: give it with --input input=FILE.npy`,
		},
		{
			"too little memory",
			[]string{"run", model, "--memory-limit=1", "--input", "input=" + graphs + "digits_data.npz:xv"},
			`node "model/batch_normalization_6/FusedBatchNormV3" (TFDequantize): got output f32[500,8,8,16], for which ` +
				`2048000 bytes are needed, want at most 1048576: allow more with --memory-limit MIB, or run a smaller batch`,
		},
		{"input syntax", []string{"run", model, "--input", "input"}, `--input "input": want NAME=FILE[:KEY]`},
		{
			"input twice",
			[]string{"run", model, "--input", images, "--input", images},
			`--input "` + images + `": input is given twice`,
		},
		{
			"input's file",
			[]string{"run", model, "--input", "input=no.npy"},
			"--input input: open no.npy: no such file or directory",
		},
		{
			"input's key",
			[]string{"run", model, "--input", "input=" + graphs + "digits_data.npz:x"},
			`--input input: ` + graphs + `digits_data.npz:x: no array "x": want FILE:KEY with one of ["xv" "yv"]`,
		},
		{
			"input's format",
			[]string{"run", model, "--input", "input=" + text},
			`--input input: ` + text + `: invalid .npy data: header: unexpected EOF: want what numpy.save or numpy.savez wrote`,
		},
		{
			"input's type",
			[]string{"run", model, "--input", "input=" + bytes8},
			`input "input": got u8[1,8,8,1], want f32[?,8,8,1]`,
		},
		{
			"input's name",
			[]string{"run", model, "--input", "image=" + bytes8},
			model + `: input "image": no node "image" in the graph; it has the inputs [input] and the outputs [Identity:0]`,
		},
		{
			"output",
			[]string{"run", model, "--input", images, "--output", "Identify"},
			model + `: output "Identify": no node "Identify" in the graph; it has the inputs [input] and the outputs ` +
				`[Identity:0]`,
		},
		{
			"version",
			[]string{"convert", model, "--tf-version", "3.1"},
			model + `: version of TensorFlow: got "3.1", want auto or a version from 1.15 to 2.21`,
		},
		{
			"version of a .ng",
			[]string{"run", ng, "--tf-version", "2.8", "--input", images},
			ng + `: the model was converted for TensorFlow auto, not 2.8: convert the GraphDef again`,
		},
		{
			"nothing to compare",
			[]string{"diff", model, "--input", images},
			"nothing to compare with: give --tensorflow, --against DIR, --b SIDE, --float FILE, or --expect " +
				"NAME=FILE[:KEY]",
		},
		{"pass", []string{"convert", model, "--dump-after", "magic"}, `no pass "magic": want one of`},
		{
			"shape",
			[]string{"convert", model, "--input", "input:8,x"},
			`input "input:8,x": got dimension "x", want a number, ? or -1`,
		},
		{
			"format",
			[]string{"convert", model, "--format", "tflite"},
			`--format must be one of "ng","json","onnx" but got "tflite"`,
		},
		{"no GraphDef", []string{"inspect", text}, text + ": "},
		{
			"no folder",
			[]string{"convert", model, "-o", "no/such/folder/x.ng"},
			"no/such/folder/x.ng: there is no directory no/such/folder: make it first",
		},
		{
			"labels",
			[]string{"run", model, "--input", images, "--labels", bytes8},
			"--labels: got labels u8[1,8,8,1] for an output f32[8,10], want integers of shape [rows] for an output " +
				"of [rows,classes]",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stdout, stderr := program(test.args...)
			assert.Equal(t, exitCannot, code)
			assert.Empty(t, stdout)
			assert.True(t, strings.HasPrefix(stderr, "error: "+test.want), "got  %swant error: %s", stderr, test.want)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}

// crash is a command that does what its field says.
type crash struct{ do func() error }

func (c *crash) Run() error { return c.do() }

func TestCrashIsReported(t *testing.T) {
	internal := &core.InternalError{
		Node:  "y",
		Op:    "Relu",
		Value: "torn",
		Stack: []byte("goroutine 1 [running]:\nrelu()\n"),
	}
	var none []int
	for name, test := range map[string]struct {
		do          func() error
		line, stack string
	}{
		"panic": {func() error { panic("two\nlines") }, "two; lines", "tf2ng.TestCrashIsReported.func"},
		"fault": {
			func() error { none[len(none)]++; return nil },
			"runtime error: index out of range [0] with length 0",
			"tf2ng.TestCrashIsReported.func",
		},
		"internal error": {
			func() error { return internal },
			`node "y" (Relu): torn`,
			"goroutine 1 [running]:\nrelu()\n",
		},
		"one that is joined": {
			func() error { return errors.Join(internal, io.EOF) },
			`node "y" (Relu): torn; EOF`,
			"goroutine 1 [running]:\nrelu()\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := doMain([]string{"crash"}, &stdout, &stderr, kong.DynamicCommand("crash", "", "", &crash{test.do}))
			assert.Equal(t, exitCannot, code)
			assert.Empty(t, stdout.String())
			line, stack, _ := strings.Cut(stderr.String(), "\n")
			assert.Equal(t, "error: internal error, please report: "+test.line, line)
			assert.Contains(t, stack, test.stack)
			assert.Contains(t, stack, "goroutine ")
		})
	}
}

// What --help leaves out of the command's arguments is no error.
func TestHelpExitsWithoutError(t *testing.T) {
	code, stdout, stderr := program("run", "--threads", "2", "--help")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, stderr)
	assert.Equal(t, 1, strings.Count(stdout, "Usage: tf2ng"))
}

func TestTextGraphDef(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relu.pbtxt")
	require.NoError(t, os.WriteFile(path, []byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: 2 } } } } }
node { name: "y" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }`), 0o600))
	x, err := core.TensorOf(core.Shape{2}, []float32{-1, 3})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "y.npz")
	must(t, "run", path, "--input", "x="+write(t, "x.npy", x), "--out", file)
	y, err := open(t, file).Read("y:0")
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 3}, y.Float32s())
}

// Graphs whose outputs' shapes depend on data are measured and listed like any other.
func TestBenchOfShapesThatDependOnData(t *testing.T) {
	const graph = "../../testdata/goldens/Where/where_all.pb"
	for _, engine := range []string{"kernels", "portable", "reference"} {
		code, out, errs := program("bench", graph, "--engine", engine, "--runs", "1", "--min-time", "1ns", "--nodes")
		require.Zero(t, code, errs)
		assert.Contains(t, out, "Where", engine)
		code, out, errs = program("bench", graph, "--engine", engine, "--runs", "1", "--min-time", "1ns", "--json")
		require.Zero(t, code, errs)
		assert.True(t, json.Valid([]byte(out)), out)
	}
	code, out, errs := program("inspect", graph, "--kernels")
	require.Zero(t, code, errs)
	assert.Contains(t, out, "reference (tail)")
}
