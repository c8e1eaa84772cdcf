package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// baseline is an op with inputs that it accepts.
type baseline struct {
	op core.Op
	in []*core.Tensor
}

func baselines(t testing.TB) []baseline {
	f := func(s core.Shape) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 1)), s) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	r := func(v float32) *core.Tensor { return core.Scalar(v) }
	u8 := func(s core.Shape) *core.Tensor { return eval(t, &pointwise.Convert{Type: core.U8}, f(s)) }
	i32 := func(s core.Shape) *core.Tensor { return eval(t, &pointwise.Convert{Type: core.I32}, f(s)) }
	bf := func(s core.Shape) *core.Tensor { return eval(t, &pointwise.Convert{Type: core.BF16}, f(s)) }
	b := eval(t, &pointwise.Compare{Relation: pointwise.Less}, f(core.Shape{2, 3}), r(0))
	image := core.Shape{1, 4, 5, 2}
	nhwc := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 1}, PadType: geometry.PadSameUpper}
	pair := []*core.Tensor{f(core.Shape{2, 3}), f(core.Shape{3})}
	sum := []*core.Tensor{u8(core.Shape{2, 3}), u8(core.Shape{3}), r(0), r(1), r(-1), r(1)}
	down := []*core.Tensor{i32(core.Shape{2, 3}), r(-4), r(4)}
	return append([]baseline{
		{&pointwise.Convert{Type: core.I8}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&pointwise.Add{}, pair},
		{&pointwise.Divide{}, []*core.Tensor{i(6, 7), i(2, 3)}},
		{&pointwise.FloorDivide{}, []*core.Tensor{i(6, 7), i(2, 3)}},
		{&pointwise.FloorMod{}, pair},
		{&pointwise.Power{}, pair},
		{&pointwise.Maximum{}, pair},
		{&pointwise.SquaredDifference{}, pair},
		{&pointwise.Compare{Relation: pointwise.Less}, pair},
		{&pointwise.Logical{Function: pointwise.Or}, []*core.Tensor{b, b}},
		{&pointwise.LogicalNot{}, []*core.Tensor{b}},
		{&pointwise.Lookup{}, []*core.Tensor{u8(core.Shape{2, 3}), f(core.Shape{256})}},
		{&pointwise.Select{}, []*core.Tensor{b, pair[0], pair[1]}},
		{&pointwise.Unary{Function: pointwise.Sqrt}, []*core.Tensor{f(image)}},
		{&pointwise.Activate{Activation: numeric.Elu}, []*core.Tensor{f(image)}},
		{&pointwise.Clamp{Lo: -1, Hi: 1}, []*core.Tensor{f(image)}},
		{&array.Reshape{}, []*core.Tensor{f(core.Shape{2, 3}), i(-1, 2)}},
		{&array.ExpandDims{Axes: []int{1}}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&array.Squeeze{Axes: []int{0}}, []*core.Tensor{f(image)}},
		{&array.Transpose{Order: []int{1, 0}}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&array.Concat{Axis: 0}, []*core.Tensor{f(core.Shape{2, 3}), f(core.Shape{1, 3})}},
		{&array.Split{Axis: 1, Sizes: []int{1, -1}}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&array.Pad{Below: []int{1, 0}, Above: []int{0, 1}}, []*core.Tensor{f(core.Shape{2, 3}), r(0)}},
		{&array.Pad{Below: []int{1, 0}, Above: []int{0, 1}, Mode: array.PadReflect}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&normalize.Softmax{Axis: -1}, []*core.Tensor{f(image)}},
		{&reduce.Sum{Reduction: reduce.Reduction{Axes: []int{1, 2}}}, []*core.Tensor{f(image)}},
		{&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{1, 2}}}, []*core.Tensor{f(image)}},
		{&reduce.Max{Reduction: reduce.Reduction{Axes: []int{0}}}, []*core.Tensor{i(1, 2, 3)}},
		{&reduce.ArgMax{Axis: 1, Type: core.I64}, []*core.Tensor{f(core.Shape{2, 3})}},
		{&pooling.MaxPool{Spatial: nhwc, Window: []int{2, 2}}, []*core.Tensor{f(image)}},
		{&pooling.AvgPool{Spatial: nhwc, Window: []int{2, 2}}, []*core.Tensor{f(image)}},
		{&linear.Convolution{Spatial: nhwc}, []*core.Tensor{f(image), f(core.Shape{2, 2, 2, 3})}},
		{&linear.Dot{ReductionAxes: 1}, []*core.Tensor{f(core.Shape{2, 3}), f(core.Shape{3, 4})}},
		{&linear.BatchDot{TransposeB: true}, []*core.Tensor{f(core.Shape{2, 2, 3}), f(core.Shape{4, 3})}},
		{
			&normalize.BatchNorm{Layout: geometry.NHWC, Epsilon: 1e-3},
			[]*core.Tensor{f(image), f(core.Shape{2}), f(core.Shape{2}), f(core.Shape{2}), f(core.Shape{2})},
		},
		{
			&normalize.BatchNorm{Layout: geometry.NHWC, Epsilon: 1e-3, Order: normalize.Normalized},
			[]*core.Tensor{f(image), f(core.Shape{2}), f(core.Shape{2}), f(core.Shape{2}), f(core.Shape{2})},
		},
		{&core.ShapeOf{Type: core.I32}, []*core.Tensor{f(image)}},
		{&indexing.StridedSlice{ShrinkAxisMask: 1}, []*core.Tensor{f(core.Shape{2, 3}), i(0, 1), i(1, 3), i(1, 1)}},
		{&indexing.Slice{}, []*core.Tensor{f(core.Shape{2, 3}), i(0, 1), i(1, -1)}},
		{&indexing.Gather{}, []*core.Tensor{f(core.Shape{2, 3}), i(1, 0, 1)}},
		{&indexing.OneHot{Axis: -1}, []*core.Tensor{i(1, 0, 5), core.Scalar(int32(3)), r(1), r(0)}},
		{&array.Tile{}, []*core.Tensor{f(core.Shape{2, 3}), i(2, 1)}},
		{&array.BroadcastTo{}, []*core.Tensor{f(core.Shape{3}), i(2, 3)}},
		{&tensorflow.QuantizeV2{Type: core.U8, Mode: tensorflow.MinFirst, Axis: -1}, []*core.Tensor{f(image), r(-1), r(1)}},
		{
			&tensorflow.QuantizeV2{Type: core.I8, Mode: tensorflow.Scaled, Axis: 3},
			[]*core.Tensor{f(image), tensor(t, core.Shape{2}, float32(-1), -2), tensor(t, core.Shape{2}, float32(1), 2)},
		},
		{
			&tensorflow.Dequantize{Mode: tensorflow.Scaled, Axis: -1, OutType: core.F32},
			[]*core.Tensor{u8(image), r(-1), r(1)},
		},
		{&tensorflow.Requantize{Type: core.U8}, append(down[:3:3], r(0), r(1))},
		{&tensorflow.RequantizationRange{}, down},
		{&tensorflow.QuantizeDownAndShrinkRange{}, down},
		{&tensorflow.RequantizePerChannel{Type: core.I8}, append(down[:3:3], r(-1), r(1))},
		{&tensorflow.RequantizationRangePerChannel{ClipValueMax: 6}, down},
		{&tensorflow.QuantizedAvgPool{Spatial: nhwc, Window: []int{2, 2}}, []*core.Tensor{u8(image)}},
		{&tensorflow.QuantizedAdd{}, sum},
		{&tensorflow.QuantizedMul{}, sum},
		{&tensorflow.QuantizedBiasAdd{}, sum},
		{&tensorflow.NarrowMatMul{}, []*core.Tensor{bf(core.Shape{5, 9}), bf(core.Shape{9, 27})}},
		{&tensorflow.QuantizedRelu{}, []*core.Tensor{u8(image), r(-1), r(1), r(6)}},
		{&tensorflow.FakeQuant{NumBits: 8}, []*core.Tensor{f(image), r(-1), r(1)}},
		{
			&tensorflow.QuantizeAndDequantize{
				SignedInput: true, NumBits: 8, RangeGiven: true, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
			},
			[]*core.Tensor{f(image), r(-1), r(1)},
		},
		{&tensorflow.QuantizedResizeBilinear{}, []*core.Tensor{u8(image), i(3, 7), r(-1), r(1)}},
		{&tensorflow.QuantizedInstanceNorm{VarianceEpsilon: 1e-3}, []*core.Tensor{u8(image), r(-1), r(1)}},
		{&tensorflow.QuantizedBatchNorm{Epsilon: 1e-3}, []*core.Tensor{
			u8(image), r(-1), r(1), u8(core.Shape{2}), r(-1), r(1), u8(core.Shape{2}), r(0), r(1),
			u8(core.Shape{2}), r(-1), r(1), u8(core.Shape{2}), r(-1), r(1),
		}},
	}, slices.Concat(furtherBaselines(t), callingBaselines(t), signalBaselines(t))...)
}

