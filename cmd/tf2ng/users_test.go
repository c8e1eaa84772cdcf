package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

const (
	reports   = "../../testdata/cases/reports/"
	detection = reports + "10-detection-map-while-assert/graph.pb"
	shapeless = reports + "12-placeholder-shape-lost/graph.pb"
	asserting = reports + "45-assert-checknumerics-nan/graph.pb"
)

// What inspect tells of a graph with a loop in front, as a whole and cut behind the loop.
func TestInspectOfALoop(t *testing.T) {
	code, whole, stderr := program("inspect", detection, "--kernels", "--input", "image_tensor:1,40,40,3")
	require.Zero(t, code, stderr)
	assert.Contains(t, whole, "input   image_tensor u8[1,40,40,3]\noutput  num_detections:0 f32[?]\n")
	assert.Regexp(t, ` Loop +\S+ +calls +Preprocessor/map/while\n`, whole)
	code, cut, stderr := program("inspect", detection, "--input", "Preprocessor/sub:f32:1,32,32,3", "--output",
		"detection_scores", "--kernels")
	require.Zero(t, code, stderr)
	assert.Contains(t, cut, "input   Preprocessor/sub f32[1,32,32,3]\noutput  detection_scores f32[?,10]\n")
	assert.Contains(t, cut, "instructions, peak memory")
	assert.Equal(t, `warning: node "FeatureExtractor/Assert/Assert/Assert" (Assert) is not checked: it is with `+
		`--check-asserts, or WithAssertsChecked`+"\n", stderr)
}

// A graph without a shape is measured and listed with one that is given.
func TestGivenShapes(t *testing.T) {
	feeds := filepath.Dir(shapeless) + "/feeds.npz:image_tensor_0"
	for _, test := range []struct {
		name string
		args []string
		want string // of the error
	}{
		{"bench", []string{"bench", shapeless, "--input", "image_tensor:1,40,40,3"}, ""},
		{"bench with values", []string{"bench", shapeless, "--input", "image_tensor:0=" + feeds}, ""},
		{"inspect", []string{"inspect", shapeless, "--kernels", "--input", "image_tensor:1,40,40,3"}, ""},
		{"bench without", []string{"bench", shapeless}, "image_tensor"},
		{"inspect without", []string{"inspect", shapeless, "--kernels"}, "image_tensor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.args[0] == "bench" {
				test.args = append(test.args, "--runs", "1", "--min-time", "1ns")
			}
			code, _, stderr := program(test.args...)
			if test.want == "" {
				require.Zero(t, code, stderr)
				return
			}
			assert.Equal(t, exitCannot, code)
			assert.Equal(t, `error: input "image_tensor": the graph does not tell its shape: give it, for example --input `+
				"image_tensor:1,224,224,3, or --input image_tensor:[] for a number\n", stderr)
		})
	}
}

// The type of a tensor that the graph does not tell is named behind it.
func TestRunNamesATypeOfAnInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd.pbtxt")
	require.NoError(t, os.WriteFile(path, []byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "odd" op: "Frobnicate" input: "x" }`), 0o600))
	file := filepath.Join(t.TempDir(), "y.npz")
	bits := bfloat16 + ":bits"
	assert.Contains(t, must(t, "run", path, "--input", "odd:u16="+bits, "--output", "odd", "--out", file), "odd: u16[2,3]")
	for _, test := range []struct{ name, input, want string }{
		{
			"no type", "odd=" + bits,
			path + `: input "odd:0": its element type is not known, since neither Frobnicate nor an op that reads it is ` +
				`supported; name it behind the tensor, odd:0:f32 for example`,
		},
		{"another type", "odd:f32=" + bits, `input "odd": got u16[2,3], want f32?`},
		{
			"a shape", "odd:u16:2,3=" + bits,
			`--input "odd:u16:2,3=` + bits + `": the file tells the shape: want NAME=FILE[:KEY] or NAME:TYPE=FILE[:KEY]`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, _, stderr := program("run", path, "--output", "odd", "--input", test.input)
			assert.Equal(t, exitCannot, code)
			assert.Equal(t, "error: "+test.want+"\n", stderr)
		})
	}
}

// Asserts are named when a graph is converted, and checked on request.
func TestCheckAsserts(t *testing.T) {
	const warning = `warning: node "Assert/AssertGuard" (Assert) is not checked: it is with --check-asserts, or ` +
		"WithAssertsChecked\n"
	dir := t.TempDir()
	for _, args := range [][]string{{"convert", asserting, "-o", dir + "/x.ng"}, {"inspect", asserting}} {
		code, _, stderr := program(args...)
		require.Zero(t, code, stderr)
		assert.Equal(t, warning, stderr)
	}
	must(t, "convert", asserting, "--check-asserts", "-o", dir+"/checked.ng")
	x, err := core.TensorOf(core.Shape{1, 4}, []float32{1, 2, -3, 4})
	require.NoError(t, err)
	input := "x=" + write(t, "x.npy", x)
	for _, args := range [][]string{
		{"run", dir + "/checked.ng", "--input", input},
		{"run", asserting, "--check-asserts", "--input", input},
	} {
		code, _, stderr := program(args...)
		assert.Equal(t, exitCannot, code)
		assert.Equal(t, `error: node "Assert/AssertGuard" (Assert): input 1: the assertion does not hold: negative input `+
			"(Assert-C3)\n", stderr)
	}
}

// A malformed node is among what is in the way.
func TestInspectOfAMalformedNode(t *testing.T) {
	code, out, stderr := program("inspect", "../../testdata/goldens/FakeQuant/ends_fake_quant_args_zero.pb")
	require.Zero(t, code, stderr)
	assert.Contains(t, out, "     1  FakeQuantWithMinMaxArgs  no         first \"op\": ")
	assert.Contains(t, out, "     1  Placeholder              yes")
}
