package kernels

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// faulty is an op that panics where its input says so.
type faulty struct{}

func (*faulty) Infer(in []core.Operand) ([]core.Fact, error) { return []core.Fact{in[0].Fact}, nil }

func (*faulty) Eval(in, out []*core.Tensor) error {
	if core.Data[float32](in[0])[0] < 0 {
		panic("planted")
	}
	copy(out[0].Bytes(), in[0].Bytes())
	return nil
}

var _ = core.Register[faulty]("Faulty")

// faultyGraph computes faulty(x*2) + 1 with work for several threads around it.
func faultyGraph(t *testing.T) *core.Function {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{core.Unknown, 1 << 12})
	y := g.apply(&pointwise.Multiply{}, x, scalar(float32(2)))
	g.result(g.apply(&pointwise.Add{}, g.apply(&faulty{}, y), scalar(float32(1))))
	return g.f
}

// A panic fails the Run that meets it and no other, on whatever thread it is.
func TestPanicFailsOneRun(t *testing.T) {
	for _, engine := range []Engine{Kernels, Portable, Reference} {
		for _, threads := range []int{1, 4} {
			t.Run(fmt.Sprintf("%v/%d threads", engine, threads), func(t *testing.T) {
				f := faultyGraph(t)
				p, err := Prepare(f, Options{Engine: engine, Threads: threads})
				require.NoError(t, err)
				var wg sync.WaitGroup
				for worker := range 8 {
					wg.Go(func() {
						for i := range 20 {
							runFaulty(t, p, f, (i+worker)%3 == 0)
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

func runFaulty(t *testing.T, p *Prepared, f *core.Function, panics bool) {
	x, err := core.NewTensor(core.F32, core.Shape{8, 1 << 12})
	require.NoError(t, err)
	for i := range core.Data[float32](x) {
		core.Data[float32](x)[i] = 3
	}
	if panics {
		core.Data[float32](x)[0] = -3
	}
	out, err := p.Run(context.Background(), map[string]*core.Tensor{f.Parameters[0].Name: x}, nil)
	if !panics {
		require.NoError(t, err)
		y := core.Data[float32](out[f.Results[0].Name])
		require.Equal(t, slices.Repeat([]float32{7}, len(y)), y)
		return
	}
	var e *core.InternalError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "planted", e.Value)
	assert.Equal(t, "Faulty", e.Op)
	assert.Contains(t, string(e.Stack), "faulty")
}

func TestCloseEndsPrograms(t *testing.T) {
	for _, engine := range []Engine{Kernels, Reference} {
		f := faultyGraph(t)
		p, err := Prepare(f, Options{Engine: engine})
		require.NoError(t, err)
		program, err := p.Program(map[string]core.Shape{f.Parameters[0].Name: {2, 1 << 12}})
		require.NoError(t, err)
		p.Close()
		p.Close()
		_, err = program.Run(context.Background(), nil, nil)
		assert.ErrorIs(t, err, ErrClosed)
		_, err = program.Profile(context.Background(), nil, 1)
		assert.ErrorIs(t, err, ErrClosed)
		_, err = p.Run(context.Background(), nil, nil)
		assert.ErrorIs(t, err, ErrClosed)
		_, err = p.Program(nil)
		assert.ErrorIs(t, err, ErrClosed)
		assert.ErrorIs(t, p.Use(func() error { t.Error("called"); return nil }), ErrClosed)
		shared, programs := p.Memory()
		assert.Zero(t, shared)
		assert.Zero(t, programs)
	}
}

// Programs are kept within the bounds, the most recently used ones, and what they share goes
// with the last that uses it.
func TestPrepareKeepsProgramsWithinBounds(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{core.Unknown, 16})
	w := core.NewConstant(g.tensor(core.F32, core.Shape{16, 32}, false))
	g.result(g.apply(&linear.Dot{ReductionAxes: 1}, x, w))
	f := g.f
	shapes := func(n int) map[string]core.Shape { return map[string]core.Shape{f.Parameters[0].Name: {n, 16}} }
	for _, c := range []struct {
		name  string
		o     Options
		again []int // are still there after shapes 1 to 6 in turn
		gone  []int // are not
	}{
		{"number", Options{MaxPrograms: 2}, []int{6, 5}, []int{1, 2, 3, 4}},
		{"bytes", Options{MaxProgramBytes: 1}, []int{6}, []int{1, 2, 3, 4, 5}},
		{"both by default", Options{}, []int{1, 2, 3, 4, 5, 6}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Prepare(f, c.o)
			require.NoError(t, err)
			programs := map[int]*Program{}
			var first int64
			for n := 1; n <= 6; n++ {
				programs[n], err = p.Program(shapes(n))
				require.NoError(t, err)
				shared, _ := p.Memory()
				if n == 1 {
					first = shared
				}
				require.Equal(t, first, shared, "%d rows", n)
			}
			require.GreaterOrEqual(t, first, int64(16*32*4), "the packed weights")
			for _, n := range c.again {
				again, err := p.Program(shapes(n))
				require.NoError(t, err)
				assert.Same(t, programs[n], again, "%d rows", n)
			}
			for _, n := range c.gone {
				again, err := p.Program(shapes(n))
				require.NoError(t, err)
				assert.NotSame(t, programs[n], again, "%d rows", n)
			}
		})
	}
}

// Compilations at the same time make Programs of the shapes that were asked for.
func TestConcurrentPrograms(t *testing.T) {
	f := faultyGraph(t)
	p, err := Prepare(f, Options{Threads: 2, MaxPrograms: 3})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 30 {
				n := 1 + (i*worker)%7
				q, err := p.Program(map[string]core.Shape{f.Parameters[0].Name: {n, 1 << 12}})
				assert.NoError(t, err)
				assert.EqualValues(t, n, q.ports.params[0].fact.Shape[0])
			}
		})
	}
	wg.Wait()
}

// The constants that are packed are told, once for all Programs; those that Runs read are not.
func TestPackedTellsOfConstants(t *testing.T) {
	for _, test := range []struct {
		engine Engine
		packs  bool
	}{{Kernels, true}, {Portable, true}, {Reference, false}} {
		t.Run(test.engine.String(), func(t *testing.T) {
			g := newGraph(t, 1)
			x := g.parameter(core.F32, core.Shape{core.Unknown, 8})
			weights, err := core.NewTensor(core.F32, core.Shape{8, 16})
			require.NoError(t, err)
			core.Data[float32](weights)[0] = 1
			added, err := core.NewTensor(core.F32, core.Shape{16})
			require.NoError(t, err)
			y := g.apply(&linear.Dot{ReductionAxes: 1}, x, core.NewConstant(weights))
			g.result(g.apply(&pointwise.Add{}, y, core.NewConstant(added)))
			var told [][]byte
			o := Options{Engine: test.engine, Packed: func(b []byte) { told = append(told, b) }}
			p, err := Prepare(g.f, o)
			require.NoError(t, err)
			for _, rows := range []int{3, 5} {
				in, err := core.NewTensor(core.F32, core.Shape{rows, 8})
				require.NoError(t, err)
				_, err = p.Run(t.Context(), map[string]*core.Tensor{g.f.Parameters[0].Name: in}, nil)
				require.NoError(t, err)
			}
			if !test.packs {
				assert.Empty(t, told)
				return
			}
			require.Len(t, told, 1)
			assert.Same(t, &weights.Bytes()[0], &told[0][0])
		})
	}
}
