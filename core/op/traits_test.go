package op_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
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
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
)

// The tests of what ops say of themselves run over samples of every op that has inputs and
// outputs. What an op says must be true of its reference; and what is true of its reference
// it must say, or a list here says why it does not.

// samples are inputs that each op accepts, with attributes for which it says something.
func samples(t *testing.T) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 6)), s) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	bytes := integers(t, rand.New(rand.NewPCG(1, 7)), core.I8, core.Shape{2, 3}, -100, 100)
	uniform := &tensorflow.UniformQuantize{Type: core.I8, Axis: -1, Lo: -128, Hi: 127}
	zero, ends := core.Scalar(int8(3)), []*core.Tensor{f(3), f(3)}
	ends[0], ends[1] = eval(t, &pointwise.Minimum{}, ends[0], r(-0.1)), eval(t, &pointwise.Maximum{}, ends[1], r(0.1))
	rows := reduce.Reduction{Axes: []int{1}}
	fake := &tensorflow.FakeQuant{NumBits: 8, PerChannel: true}
	all := slices.Concat(baselines(t), sparseBaselines(t), quantizedBaselines(t), []baseline{
		{
			&quantization.Quantize{Type: core.I8, RoundMode: numeric.RoundNearestTowardEven},
			[]*core.Tensor{f(2, 3), r(0.1), zero},
		},
		{&quantization.Dequantize{Type: core.F32}, []*core.Tensor{bytes, r(0.1), zero}},
		{&tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: 1, OutType: core.F32}, append([]*core.Tensor{bytes}, ends...)},
		{uniform, []*core.Tensor{f(2, 3), r(0.1), core.Scalar(int32(3))}},
		{fake, append([]*core.Tensor{f(2, 3)}, ends...)},
		{&reduce.Sum{Reduction: rows}, []*core.Tensor{f(4, 3)}},
		{&reduce.Mean{Reduction: rows}, []*core.Tensor{f(4, 3)}},
		{&reduce.Max{Reduction: rows}, []*core.Tensor{f(4, 3)}},
		{&reduce.Min{Reduction: reduce.Reduction{Axes: []int{-1, 1}}}, []*core.Tensor{f(4, 3, 2)}},
		{&reduce.ArgMin{Axis: -1, Type: core.I32}, []*core.Tensor{f(4, 3)}},
		{&pointwise.Activate{Activation: numeric.Relu}, []*core.Tensor{f(4, 3)}},
		{&array.Concat{Axis: 1}, []*core.Tensor{f(2, 3), f(2, 2)}},
		{&array.Transpose{Order: []int{0, 2, 1}}, []*core.Tensor{f(2, 3, 4)}},
		{&pooling.MaxPool{
			Spatial: geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{1, 2}, PadAbove: []int{0, 1}}, Window: []int{2, 3},
		}, []*core.Tensor{f(2, 3, 4, 2)}},
		{&pooling.MaxPool{
			Spatial: geometry.Spatial{Layout: geometry.NHWC, PadBelow: []int{2, 0}, PadAbove: []int{0, 0}}, Window: []int{2, 3},
		}, []*core.Tensor{f(2, 3, 4, 2)}},
		{&array.Pad{Below: []int{0, 1}, Above: []int{0, 2}}, []*core.Tensor{f(2, 3), r(0)}},
	})
	return slices.DeleteFunc(all, func(b baseline) bool { return len(b.in) == 0 })
}

// result returns an op's first output; nil if it does not accept the inputs.
func result(op core.Op, in []*core.Tensor) *core.Tensor {
	out, err := core.EvalOp(op, in)
	if err != nil || len(out) == 0 {
		return nil
	}
	return out[0]
}

// picked returns elements of a tensor as a vector.
func picked(t testing.TB, x *core.Tensor, at []int32) *core.Tensor {
	flat, err := x.Reshaped(core.Shape{x.Len()})
	require.NoError(t, err)
	return eval(t, &indexing.Gather{}, flat, tensor(t, core.Shape{len(at)}, at...))
}

