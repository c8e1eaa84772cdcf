package elementwise

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/isa/isatest"
)

// TestMain reports the instruction sets whose variants were not run.
func TestMain(m *testing.M) { isatest.Main(m, variants, simulated) }

// simulated is set in builds in which Go functions stand for the assembly (kernels/_asm
// with -simulate): those run on any CPU.
var simulated bool

// runnable returns the variants that this CPU can execute.
func runnable() []*Variant { return variants.Within(isatest.Runnable(simulated)) }

const guard = 64

// values returns n float32 as bytes: ordinary ones, halves between integers, and the
// special ones.
func values(r *rand.Rand, n int) []byte {
	special := []float32{
		0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
		math.MaxFloat32, math.SmallestNonzeroFloat32, 1 << 31, -1 << 31, 127.5, 254.5, -128.5,
	}
	b := make([]byte, 4*n)
	for i := range n {
		v := float32(r.NormFloat64() * 100)
		switch r.IntN(8) {
		case 0:
			v = special[r.IntN(len(special))]
		case 1:
			v = float32(r.IntN(600)-300) / 2
		case 2: // beside a half, at every magnitude
			v = math.Nextafter32(float32(r.IntN(2<<r.IntN(23))|1)/2, float32(r.IntN(3)-1)*math.MaxFloat32)
			if r.IntN(2) == 0 {
				v = -v
			}
		}
		binary.NativeEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return b
}

func load(b []byte, i int) float32 { return math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:])) }

func store(b []byte, i int, v float32) { binary.NativeEndian.PutUint32(b[4*i:], math.Float32bits(v)) }

func someBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

// define writes element i of a primitive's result, as it is defined.
func define(p Primitive, out, x, y []byte, i int, num *Numbers) {
	f := func(b []byte) float64 { return float64(math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:]))) }
	put := func(v float64) { binary.NativeEndian.PutUint32(out[4*i:], math.Float32bits(float32(v))) }
	limit := func(v float64) float64 {
		switch {
		case math.IsNaN(v) || v <= float64(num.Lo):
			return float64(num.Lo)
		case v >= float64(num.Hi):
			return float64(num.Hi)
		}
		return v
	}
	if defineConversion(p, out, x, y, i) || defineDouble(p, out, x, y, i) || defineScaled(p, out, x, y, i, num) ||
		defineTwo(p, out, x, y, i) {
		return
	}
	switch p {
	case ConvertU8:
		put(float64(x[i]) * float64(num.Scale))
	case ConvertI8:
		put(float64(int8(x[i])) * float64(num.Scale))
	case ConvertI32:
		put(float64(float32(int32(binary.NativeEndian.Uint32(x[4*i:])))) * float64(num.Scale))
	case ConvertI64:
		put(float64(float32(int64(binary.NativeEndian.Uint64(x[8*i:])))) * float64(num.Scale))
	case Add:
		put(f(x) + f(y))
	case Subtract:
		put(f(x) - f(y))
	case Multiply:
		put(f(x) * f(y))
	case Divide:
		put(f(x) / f(y))
	case Maximum:
		v := f(y)
		if f(x) > v || math.IsNaN(f(x)) {
			v = f(x)
		}
		put(v)
	case Minimum:
		v := f(y)
		if f(x) < v || math.IsNaN(f(x)) {
			v = f(x)
		}
		put(v)
	case ZeroNaN:
		put(f(x))
		if math.IsNaN(f(x)) {
			put(0)
		}
	case Round:
		put(math.Round(f(x)))
	case Clamp:
		put(limit(f(x)))
	case Quantize:
		v := float64(float32(float64(float32(f(x)-float64(num.Sub))) * float64(num.Scale)))
		out[i] = byte(int(math.RoundToEven(limit(v))))
		if num.Flip {
			out[i] += 128
		}
	case Flip:
		out[i] = x[i] + 128
	case Lookup:
		out[i] = y[x[i]]
	case LeakyRelu:
		put(f(x))
		if f(x) < 0 {
			put(f(x) * float64(num.Scale))
		}
	case Square:
		put(f(x) * f(x))
	case Sqrt:
		put(math.Sqrt(f(x)))
	case Exp:
		put(float64(activation.Exp(float32(f(x) - float64(num.Sub)))))
	default:
		put(float64(functions[p](float32(f(x)))))
	}
}

// defineTwo is define for what functionsOfTwo has.
func defineTwo(p Primitive, out, x, y []byte, i int) bool {
	f := functionsOfTwo[p]
	if f != nil {
		store(out, i, f(load(x, i), load(y, i)))
	}
	return f != nil
}

// defineEstimate writes the byte and the bit of element i.
func defineEstimate(out, x, bits []byte, i int, num *Numbers) {
	product := float64(float32(float64(load(x, i)) * float64(num.Scale)))
	t := float64(float32(product - float64(num.Sub)))
	if product == 0 {
		t = float64(num.Zero)
	}
	if out[i] = 0; !math.IsNaN(t) {
		t = min(max(t, float64(num.Lo)), float64(num.Hi))
		out[i] = byte(int(math.RoundToEven(t)))
	}
	if bits[i/8] &= 1<<(i%8) - 1; !(math.Abs(t-math.RoundToEven(t)) <= float64(num.Back)) {
		bits[i/8] |= 1 << (i % 8)
	}
	if num.Flip {
		out[i] += 128
	}
}

