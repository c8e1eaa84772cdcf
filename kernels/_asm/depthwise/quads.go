package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// quad are the registers with four taps of a pixel, and two more for interleaving them.
type quad [6]reg.VecPhysical

func (g *gen) quadFrom(first int) (q quad) {
	for i := range q {
		q[i] = g.V(first + i)
	}
	return q
}

// interleave makes doublewords of the four taps of each channel: in the order of the
// sums, in the registers that it returns.
func (g *gen) interleave(q quad) [4]reg.VecPhysical {
	g.VPUNPCKHBW(q[1], q[0], q[4])
	g.VPUNPCKLBW(q[1], q[0], q[0])
	g.VPUNPCKHBW(q[3], q[2], q[5])
	g.VPUNPCKLBW(q[3], q[2], q[2])
	g.VPUNPCKLWD(q[2], q[0], q[1])
	g.VPUNPCKHWD(q[2], q[0], q[0])
	g.VPUNPCKLWD(q[5], q[4], q[3])
	g.VPUNPCKHWD(q[5], q[4], q[4])
	return [4]reg.VecPhysical{q[1], q[0], q[3], q[4]}
}

// spread is interleave for one tap, in q[0], that stands for all four.
func (g *gen) spread(q quad) [4]reg.VecPhysical {
	g.VPUNPCKHBW(q[0], q[0], q[4])
	g.VPUNPCKLBW(q[0], q[0], q[0])
	g.VPUNPCKLWD(q[0], q[0], q[1])
	g.VPUNPCKHWD(q[0], q[0], q[0])
	g.VPUNPCKLWD(q[4], q[4], q[3])
	g.VPUNPCKHWD(q[4], q[4], q[4])
	return [4]reg.VecPhysical{q[1], q[0], q[3], q[4]}
}

// nineQuads leaves the sums of n pixels in registers 0 and following, four for each.
func (g *gen) nineQuads(n int) {
	for i := range n {
		g.startQuads(i)
	}
	for t := 0; t < nine; t += 4 {
		var x [2][4]reg.VecPhysical
		for i := range n {
			x[i] = g.quadOfNine(g.quadFrom(8+8*i), i, t)
		}
		for k := range 4 {
			m := emit.At(weights, (t+k)*g.Width)
			if n == 1 {
				g.VPDPBUSD(m, x[0][k], g.V(k))
				continue
			}
			weight := g.V(14)
			g.load(m, weight)
			for i := range n {
				g.VPDPBUSD(weight, x[i][k], g.V(4*i+k))
			}
		}
	}
}

// nineYMM is nineQuads with half as many registers: one pixel after the other.
func (g *gen) nineYMM(n int) {
	for i := range n {
		g.startQuads(i)
		for t := 0; t < nine; t += 4 {
			for k, x := range g.quadOfNine(g.quadFrom(8), i, t) {
				g.dot(emit.At(weights, (t+k)*g.Width), x, g.V(4*i+k))
			}
		}
	}
}

const nine = 9 // taps

// startQuads loads the start values of the sums of pixel i.
func (g *gen) startQuads(i int) {
	if i == 0 {
		g.MOVQ(field("init"), p)
	}
	for k := range 4 {
		g.load(emit.At(p, k*g.Width), g.V(4*i+k))
	}
}

// quadOfNine loads and interleaves four of nine taps of pixel i, from tap t on. The last one stands alone.
func (g *gen) quadOfNine(q quad, i, t int) [4]reg.VecPhysical {
	for j := range min(4, nine-t) {
		g.MOVLQSX(emit.At(tap, 4*(nine*i+t+j)), first)
		g.load(emit.Indexed(a, first, 1, 0), q[j])
	}
	if t+4 > nine {
		return g.spread(q) // the weights of the other three are 0
	}
	return g.interleave(q)
}

// dot adds the products of four taps of each channel.
func (g *gen) dot(weights operand.Op, x, acc reg.VecPhysical) {
	if g.how == ymm {
		g.DotBytes(weights, x, acc)
	} else {
		g.VPDPBUSD(weights, x, acc)
	}
}

// anyQuads leaves the sums of a pixel in registers 0 to 3.
func (g *gen) anyQuads() {
	g.MOVQ(field("init"), p)
	for k := range 4 {
		g.load(emit.At(p, k*g.Width), g.V(k))
	}
	q := g.quadFrom(8)
	g.Label("quad")
	g.MOVLQSX(emit.At(tap, 0), first)
	g.load(emit.Indexed(a, first, 1, 0), q[0])
	// Taps behind the last have weights of 0.
	for j := 1; j < 4; j++ {
		g.VMOVAPS(q[0], q[j])
	}
	for j := 1; j < 4; j++ {
		g.CMPQ(left, operand.I8(j))
		g.JLE(operand.LabelRef("loaded"))
		g.MOVLQSX(emit.At(tap, 4*j), first)
		g.load(emit.Indexed(a, first, 1, 0), q[j])
	}
	g.Label("loaded")
	for k, x := range g.interleave(q) {
		g.dot(emit.At(weights, k*g.Width), x, g.V(k))
	}
	g.ADDQ(operand.I32(4*g.Width), weights)
	g.ADDQ(operand.I8(16), tap)
	g.SUBQ(operand.I8(4), left)
	g.JG(operand.LabelRef("quad"))
	// If the last quad had fewer taps, left is minus the number of those it lacked.
	g.LEAQ(operand.Mem{Base: tap, Index: left, Scale: 4}, tap)
}