// TestBaselinesAreAccepted keeps the property test below from testing rejections only.
func TestBaselinesAreAccepted(t *testing.T) {
	for n, b := range baselines(t) {
		_, err := core.EvalOp(b.op, b.in)
		require.NoError(t, err, "baseline %d", n)
	}
}

// TestDamagedOpsNeverPanic changes attributes and inputs of accepted ops. Whatever comes
// out: Infer and Eval return typed errors or results, none panics; what Infer says with
// values, shapes or types unknown agrees with the result; and results do not depend on
// what the outputs' memory held before.
func TestDamagedOpsNeverPanic(t *testing.T) {
	all := baselines(t)
	accepted := map[int]int{}
	for round := range 400 {
		for n, b := range all {
			r := rand.New(rand.NewPCG(uint64(round), uint64(n)))
			what := fmt.Sprintf("seed (%d, %d)", round, n)
			op, in := damage(t, r, b)
			if checkOp(t, r, op, in, what) {
				accepted[n]++
			}
		}
	}
	for n := range all {
		require.Greater(t, accepted[n], 20, "baseline %d (%s) was hardly ever accepted", n, core.OpName(all[n].op))
	}
}

func damage(t testing.TB, r *rand.Rand, b baseline) (core.Op, []*core.Tensor) {
	op := reflect.New(reflect.TypeOf(b.op).Elem())
	op.Elem().Set(reflect.ValueOf(b.op).Elem())
	in := slices.Clone(b.in)
	if r.IntN(2) == 0 {
		damageFields(r, op.Elem())
	}
	if r.IntN(3) == 0 {
		in[r.IntN(len(in))] = anyTensor(t, r)
	}
	if r.IntN(4) == 0 {
		k := r.IntN(len(in))
		in[k] = otherValues(r, in[k])
	}
	return op.Interface().(core.Op), in
}

