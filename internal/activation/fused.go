package activation

import (
	"math"
	"slices"
)

// The functions of this file have the bits of oneDNN 3 (Apache License 2.0), whose constants and polynomials these
// are, on CPUs that have AVX2 or AVX-512: TensorFlow fuses them with products. Each step is rounded to float32.

// fusedTanhPolynomials has the coefficients of the hyperbolic tangent for numbers of either half of each power of
// two from 2**-12 to 2**4, indexed by degree and piece: a polynomial in the distance from the piece's least number.
var fusedTanhPolynomials = [7][32]float32{
	{
		0, 3.662109e-04, 4.8828122e-04, 7.3242176e-04, 9.765622e-04, 0.0014648427, 0.0019531226, 0.0029296791,
		0.0039062302, 0.005859308, 0.007812341, 0.011718214, 0.015623729, 0.02343321, 0.031239832, 0.046840698,
		0.062418748, 0.0934763, 0.124353, 0.1853332, 0.24491866, 0.3583574, 0.46211717, 0.63514894, 0.7615942,
		0.90514827, 0.9640276, 0.9950548, 0.9993293, 0.9999877, 0.99999976, 1,
	},
	{
		1, 1.0000029, 0.99999857, 0.99999774, 0.99999785, 0.99999785, 0.999995, 0.9999914, 0.99998355,
		0.99996567, 0.99993783, 0.9998629, 0.9997552, 0.99944746, 0.9990234, 0.9978066, 0.996103, 0.99126315,
		0.9845376, 0.9656482, 0.9400157, 0.87157965, 0.78644675, 0.59658694, 0.4199737, 0.18070611, 0.07065033,
		0.009864884, 0.0013389544, 2.4408864e-05, 8.210656e-07, 0,
	},
	{
		0, -0.20123269, 0.040452663, 0.057477634, 0.019493977, -0.0014643798, 0.008282652, -0.0029259762,
		0.00121573, -0.0058296854, -0.0054001817, -0.012198357, -0.014882541, -0.019819189, -0.030841589,
		-0.047089085, -0.061930668, -0.09291469, -0.12259797, -0.17851467, -0.23028949, -0.31231514,
		-0.36339617, -0.37895703, -0.31985116, -0.16356423, -0.0681026, -0.009803602, -0.0013219353,
		-2.371458e-05, -3.3924737e-06, 0,
	},
	{
		0, 5749.823, -595.6738, -835.5028, -149.16916, -0.33825177, -37.54493, -0.35300714, -9.646885,
		-0.41202566, -2.512889, 0.102029845, -0.66586125, -1.947781, -0.41494143, -0.25118673, -0.35599667,
		-0.29316983, -0.3034948, -0.31412274, -0.25496265, -0.17922238, -0.09474379, 0.04229101, 0.103726454,
		0.08787186, 0.04208229, 0.0064091696, 8.311224e-04, 1.4345923e-05, 1.0296721e-05, 0,
	},
	{
		0, -7.974524e+07, 4.1756952e+06, 5.799998e+06, 5.2196488e+05, 20.667826, 65251.164, 41.335896,
		8167.6113, 82.668465, 952.1313, -189.75626, 72.66031, 350.62247, 9.062141, -8.600453, 1.5676532,
		-1.4897143, -0.17808028, 0.80307496, 0.10919296, 0.17667282, 0.16897449, 0.096781544, 0.026723608,
		-0.025568588, -0.017884545, -0.002985692, -3.441711e-04, -5.5634127e-06, -1.6651944e-05, 0,
	},
	{
		0, 5.294288e+11, -1.3982878e+10, -1.9273292e+10, -8.739354e+08, -38443.54, -5.4626136e+07, -38443.87,
		-3.4193598e+06, -38442.227, -1.987861e+05, 39537.305, -7580.2427, -36413.562, -471.32257, 449.53235,
		-39.817696, 40.371857, 3.4764261, -8.864259, 0.29435736, -0.03770178, -0.04521991, -0.056463726,
		-0.043212973, -2.1542016e-04, 0.004978726, 9.403353e-04, 8.539713e-05, 1.2656358e-06, 1.3127728e-05, 0,
	},
	{
		0, -1.3490601e+15, 1.7938959e+13, 2.4574412e+13, 5.605963e+11, 2.642387e+07, 1.7520415e+10,
		1.3212083e+07, 5.484132e+08, 6.605746e+06, 1.5910946e+07, -3.1580722e+06, 3.0326312e+05, 1.4510765e+06,
		9427.076, -8971.335, 400.4458, -400.897, -16.842098, 44.58961, -0.68741286, 0.075256795, -0.012960973,
		-0.0017132738, 0.015641386, 0.0024386568, -6.970438e-04, -1.5058095e-04, -9.480877e-06, -1.2748542e-07,
		-3.9933693e-06, 0,
	},
}

