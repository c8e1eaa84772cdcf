package activation

import "math"

// F32ToBF16 rounds to the nearest bfloat16, ties to even.
func F32ToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// F32ToF16 rounds to the nearest float16, ties to even. Numbers that are too large become infinite.
func F32ToF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, mag := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case mag > 0x7f800000:
		return sign | 0x7e00
	case mag >= 0x477ff000: // 65520: half a step above the largest float16
		return sign | 0x7c00
	case mag < 0x38800000: // below 2^-14: a multiple of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(mag))*(1<<24)))
	}
	return sign | uint16((mag-0x38000000+0xfff+mag>>13&1)>>13)
}

// RoundF16 is F16ToF32 of F32ToF16.
func RoundF16(x float32) float32 {
	b := math.Float32bits(x)
	if mag := b & 0x7fffffff; mag-0x38800000 >= 0x477ff000-0x38800000 { // no normal float16
		return F16ToF32(F32ToF16(x))
	}
	return math.Float32frombits((b + 0xfff + b>>13&1) &^ 0x1fff)
}

// F16ToF32 returns the value of a float16. A NaN becomes quiet.
func F16ToF32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case exp == 0:
		v := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(v) | sign)
	case exp == 31 && frac != 0:
		return math.Float32frombits(sign | 0x7fc00000 | frac<<13)
	case exp == 31:
		return math.Float32frombits(sign | 255<<23)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
