package activation

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// functions are those of this package beside their definitions in package math.
var functions = []struct {
	name       string
	f          func(float32) float32
	definition func(float64) float64
}{
	{"Exp", Exp, math.Exp},
	{"Sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
	{"Swish", Swish, func(x float64) float64 { return x / (1 + math.Exp(-x)) }},
	{"Tanh", Tanh, math.Tanh},
	{"Softplus", Softplus, func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	{"Gelu", Gelu, func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }},
	{"GeluApproximate", GeluApproximate, func(x float64) float64 {
		return x / (1 + math.Exp(-math.Sqrt(8/math.Pi)*(x+0.044715*x*x*x)))
	}},
	{"Erf", Erf, math.Erf},
	{"Rsqrt", Rsqrt, func(x float64) float64 { return math.Pow(x, -0.5) }},
}

// TestExact measures distances in units of the last place: at every exponent, and densely
// where the functions are neither 0 nor 1.
func TestExact(t *testing.T) {
	for _, c := range functions {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			worst := 0.0
			for i := range 600000 {
				x := math.Float32frombits(r.Uint32())
				if i%2 == 0 {
					x = float32(r.Float64()*2-1) * []float32{0.3, 1, 4, 16, 90, 110}[i/2%6]
				}
				if x != x {
					continue
				}
				got, want := c.f(x), c.definition(float64(x))
				w := float32(want)
				if got == w || got != got && w != w {
					continue
				}
				unit := math.Max(math.Ldexp(1, -149), math.Ldexp(1, math.Ilogb(want)-23))
				distance := math.Abs(float64(got)-want) / unit
				if !(distance < 0.51) {
					t.Fatalf("of %v: got %v, want %v", x, got, want)
				}
				worst = max(worst, distance)
			}
			t.Logf("at most %.4f units from the exact value", worst)
		})
	}
}

// TestElu holds TensorFlow 2.21's Elu, of the op and of _QuantizedMatMul alike: the power is
// rounded to float32 before 1 is subtracted.
func TestElu(t *testing.T) {
	for _, c := range []struct{ x, want float32 }{
		{-1e-9, 0},
		{-2.9e-08, 0},
		{-3e-08, -0x1p-24},
		{-5.9e-08, -0x1p-24},
		{-8.9e-08, -0x1p-24},
		{-9e-08, -0x1p-23},
		{-1e-07, -0x1p-23},
		{-3.3e-07, -3.5762787e-07},
		{-1e-06, -1.0132790e-06},
		{-2.7e-06, -2.6822090e-06},
		{-6.0103889e-06, -6.0200691e-06},
		{-1e-05, -1.00135803e-05},
		{-2, -0.86466473},
		{-10, -0.9999546},
		{-17.5, -1},
		{-100, -1},
	} {
		got := Elu(c.x)
		require.Equal(t, math.Float32bits(c.want), math.Float32bits(got), "of %v: got %v, want %v", c.x, got, c.want)
	}
	for x := float32(-20); x < 0; x += 1.0 / 1024 {
		exact := math.Expm1(float64(x))
		require.InDelta(t, exact, float64(Elu(x)), 0x1p-24, "of %v", x)
	}
}

func TestSpecialValues(t *testing.T) {
	inf, nan, zero := float32(math.Inf(1)), float32(math.NaN()), float32(math.Copysign(0, -1))
	for _, c := range []struct {
		name    string
		f       func(float32) float32
		x, want float32
	}{
		{"Exp", Exp, -inf, 0},
		{"Exp", Exp, inf, inf},
		{"Exp", Exp, 709.6, inf},
		{"Exp", Exp, 0, 1},
		{"Sigmoid", Sigmoid, -inf, 0},
		{"Sigmoid", Sigmoid, inf, 1},
		{"Sigmoid", Sigmoid, -103.9, math.SmallestNonzeroFloat32},
		{"Swish", Swish, -math.MaxFloat32, zero},
		{"Swish", Swish, -inf, nan},
		{"Tanh", Tanh, -inf, -1},
		{"Tanh", Tanh, inf, 1},
		{"Tanh", Tanh, zero, zero},
		{"Tanh", Tanh, 0, 0},
		{"Elu", Elu, -inf, -1},
		{"Elu", Elu, inf, inf},
		{"Elu", Elu, zero, zero},
		{"Softplus", Softplus, -inf, 0},
		{"Softplus", Softplus, inf, inf},
		{"Gelu", Gelu, inf, inf},
		{"Gelu", Gelu, -inf, nan},
		{"Gelu", Gelu, -math.MaxFloat32, zero},
		{"GeluApproximate", GeluApproximate, inf, inf},
		{"GeluApproximate", GeluApproximate, -inf, nan},
		{"Erf", Erf, -inf, -1},
		{"Erf", Erf, inf, 1},
		{"Erf", Erf, zero, zero},
	} {
		got := c.f(c.x)
		if c.want != c.want {
			require.True(t, got != got, "%s of %v: got %v, want NaN", c.name, c.x, got)
			continue
		}
		require.Equal(t, math.Float32bits(c.want), math.Float32bits(got), "%s of %v: got %v, want %v", c.name, c.x, got,
			c.want)
	}
	for _, c := range functions {
		require.True(t, math.IsNaN(float64(c.f(nan))), c.name)
	}
}
