package tensorflow

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// options are those of a fake TensorFlow that goes wrong in a way.
func options(way string) Options {
	return Options{
		command: []string{os.Args[0]}, environment: []string{fakeVariable + "=" + way}, TimeLimit: 20 * time.Second,
	}
}

func open(t *testing.T, o Options) (*Engine, compare.Runner) {
	e, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	r, err := e.Open(t.Context(), nil)
	require.NoError(t, err)
	return e, r
}

func feed(t *testing.T) map[string]*core.Tensor {
	x, err := core.TensorOf(core.Shape{2}, []float32{1, 2})
	require.NoError(t, err)
	return map[string]*core.Tensor{"x": x}
}

// wantFailure asserts a failure and its text, one line.
func wantFailure(t *testing.T, err error, kind Failure, text string) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, kind, e.Failure)
	assert.Equal(t, text, err.Error())
	assert.NotContains(t, err.Error(), "\n")
}

// A SavedModel is loaded by its directory, and frozen by a call of its own.
func TestSavedModelsAreAskedFor(t *testing.T) {
	e, err := Start(t.Context(), options("answers"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	r, err := e.OpenSavedModel(t.Context(), SavedModel{Dir: "some/dir", Tags: []string{"serve"}, Signature: "serve"})
	require.NoError(t, err)
	assert.Equal(t, []string{"bad:0", "good:0", "more:0", "x:0"}, r.Tensors())
	graph, names, err := r.Freeze(t.Context())
	require.NoError(t, err)
	assert.Equal(t, `a graph of "some/dir" "serve" ["serve"]`, string(graph))
	assert.Equal(t, &Names{Inputs: map[string]string{"x": "serve_x:0"}}, names)

	_, other := open(t, options("names nothing"))
	_, _, err = other.(*Runner).Freeze(t.Context())
	wantFailure(t, err, Garbled, "TensorFlow answered what is no answer: no names of tensors")
}

func TestStartFails(t *testing.T) {
	me := os.Args[0]
	for _, test := range []struct {
		way  string
		kind Failure
		want string
	}{
		{
			"dies at the start", Died,
			"TensorFlow ended its process (exit status 1): ImportError: libcudart.so.12: cannot open shared object file",
		},
		{"hangs at the start", Late, "TensorFlow did not start within 2s, and was ended"},
		{
			"prints a prompt", Garbled,
			`TensorFlow answered what is no answer: got "Python 3.11.7 (m", want a frame`,
		},
		{
			"has no tensorflow", Missing,
			"TensorFlow is not to be had: " + me + ": ModuleNotFoundError: No module named 'tensorflow'; install the package " +
				"tensorflow, or name another python3 with --python",
		},
		{"speaks another protocol", Garbled, "TensorFlow speaks protocol 2, want 1"},
	} {
		t.Run(test.way, func(t *testing.T) {
			o := options(test.way)
			o.StartLimit = 2 * time.Second
			if test.way != "hangs at the start" {
				o.StartLimit = 20 * time.Second
			}
			_, err := Start(t.Context(), o)
			wantFailure(t, err, test.kind, test.want)
		})
	}
}

func TestNoSuchPython(t *testing.T) {
	_, err := Start(t.Context(), Options{Python: "no/such/python3"})
	wantFailure(t, err, Missing, "TensorFlow is not to be had: fork/exec no/such/python3: no such file or directory; "+
		"install the package tensorflow, or name another python3 with --python")
}

// Whatever happens to one Run, the next one has a process again.
func TestRunFails(t *testing.T) {
	for _, test := range []struct {
		way  string
		kind Failure
		want string
	}{
		{
			"dies", Died, "TensorFlow ended its process (exit status 134): 2026-01-01 00:00:00 F mkl_util.h:42] Check failed: " +
				"dims == 4 (3 vs. 4)",
		},
		{"hangs", Late, "TensorFlow did not answer within 1s, and was ended"},
		{"refuses", Refused, "TensorFlow refuses it: InvalidArgumentError: Summand cannot be forwarded"},
		{"prints", Garbled, `TensorFlow answered what is no answer: got "Segmentation fau", want a frame`},
		{"leaves", Died, "TensorFlow ended its process (status 0)"},
		{
			"claims too much", Garbled,
			"TensorFlow answered what is no answer: got a payload of 1152921504606846976 bytes, the limit is 8589934592",
		},
		{
			"claims a long header", Garbled,
			"TensorFlow answered what is no answer: got a header of 2147483648 bytes, the limit is 67108864",
		},
		{
			"answers no JSON", Garbled, `TensorFlow answered what is no answer: header "{none": invalid character 'n' looking ` +
				"for beginning of object key string",
		},
		{
			"answers half a tensor", Garbled,
			`TensorFlow answered what is no answer: tensor "bad:0" of 8 bytes where the payload has 4 left`,
		},
		{
			"answers another shape", Garbled, `TensorFlow answered what is no answer: tensor "bad:0": a f32 tensor of shape ` +
				"[3] has 3 elements of 4 bytes, got 8 bytes",
		},
		{
			"answers a negative size", Garbled,
			`TensorFlow answered what is no answer: tensor "bad:0" of -8 bytes where the payload has 8 left`,
		},
		{
			"answers more than it describes", Garbled,
			"TensorFlow answered what is no answer: 4 bytes behind the last tensor of a payload",
		},
		{"answers another tensor", Garbled, `TensorFlow answered what is no answer: tensor "bad:0" is not in it`},
		{
			"answers eight-bit reals", Garbled,
			`TensorFlow answered what is no answer: tensor "bad:0": type float8_e5m2 is not supported`,
		},
	} {
		t.Run(test.way, func(t *testing.T) {
			o := options(test.way)
			if test.way == "hangs" {
				o.TimeLimit = time.Second
			}
			_, r := open(t, o)
			_, err := r.Run(t.Context(), feed(t), []string{"good:0", "bad:0"})
			wantFailure(t, err, test.kind, test.want)
			got, err := r.Run(t.Context(), feed(t), []string{"good"})
			require.NoError(t, err)
			assert.Equal(t, []float32{1, 2}, got["good"].Float32s(), "by the name that it was asked for")
		})
	}
}

func TestRunIsCancelled(t *testing.T) {
	_, r := open(t, options("hangs"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := r.Run(ctx, feed(t), []string{"bad:0"})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestPorts(t *testing.T) {
	e, r := open(t, options("works"))
	assert.Equal(t, "TensorFlow 2.21.0", e.Name())
	assert.Equal(t, []compare.Port{{Name: "x", Type: core.F32, Shape: core.Shape{core.Unknown}}}, r.Inputs())
	assert.Len(t, r.Outputs(), 2)
	assert.Equal(t, []string{"bad:0", "good:0", "more:0", "x:0"}, r.(compare.Lister).Tensors())

	_, err := r.Run(t.Context(), feed(t), []string{"none"})
	assert.EqualError(t, err, `TensorFlow 2.21.0 has no tensor "none"`)
	_, err = r.Run(t.Context(), map[string]*core.Tensor{"y": nil}, []string{"good"})
	assert.EqualError(t, err, `input "y": TensorFlow 2.21.0 has no such tensor`)
	_, err = r.Run(t.Context(), map[string]*core.Tensor{"x": core.Scalar(int8(1))}, []string{"good"})
	assert.EqualError(t, err, `input "x": TensorFlow 2.21.0 wants elements of f32, got i8[]`)
	require.NoError(t, compare.Close(r))
}

func TestWarnings(t *testing.T) {
	e, _ := open(t, options("works"))
	assert.Empty(t, e.Warnings())
	assert.False(t, e.SaturatesSums())
	old, _ := open(t, options("has an old CPU"))
	assert.True(t, old.SaturatesSums())
	require.Len(t, old.Warnings(), 2)
	assert.Contains(t, old.Warnings()[0], "the CPU has no VNNI")
	assert.Contains(t, old.Warnings()[1], "TF_ENABLE_ONEDNN_OPTS=0")
	assert.Equal(t, "TensorFlow 2.21.0, NumPy 2.4.6, Python 3.11.7, TF_ENABLE_ONEDNN_OPTS=0, CPU with avx2, graphs as "+
		"they are", old.Describe())
}

// The comparison goes on with what a process that dies can show.
func TestNodesGoOnBehindADeath(t *testing.T) {
	_, r := open(t, options("dies"))
	one := feed(t)["x"]
	got := &compare.Recorded{Title: "ours", Results: map[string]*core.Tensor{"good:0": one, "bad:0": one, "more:0": one}}
	plan, err := compare.PlanGraph(chain(t), noLimits)
	require.NoError(t, err)
	c := compare.Comparison{
		Got: compare.Side{Name: "ours", Runner: got}, Want: compare.Side{Name: "TensorFlow", Runner: r}, Plan: plan,
		Feeds: feed(t),
	}
	report, err := c.Nodes(t.Context())
	require.NoError(t, err)
	assert.True(t, report.Pass)
	assert.False(t, report.Complete())
	require.Len(t, report.Tensors, 1)
	assert.Equal(t, "good:0", report.Tensors[0].Name)
	require.Len(t, report.Gaps, 2)
	assert.Equal(t, "bad:0", report.Gaps[0].Tensor)
	assert.Contains(t, report.Gaps[0].Why, "Check failed: dims == 4")
	assert.Equal(t, `needs node "bad", which gives no result`, report.Gaps[1].Why)
	assert.Equal(t, "equal: 1 tensor, every element; INCOMPLETE: 2 tensors not compared", report.Verdict())
}
