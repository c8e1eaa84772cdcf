package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// moved returns a tensor with its axes in another order.
func moved(t testing.TB, x *core.Tensor, order []int) *core.Tensor {
	return eval(t, &array.Transpose{Order: order}, x)
}

// orders returns the orders of axes that take data and filters of a rank to the other layout.
func orders(from geometry.Layout, rank int) (data, filters []int) {
	if from == geometry.NCHW {
		data = []int{0}
		for i := 2; i < rank; i++ {
			data, filters = append(data, i), append(filters, i)
		}
		return append(data, 1), append(filters, 1, 0)
	}
	data, filters = []int{0, rank - 1}, []int{rank - 1, rank - 2}
	for i := range rank - 2 {
		data, filters = append(data, i+1), append(filters, i)
	}
	return data, filters
}

// unmoved are the ops whose Layout says nothing of Layouted.
var unmoved = map[string]string{
	"ConvolutionBackpropData":           "its sizes, which are values, have the layout, too",
	"Dilation":                          "it takes NHWC only",
	"ExtractPatches":                    "it takes NHWC only",
	"MaxPoolWithArgmax":                 "it takes NHWC only",
	"QuantizedConvolution":              "it decomposes into IntegerConvolution",
	"QuantizedConvolutionBias":          "it decomposes into IntegerConvolution",
	"QuantizedConvolutionBiasAdd":       "it decomposes into IntegerConvolution",
	"QuantizedConvolutionBiasSignedAdd": "it decomposes into IntegerConvolution",
	"QuantizedConvolutionRelu":          "it decomposes into IntegerConvolution",
}

// An op with a Layout gives the same in the other one, of inputs that are moved.
func TestOpsHaveFormsInBothLayouts(t *testing.T) {
	spoke, kept := map[string]bool{}, map[string]bool{}
	for _, b := range samples(t) {
		name := core.OpName(b.op)
		op, ok := b.op.(trait.Layouted)
		if !ok {
			if reflect.ValueOf(b.op).Elem().FieldByName("Layout").IsValid() {
				kept[name] = true
				assert.Contains(t, unmoved, name, "it has a layout and no other form")
			}
			continue
		}
		spoke[name] = true
		from := op.ChannelLayout()
		in := slices.Clone(b.in)
		for i, role := range op.LayoutRoles(factsOf(in)) {
			data, filters := orders(from, len(in[i].Shape()))
			switch role {
			case trait.DataLayout:
				in[i] = moved(t, in[i], data)
			case trait.FilterLayout:
				in[i] = moved(t, in[i], filters)
			}
		}
		y := result(b.op, b.in)
		other := op.WithLayout(1 - from)
		assert.Equal(t, 1-from, other.(trait.Layouted).ChannelLayout(), name)
		data, _ := orders(from, len(y.Shape()))
		got := result(other, in)
		require.NotNil(t, got, name)
		assert.Equal(t, moved(t, y, data).Bytes(), got.Bytes(), "%s %+v", name, b.op)
		assert.Equal(t, from, op.ChannelLayout(), "%s: the op itself has changed", name)
	}
	for name := range unmoved {
		assert.Contains(t, kept, name, "it has no layout, or another form")
	}
	says[trait.Layouted](t, spoke)
}

func TestOpsWithPostOpsHaveFormsWithOthers(t *testing.T) {
	spoke := map[string]bool{}
	for _, b := range samples(t) {
		name, field := core.OpName(b.op), reflect.ValueOf(b.op).Elem().FieldByName("PostOps")
		op, ok := b.op.(trait.PostOpped)
		if require.Equal(t, field.IsValid(), ok, "%s: it has post-ops and no form with others", name); !ok {
			continue
		}
		spoke[name] = true
		before := op.Steps()
		assert.Equal(t, field.Interface(), before, name)
		steps := []postop.Step{{Kind: postop.Mul}}
		other := op.WithSteps(steps)
		assert.Equal(t, steps, other.Steps(), name)
		assert.Equal(t, before, op.Steps(), "%s: the op itself has changed", name)
		assert.Equal(t, b.op, other.WithSteps(before), "%s: more has changed", name)
		fixed := b.in[:len(b.in)-operandsOf(before)]
		y := result(op.WithSteps(nil), fixed)
		perChannel := normal(t, rand.New(rand.NewPCG(1, 9)), core.Shape{y.Shape()[op.ChannelAxis(len(y.Shape()))]})
		assert.NotNil(t, result(other, append(slices.Clone(fixed), perChannel)), "%s: operands of the channels", name)
	}
	says[trait.PostOpped](t, spoke)
}

