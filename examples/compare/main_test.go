package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

const name = "digits_mix_lpot16_tf25"

// record writes a recorded array as float32, one of its elements changed if at is not
// negative.
func record(t *testing.T, array string, at int) string {
	x := testmodel.Array(t, filepath.Join(testmodel.Directory(t), name+".tf221.npz"), array).Clone()
	if at >= 0 {
		core.Data[float32](x)[at] += 0.25
	}
	path := filepath.Join(t.TempDir(), array+".f32")
	require.NoError(t, os.WriteFile(path, x.Bytes(), 0o600))
	return path
}

func model(t *testing.T) string { return filepath.Join(testmodel.Directory(t), name+".pb") }

// The names are those of TensorFlow's tensors, with and without the number of the output.
func TestRecordedOutputsAgree(t *testing.T) {
	for _, output := range []string{"Identity", "Identity:0"} {
		for _, batch := range []string{"1", "8"} {
			t.Run(output+"/batch"+batch, func(t *testing.T) {
				var out bytes.Buffer
				require.NoError(t,
					run([]string{"-model", model(t), "-input", "input=" +
						record(t, "x"+batch, -1), "-want", output + "=" + record(t, "y"+batch, -1)}, &out))
				assert.Contains(t, out.String(), "\nsame: 1 tensor within atol 1e-06 + rtol 1e-06\n")
			})
		}
	}
}

func TestDivergenceIsShown(t *testing.T) {
	args := []string{"-model", model(t), "-input", "input=" +
		record(t, "x8", -1), "-want", "Identity:0=" + record(t, "y8", 23)}
	var out bytes.Buffer
	require.ErrorIs(t, run(args, &out), errDiverges)
	assert.Contains(t, out.String(),
		"\nDIFFERS: 1 tensor compared within atol 1e-06 + rtol 1e-06; the first that diverges is Identity:0\n")
	assert.Contains(t, out.String(), "[2,3]: ", "where")
	require.NoError(t, run(append(args, "-atol", "0.3"), &out))
}

func TestErrors(t *testing.T) {
	x, y := "input="+record(t, "x8", -1), "Identity:0="+record(t, "y8", -1)
	odd := filepath.Join(t.TempDir(), "odd.f32")
	require.NoError(t, os.WriteFile(odd, make([]byte, 7), 0o600))
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing", []string{"-input", x}, "nothing to compare: give -want NAME=FILE"},
		{"syntax", []string{"-want", "y"}, `invalid value "y" for flag -want: want NAME=FILE`},
		{
			"input",
			[]string{"-input", "image=" + odd, "-want", y},
			`no input "image": the inputs are [{input f32 [?,8,8,1]}]`,
		},
		{
			"bytes",
			[]string{"-input", "input=" + odd, "-want", y},
			odd + ": a f32 tensor of shape [0,8,8,1] has 0 elements of 4 bytes, got 7 bytes",
		},
		{
			"other batch",
			[]string{"-input", x, "-want", "Identity:0=" + record(t, "y1", -1)},
			"has 80 elements of 4 bytes, got 40 bytes",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.ErrorContains(t, run(append([]string{"-model", model(t)}, test.args...), &bytes.Buffer{}), test.want)
		})
	}
}

// A file keeps every bit, of NaNs too.
func TestFilesKeepEveryBit(t *testing.T) {
	x, err := core.TensorOf(core.Shape{3}, []float32{float32(math.NaN()), float32(math.Inf(-1)), 1e-45})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.f32")
	require.NoError(t, os.WriteFile(path, x.Bytes(), 0o600))
	y, err := read(recording{"x", path}, core.Shape{core.Unknown})
	require.NoError(t, err)
	assert.Equal(t, core.Shape{3}, y.Shape())
	assert.Equal(t, x.Bytes(), y.Bytes())
}
