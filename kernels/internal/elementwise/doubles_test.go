package elementwise

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// doubles returns n float64 as bytes: float32, the special ones among them, and multiples of them by powers of two, so
// that their products with float32 are on both sides of the subnormal ones.
func doubles(r *rand.Rand, n int) []byte {
	small := values(r, n)
	b := make([]byte, 8*n)
	for i := range n {
		v := float64(load(small, i))
		if r.IntN(3) > 0 {
			v = math.Ldexp(v, -r.IntN(160))
		}
		storeDouble(b, i, v)
	}
	return b
}

func loadDouble(b []byte, i int) float64 {
	return math.Float64frombits(binary.NativeEndian.Uint64(b[8*i:]))
}

func storeDouble(b []byte, i int, v float64) {
	binary.NativeEndian.PutUint64(b[8*i:], math.Float64bits(v))
}

// ofDoubles reports whether a primitive has float64 as x and as results.
func (p Primitive) ofDoubles() bool { return primitives[p].x == 8 && primitives[p].out == 8 }

// defineDouble is define for operations of float64.
func defineDouble(p Primitive, out, x, y []byte, i int) bool {
	if f := doubleFunctions[p]; f != nil {
		storeDouble(out, i, f(loadDouble(x, i)))
		return true
	}
	if f := doubleFunctionsOfTwo[p]; f != nil {
		storeDouble(out, i, f(loadDouble(x, i), loadDouble(y, i)))
		return true
	}
	switch p {
	case Add64:
		storeDouble(out, i, loadDouble(x, i)+loadDouble(y, i))
	case Multiply64:
		storeDouble(out, i, loadDouble(x, i)*loadDouble(y, i))
	case MultiplyRounded:
		storeDouble(out, i, float64(float32(loadDouble(x, i)*float64(load(y, i)))))
	case FoldAdd64:
		storeDouble(out, i%Lanes, loadDouble(out, i%Lanes)+loadDouble(x, i))
	case FoldMultiply64:
		storeDouble(out, i%Lanes, loadDouble(out, i%Lanes)*loadDouble(x, i))
	default:
		return false
	}
	return true
}

// doubleFunctions are those of internal/transcendental, which has tests of its own.
var doubleFunctions = map[Primitive]func(float64) float64{
	F64Exp: transcendental.Exp, F64Expm1: transcendental.Expm1, F64Log: transcendental.Log,
	F64Log1p: transcendental.Log1p, F64Sigmoid: transcendental.Sigmoid, F64Swish: transcendental.Swish,
	F64Tanh: transcendental.Tanh, F64Elu: transcendental.Elu, F64Selu: transcendental.Selu,
	F64Softplus: transcendental.Softplus, F64Softsign: transcendental.Softsign, F64Rsqrt: transcendental.Rsqrt,
	F64Sqrt: math.Sqrt,
	F64Erf:  transcendental.Erf, F64Erfc: transcendental.Erfc, F64Sinh: transcendental.Sinh, F64Cosh: transcendental.Cosh,
	F64Asinh: transcendental.Asinh, F64Acosh: transcendental.Acosh, F64Atanh: transcendental.Atanh,
	F64Sin: transcendental.Sin, F64Cos: transcendental.Cos, F64Tan: transcendental.Tan,
	F64Atan: transcendental.Atan, F64Asin: transcendental.Asin, F64Acos: transcendental.Acos,
}

var doubleFunctionsOfTwo = map[Primitive]func(x, y float64) float64{
	F64Atan2: transcendental.Atan2, F64Xlogy: transcendental.Xlogy, F64Xlog1py: transcendental.Xlog1py,
}

// hardDoubles returns n float64: any bits, each exponent, ordinary numbers of several sizes, and those where functions
// of float64 change, with their neighbours.
func hardDoubles(r *rand.Rand, n int) []byte {
	changes := []float64{
		0, math.Inf(1), math.NaN(), 0.375, 0.5, 0.75, 1, 2, math.Sqrt2, math.Sqrt2 / 2, math.Sqrt2 - 1, math.Sqrt2/2 - 1,
		26.5, 27.3, math.Ln2 / 2, math.Pi / 4, math.Pi / 2, math.Pi, 700, 709.78271289338397, 710.47586007394386,
		712, 745.1332, 746, 1400, math.SmallestNonzeroFloat64, 0x1p-1022, 0x1p-54, 0x1p-53, 0x1p53, 0x1p60, 0x1p100, 1 << 28,
		math.MaxFloat64,
	}
	b := make([]byte, 8*n)
	for i := range n {
		v := math.Float64frombits(r.Uint64())
		switch i % 4 {
		case 0:
			v = r.NormFloat64() * []float64{0.1, 1, 5, 40, 300, 1e5}[i/4%6]
		case 1:
			v = 2*r.Float64() - 1
		case 2:
			if v = math.Float64frombits(uint64(i/4) << 52); r.IntN(2) == 0 {
				v = changes[r.IntN(len(changes))]
				v = math.Nextafter(v, []float64{v, math.Inf(1), math.Inf(-1)}[r.IntN(3)]) * float64(1-2*r.IntN(2))
			}
		}
		if i/64%4 == 3 && r.IntN(500) > 0 { // many small ones in turn
			v = 2*r.Float64() - 1
		}
		storeDouble(b, i, v)
	}
	return b
}

func TestFunctionsOfDoubles(t *testing.T) {
	const n = 1 << 16
	r := rand.New(rand.NewPCG(5, 6))
	x, y := hardDoubles(r, n), hardDoubles(r, n)
	for i := 0; i < n; i += 2 {
		storeDouble(y, i, loadDouble(x, r.IntN(n)))
	}
	for _, v := range runnable() {
		if doubleFunctions[v.Primitive] == nil && doubleFunctionsOfTwo[v.Primitive] == nil {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			angles := append([]byte{}, x...)
			for i := range n {
				if v.Primitive.isDoubleAngular() && !(math.Abs(loadDouble(x, i)) <= transcendental.MostAngle) {
					storeDouble(angles, i, r.NormFloat64()*math.Pi*1000)
				}
			}
			want, got := make([]byte, 8*n+2*guard), make([]byte, 8*n+2*guard)
			for i := range n {
				define(v.Primitive, want[guard:], angles, y, i, nil)
			}
			v.Run(got[guard:len(got)-guard], angles, y, n, nil)
			requireEqual(t, want, got, 8, v.Name)
		})
	}
}

// TestAnglesOfDoubles: one number of which no routine knows the sine leaves all to the portable variant.
func TestAnglesOfDoubles(t *testing.T) {
	const n = 253
	r := rand.New(rand.NewPCG(7, 8))
	for _, v := range runnable() {
		if !v.Primitive.isDoubleAngular() {
			continue
		}
		for i, most := range []float64{1 << 28, 1 << 20, 1<<28 + 0x1p-24, -1 << 29, math.NaN(), math.Inf(-1)} {
			x, want, got := make([]byte, 8*n), make([]byte, 8*n), make([]byte, 8*n)
			for i := range n {
				storeDouble(x, i, float64(r.Float64()*2-1)*(1<<20))
			}
			storeDouble(x, []int{0, 77, 150, 252}[i%4], most)
			for i := range n {
				define(v.Primitive, want, x, nil, i, nil)
			}
			v.Run(got, x, nil, n, nil)
			requireEqual(t, want, got, 8, fmt.Sprintf("%s up to %v", v.Name, most))
		}
	}
}
