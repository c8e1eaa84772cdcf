package op_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	seeded "github.com/tf2ng/tf2ng/core/op/random"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// numericBaselines are those of random numbers of keys, projections, and further reductions.
func numericBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 13)), s) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	r := func(v ...float32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	n := func(v int32) *core.Tensor { return core.Scalar(v) }
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	key, counter := tensor(t, core.Shape{1}, uint64(7)), tensor(t, core.Shape{2}, uint64(1), 2)
	turn := tensor(t, core.Shape{1, 8}, float32(0.8), -0.6, 1.5, 0.6, 0.8, -1.2, 0.01, -0.02)
	return []baseline{
		{&pointwise.Binary{Function: pointwise.NextAfter}, in(f(2, 3), f(3))},
		{&pointwise.Unary{Function: pointwise.Lgamma}, in(f(2, 3))},
		{&pointwise.Binary{Function: pointwise.Igamma}, in(f(2, 3), f(3))},
		{&pointwise.Betainc{}, in(r(1, 2), core.Scalar(float32(0.5)), r(0.25, 0.75))},
		{&pointwise.CountBits{}, in(i(1, -2, 77))},
		{&reduce.CumLogSumExp{Cumulative: reduce.Cumulative{Axis: 1, Reverse: true}}, in(f(2, 3))},
		{&reduce.Histogram{Type: core.I64}, in(f(20), r(-1, 1), n(4))},
		{
			&pooling.Dilation{Spatial: geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}},
			in(f(1, 3, 4, 2), f(2, 2, 2)),
		},
		{
			&vision.ProjectiveTransform{Bilinear: true, Fill: vision.FillReflect},
			in(f(1, 3, 4, 2), turn, i(3, 3), core.Scalar(float32(0))),
		},
		{&seeded.PhiloxKey{}, in(i(3, -4))},
		{&seeded.Philox{Distribution: seeded.Uniform, Type: core.F32}, in(i(2, 3), key, counter)},
		{&seeded.Philox{Distribution: seeded.TruncatedNormal, Type: core.F64}, in(i(7), key, counter)},
		{
			&seeded.Philox{Distribution: seeded.UniformWhole, Type: core.I64},
			in(i(5), key, counter, core.Scalar(int64(-3)), core.Scalar(int64(9))),
		},
	}
}

