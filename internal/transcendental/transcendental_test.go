package transcendental

import (
	_ "embed"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/exact.txt
var exact string

// bounds are by how many units in the last place a result may differ from the exact value.
var bounds = map[string]struct {
	f     func(float64) float64
	bound float64
}{
	"Exp": {Exp, 0.7}, "Expm1": {Expm1, 1.1}, "Log": {Log, 0.8}, "Log1p": {Log1p, 0.9}, "Tanh": {Tanh, 0.8},
	"Sigmoid": {Sigmoid, 0.7}, "Sinh": {Sinh, 0.9}, "Cosh": {Cosh, 1}, "Erf": {Erf, 1.1}, "Sin": {Sin, 0.9},
	"Cos": {Cos, 0.9}, "Tan": {Tan, 1.1}, "Atan": {Atan, 1}, "Asin": {Asin, 0.8}, "Acos": {Acos, 0.8},
	"Erfc": {Erfc, 2}, "Softplus": {Softplus, 1.5}, "Swish": {Swish, 1.6}, "Selu": {Selu, 1.6}, "Atanh": {Atanh, 1.6},
	"Asinh": {Asinh, 2}, "Acosh": {Acosh, 2},
}

const boundOfAtan2 = 1

// distance returns by how many units in the last place of want, or of subnormal numbers, got differs from want + rest.
func distance(got, want, rest float64) float64 {
	if got == want && math.Signbit(got) == math.Signbit(want) && (want == 0 || math.IsInf(want, 0)) {
		return 0
	}
	_, e := math.Frexp(want)
	unit := max(e-53, -1074)
	return math.Abs(math.Ldexp(got-want, -unit) - math.Ldexp(rest, -unit))
}

func TestExactValues(t *testing.T) {
	seen := map[string]int{}
	for line := range strings.Lines(exact) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		numbers := make([]float64, len(words)-1)
		for i := range numbers {
			v, err := strconv.ParseFloat(words[i+1], 64)
			require.NoError(t, err)
			numbers[i] = v
		}
		want, rest := numbers[len(numbers)-2], numbers[len(numbers)-1]
		b := bounds[words[0]]
		got, bound := 0.0, b.bound
		if words[0] == "Atan2" {
			got, bound = Atan2(numbers[0], numbers[1]), boundOfAtan2
		} else {
			got = b.f(numbers[0])
		}
		seen[words[0]]++
		require.LessOrEqual(t, distance(got, want, rest), bound, "%v(%v) is %v, want %v", words[0], numbers, got, want)
	}
	require.Len(t, seen, len(bounds)+1)
}

func TestSpecialValues(t *testing.T) {
	inf, nan, zero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	for _, c := range []struct {
		name    string
		x, want float64
	}{
		{"Exp", inf, inf},
		{"Exp", -inf, 0},
		{"Exp", zero, 1},
		{"Exp", 709.79, inf},
		{"Exp", -745.14, 0},
		{"Expm1", inf, inf},
		{"Expm1", -inf, -1},
		{"Expm1", zero, zero},
		{"Expm1", 0, 0},
		{"Log", inf, inf},
		{"Log", 0, -inf},
		{"Log", zero, -inf},
		{"Log", -1, nan},
		{"Log", 1, 0},
		{"Log", -inf, nan},
		{"Log1p", inf, inf},
		{"Log1p", -1, -inf},
		{"Log1p", zero, zero},
		{"Log1p", -1.5, nan},
		{"Log1p", -inf, nan},
		{"Tanh", inf, 1},
		{"Tanh", -inf, -1},
		{"Tanh", zero, zero},
		{"Sigmoid", inf, 1},
		{"Sigmoid", -inf, 0},
		{"Swish", inf, inf},
		{"Swish", zero, zero},
		{"Swish", -1e308, zero},
		{"Softplus", inf, inf},
		{"Softplus", -inf, 0},
		{"Selu", inf, inf},
		{"Selu", -inf, -seluNegative},
		{"Sinh", inf, inf},
		{"Sinh", -inf, -inf},
		{"Sinh", zero, zero},
		{"Cosh", inf, inf},
		{"Cosh", -inf, inf},
		{"Erf", inf, 1},
		{"Erf", -inf, -1},
		{"Erf", zero, zero},
		{"Erf", 1e200, 1},
		{"Erfc", inf, 0},
		{"Erfc", -inf, 2},
		{"Erfc", 0, 1},
		{"Sin", zero, zero},
		{"Sin", inf, nan},
		{"Cos", zero, 1},
		{"Cos", -inf, nan},
		{"Tan", zero, zero},
		{"Tan", inf, nan},
		{"Atan", inf, math.Pi / 2},
		{"Atan", -inf, -math.Pi / 2},
		{"Atan", zero, zero},
		{"Asin", zero, zero},
		{"Asin", 1.1, nan},
		{"Asin", -inf, nan},
		{"Acos", 1, 0},
		{"Acos", -1.1, nan},
		{"Acos", inf, nan},
		{"Atanh", 1, inf},
		{"Atanh", -1, -inf},
		{"Atanh", zero, zero},
		{"Atanh", 2, nan},
	} {
		got := bounds[c.name].f(c.x)
		if c.want != c.want {
			require.True(t, math.IsNaN(got), "%v(%v) is %v, want NaN", c.name, c.x, got)
			continue
		}
		require.Equal(t, math.Float64bits(c.want), math.Float64bits(got), "%v(%v) is %v, want %v", c.name, c.x, got, c.want)
	}
	for name, b := range bounds {
		require.True(t, math.IsNaN(b.f(nan)), "%v(NaN)", name)
	}
}