// defineScaled is define for folds, and for what has numbers or an operand of its own.
func defineScaled(p Primitive, out, x, y []byte, i int, num *Numbers) bool {
	f := func(b []byte) float64 { return float64(math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:]))) }
	put := func(v float64) { store(out, i, float32(v)) }
	switch p {
	case Estimate:
		defineEstimate(out, x, y, i, num)
	case QuantizeShifted:
		shifted, whole := make([]byte, 4), *num
		store(shifted, 0, float32(float64(float32(f(x)*float64(num.Scale)))-float64(num.Sub)))
		whole.Scale, whole.Sub = 1, 0
		define(Quantize, out[i:], shifted, nil, 0, &whole)
	case FoldAdd:
		store(out, i%Lanes, load(out, i%Lanes)+load(x, i))
	case FoldMultiply:
		store(out, i%Lanes, load(out, i%Lanes)*load(x, i))
	case FoldMaximum, FoldMinimum:
		lane, v := load(out, i%Lanes), load(x, i)
		if lane == lane && !(p == FoldMaximum && lane > v) && !(p == FoldMinimum && lane < v) {
			lane = v
		}
		store(out, i%Lanes, lane)
	case F64LeakyRelu:
		v := loadDouble(x, i)
		if v < 0 {
			v *= float64(num.Scale)
		}
		storeDouble(out, i, v)
	case Scaled:
		put(f(x) * float64(num.Scale))
	case Divided:
		put(f(x) / float64(num.Scale))
	case Shifted:
		put(f(x) - float64(num.Sub))
	case AddScaled:
		put(f(x) + float64(float32(f(y)*float64(num.Scale))))
	case MultiplyAdd:
		store(out, i, activation.FMA32(load(x, i), load(y, i), load(y[num.Second:], i)))
	case Interpolate:
		put(f(x) + float64(float32(float64(float32(f(y)-f(x)))*float64(num.Scale))))
	case Levels, DividedLevels:
		v := f(x)
		if !math.IsNaN(v) {
			v = max(min(v, float64(num.Hi)), float64(num.Lo))
		}
		for _, g := range []func(v float64) float64{
			func(v float64) float64 { return v - float64(num.Lo) },
			func(v float64) float64 {
				if p == DividedLevels {
					return v / float64(num.Scale)
				}
				return v * float64(num.Scale)
			},
			func(v float64) float64 { return v - float64(num.Sub) },
			func(v float64) float64 { return v + 0.5 }, math.Floor,
			func(v float64) float64 { return v * float64(num.Back) },
		} {
			v = float64(float32(g(v)))
		}
		put(v)
	default:
		return defineBytes(p, out, x, y, i, num)
	}
	return true
}

// defineBytes is define for bytes that an operand of the call says how to make.
func defineBytes(p Primitive, out, x, y []byte, i int, num *Numbers) bool {
	f := func(b []byte) float64 { return float64(math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:]))) }
	switch p {
	case Affine:
		v, whole := math.Floor(float64(float32(float32(f(x)*float64(num.Scale))+0.5))), int32(math.MinInt32)
		if math.Abs(v) < 1<<31 {
			whole = int32(v)
		}
		zero, lo, hi := words(y, 0), words(y, 1), words(y, 2)
		out[i] = byte(max(min(whole+zero, hi), lo))
	case Softmax:
		defineSoftmax(out, x, i, RowLength(y))
	case Rescale:
		out[i] = byte(defineRescaled(int32(binary.NativeEndian.Uint32(x[4*i:])), y))
	case FixedPoint:
		q := int64(float32(int32(binary.NativeEndian.Uint32(x[4*i:]))))
		scale, offset := int64(binary.NativeEndian.Uint64(y)), int64(binary.NativeEndian.Uint64(y[8:]))
		out[i] = byte(min(max((q*scale>>32+offset)>>16, 0), 255))
	default:
		return false
	}
	return true
}

// defineSoftmax writes the row that ends with element i.
func defineSoftmax(out, x []byte, i, length int) {
	if (i+1)%length != 0 {
		return
	}
	first := i + 1 - length
	most := load(x, first)
	for k := first; k <= i; k++ {
		if v := load(x, k); v != v || v > most {
			most = v
		}
		if most != most {
			break
		}
	}
	lanes := make([]float32, Lanes)
	for k := first; k <= i; k++ {
		store(out, k, activation.Exp(load(x, k)-most))
		lanes[(k-first)%Lanes] += load(out, k)
	}
	for ; len(lanes) > 1; lanes = lanes[:len(lanes)/2] {
		for k := range len(lanes) / 2 {
			lanes[k] += lanes[len(lanes)/2+k]
		}
	}
	for k := first; k <= i; k++ {
		store(out, k, load(out, k)/lanes[0])
	}
}

// defineRescaled rescales in arithmetic without bounds.
func defineRescaled(x int32, y []byte) int64 {
	f := func(i int) *big.Int { return big.NewInt(int64(binary.NativeEndian.Uint64(y[8*i:]))) }
	wrapped := func(v *big.Int) *big.Int { return big.NewInt(int64(int32(v.Int64()))) }
	between := func(v, lo, hi *big.Int) *big.Int {
		if v.Cmp(hi) > 0 {
			v = hi
		}
		if v.Cmp(lo) < 0 {
			v = lo
		}
		return v
	}
	q := big.NewInt(int64(float32(x)))
	if q.Int64() > math.MaxInt32 {
		q = big.NewInt(math.MinInt32)
	}
	v := wrapped(q.Sub(q, f(0)))
	v.Add(v.Mul(v, f(1)), f(2))
	v = between(v.Rsh(v, uint(f(3).Int64())), big.NewInt(math.MinInt32), big.NewInt(math.MaxInt32))
	return between(wrapped(new(big.Int).Add(v, f(4))), f(5), f(6)).Int64()
}

func words(b []byte, i int) int32 { return int32(binary.NativeEndian.Uint32(b[4*i:])) }

// defineConversion is define for conversions, comparisons and Pick.
func defineConversion(p Primitive, out, x, y []byte, i int) bool {
	f := func(b []byte) float64 { return float64(math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:]))) }
	switch p {
	case ConvertF16:
		store(out, i, activation.F16ToF32(binary.NativeEndian.Uint16(x[2*i:])))
	case ConvertBF16:
		store(out, i, math.Float32frombits(uint32(binary.NativeEndian.Uint16(x[2*i:]))<<16))
	case ToF16:
		binary.NativeEndian.PutUint16(out[2*i:], activation.F32ToF16(float32(f(x))))
	case ToBF16:
		binary.NativeEndian.PutUint16(out[2*i:], activation.F32ToBF16(load(x, i)))
	case ToI32:
		v := 0.0
		if !math.IsNaN(f(x)) {
			v = math.Trunc(min(max(f(x), math.MinInt32), math.MaxInt32))
		}
		binary.NativeEndian.PutUint32(out[4*i:], uint32(int32(v)))
	case ToI16:
		v := 0.0
		if !math.IsNaN(f(x)) {
			v = math.Trunc(min(max(f(x), math.MinInt16), math.MaxInt16))
		}
		binary.NativeEndian.PutUint16(out[2*i:], uint16(int16(v)))
	case ToBool:
		if out[i] = 1; f(x) == 0 {
			out[i] = 0
		}
	case ToI64:
		v := int64(0)
		switch g := f(x); {
		case g >= math.MaxInt64:
			v = math.MaxInt64
		case g <= math.MinInt64:
			v = math.MinInt64
		case !math.IsNaN(g):
			v = int64(g)
		}
		binary.NativeEndian.PutUint64(out[8*i:], uint64(v))
	case IsFinite, IsInfinite, IsNaN:
		out[i] = 0
		if map[Primitive]bool{
			IsFinite: f(x)-f(x) == 0, IsInfinite: math.IsInf(f(x), 0), IsNaN: math.IsNaN(f(x)),
		}[p] {
			out[i] = 1
		}
	case Equal, NotEqual, Less, LessEqual:
		out[i] = 0
		if map[Primitive]bool{
			Equal: f(x) == f(y), NotEqual: f(x) != f(y), Less: f(x) < f(y), LessEqual: f(x) <= f(y),
		}[p] {
			out[i] = 1
		}
	case WholeU8:
		binary.NativeEndian.PutUint32(out[4*i:], uint32(x[i])-binary.NativeEndian.Uint32(y))
	case Pick:
		if x[i] != 0 {
			copy(out[4*i:4*i+4], y[4*i:])
		}
	default:
		return false
	}
	return true
}

