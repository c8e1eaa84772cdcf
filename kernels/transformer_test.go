package kernels_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/testmode"
)

// graph builds values; it fails the test if an op does not accept its inputs.
type graph struct{ t *testing.T }

func (g graph) apply(op core.Op, in ...core.Value) core.Value {
	g.t.Helper()
	v, err := core.Apply(op, in...)
	require.NoError(g.t, err)
	return v
}

func (g graph) number(v float32) core.Value { return core.NewConstant(core.Scalar(v)) }

func (g graph) shape(d ...int64) core.Value {
	s, err := core.TensorOf(core.Shape{len(d)}, d)
	require.NoError(g.t, err)
	return core.NewConstant(s)
}

// normalized is what a layer normalization is in TensorFlow's graphs.
func (g graph) normalized(x core.Value, scale, offset core.Value) core.Value {
	mean := func(x core.Value) core.Value {
		return g.apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{-1}, KeepDims: true}}, x)
	}
	m := mean(x)
	square := g.apply(&pointwise.Unary{Function: pointwise.Square}, g.apply(&pointwise.Subtract{}, x, m))
	variance := g.apply(&pointwise.Add{}, mean(square), g.number(1e-3))
	unit := g.apply(&pointwise.Multiply{}, g.apply(&pointwise.Subtract{}, x, m),
		g.apply(&pointwise.Unary{Function: pointwise.Rsqrt}, variance))
	return g.apply(&pointwise.Add{}, g.apply(&pointwise.Multiply{}, unit, scale), offset)
}

func TestLayerNormIsTwoChains(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	scale, offset := core.NewConstant(numbers(t, r, 70)), core.NewConstant(numbers(t, r, 70))
	g := graph{t}
	build := func(x core.Value) (core.Value, error) { return g.normalized(x, scale, offset), nil }
	for _, kernel := range []string{
		"elementwise_subtract+square_portable", "elementwise_multiply+multiply+add_portable",
	} {
		requireKernel(t, kernel, numbers(t, r, 3, 11, 70), build)
	}
}

// Both factors of the product are functions of x, and the one that is computed first would have to be stored.
func TestOperandsAreComputedWhereTheyAreRead(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := graph{t}
	requireKernel(t, "elementwise_divide+erf+add+multiply+multiply_portable", numbers(t, r, 9, 333),
		func(x core.Value) (core.Value, error) {
			half := g.apply(&pointwise.Multiply{}, g.number(0.5), x)
			erf := g.apply(&pointwise.Unary{Function: pointwise.Erf}, g.apply(&pointwise.Divide{}, x, g.number(1.4)))
			return g.apply(&pointwise.Multiply{}, half, g.apply(&pointwise.Add{}, erf, g.number(1))), nil
		})
	number := core.NewConstant(numbers(t, r, 9, 1))
	requireKernel(t, "elementwise_exp+subtract+tanh+subtract_portable", numbers(t, r, 9, 333),
		func(x core.Value) (core.Value, error) {
			row := g.apply(&pointwise.Add{}, number, g.apply(&reduce.Max{
				Reduction: reduce.Reduction{Axes: []int{1}, KeepDims: true},
			}, x))
			first := g.apply(&pointwise.Activate{Activation: numeric.Tanh}, g.apply(&pointwise.Subtract{}, row, x))
			return g.apply(&pointwise.Subtract{}, first, g.apply(&pointwise.Unary{Function: pointwise.Exp}, x)), nil
		})
}

// Each quantization has steps of its own.
func TestQuantizationsShareAChain(t *testing.T) {
	g := graph{t}
	quantize := func(x core.Value, to float32) core.Value {
		op := &tensorflow.QuantizeV2{Type: core.U8, Axis: -1, Mode: tensorflow.MinFirst}
		return g.apply(op, x, g.number(-3), g.number(to))
	}
	requireKernel(t, "elementwise_multiply+multiply+add+quantize+multiply+add+quantize_portable",
		numbers(t, rand.New(rand.NewPCG(1, 2)), 9, 333), func(x core.Value) (core.Value, error) {
			y := g.apply(&pointwise.Multiply{}, x, g.number(0.5))
			return g.apply(&array.Concat{Axis: 0}, quantize(y, 3), quantize(y, 5)), nil
		})
}

func TestSoftmaxEndsAChain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][]int{{7, 100}, {100, 7}, {3, 70, 21}, {2, 2500}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			g := graph{t}
			requireKernel(t, "elementwise_divide_portable, softmax_portable", numbers(t, r, shape...),
				func(x core.Value) (core.Value, error) {
					return g.apply(&normalize.Softmax{Axis: -1}, g.apply(&pointwise.Divide{}, x, g.number(8))), nil
				})
		})
	}
}

