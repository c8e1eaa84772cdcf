package activation

import "math"

// FlushedFMA32 returns x*y + z with one rounding to float32, where subnormal numbers count as zeros: of the operands,
// and of the result after it is rounded as if exponents had no lower limit. That is how x86 computes with DAZ and FTZ,
// and VDPBF16PS each of its two products. Zeros keep their signs.
func FlushedFMA32(x, y, z float32) float32 {
	x, y, z = flushed(x), flushed(y), flushed(z)
	p := float64(x) * float64(y)
	s := p + float64(z)
	if !(math.Abs(s) < 2*smallestNormal) {
		return FMA32(x, y, z)
	}
	const scale = 1 << 64
	r := float32(oddSum(p, float64(z), s) * scale)
	if math.Abs(float64(r)) < smallestNormal*scale {
		return float32(math.Copysign(0, float64(r)))
	}
	return r / scale
}

const smallestNormal = 0x1p-126

func flushed(v float32) float32 {
	if b := math.Float32bits(v); b&0x7f800000 == 0 {
		return math.Float32frombits(b & (1 << 31))
	}
	return v
}