// functions are those of internal/activation, which has tests of its own.
var functions = map[Primitive]func(float32) float32{
	Sigmoid: activation.Sigmoid, Swish: activation.Swish, Tanh: activation.Tanh, Elu: activation.Elu,
	FusedSigmoid: activation.FusedSigmoid, FusedTanh: activation.FusedTanh, FusedElu: activation.FusedElu,
	Mish:     activation.Mish,
	Softplus: activation.Softplus, Gelu: activation.Gelu, GeluApproximate: activation.GeluApproximate,
	Erf: activation.Erf, Rsqrt: activation.Rsqrt, Expm1: activation.Expm1, Log: activation.Log, Log1p: activation.Log1p,
	Cube: activation.Cube, Selu: activation.Selu, Softsign: activation.Softsign, Sin: activation.Sin, Cos: activation.Cos,
	Tan: activation.Tan, Erfc: activation.Erfc, Atan: activation.Atan, Asin: activation.Asin, Acos: activation.Acos,
	Atanh: activation.Atanh, Sinh: activation.Sinh, Cosh: activation.Cosh,
	Asinh: activation.Asinh, Acosh: activation.Acosh,
	Trunc: exactly(math.Trunc), Abs: exactly(math.Abs), Floor: exactly(math.Floor), Ceil: exactly(math.Ceil),
	RoundEven: exactly(math.RoundToEven), Flushed: exactly(func(x float64) float64 {
		if math.Abs(x) < 0x1p-126 {
			return math.Copysign(0, x)
		}
		return x
	}),
	Sign: exactly(func(x float64) float64 {
		if x == 0 || math.IsNaN(x) {
			return x
		}
		return math.Copysign(1, x)
	}),
}

// functionsOfTwo are those of internal/activation, and what is exact in float64.
var functionsOfTwo = map[Primitive]func(x, y float32) float32{
	Larger: func(x, y float32) float32 {
		if x > y {
			return x
		}
		return y
	},
	Smaller: func(x, y float32) float32 {
		if x < y {
			return x
		}
		return y
	},
	AddF16: func(x, y float32) float32 { return activation.F16ToF32(activation.F32ToF16(x + y)) },
	AddBF16: func(x, y float32) float32 {
		return math.Float32frombits(uint32(activation.F32ToBF16(x+y)) << 16)
	},
	Power: activation.Pow, Atan2: activation.Atan2, Xlogy: activation.Xlogy, Xlog1py: activation.Xlog1py,
	DivideNoNaN: func(x, y float32) float32 {
		if y == 0 {
			return 0
		}
		return x / y
	},
	MultiplyNoNaN: func(x, y float32) float32 {
		if y == 0 {
			return 0
		}
		return x * y
	},
	Xdivy: func(x, y float32) float32 {
		if x == 0 {
			return 0
		}
		return x / y
	},
	TruncateMod: func(x, y float32) float32 { return float32(math.Mod(float64(x), float64(y))) },
	FloorMod: func(x, y float32) float32 {
		r := math.Mod(float64(x), float64(y))
		if r != 0 && math.Signbit(r) != math.Signbit(float64(y)) {
			r += float64(y)
		}
		return float32(r)
	},
}

// exactly returns a function whose results are float32.
func exactly(f func(float64) float64) func(float32) float32 {
	return func(x float32) float32 { return float32(f(float64(x))) }
}

// TestFunctions goes through numbers of every exponent and through those where functions
// change.
func TestFunctions(t *testing.T) {
	const n = 1 << 16
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]byte, 4*n)
	for i := range n {
		v := math.Float32frombits(r.Uint32())
		if i%2 == 0 {
			v = float32(r.NormFloat64() * []float64{0.1, 1, 5, 40, 110, 400}[i/2%6])
		}
		store(x, i, v)
	}
	for i := range 512 { // each exponent, with both signs and no digits
		store(x, 2*i, math.Float32frombits(uint32(i)<<23))
	}
	for _, v := range runnable() {
		if !v.Primitive.isFunction() {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			num := &Numbers{Scale: -0.3, Sub: 1.7, Lo: -20, Hi: 30, Back: 0.7}
			want, got := make([]byte, 4*n+2*guard), make([]byte, 4*n+2*guard)
			for i := range n {
				define(v.Primitive, want[guard:], x, nil, i, num)
			}
			v.Run(got[guard:len(got)-guard], x, nil, n, num)
			requireEqual(t, want, got, 4, "all")
		})
	}
}

// TestFunctionsOfTwo goes through pairs of special numbers, of small whole ones and of others.
func TestFunctionsOfTwo(t *testing.T) {
	const n = 1 << 16
	r := rand.New(rand.NewPCG(3, 4))
	x, y := values(r, n), values(r, n)
	for i := range n {
		switch i % 4 {
		case 0:
			store(x, i, float32(r.NormFloat64()))
			store(y, i, float32(r.IntN(9)-4)/2)
		case 1:
			store(x, i, math.Float32frombits(r.Uint32()))
			store(y, i, float32(r.NormFloat64()))
		}
		if i%16 < 8 && i%4 >= 2 {
			store(x, i, float32(i/16%5-2))
		}
	}
	for _, v := range runnable() {
		if functionsOfTwo[v.Primitive] == nil {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			want, got := make([]byte, 4*n+2*guard), make([]byte, 4*n+2*guard)
			for i := range n {
				define(v.Primitive, want[guard:], x, y, i, nil)
			}
			v.Run(got[guard:len(got)-guard], x, y, n, nil)
			requireEqual(t, want, got, 4, "all")
		})
	}
}

