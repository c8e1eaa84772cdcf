package activation

import "math"

// GeluPieces is the number of polynomials that make up the exact Gelu. The last one is the constant 1.
const GeluPieces = 23

// geluPolynomials has the coefficients of erf(x/sqrt(2)) for x >= 0, indexed by degree and piece. The first
// piece is for x up to 5/32, and each further one for a quarter of an octave. The numbers are those with which
// oneDNN 3 (Apache License 2.0) computes gelu_erf on CPUs that have AVX-512.
var geluPolynomials = [6][32]float32{
	{
		1.5188366e-08, 6.0441465e-08, 1.9580071e-07, 5.7655126e-07, 1.8136789e-06, 7.1081054e-06,
		2.2010752e-05, 5.5225635e-05, 1.831175e-04, 6.498413e-04, 0.0017345067, 0.0037866202, 0.008343051,
		0.0127789555, -0.003176821, -0.0691192, -0.27097204, -0.5472661, -0.39980435, 0.14787646, 0.77755123,
		0.9794183, 1,
	},
	{
		0.7978839, 0.7978825, 0.7978789, 0.79787034, 0.7978466, 0.7977628, 0.79756546, 0.7971865, 0.7959481,
		0.7922447, 0.7850465, 0.7733578, 0.7511906, 0.732789, 0.7846672, 0.9714677, 1.4611516, 2.0251584,
		1.790736, 1.0093725, 0.23098189, 0.01867352, 0,
	},
	{
		1.0841714e-05, 2.896764e-05, 6.682378e-05, 1.4431536e-04, 3.2647466e-04, 8.582302e-04, 0.0019052438,
		0.0036366323, 0.008441632, 0.020222925, 0.039360855, 0.06602445, 0.10923457, 0.13979976, 0.072266184,
		-0.1396405, -0.6155817, -1.0770063, -0.9281096, -0.4816873, -0.0961774, -0.006786839, 0,
	},
	{
		-0.13307738, -0.13319246, -0.13339315, -0.13374342, -0.1344436, -0.13613439, -0.13891616, -0.14287555,
		-0.15221408, -0.1709968, -0.19647883, -0.2269277, -0.26911446, -0.29452354, -0.25052387, -0.1301916,
		0.10148359, 0.2905895, 0.24336384, 0.11568559, 0.020067886, 0.0012350094, 0,
	},
	{
		4.5889345e-04, 8.250156e-04, 0.0013578596, 0.0021505188, 0.0034977621, 0.006191868, 0.009893196,
		0.014425337, 0.023517137, 0.03852472, 0.05551665, 0.07292371, 0.09355366, 0.10412485, 0.089776866,
		0.05557131, -9.112102e-04, -0.03973237, -0.032254163, -0.013974587, -0.0020977375, -1.12510286e-04, 0,
	},
	{
		0.018966824, 0.018499883, 0.01793304, 0.017214557, 0.01617638, 0.014455351, 0.012482236, 0.010404875,
		0.006857343, 0.0020495458, -0.0024900034, -0.006475404, -0.010517931, -0.012278704, -0.010405218,
		-0.0065113325, -9.935636e-04, 0.0021998081, 0.00172694, 6.788905e-04, 8.7863686e-05, 4.1047288e-06, 0,
	},
}

const (
	geluFirst   = 0x3e000001 // the bits of the smallest float32 above 1/8, where an octave begins
	geluQuarter = 21         // the number of bits below those that distinguish quarters of octaves
	geluBound   = 0x40b15cee // the bits of 5.5426; for larger x, erf(x/sqrt(2)) is 1 in float32
)

// GeluPolynomials returns the coefficients of the exact Gelu in the layout that the vector routines read: for
// each degree those of all pieces, padded with zeros.
func GeluPolynomials() [6][32]float32 { return geluPolynomials }

// Gelu returns x/2 * (1 + erf(x/sqrt(2))) with the bits of oneDNN's gelu_erf on AVX-512, which TensorFlow fuses
// with products. erf is a polynomial of degree 5 in |x|, evaluated by Horner's rule. Each step of it is rounded
// once to float32, and so are the sum and the two products that follow. The result is within 1.3e-6 of the
// exact value. It is infinite for x above half of the largest float32, and NaN for infinite x.
func Gelu(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	piece := min(max((int32(math.Float32bits(a))-geluFirst)>>geluQuarter, 0), GeluPieces-1)
	if math.Float32frombits(geluBound) < a {
		piece = GeluPieces - 1
	}
	p := geluPolynomials[5][piece]
	for degree := 4; degree >= 0; degree-- {
		p = FMA32(p, a, geluPolynomials[degree][piece])
	}
	p = math.Float32frombits(math.Float32bits(p) ^ math.Float32bits(x)&(1<<31))
	return float32(x*(p+1)) * 0.5
}

// FMA32 returns x*y + z with one rounding to float32, on every CPU.
func FMA32(x, y, z float32) float32 {
	p := float64(x) * float64(y) // exact: 24+24 bits
	s := p + float64(z)
	// Rounding twice is wrong only if the sum is where float32 rounds: halfway between two numbers, or subnormal.
	if b := math.Float64bits(s); b&(1<<29-1) != 1<<28 && b<<1 >= leastNormal<<1 {
		return float32(s)
	}
	return rounded(p, float64(z), s)
}

// leastNormal has the bits of 0x1p-126.
const leastNormal = (1023 - 126) << 52

// rounded returns p + z with one rounding to float32, for s = fl(p + z).
func rounded(p, z, s float64) float32 { return float32(oddSum(p, z, s)) }

// oddSum rounds p + z to odd, for s = fl(p + z), so that rounding it again to 24 bits is right.
func oddSum(p, z, s float64) float64 {
	if err := twoSumError(p, z, s); err != 0 && !math.IsInf(s, 0) {
		if b := math.Float64bits(s); b&1 == 0 {
			if (err > 0) == (s > 0) {
				b++
			} else {
				b--
			}
			s = math.Float64frombits(b)
		}
	}
	return s
}

// twoSumError returns the exact a + b - s for s = fl(a + b) (Knuth). NaN counts as no error.
func twoSumError(a, b, s float64) float64 {
	bb := s - a
	e := (a - (s - bb)) + (b - bb)
	if e != e {
		return 0
	}
	return e
}
