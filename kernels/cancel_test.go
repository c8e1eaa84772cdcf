package kernels

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
)

// TestCancelledInTheMiddleOfANode cancels Runs of single nodes that would take minutes.
func TestCancelledInTheMiddleOfANode(t *testing.T) {
	for _, c := range []struct {
		name   string
		op     core.Op
		shapes []core.Shape
	}{
		{"Convolution", &linear.Convolution{Spatial: nhwc}, []core.Shape{{1, 2048, 2048, 1}, {700, 700, 1, 1}}},
		{"Dot", &linear.Dot{ReductionAxes: 1}, []core.Shape{{4096, 4096}, {4096, 4096}}},
		{"AvgPool", &pooling.AvgPool{Spatial: nhwc, Window: []int{700, 700}}, []core.Shape{{1, 2048, 2048, 1}}},
	} {
		for _, e := range []Engine{Reference, Portable} {
			t.Run(c.name+"/"+e.String(), func(t *testing.T) {
				g := &graph{t: t, f: &core.Function{}}
				inputs := map[string]*core.Tensor{}
				var in []core.Value
				for _, s := range c.shapes {
					v := g.parameter(core.F32, s)
					in = append(in, v)
					x, err := core.NewTensor(core.F32, s)
					require.NoError(t, err)
					inputs[v.Node.Name] = x
				}
				g.result(g.apply(c.op, in...))
				p, err := Compile(g.f, nil, Options{Engine: e})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				defer cancel()
				_, err = p.Run(ctx, inputs, nil)
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		}
	}
}

var nhwc = geometry.Spatial{Layout: geometry.NHWC}

// looks is a context that ends when it was looked at so often.
type looks struct {
	context.Context
	left int
}

func (l *looks) Err() error {
	if l.left--; l.left < 0 {
		return context.Canceled
	}
	return nil
}

// The elements of one node are computed in parts, between which a Run looks at its context.
func TestLongTensorsAreComputedInParts(t *testing.T) {
	g := &graph{t: t, f: &core.Function{}}
	v := g.parameter(core.I8, core.Shape{5 << 24})
	g.result(g.apply(&pointwise.Clamp{Lo: -3, Hi: 5}, v))
	x, err := core.NewTensor(core.I8, v.Shape())
	require.NoError(t, err)
	p, err := Compile(g.f, nil, Options{Engine: Reference})
	require.NoError(t, err)
	_, err = p.Run(&looks{context.Background(), 4}, map[string]*core.Tensor{v.Node.Name: x}, nil)
	require.ErrorIs(t, err, context.Canceled)
}