func damageFields(r *rand.Rand, v reflect.Value) {
	for k := range v.NumField() {
		f := v.Field(k)
		small := []int{-100, -3, -2, -1, 0, 1, 2, 3, 5, 17, 1 << 31, math.MaxInt, math.MinInt}
		switch {
		case f.Kind() == reflect.Struct:
			damageFields(r, f)
		case r.IntN(3) > 0:
		case f.Kind() == reflect.Int:
			f.SetInt(int64(small[r.IntN(len(small))]))
		case f.Kind() == reflect.Uint8:
			f.SetUint(uint64(r.IntN(18)))
		case f.Kind() == reflect.Bool:
			f.SetBool(r.IntN(2) == 0)
		case f.Kind() == reflect.Float32 || f.Kind() == reflect.Float64:
			f.SetFloat([]float64{0, 1, -1, math.NaN(), math.Inf(1), 1e-40, 3e38}[r.IntN(7)])
		case f.Kind() == reflect.String:
			f.SetString([]string{"", "ab,bc->ac", "...a,ab->...b", "a->", "aa->a", "ab,c", "->", "...->..."}[r.IntN(8)])
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Float32:
			f.Set(reflect.ValueOf([]float32{0, 3, float32(math.NaN())}[:r.IntN(4)]))
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Int:
			list := make([]int, r.IntN(4))
			for i := range list {
				list[i] = small[r.IntN(len(small))]
			}
			f.Set(reflect.ValueOf(list).Convert(f.Type()))
		}
	}
}