func operandsOf(steps []postop.Step) (n int) {
	for _, s := range steps {
		n += s.Operands()
	}
	return n
}

// keepers are the ops that keep all elements of an input and do not say so.
var keepers = map[string]string{
	"Assert":          "it may give an error in place of elements",
	"CheckFinite":     "it may give an error in place of elements",
	"DepthToSpace":    "elements change places within axes",
	"EnsureShape":     "it may give an error in place of elements",
	"Reverse":         "elements change places within axes",
	"ReverseSequence": "elements change places within axes",
	"Roll":            "elements change places within axes",
	"SpaceToDepth":    "elements change places within axes",
}

// What selects elements gives the same behind a function that never falls as before it; what
// rearranges keeps each element.
func TestSelectingOpsMakeNoElements(t *testing.T) {
	spoke, kept := map[string]bool{}, map[string]bool{}
	for _, b := range samples(t) {
		name := core.OpName(b.op)
		y := result(b.op, b.in)
		if y == nil || y.Type() != core.F32 || b.in[0].Type() != core.F32 {
			continue
		}
		op, ok := b.op.(trait.Selecting)
		if !ok {
			moves := trait.ElementsOf(b.op) == trait.NoElements && y.Len() > 2
			if moves && slices.Equal(sorted(b.in[0]), sorted(y)) {
				kept[name] = true
				assert.Contains(t, keepers, name, "it keeps all elements and does not say so")
			}
			continue
		}
		n := op.Selects(len(b.in))
		if n == 0 {
			continue
		}
		spoke[name] = true
		limit := &pointwise.Clamp{Lo: -0.5, Hi: 0.5}
		in := slices.Clone(b.in)
		for i := range n {
			in[i] = eval(t, limit, in[i])
		}
		assert.Equal(t, eval(t, limit, y).Bytes(), result(b.op, in).Bytes(), name)
		if op.Rearranges() {
			assert.Equal(t, sorted(b.in[0]), sorted(y), name)
		}
	}
	for name := range keepers {
		assert.Contains(t, kept, name, "it does not keep all elements, or says so")
	}
	says[trait.Selecting](t, spoke)
}

// TestTakingOpsTakeElementsByPlaces copies each element from its place.
func TestTakingOpsTakeElementsByPlaces(t *testing.T) {
	spoke := map[string]bool{}
	for _, b := range samples(t) {
		op, ok := b.op.(trait.Taking)
		y := result(b.op, b.in)
		if !ok || y == nil || y.Len() == 0 || y.Type().Size() == 0 {
			continue
		}
		p, ok := op.Places(b.in[0].Shape(), y.Shape())
		if !ok {
			continue
		}
		spoke[core.OpName(b.op)] = true
		size := y.Type().Size()
		for i := range y.Len() {
			at, stride, rest := 0, 1, i
			for axis := len(p.At) - 1; axis >= 0; axis-- {
				n := y.Shape()[axis]
				at += p.At[axis][rest%n] * stride
				stride, rest = stride*p.In[axis], rest/n
			}
			require.Equal(t, b.in[0].Bytes()[at*size:][:size], y.Bytes()[i*size:][:size], core.OpName(b.op))
		}
	}
	says[trait.Taking](t, spoke)
}

func sorted(x *core.Tensor) []float32 { return slices.Sorted(slices.Values(core.Data[float32](x))) }

