package kernels

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// hostileGraph is a small graph that asks for much memory. The dimensions and counts are
// constants, or with late inputs that are known only when the graph runs.
type hostileGraph struct {
	name string
	op   string // at fault
	make func(g *graph, late bool)
}

func vectorOf(v ...int64) *core.Tensor {
	t, err := core.TensorOf(core.Shape{len(v)}, v)
	if err != nil {
		panic(err)
	}
	return t
}

var hostileGraphs = []hostileGraph{
	{"broadcast", "BroadcastTo", func(g *graph, late bool) {
		x := g.operandOf(core.Scalar(float32(1)), late)
		g.result(g.apply(&array.BroadcastTo{}, x, g.operandOf(vectorOf(1<<20, 1<<18), late)))
	}},
	{"broadcast to an overflow", "BroadcastTo", func(g *graph, late bool) {
		y := g.apply(&array.BroadcastTo{}, scalar(uint8(1)), g.operandOf(vectorOf(1<<20, 1<<20), late))
		g.result(g.apply(&array.BroadcastTo{}, scalar(uint8(1)), g.operandOf(vectorOf(1<<13), late)))
		g.result(y)
	}},
	{"tile", "Tile", func(g *graph, late bool) {
		g.result(g.apply(&array.Tile{}, g.parameter(core.F32, core.Shape{3, 5}), g.operandOf(vectorOf(1<<17, 1<<17), late)))
	}},
	{"pad", "Pad", func(g *graph, _ bool) {
		op := &array.Pad{Below: []int{1 << 20, 1 << 17}, Above: []int{0, 0}}
		g.result(g.apply(op, g.parameter(core.F32, core.Shape{3, 5}), scalar(float32(0))))
	}},
	{"one hot", "OneHot", func(g *graph, late bool) {
		depth := g.operandOf(core.Scalar(int32(1<<28)), late)
		x := g.parameter(core.I32, core.Shape{1000})
		g.result(g.apply(&indexing.OneHot{}, x, depth, scalar(float32(1)), scalar(float32(0))))
	}},
	{"resize", "TFQuantizedResizeBilinear", func(g *graph, late bool) {
		size, err := core.TensorOf(core.Shape{2}, []int32{1 << 20, 1 << 20})
		require.NoError(g.t, err)
		x := g.parameter(core.U8, core.Shape{1, 2, 2, 1})
		op := &tensorflow.QuantizedResizeBilinear{}
		g.result(g.apply(op, x, g.operandOf(size, late), scalar(float32(0)), scalar(float32(1))))
	}},
	{"outer sum", "Add", func(g *graph, _ bool) {
		x, y := g.parameter(core.F32, core.Shape{1 << 18, 1}), g.parameter(core.F32, core.Shape{1, 1 << 18})
		g.result(g.apply(&pointwise.Add{}, x, y))
	}},
	{"outer product", "Dot", func(g *graph, _ bool) {
		g.result(g.apply(&linear.Dot{}, g.parameter(core.F32, core.Shape{1 << 18}),
			g.parameter(core.F32, core.Shape{1 << 18})))
	}},
	{"padded image", "IntegerConvolution", func(g *graph, _ bool) {
		s := geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{1 << 19, 1 << 19}}
		w := core.NewConstant(g.tensor(core.I8, core.Shape{3, 3, 1, 1}, false))
		x := g.parameter(core.U8, core.Shape{1, 3, 3, 1})
		g.result(g.apply(&linear.IntegerConvolution{Spatial: s}, x, w, scalar(uint8(0)), scalar(int8(0))))
	}},
	{"strings", "BroadcastTo", func(g *graph, late bool) {
		s, err := core.StringTensor(core.Shape{}, []string{"label"})
		require.NoError(g.t, err)
		g.result(g.apply(&array.BroadcastTo{}, core.NewConstant(s), g.operandOf(vectorOf(1<<30), late)))
	}},
	{"one value, many results", "", func(g *graph, late bool) {
		y := g.apply(&array.BroadcastTo{}, g.parameter(core.F32, core.Shape{1}), g.operandOf(vectorOf(1<<21), false))
		for range 1200 {
			g.result(y)
		}
	}},
}

