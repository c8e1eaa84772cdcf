package compare_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// product is a Function y = x*w of a [1,n] and a constant [n,m], and then what more makes of y.
func product(t *testing.T, w *core.Tensor, more func(y core.Value) core.Value) *core.Function {
	n := w.Shape()[0]
	x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{1, n}})
	require.NoError(t, err)
	constant := core.NewConstant(w)
	constant.Node.Name = "w"
	y, err := core.NewNamedNode("y", &linear.Dot{ReductionAxes: 1}, x.Out(0), constant)
	require.NoError(t, err)
	names := map[string]core.Value{"y:0": y.Out(0)}
	if more != nil {
		z := more(y.Out(0))
		z.Node.Name = "z"
		names["z:0"] = z
	}
	return &core.Function{Parameters: []*core.Node{x}, Names: names}
}

// evaluate computes by the references.
func evaluate(t *testing.T, feeds compare.Tensors) func(f *core.Function, fetches []string) (compare.Tensors, error) {
	return func(f *core.Function, fetches []string) (compare.Tensors, error) {
		f, err := f.WithResults(fetches, false)
		require.NoError(t, err)
		return f.Eval(feeds)
	}
}

func normal(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// Sums in either order, and in parts, are within the bound; a sum that lacks a term is not.
func TestBoundsOfSums(t *testing.T) {
	for _, n := range []int{4, 64, 1000, 10000} {
		for _, scale := range []float32{1e-3, 1, 1e6} {
			r := rand.New(rand.NewPCG(uint64(n), 7))
			const m = 8
			w, x := normal(r, n*m), normal(r, n)
			for i := range x {
				x[i] *= scale
			}
			feeds := compare.Tensors{"x": tensor(t, core.Shape{1, n}, x...)}
			f := product(t, tensor(t, core.Shape{n, m}, w...), nil)
			bounds, err := compare.Bounds(f, feeds, []string{"y:0"}, evaluate(t, feeds))
			require.NoError(t, err)
			bound := bounds["y:0"].Absolute
			require.Positive(t, bound)
			var forward, backward, largest, without float64
			for j := range m {
				up, down, exact := float32(0), float32(0), 0.0
				for i := range n {
					up += float32(x[i] * w[i*m+j])
					k := n - 1 - i
					down += float32(x[k] * w[k*m+j])
					exact += float64(x[i]) * float64(w[i*m+j])
				}
				forward = max(forward, math.Abs(float64(up)-exact))
				backward = max(backward, math.Abs(float64(up)-float64(down)))
				largest = max(largest, math.Abs(exact))
				without = max(without, math.Abs(float64(x[0])*float64(w[j])))
			}
			assert.LessOrEqual(t, forward, bound, "n %d, scale %g", n, scale)
			assert.LessOrEqual(t, backward, bound, "n %d, scale %g", n, scale)
			assert.Greater(t, without, bound, "n %d, scale %g: a term that is missing shows", n, scale)
			assert.Less(t, bound, largest/1000, "n %d, scale %g", n, scale)
			assert.Contains(t, bounds["y:0"].Rule, "sum of")
		}
	}
}

// The bound holds behind ops that make small differences large: y - mean(y) where y is far from 0.
func TestBoundsFollowCancellation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	const n, m = 100, 16
	x := normal(r, n)
	w := make([]float32, n*m)
	for i := range n {
		for j := range m {
			w[i*m+j] = x[i] * (1 + float32(j)*1e-5) // so that the columns of y are nearly alike
		}
	}
	feeds := compare.Tensors{"x": tensor(t, core.Shape{1, n}, x...)}
	f := product(t, tensor(t, core.Shape{n, m}, w...), func(y core.Value) core.Value {
		z, err := core.Apply(&pointwise.Subtract{}, y, core.NewConstant(tensor(t, core.Shape{}, float32(95))))
		require.NoError(t, err)
		return z
	})
	bounds, err := compare.Bounds(f, feeds, []string{"y:0", "z:0"}, evaluate(t, feeds))
	require.NoError(t, err)
	assert.InEpsilon(t, bounds["y:0"].Absolute, bounds["z:0"].Absolute, 0.2, "in absolute numbers it is that of y")
}

func TestBoundsLeaveIntegersAlone(t *testing.T) {
	w := tensor(t, core.Shape{4, 2}, float32(1), 2, 3, 4, 5, 6, 7, 8)
	f := product(t, w, func(y core.Value) core.Value {
		z, err := core.Apply(&pointwise.Convert{Type: core.I32}, y)
		require.NoError(t, err)
		return z
	})
	feeds := compare.Tensors{"x": tensor(t, core.Shape{1, 4}, float32(1), 1, 1, 1)}
	bounds, err := compare.Bounds(f, feeds, []string{"z:0"}, evaluate(t, feeds))
	require.NoError(t, err)
	assert.Empty(t, bounds)
	d, err := compare.Disturbed(f, 1)
	require.NoError(t, err)
	assert.Equal(t, f.Names["z:0"], d.Names["z:0"], "the node itself")
	assert.NotEqual(t, f.Names["y:0"], d.Names["y:0"])
}

func TestADifferenceWithinItsBound(t *testing.T) {
	near := tensor(t, core.Shape{2}, float32(1), 2)
	far := tensor(t, core.Shape{2}, float32(1.01), 2)
	r := compare.Compare([]compare.Pair{
		{Name: "x", Got: near, Want: far, Bound: &compare.Bound{Absolute: 0.02, Rule: "of the test"}},
		{Name: "y", Got: near, Want: far, Bound: &compare.Bound{Absolute: 0.005, Rule: "of the test"}},
	}, compare.DefaultTolerance())
	assert.True(t, r.Tensors[0].Within())
	assert.Equal(t, "of the test", r.Tensors[0].Rule)
	assert.False(t, r.Tensors[1].Within())
	assert.Equal(t, "DIFFERS: 2 tensors compared within what rounding explains; the first that diverges is y", r.Verdict())
}