func TestLimitingOpsLimit(t *testing.T) {
	spoke := map[string]bool{}
	for _, b := range samples(t) {
		op, ok := b.op.(trait.Limiting)
		if !ok || !op.Limits() {
			continue
		}
		name := core.OpName(b.op)
		spoke[name] = true
		x := tensor(t, core.Shape{9}, float32(math.Inf(-1)), -8, -2, -0.25, 0, 0.25, 2, 8, float32(math.Inf(1)))
		in := []*core.Tensor{x}
		if len(b.in) > 1 {
			in = append(in, core.Scalar(float32(-1)))
		}
		y := result(b.op, in)
		require.True(t, slices.IsSorted(core.Data[float32](y)), name)
		for i, v := range core.Data[float32](y) {
			bounded := v == core.Data[float32](y)[0] || v == core.Data[float32](y)[8]
			assert.True(t, bounded || v == core.Data[float32](x)[i], "%s of %v: got %v", name, core.Data[float32](x)[i], v)
		}
	}
	says[trait.Limiting](t, spoke)
}

func TestAffineOpsAreProductsAndSums(t *testing.T) {
	spoke := map[string]bool{}
	random := rand.New(rand.NewPCG(1, 10))
	for _, b := range samples(t) {
		op, ok := b.op.(trait.Affine)
		if !ok {
			continue
		}
		name := core.OpName(b.op)
		in, others := []*core.Tensor{normal(t, random, core.Shape{4, 3})}, [][]float32{}
		for range len(b.in) - 1 {
			v := eval(t, &pointwise.Unary{Function: pointwise.Square}, normal(t, random, core.Shape{3}))
			in, others = append(in, v), append(others, core.Data[float32](v))
		}
		y := core.Data[float32](result(b.op, in))
		factor, offset := op.Transformation(0, others)
		spoke[name] = factor != nil || offset != nil
		for i, x := range core.Data[float32](in[0]) {
			want := float64(x)
			if factor != nil {
				want *= float64(factor[i%3])
			}
			if offset != nil {
				want += float64(offset[i%3])
			}
			assert.InDelta(t, want, y[i], 1e-5*(1+math.Abs(want)), "%s: element %d", name, i)
		}
	}
	says[trait.Affine](t, spoke)
}

func TestSelfPaddingOpsPad(t *testing.T) {
	spoke := map[string]bool{}
	nhwc := geometry.Spatial{Layout: geometry.NHWC}
	u8 := func(s ...int) *core.Tensor { return integers(t, rand.New(rand.NewPCG(1, 11)), core.U8, s, 0, 255) }
	zero := core.Scalar(uint8(7))
	filters := integers(t, rand.New(rand.NewPCG(1, 12)), core.I8, core.Shape{2, 2, 2, 3}, -99, 99)
	for _, test := range []struct {
		op    trait.SelfPadding
		in    []*core.Tensor
		value *core.Tensor
	}{
		{
			&linear.IntegerConvolution{Spatial: nhwc},
			[]*core.Tensor{u8(1, 4, 5, 2), filters, zero, core.Scalar(int8(0))},
			zero,
		},
		{&pooling.MaxPool{Spatial: nhwc, Window: []int{2, 2}}, []*core.Tensor{u8(1, 4, 5, 2)}, core.Scalar(uint8(0))},
	} {
		t.Run(fmt.Sprintf("%s with %v", core.OpName(test.op), test.value), func(t *testing.T) {
			spoke[core.OpName(test.op)] = true
			operands := facts(test.in)
			for i, x := range test.in {
				operands[i].Const = x
			}
			assert.True(t, test.op.PadsWith(test.value, operands))
			assert.False(t, test.op.PadsWith(core.Scalar(uint8(9)), operands))
			below, above := []int{0, 1, 0, 0}, []int{0, 0, 2, 0}
			op, ok := test.op.WithPadding(below, above)
			require.True(t, ok)
			padded := slices.Clone(test.in)
			padded[0] = eval(t, &array.Pad{Below: below, Above: above}, test.in[0], test.value)
			assert.Equal(t, result(test.op, padded).Bytes(), result(op, test.in).Bytes())
			_, ok = test.op.WithPadding([]int{0, 0, 0, 1}, []int{0, 0, 0, 0})
			assert.False(t, ok, "it cannot pad channels")
		})
	}
	says[trait.SelfPadding](t, spoke)
}

