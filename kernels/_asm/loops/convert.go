package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// conversion converts between two types, per elements at a time.
type conversion struct {
	from, to element
	doc      string
	per      int
	start    func(g *gen) // nil for nothing
	step     func(g *gen, from, to operand.Mem)
}

func (c *conversion) routine(width int) emit.Routine {
	name := fmt.Sprintf("%s_to_%s_%s", c.from.name, c.to.name, emit.ISA(width))
	return emit.Routine{
		Name: name, File: "loops_convert_" + emit.ISA(width),
		Doc: fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s(x[i]), x %s, %s",
			name, round, c.to.name, c.from.name, c.doc),
		Build: func(context *build.Context) {
			g := &gen{emit.Gen{Context: context, Width: width}, c.from}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			g.MOVQ(field("n"), n)
			if c.start != nil {
				c.start(g)
			}
			g.Label("next")
			steps(c.per, func(i int) {
				c.step(g, emit.At(x, i*c.per*c.from.size), emit.At(out, i*c.per*c.to.size))
			})
			g.ADDQ(operand.I32(round*c.from.size), x)
			g.ADDQ(operand.I32(round*c.to.size), out)
			g.SUBQ(operand.I8(round), n)
			g.JG(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

func conversions(width int) (list []conversion) {
	for _, from := range wholes {
		for _, to := range bits {
			if from.size < to.size {
				list = append(list, widening(from, to, width))
			}
		}
	}
	for _, to := range []element{f32, f64} {
		for _, from := range wholes {
			if width == 64 || from.size < 4 || from == s32 {
				list = append(list, toReal(from, to, width))
			}
		}
	}
	for _, to := range wholes {
		if width == 32 && to.size < 4 {
			list = append(list, fromReal(f32, to))
		}
		if width == 32 && (to.size < 4 || to == s32) {
			list = append(list, fromReal(f64, to))
		}
	}
	if width < 64 {
		return list
	}
	for _, from := range bits {
		for _, to := range bits {
			if from.size > to.size {
				list = append(list, narrowing(from, to))
			}
		}
	}
	for _, to := range wholes {
		if to != s32 && to != s64 {
			list = append(list, fromSingle(to))
		}
		list = append(list, fromDouble(to))
	}
	return list
}

// widen loads whole numbers into wider elements of v.
func (g *gen) widen(from element, size int, m operand.Op, v reg.VecPhysical) {
	instructions := map[[2]int][2]instruction{
		{1, 2}: {g.VPMOVZXBW, g.VPMOVSXBW}, {1, 4}: {g.VPMOVZXBD, g.VPMOVSXBD}, {1, 8}: {g.VPMOVZXBQ, g.VPMOVSXBQ},
		{2, 4}: {g.VPMOVZXWD, g.VPMOVSXWD}, {2, 8}: {g.VPMOVZXWQ, g.VPMOVSXWQ}, {4, 8}: {g.VPMOVZXDQ, g.VPMOVSXDQ},
	}[[2]int{from.size, size}]
	if from.signed {
		instructions[1](m, v)
		return
	}
	instructions[0](m, v)
}

func widening(from, to element, width int) conversion {
	return conversion{
		from: from, to: to, doc: "with its sign", per: width / to.size,
		step: func(g *gen, x, out operand.Mem) {
			g.widen(from, to.size, x, g.V(0))
			g.VMOVUPS(g.V(0), out)
		},
	}
}

func narrowing(from, to element) conversion {
	return conversion{
		from: from, to: to, doc: "its lowest bits", per: 64 / from.size,
		step: func(g *gen, x, out operand.Mem) {
			g.VMOVUPS(x, g.V(0))
			map[[2]int]instruction{
				{2, 1}: g.VPMOVWB, {4, 1}: g.VPMOVDB, {8, 1}: g.VPMOVQB, {4, 2}: g.VPMOVDW, {8, 2}: g.VPMOVQW,
				{8, 4}: g.VPMOVQD,
			}[[2]int{from.size, to.size}](g.V(0), out)
		},
	}
}

// toReal rounds to nearest even.
func toReal(from, to element, width int) conversion {
	per := width / max(from.size, to.size)
	return conversion{
		from: from, to: to, doc: "to nearest even", per: per,
		step: func(g *gen, x, out operand.Mem) {
			v := emit.Part(g.V(0), per*to.size)
			var source operand.Op = x
			if from.size < 4 {
				whole := emit.Part(g.V(1), per*4)
				g.widen(from, 4, x, whole)
				source = whole
			}
			unsigned := from.size >= 4 && !from.signed
			switch {
			case to == f64 && from.size < 8 && unsigned:
				g.VCVTUDQ2PD(source, v)
			case to == f64 && from.size < 8:
				g.VCVTDQ2PD(source, v)
			case to == f64 && unsigned:
				g.VCVTUQQ2PD(source, v)
			case to == f64:
				g.VCVTQQ2PD(source, v)
			case from.size < 8 && unsigned:
				g.VCVTUDQ2PS(source, v)
			case from.size < 8:
				g.VCVTDQ2PS(source, v)
			case unsigned:
				g.VCVTUQQ2PS(source, v)
			default:
				g.VCVTQQ2PS(source, v)
			}
			g.VMOVUPS(v, out)
		},
	}
}

const saturated = "truncated and saturated; NaN gives 0"

// bounds returns the least and the greatest number of a type of at most 32 bits.
func (t element) bounds() (lo, hi float64) {
	if t.signed {
		return -math.Ldexp(1, 8*t.size-1), math.Ldexp(1, 8*t.size-1) - 1
	}
	return 0, math.Ldexp(1, 8*t.size) - 1
}

// fromSingle truncates f32. What is too large for a conversion without a sign gives the greatest number.
func fromSingle(to element) conversion {
	lo, hi := to.bounds()
	return conversion{
		from: f32, to: to, doc: saturated, per: 64 / max(4, to.size),
		start: func(g *gen) {
			g.each(8, uint64(math.Float32bits(float32(lo))))
			g.each(9, uint64(math.Float32bits(float32(hi))))
		},
		step: func(g *gen, x, out operand.Mem) {
			v := g.V(0)
			switch to {
			case u64:
				half := emit.Y(v)
				g.VMOVUPS(x, half)
				g.VMAXPS(emit.Y(g.V(8)), half, half) // 0 if v is NaN
				g.VCVTTPS2UQQ(half, v)
				g.VMOVUPS(v, out)
			case u32:
				g.VMOVUPS(x, v)
				g.VMAXPS(g.V(8), v, v)
				g.VCVTTPS2UDQ(v, v)
				g.VMOVUPS(v, out)
			default:
				g.VMOVUPS(x, v)
				g.VCMPPS(operand.U8(ordered), v, v, reg.K1)
				g.VMAXPS(g.V(8), v, v)
				g.VMINPS(g.V(9), v, v)
				g.VCVTTPS2DQ_Z(v, reg.K1, v)
				bySize(to.size, g.VPMOVDB, g.VPMOVDW, nil, nil)(v, out)
			}
		},
	}
}

// fromDouble truncates f64, likewise.
func fromDouble(to element) conversion {
	lo, hi := to.bounds()
	return conversion{
		from: f64, to: to, doc: saturated, per: 8,
		start: func(g *gen) {
			g.quadwords(8, math.Float64bits(lo))
			if g.quadwords(9, math.Float64bits(hi)); to == s64 {
				g.quadwords(9, math.Float64bits(1<<63))
				g.quadwords(10, 1<<63-1)
			}
		},
		step: func(g *gen, x, out operand.Mem) {
			v, half := g.V(0), emit.Y(g.V(0))
			g.VMOVUPS(x, v)
			switch to {
			case u64:
				g.VMAXPD(g.V(8), v, v)
				g.VCVTTPD2UQQ(v, v)
				g.VMOVUPS(v, out)
			case s64: // what is too small gives the least number, as what is too large does
				g.VCMPPD(operand.U8(ordered), v, v, reg.K1)
				g.VCMPPD(operand.U8(notLess), g.V(9), v, reg.K2)
				g.VCVTTPD2QQ_Z(v, reg.K1, v)
				g.VMOVDQA64(g.V(10), reg.K2, v)
				g.VMOVUPS(v, out)
			case u32:
				g.VMAXPD(g.V(8), v, v)
				g.VCVTTPD2UDQ(v, half)
				g.VMOVUPS(half, out)
			default:
				g.VCMPPD(operand.U8(ordered), v, v, reg.K1)
				g.VMAXPD(g.V(8), v, v)
				g.VMINPD(g.V(9), v, v)
				g.VCVTTPD2DQ_Z(v, reg.K1, half)
				if to.size == 4 {
					g.VMOVUPS(half, out)
				} else {
					bySize(to.size, g.VPMOVDB, g.VPMOVDW, nil, nil)(half, out)
				}
			}
		},
	}
}

// fromReal truncates with AVX2.
func fromReal(from, to element) conversion {
	lo, hi := to.bounds()
	return conversion{
		from: from, to: to, doc: saturated, per: 32 / from.size,
		start: func(g *gen) {
			if from == f64 {
				g.quadwords(8, math.Float64bits(lo))
				g.quadwords(9, math.Float64bits(hi))
				return
			}
			g.each(8, uint64(math.Float32bits(float32(lo))))
			g.each(9, uint64(math.Float32bits(float32(hi))))
		},
		step: func(g *gen, x, out operand.Mem) {
			v, isNumber, low, upper := g.V(0), g.V(1), emit.X(g.V(0)), emit.X(g.V(1))
			g.VMOVUPS(x, v)
			if from == f64 {
				g.VCMPPD(operand.U8(ordered), v, v, isNumber)
				g.VMAXPD(g.V(8), v, v)
				g.VMINPD(g.V(9), v, v)
				g.VANDPD(isNumber, v, v)
				g.VCVTTPD2DQY(v, low)
				upper = low
			} else {
				g.VCMPPS(operand.U8(ordered), v, v, isNumber)
				g.VMAXPS(g.V(8), v, v)
				g.VMINPS(g.V(9), v, v)
				g.VANDPS(isNumber, v, v)
				g.VCVTTPS2DQ(v, v)
				g.VEXTRACTI128(operand.U8(1), v, upper)
			}
			g.storePacked(from.size, to, upper, low, out)
		},
	}
}

// storePacked stores doublewords within the range of a type: eight of upper and low, or the four of both of them if the
// numbers came from eight bytes each.
func (g *gen) storePacked(from int, to element, upper, low reg.VecPhysical, out operand.Mem) {
	if to.size == 4 {
		g.VMOVUPS(low, out)
		return
	}
	if to == u16 {
		g.VPACKUSDW(upper, low, low)
	} else {
		g.VPACKSSDW(upper, low, low)
	}
	switch {
	case to == u8:
		g.VPACKUSWB(low, low, low)
	case to == s8:
		g.VPACKSSWB(low, low, low)
	}
	switch 32 / from * to.size {
	case 4:
		g.VMOVD(low, out)
	case 8:
		g.VMOVQ(low, out)
	default:
		g.VMOVUPS(low, out)
	}
}
