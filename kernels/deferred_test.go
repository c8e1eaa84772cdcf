package kernels_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/internal/testgraph"
	"github.com/tf2ng/tf2ng/kernels"
)

// chooser makes random functions of images, f32 [n,5,5,8], some of which are chosen by their values: how many is known
// only when the function runs.
type chooser struct {
	*testgraph.Graph
	t testing.TB
	r *rand.Rand
}

func (c *chooser) weights(s core.Shape) core.Value {
	w, err := core.NewTensor(core.F32, s)
	require.NoError(c.t, err)
	for i := range core.Data[float32](w) {
		core.Data[float32](w)[i] = float32(c.r.NormFloat64()) / 8
	}
	return core.NewConstant(w)
}

// convolved returns the images of a convolution and an activation.
func (c *chooser) convolved(x core.Value) core.Value {
	same := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{1, 1}, PadBelow: []int{1, 1}, PadAbove: []int{1, 1}}
	y := c.Apply(&linear.Convolution{Spatial: same}, x, c.weights(core.Shape{3, 3, 8, 8}))
	return c.Apply(&pointwise.Activate{Activation: numeric.Relu}, y)
}

// scores returns a number for each image, [n,1].
func (c *chooser) scores(x core.Value) core.Value {
	mean := c.Apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{1, 2}}}, x)
	return c.Apply(&linear.Dot{ReductionAxes: 1}, mean, c.weights(core.Shape{8, 1}))
}

// chosen returns the images with a score that is not negative.
func (c *chooser) chosen(x, scores core.Value) core.Value {
	flat := c.Apply(&array.Reshape{}, scores, list(-1))
	keep := c.Apply(&pointwise.Compare{Relation: pointwise.GreaterEqual}, flat, testgraph.Number(float32(0)))
	return c.Apply(&indexing.GatherND{}, x, c.Apply(&indexing.Where{}, keep))
}

// function returns a function that chooses several times, with results of all its parts.
func (c *chooser) function(choices int) *core.Function {
	x := c.Parameter("images", core.F32, 9, 5, 5, 8)
	results := []core.Value{c.convolved(x)}
	for range choices {
		scores := c.scores(x)
		x = c.chosen(x, scores)
		for range 1 + c.r.IntN(2) {
			y := c.convolved(x)
			if c.r.IntN(2) == 0 {
				y = c.Apply(&pointwise.Add{}, y, x)
			}
			x = y
		}
		results = append(results, scores)
		if c.r.IntN(2) == 0 {
			results = append(results, x)
		}
	}
	return c.Results(append(results, c.scores(x))...)
}

func newChooser(t testing.TB, seed uint64) *chooser {
	return &chooser{testgraph.NewGraph(t, "choices"), t, rand.New(rand.NewPCG(seed, 21))}
}

func (c *chooser) images() *core.Tensor {
	g := generator{c.t, c.r}
	return g.random(core.Shape{9, 5, 5, 8})
}

// What has its shapes only when a function runs gives the same on all engines.
func TestShapesThatDependOnData(t *testing.T) {
	chosen := map[int]bool{} // how many were chosen in the end
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			c := newChooser(t, seed)
			f := c.function(1 + int(seed%3))
			for range 3 {
				in := map[string]*core.Tensor{"images": c.images()}
				want, err := f.Eval(in)
				require.NoError(t, err)
				require.NoError(t, enginetest.Check(f, in, want))
				chosen[want[fmt.Sprint(len(want)-1)].Shape()[0]] = true
			}
		})
	}
	assert.Greater(t, len(chosen), 5, "%v", chosen)
}

// convolutions returns how many convolutions a Profile shows as references, and how many as kernels.
func convolutions(t *testing.T, p *kernels.Program, in map[string]*core.Tensor) (references, compiled int) {
	steps, err := p.Profile(context.Background(), in, 1)
	require.NoError(t, err)
	for _, s := range steps {
		switch {
		case s.Op != "Convolution":
		case strings.Contains(s.Kernel, "reference"):
			references++
		default:
			compiled++
			assert.True(t, s.Output.Static(), "%v", s)
		}
	}
	return references, compiled
}

// No product runs as a reference because its shapes depend on data, however often that happens.
func TestProductsAreCompiledWhenTheirShapesAreKnown(t *testing.T) {
	for choices := 1; choices <= 3; choices++ {
		c := newChooser(t, 7)
		f := c.function(choices)
		p, err := kernels.Compile(f, nil, kernels.Options{})
		require.NoError(t, err)
		waiting := 0
		for _, s := range p.Steps() {
			if s.Kernel == "compiled when its shapes are known" {
				waiting++
			}
		}
		assert.Positive(t, waiting)
		references, compiled := convolutions(t, p, map[string]*core.Tensor{"images": c.images()})
		assert.Zero(t, references)
		assert.Greater(t, compiled, choices)
	}
}