// broadcast returns a tensor broadcast to a shape; nil if it does not broadcast.
func broadcast(t testing.TB, x *core.Tensor, s core.Shape) *core.Tensor {
	dims := make([]int32, len(s))
	for i, d := range s {
		dims[i] = int32(d)
	}
	return result(&array.BroadcastTo{}, []*core.Tensor{x, tensor(t, core.Shape{len(s)}, dims...)})
}

// computes reports whether a sample's first output is made element by element as e says: of
// some elements in any order the op makes the same.
func computes(t testing.TB, b baseline, e trait.Elements) bool {
	y := result(b.op, b.in)
	if y == nil || y.Len() < 2 || y.Type() == core.String {
		return false
	}
	random := rand.New(rand.NewPCG(1, 8))
	for range 8 {
		var at []int32
		for range 1 + random.IntN(2*y.Len()) {
			at = append(at, int32(random.IntN(y.Len())))
		}
		in := slices.Clone(b.in)
		for i, x := range in {
			if e == trait.FirstElements && i > 0 {
				if x.Len() != 1 {
					return false
				}
				continue
			}
			whole := broadcast(t, x, y.Shape())
			if whole == nil || e == trait.FirstElements && !x.Shape().Equal(y.Shape()) {
				return false
			}
			in[i] = picked(t, whole, at)
		}
		got, want := result(b.op, in), picked(t, y, at)
		if got == nil || got.Type() != want.Type() || !slices.Equal(got.Bytes(), want.Bytes()) {
			return false
		}
	}
	return true
}

// silent are the ops that make each element of that of the same index and do not say so.
var silent = map[string]string{
	"ApplyPostOps":           "kernels apply them to accumulators that they have just made",
	"Assert":                 "its condition is about the whole tensor",
	"BroadcastShape":         "its elements are dimensions, a few",
	"CheckFinite":            "its error is about the whole tensor",
	"FakeQuantize":           "it decomposes into ops that say so",
	"RangeToScale":           "its elements are channels, a few",
	"TFFakeQuant":            "with a range for each element of the last axis it says so of the rows",
	"TFRequantizePerChannel": "a range for each element of the last axis, whose kernel takes all of them",
}

func TestOpsSayOfWhichElementsTheyAreMade(t *testing.T) {
	spoke, kept := map[string]bool{}, map[string]bool{}
	for _, b := range samples(t) {
		name, said := core.OpName(b.op), trait.ElementsOf(b.op)
		if said != trait.NoElements {
			spoke[name] = true
			assert.True(t, computes(t, b, said), "%s %+v: want the same of any elements", name, b.op)
			continue
		}
		if computes(t, b, trait.FirstElements) || len(b.in) > 1 && computes(t, b, trait.AllElements) {
			kept[name] = true
			assert.Contains(t, silent, name, "it is elementwise and does not say so: %+v", b.op)
		}
	}
	for name := range silent {
		assert.Contains(t, kept, name, "it is not elementwise, or says so")
	}
	says[trait.Elementwise](t, spoke)
}

// says requires that each op with an interface had a sample for which it says something.
func says[I any](t *testing.T, spoke map[string]bool) {
	for _, name := range core.OpNames() {
		op, err := core.NewOp(name)
		require.NoError(t, err)
		if _, is := op.(I); is {
			assert.True(t, spoke[name], "%s is a %v: give it a sample that shows it", name, reflect.TypeFor[I]())
		}
	}
}