// fusedExpTail is (e**r - 1)/r, a polynomial in r for |r| <= ln2/2.
var fusedExpTail = [...]float32{0.9999997, 0.4999915, 0.16667652, 0.041897822, 0.008289291}

const (
	fusedMost  = 88.72284   // larger arguments of the exponential, and NaN, are clamped to this
	fusedLeast = -86.643394 // e**x of smaller x counts as 0

	tanhFirst      = 0x39800000 // the bits of the first piece's least number
	tanhHalf       = 22         // the number of bits below those that tell pieces apart
	tanhLinear     = 0.00042286396
	tanhOne        = 9.010913  // the hyperbolic tangent is 1 from here on
	fusedGelu3     = 0.044715  // in Gelu's approximation
	fusedGelu1     = 0.7978846 // sqrt(2/pi)
	fusedMishLimit = 44.361416 // larger arguments of Mish's exponential, and NaN, are clamped to this
)

// FusedNumbers returns the constants and coefficients of this file in the order in which the vector routines read
// them, in rows of 16: a constant fills a row, and the coefficients of a degree of the hyperbolic tangent take two.
func FusedNumbers() (rows [][16]float32) {
	bits := math.Float32frombits
	for _, v := range slices.Concat([]float32{
		fusedMost, fusedLeast, math.Log2E, 0.5, math.Ln2, bits(126), 1, 2, bits(1 << 31), bits(1<<31 - 1),
		bits(tanhFirst), bits(^uint32(1<<tanhHalf - 1)), tanhOne, tanhLinear, fusedGelu3, fusedGelu1,
	}, fusedExpTail[:]) {
		rows = append(rows, [16]float32(slices.Repeat([]float32{v}, 16)))
	}
	for _, c := range fusedTanhPolynomials {
		rows = append(rows, [16]float32(c[:16]), [16]float32(c[16:]))
	}
	return append(rows, [16]float32(slices.Repeat([]float32{fusedMishLimit}, 16)))
}

// fusedExp returns e**x: p * 2**n with n = floor(x/ln2 + 1/2), where p is a polynomial in x - n*ln2.
func fusedExp(x float32) float32 {
	switch {
	case x < fusedLeast:
		return 0
	case !(x < fusedMost):
		x = fusedMost
	}
	n := float32(math.Floor(float64(float32(x*math.Log2E) + 0.5)))
	r := FMA32(-n, math.Ln2, x)
	p := fusedExpTail[len(fusedExpTail)-1]
	for i := len(fusedExpTail) - 2; i >= 0; i-- {
		p = FMA32(p, r, fusedExpTail[i])
	}
	// 2**n may be beyond float32.
	return float32(FMA32(p, r, 1)*math.Float32frombits(uint32(int32(n)+126)<<23)) * 2
}

// FusedElu returns e**x - 1 for x <= 0, else x.
func FusedElu(x float32) float32 {
	if x <= 0 {
		return fusedExp(x) - 1
	}
	return x
}

// FusedSigmoid returns e/(e+1) with e = e**-|x|, or 1 minus that unless x has a sign.
func FusedSigmoid(x float32) float32 {
	e := fusedExp(math.Float32frombits(math.Float32bits(x) | 1<<31))
	y := e / (e + 1)
	if math.Signbit(float64(x)) {
		return y
	}
	return 1 - y
}

// Swish returns x/(1+e**-x).
func Swish(x float32) float32 { return FusedSigmoid(x) * x }

// FusedTanh returns the hyperbolic tangent: x near 0, else a polynomial for each half of a power of two.
func FusedTanh(x float32) float32 {
	bits := math.Float32bits(x)
	a := math.Float32frombits(bits &^ (1 << 31))
	y := float32(1)
	switch {
	case !(a >= tanhLinear):
		y = a
	case a < tanhOne:
		piece := (math.Float32bits(a) - tanhFirst) >> tanhHalf
		r := a - math.Float32frombits(math.Float32bits(a)>>tanhHalf<<tanhHalf)
		y = fusedTanhPolynomials[6][piece]
		for degree := 5; degree >= 0; degree-- {
			y = FMA32(y, r, fusedTanhPolynomials[degree][piece])
		}
	}
	return math.Float32frombits(math.Float32bits(y) | bits&(1<<31))
}

// GeluApproximate returns x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))).
func GeluApproximate(x float32) float32 {
	y := float32(FMA32(x*x, fusedGelu3, 1) * x)
	return float32((FusedTanh(y*fusedGelu1)+1)*0.5) * x
}

// Mish returns x * tanh(log(1+e**x)), as x * (s-1)/(s+1) with s = (1+e**x)^2.
func Mish(x float32) float32 {
	most := float32(fusedMishLimit)
	if x < most {
		most = x
	}
	s := fusedExp(most) + 1
	s = float32(s * s)
	return (s - 1) / (s + 1) * x
}
