package tf2ng_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/ngfile"
	"github.com/tf2ng/tf2ng/kernels"
)

func load(t testing.TB, opts ...tf2ng.Option) *tf2ng.Model {
	m, err := tf2ng.Load(digits, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

func images(t testing.TB, n int) *core.Tensor {
	all := npzArray("testdata/graphdefs/digits_data.npz", "xv")
	x, err := core.TensorOver(core.F32, core.Shape{n, 8, 8, 1}, all.Bytes()[:n*64*4])
	require.NoError(t, err)
	return x
}

func run(t testing.TB, m *tf2ng.Model, x *core.Tensor) *core.Tensor {
	out, err := m.Run(context.Background(), map[string]*core.Tensor{m.Inputs()[0].Name: x})
	require.NoError(t, err)
	require.Len(t, out, 1)
	return out[m.Outputs()[0].Name]
}

func read(t testing.TB, path string) []byte {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestOneResultForEveryEngineISAAndThreadCount(t *testing.T) {
	x := images(t, 9)
	want := run(t, load(t, tf2ng.WithEngine(kernels.Reference)), x)
	for _, threads := range []int{1, 2, 3} {
		for name, opts := range map[string][]tf2ng.Option{
			"kernels":         nil,
			"without avx512":  {tf2ng.WithoutISA(kernels.AVX512VNNI)},
			"without any ISA": {tf2ng.WithoutISA(kernels.ISAs()...)},
			"portable":        {tf2ng.WithEngine(kernels.Portable)},
		} {
			t.Run(name+"/"+strconv.Itoa(threads), func(t *testing.T) {
				got := run(t, load(t, append(opts, tf2ng.WithThreads(threads))...), x)
				assert.Equal(t, want.Bytes(), got.Bytes())
			})
		}
	}
}

func TestLoadByContent(t *testing.T) {
	graph := read(t, digits)
	var converted bytes.Buffer
	require.NoError(t, tf2ng.Convert(&converted, graph))
	want := run(t, load(t), images(t, 2))
	dir := t.TempDir()
	for name, data := range map[string][]byte{"graph.bin": graph, "model.pb": converted.Bytes(), "model.ng": graph} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		m, err := tf2ng.Load(path)
		require.NoError(t, err, name)
		assert.Equal(t, want.Bytes(), run(t, m, images(t, 2)).Bytes(), name)
		require.NoError(t, m.Close())

		m, err = tf2ng.LoadReader(bytes.NewReader(data))
		require.NoError(t, err, name)
		assert.Equal(t, want.Bytes(), run(t, m, images(t, 2)).Bytes(), name)
		require.NoError(t, m.Close())
	}
	parsed, err := graphdef.Parse(graph, graphdef.Limits{})
	require.NoError(t, err)
	m, err := tf2ng.FromGraphDef(parsed)
	require.NoError(t, err)
	assert.Equal(t, want.Bytes(), run(t, m, images(t, 2)).Bytes(), "a graph that was parsed")
	require.NoError(t, m.Close())
	_, err = tf2ng.FromGraphDef(nil)
	assert.EqualError(t, err, "got no graph")
}

func TestConvertedModelKeepsEveryTensor(t *testing.T) {
	m := load(t)
	var b bytes.Buffer
	require.NoError(t, m.WriteNG(&b))
	names := m.Function().Names
	require.Greater(t, len(names), 50)
	c, err := tf2ng.LoadBytes(b.Bytes(), tf2ng.WithEngine(kernels.Reference))
	require.NoError(t, err)
	for name := range names {
		assert.Contains(t, c.Function().Names, name)
	}
	inner := "model/conv2d_12/Relu:0"
	a := run(t, load(t, tf2ng.WithOutputs(inner)), images(t, 3))
	c, err = tf2ng.LoadBytes(b.Bytes(), tf2ng.WithOutputs(inner))
	require.NoError(t, err)
	assert.Equal(t, a.Bytes(), run(t, c, images(t, 3)).Bytes())
	assert.Equal(t, "auto", m.Function().Meta[tf.MetaVersion])
}

func TestErrors(t *testing.T) {
	graph := read(t, digits)
	var b bytes.Buffer
	require.NoError(t, tf2ng.Convert(&b, graph))
	converted := b.Bytes()
	for _, test := range []struct {
		name string
		data []byte
		opts []tf2ng.Option
		want string
	}{
		{"empty", nil, nil, "empty file, want a GraphDef"},
		{
			"version",
			graph,
			[]tf2ng.Option{tf2ng.WithTFVersion("3.0")},
			`version of TensorFlow: got "3.0", want auto or a version from 1.15 to 2.21`,
		},
		{
			"output",
			graph,
			[]tf2ng.Option{tf2ng.WithOutputs("Identify")},
			`output "Identify": no node "Identify" in the graph; it has the inputs [input] and the outputs [Identity:0]`,
		},
		{
			"input",
			graph,
			[]tf2ng.Option{tf2ng.WithInputs(tf.InputSpec{Name: "image"})},
			`input "image": no node "image" in the graph; it has the inputs [input] and the outputs [Identity:0]`,
		},
		{
			"shape",
			graph,
			[]tf2ng.Option{tf2ng.WithInputs(tf.InputSpec{Name: "input", Shape: core.Shape{1, 9, 9, 1}})},
			`input "input": got shape [1,9,9,1], but the graph says [?,8,8,1]`,
		},
		{
			"version of a .ng",
			converted,
			[]tf2ng.Option{tf2ng.WithTFVersion("2.8")},
			"the model was converted for TensorFlow auto, not 2.8: convert the GraphDef again",
		},
		{
			"output of a .ng",
			converted,
			[]tf2ng.Option{tf2ng.WithOutputs("model/conv2d_12/Relu6")},
			`no tensor "model/conv2d_12/Relu6" in the graph (did you mean "model/conv2d_12/Relu:0"?)`,
		},
		{
			"input of a .ng",
			converted,
			[]tf2ng.Option{tf2ng.WithInputs(tf.InputSpec{Name: "image"})},
			`input "image": a converted model keeps its inputs ["input"]: convert the GraphDef again to cut it ` +
				`elsewhere`,
		},
		{
			"shape of a .ng",
			converted,
			[]tf2ng.Option{tf2ng.WithInputs(tf.InputSpec{Name: "input", Shape: core.Shape{1, 9, 9, 1}})},
			`input "input": got shape [1,9,9,1], want [?,8,8,1]`,
		},
		{"limit", graph, []tf2ng.Option{tf2ng.WithLimits(graphdef.Limits{Nodes: 5})}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tf2ng.LoadBytes(test.data, test.opts...)
			require.Error(t, err)
			if test.want != "" {
				assert.EqualError(t, err, test.want)
			}
		})
	}
	_, err := tf2ng.LoadBytes(graph, tf2ng.WithLimits(graphdef.Limits{Nodes: 5}))
	assert.ErrorIs(t, err, graphdef.ErrLimit)
	_, err = tf2ng.LoadBytes(converted[:len(converted)-1])
	assert.ErrorIs(t, err, ngfile.ErrFormat)
	_, err = tf2ng.Load("no/such/file")
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = tf2ng.LoadReader(failingReader{})
	assert.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("broken pipe")

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errBroken }

func TestInputErrors(t *testing.T) {
	integers, err := core.NewTensor(core.U8, core.Shape{1, 8, 8, 1})
	require.NoError(t, err)
	wide, err := core.NewTensor(core.F32, core.Shape{1, 9, 8, 1})
	require.NoError(t, err)
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Reference} {
		m := load(t, tf2ng.WithEngine(engine))
		for want, inputs := range map[string]map[string]*core.Tensor{
			`input "input" (f32[?,8,8,1]): missing`:                {},
			`no input "image": the inputs are ["input"]`:           {"image": integers},
			`input "input": got u8[1,8,8,1], want f32[?,8,8,1]`:    {"input": integers},
			`input "input:0": got f32[1,9,8,1], want f32[?,8,8,1]`: {"input:0": wide},
			`input "input": got no tensor`:                         {"input": nil},
		} {
			_, err := m.Run(context.Background(), inputs)
			assert.EqualError(t, err, want)
		}
		x := images(t, 1)
		_, err := m.RunInto(context.Background(), map[string]*core.Tensor{"input": x},
			map[string]*core.Tensor{"Identity:0": x})
		assert.EqualError(t, err, `output "Identity:0": got a tensor of f32[1,8,8,1] to write into, want f32[1,10]`)
	}
}