func TestRowsAreComputedByThemselves(t *testing.T) {
	spoke := map[string]bool{}
	for _, b := range samples(t) {
		op, ok := b.op.(trait.RowWise)
		if !ok {
			continue
		}
		x, name := b.in[0], core.OpName(b.op)
		rows, ok := op.Rows(x.Shape())
		if !ok {
			continue
		}
		spoke[name] = true
		want := result(b.op, b.in)
		count := x.Len() / rows.Length
		require.Equal(t, x.Len(), count*rows.Length, name)
		var got []byte
		for i := range count {
			in := slices.Clone(b.in)
			var at []int32
			for k := range rows.Length {
				at = append(at, int32(i*rows.Length+k))
			}
			row, err := picked(t, x, at).Reshaped(core.Shape{1, rows.Length})
			require.NoError(t, err)
			in[0] = row
			y := result(rows.Op, in)
			require.NotNil(t, y, "%s of %v", name, in)
			require.Equal(t, map[bool]int{true: 1, false: rows.Length}[rows.Single], y.Len(), name)
			got = append(got, y.Bytes()...)
		}
		assert.Equal(t, want.Bytes(), got, "%s %+v", name, b.op)
	}
	says[trait.RowWise](t, spoke)
}

// indexOf returns an index of a tensor's first axis as a tensor of as many axes.
func indexOf(t testing.TB, x *core.Tensor, i int) *core.Tensor {
	return eval(t, &indexing.Gather{}, x, tensor(t, core.Shape{1}, int32(i)))
}

func TestIndicesOfTheFirstAxisAreComputedByThemselves(t *testing.T) {
	spoke := map[string]bool{}
	more := func(b baseline, x *core.Tensor) baseline { // with two indices, the second another one
		in := slices.Clone(b.in)
		in[0] = eval(t, &array.Concat{}, x, eval(t, &array.Reverse{Axes: allAxes(x)}, x))
		return baseline{b.op, in}
	}
	all := samples(t)
	for _, b := range samples(t) {
		if x := b.in[0]; len(x.Shape()) > 0 && x.Shape()[0] == 1 && x.Type() != core.String {
			all = append(all, more(b, x))
		}
	}
	for _, b := range all {
		want := result(b.op, b.in)
		if want == nil || len(want.Shape()) == 0 || want.Shape()[0] < 2 {
			continue
		}
		batched := trait.BatchInputsOf(b.op, factsOf(b.in), want.Shape())
		if batched == nil {
			continue
		}
		spoke[core.OpName(b.op)] = true
		for i := range want.Shape()[0] {
			in := slices.Clone(b.in)
			for k, is := range batched {
				if is {
					in[k] = indexOf(t, b.in[k], i)
				}
			}
			got := result(b.op, in)
			require.NotNil(t, got, "%s %+v of %v", core.OpName(b.op), b.op, in)
			assert.Equal(t, indexOf(t, want, i).Shape(), got.Shape())
			assert.Equal(t, indexOf(t, want, i).Bytes(), got.Bytes(), "%s %+v: index %d", core.OpName(b.op), b.op, i)
		}
	}
	says[trait.Batched](t, spoke)
}

