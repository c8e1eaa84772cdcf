package activation

import (
	"cmp"
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
	{"Tanh", Tanh, math.Tanh},
	{"Softplus", Softplus, func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	{"Erf", Erf, math.Erf},
	{"Expm1", Expm1, math.Expm1},
	{"Log", Log, math.Log},
	{"Log1p", Log1p, math.Log1p},
	{"Selu", Selu, func(x float64) float64 {
		if x < 0 {
			return 1.7580993408473768599402175208123 * math.Expm1(x)
		}
		return 1.0507009873554804934193349852946 * x
	}},
	{"Softsign", Softsign, func(x float64) float64 { return x / (1 + math.Abs(x)) }},
	{"Sin", Sin, math.Sin},
	{"Cos", Cos, math.Cos},
	{"Tan", Tan, math.Tan},
	{"Erfc", Erfc, math.Erfc},
	{"Atan", Atan, math.Atan},
	{"Asin", Asin, math.Asin},
	{"Acos", Acos, math.Acos},
	{"Atanh", Atanh, math.Atanh},
	{"Sinh", Sinh, math.Sinh},
	{"Cosh", Cosh, math.Cosh},
	{"Cube", Cube, func(x float64) float64 { return math.Pow(x, 3) }},
	{"Asinh", Asinh, math.Asinh},
	{"Acosh", Acosh, math.Acosh},
	{"Rsqrt", Rsqrt, func(x float64) float64 { return math.Pow(x, -0.5) }},
}

// TestPow compares with package math: at every pair of special values to the bit, else within
// 0.51 units of the last place.
func TestPow(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	special := []float32{
		0, 1, 2, 3, 4, 0.5, 1.5, 0.999999, 1 << 24, 1<<24 - 1, 1 << 30, math.MaxFloat32,
		math.SmallestNonzeroFloat32, inf, nan,
	}
	check := func(x, y float32) {
		got, want := Pow(x, y), math.Pow(float64(x), float64(y))
		if w := float32(want); got == w && math.Signbit(float64(got)) == math.Signbit(want) || got != got && w != w {
			return
		}
		unit := math.Max(math.Ldexp(1, -149), math.Ldexp(1, math.Ilogb(want)-23))
		require.Less(t, math.Abs(float64(got)-want)/unit, 0.51, "%v ** %v: got %v, want %v", x, y, got, want)
	}
	for _, x := range special {
		for _, y := range special {
			check(x, y)
			check(-x, y)
			check(x, -y)
			check(-x, -y)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 400000 {
		x, y := math.Float32frombits(r.Uint32()), float32(r.NormFloat64()*3)
		if r.IntN(2) == 0 {
			x = float32(r.NormFloat64())
		}
		if r.IntN(4) == 0 {
			y = float32(r.IntN(17) - 8)
		}
		check(x, y)
	}
}

// TestOfTwo compares functions of two numbers with package math: at every pair of special values to
// the bit, else within 0.51 units of the last place.
func TestOfTwo(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	special := []float32{0, 1, -1, 2, 0.5, 1e-30, 3e38, math.SmallestNonzeroFloat32, inf, nan}
	for _, c := range []struct {
		name       string
		f          func(x, y float32) float32
		definition func(x, y float64) float64
	}{
		{"Atan2", Atan2, math.Atan2},
		{"Xlogy", Xlogy, func(x, y float64) float64 {
			if x == 0 {
				return 0
			}
			return x * math.Log(y)
		}},
		{"Xlog1py", Xlog1py, func(x, y float64) float64 {
			if x == 0 {
				return 0
			}
			return x * math.Log1p(y)
		}},
	} {
		check := func(x, y float32) {
			got, want := c.f(x, y), c.definition(float64(x), float64(y))
			if w := float32(want); got == w && math.Signbit(float64(got)) == math.Signbit(want) || got != got && w != w {
				return
			}
			unit := math.Max(math.Ldexp(1, -149), math.Ldexp(1, math.Ilogb(want)-23))
			require.Less(t, math.Abs(float64(got)-want)/unit, 0.51, "%s of %v, %v: got %v, want %v", c.name, x, y, got, want)
		}
		for _, x := range special {
			for _, y := range special {
				check(x, y)
				check(-x, y)
				check(x, -y)
				check(-x, -y)
			}
		}
		r := rand.New(rand.NewPCG(7, 8))
		for range 200000 {
			check(float32(r.NormFloat64()), float32(r.NormFloat64()*2))
			check(math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()))
		}
	}
}

// TestExact measures distances in units of the last place: at every exponent, and densely
// where the functions are neither 0 nor 1.
func TestExact(t *testing.T) {
	bounds := map[string]float64{"Erfc": 0.56}
	for _, c := range functions {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			worst, most := 0.0, cmp.Or(bounds[c.name], 0.51)
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
				if !(distance < most) {
					t.Fatalf("of %v: got %v, want %v", x, got, want)
				}
				worst = max(worst, distance)
			}
			t.Logf("at most %.4f units from the exact value", worst)
		})
	}
}