// A product of reals and its form of integers give the same for whole numbers.
func TestIntegerFormsMultiply(t *testing.T) {
	random, spoke := rand.New(rand.NewPCG(1, 13)), map[string]bool{}
	for _, b := range samples(t) {
		op, ok := b.op.(trait.Product)
		if !ok {
			continue
		}
		data := integers(t, random, core.U8, core.Shape{2, 3}, 0, 255)
		factors := integers(t, random, core.I8, core.Shape{4, 3}, -128, 127)
		if _, transposes := b.op.(*linear.BatchDot); !transposes {
			data = integers(t, random, core.U8, b.in[0].Shape(), 0, 255)
			factors = integers(t, random, core.I8, b.in[1].Shape(), -128, 127)
		}
		form, ok := op.IntegerForm(len(factors.Shape()))
		require.True(t, ok, core.OpName(b.op))
		spoke[core.OpName(b.op)] = true
		float := &pointwise.Convert{Type: core.F32}
		want := result(b.op, []*core.Tensor{eval(t, float, data), eval(t, float, factors)})
		if form.Transposed {
			factors = moved(t, factors, []int{1, 0})
		}
		got := result(form.Op, []*core.Tensor{data, factors, core.Scalar(uint8(0)), core.Scalar(int8(0))})
		require.NotNil(t, got)
		assert.Equal(t, want.Bytes(), eval(t, float, got).Bytes(), core.OpName(b.op))
		channels := got.Shape()[form.Op.ChannelAxis(len(got.Shape()))]
		assert.Equal(t, channels, factors.Shape()[form.Channels], core.OpName(b.op))
	}
	says[trait.Product](t, spoke)
}

func TestAllBytes(t *testing.T) {
	assert.Equal(t, []int64{0, 127, 128, 255}, some(core.AllBytes(core.U8)))
	assert.Equal(t, []int64{0, 127, -128, -1}, some(core.AllBytes(core.I8)))
	for _, other := range []core.Type{core.Bool, core.I16, core.F32, core.String, core.Dynamic} {
		assert.Nil(t, core.AllBytes(other), other.String())
	}
}

func some(x *core.Tensor) []int64 {
	v := x.Int64s()
	return []int64{v[0], v[127], v[128], v[255]}
}

// What reshapes keeps the bytes of its first input.
func TestReshapingOpsKeepOrder(t *testing.T) {
	spoke := map[string]bool{}
	for _, b := range samples(t) {
		if !trait.Reshapes(b.op) {
			continue
		}
		spoke[core.OpName(b.op)] = true
		assert.Equal(t, b.in[0].Bytes(), result(b.op, b.in).Bytes(), core.OpName(b.op))
	}
	says[trait.Reshaping](t, spoke)
}

// cutting are ops on constants that take elements of a tensor of shape [3,4,2].
func cutting() map[string]struct {
	op    core.Op
	index [][]int32
	first int // -1 if what it takes are no neighbours
} {
	type cutting = struct {
		op    core.Op
		index [][]int32
		first int
	}
	strided, last := &indexing.StridedSlice{}, &indexing.StridedSlice{ShrinkAxisMask: 1}
	return map[string]cutting{
		"row":                {&indexing.Gather{}, [][]int32{{2}}, 16},
		"rows":               {&indexing.Gather{}, [][]int32{{1, 2}}, 8},
		"all rows":           {&indexing.Gather{}, [][]int32{{0, 1, 2}}, 0},
		"rows in reverse":    {&indexing.Gather{}, [][]int32{{1, 0}}, -1},
		"column":             {&indexing.Gather{Axis: 1}, [][]int32{{1}}, -1},
		"block of rows":      {&indexing.Slice{}, [][]int32{{1, 0, 0}, {2, 4, 2}}, 8},
		"block within a row": {&indexing.Slice{}, [][]int32{{1, 2, 0}, {1, 2, -1}}, 12},
		"block of columns":   {&indexing.Slice{}, [][]int32{{0, 1, 0}, {3, 1, 2}}, -1},
		"element":            {&indexing.Slice{}, [][]int32{{2, 3, 1}, {1, 1, 1}}, 23},
		"last row":           {last, [][]int32{{-1}, {0}, {1}}, 16},
		"from the second":    {strided, [][]int32{{1}, {3}, {1}}, 8},
		"every second":       {strided, [][]int32{{0}, {3}, {2}}, -1},
		"backwards":          {strided, [][]int32{{2}, {0}, {-1}}, -1},
		"one by a step of 5": {strided, [][]int32{{1}, {3}, {5}}, 8},
	}
}

