// Package servingtest makes small models for the tests of servers.
package servingtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/serving"
)

// Quiet returns a logger that discards everything.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Linear writes a version of a model below a base path: y = x*factor + offset, elementwise on f32 of the
// given shape. The version is renamed into place, as one should do when publishing a version.
func Linear(t testing.TB, base string, version int64, shape tf2ng.Shape, factor, offset float32) {
	t.Helper()
	write(t, base, version, linear(t, shape, factor, offset))
}

func linear(t testing.TB, shape tf2ng.Shape, factor, offset float32) *core.Function {
	x := parameter(t, "x", tf2ng.F32, shape)
	scaled := node(t, "scaled", &pointwise.Multiply{}, x.Out(0), core.NewConstant(tf2ng.Scalar(factor)))
	sum := node(t, "sum", &pointwise.Add{}, scaled.Out(0), core.NewConstant(tf2ng.Scalar(offset)))
	return &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{result(t, "y", sum.Out(0))}}
}

// Two writes a version of a model with two inputs and two outputs: twice = 2a for a of f32[?,2], and
// next = b+1 for b of i64[?].
func Two(t testing.TB, base string, version int64) {
	t.Helper()
	a := parameter(t, "a", tf2ng.F32, tf2ng.Shape{tf2ng.Unknown, 2})
	b := parameter(t, "b", tf2ng.I64, tf2ng.Shape{tf2ng.Unknown})
	twice := node(t, "sum_a", &pointwise.Add{}, a.Out(0), a.Out(0))
	next := node(t, "sum_b", &pointwise.Add{}, b.Out(0), core.NewConstant(tf2ng.Scalar(int64(1))))
	write(t, base, version, &core.Function{
		Parameters: []*core.Node{a, b},
		Results:    []*core.Node{result(t, "twice", twice.Out(0)), result(t, "next", next.Out(0))},
	})
}

func parameter(t testing.TB, name string, typ tf2ng.Type, shape tf2ng.Shape) *core.Node {
	return node(t, name, &core.Parameter{Type: typ, Shape: shape})
}

func result(t testing.TB, name string, v core.Value) *core.Node {
	return node(t, name, &core.Result{}, v)
}

func node(t testing.TB, name string, op core.Op, inputs ...core.Value) *core.Node {
	t.Helper()
	n, err := core.NewNamedNode(name, op, inputs...)
	require.NoError(t, err)
	return n
}

func write(t testing.TB, base string, version int64, f *core.Function) {
	t.Helper()
	m, err := tf2ng.FromFunction(f)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, m.WriteNG(&b))
	require.NoError(t, m.Close())
	Put(t, base, version, b.Bytes())
}

// Put writes the file of a version, and renames the version into place.
func Put(t testing.TB, base string, version int64, model []byte) {
	t.Helper()
	temporary := filepath.Join(base, fmt.Sprintf("new-%d", version))
	require.NoError(t, os.MkdirAll(temporary, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(temporary, "model.ng"), model, 0o644))
	require.NoError(t, os.Rename(temporary, filepath.Join(base, strconv.FormatInt(version, 10))))
}

// Start returns a Manager that serves the given models. It is closed at the end of the test.
func Start(t testing.TB, o serving.Options, models ...serving.ModelConfig) *serving.Manager {
	t.Helper()
	if o.Log == nil {
		o.Log = Quiet()
	}
	if o.Poll == 0 {
		o.Poll = 20 * time.Millisecond
	}
	m := serving.NewManager(o)
	t.Cleanup(m.Close)
	require.NoError(t, m.Reload(context.Background(), serving.Config{Models: models}))
	return m
}

// Servables is a Source that a test fills: it has version 1 of the model at each base path.
type Servables map[string]*serving.Servable

// Versions lists version 1, if there is a Servable for the base path.
func (s Servables) Versions(_ context.Context, base string) ([]serving.Version, error) {
	if s[base] == nil {
		return nil, fmt.Errorf("no model %q", base)
	}
	return []serving.Version{{Number: 1, Path: base}}, nil
}

// Open returns the Servable.
func (s Servables) Open(_ context.Context, v serving.Version) (*serving.Servable, error) {
	return s[v.Path], nil
}

// Examples returns a model that classifies and regresses examples of one feature "inputs" of f32[?,2]:
// the scores of "classes" a and b are the feature's values, and the regression is their sum. Under
// "of_text" it classifies serialized examples by their lengths.
func Examples() *serving.Servable {
	in := []serving.Port{{Alias: "inputs", Name: "inputs:0", Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown, 2}}}
	text := []serving.Port{{Alias: "inputs", Name: "text:0", Type: tf2ng.String, Shape: tf2ng.Shape{tf2ng.Unknown}}}
	scores := serving.Port{Alias: "scores", Name: "scores:0", Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown, 2}}
	labels := serving.Port{Alias: "classes", Name: "labels:0", Type: tf2ng.String, Shape: tf2ng.Shape{tf2ng.Unknown, 2}}
	values := serving.Port{Alias: "outputs", Name: "sum:0", Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown}}
	length := serving.Port{Alias: "scores", Name: "n:0", Type: tf2ng.F32, Shape: tf2ng.Shape{tf2ng.Unknown, 1}}
	return &serving.Servable{Signatures: map[string]*serving.Signature{
		serving.DefaultSignature: {
			Method: serving.ClassifyMethod, Inputs: in, Outputs: []serving.Port{labels, scores}, Run: classify,
		},
		"regress": {Method: serving.RegressMethod, Inputs: in, Outputs: []serving.Port{values}, Run: regress},
		"of_text": {Method: serving.ClassifyMethod, Inputs: text, Outputs: []serving.Port{length}, Run: lengths},
	}}
}

type tensors = map[string]*tf2ng.Tensor

func classify(_ context.Context, in tensors) (tensors, error) {
	x := in["inputs"]
	labels := make([]string, x.Len())
	for i := range labels {
		labels[i] = string(rune('a' + i%2))
	}
	t, err := tf2ng.StringTensor(x.Shape(), labels)
	return tensors{"scores": x.Clone(), "classes": t}, err
}

func regress(_ context.Context, in tensors) (tensors, error) {
	x := in["inputs"].Float32s()
	sums := make([]float32, len(x)/2)
	for i := range sums {
		sums[i] = x[2*i] + x[2*i+1]
	}
	t, err := tf2ng.TensorOf(tf2ng.Shape{len(sums)}, sums)
	return tensors{"outputs": t}, err
}

func lengths(_ context.Context, in tensors) (tensors, error) {
	var n []float32
	for _, s := range in["inputs"].Strings() {
		n = append(n, float32(len(s)))
	}
	t, err := tf2ng.TensorOf(tf2ng.Shape{len(n), 1}, n)
	return tensors{"scores": t}, err
}
