package tensorflow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// TestRounding holds the form that kernels compute to the op, beside every half and at the
// ends of the range.
func TestRounding(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	forms := 0
	for i := range 4000 {
		op := &QuantizeV2{
			Type: []core.Type{core.I8, core.U8}[i%2], Mode: []QuantizeMode{Scaled, MinFirst}[r.IntN(4)/3],
			RoundMode: numeric.RoundNearestTowardInfinity, Axis: -1,
			EnsureMinimumRange: 0.01, Plain: r.IntN(4) == 0, Factor127: r.IntN(4) == 0,
		}
		if op.Mode == Scaled {
			op.NarrowRange = r.IntN(3) == 0
			op.RoundMode = []numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestTowardInfinity}[r.IntN(2)]
		}
		lo, hi := float32(-math.Exp(3*r.NormFloat64())), float32(math.Exp(3*r.NormFloat64()))
		if r.IntN(4) == 0 {
			lo = 0
		}
		q, ok := op.Rounding(core.Scalar(lo), core.Scalar(hi))
		if !ok {
			require.Equal(t, MinFirst, op.Mode, "%+v", op)
			continue
		}
		forms++
		x := []float32{
			0, lo, hi, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
			math.MaxFloat32, -math.MaxFloat32,
		}
		for n := -260; n <= 520; n++ {
			v := (float32(n)/2 + q.Shift) / q.Factor
			x = append(x, v, math.Nextafter32(v, -math.MaxFloat32), math.Nextafter32(v, math.MaxFloat32))
		}
		in, err := core.TensorOf(core.Shape{len(x)}, x)
		require.NoError(t, err)
		want, err := core.EvalOp(op, []*core.Tensor{in, core.Scalar(lo), core.Scalar(hi)})
		require.NoError(t, err)
		got := make([]int64, len(x))
		for i, v := range x {
			got[i] = numeric.Saturate(q.Round.Round(float64(float32(v*q.Factor)-q.Shift)), q.Lo, q.Hi)
		}
		require.Equal(t, want[0].Int64s(), got, "%+v of [%v, %v]", op, lo, hi)
	}
	require.Greater(t, forms, 3000)
}

// TestNoRounding lists the quantizations that have no such form.
func TestNoRounding(t *testing.T) {
	scaled := QuantizeV2{Type: core.U8, Mode: Scaled, RoundMode: numeric.RoundNearestTowardEven, Axis: -1}
	for i, c := range []struct {
		change func(op *QuantizeV2)
		max    float32
	}{
		{func(op *QuantizeV2) { op.Axis = 0 }, 1},
		{func(op *QuantizeV2) { op.Type = core.I16 }, 1},
		{func(op *QuantizeV2) { op.Mode = MinCombined }, 1},
		{func(op *QuantizeV2) { op.Mode, op.Type = MinFirst, core.I8 }, 1},
		{func(op *QuantizeV2) { op.Mode, op.Plain = MinFirst, true }, 1},
		{func(op *QuantizeV2) {}, 0},
		{func(op *QuantizeV2) {}, 1e-35},
		{func(op *QuantizeV2) {}, 1e35},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			op := scaled
			c.change(&op)
			_, ok := op.Rounding(core.Scalar(float32(0)), core.Scalar(c.max))
			require.False(t, ok)
		})
	}
	_, ok := scaled.Rounding(core.Scalar(float32(0)), nil)
	require.False(t, ok)
}
