package main

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The general registers of the routine for NEON. R0 is the call.
const (
	neonTap     = "R1" // the offset of the first pixel's next tap
	neonSecond  = "R2" // the same of the second pixel
	neonC       = "R3"
	neonPixels  = "R4" // left
	neonWeights = "R5"
	neonLeft    = "R6" // taps
	neonA       = "R7"
	neonFlags   = "R8"
	neonLDC     = "R9"
	neonTemp    = "R10"
)

// The vector registers: from V0 on the sums of two pixels, four for each, and from these on the weights of four taps,
// the data of as many, interleaved data, the bytes 0x80, start values, and operands.
const (
	neonWeight  emit.VReg = 8
	neonData    emit.VReg = 12
	neonPair    emit.VReg = 16
	neonSign    emit.VReg = 20
	neonStart   emit.VReg = 24
	neonOperand emit.VReg = 28
)

// neonGen is one routine for NEON being generated.
type neonGen struct{ *emit.ARM64 }

// neonDotRoutine computes 16 channels of two pixels at a time. The bytes of four taps are interleaved, so that SDOT
// multiplies them by the weights of each channel. It multiplies signed bytes: those of A are inverted in bit 7, which
// subtracts 128, and the start values make up for it.
func neonDotRoutine() emit.ARM64Routine {
	const name = "depthwise_u8s8_chain_2x16_neondot"
	return emit.ARM64Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = epilogue(init[i] + sum over t < taps of a[offsets[m,t]+i] * w[t,i])    for i < 16

It reads A and writes C at all 16 channels.`, name),
		Build: func(arm *emit.ARM64) {
			g := neonGen{arm}
			g.Op("MOVD call_offsets(R0), %s", neonTap)
			g.Op("MOVD call_c(R0), %s", neonC)
			g.Op("MOVD call_pixels(R0), %s", neonPixels)
			g.Op("MOVD call_a(R0), %s", neonA)
			g.Op("MOVD call_ldc(R0), %s", neonLDC)
			g.Op("MOVWU call_flags(R0), %s", neonFlags)
			g.start()
			g.Label("two")
			g.Op("SUBS $2, %s", neonPixels)
			g.Op("BLT last")
			g.pixels(2)
			g.Op("B two")
			g.Label("last")
			g.Op("ADDS $2, %s", neonPixels)
			g.Op("BEQ done")
			g.pixels(1)
			g.Label("done")
			g.Op("RET")
		},
	}
}

// start makes the start values: with 128 times the sums of weights, which SDOT makes of the bytes 0x80, -128.
func (g *neonGen) start() {
	quad := g.Fresh("start")
	g.Op("VMOVI $0x80, %s", neonSign.B16())
	for v := range emit.VReg(4) {
		g.Zero(v)
	}
	g.Op("MOVD call_weights(R0), %s", neonWeights)
	g.Op("MOVD call_taps(R0), %s", neonLeft)
	g.Label(quad)
	g.loadWeights()
	for v := range emit.VReg(4) {
		g.SDOTs(v, neonWeight+v, neonSign)
	}
	g.Op("SUBS $4, %s", neonLeft)
	g.Op("BGT %s", quad)
	g.load("init", neonStart)
	for v := range emit.VReg(4) {
		g.Op("VSUB %s, %s, %[2]s", v.S4(), (neonStart + v).S4())
	}
}

// load loads a word for each channel.
func (g *neonGen) load(field string, v emit.VReg) {
	g.Op("MOVD call_%s(R0), %s", field, neonTemp)
	g.Op("FLDPQ (%s), (%s, %s)", neonTemp, v.F(), (v + 1).F())
	g.Op("FLDPQ 32(%s), (%s, %s)", neonTemp, (v + 2).F(), (v + 3).F())
}

// loadWeights loads those of the next four taps.
func (g *neonGen) loadWeights() {
	for v := neonWeight; v < neonWeight+4; v += 2 {
		g.Op("FLDPQ.P 32(%s), (%s, %s)", neonWeights, v.F(), (v + 1).F())
	}
}

// pixels computes one or two pixels.
func (g *neonGen) pixels(n int) {
	quad, rest, done := g.Fresh("quad"), g.Fresh("rest"), g.Fresh("multiplied")
	g.Op("MOVD call_weights(R0), %s", neonWeights)
	g.Op("MOVD call_taps(R0), %s", neonLeft)
	if n == 2 {
		g.Op("ADD %s<<2, %s, %s", neonLeft, neonTap, neonSecond)
	}
	for i := range emit.VReg(4 * n) {
		g.Op("VMOV %s, %s", (neonStart + i%4).B16(), i.B16())
	}
	g.Label(quad)
	g.Op("SUBS $4, %s", neonLeft)
	g.Op("BLT %s", rest)
	g.quad(n, 4)
	g.Op("B %s", quad)
	g.Label(rest)
	for taps := 1; taps < 4; taps++ {
		next := g.Fresh("more")
		g.Op("CMP $%d, %s", taps-4, neonLeft)
		g.Op("BNE %s", next)
		g.quad(n, taps)
		g.Op("B %s", done)
		g.Label(next)
	}
	g.Label(done)
	if n == 2 {
		g.Op("MOVD %s, %s", neonSecond, neonTap)
	}
	g.epilogue(n)
}

// quad multiplies up to four taps of n pixels. Where taps are missing, others are multiplied by weights of 0.
func (g *neonGen) quad(n, taps int) {
	g.loadWeights()
	for pixel, tap := range []string{neonTap, neonSecond}[:n] {
		var x [4]string
		for t := range x {
			v := neonData + emit.VReg(t)
			x[t] = v.B16()
			if t >= taps {
				x[t] = x[0]
				continue
			}
			g.Op("MOVW.P 4(%s), %s", tap, neonTemp)
			g.Op("ADD %s, %s", neonA, neonTemp)
			g.Op("FMOVQ (%s), %s", neonTemp, v.F())
		}
		for _, v := range x[:taps] {
			g.Op("VEOR %s, %s, %[2]s", neonSign.B16(), v)
		}
		g.interleave(x, taps > 2)
		for v := range emit.VReg(4) {
			g.SDOTs(emit.VReg(4*pixel)+v, neonWeight+v, neonData+v)
		}
	}
}

// interleave makes words of the bytes of four taps, for four channels in each of the registers of the data. If the last
// two taps have weights of 0, the first two stand for them.
func (g *neonGen) interleave(x [4]string, lastTwo bool) {
	first, second := neonPair, neonPair
	zip := func(x, y string, to emit.VReg) {
		g.Op("VZIP1 %s, %s, %s", y, x, to.B16())
		g.Op("VZIP2 %s, %s, %s", y, x, (to + 1).B16())
	}
	zip(x[0], x[1], first)
	if lastTwo {
		second += 2
		zip(x[2], x[3], second)
	}
	for half := range emit.VReg(2) {
		low, high, to := (first + half).H8(), (second + half).H8(), neonData+2*half
		g.Op("VZIP1 %s, %s, %s", high, low, to.H8())
		g.Op("VZIP2 %s, %s, %s", high, low, (to + 1).H8())
	}
}

// epilogue applies the steps in flags to the sums of n pixels and stores them. Results of bytes are always clamped, so
// that their lowest bytes are all of them. FMAXNM replaces a NaN by the lower bound.
func (g *neonGen) epilogue(n int) {
	words, done := g.Fresh("words"), g.Fresh("stored")
	each := func(f func(channels, v emit.VReg)) {
		for i := range emit.VReg(4 * n) {
			f(i%4, i)
		}
	}
	operands := func(step uint32, name string, op func(d, n, m emit.VReg)) {
		g.When(neonFlags, step, name, func() {
			g.load(name, neonOperand)
			each(func(i, v emit.VReg) { op(v, v, neonOperand+i) })
		})
	}
	g.Op("TST $%#x, %s", outS32, neonFlags)
	g.Op("BNE %s", words)
	each(func(_, v emit.VReg) { g.SCVTF(v, v) })
	operands(stepPre, "pre", g.FADD)
	operands(stepScale, "scale", g.FMUL)
	operands(stepBias, "bias", g.FADD)
	g.When(neonFlags, stepRelu, "relu", func() {
		g.Zero(neonOperand)
		each(func(_, v emit.VReg) { g.FMAXNM(v, v, neonOperand) })
	})
	operands(stepPost, "post", g.FMUL)
	g.Op("TST $%#x, %s", outF32, neonFlags)
	g.Op("BNE %s", words)
	g.Broadcast("lo", neonTemp, neonOperand)
	g.Broadcast("hi", neonTemp, neonOperand+1)
	g.Broadcast("flip", neonTemp, neonOperand+2)
	each(func(_, v emit.VReg) { g.FMAXNM(v, v, neonOperand) })
	each(func(_, v emit.VReg) { g.FMINNM(v, v, neonOperand+1) })
	each(func(_, v emit.VReg) { g.FCVTNS(v, v) })
	for v := emit.VReg(0); int(v) < 4*n; v += 4 {
		g.Op("VUZP1 %s, %s, %[2]s", (v + 1).H8(), v.H8())
		g.Op("VUZP1 %s, %s, %[2]s", (v + 3).H8(), (v + 2).H8())
		g.Op("VUZP1 %s, %s, %[2]s", (v + 2).B16(), v.B16())
		g.Op("VEOR %s, %s, %[2]s", (neonOperand + 2).B16(), v.B16())
		g.Op("FMOVQ %s, (%s)", v.F(), neonC)
		g.Op("ADD %s, %s", neonLDC, neonC)
	}
	g.Op("B %s", done)
	g.Label(words)
	for v := emit.VReg(0); int(v) < 4*n; v += 4 {
		g.Op("FSTPQ (%s, %s), (%s)", v.F(), (v + 1).F(), neonC)
		g.Op("FSTPQ (%s, %s), 32(%s)", (v + 2).F(), (v + 3).F(), neonC)
		g.Op("ADD %s, %s", neonLDC, neonC)
	}
	g.Label(done)
}
