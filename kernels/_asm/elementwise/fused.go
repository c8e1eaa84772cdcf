package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The functions of internal/activation that TensorFlow fuses with products, of float32. Their operations and the
// order of these are those of that package.

// The rows of activation.FusedNumbers, to which y points: 16 float32 each.
const (
	fusedMost = iota
	fusedLeast
	fusedLog2e
	fusedHalf
	fusedLn2
	fusedBias // an integer
	fusedOne
	fusedTwo
	fusedSign
	fusedMagnitude
	fusedTanhFirst
	fusedTanhPiece
	fusedTanhOne
	fusedTanhLinear
	fusedGelu3
	fusedGelu1
	fusedExpTail
	fusedTanhs = fusedExpTail + fusedExpTerms

	fusedMishLimit = fusedTanhs + 2*(fusedTanhDegree+1)

	fusedExpTerms   = 5
	fusedTanhDegree = 6
	fusedTanhTable  = 16 // the register where a vector of 64 bytes finds the first row of fusedTanhs
)

func fusedNumber(row int) operand.Mem { return emit.At(y, 64*row) }

// fusedFunction is a primitive that turns register 0 into its result, with registers 1 to 7 and 15 to work with.
func fusedFunction(name, doc string, tanh bool, compute func(g *gen)) primitive {
	return primitive{
		result: "f32", name: name, x: 4, out: 4,
		doc: doc + ", as internal/activation does, with its FusedNumbers in y",
		start: func(g *gen) {
			g.MOVQ(field("y"), y)
			for i := 0; tanh && g.Width == 64 && i <= 2*fusedTanhDegree+1; i++ {
				g.VMOVUPS(fusedNumber(fusedTanhs+i), g.V(fusedTanhTable+i))
			}
		},
		step: func(g *gen) {
			for i := range vectors {
				g.VMOVUPS(emit.At(x, i*g.Width), g.V(0))
				compute(g)
				g.VMOVUPS(g.V(0), emit.At(out, i*g.Width))
			}
		},
	}
}

var fusedFunctions = []primitive{
	fusedFunction("fusedelu", "e**x[i] - 1 for x[i] <= 0, else x[i]", false, (*gen).fusedElu),
	fusedFunction("fusedsigmoid", "1 / (1 + e**-x[i])", false, func(g *gen) { g.fusedSigmoid(g.V(0)) }),
	fusedFunction("swish", "x[i] / (1 + e**-x[i])", false, func(g *gen) {
		g.VMOVAPS(g.V(0), g.V(6))
		g.fusedSigmoid(g.V(0))
		g.VMULPS(g.V(6), g.V(0), g.V(0))
	}),
	fusedFunction("mish", "x[i] * tanh(log(1 + e**x[i]))", false, (*gen).mish),
	fusedFunction("fusedtanh", "tanh(x[i])", true, func(g *gen) { g.fusedTanh() }),
	fusedFunction("geluapproximate", "x[i]/2 * (1 + tanh(sqrt(2/pi) * (x[i] + 0.044715 * x[i]**3)))", true, func(g *gen) {
		kept := g.V(8)
		g.VMOVAPS(g.V(0), kept)
		g.VMULPS(kept, kept, g.V(0))
		g.VMOVUPS(fusedNumber(fusedGelu3), g.V(1))
		g.VFMADD213PS(fusedNumber(fusedOne), g.V(1), g.V(0))
		g.VMULPS(kept, g.V(0), g.V(0))
		g.VMULPS(fusedNumber(fusedGelu1), g.V(0), g.V(0))
		g.fusedTanh()
		g.VADDPS(fusedNumber(fusedOne), g.V(0), g.V(0))
		g.VMULPS(fusedNumber(fusedHalf), g.V(0), g.V(0))
		g.VMULPS(kept, g.V(0), g.V(0))
	}),
}

// fusedExp makes v e**v. Registers 1 to 3 and 5 change.
func (g *gen) fusedExp(v reg.VecPhysical) {
	power, r, polynomial := g.V(1), g.V(2), g.V(3)
	g.VMINPS(fusedNumber(fusedMost), v, r) // the limit for NaN
	g.VMULPS(fusedNumber(fusedLog2e), r, power)
	g.VADDPS(fusedNumber(fusedHalf), power, power)
	g.round(floorMode, power)
	g.VFNMADD231PS(fusedNumber(fusedLn2), power, r)
	g.VCVTPS2DQ(power, power)
	g.VPADDD(fusedNumber(fusedBias), power, power)
	g.VPSLLD(operand.U8(23), power, power)
	g.VMOVUPS(fusedNumber(fusedExpTail+fusedExpTerms-1), polynomial)
	for i := fusedExpTerms - 2; i >= 0; i-- {
		g.VFMADD213PS(fusedNumber(fusedExpTail+i), r, polynomial)
	}
	g.VFMADD213PS(fusedNumber(fusedOne), r, polynomial)
	g.VMULPS(power, polynomial, polynomial)
	g.VADDPS(polynomial, polynomial, polynomial)
	g.Zero(power)
	g.keep(less, fusedNumber(fusedLeast), v, power, polynomial, v)
}