// Results are written into tensors of the caller, inputs among them, and refused if these do not fit.
func TestOutputsOfShapesThatDependOnData(t *testing.T) {
	c := newChooser(t, 3)
	f, x := c.function(2), c.images()
	want, err := f.Eval(map[string]*core.Tensor{"images": x})
	require.NoError(t, err)
	p, err := kernels.Compile(f, nil, kernels.Options{})
	require.NoError(t, err)
	out := map[string]*core.Tensor{}
	for name, w := range want {
		out[name] = w.Clone()
		clear(out[name].Bytes())
	}
	over := x.Clone()
	out["0"] = over // the result of the first part, which the others must not read as their input
	got, err := p.Run(context.Background(), map[string]*core.Tensor{"images": over}, out)
	require.NoError(t, err)
	for name, w := range want {
		assert.True(t, enginetest.Equal(w, got[name]), name)
		assert.Same(t, out[name], got[name])
	}
	last := fmt.Sprint(len(want) - 1)
	large, err := core.NewTensor(core.F32, core.Shape{99, 1})
	require.NoError(t, err)
	_, err = p.Run(context.Background(), map[string]*core.Tensor{"images": x}, map[string]*core.Tensor{last: large})
	var wrong *core.TensorError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, core.WrongShape, wrong.Problem)
}

// Runs at the same time compile for shapes of their own, and what they have packed is given back in the end.
func TestShapesThatDependOnDataAtTheSameTime(t *testing.T) {
	c := newChooser(t, 5)
	f := c.function(2)
	p, err := kernels.Prepare(f, kernels.Options{Threads: 2, MaxPrograms: 2})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		in := map[string]*core.Tensor{"images": c.images()}
		want, err := f.Eval(in)
		require.NoError(t, err)
		wg.Go(func() {
			for range 5 {
				got, err := p.Run(context.Background(), in, nil)
				assert.NoError(t, err)
				for name, w := range want {
					assert.True(t, enginetest.Equal(w, got[name]), name)
				}
			}
		})
	}
	wg.Wait()
	shared, programs := p.Memory()
	assert.Positive(t, shared)
	assert.Positive(t, programs)
	p.Close()
	shared, programs = p.Memory()
	assert.Zero(t, shared)
	assert.Zero(t, programs)
}

// Memory is bounded where shapes depend on data, too.
func TestMemoryOfShapesThatDependOnData(t *testing.T) {
	c := newChooser(t, 5)
	x := c.Parameter("images", core.F32, 9, 5, 5, 8)
	chosen := c.chosen(x, c.scores(x))
	f := c.Results(c.Apply(&linear.Dot{ReductionAxes: 1}, chosen, c.weights(core.Shape{8, 1 << 12})))
	p, err := kernels.Compile(f, nil, kernels.Options{MaxTensorBytes: 1 << 20})
	require.NoError(t, err)
	in := map[string]*core.Tensor{"images": c.images()}
	_, err = p.Run(context.Background(), in, nil)
	var memory *core.MemoryError
	require.ErrorAs(t, err, &memory)
	assert.True(t, memory.OneTensor)
	assert.Equal(t, "Dot", memory.Op)
}

// A function that is cut again and again gives the same, and is not cut without end.
func TestManyShapesThatDependOnData(t *testing.T) {
	c := newChooser(t, 9)
	x := c.Parameter("images", core.F32, 9, 5, 5, 8)
	for range 70 {
		every := c.Apply(&pointwise.Multiply{}, c.scores(x), testgraph.Number(float32(0)))
		x = c.convolved(c.chosen(x, every))
	}
	f := c.Results(c.scores(x))
	in := map[string]*core.Tensor{"images": c.images()}
	want, err := f.Eval(in)
	require.NoError(t, err)
	require.Equal(t, core.Shape{9, 1}, want["0"].Shape())
	p, err := kernels.Compile(f, nil, kernels.Options{})
	require.NoError(t, err)
	got, err := p.Run(context.Background(), in, nil)
	require.NoError(t, err)
	assert.True(t, enginetest.Equal(want["0"], got["0"]))
	references, compiled := convolutions(t, p, in)
	assert.Equal(t, 70, references+compiled)
	assert.Positive(t, references)
	assert.Greater(t, compiled, 60)
}
