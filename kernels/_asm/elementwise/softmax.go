package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// softmaxSize is how many elements of a row a round of softmax takes; the last round takes
// what is left of the row, under masks of 8 and of 16 elements.
const softmaxSize = 32

// softmax normalizes rows: it finds the largest number, sums exponentials in 16 lanes, and divides.
var softmax = emit.Routine{
	Name: "elementwise_f32_softmax_32_avx512vnni",
	Doc: fmt.Sprintf("elementwise_f32_softmax_%d_avx512vnni computes rows of n elements, a multiple of %d, and of as many\n"+
		"more as flip has bits; the rows are stride bytes apart:\n\n"+
		"\tout[i] = exp(x[i] - m) / s, m the maximum of x, s the sum in 16 lanes, as internal/activation does",
		softmaxSize, softmaxSize),
	Build: func(c *build.Context) {
		g := &rowGen{gen: gen{emit.Gen{Context: c, Width: 64}}}
		g.MOVQ(emit.Param(), call)
		g.MOVQ(field("constants"), constants)
		g.MOVQ(field("rows"), rows)
		g.MOVQ(field("out"), out)
		g.MOVQ(field("x"), x)
		for i := range 4 {
			g.KMOVB(emit.At(call, field("flip").Disp+i), masks[i])
		}
		for i := range 2 {
			g.KMOVW(emit.At(call, field("flip").Disp+2*i), halves[i])
		}
		g.Label("row")
		g.largest()
		g.exponentials()
		g.divideBySum()
		g.ADDQ(field("stride"), out)
		g.ADDQ(field("stride"), x)
		g.DECQ(rows)
		g.JNZ(operand.LabelRef("row"))
		g.VZEROUPPER()
		g.RET()
	},
}

var (
	rows, at = reg.R9, reg.R10
	halves   = [...]reg.OpmaskPhysical{reg.K5, reg.K6}
)

type rowGen struct{ gen }

// spare returns register i of those that exponentials leave alone.
func (g *rowGen) spare(i int) reg.VecPhysical {
	return []reg.VecPhysical{
		g.lane(1).shared, g.lane(2).shared, g.lane(3).shared, g.lane(0).y, g.lane(1).y, g.lane(2).y, g.lane(3).y,
	}[i]
}

// rounds calls round for the whole rounds of a row, and for the rest of it.
func (g *rowGen) rounds(round func(rest bool)) {
	next, rest, end := g.Fresh("next"), g.Fresh("rest"), g.Fresh("end")
	g.MOVQ(field("n"), n)
	g.XORQ(at, at)
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(rest))
	g.Label(next)
	round(false)
	g.ADDQ(operand.I32(4*softmaxSize), at)
	g.SUBQ(operand.I8(softmaxSize), n)
	g.JG(operand.LabelRef(next))
	g.Label(rest)
	g.MOVL(field("flip"), reg.EAX)
	g.TESTL(reg.EAX, reg.EAX)
	g.JZ(operand.LabelRef(end))
	round(true)
	g.Label(end)
}

// largest fills spare register 0 with the maximum of a row: NaN if an element is.
func (g *rowGen) largest() {
	most, nan, lowest := [2]reg.VecPhysical{g.V(0), g.V(1)}, g.V(2), g.V(3)
	g.doublewords(int(lowest.PhysicalIndex()), math.Float32bits(float32(math.Inf(-1))))
	g.VMOVAPS(lowest, most[0])
	g.VMOVAPS(lowest, most[1])
	g.VXORPS(nan, nan, nan)
	g.rounds(func(rest bool) {
		for i := range most {
			v, from := g.V(4+i), emit.Indexed(x, at, 1, 64*i)
			if rest {
				g.VMOVDQU32_Z(from, halves[i], v)
				g.VBLENDMPS(v, lowest, halves[i], v)
			} else {
				g.VMOVUPS(from, v)
			}
			g.VMAXPS(v, most[i], most[i])
			g.VCMPPS(operand.U8(unordered), v, v, reg.K7)
			g.VMOVAPS(v, reg.K7, nan)
		}
	})
	g.VMAXPS(most[1], most[0], most[0])
	g.reduce(most[0], g.V(5), func(a, b reg.VecPhysical) { g.VMAXPS(a, b, b) })
	g.reduce(nan, g.V(5), func(a, b reg.VecPhysical) { g.VADDPS(a, b, b) })
	g.VADDPS(emit.X(nan), emit.X(most[0]), emit.X(nan))
	g.VBROADCASTSS(emit.X(nan), g.spare(0))
}

// reduce combines the upper half of the lanes with the lower one until one is left.
func (g *rowGen) reduce(v, by reg.VecPhysical, combine func(a, b reg.VecPhysical)) {
	g.VEXTRACTI64X4(operand.U8(1), v, emit.Y(by))
	combine(emit.Y(by), emit.Y(v))
	g.reduceHalf(v, by, combine)
}

// reduceHalf is reduce for 8 lanes.
func (g *rowGen) reduceHalf(v, by reg.VecPhysical, combine func(a, b reg.VecPhysical)) {
	g.VEXTRACTI32X4(operand.U8(1), emit.Y(v), emit.X(by))
	combine(emit.X(by), emit.X(v))
	for _, order := range []uint8{0b01001110, 0b10110001} {
		g.VPSHUFD(operand.U8(order), emit.X(v), emit.X(by))
		combine(emit.X(by), emit.X(v))
	}
}

// exponentials stores those of a row, and fills spare register 1 with their sum.
func (g *rowGen) exponentials() {
	sums := [2]reg.VecPhysical{g.spare(1), g.spare(2)} // lanes 0 to 7, and 8 to 15
	for _, s := range sums {
		g.VXORPS(emit.Y(s), emit.Y(s), emit.Y(s))
	}
	g.rounds(func(rest bool) {
		for i := range 4 {
			v, from := g.lane(i).r, emit.Indexed(x, at, 1, 32*i)
			if rest {
				g.VMOVDQU32_Z(from, masks[i], emit.Y(v))
			} else {
				g.VMOVUPS(from, emit.Y(v))
			}
			g.VSUBPS(emit.Y(g.spare(0)), emit.Y(v), emit.Y(v))
			g.VCVTPS2PD(emit.Y(v), v)
		}
		g.exp()
		for i := range 4 {
			v, to := g.rounded(g.lane(i).p), emit.Indexed(out, at, 1, 32*i)
			if rest {
				g.VMOVUPS_Z(v, masks[i], v)
				g.VMOVUPS(v, masks[i], to)
			} else {
				g.VMOVUPS(v, to)
			}
			g.VADDPS(v, emit.Y(sums[i%2]), emit.Y(sums[i%2]))
		}
	})
	g.VADDPS(emit.Y(sums[1]), emit.Y(sums[0]), emit.Y(sums[0]))
	g.reduceHalf(sums[0], g.V(0), func(a, b reg.VecPhysical) { g.VADDPS(a, b, b) })
	g.VBROADCASTSS(emit.X(sums[0]), sums[0])
}

// divideBySum divides what exponentials have stored by their sum.
func (g *rowGen) divideBySum() {
	g.rounds(func(rest bool) {
		for i := range 2 {
			v, place := g.V(i), emit.Indexed(out, at, 1, 64*i)
			if rest {
				g.VMOVDQU32_Z(place, halves[i], v)
			} else {
				g.VMOVUPS(place, v)
			}
			g.VDIVPS(g.spare(1), v, v)
			if rest {
				g.VMOVUPS(v, halves[i], place)
			} else {
				g.VMOVUPS(v, place)
			}
		}
	})
}