func anyTensor(t testing.TB, r *rand.Rand) *core.Tensor {
	types := []core.Type{
		core.Bool, core.I8, core.U8, core.I16, core.U16, core.I32, core.U32, core.I64, core.U64, core.BF16, core.F16,
		core.F32, core.F64, core.String, core.C64, core.C128,
	}
	shapes := []core.Shape{{}, {0}, {1}, {2}, {3}, {2, 3}, {2, 0}, {1, 4, 5, 2}, {2, 1, 1}, {1, 1, 1, 1, 1, 1}}
	x, err := core.NewTensor(types[r.IntN(len(types))], shapes[r.IntN(len(shapes))])
	require.NoError(t, err)
	return otherValues(r, x)
}

// otherValues returns a tensor of the same type and shape with edge values among others.
func otherValues(r *rand.Rand, x *core.Tensor) *core.Tensor {
	y := x.Clone()
	switch y.Type() {
	case core.F32:
		for i := range core.Data[float32](y) {
			core.Data[float32](y)[i] = []float32{
				0, 1, -1, 1e-40, 3e38, -3e38, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
			}[r.IntN(9)]
		}
	case core.I32:
		for i := range core.Data[int32](y) {
			core.Data[int32](y)[i] = []int32{0, 1, -1, 2, 3, math.MaxInt32, math.MinInt32}[r.IntN(7)]
		}
	case core.I64:
		for i := range core.Data[int64](y) {
			core.Data[int64](y)[i] = []int64{0, 1, -1, 2, 3, math.MaxInt64, math.MinInt64}[r.IntN(7)]
		}
	case core.Bool:
		for i := range core.Data[bool](y) {
			core.Data[bool](y)[i] = r.IntN(2) == 0
		}
	default:
		for i := range y.Bytes() {
			y.Bytes()[i] = byte(r.Uint32())
		}
	}
	return y
}

// checkOp reports whether the op accepted its inputs.
func checkOp(t *testing.T, r *rand.Rand, op core.Op, in []*core.Tensor, what string) bool {
	t.Helper()
	what = fmt.Sprintf("%s: %s %+v of %v", what, core.OpName(op), op, in)
	full, partial := make([]core.Operand, len(in)), make([]core.Operand, len(in))
	for i, x := range in {
		full[i] = core.Operand{Fact: x.Fact(), Const: x}
		partial[i] = core.Operand{Fact: core.Fact{Type: x.Type(), Shape: x.Shape().Clone()}}
		switch r.IntN(4) {
		case 0:
			partial[i].Const = x
		case 1:
			partial[i].Shape = nil
		case 2:
			for d := range partial[i].Shape {
				if r.IntN(2) == 0 {
					partial[i].Shape[d] = core.Unknown
				}
			}
		}
		if r.IntN(8) == 0 {
			partial[i] = core.Operand{Fact: core.Fact{Shape: partial[i].Shape}}
		}
	}
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("panic: %v\n%s", p, what)
		}
	}()
	facts, partialErr := op.Infer(partial)
	known, err := op.Infer(full)
	if err != nil {
		require.ErrorAs(t, err, new(*core.OpError), what)
		return false
	}
	require.NoError(t, partialErr, "rejected with less known: %s", what)
	for i, f := range known {
		if n, err := f.Shape.Elements(); err != nil || n > 1<<16 {
			return false // nothing that a test should allocate
		}
		require.True(t, f.Shape.Compatible(facts[i].Shape), "%v, with less known %v: %s", f, facts[i], what)
	}
	out, err := core.EvalOp(op, in)
	if err != nil {
		require.ErrorAs(t, err, new(*core.OpError), what)
		return false
	}
	dirty := make([]*core.Tensor, len(out))
	for i, o := range out {
		require.Equal(t, known[i].String(), o.Fact().String(), what)
		if r.IntN(2) == 0 || facts[i].Static() {
			dirty[i] = otherValues(r, o)
		}
	}
	require.NoError(t, op.Eval(in, dirty), what)
	for i, o := range out {
		require.Equal(t, o.Bytes(), dirty[i].Bytes(), "with other memory: %s", what)
	}
	return true
}
