package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
)

const digits = "../../testdata/graphdefs/digits_mix_lpot16_tf25.pb"

func TestConvertToONNX(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	out := must(t, "convert", digits, "--format", "onnx", "-o", path, "--report")
	assert.Contains(t, out, path+": ")
	assert.Contains(t, out, "\nof the graph's 28 nodes 11 exact, 15 within one step, 2 but for the last bits\n")
	assert.Contains(t, out, "\nmodel/dense_2/Softmax (Softmax): last bits: Exp is rounded as the runtime does [Softmax]\n")
	info, err := os.Stat(path)
	require.NoError(t, err)

	var document struct {
		Bytes    int64
		Fidelity map[string]int
		Report   []struct{ Node string }
	}
	require.NoError(t, json.Unmarshal([]byte(must(t, "convert", digits, "--format", "onnx", "-o", path, "--report",
		"--json")), &document))
	assert.Equal(t, info.Size(), document.Bytes)
	assert.Equal(t, map[string]int{"exact": 11, "within one step": 15, "last bits": 2}, document.Fidelity)
	assert.Len(t, document.Report, 28)
}

// The model runs on what --calibrate gives, one example after the other.
func TestConvertToONNXCalibrates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	images := "input=../../testdata/graphdefs/digits_data.npz:xv"
	out := must(t, "convert", digits, "--format", "onnx", "-o", path, "--calibrate", images)
	assert.Contains(t, out, "\nof the graph's 28 nodes 11 exact, 14 within one step, 2 but for the last bits, "+
		"1 within one step in the range calibrated\n")

	code, _, stderr := program("convert", digits, "--format", "onnx", "-o", path, "--calibrate", "other"+images)
	assert.NotZero(t, code)
	assert.Contains(t, stderr, "error: onnx: calibration: ")
}

func TestExamples(t *testing.T) {
	zeros := func(s ...int) *core.Tensor {
		s = append(core.Shape{}, s...)
		x, err := core.NewTensor(core.F32, s)
		require.NoError(t, err)
		return x
	}
	inputs := []tf2ng.TensorInfo{
		{Name: "one", Shape: core.Shape{core.Unknown, 3}},
		{Name: "two", Shape: core.Shape{2, 3}},
		{Name: "scale", Shape: core.Shape{}},
	}
	got, err := examples(inputs, map[string]*core.Tensor{"one:0": zeros(4, 3), "two": zeros(8, 3), "scale": zeros()})
	require.NoError(t, err)
	require.Len(t, got, 4)
	for _, batch := range got {
		assert.Equal(t, core.Shape{1, 3}, batch["one:0"].Shape())
		assert.Equal(t, core.Shape{2, 3}, batch["two"].Shape())
		assert.Empty(t, batch["scale"].Shape())
	}
	for _, two := range []int{5, 6} {
		_, err = examples(inputs, map[string]*core.Tensor{"one": zeros(4, 3), "two": zeros(two, 3)})
		require.ErrorContains(t, err, "want as many for all inputs")
	}
}

// A model that cannot be written leaves no file.
func TestConvertToONNXRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	code, _, stderr := program("convert", asserting, "--format", "onnx", "-o", path, "--check-asserts")
	assert.NotZero(t, code)
	assert.Contains(t, stderr, "error: no ONNX for node ")
	assert.Contains(t, stderr, "(Assert): ONNX has nothing that fails; leave Asserts out")
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)

	code, _, stderr = program("convert", digits, "--format", "onnx", "-o", path, "--opset", "12")
	assert.NotZero(t, code)
	assert.Equal(t, "error: onnx: opset: got 12, want 13 to 23\n", stderr)

	code, _, stderr = program("convert", digits, "-o", path, "--report")
	assert.NotZero(t, code)
	assert.Equal(t, "error: --opset, --onnx-form, --onnx-sums, --calibrate and --report are for --format onnx\n", stderr)
}
