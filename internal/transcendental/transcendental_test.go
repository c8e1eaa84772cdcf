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
