package op_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pooling"
)

// Inside leaves out only what At calls padding, and holds no more than the data spans.
func TestInside(t *testing.T) {
	for _, a := range []geometry.Axis{
		{In: 5, Window: 3, Out: 5, Stride: 1, Dilation: 1, DataDilation: 1, PadBelow: 1, PadAbove: 1},
		{In: 5, Window: 4, Out: 4, Stride: 2, Dilation: 3, DataDilation: 1, PadBelow: 5, PadAbove: 5},
		{In: 3, Window: 5, Out: 6, Stride: 3, Dilation: 2, DataDilation: 4, PadBelow: 9, PadAbove: 9},
		{In: 4, Window: 2, Out: 3, Stride: 1, Dilation: 1, DataDilation: 1, PadBelow: -1, PadAbove: 1},
		{In: 2, Window: 2, Out: 9, Stride: 2, Dilation: 1, DataDilation: 1, PadBelow: 7, PadAbove: 9},
		{In: 3, Window: 1 << 20, Out: 3, Stride: 1, Dilation: 1, DataDilation: 1, PadBelow: 1<<19 - 1, PadAbove: 1 << 19},
	} {
		t.Run(fmt.Sprintf("%+v", a), func(t *testing.T) {
			for o := range a.Out {
				first, end := a.Inside(o)
				require.LessOrEqual(t, 0, first)
				require.LessOrEqual(t, first, end)
				require.LessOrEqual(t, end, a.Window)
				require.LessOrEqual(t, end-first, (a.In-1)*a.DataDilation+1)
				for k := range a.Window {
					if _, ok := a.At(o, k); ok {
						require.True(t, first <= k && k < end, "output %d: %d is not in [%d, %d)", o, k, first, end)
					}
				}
			}
		})
	}
}

// Windows that are much larger than the data take no longer than the data does.
func TestWindowsLargerThanData(t *testing.T) {
	x, err := core.TensorOf(core.Shape{1, 2, 3, 1}, []float32{4, 1, 9, 2, 8, 3})
	require.NoError(t, err)
	same := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	window := []int{1 << 24, 1 << 24}
	for name, tt := range map[string]struct {
		op   core.Op
		want float32
	}{
		"maximum":                 {&pooling.MaxPool{Spatial: same, Window: window}, 9},
		"maximum and its place":   {&pooling.MaxPoolWithArgmax{Spatial: same, Window: window, Type: core.I64}, 9},
		"average":                 {&pooling.AvgPool{Spatial: same, Window: window}, 4.5},
		"average with its border": {&pooling.AvgPool{Spatial: same, Window: window, IncludePadding: true}, 27.0 / (1 << 48)},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := core.EvalOp(tt.op, []*core.Tensor{x})
			require.NoError(t, err)
			for _, y := range core.Data[float32](out[0]) {
				require.Equal(t, tt.want, y)
			}
		})
	}
}
