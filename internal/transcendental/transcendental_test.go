package transcendental

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpAndErf(t *testing.T) {
	for x := -50.0; x < 50; x += 0.0371 {
		require.InEpsilon(t, math.Exp(x), Exp(x), 1e-14)
		require.InDelta(t, math.Erf(x/8), Erf(x/8), 4e-15)
		require.InDelta(t, math.Tanh(x/8), Tanh(x/8), 4e-15)
	}
}

func TestLog(t *testing.T) {
	for e := -1022; e < 1024; e++ { // math.Log is not exact below
		for _, m := range []float64{1, 1.2, math.Sqrt2, math.Nextafter(math.Sqrt2, 2), math.Nextafter(math.Sqrt2, 1), 1.999} {
			if x := math.Ldexp(m, e); x != 1 {
				require.InEpsilon(t, math.Log(x), Log(x), 1e-14, "%v", x)
			}
		}
	}
	require.InEpsilon(t, -744.4400719213812, Log(math.SmallestNonzeroFloat64), 1e-15)
	require.Zero(t, Log(1))
	require.Equal(t, math.Inf(-1), Log(0))
	require.Equal(t, math.Inf(1), Log(math.Inf(1)))
	require.True(t, math.IsNaN(Log(-1)) && math.IsNaN(Log(math.NaN())))
}