func TestAtan2OfAxes(t *testing.T) {
	inf, nan, zero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	for _, c := range [][3]float64{
		{0, 0, 0},
		{zero, 0, zero},
		{0, zero, math.Pi},
		{zero, zero, -math.Pi},
		{0, 1, 0},
		{zero, -1, -math.Pi},
		{1, 0, math.Pi / 2},
		{-1, zero, -math.Pi / 2},
		{inf, inf, math.Pi / 4},
		{-inf, inf, -math.Pi / 4},
		{inf, -inf, 3 * math.Pi / 4},
		{inf, 1, math.Pi / 2},
		{1, inf, 0},
		{-1, -inf, -math.Pi},
		{nan, 1, nan},
		{1, nan, nan},
	} {
		got := Atan2(c[0], c[1])
		if c[2] != c[2] {
			require.True(t, math.IsNaN(got), "%v is %v", c, got)
			continue
		}
		require.Equal(t, math.Float64bits(c[2]), math.Float64bits(got), "%v is %v", c, got)
	}
}

func TestProductsWithLogarithms(t *testing.T) {
	require.Equal(t, 3*Log(5), Xlogy(3, 5))
	require.Equal(t, 3*Log1p(5), Xlog1py(3, 5))
	for _, y := range []float64{0, -1, math.Inf(1), math.NaN()} {
		require.Zero(t, Xlogy(0, y))
		require.Zero(t, Xlog1py(0, y))
	}
}

// sums are hashes of the bits of results, the same on every CPU.
var sums = map[string]uint64{
	"Acos": 0x878385ac64f922d5, "Acosh": 0xe1960d59345c587a, "Asin": 0x5c7cc3ac793521a5,
	"Asinh": 0xd1e558b75b846884, "Atan": 0x21a34b11e4d36f8e, "Atanh": 0xb246a8657dc7fe01,
	"Cos": 0xb8f74d017d960df8, "Cosh": 0xe2adbd5282a975ff, "Erf": 0xd3d5f111ff0967f8,
	"Erfc": 0x7311dcfbe2969292, "Exp": 0xed09400028656753, "Expm1": 0x34f25356be940b13,
	"Log": 0xc3b69d72420d90bd, "Log1p": 0xe77078f4ffb92cf4, "Selu": 0x4e71c0ade6e855f0,
	"Sigmoid": 0xe493907891f4f934, "Sin": 0x7aa769a49089f203, "Sinh": 0x13ceb0316bd36782,
	"Softplus": 0xe8738df332560579, "Swish": 0x2f6adb953afd0942, "Tan": 0x56834237da338854,
	"Tanh": 0xd2c1a85933df78d5,
}

// Results have the same bits on every CPU: those of numbers of any size, of which some are ordinary.
func TestBits(t *testing.T) {
	for name, b := range bounds {
		r, h := rand.New(rand.NewPCG(31, 32)), fnv.New64a()
		for i := range 4096 {
			x := math.Float64frombits(r.Uint64())
			switch i % 4 {
			case 0:
				x = r.NormFloat64() * 5
			case 1:
				x = r.Float64()*2 - 1
			case 2:
				x = r.NormFloat64() * 500
			}
			switch y := b.f(x); {
			case strings.Contains("Sin Cos Tan", name) && !(math.Abs(x) <= MostAngle): // package math's
			case y == y:
				require.NoError(t, binary.Write(h, binary.LittleEndian, y))
			}
		}
		assert.Equal(t, sums[name], h.Sum64(), name)
	}
}

// TestMod: numbers of all exponents, near multiples of the divisor, integers, and special ones.
func TestMod(t *testing.T) {
	check := func(x, y float64) {
		t.Helper()
		want, got := math.Mod(x, y), Mod(x, y)
		if math.Float64bits(want) != math.Float64bits(got) && (want == want || got == got) {
			t.Fatalf("Mod(%b, %b): got %b, want %b", x, y, got, want)
		}
	}
	special := []float64{
		0, math.Copysign(0, -1), 1, -1, 3, 1 << 53, 1<<53 - 1, 0x1p-1022, 0x1p-1074, 3 * 0x1p-1074, math.MaxFloat64,
		-math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), math.Nextafter(1, 0), math.Nextafter(3, 4),
	}
	for _, x := range special {
		for _, y := range special {
			check(x, y)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		x, y := math.Float64frombits(r.Uint64()), math.Float64frombits(r.Uint64())
		check(x, y)
		y = math.Ldexp(1+r.Float64(), r.IntN(2000)-1000)
		n := math.Trunc(math.Ldexp(r.Float64(), r.IntN(55)))
		for _, x := range []float64{n * y, math.Nextafter(n*y, 0), math.Nextafter(-n*y, math.Inf(-1)), x} {
			check(x, y)
		}
		check(float64(r.IntN(1000)-500), float64(r.IntN(40)-20))
	}
}