// allAxes lists the axes of a tensor.
func allAxes(x *core.Tensor) []int {
	axes := make([]int, len(x.Shape()))
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// doubled returns a tensor of reals times 2, which is exact; nil for other types.
func doubled(t testing.TB, x *core.Tensor) *core.Tensor {
	if x.Type() != core.F32 {
		return nil
	}
	return eval(t, &pointwise.Multiply{}, x, core.Scalar(float32(2)))
}

// multiplies reports whether an output doubles exactly when either of two inputs does: it is
// made of products of them.
func multiplies(t testing.TB, b baseline) bool {
	want := result(b.op, b.in)
	if want = doubled(t, want); want == nil {
		return false
	}
	factors := 0
	for i := range b.in {
		in := slices.Clone(b.in)
		if in[i] = doubled(t, in[i]); in[i] == nil {
			continue
		}
		if y := result(b.op, in); y != nil && slices.Equal(y.Bytes(), want.Bytes()) {
			factors++
		}
	}
	return factors > 1
}

// uncounted are the ops that multiply and do not say how much.
var uncounted = map[string]string{
	"Branch":                            "its functions count it",
	"Einsum":                            "it decomposes into BatchDot",
	"QuantizedConvolutionBias":          "it decomposes into IntegerConvolution",
	"QuantizedConvolutionBiasAdd":       "it decomposes into IntegerConvolution",
	"QuantizedConvolutionBiasSignedAdd": "it decomposes into IntegerConvolution",
	"QuantizedConvolutionRelu":          "it decomposes into IntegerConvolution",
	"TFRequantizationRangePerChannel":   "it multiplies the ends of a range",
}

// An op sums products if it is bilinear and not elementwise, or reduces axes or has groups.
func TestOpsThatMultiplyCountIt(t *testing.T) {
	spoke, kept := map[string]bool{}, map[string]bool{}
	for _, b := range samples(t) {
		name := core.OpName(b.op)
		op, ok := b.op.(trait.Costed)
		if !ok {
			v := reflect.ValueOf(b.op).Elem()
			sums := v.FieldByName("ReductionAxes").IsValid() || v.FieldByName("Groups").IsValid()
			if sums || trait.ElementsOf(b.op) == trait.NoElements && multiplies(t, b) {
				kept[name] = true
				assert.Contains(t, uncounted, name, "it multiplies and does not say how much")
			}
			continue
		}
		spoke[name] = true
		y := result(b.op, b.in)
		n := op.Operations(factsOf(b.in), []core.Fact{y.Fact()})
		assert.Positive(t, n, name)
		assert.Zero(t, n%int64(2*y.Len()), "%s: got %d operations for %v, want as many for each output", name, n, y.Shape())
	}
	for name := range uncounted {
		assert.Contains(t, kept, name, "it does not multiply, or says how much")
	}
	says[trait.Costed](t, spoke)
}

func TestOperations(t *testing.T) {
	f := func(s ...int) core.Fact { return core.Fact{Type: core.F32, Shape: s} }
	nhwc := geometry.Spatial{Layout: geometry.NHWC}
	for _, test := range []struct {
		op   trait.Costed
		in   []core.Fact
		out  core.Fact
		want int64
	}{
		{&linear.Convolution{}, []core.Fact{f(1, 2, 4, 5), f(3, 2, 2, 2)}, f(1, 3, 3, 4), 2 * 36 * 8},
		{&linear.Convolution{Spatial: nhwc, Groups: 2}, []core.Fact{f(1, 4, 5, 2), f(2, 2, 1, 6)}, f(1, 3, 4, 6), 2 * 72 * 4},
		{&linear.IntegerConvolution{Spatial: nhwc}, []core.Fact{f(1, 4, 5, 2), f(2, 2, 2, 3)}, f(1, 3, 4, 3), 2 * 36 * 8},
		{&linear.QuantizedConvolution{}, []core.Fact{f(1, 2, 4, 5), f(3, 2, 2, 2)}, f(1, 3, 3, 4), 2 * 36 * 8},
		{&linear.Dot{ReductionAxes: 2}, []core.Fact{f(5, 2, 3), f(2, 3, 4)}, f(5, 4), 2 * 20 * 6},
		{&linear.IntegerDot{ReductionAxes: 1}, []core.Fact{f(2, 3), f(3, 4)}, f(2, 4), 2 * 8 * 3},
		{&linear.QuantizedDot{ReductionAxes: 1}, []core.Fact{f(2, 3), f(3, 4)}, f(2, 4), 2 * 8 * 3},
		{&linear.BatchDot{}, []core.Fact{f(7, 2, 3), f(3, 4)}, f(7, 2, 4), 2 * 56 * 3},
		{&linear.BatchDot{TransposeA: true}, []core.Fact{f(7, 3, 2), f(3, 4)}, f(7, 2, 4), 2 * 56 * 3},
	} {
		t.Run(fmt.Sprintf("%s of %v", core.OpName(test.op), test.in), func(t *testing.T) {
			assert.Equal(t, test.want, test.op.Operations(test.in, []core.Fact{test.out}))
		})
	}
}

func factsOf(in []*core.Tensor) []core.Fact {
	out := make([]core.Fact, len(in))
	for i, x := range in {
		out[i] = x.Fact()
	}
	return out
}