// TestRemainders: pairs whose quotients all routines know, up to the largest of them, and one that
// leaves all to the portable variant.
func TestRemainders(t *testing.T) {
	const n = 1 << 12
	r := rand.New(rand.NewPCG(11, 12))
	for _, v := range runnable() {
		if !v.Primitive.isRemainder() {
			continue
		}
		for _, most := range []float64{4, 1 << 24, 1<<28 - 1, 1 << 28} {
			x, y, want, got := make([]byte, 4*n), make([]byte, 4*n), make([]byte, 4*n), make([]byte, 4*n)
			for i := range n {
				b := float32(math.Exp(r.NormFloat64()*9)) * []float32{1, -1}[i%2]
				a := float32(float64(b) * (2*r.Float64() - 1) * most * 0.99)
				if i%3 == 0 { // beside a whole quotient
					a = math.Nextafter32(float32(float64(b)*math.Floor(r.Float64()*most*0.5)), float32(r.IntN(3)-1)*1e38)
				}
				store(x, i, a)
				store(y, i, b)
			}
			store(x, 77, float32(most))
			store(y, 77, 1)
			for i := range n {
				define(v.Primitive, want, x, y, i, nil)
			}
			v.Run(got, x, y, n, nil)
			requireEqual(t, want, got, 4, fmt.Sprintf("%s up to %v", v.Name, most))
		}
	}
}

// TestAngles: one number of which no routine knows the sine leaves all to the portable variant.
func TestAngles(t *testing.T) {
	const n = 253
	r := rand.New(rand.NewPCG(7, 8))
	for _, v := range runnable() {
		if !v.Primitive.isAngular() {
			continue
		}
		for i, most := range []float32{1 << 28, 1 << 20, 1 << 29, -1 << 29, float32(math.NaN()), math.MaxFloat32} {
			x, want, got := make([]byte, 4*n), make([]byte, 4*n), make([]byte, 4*n)
			for i := range n {
				store(x, i, float32(r.Float64()*2-1)*(1<<20))
			}
			store(x, []int{0, 77, 150, 252}[i%4], most)
			for i := range n {
				define(v.Primitive, want, x, nil, i, nil)
			}
			v.Run(got, x, nil, n, nil)
			requireEqual(t, want, got, 4, fmt.Sprintf("%s up to %v", v.Name, most))
		}
	}
}

// requireEqual compares results with guards. Two NaNs are equal.
func requireEqual(t *testing.T, want, got []byte, size int, name string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	for i := 0; i < len(want); i += size {
		if slices.Equal(want[i:i+size], got[i:i+size]) {
			continue
		}
		if size == 4 {
			w, g := load(want[i:], 0), load(got[i:], 0)
			if w != w && g != g {
				continue
			}
			t.Fatalf("%s: element %d: %v (%#x), want %v (%#x)", name, (i-guard)/size, g, got[i:i+4], w, want[i:i+4])
		}
		if size == 8 {
			w, g := loadDouble(want[i:], 0), loadDouble(got[i:], 0)
			if w != w && g != g {
				continue
			}
			t.Fatalf("%s: element %d: %v, want %v", name, (i-guard)/size, g, w)
		}
		t.Fatalf("%s: element %d: %#x, want %#x", name, i-guard, got[i], want[i])
	}
}

// operands returns n elements of x, and y.
func operands(r *rand.Rand, p Primitive, n int) (x, y []byte) {
	xs, _ := p.sizes()
	x, y = someBytes(r, n*xs), values(r, max(n, 64))
	if p == Rescale {
		shift := int64(20 + r.IntN(30))
		copy(y, (&Rescaling{
			Zero: r.Int64N(200) - 100, Factor: 1<<30 + r.Int64N(1<<30), Half: 1 << (shift - 1), Shift: shift,
			Offset: r.Int64N(200) - 100, Lo: -128, Hi: r.Int64N(128),
		}).Bytes())
	}
	if p == Affine {
		for i, w := range []int32{int32(r.IntN(20) - 10), -128 + int32(r.IntN(2)*128), 100} {
			binary.NativeEndian.PutUint32(y[4*i:], uint32(w))
		}
	}
	if p == Softmax {
		length := n // or a part of that, so that there are several rows
		for _, rows := range []int{2, 3, 5} {
			if n%rows == 0 && r.IntN(2) == 0 {
				length = n / rows
			}
		}
		binary.NativeEndian.PutUint64(y, uint64(length))
		x = values(r, n)
		for i := range n {
			if r.IntN(50) > 0 {
				store(x, i, float32(r.NormFloat64()*20))
			}
		}
		return x, y
	}
	if p == FixedPoint {
		binary.NativeEndian.PutUint64(y, uint64(r.Int64N(1<<28)))
		binary.NativeEndian.PutUint64(y[8:], uint64(r.Int64N(1<<24)-1<<22))
	}
	if p.ofDoubles() {
		x = doubles(r, n)
	}
	if p.isBinary() && p.ySize() == 8 {
		y = doubles(r, max(n, 64))
	}
	if p == Pick {
		for i := range x {
			x[i] &= byte(i)
		}
	}
	words := p == ConvertI32 || p == FixedPoint || p == Rescale
	if xs == 4 && !words {
		x = values(r, n)
	}
	return x, y
}

