package main

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// relation is a function of pairs that gives bytes, 1 where it holds and 0 elsewhere.
type relation struct {
	whole, real uint8 // the predicates of AVX-512
	above       bool  // with AVX2 x is compared by being less, else by being equal
	not         bool  // with AVX2 the comparison of y with x gives the opposite
}

var relations = []function{
	related("equal", "x[i] == y[i]", append(slices.Clone(bits), f64), relation{whole: 0, real: 0}),
	related("notequal", "x[i] != y[i]", append(slices.Clone(bits), f64), relation{whole: 4, real: 4, not: true}),
	related("less", "x[i] < y[i]", append(slices.Clone(wholes), f64), relation{whole: 1, real: lessQuietly, above: true}),
	related("lessequal", "x[i] <= y[i]", append(slices.Clone(wholes), f64),
		relation{whole: 2, real: lessEqualQuietly, above: true, not: true}),
}

func related(name, doc string, types []element, r relation) function {
	return function{
		name: name, doc: "1 if " + doc + ", else 0, bytes", types: types, operands: 2, outSize: 1,
		start: func(g *gen) {
			g.each(8, g.sign())
			g.quadwords(9, 0x0101010101010101)
			if g.Width == 32 {
				g.each(9, 1)
			}
		},
		step: func(g *gen, i int) {
			v, at := g.V(0), emit.At(out, i*g.Width/g.size)
			g.VMOVUPS(emit.At(x, i*g.Width), v)
			if g.Width == 64 {
				r.wide(g, emit.At(y, i*g.Width), v)
				g.storeMask(at)
				return
			}
			g.VMOVUPS(emit.At(y, i*g.Width), g.V(1))
			r.narrow(g, g.V(1), v)
			g.storeTruth(at)
		},
	}
}

// wide makes mask 1 the relation of v and y.
func (r relation) wide(g *gen, y operand.Op, v reg.VecPhysical) {
	switch {
	case g.real:
		g.VCMPPD(operand.U8(r.real), y, v, reg.K1)
	case g.signed || !r.above:
		bySize(g.size, g.VPCMPB, g.VPCMPW, g.VPCMPD, g.VPCMPQ)(operand.U8(r.whole), y, v, reg.K1)
	default:
		bySize(g.size, g.VPCMPUB, g.VPCMPUW, g.VPCMPUD, g.VPCMPUQ)(operand.U8(r.whole), y, v, reg.K1)
	}
}

// storeMask stores a byte for each bit of mask 1 that belongs to an element.
func (g *gen) storeMask(at operand.Mem) {
	bytes := max(g.Width/g.size, 16)
	v := emit.Part(g.V(0), bytes)
	g.VMOVDQU8_Z(emit.Part(g.V(9), bytes), reg.K1, v)
	if g.size == 8 {
		g.VMOVQ(v, at)
		return
	}
	g.VMOVUPS(v, at)
}

// narrow makes v 1 in each element where the relation of v and y holds, else 0.
func (r relation) narrow(g *gen, y, v reg.VecPhysical) {
	not := r.not
	switch {
	case g.real:
		g.VCMPPD(operand.U8(r.real), y, v, v)
		not = false
	case r.above && r.not:
		g.above(y, v, v)
	case r.above:
		g.above(v, y, v)
	case g.size == 1:
		g.VPCMPEQB(y, v, v)
	case g.size == 2:
		g.VPCMPEQW(y, v, v)
	case g.size == 4:
		g.VPCMPEQD(y, v, v)
	default:
		g.VPCMPEQQ(y, v, v)
	}
	if not {
		g.VPANDN(g.V(9), v, v)
	} else {
		g.VPAND(g.V(9), v, v)
	}
}

// storeTruth stores the lowest byte of each element of register 0, which is 0 or 1.
func (g *gen) storeTruth(at operand.Mem) {
	v, upper := emit.X(g.V(0)), emit.X(g.V(1))
	if g.size == 1 {
		g.VMOVUPS(g.V(0), at)
		return
	}
	g.VEXTRACTI128(operand.U8(1), g.V(0), upper)
	if g.size == 2 {
		g.VPACKSSWB(upper, v, v)
		g.VMOVUPS(v, at)
		return
	}
	g.VPACKSSDW(upper, v, v)
	if g.size == 8 {
		g.VPACKSSDW(v, v, v)
	}
	g.VPACKSSWB(v, v, v)
	if g.size == 8 {
		g.VMOVD(v, at)
	} else {
		g.VMOVQ(v, at)
	}
}

// selections choose between the elements of y and z.
var selections = []function{{
	name: "select", doc: "y[i] if x[i] is not 0, else z[i], x bytes", types: []element{b8, b16, b64}, xSize: 1,
	operands: 3, start: func(g *gen) { g.Zero(g.V(8)) },
	step: func(g *gen, i int) {
		v, from := g.V(0), emit.At(x, i*g.Width/g.size)
		switch g.size {
		case 1:
			g.VMOVUPS(from, v)
		case 2:
			g.VPMOVZXBW(from, v)
		default:
			g.VPMOVZXBQ(from, v)
		}
		at := i * g.Width
		g.VMOVUPS(emit.At(z, at), g.V(1))
		if g.Width == 64 {
			bySize(g.size, g.VPTESTMB, g.VPTESTMW, nil, g.VPTESTMQ)(v, v, reg.K1)
			bySize(g.size, g.VPBLENDMB, g.VPBLENDMW, nil, g.VPBLENDMQ)(emit.At(y, at), g.V(1), reg.K1, v)
		} else {
			switch g.size {
			case 1:
				g.VPCMPEQB(g.V(8), v, v)
			case 2:
				g.VPCMPEQW(g.V(8), v, v)
			default:
				g.VPCMPEQQ(g.V(8), v, v)
			}
			g.VMOVUPS(emit.At(y, at), g.V(2))
			g.VPBLENDVB(v, g.V(1), g.V(2), v)
		}
		g.VMOVUPS(v, emit.At(out, at))
	},
}}
