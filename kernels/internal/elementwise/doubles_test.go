package elementwise

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
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
