package activation

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// fused are the functions of fused.go beside their definitions, and bounds of how far they are off for numbers from
// -20 to 20.
var fused = []struct {
	name       string
	f          func(float32) float32
	definition func(float64) float64
	most       float64
}{
	{"FusedElu", FusedElu, func(x float64) float64 { return min(math.Expm1(x), max(x, 0)) }, 1.3e-7},
	{"FusedTanh", FusedTanh, math.Tanh, 1.3e-7},
	{"FusedSigmoid", FusedSigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 1.3e-7},
	{"Swish", Swish, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 2e-6},
	{"GeluApproximate", GeluApproximate, func(x float64) float64 {
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}, 2e-6},
	{"Mish", Mish, func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) }, 2e-6},
}

func TestFusedEqualTensorFlows(t *testing.T) {
	for _, c := range fused {
		require.NotEmpty(t, recordedFused[c.name])
		for _, r := range recordedFused[c.name] {
			x := math.Float32frombits(r[0])
			got, want := c.f(x), math.Float32frombits(r[1])
			if got != got && want != want {
				continue
			}
			require.Equal(t, r[1], math.Float32bits(got), "%s of %v (%#x): got %v, want %v", c.name, x, r[0], got, want)
		}
	}
}

func TestFusedAreNear(t *testing.T) {
	for _, c := range fused {
		worst := 0.0
		for i := -1 << 20; i <= 1<<20; i++ {
			x := float64(float32(i)*20) / (1 << 20)
			worst = max(worst, math.Abs(float64(c.f(float32(x)))-c.definition(float64(float32(x)))))
		}
		require.Less(t, worst, c.most, c.name)
		require.Greater(t, worst, c.most/100, "%s: a bound that tells nothing", c.name)
	}
}

func TestFusedOfNaN(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range fused {
		require.True(t, c.f(nan) != c.f(nan), "%s: got %v", c.name, c.f(nan))
	}
}