func (g *gen) fusedElu() {
	v, kept, zero := g.V(0), g.V(6), g.V(1)
	g.VMOVAPS(v, kept)
	g.fusedExp(v)
	g.VSUBPS(fusedNumber(fusedOne), v, v)
	g.Zero(zero)
	g.keep(notLessOrEqual, zero, kept, kept, v, v)
}

func (g *gen) mish() {
	v, kept, below, above := g.V(0), g.V(6), g.V(1), g.V(2)
	g.VMOVAPS(v, kept)
	g.VMINPS(fusedNumber(fusedMishLimit), v, v) // the limit for NaN
	g.fusedExp(v)
	g.VADDPS(fusedNumber(fusedOne), v, v)
	g.VMULPS(v, v, v)
	g.VSUBPS(fusedNumber(fusedOne), v, below)
	g.VADDPS(fusedNumber(fusedOne), v, above)
	g.VDIVPS(above, below, v)
	g.VMULPS(kept, v, v)
}

// fusedSigmoid makes v 1/(1 + e**-v). Registers 1 to 5 change.
func (g *gen) fusedSigmoid(v reg.VecPhysical) {
	kept, quotient, rest := g.V(4), g.V(1), g.V(2)
	g.VMOVAPS(v, kept)
	g.VORPS(fusedNumber(fusedSign), v, v)
	g.fusedExp(v)
	g.VADDPS(fusedNumber(fusedOne), v, quotient)
	g.VDIVPS(quotient, v, quotient)
	g.VMOVUPS(fusedNumber(fusedOne), rest)
	g.VSUBPS(quotient, rest, rest)
	if g.Width == 64 {
		g.VPMOVD2M(kept, reg.K1)
		g.VBLENDMPS(quotient, rest, reg.K1, v)
		return
	}
	g.VBLENDVPS(kept, quotient, rest, v)
}

// fusedTanh makes register 0 its hyperbolic tangent. Registers 1 to 7 and 15 change.
func (g *gen) fusedTanh() {
	v, magnitude, piece, sum, r := g.V(0), g.V(1), g.V(2), g.V(3), g.V(4)
	g.VANDPS(fusedNumber(fusedMagnitude), v, magnitude)
	g.VANDPS(fusedNumber(fusedTanhPiece), magnitude, piece)
	g.VSUBPS(piece, magnitude, r)
	g.VPSUBD(fusedNumber(fusedTanhFirst), piece, piece)
	g.VPSRLD(operand.U8(22), piece, piece)
	if g.Width == 32 {
		g.VPSLLD(operand.U8(28), piece, g.V(6))
		g.VPSLLD(operand.U8(27), piece, g.V(7))
	}
	g.fusedCoefficient(fusedTanhDegree, piece, sum)
	for degree := fusedTanhDegree - 1; degree >= 0; degree-- {
		g.fusedCoefficient(degree, piece, g.V(5))
		g.VFMADD213PS(g.V(5), r, sum)
	}
	g.VMOVUPS(fusedNumber(fusedOne), piece)
	g.keep(less, fusedNumber(fusedTanhOne), magnitude, sum, piece, sum)
	g.keep(notGreaterOrEqual, fusedNumber(fusedTanhLinear), magnitude, magnitude, sum, sum)
	g.VANDPS(fusedNumber(fusedSign), v, v)
	g.VORPS(v, sum, v)
}

// fusedCoefficient puts each piece's coefficient into to. With vectors of 32 bytes it takes eight pieces at a time,
// of which bits 3 and 4 of the piece choose, which are the signs of registers 6 and 7.
func (g *gen) fusedCoefficient(degree int, piece, to reg.VecPhysical) {
	row := fusedTanhs + 2*degree
	if g.Width == 64 {
		g.VMOVAPS(piece, to)
		g.VPERMI2PS(g.V(fusedTanhTable+2*degree+1), g.V(fusedTanhTable+2*degree), to)
		return
	}
	eight := func(i int, to reg.VecPhysical) { g.VPERMPS(emit.At(y, 64*row+32*i), piece, to) }
	next, last := g.V(14), g.V(15)
	eight(0, to)
	eight(1, next)
	g.VBLENDVPS(g.V(6), next, to, to)
	eight(2, next)
	eight(3, last)
	g.VBLENDVPS(g.V(6), last, next, next)
	g.VBLENDVPS(g.V(7), next, to, to)
}