func TestNamesWithAndWithoutPort(t *testing.T) {
	for _, name := range []string{"input", "input:0"} {
		out, err := load(t).Run(context.Background(), map[string]*core.Tensor{name: images(t, 1)})
		require.NoError(t, err)
		assert.Contains(t, out, "Identity:0")
	}
	for _, name := range []string{"Identity", "Identity:0", "model/dense_2/BiasAdd"} {
		out, err := load(t, tf2ng.WithOutputs(name)).Run(context.Background(),
			map[string]*core.Tensor{"input": images(t, 1)})
		require.NoError(t, err)
		assert.Contains(t, out, name, "results have the names as given")
	}
}

func TestConcurrentRunsOfManyShapes(t *testing.T) {
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Portable} {
		m := load(t, tf2ng.WithEngine(engine), tf2ng.WithThreads(2))
		all := run(t, m, images(t, 12))
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 12 { // more shapes than a Model keeps Programs for
					n := (i*5+worker)%12 + 1
					got := run(t, m, images(t, n))
					assert.Equal(t, all.Bytes()[:n*40], got.Bytes())
				}
			})
		}
		wg.Wait()
	}
}

func TestResultsBelongToTheCaller(t *testing.T) {
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Reference} {
		for _, output := range []string{"Identity", "input", "model/concatenate/concat/axis"} {
			m, err := tf2ng.Load(digits, tf2ng.WithEngine(engine), tf2ng.WithOutputs("Identity", output+":0"))
			if output == "Identity" {
				m, err = tf2ng.Load(digits, tf2ng.WithEngine(engine))
			}
			require.NoError(t, err)
			x := images(t, 1)
			before := x.Clone()
			inputs := map[string]*core.Tensor{"input": x}
			first, err := m.Run(context.Background(), inputs)
			require.NoError(t, err)
			got := first[output+":0"]
			want := got.Clone()
			clear(got.Bytes()) // the caller may do what it likes
			assert.Equal(t, before.Bytes(), x.Bytes(), "%s: the input is untouched", output)
			second, err := m.Run(context.Background(), inputs)
			require.NoError(t, err)
			assert.Equal(t, want.Bytes(), second[output+":0"].Bytes(), output)
			require.NoError(t, m.Close())
			assert.Equal(t, want.Bytes(), second[output+":0"].Bytes(), "after Close")
		}
	}
}

func TestCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Portable, kernels.Reference} {
		_, err := load(t, tf2ng.WithEngine(engine)).Run(ctx, map[string]*core.Tensor{"input": images(t, 1)})
		assert.ErrorIs(t, err, context.Canceled, engine.String())
	}
}

func TestClose(t *testing.T) {
	m, err := tf2ng.Load(digits)
	require.NoError(t, err)
	run(t, m, images(t, 1))
	require.NoError(t, m.Close())
	require.NoError(t, m.Close(), "again")
	_, err = m.Run(context.Background(), map[string]*core.Tensor{"input": images(t, 1)})
	assert.ErrorIs(t, err, tf2ng.ErrClosed)
	assert.EqualError(t, err, "the model is closed")
}

func TestConvertReportsErrors(t *testing.T) {
	assert.ErrorIs(t, tf2ng.Convert(&bytes.Buffer{}, []byte("node {")), graphdef.ErrText)
	assert.ErrorIs(t, tf2ng.Convert(failingWriter{}, read(t, digits)), errBroken)
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errBroken }

// Text GraphDefs need package pbtxt, which this test does not link.
func TestTextNeedsItsPackage(t *testing.T) {
	_, err := tf2ng.LoadBytes([]byte("node { name: \"x\" op: \"Placeholder\" }"))
	require.ErrorIs(t, err, graphdef.ErrText)
	assert.True(t, strings.Contains(err.Error(), "import github.com/tf2ng/tf2ng/bridge/tf/pbtxt"), err)
}

// Version "auto" departs from TensorFlow 2.21 in two places, and says where.
func TestWarnings(t *testing.T) {
	const folder = "testdata/goldens/"
	for _, c := range []struct{ path, want string }{
		{
			folder + "QuantizedConv2DWithBias/Conv2DWithBias_pc.pb",
			"node \"op\" (QuantizedConv2DWithBias) is computed as TensorFlow 2.13 does: from 2.14 TensorFlow rounds " +
				"every channel in units of the largest one's and reports each channel's own; version 2.21 " +
				"reproduces that",
		},
		{
			folder + "QuantizedMatMulWithBias/mm_Plain_MIN_FIRST_float_1.pb",
			"node \"op\" (QuantizedMatMulWithBias) is computed as TensorFlow 2.13 does: from 2.14 TensorFlow does " +
				"not scale the compensation for a minimum that is not 0; version 2.21 reproduces that",
		},
		{folder + "QuantizedConv2DWithBias/Conv2DWithBias_qint8in.pb", ""},
		{"testdata/graphdefs/resnet50_lpot16_tf25.pb", ""}, // its QuantizeV2 makes the minimum 0
	} {
		t.Run(filepath.Base(c.path), func(t *testing.T) {
			m, err := tf2ng.Load(c.path)
			require.NoError(t, err)
			defer func() { require.NoError(t, m.Close()) }()
			var b bytes.Buffer
			require.NoError(t, m.WriteNG(&b))
			converted, err := tf2ng.LoadBytes(b.Bytes())
			require.NoError(t, err)
			named, err := tf2ng.Load(c.path, tf2ng.WithTFVersion("2.21"))
			require.NoError(t, err)
			assert.Empty(t, named.Warnings())
			for _, m := range []*tf2ng.Model{m, converted} {
				if c.want == "" {
					assert.Empty(t, m.Warnings())
				} else {
					require.Len(t, m.Warnings(), 1)
					assert.Equal(t, c.want, m.Warnings()[0].String())
				}
			}
		})
	}
}

func TestMemoryLimit(t *testing.T) {
	images := npzArray("testdata/graphdefs/digits_mix_lpot16_tf25.tf221.npz", "x8")
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Reference} {
		m, err := tf2ng.Load(digits, tf2ng.WithMemoryLimit(1000), tf2ng.WithEngine(engine))
		require.NoError(t, err)
		_, err = m.Run(context.Background(), map[string]*core.Tensor{"input": images})
		var e *core.MemoryError
		require.ErrorAs(t, err, &e, "%v", engine)
		require.NotEmpty(t, e.Node)
		require.NoError(t, m.Close())
	}
}