// TestPrimitives covers steps: below, at and above each; and in place.
func TestPrimitives(t *testing.T) {
	for _, v := range runnable() {
		t.Run(v.Name, func(t *testing.T) {
			xs, outs := v.Primitive.sizes()
			for n := range 3*max(v.NR, 32) + 3 {
				r := rand.New(rand.NewPCG(uint64(n), uint64(v.Primitive)))
				x, y := operands(r, v.Primitive, n)
				num := &Numbers{
					Scale: float32(r.NormFloat64()), Sub: float32(r.IntN(3)), Lo: -128, Hi: 127, Back: 0.3, Flip: n%2 == 0, Zero: 3.5,
				}
				if n%3 == 0 {
					num = &Numbers{Scale: 1, Lo: float32(r.IntN(9)), Hi: 255 - float32(r.IntN(9))}
				}
				if v.Primitive == MultiplyAdd {
					num.Second = 4 * (n + r.IntN(9))
					y = values(r, n+num.Second/4)
				}
				size := v.Primitive.results(n)
				want := someBytes(r, size+2*guard)
				if primitives[v.Primitive].role == folding {
					copy(want[guard:], values(r, Lanes))
					if v.Primitive.ofDoubles() {
						copy(want[guard:], doubles(r, Lanes))
					}
				}
				got := slices.Clone(want)
				y0 := slices.Clone(y) // as Estimate writes it
				for i := range n {
					define(v.Primitive, want[guard:], x, y0, i, num)
				}
				v.Run(got[guard:guard+size:guard+size], x, y, n, num)
				requireEqual(t, want, got, outs, fmt.Sprintf("n=%d,%+v", n, *num))
				require.Equal(t, y0, y, "n=%d,%+v", n, *num)
				later := num.Second == 0 && v.Primitive.isBinary() && v.Primitive.ySize() == outs
				if xs == outs && later { // y is a later part of out
					behind := xs * (1 + r.IntN(20))
					all, _ := operands(r, v.Primitive, n+behind/xs)
					for i := range n {
						define(v.Primitive, want[guard:], all, all[behind:], i, num)
					}
					v.Run(all, all, all[behind:], n, num)
					requireEqual(t, want[guard:guard+n*outs], all[:n*outs], outs, fmt.Sprintf("later part: n=%d,%+v", n, *num))
					for i := range n {
						define(v.Primitive, want[guard:], x, y, i, num)
					}
				}
				if xs == outs && primitives[v.Primitive].role != folding {
					v.Run(x, x, y, n, num)
					requireEqual(t, want[guard:guard+n*outs], x, outs, fmt.Sprintf("in place: n=%d,%+v", n, *num))
				}
			}
		})
	}
}

// residual is MobileNetV2's chain: two tensors are dequantized and added; the sum is
// stored and quantized.
func residual(quantizedA bool) []Step {
	a := Source{Buffer: 0, Type: dtype.F32}
	if quantizedA {
		a = Source{Buffer: 0, Type: dtype.I8, Scale: 0.03}
	}
	return []Step{
		{Kind: Load, Source: a},
		{Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.I8, Scale: 0.02}},
		{Kind: StoreF32, Buffer: 2},
		{Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 17, Lo: -128, Hi: 127}},
	}
}

