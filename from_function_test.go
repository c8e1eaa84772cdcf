package tf2ng_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// doubled returns the graph y = x + x, which names the sum twice:0.
func doubled(t *testing.T) *core.Function {
	x, err := core.NewNamedNode("x", &core.Parameter{Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown}})
	require.NoError(t, err)
	sum, err := core.NewNamedNode("twice", &pointwise.Add{}, x.Out(0), x.Out(0))
	require.NoError(t, err)
	y, err := core.NewNamedNode("y", &core.Result{}, sum.Out(0))
	require.NoError(t, err)
	return &core.Function{
		Parameters: []*core.Node{x},
		Results:    []*core.Node{y},
		Names:      map[string]core.Value{"twice:0": sum.Out(0)},
	}
}

func runDoubled(t *testing.T, m *tf2ng.Model, output string) []float32 {
	x, err := tf2ng.TensorOf(tf2ng.Shape{3}, []float32{1, 2, 3})
	require.NoError(t, err)
	out, err := m.Run(context.Background(), map[string]*tf2ng.Tensor{"x": x})
	require.NoError(t, err)
	values, err := tf2ng.DataOf[float32](out[output])
	require.NoError(t, err)
	return values
}

func TestFromFunction(t *testing.T) {
	for _, engine := range []tf2ng.Engine{tf2ng.Kernels, tf2ng.Portable, tf2ng.Reference} {
		t.Run(engine.String(), func(t *testing.T) {
			m, err := tf2ng.FromFunction(doubled(t), tf2ng.WithEngine(engine))
			require.NoError(t, err)
			assert.Equal(t, []float32{2, 4, 6}, runDoubled(t, m, "y"))
			require.NoError(t, m.Close())
		})
	}
	m, err := tf2ng.FromFunction(doubled(t), tf2ng.WithOutputs("twice"), tf2ng.WithInputs(tf2ng.InputSpec{
		Name:  "x:0",
		Shape: tf2ng.Shape{3},
	}))
	require.NoError(t, err)
	assert.Equal(t, []tf2ng.TensorInfo{{Name: "x", Type: tf2ng.F32, Shape: tf2ng.Shape{3}}}, m.Inputs())
	assert.Equal(t, []float32{2, 4, 6}, runDoubled(t, m, "twice"))
}

func TestFromFunctionToNG(t *testing.T) {
	m, err := tf2ng.FromFunction(doubled(t))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, m.WriteNG(&b))
	again, err := tf2ng.LoadBytes(b.Bytes())
	require.NoError(t, err)
	assert.Equal(t, m.Function().Text(), again.Function().Text())
	assert.Equal(t, []float32{2, 4, 6}, runDoubled(t, again, "y"))
}

// The Function of a Model that was loaded records its version, and makes the same Model.
func TestFromFunctionOfALoadedModel(t *testing.T) {
	m := load(t)
	again, err := tf2ng.FromFunction(m.Function(), tf2ng.WithTFVersion("auto"))
	require.NoError(t, err)
	x := images(t, 2)
	assert.Equal(t, run(t, m, x).Bytes(), run(t, again, x).Bytes())
	assert.Equal(t, m.Function().Text(), again.Function().Text())
	assert.Equal(t, "auto", again.Function().Meta[tf.MetaVersion])
}

func TestFromFunctionErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		f    *core.Function
		opts []tf2ng.Option
		want string
	}{
		{"no function", nil, nil, "function: got none"},
		{
			"no parameter",
			&core.Function{Parameters: []*core.Node{nil}},
			nil,
			"function: parameter 0: got no node, want Parameter",
		},
		{"option", doubled(t), []tf2ng.Option{tf2ng.WithThreads(0)}, "option WithThreads: got 0, want 1 to 1024"},
		{
			"version",
			doubled(t),
			[]tf2ng.Option{tf2ng.WithTFVersion("2.8")},
			"option WithTFVersion: got 2.8, want no version for a graph that records none",
		},
		{"output", doubled(t), []tf2ng.Option{tf2ng.WithOutputs("thrice")}, `no tensor "thrice" in the graph`},
		{
			"shape",
			doubled(t),
			[]tf2ng.Option{tf2ng.WithInputs(tf2ng.InputSpec{Name: "x", Shape: tf2ng.Shape{2, 2}})},
			`input "x": got shape [2,2], want [?]`,
		},
		{
			"input twice",
			doubled(t),
			[]tf2ng.Option{tf2ng.WithInputs(tf2ng.InputSpec{Name: "x"}, tf2ng.InputSpec{Name: "x:0"})},
			`input "x:0": given twice`,
		},
		{
			"output twice",
			doubled(t),
			[]tf2ng.Option{tf2ng.WithOutputs("twice", "y", "twice:0")},
			`output "twice:0": given twice`,
		},
		{
			"type",
			doubled(t),
			[]tf2ng.Option{tf2ng.WithInputs(tf2ng.InputSpec{Name: "x", Type: tf2ng.I8})},
			`input "x": got type i8, but the model has f32`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := tf2ng.FromFunction(test.f, test.opts...)
			require.EqualError(t, err, test.want)
			assert.Nil(t, m)
		})
	}
	_, err := tf2ng.FromFunction(nil)
	var typed *tf2ng.FunctionError
	assert.ErrorAs(t, err, &typed)
}
