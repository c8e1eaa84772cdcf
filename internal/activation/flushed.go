package activation

import "math"

// FlushedFMA32 returns x*y + z with one rounding to float32, where subnormal numbers count as zeros: of the operands,
// and of the result after it is rounded as if exponents had no lower limit. That is how x86 computes with DAZ and FTZ,
// and VDPBF16PS each of its two products. Zeros keep their signs.
func FlushedFMA32(x, y, z float32) float32 {
	x, y, z = flushed(x), flushed(y), flushed(z)
	r := Fused(x, y, z)
	const large = 2 << 24 // the bits of twice the least normal number, without the sign
	if math.Float32bits(r)<<1-1 < large-1 {
		return flushedSum(float64(x)*float64(y), float64(z))
	}
	return r // which is also right where it is zero
}

// flushedSum returns p + z for a sum that is around the least normal number.
func flushedSum(p, z float64) float32 {
	const scale, leastNormal = 1 << 64, 0x1p-126
	r := float32(oddSum(p, z, p+z) * scale)
	if math.Abs(float64(r)) < leastNormal*scale {
		return float32(math.Copysign(0, float64(r)))
	}
	return r / scale
}

func flushed(v float32) float32 {
	if b := math.Float32bits(v); b&0x7f800000 == 0 {
		return math.Float32frombits(b & (1 << 31))
	}
	return v
}
