package kernels

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// endless is a loop over x, [n], as long as x[0] is below a limit: step makes the next x. With
// grows the shape of x may differ from step to step, so that the loop is behind the plan.
func endless(
	t testing.TB, limit float32, grows bool, step func(b *testgraph.Graph, x core.Value) core.Value,
) *core.Function {
	declared := core.Shape{4}
	if grows {
		declared = core.Shape{core.Unknown}
	}
	c, b, g := testgraph.NewGraph(t, "condition"), testgraph.NewGraph(t, "body"), testgraph.NewGraph(t, "endless")
	cx, bx := c.Typed("x", core.F32, declared), b.Typed("x", core.F32, declared)
	first := c.Apply(&array.Reshape{}, c.Apply(&linear.Dot{ReductionAxes: 1}, cx, cx), listOf[int32]())
	loop := &control.Loop{
		Condition: c.Results(c.Apply(&pointwise.Compare{Relation: pointwise.Less}, first, testgraph.Number(limit))),
		Body:      b.Results(step(b, bx)),
	}
	return g.Results(g.Named("while", loop, g.Parameter("x", core.F32, 4)))
}

func listOf[T core.Element](v ...T) core.Value {
	t, err := core.TensorOf(core.Shape{len(v)}, v)
	if err != nil {
		panic(err)
	}
	return core.NewConstant(t)
}

func eachCall(t *testing.T, run func(t *testing.T, o Options, grows bool)) {
	for _, engine := range []Engine{Kernels, Portable, Reference} {
		for _, threads := range []int{1, 2} {
			for _, grows := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/%d threads/grows=%v", engine, threads, grows), func(t *testing.T) {
					run(t, Options{Engine: engine, Threads: threads}, grows)
				})
			}
		}
	}
}

func runOn(ctx context.Context, f *core.Function, o Options, x ...float32) error {
	p, err := Compile(f, nil, o)
	if err != nil {
		return err
	}
	in, err := core.TensorOf(core.Shape{len(x)}, x)
	if err != nil {
		return err
	}
	_, err = p.Run(ctx, map[string]*core.Tensor{"x": in}, nil)
	return err
}

func half(b *testgraph.Graph, x core.Value) core.Value {
	return b.Named("half", &pointwise.Multiply{}, x, testgraph.Number(float32(0.5)))
}

