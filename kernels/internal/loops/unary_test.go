package loops

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// TestRoundEven has numbers on both sides of where float64 have no halves, and of where they have no fractions.
func TestRoundEven(t *testing.T) {
	x := []float64{0, math.SmallestNonzeroFloat64, 0.5, 1.5, 2.5, 1e300, math.Inf(1), math.NaN(), math.Nextafter(0.5, 0)}
	for _, near := range []float64{1 << 50, 1 << 51, 1 << 52, 1 << 53} {
		for _, d := range []float64{-1.5, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5, 2.5} {
			x = append(x, near+d)
		}
	}
	for _, v := range x {
		x = append(x, -v)
	}
	y := make([]float64, len(x))
	unary(dtype.F64, RoundEven)(view.Bytes(y), view.Bytes(x), len(x))
	for i, v := range x {
		require.Equal(t, math.Float64bits(math.RoundToEven(v)), math.Float64bits(y[i]), "%v", v)
	}
}
