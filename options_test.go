package tf2ng_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/kernels"
)

func TestOptionsWithoutAMeaning(t *testing.T) {
	for _, test := range []struct {
		name   string
		option tf2ng.Option
		want   string
	}{
		{"nil", nil, "option number 1: got <nil>, want what a function With... returns"},
		{"no threads", tf2ng.WithThreads(0), "option WithThreads: got 0, want 1 to 1024"},
		{"negative threads", tf2ng.WithThreads(-3), "option WithThreads: got -3, want 1 to 1024"},
		{"too many threads", tf2ng.WithThreads(1025), "option WithThreads: got 1025, want 1 to 1024"},
		{"engine", tf2ng.WithEngine(77), "option WithEngine: got engine(77), want one of kernels, portable, reference"},
		{
			"instruction set",
			tf2ng.WithoutISA(tf2ng.AVX2, 77),
			fmt.Sprintf("option WithoutISA: got isa(77), want some of %v", kernels.ISAs()),
		},
		{
			"plain Go", tf2ng.WithoutISA(0),
			fmt.Sprintf("option WithoutISA: got portable, want some of %v", kernels.ISAs()),
		},
		{"no memory", tf2ng.WithMemoryLimit(0), "option WithMemoryLimit: got 0, want at least 1 byte"},
		{"no memory of a tensor", tf2ng.WithTensorLimit(0), "option WithTensorLimit: got 0, want at least 1 byte"},
		{"negative memory", tf2ng.WithMemoryLimit(-1), "option WithMemoryLimit: got -1, want at least 1 byte"},
		{
			"no shapes prepared",
			tf2ng.WithPreparedShapes(0, 1),
			"option WithPreparedShapes: got 0 shapes, 1 bytes, want at least 1 of each",
		},
		{
			"no bytes for shapes prepared",
			tf2ng.WithPreparedShapes(1, 0),
			"option WithPreparedShapes: got 1 shapes, 0 bytes, want at least 1 of each",
		},
		{
			"input without a name",
			tf2ng.WithInputs(tf2ng.InputSpec{}),
			`option WithInputs: got a spec of "", want the name of a tensor`,
		},
		{
			"input of no type",
			tf2ng.WithInputs(tf2ng.InputSpec{Name: "x", Type: 77}),
			`option WithInputs: got "x" of type(77), want one of the types, or Dynamic for the graph's own`,
		},
		{
			"input of a negative shape",
			tf2ng.WithInputs(tf2ng.InputSpec{Name: "x", Shape: tf2ng.Shape{-1, -2}}),
			`option WithInputs: got "x" of shape [?,-2], want dimensions of 0 or more, or Unknown`,
		},
		{
			"output without a name",
			tf2ng.WithOutputs("Identity", ""),
			`option WithOutputs: got "", want the name of a tensor`,
		},
		{"constant without a value", tf2ng.WithConstant("input", nil), "option WithConstant: got input, want a tensor"},
		{
			"limit of bytes",
			tf2ng.WithLimits(tf2ng.Limits{Bytes: -1}),
			"option WithLimits: got Bytes -1, want 0 or more",
		},
		{
			"limit of nodes",
			tf2ng.WithLimits(tf2ng.Limits{Nodes: -5}),
			"option WithLimits: got Nodes -5, want 0 or more",
		},
		{
			"limit of edges",
			tf2ng.WithLimits(tf2ng.Limits{Edges: -1}),
			"option WithLimits: got Edges -1, want 0 or more",
		},
		{
			"limit of attributes",
			tf2ng.WithLimits(tf2ng.Limits{Attributes: -1}),
			"option WithLimits: got Attributes -1, want 0 or more",
		},
		{"limit of names", tf2ng.WithLimits(tf2ng.Limits{Name: -1}), "option WithLimits: got Name -1, want 0 or more"},
		{
			"limit of dimensions",
			tf2ng.WithLimits(tf2ng.Limits{Dims: -1}),
			"option WithLimits: got Dims -1, want 0 or more",
		},
		{"limit of lists", tf2ng.WithLimits(tf2ng.Limits{List: -1}), "option WithLimits: got List -1, want 0 or more"},
		{
			"limit of elements",
			tf2ng.WithLimits(tf2ng.Limits{Elements: -1}),
			"option WithLimits: got Elements -1, want 0 or more",
		},
		{
			"limit of expanded bytes",
			tf2ng.WithLimits(tf2ng.Limits{Expanded: -1}),
			"option WithLimits: got Expanded -1, want 0 or more",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for from, load := range map[string]func(...tf2ng.Option) (*tf2ng.Model, error){
				"Load":      func(o ...tf2ng.Option) (*tf2ng.Model, error) { return tf2ng.Load(digits, o...) },
				"LoadBytes": func(o ...tf2ng.Option) (*tf2ng.Model, error) { return tf2ng.LoadBytes(nil, o...) },
				"LoadReader": func(o ...tf2ng.Option) (*tf2ng.Model, error) {
					return tf2ng.LoadReader(bytes.NewReader(nil), o...)
				},
				"LoadFS": func(o ...tf2ng.Option) (*tf2ng.Model, error) {
					return tf2ng.LoadFS(fstest.MapFS{}, "m.pb", o...)
				},
			} {
				m, err := load(test.option)
				require.EqualError(t, err, test.want, from)
				assert.Nil(t, m, from)
				var typed *tf2ng.OptionError
				assert.ErrorAs(t, err, &typed, from)
			}
			assert.EqualError(t, tf2ng.Convert(nil, nil, test.option), test.want)
		})
	}
}

