package normalization

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidened(t *testing.T) {
	for _, v := range []float32{
		0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, 0x1p-126, math.Nextafter32(0x1p-126, 0), 1, 3.25, -7,
		math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	} {
		require.Equal(t, math.Float64bits(float64(v)), math.Float64bits(widened(v)), "%v", v)
	}
}
