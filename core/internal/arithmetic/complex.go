package arithmetic

import "math"

// Complex numbers are computed in float64, each product and each sum rounded, also those of c64, which round once more.

// complexMultiply is (ac - bd) + (ad + bc)i.
func complexMultiply(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	return complex(float64(a*c)-float64(b*d), float64(a*d)+float64(b*c))
}

// complexDivide is Smith's quotient, which multiplies by the smaller part of the divisor over the larger.
func complexDivide(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	if math.Abs(c) < math.Abs(d) {
		r := c / d
		n := float64(c*r) + d
		return complex((float64(a*r)+b)/n, (float64(b*r)-a)/n)
	}
	r := d / c
	n := c + float64(d*r)
	return complex((a+float64(b*r))/n, (b-float64(a*r))/n)
}

// ComplexSquare is x * x.
func ComplexSquare(x complex128) complex128 { return complexMultiply(x, x) }

// ComplexSum adds numbers as SumLanes adds their parts.
func ComplexSum(v []complex128) complex128 {
	parts := make([]float64, 2*len(v))
	re, im := parts[:len(v)], parts[len(v):]
	for i, x := range v {
		re[i], im[i] = real(x), imag(x)
	}
	return complex(SumLanes(re), SumLanes(im))
}