// The first of several is reported, with the options that have a meaning around it.
func TestFirstOptionWithoutAMeaning(t *testing.T) {
	_, err := tf2ng.LoadBytes(nil, tf2ng.WithThreads(1), tf2ng.WithMemoryLimit(-1), tf2ng.WithThreads(0))
	assert.EqualError(t, err, "option WithMemoryLimit: got -1, want at least 1 byte")
}

func TestPreparedShapesAreBounded(t *testing.T) {
	for _, test := range []struct {
		name  string
		opts  []tf2ng.Option
		other bool // the first shape is still kept beside the second
	}{
		{"by default", nil, true},
		{"one shape", []tf2ng.Option{tf2ng.WithPreparedShapes(1, 1<<40)}, false},
		{"one byte", []tf2ng.Option{tf2ng.WithPreparedShapes(8, 1)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			both, second := load(t, test.opts...), load(t)
			require.NoError(t, both.Prepare(map[string]tf2ng.Shape{"input": {1, 8, 8, 1}}))
			require.NoError(t, both.Prepare(map[string]tf2ng.Shape{"input": {2, 8, 8, 1}}))
			require.NoError(t, second.Prepare(map[string]tf2ng.Shape{"input": {2, 8, 8, 1}}))
			_, got := both.Memory()
			_, one := second.Memory()
			assert.Equal(t, test.other, got > one)
		})
	}
}

// What a server needs to make its tensors and inputs has a name in the root package.
func TestTensorsByNamesOfThisPackage(t *testing.T) {
	over, err := tf2ng.TensorOver(tf2ng.I32, tf2ng.Shape{1}, []byte{1, 2, 0, 0})
	require.NoError(t, err)
	numbers, err := tf2ng.DataOf[int32](over)
	require.NoError(t, err)
	assert.Equal(t, []int32{513}, numbers)
	text, err := tf2ng.StringTensor(tf2ng.Shape{2}, []string{"a", "b"})
	require.NoError(t, err)
	assert.Equal(t, "string[2]", text.String())
	assert.Equal(t, "f32[]", tf2ng.Scalar[float32](1).String())
	spec, err := tf2ng.ParseInputSpec("x:1:[?,8]")
	require.NoError(t, err)
	assert.Equal(t, tf2ng.InputSpec{Name: "x:1", Shape: tf2ng.Shape{tf2ng.Unknown, 8}}, spec)
}

// A placeholder with a value is no input, however the value is written.
func TestConstantInPlaceOfAnInput(t *testing.T) {
	x := images(t, 1)
	pixels, err := tf2ng.DataOf[float32](x)
	require.NoError(t, err)
	var nested [1][8][8][1]float32
	for i, v := range pixels {
		nested[0][i/8][i%8][0] = v
	}
	text, err := json.Marshal(nested)
	require.NoError(t, err)
	var outputs [2]*tf2ng.Tensor
	for i, o := range []tf2ng.Option{tf2ng.WithConstant("input", x), tf2ng.WithConstantText("input", string(text))} {
		m := load(t, o)
		assert.Empty(t, m.Inputs())
		all, err := m.Run(context.Background(), nil)
		require.NoError(t, err)
		outputs[i] = all["Identity:0"]
		assert.Equal(t, "f32[1,10]", outputs[i].String())
	}
	assert.Equal(t, outputs[0].Bytes(), outputs[1].Bytes())
}