// TestAttentionInSegments computes heads of attention, whose rows are those of all images or of each, for groups of
// images of every size.
func TestAttentionInSegments(t *testing.T) {
	defer testmode.SetCacheBytes(0)
	const batch, length, heads, size = 4, 6, 2, 16
	r := rand.New(rand.NewPCG(1, 2))
	weights := core.NewConstant(numbers(t, r, heads*size, heads*size))
	g := graph{t}
	split := func(x core.Value) core.Value {
		x = g.apply(&array.Reshape{}, x, g.shape(batch, length, heads, size))
		return g.apply(&array.Transpose{Order: []int{0, 2, 1, 3}}, x)
	}
	for _, cache := range []int{0, 1 << 12, 1 << 14, 1 << 16} {
		t.Run(fmt.Sprintf("cache of %d", cache), func(t *testing.T) {
			testmode.SetCacheBytes(cache)
			requireKernel(t, "softmax_portable", numbers(t, r, batch*length, heads*size),
				func(x core.Value) (core.Value, error) {
					q, k := split(g.apply(&linear.Dot{ReductionAxes: 1}, x, weights)), split(x)
					scores := g.apply(&normalize.Softmax{Axis: -1}, g.apply(&linear.BatchDot{TransposeB: true}, q, k))
					y := g.apply(&array.Transpose{Order: []int{0, 2, 1, 3}}, g.apply(&linear.BatchDot{}, scores, k))
					y = g.apply(&array.Reshape{}, y, g.shape(batch*length, heads*size))
					return g.apply(&pointwise.Add{}, x, g.apply(&linear.Dot{ReductionAxes: 1}, y, weights)), nil
				})
		})
	}
}

// TestTransposesOfProducts: products read and store rows where transposes leave them, unless something else reads the
// transpose, or it moves the last axis.
func TestTransposesOfProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := graph{t}
	turn := func(x core.Value, order ...int) core.Value { return g.apply(&array.Transpose{Order: order}, x) }
	times := func(a, b core.Value) core.Value { return g.apply(&linear.BatchDot{}, a, b) }
	timesTurned := func(a, b core.Value) core.Value { return g.apply(&linear.BatchDot{TransposeB: true}, a, b) }
	for _, c := range []struct {
		name       string
		shape      []int
		build      func(x core.Value) core.Value
		transposes int
	}{
		{"both operands", []int{3, 5, 2, 21}, func(x core.Value) core.Value {
			y := turn(x, 0, 2, 1, 3)
			return timesTurned(y, y)
		}, 0},
		{"first operand", []int{4, 4, 4}, func(x core.Value) core.Value { return times(turn(x, 1, 0, 2), x) }, 0},
		{"second operand", []int{4, 4, 4}, func(x core.Value) core.Value { return times(x, turn(x, 1, 0, 2)) }, 0},
		{"outer axes", []int{2, 3, 40, 17}, func(x core.Value) core.Value {
			return timesTurned(turn(x, 1, 0, 2, 3), turn(x, 1, 0, 2, 3))
		}, 0},
		{"rows from the first axis", []int{35, 2, 3, 33}, func(x core.Value) core.Value {
			return timesTurned(turn(x, 2, 1, 0, 3), turn(x, 2, 1, 0, 3))
		}, 0},
		{"the product", []int{2, 3, 19, 19}, func(x core.Value) core.Value { return turn(times(x, x), 2, 0, 1, 3) }, 0},
		{"the product, read by a product", []int{3, 3, 3, 3}, func(x core.Value) core.Value {
			y := turn(times(x, x), 2, 1, 0, 3)
			return times(y, y)
		}, 0},
		{"operands and the product", []int{2, 7, 3, 7}, func(x core.Value) core.Value {
			y := turn(x, 0, 2, 1, 3)
			return turn(timesTurned(y, y), 0, 2, 1, 3)
		}, 0},
		{"one matrix for all", []int{6, 1, 6}, func(x core.Value) core.Value {
			return times(x, turn(x, 1, 0, 2))
		}, 0},
		{"operands that are repeated", []int{2, 1, 3, 5}, func(x core.Value) core.Value {
			y := turn(x, 1, 0, 2, 3)
			return timesTurned(timesTurned(x, y), timesTurned(y, x))
		}, 0},
		{"a first operand by columns", []int{4, 4, 4}, func(x core.Value) core.Value {
			return g.apply(&linear.BatchDot{TransposeA: true}, turn(x, 1, 0, 2), x)
		}, 2},
		{"read by a sum", []int{4, 4, 4}, func(x core.Value) core.Value {
			y := turn(x, 1, 0, 2)
			return g.apply(&pointwise.Add{}, times(y, x), y)
		}, 1},
		{"the last axis", []int{4, 4, 4}, func(x core.Value) core.Value { return times(turn(x, 0, 2, 1), x) }, 1},
		{"the product, read by a sum", []int{4, 4, 4}, func(x core.Value) core.Value {
			y := times(x, x)
			return g.apply(&pointwise.Add{}, turn(y, 1, 0, 2), y)
		}, 1},
		{"the last axis of the product", []int{4, 4, 4}, func(x core.Value) core.Value {
			return turn(times(x, x), 0, 2, 1)
		}, 1},
		{"a matrix product of all rows", []int{4, 4, 4}, func(x core.Value) core.Value {
			return g.apply(&linear.Dot{ReductionAxes: 1}, turn(x, 1, 0, 2), g.apply(&array.Reshape{}, x, g.shape(4, 16)))
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps := stepsOf(t, numbers(t, r, c.shape...), func(x core.Value) (core.Value, error) { return c.build(x), nil })
			transposes := 0
			for _, s := range steps {
				if strings.HasPrefix(s, "transpose") {
					transposes++
				}
			}
			require.Equal(t, c.transposes, transposes, "%v", steps)
			require.Contains(t, steps, "gemm_f32f32_f32_2x4k1_portable")
		})
	}
}