func TestConstraintsOfNumericOps(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	u64 := func(s ...int) core.Operand { return operand(core.U64, s) }
	f64 := func(s ...int) core.Operand { return operand(core.F64, s) }
	string0 := operand(core.String, nil)
	philox := func(d seeded.Distribution, typ core.Type) core.Op { return &seeded.Philox{Distribution: d, Type: typ} }
	nhwc := &pooling.Dilation{Spatial: geometry.Spatial{Layout: geometry.NHWC}}
	for _, c := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{
			&pointwise.Binary{Function: pointwise.NextAfter}, ops(bf16(2), bf16(2)),
			"Binary: input 0: NextAfter: got type bf16, want a type it is defined for (Binary-C1)",
		},
		{
			&pointwise.Betainc{}, ops(i32(2), f32(2), f32(2)),
			"Betainc: input 0 (a): got type i32, want one of [f32 f64] (Betainc-C1)",
		},
		{&pointwise.Betainc{}, ops(f32(2), f32(), f64(2)), "Betainc: input 2 (x): got type f64, want f32 (Betainc-C1)"},
		{
			&pointwise.Betainc{}, ops(f32(2), f32(), f32(1)),
			"Betainc: input 2 (x): got shape [1], want [] or [2] (Betainc-C2)",
		},
		{&pointwise.CountBits{}, ops(f32(2)), "CountBits: input 0: got type f32, want an integer type (CountBits-C1)"},
		{&reduce.CumLogSumExp{}, ops(i32(2)), "CumLogSumExp: input 0: got type i32, want a real type (CumLogSumExp-C1)"},
		{
			&reduce.Histogram{Type: core.I32}, ops(u64(2), u64(2), i32()),
			"Histogram: input 0 (x): got type u64, want numbers other than u64 (Histogram-C1)",
		},
		{
			&reduce.Histogram{Type: core.I32}, ops(f32(2), f32(3), i32()),
			"Histogram: input 1 (range): got f32[3], want f32 of shape [2] (Histogram-C2)",
		},
		{
			&reduce.Histogram{Type: core.I32}, ops(f32(2), is32(1, 1), i32()),
			"Histogram: input 1 (range): got [1 1], want two finite numbers, the first one smaller (Histogram-C2)",
		},
		{
			&reduce.Histogram{Type: core.I32}, ops(f32(2), f32(2), isI32(0)),
			"Histogram: input 2 (bins): got 0, want 1 or more (Histogram-C3)",
		},
		{&reduce.Histogram{}, ops(f32(2), f32(2), i32()), "Histogram: type: got dynamic, want i32 or i64 (Histogram-C4)"},
		{
			nhwc, ops(f32(1, 3, 3), f32(2, 2, 1)),
			"Dilation: input 0 (x): got f32[1,3,3] in NHWC, want numbers of rank 4 in NHWC (Dilation-C1)",
		},
		{
			nhwc, ops(f32(1, 3, 3, 1), f32(2, 2, 2)),
			"Dilation: input 1 (filter): got f32[2,2,2], want f32 of shape [h,w,1], h and w 1 or more (Dilation-C2)",
		},
		{
			&vision.ProjectiveTransform{}, ops(f32(1, 2, 2), f32(1, 8), i32(2), f32()),
			"ProjectiveTransform: input 0 (images): got f32[1,2,2], want numbers other than u64 of rank 4 " +
				"(ProjectiveTransform-C1)",
		},
		{
			&vision.ProjectiveTransform{}, ops(f32(3, 2, 2, 1), f32(2, 8), i32(2), f32()),
			"ProjectiveTransform: input 1 (transforms): got f32[2,8], want f32 of shape [3,8] or [1,8] " +
				"(ProjectiveTransform-C2)",
		},
		{
			&vision.ProjectiveTransform{}, ops(f32(1, 2, 2, 1), f32(1, 8), isI32(0, 1), f32()),
			"ProjectiveTransform: input 2 (size): got size [0 1], want each in [1, 16777216] (ProjectiveTransform-C3)",
		},
		{
			&vision.ProjectiveTransform{}, ops(f32(1, 2, 2, 1), f32(1, 8), i32(2), f32(1)),
			"ProjectiveTransform: input 3 (fill): got f32[1], want f32[] (ProjectiveTransform-C4)",
		},
		{&seeded.PhiloxKey{}, ops(i32(3)), "PhiloxKey: input 0: got i32[3], want i32 or i64 of shape [2] (PhiloxKey-C1)"},
		{
			philox(seeded.Uniform, core.I32), ops(i32(1), u64(1), u64(2)),
			"Philox: got Uniform numbers of i32, want a distribution and a type it has (Philox-C1)",
		},
		{
			philox(seeded.Uniform, core.F32), ops(string0, u64(1), u64(2)),
			"Philox: input 0: got string[], want i32 or i64 of rank 1 (Philox-C2)",
		},
		{
			philox(seeded.Uniform, core.F32), ops(isI32(-1, 2), u64(1), u64(2)),
			"Philox: input 0: got shape [-1 2], want dimensions in [0, 1099511627776] (Philox-C2)",
		},
		{
			philox(seeded.Uniform, core.F32), ops(i32(1), u64(1), u64(1)),
			"Philox: input 2: got u64[1], want u64 of rank 1 with 2 numbers or more (Philox-C3)",
		},
		{
			philox(seeded.UniformWhole, core.I32), ops(i32(1), u64(1), u64(2), isI32(3), isI32(3)),
			"Philox: input 4: got 3, want more than lo, 3 (Philox-C4)",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			require.EqualError(t, err, c.want)
		})
	}
}

// What depends on values is refused when the op is computed.
func TestValuesOfNumericOpsAreChecked(t *testing.T) {
	nan := tensor(t, core.Shape{1}, float32(0))
	core.Data[float32](nan)[0] /= core.Data[float32](nan)[0]
	_, err := core.EvalOp(&reduce.Histogram{Type: core.I32},
		[]*core.Tensor{nan, tensor(t, core.Shape{2}, float32(0), 1), core.Scalar(int32(2))})
	require.EqualError(t, err, "Histogram: input 0 (x): got NaN at element 0 (Histogram-C1)")
}
