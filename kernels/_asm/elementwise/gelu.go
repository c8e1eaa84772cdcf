package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The numbers of activation.Gelu.
const (
	geluFirst   = 0x3e000001
	geluQuarter = 21
	geluBound   = 0x40b15cee
	geluPieces  = 23
	geluDegree  = 5
	geluRow     = 128 // bytes of the coefficients of a degree in y
)

// Registers with constants, and where a vector of 64 bytes finds the coefficients of a degree: in two
// registers from there on.
const (
	geluMagnitude = 8 + iota
	geluFirstBits
	geluLast
	geluBounds
	geluOne
	geluHalf
	geluSign

	geluTable = 16
)

// gelu computes each piece's polynomial of |x|, with the coefficients in y.
var gelu = primitive{
	result: "f32", name: "gelu", x: 4, out: 4,
	doc: "x[i]/2 * (1 + erf(x[i]/sqrt(2))), as activation.Gelu does, with its polynomials in y",
	start: func(g *gen) {
		g.MOVQ(field("y"), y)
		for i, bits := range []uint32{
			1<<31 - 1, geluFirst, geluPieces - 1, geluBound, math.Float32bits(1), math.Float32bits(0.5), 1 << 31,
		} {
			g.doublewords(geluMagnitude+i, bits)
		}
		for i := 0; g.Width == 64 && i <= 2*geluDegree+1; i++ {
			g.VMOVUPS(emit.At(y, 64*i), g.V(geluTable+i))
		}
	},
	step: func(g *gen) {
		for i := range vectors {
			g.gelu(i)
		}
	},
}

// gelu takes a vector: x in register 0, |x| in 1, the pieces in 2, the sum in 4. Register 5 is changed by
// keep, 3, 6, 7 and 15 by coefficient.
func (g *gen) gelu(i int) {
	v, magnitude, piece, sum := g.V(0), g.V(1), g.V(2), g.V(4)
	g.VMOVUPS(emit.At(x, i*g.Width), v)
	g.VANDPS(g.V(geluMagnitude), v, magnitude)
	g.VPSUBD(g.V(geluFirstBits), magnitude, piece)
	g.VPSRAD(operand.U8(geluQuarter), piece, piece)
	g.Zero(sum)
	g.VPMAXSD(sum, piece, piece)
	g.VPMINSD(g.V(geluLast), piece, piece)
	g.keep(less, magnitude, g.V(geluBounds), g.V(geluLast), piece, piece)
	if g.Width == 32 {
		g.VPSLLD(operand.U8(28), piece, g.V(6))
		g.VPSLLD(operand.U8(27), piece, g.V(7))
	}
	g.coefficient(geluDegree, piece, sum)
	for degree := geluDegree - 1; degree >= 0; degree-- {
		g.coefficient(degree, piece, g.V(3))
		g.VFMADD213PS(g.V(3), magnitude, sum)
	}
	g.VANDPS(g.V(geluSign), v, magnitude)
	g.VXORPS(magnitude, sum, sum)
	g.VADDPS(g.V(geluOne), sum, sum)
	g.VMULPS(sum, v, sum)
	g.VMULPS(g.V(geluHalf), sum, sum)
	g.VMOVUPS(sum, emit.At(out, i*g.Width))
}

// coefficient puts each piece's coefficient into to. With vectors of 32 bytes it takes eight pieces at a
// time, of which bits 3 and 4 of the piece choose, which are the signs of registers 6 and 7.
func (g *gen) coefficient(degree int, piece, to reg.VecPhysical) {
	if g.Width == 64 {
		g.VMOVAPS(piece, to)
		g.VPERMI2PS(g.V(geluTable+2*degree+1), g.V(geluTable+2*degree), to)
		return
	}
	eight := func(i int, to reg.VecPhysical) { g.VPERMPS(emit.At(y, geluRow*degree+32*i), piece, to) }
	eight(0, to)
	eight(1, g.V(15))
	g.VBLENDVPS(g.V(6), g.V(15), to, to)
	eight(2, g.V(15))
	g.VBLENDVPS(g.V(7), g.V(15), to, to)
}