// TestHostileGraphs: an error that names the node, and no memory.
func TestHostileGraphs(t *testing.T) {
	for _, h := range hostileGraphs {
		for _, late := range []bool{false, true} {
			for _, o := range append(testOptions()[:2:2], Options{Engine: Reference}) {
				t.Run(fmt.Sprintf("%s/late=%t/%v", h.name, late, o.Engine), func(t *testing.T) {
					g := newGraph(t, 1)
					h.make(g, late)
					inputs := map[string]*core.Tensor{}
					for _, p := range g.f.Parameters {
						f := p.Outputs()[0]
						if inputs[p.Name] = g.fixed[p.Name]; inputs[p.Name] == nil {
							inputs[p.Name] = g.tensor(f.Type, f.Shape, false)
						}
					}
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					p, err := Compile(g.f, nil, o)
					if err == nil {
						_, err = p.Run(context.Background(), inputs, nil)
					}
					runtime.ReadMemStats(&after)
					var m *core.MemoryError
					require.ErrorAs(t, err, &m)
					require.NotEmpty(t, m.Node)
					if h.op != "" {
						require.Equal(t, h.op, m.Op)
					}
					require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
				})
			}
		}
	}
}

// TestIndirectionTooLarge: few weights and a result that fits, but many taps.
func TestIndirectionTooLarge(t *testing.T) {
	g := newGraph(t, 1)
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	w := core.NewConstant(g.tensor(core.I8, core.Shape{255, 255, 1, 1}, false))
	x := g.parameter(core.U8, core.Shape{1, 8192, 8192, 1})
	g.result(g.apply(&linear.IntegerConvolution{Spatial: s}, x, w, scalar(uint8(0)), scalar(int8(0))))
	_, err := Compile(g.f, nil, Options{})
	require.EqualError(t, err, `node "IntegerConvolution2" (IntegerConvolution): got output i32[1,8192,8192,1], `+
		"for which 17455015526400 bytes are needed, want at most 8589934592")
}

// TestMaxBytes: the limit counts what lives at the same time.
func TestMaxBytes(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{1 << 16})
	y := x
	for range 20 { // each of 256 KiB, of which two live at once
		y = g.apply(&pointwise.Unary{Function: pointwise.Negative}, y)
	}
	g.result(y)
	inputs := map[string]*core.Tensor{x.Node.Name: g.tensor(core.F32, core.Shape{1 << 16}, false)}
	want, err := g.f.Eval(inputs)
	require.NoError(t, err)
	for _, o := range []Options{{Engine: Portable}, {}, {Engine: Reference}} {
		o.MaxBytes = 4 << 20
		p, err := Compile(g.f, nil, o)
		require.NoError(t, err, "%+v", o)
		got, err := p.Run(context.Background(), inputs, nil)
		require.NoError(t, err, "%+v", o)
		for name := range want {
			requireSameBits(t, want[name], got[name], name)
		}
		o.MaxBytes = 1 << 17
		p, err = Compile(g.f, nil, o)
		if err == nil {
			_, err = p.Run(context.Background(), inputs, nil)
		}
		var m *core.MemoryError
		require.ErrorAs(t, err, &m, "%+v", o)
		require.Equal(t, int64(1<<17), m.Limit)
	}
}

// TestFoldingGrowth: many constants that are larger than what they follow from stay nodes.
func TestFoldingGrowth(t *testing.T) {
	g := newGraph(t, 1)
	for range 100 {
		g.result(g.apply(&array.BroadcastTo{}, scalar(float32(1)), core.NewConstant(vectorOf(1<<22))))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Compile(g.f, nil, Options{})
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(700<<20))
}