// TestChains compares chains with their definition, in two parts as threads would.
func TestChains(t *testing.T) {
	channels := func(n int) Source {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i)/2 - 3
		}
		return Source{Values: v}
	}
	rows := func(n, row int) Source {
		s := channels(n)
		s.Row = row
		return s
	}
	chains := []struct {
		name  string
		steps []Step
	}{
		{"residual", residual(true)},
		{"residual of floats", residual(false)},
		{"channels", []Step{
			{Kind: Load, Source: Source{Type: dtype.U8, Scale: 0.7}},
			{Kind: Combine, Primitive: Multiply, Source: channels(7)},
			{Kind: CombineSwapped, Primitive: Subtract, Source: channels(1)},
			{Kind: Limit, Numbers: Numbers{Lo: 0, Hi: 6}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"addends", []Step{
			{Kind: Load, Source: Source{Type: dtype.U8, Scale: 0.7}},
			{Kind: Combine, Primitive: MultiplyAdd, Source: Source{
				Values: channels(70).Values, Addends: slices.Repeat([]float32{-0.3, 7}, 35),
			}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"many channels", []Step{
			{Kind: Load, Source: Source{Type: dtype.I32, Scale: 1e-7}},
			{Kind: Combine, Primitive: Add, Source: channels(1500)},
			{Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 0.5, Sub: -700, Lo: 0, Hi: 255, Flip: true}},
		}},
		{"channels of rows", []Step{
			{Kind: Load, Source: rows(4, 1)},
			with(Subtract, data(with(Multiply, rows(5, 9)))), with(Add, rows(3, 700)), with(Maximum, rows(2, 300)),
			with(Divide, rows(7, 400)),
			{
				Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 0.7, Lo: -128, Hi: 127},
				Source: Source{Steps: []Step{with(Multiply, rows(6, 3000)), {Kind: RoundAway}}},
			},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"halves away from zero", []Step{
			{Kind: Load, Source: Source{Buffer: 0, Type: dtype.F32}},
			{Kind: Combine, Primitive: Multiply, Source: channels(1)},
			{Kind: RoundAway},
			{Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 1, Lo: -128, Hi: 127}},
		}},
		{"of bf16 to f16", []Step{
			{Kind: Load, Source: Source{Buffer: 0, Type: dtype.BF16}},
			{Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.F16}},
			{Kind: Apply, Primitive: Trunc},
			{Kind: DropNaN}, // whose sign a sum leaves open
			{Kind: StoreConverted, Primitive: ToF16, Buffer: 2},
		}},
		{"of s64 to s64", []Step{
			{Kind: Load, Source: Source{Buffer: 1, Type: dtype.I64, Scale: 1}},
			{Kind: Combine, Primitive: Multiply, Source: Source{Values: []float32{-0.25, 3, 0x1p20}}},
			{Kind: StoreConverted, Primitive: ToI64, Buffer: 2},
		}},
		{"to s32", []Step{
			{Kind: Load, Source: Source{Buffer: 0, Type: dtype.F32}},
			{Kind: StoreConverted, Primitive: ToI32, Buffer: 2},
		}},
		{"changed operands", []Step{
			{Kind: Load, Source: Source{Buffer: 0, Type: dtype.BF16, Steps: []Step{
				{Kind: Combine, Primitive: Multiply, Source: channels(3)}, {Kind: Apply, Primitive: Square}, {Kind: DropNaN},
			}}},
			{Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.F32, Steps: []Step{
				{Kind: CombineSwapped, Primitive: Subtract, Source: channels(1)},
				{Kind: Limit, Numbers: Numbers{Lo: -300, Hi: 20}},
			}}},
			{Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 1, Lo: -128, Hi: 127}, Source: Source{Steps: []Step{
				{Kind: Combine, Primitive: Multiply, Source: channels(5)}, {Kind: RoundAway},
			}}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"numbers of rows", []Step{
			{Kind: Load, Source: Source{Buffer: 0, Type: dtype.F32}},
			{Kind: CombineSwapped, Primitive: Subtract, Source: Source{Buffer: 1, Row: 7}},
			{Kind: Combine, Primitive: Add, Source: Source{Buffer: 0, Type: dtype.F32, Steps: []Step{
				{Kind: Combine, Primitive: Multiply, Source: Source{Buffer: 1, Row: 7}}, {Kind: Apply, Primitive: Abs},
			}}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"numbers of long rows", []Step{
			{Kind: Load, Source: Source{Buffer: 1, Row: 700}},
			{Kind: Combine, Primitive: Add, Source: Source{Buffer: 0, Type: dtype.F32}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"each with one number", []Step{
			{Kind: Load, Source: data()},
			with(Add, numberOf(0.1)), with(Divide, numberOf(-4)), with(Multiply, numberOf(0.3)), with(Subtract, numberOf(7)),
			with(Divide, numberOf(0.7)), with(Divide, numberOf(0)), with(Divide, numberOf(0x1p-127)),
			with(Divide, numberOf(0x1p127)), with(Divide, numberOf(float32(math.Inf(1)))), with(Add, numberOf(0)),
			{Kind: StoreF32, Buffer: 2},
		}},
		{"each after one number", []Step{
			{Kind: Load, Source: data()},
			{Kind: CombineSwapped, Primitive: Add, Source: numberOf(0.1)},
			{Kind: CombineSwapped, Primitive: Subtract, Source: numberOf(3)},
			{Kind: CombineSwapped, Primitive: Multiply, Source: numberOf(0.3)},
			{Kind: CombineSwapped, Primitive: Divide, Source: numberOf(2)},
			{Kind: CombineSwapped, Primitive: Maximum, Source: numberOf(-2)},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"quotients by powers of two", []Step{
			{Kind: Load, Source: data()},
			with(Divide, numberOf(0x1p126)), with(Divide, numberOf(0x1p20)),
			with(Divide, numberOf(-0x1p-100)), with(Divide, numberOf(0x1p-126)),
			{Kind: StoreF32, Buffer: 2},
		}},
		{"each with numbers of long rows", []Step{
			{Kind: Load, Source: data()},
			with(Add, Source{Buffer: 1, Row: 300}), with(Divide, Source{Buffer: 1, Row: 300}),
			with(Multiply, data(with(Subtract, Source{Buffer: 1, Row: 300}), with(Multiply, Source{Buffer: 1, Row: 300}))),
			{Kind: CombineSwapped, Primitive: Subtract, Source: Source{Buffer: 1, Row: 300}},
			{Kind: CombineSwapped, Primitive: Divide, Source: Source{Buffer: 1, Row: 300}},
			{Kind: CombineSwapped, Primitive: Multiply, Source: Source{Buffer: 1, Row: 300}},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"multiplied, shifted and quantized", []Step{
			{Kind: Load, Source: data()},
			{
				Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 1, Lo: -128, Hi: 127, Flip: true},
				Source: Source{Steps: []Step{with(Multiply, numberOf(0.37)), with(Add, numberOf(-11.3))}},
			},
			{Kind: StoreF32, Buffer: 2},
		}},
		{"copy", []Step{{Kind: Load, Source: Source{Type: dtype.F32}}, {Kind: StoreF32, Buffer: 2}}},
		{"store twice", []Step{
			{Kind: Load, Source: channels(3)},
			{Kind: StoreF32, Buffer: 2},
			{Kind: DropNaN},
			{Kind: Limit, Numbers: Numbers{Lo: -2.5, Hi: -2}},
			{Kind: CombineSwapped, Primitive: Divide, Source: Source{Buffer: 0, Type: dtype.F32}},
			{Kind: StoreQuantized, Buffer: 3, Numbers: Numbers{Scale: 1, Lo: -128, Hi: 127}},
		}},
	}
	for _, c := range chains {
		for _, without := range isatest.Levels() {
			set := isa.Available().Without(without...)
			t.Run(c.name+"/"+set.String(), func(t *testing.T) {
				chain, err := NewChain(set, 4, c.steps)
				require.NoError(t, err)
				for _, n := range []int{1, 31, 33, 1023, 1024, 1025, 5000} {
					r := rand.New(rand.NewPCG(uint64(n), 1))
					buffers := [][]byte{values(r, n), values(r, 2*n), someBytes(r, 8*n), someBytes(r, n)}
					want := slices.Clone(buffers)
					want[2], want[3] = slices.Clone(want[2]), slices.Clone(want[3])
					defineChain(c.steps, want, n)
					scratch := make([]byte, Scratch)
					chain.Run(buffers, scratch, n/3, n)
					chain.Run(buffers, scratch, 0, n/3)
					for b, size := range []int{4, 4, 4, 1} {
						requireEqual(t, want[b], buffers[b], size, fmt.Sprintf("n=%d, buffer %d", n, b))
					}
				}
			})
		}
	}
}

// defineChain computes a chain step by step on whole tensors.
func defineChain(steps []Step, buffers [][]byte, n int) {
	defineSteps(make([]byte, 4*n), steps, buffers, n)
}

// defineSteps changes values step by step and returns what becomes of them.
func defineSteps(current []byte, steps []Step, buffers [][]byte, n int) []byte {
	operand := func(o Source) []byte {
		out := make([]byte, 4*n)
		for i := range n {
			switch {
			case o.Values != nil:
				store(out, i, o.Values[i/max(o.Row, 1)%len(o.Values)])
			case o.Row != 0:
				store(out, i, load(buffers[o.Buffer], i/o.Row))
			case o.Type == dtype.F32:
				store(out, i, load(buffers[o.Buffer], i))
			default:
				define(converted[o.Type], out, buffers[o.Buffer], nil, i,
					&Numbers{Scale: o.Scale})
			}
		}
		return defineSteps(out, o.Steps, buffers, n)
	}
	for _, s := range steps {
		next, stored, other := make([]byte, 4*n), current, []byte(nil)
		switch s.Kind {
		case StoreQuantized:
			stored = defineSteps(current, s.Source.Steps, buffers, n)
		case Load, Combine, CombineSwapped:
			other = operand(s.Source)
			if s.Source.Addends != nil {
				other = append(other, operand(Source{Values: s.Source.Addends})...)
			}
		}
		for i := range n {
			switch s.Kind {
			case Load:
				next = other
			case Combine:
				define(s.Primitive, next, current, other, i, &Numbers{Second: len(other) / 2})
			case CombineSwapped:
				define(s.Primitive, next, other, current, i, nil)
			case Limit:
				define(Clamp, next, current, nil, i, &s.Numbers)
			case DropNaN:
				define(ZeroNaN, next, current, nil, i, nil)
			case RoundAway:
				define(Round, next, current, nil, i, nil)
			case StoreF32:
				copy(buffers[s.Buffer], current)
				copy(next, current)
			case Apply:
				define(s.Primitive, next, current, nil, i, &s.Numbers)
			case StoreConverted:
				define(s.Primitive, buffers[s.Buffer], current, nil, i, nil)
				copy(next, current)
			case StoreQuantized:
				define(Quantize, buffers[s.Buffer], stored, nil, i, &s.Numbers)
				copy(next, current)
			}
			if s.Kind == Load || s.Kind == StoreF32 {
				break
			}
		}
		current = next
	}
	return current
}

// TestTile: a chain takes the elements of each call from the tile and all others from where they are.
func TestTile(t *testing.T) {
	const n = 5000
	r := rand.New(rand.NewPCG(3, 1))
	x, y := values(r, n), values(r, n)
	steps := func(tile bool) []Step {
		return []Step{
			{Kind: Load, Source: Source{Type: dtype.F32, Tile: tile, Steps: []Step{{Kind: Apply, Primitive: Abs}}}},
			{Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.F32}},
			{Kind: Combine, Primitive: Multiply, Source: Source{Values: []float32{1, -2, 3, 0.5, 7, -11, 13}}},
			{Kind: DropNaN},
			{Kind: StoreF32, Buffer: 2},
		}
	}
	for _, without := range isatest.Levels() {
		set := isa.Available().Without(without...)
		whole, err := NewChain(set, 3, steps(false))
		require.NoError(t, err)
		tiled, err := NewChain(set, 3, steps(true))
		require.NoError(t, err)
		want, got, scratch := make([]byte, 4*n), make([]byte, 4*n), make([]byte, Scratch)
		whole.Run([][]byte{x, y, want}, scratch, 0, n)
		for at, size := 0, 1; at < n; at, size = at+size, min(3*size, Block, n-at-size) {
			tiled.Run([][]byte{slices.Clone(x[4*at:][:4*size]), y, got}, scratch, at, at+size)
		}
		require.Equal(t, want, got, set)
	}
}

func TestNewErrors(t *testing.T) {
	first := Step{Kind: Load, Source: Source{Type: dtype.U8, Scale: 1}}
	for _, c := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"empty", nil, "want a load as the first step"},
		{"no load", []Step{{Kind: Limit}}, "want a load as the first step"},
		{"buffer", []Step{first, {Kind: StoreF32, Buffer: 2}}, "step 1: got buffer 2, want one of 2"},
		{"sizes", []Step{first, {Kind: StoreF32}}, "step 1: buffer 0 has elements of 1 and of 4 bytes"},
		{
			"primitive",
			[]Step{first, {Kind: Combine, Primitive: Clamp, Source: Source{Type: dtype.F32}}},
			"step 1: buffer 0 has elements of 1 and of 4 bytes",
		},
		{
			"not binary",
			[]Step{first, {Kind: Combine, Primitive: Clamp, Source: Source{Buffer: 1, Type: dtype.F32}}},
			"step 1: clamp does not combine two operands",
		},
		{
			"no addends",
			[]Step{first, {Kind: Combine, Primitive: MultiplyAdd, Source: Source{Values: []float32{1}}}},
			"step 1: multiplyadd does not combine two operands",
		},
		{
			"addends",
			[]Step{first, {
				Kind: Combine, Primitive: MultiplyAdd, Source: Source{Values: []float32{1, 2}, Addends: []float32{1}},
			}},
			"step 1: got 1 addends of rows of 0 elements, want 2 of single ones",
		},
		{
			"type",
			[]Step{{Kind: Load, Source: Source{Type: dtype.U16}}},
			"step 0: got numbers of type u16, which chains do not take",
		},
		{
			"range",
			[]Step{first, {Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Lo: 0, Hi: 256}}},
			"step 1: got range [0,256], want one within 8 bits",
		},
		{
			"channels",
			[]Step{{Kind: Load, Source: Source{Values: []float32{}}}},
			"step 0: got 0 values of channels, want at least 1",
		},
		{
			"rows of channels",
			[]Step{{Kind: Load, Source: Source{Values: []float32{1, 2}, Row: -1}}},
			"step 0: got channels of -1 elements in a row, want at least 1",
		},
		{"kind", []Step{first, {Kind: 10}}, "step 1: unknown kind 10"},
		{
			"an operand's operand",
			[]Step{{Kind: Load, Source: Source{Buffer: 1, Type: dtype.F32, Steps: []Step{
				{Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.F32}},
			}}}},
			"step 0: a step of an operand reads other elements, or stores",
		},
		{
			"an operand's store",
			[]Step{first, {Kind: StoreQuantized, Buffer: 1, Numbers: Numbers{Hi: 1}, Source: Source{Steps: []Step{
				{Kind: StoreF32, Buffer: 1},
			}}}},
			"step 1: a step of an operand reads other elements, or stores",
		},
		{
			"rows of bytes",
			[]Step{{Kind: Load, Source: Source{Buffer: 1, Type: dtype.U8, Row: 3}}},
			"step 0: buffer 1 has no float32 for each row of 3 elements",
		},
		{
			"rows of no buffer",
			[]Step{{Kind: Load, Source: Source{Buffer: 2, Row: 3}}},
			"step 0: got buffer 2, want one of 2",
		},
		{
			"rows and elements",
			[]Step{{Kind: Load, Source: Source{Buffer: 1, Row: 3}}, {Kind: StoreF32, Buffer: 1}},
			"step 1: buffer 1 has a value for each row and one for each element",
		},
		{
			"same type",
			[]Step{first, {Kind: StoreConverted, Primitive: Add, Buffer: 1}},
			"step 1: add makes no other type",
		},
		{
			"tile of bytes",
			[]Step{{Kind: Load, Source: Source{Type: dtype.U8, Tile: true}}},
			"step 0: buffer 0 has no float32 of a tile that a chain begins with",
		},
		{
			"late tile",
			[]Step{first, {Kind: Combine, Primitive: Add, Source: Source{Buffer: 1, Type: dtype.F32, Tile: true}}},
			"step 1: buffer 1 has no float32 of a tile that a chain begins with",
		},
		{
			"tile of no buffer",
			[]Step{{Kind: Load, Source: Source{Buffer: 2, Type: dtype.F32, Tile: true}}},
			"step 0: buffer 2 has no float32 of a tile that a chain begins with",
		},
		{
			"tile and elements",
			[]Step{{Kind: Load, Source: Source{Type: dtype.F32, Tile: true}}, {Kind: StoreF32}},
			"step 1: buffer 0 has a tile and a value for each element",
		},
		{
			"bytes",
			[]Step{first, {Kind: Combine, Primitive: Less, Source: Source{Buffer: 1, Type: dtype.F32}}},
			"step 1: less does not combine two operands",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewChain(0, 2, c.steps)
			require.ErrorIs(t, err, ErrChain)
			require.EqualError(t, err, "invalid elementwise chain: "+c.want)
		})
	}
}