// TestSlicingOps: what slices gives the elements at the places.
func TestSlicingOps(t *testing.T) {
	x := tensor(t, core.Shape{3, 4, 2}, numbersTo(24)...)
	spoke := map[string]bool{}
	for name, c := range cutting() {
		op, ok := c.op.(trait.Slicing)
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			spoke[core.OpName(c.op)] = true
			in := []*core.Tensor{x}
			for _, v := range c.index {
				i, err := core.TensorOf(core.Shape{len(v)}, v)
				require.NoError(t, err)
				in = append(in, i)
			}
			p, ok := op.Slices(core.OperandsOf(in))
			require.True(t, ok)
			require.Equal(t, x.Shape(), p.In)
			var want []float32
			for _, i := range p.At[0] {
				for _, j := range p.At[1] {
					for _, k := range p.At[2] {
						want = append(want, core.Data[float32](x)[(i*4+j)*2+k])
					}
				}
			}
			assert.Equal(t, want, core.Data[float32](eval(t, c.op, in...)))
			unknown := core.OperandsOf(in)
			unknown[1].Const = nil
			_, ok = op.Slices(unknown)
			assert.False(t, ok, "indices that are not known")
		})
	}
	says[trait.Slicing](t, spoke)
}

// numbersTo returns the whole numbers below n.
func numbersTo(n int) []float32 {
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(i)
	}
	return data
}

// What cuts gives the elements from the first on.
func TestCuttingOps(t *testing.T) {
	data := numbersTo(24)
	x := tensor(t, core.Shape{3, 4, 2}, data...)
	spoke := map[string]bool{}
	for name, c := range cutting() {
		t.Run(name, func(t *testing.T) {
			spoke[core.OpName(c.op)] = true
			in := []*core.Tensor{x}
			for _, v := range c.index {
				i, err := core.TensorOf(core.Shape{len(v)}, v)
				require.NoError(t, err)
				in = append(in, i)
			}
			first, ok := c.op.(trait.Cutting).Cut(core.OperandsOf(in))
			require.Equal(t, c.first >= 0, ok)
			if ok {
				require.Equal(t, c.first, first)
				y := core.Data[float32](eval(t, c.op, in...))
				assert.Equal(t, data[first:][:len(y)], y)
			}
		})
	}
	says[trait.Cutting](t, spoke)
}

// What passes an input on gives its bytes; other indices do not.
func TestPassingOps(t *testing.T) {
	x, u := tensor(t, core.Shape{3, 1}, float32(1), 2, 3), tensor(t, core.Shape{3, 1}, float32(4), 5, 6)
	spoke := map[string]bool{}
	for _, c := range []struct {
		index []int32
		want  bool
	}{{[]int32{0, 1, 2}, true}, {[]int32{0, 2, 1}, false}, {[]int32{0, 0, 1}, false}} {
		row, err := core.TensorOf(core.Shape{3}, c.index)
		require.NoError(t, err)
		column, err := core.TensorOf(core.Shape{3, 1}, c.index)
		require.NoError(t, err)
		for _, s := range []struct {
			op core.Op
			in []*core.Tensor
		}{
			{&indexing.Gather{}, []*core.Tensor{x, row}},
			{&indexing.ScatterND{}, []*core.Tensor{x, column, u}},
		} {
			name := core.OpName(s.op)
			spoke[name] = true
			i, ok := s.op.(trait.Passing).Passes(core.OperandsOf(s.in))
			require.Equal(t, c.want, ok, name)
			if ok {
				assert.Equal(t, s.in[i].Bytes(), eval(t, s.op, s.in...).Bytes(), name)
			}
		}
	}
	add := &indexing.ScatterND{Mode: indexing.ScatterAdd}
	_, ok := add.Passes(core.OperandsOf([]*core.Tensor{x, tensor(t, core.Shape{3, 1}, int32(0), 1, 2), u}))
	assert.False(t, ok)
	says[trait.Passing](t, spoke)
}