// A Run that is cancelled ends between two steps of a loop.
func TestLoopIsCancelled(t *testing.T) {
	eachCall(t, func(t *testing.T, o Options, grows bool) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		err := runOn(ctx, endless(t, 1e9, grows, half), o, 1, 1, 1, 1)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// An error in a body names the loop's node and the body's.
func TestErrorInABody(t *testing.T) {
	eachCall(t, func(t *testing.T, o Options, grows bool) {
		f := endless(t, 1e9, grows, func(b *testgraph.Graph, x core.Value) core.Value {
			n := b.Apply(&pointwise.Convert{Type: core.I32}, x)
			bad := b.Named("bad", &pointwise.Divide{}, n, n)
			return b.Apply(&pointwise.Convert{Type: core.F32}, bad)
		})
		err := runOn(context.Background(), f, o, 1, 2, 0, 4)
		assert.EqualError(t, err, `node "while" (Loop): body: node "bad" (Divide): input 1: integer division by zero`)
		assert.ErrorAs(t, err, new(*core.OpError))
	})
}

// A panic in a body names the body's node.
func TestPanicInABody(t *testing.T) {
	eachCall(t, func(t *testing.T, o Options, grows bool) {
		f := endless(t, 1e9, grows, func(b *testgraph.Graph, x core.Value) core.Value {
			return b.Named("inner", &faulty{}, b.Apply(&pointwise.Unary{Function: pointwise.Negative}, x))
		})
		err := runOn(context.Background(), f, o, 1, 1, 1, 1)
		var internal *core.InternalError
		require.ErrorAs(t, err, &internal)
		assert.Equal(t, "inner", internal.Node)
		assert.Equal(t, "planted", internal.Value)
	})
}

// What grows in a loop is bounded, whatever the engine.
func TestLoopThatGrowsIsBounded(t *testing.T) {
	const limit = 1 << 20
	for _, engine := range []Engine{Kernels, Portable, Reference} {
		for _, o := range []Options{{MaxBytes: limit}, {MaxTensorBytes: limit}} {
			f := endless(t, 1e30, true, func(b *testgraph.Graph, x core.Value) core.Value {
				return b.Named("twice", &array.Concat{}, x, x)
			})
			o.Engine = engine
			err := runOn(context.Background(), f, o, 1, 1, 1, 1)
			var memory *core.MemoryError
			require.ErrorAs(t, err, &memory, "%v", engine)
			assert.Equal(t, "twice", memory.Node)
			assert.EqualValues(t, limit, memory.Limit)
		}
	}
}

// What is held around a loop counts, too.
func TestMemoryAroundALoopCounts(t *testing.T) {
	for _, engine := range []Engine{Kernels, Portable, Reference} {
		for _, rows := range []int32{1, 1 << 20} {
			f := endless(t, 1<<21, true, func(b *testgraph.Graph, x core.Value) core.Value {
				return b.Named("twice", &array.Concat{}, x, x)
			})
			g := testgraph.NewGraph(t, "around")
			x := g.Parameter("x", core.F32, 4)
			negative := g.Apply(&pointwise.Compare{Relation: pointwise.Less}, x, testgraph.Number(float32(0)))
			// Its shape depends on data: what follows is not planned.
			where := g.Apply(&indexing.Where{}, negative)
			held := g.Apply(&array.Tile{}, where, listOf(rows, 2)) // is there before the loop
			loop := g.Named("while", f.Results[0].Inputs()[0].Node.Op(), x)
			o := Options{Engine: engine, MaxBytes: 56 << 20}
			err := runOn(context.Background(), g.Results(held, loop), o, 1, 1, 1, -1)
			if rows == 1 {
				assert.NoError(t, err)
				continue
			}
			var memory *core.MemoryError
			require.ErrorAs(t, err, &memory)
			assert.Equal(t, "twice", memory.Node)
		}
	}
}

// The memory of a body counts.
func TestMemoryOfABodyIsBounded(t *testing.T) {
	f := endless(t, 1e9, false, func(b *testgraph.Graph, x core.Value) core.Value {
		wide := b.Named("wide", &array.BroadcastTo{}, x, listOf[int32](1<<18, 4))
		wide = b.Named("wider", &array.Reverse{Axes: []int{1}}, wide)
		return b.Apply(&array.Reshape{}, b.Apply(&linear.Dot{ReductionAxes: 1}, listOf(make([]float32, 1<<18)...), wide),
			listOf[int32](4))
	})
	for _, engine := range []Engine{Kernels, Portable, Reference} {
		err := runOn(context.Background(), f, Options{Engine: engine, MaxBytes: 1 << 20}, 1, 1, 1, 1)
		assert.ErrorAs(t, err, new(*core.MemoryError), "%v", engine)
	}
	p, err := Compile(f, nil, Options{})
	require.NoError(t, err)
	peak := p.PeakBytes()
	assert.Greater(t, peak, int64(4<<20))

	g := testgraph.NewGraph(t, "loops")
	x := g.Parameter("x", core.F32, 4)
	loop := f.Results[0].Inputs()[0].Node.Op()
	for i := range 6 {
		x = g.Named(fmt.Sprintf("while%d", i), loop, x)
	}
	_, err = Compile(g.Results(x), nil, Options{MaxBytes: 5 * peak})
	var memory *core.MemoryError
	require.ErrorAs(t, err, &memory)
	assert.Equal(t, "while5", memory.Node)
}

// The steps of the functions stand at the step that calls them.
func TestStepsOfFunctions(t *testing.T) {
	for _, engine := range []Engine{Kernels, Reference} {
		p, err := Compile(endless(t, 1, false, half), nil, Options{Engine: engine})
		require.NoError(t, err)
		steps := p.Steps()
		require.Len(t, steps, 1)
		assert.Equal(t, "calls", steps[0].Kernel)
		assert.Equal(t, "while", steps[0].Node)
		require.Len(t, steps[0].Functions, 2)
		assert.Equal(t, "condition", steps[0].Functions[0].Name)
		body := steps[0].Functions[1]
		assert.Equal(t, "body", body.Name)
		require.Len(t, body.Steps, 1)
		assert.Equal(t, "half", body.Steps[0].Node)
	}
}

// Weights in a body are packed once for all shapes and threads.
func TestWeightsOfABodyAreShared(t *testing.T) {
	const n = 256
	c, b, g := testgraph.NewGraph(t, "condition"), testgraph.NewGraph(t, "body"), testgraph.NewGraph(t, "shared")
	rows := core.Shape{core.Unknown, n}
	w := core.NewConstant(newGraph(t, 3).tensor(core.F32, core.Shape{n, n}, false))
	ci, _ := c.Parameter("i", core.I32), c.Typed("x", core.F32, rows)
	bi, bx := b.Parameter("i", core.I32), b.Typed("x", core.F32, rows)
	loop := &control.Loop{
		Condition: c.Results(c.Apply(&pointwise.Compare{Relation: pointwise.Less}, ci, testgraph.Number(int32(2)))),
		Body: b.Results(b.Apply(&pointwise.Add{}, bi, testgraph.Number(int32(1))),
			b.Apply(&linear.Dot{ReductionAxes: 1}, bx, w)),
	}
	f := g.Results(g.Named("while", loop, testgraph.Number(int32(0)), g.Typed("x", core.F32, rows)).Node.Out(1))
	p, err := Prepare(f, Options{})
	require.NoError(t, err)
	var shared []int64
	for _, batch := range []int{3, 7, 64} {
		_, err := p.Program(map[string]core.Shape{"x": {batch, n}})
		require.NoError(t, err)
		bytes, _ := p.Memory()
		shared = append(shared, bytes)
	}
	assert.Equal(t, []int64{shared[0], shared[0], shared[0]}, shared)
}