// TestRunPanics: no step reads or writes behind the buffers that it is given.
func TestRunPanics(t *testing.T) {
	c, err := NewChain(0, 4, residual(true))
	require.NoError(t, err)
	scratch := make([]byte, Scratch)
	whole := make([]byte, 64) // buffers end in the middle of it
	b := [][]byte{whole[:5], whole[:5], make([]byte, 20), make([]byte, 5)}
	c.Run(b, scratch, 0, 5)
	for _, test := range []struct {
		want    string
		buffers [][]byte
		i0, i1  int
	}{
		{"buffer 0: got 5 bytes, want 6 elements of 1", b, 0, 6},
		{"got 3 buffers, want 4", b[:3], 0, 5},
		{"got elements -1 to 5, want some of 0 to 2147483647", b, -1, 5},
	} {
		require.PanicsWithValue(t, "elementwise: "+test.want, func() { c.Run(test.buffers, scratch, test.i0, test.i1) })
	}
	rows, err := NewChain(0, 2, []Step{{Kind: Load, Source: Source{Row: 3}}, {Kind: StoreF32, Buffer: 1}})
	require.NoError(t, err)
	rows.Run([][]byte{whole[:8], make([]byte, 24)}, scratch, 0, 6)
	want := "elementwise: buffer 0: got 8 bytes, want a float32 for each row of 3 of 7 elements"
	require.PanicsWithValue(t, want, func() { rows.Run([][]byte{whole[:8], make([]byte, 28)}, scratch, 0, 7) })
	tiled := Source{Type: dtype.F32, Tile: true}
	tile, err := NewChain(0, 2, []Step{{Kind: Load, Source: tiled}, {Kind: StoreF32, Buffer: 1}})
	require.NoError(t, err)
	stored := [][]byte{make([]byte, 4*Block+4), make([]byte, 8*Block)}
	tile.Run(stored, scratch, 7, 7+Block)
	want = "elementwise: buffer 0: got 8196 bytes, want 2049 elements of 4, and at most 2048 elements"
	require.PanicsWithValue(t, want, func() { tile.Run(stored, scratch, 7, 8+Block) })
	stored[0] = stored[0][:15]
	want = "elementwise: buffer 0: got 15 bytes, want 4 elements of 4, and at most 2048 elements"
	require.PanicsWithValue(t, want, func() { tile.Run(stored, scratch, 7, 11) })
	want = "elementwise: got 2049 elements, want at most 2048"
	long := [][]byte{make([]byte, 8*Block), make([]byte, 8*Block)}
	same, err := NewChain(0, 2, []Step{{Kind: Load, Source: Source{Type: dtype.F32}}, {Kind: StoreF32, Buffer: 1}})
	require.NoError(t, err)
	require.PanicsWithValue(t, want, func() { same.Values(long, scratch, 7, 8+Block) })
	for _, length := range []uint64{0, 2, 1 << 63} {
		require.PanicsWithValue(t, fmt.Sprintf("elementwise: %s: got 3 elements for rows of %d",
			Choose(0, Softmax).Name, int(length)), func() {
			Choose(0, Softmax).Run(make([]byte, 12), make([]byte, 12), binary.NativeEndian.AppendUint64(nil, length), 3, nil)
		})
	}
	for _, v := range runnable() {
		xs, _ := v.Primitive.sizes()
		for damaged := range 3 {
			lengths := []int{v.Primitive.results(3), 3 * xs, 256}
			if lengths[damaged]--; damaged == 2 && v.Primitive.isBinary() {
				lengths[2] = 11
			} else if damaged == 2 && v.Primitive == FixedPoint {
				lengths[2] = 15
			} else if damaged == 2 && v.Primitive == Affine {
				lengths[2] = 11
			} else if damaged == 2 && v.Primitive == Rescale {
				lengths[2] = 55
			} else if damaged == 2 && v.Primitive == Softmax {
				lengths[2] = 7
			} else if damaged == 2 && v.Primitive == Estimate {
				lengths[2] = 0
			} else if damaged == 2 && v.Primitive != Lookup {
				continue
			}
			out, x, y := make([]byte, 300)[:lengths[0]], make([]byte, 300)[:lengths[1]], make([]byte, 300)[:lengths[2]]
			require.Panics(t, func() { v.Run(out, x, y, 3, &Numbers{}) }, "%s: %v bytes", v.Name, lengths)
		}
	}
}