// TestElu holds TensorFlow 2.21's Elu, of the op: the power is rounded to float32 before 1 is subtracted.
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
		{"GeluApproximate", GeluApproximate, inf, inf},
		{"GeluApproximate", GeluApproximate, -inf, nan},
		{"Expm1", Expm1, inf, inf},
		{"Expm1", Expm1, -inf, -1},
		{"Expm1", Expm1, zero, zero},
		{"Log", Log, 0, -inf},
		{"Log", Log, zero, -inf},
		{"Log", Log, inf, inf},
		{"Log", Log, -1, nan},
		{"Log", Log, 1, 0},
		{"Log1p", Log1p, -1, -inf},
		{"Log1p", Log1p, -2, nan},
		{"Log1p", Log1p, inf, inf},
		{"Log1p", Log1p, -inf, nan},
		{"Log1p", Log1p, zero, zero},
		{"Log1p", Log1p, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32},
		{"Selu", Selu, inf, inf},
		{"Selu", Selu, zero, zero},
		{"Softsign", Softsign, inf, nan},
		{"Softsign", Softsign, zero, zero},
		{"Sin", Sin, zero, zero},
		{"Sin", Sin, inf, nan},
		{"Cos", Cos, 0, 1},
		{"Cos", Cos, -inf, nan},
		{"Tan", Tan, zero, zero},
		{"Erfc", Erfc, -inf, 2},
		{"Erfc", Erfc, inf, 0},
		{"Atan", Atan, zero, zero},
		{"Atan", Atan, -inf, -math.Pi / 2},
		{"Asin", Asin, 1, math.Pi / 2},
		{"Asin", Asin, zero, zero},
		{"Asin", Asin, 1.5, nan},
		{"Acos", Acos, -1, math.Pi},
		{"Acos", Acos, 1, 0},
		{"Acos", Acos, -2, nan},
		{"Atanh", Atanh, 1, inf},
		{"Atanh", Atanh, -1, -inf},
		{"Atanh", Atanh, zero, zero},
		{"Atanh", Atanh, -inf, nan},
		{"Asinh", Asinh, inf, inf},
		{"Asinh", Asinh, -inf, -inf},
		{"Asinh", Asinh, zero, zero},
		{"Acosh", Acosh, 1, 0},
		{"Acosh", Acosh, 0.5, nan},
		{"Acosh", Acosh, -1e10, nan},
		{"Acosh", Acosh, -inf, nan},
		{"Acosh", Acosh, inf, inf},
		{"Rsqrt", Rsqrt, 0, inf},
		{"Rsqrt", Rsqrt, zero, -inf},
		{"Rsqrt", Rsqrt, inf, 0},
		{"Rsqrt", Rsqrt, -1, nan},
		{"Rsqrt", Rsqrt, 4, 0.5},
		{"Sinh", Sinh, -inf, -inf},
		{"Sinh", Sinh, zero, zero},
		{"Cosh", Cosh, -inf, inf},
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