func BenchmarkPrimitives(b *testing.B) {
	for _, v := range runnable() {
		b.Run(v.Name, func(b *testing.B) {
			const n = 1024
			r := rand.New(rand.NewPCG(1, 2))
			x, y, out := values(r, 2*n), values(r, n), make([]byte, 8*n)
			p := &Numbers{Scale: 0.5, Hi: 255}
			if v.Primitive == Softmax {
				x, y = operands(r, Softmax, n)
			}
			for b.Loop() {
				v.Run(out, x, y, n, p)
			}
			b.ReportMetric(n*float64(b.N)/1e9/b.Elapsed().Seconds(), "Gelements/s")
		})
	}
}

// BenchmarkResidual runs MobileNetV2's largest residual, 56x56x24.
func BenchmarkResidual(b *testing.B) {
	for _, without := range isatest.Levels() {
		set := isa.Available().Without(without...)
		b.Run(set.String(), func(b *testing.B) {
			const n = 56 * 56 * 24
			c, err := NewChain(set, 4, residual(true))
			require.NoError(b, err)
			buffers := [][]byte{make([]byte, n), make([]byte, n), make([]byte, 4*n), make([]byte, n)}
			scratch := make([]byte, Scratch)
			for b.Loop() {
				c.Run(buffers, scratch, 0, n)
			}
			b.ReportMetric(7*n*float64(b.N)/1e9/b.Elapsed().Seconds(), "GB/s")
		})
	}
}

// TestNoAllocation: a call of Run allocates nothing.
func TestNoAllocation(t *testing.T) {
	if simulated {
		t.Skip("simulated routines allocate")
	}
	for _, without := range isatest.Levels() {
		c, err := NewChain(isa.Available().Without(without...), 4, residual(true))
		require.NoError(t, err)
		const n = 3001
		buffers := [][]byte{make([]byte, n), make([]byte, n), make([]byte, 4*n), make([]byte, n)}
		scratch := make([]byte, Scratch)
		require.Zero(t, testing.AllocsPerRun(10, func() { c.Run(buffers, scratch, 0, n) }), c.Name())
	}
}
