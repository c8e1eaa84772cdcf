package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// reduction makes one number of each row.
type reduction struct {
	name, doc string
	types     []element
	start     func(g *gen)          // nil for nothing
	first     func(t element) int64 // changes no result
	op        combine
}

// ranked are the types of reductions: core has none of u64.
var ranked = []element{u8, s8, u16, s16, u32, s32, s64}

var reductions = []reduction{
	{"sum", "the sum", bits, nil, func(element) int64 { return 0 }, (*gen).add},
	{"product", "the product", bits[1:], nil, func(element) int64 { return 1 }, (*gen).multiply},
	{"largest", "the largest", ranked, nil, func(t element) int64 {
		if t.signed {
			return -1 << (8*t.size - 1)
		}
		return 0
	}, (*gen).maximum},
	{"smallest", "the smallest", ranked, nil, func(t element) int64 {
		if t.signed {
			return 1<<(8*t.size-1) - 1
		}
		return -1
	}, (*gen).minimum},
}

// routine takes rows of whole vectors and, with AVX-512, a rest under a mask.
func (r *reduction) routine(t element, width int) emit.Routine {
	name := fmt.Sprintf("%s_rows_%s_%s", r.name, t.name, emit.ISA(width))
	length := "any but 0"
	if width < 64 {
		length = fmt.Sprintf("a multiple of %d but 0", width/t.size)
	}
	return emit.Routine{
		Name: name, File: fmt.Sprintf("loops_%s_%s", t.name, emit.ISA(width)),
		Doc: fmt.Sprintf("%s computes, for i < rows, j < n, %s, and %s:\n\n\tout[i] = %s of x[i][j]",
			name, length, t.name, r.doc),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}, t}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			g.MOVQ(field("n"), rowSize)
			g.MOVQ(field("rows"), rows)
			if width == 64 {
				g.MOVQ(field("rest"), reg.RAX)
				g.KMOVQ(reg.RAX, reg.K1)
			}
			g.each(8, uint64(r.first(t)))
			g.Label("row")
			r.row(g)
			r.across(g)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("row"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// row combines the vectors of a row in register 0.
func (r *reduction) row(g *gen) {
	lanes := operand.I8(g.Width / g.size)
	g.VMOVAPS(g.V(8), g.V(0))
	g.MOVQ(rowSize, left)
	g.SUBQ(lanes, left)
	g.JL(operand.LabelRef("rest"))
	g.Label("vector")
	r.op(g, emit.At(x, 0), g.V(0))
	g.ADDQ(operand.I32(g.Width), x)
	g.SUBQ(lanes, left)
	g.JGE(operand.LabelRef("vector"))
	g.Label("rest")
	if g.Width < 64 {
		return
	}
	g.ADDQ(lanes, left)
	g.JZ(operand.LabelRef("across"))
	rest := g.V(5)
	g.VMOVAPS(g.V(8), rest)
	bySize(g.size, g.VMOVDQU8, g.VMOVDQU16, g.VMOVDQU32, g.VMOVDQU64)(emit.At(x, 0), reg.K1, rest)
	r.op(g, rest, g.V(0))
	g.LEAQ(operand.Mem{Base: x, Index: left, Scale: uint8(g.size)}, x)
	g.Label("across")
}

// across combines the elements of register 0, halves of them first, and stores the result.
func (r *reduction) across(g *gen) {
	half := func(bytes int) (v, other reg.VecPhysical) { return emit.Part(g.V(0), bytes), emit.Part(g.V(5), bytes) }
	if g.Width == 64 {
		v, other := half(32)
		g.VEXTRACTI64X4(operand.U8(1), g.V(0), other)
		r.op(g, other, v)
	}
	v, other := half(16)
	g.VEXTRACTI128(operand.U8(1), emit.Y(g.V(0)), other)
	r.op(g, other, v)
	g.VPSHUFD(operand.U8(0x4e), v, other)
	r.op(g, other, v)
	if g.size <= 4 {
		g.VPSHUFD(operand.U8(0xb1), v, other)
		r.op(g, other, v)
	}
	if g.size <= 2 {
		g.VPSRLD(operand.U8(16), v, other)
		r.op(g, other, v)
	}
	to := emit.At(out, 0)
	switch g.size {
	case 1:
		g.VPSRLW(operand.U8(8), v, other)
		r.op(g, other, v)
		g.VPEXTRB(operand.U8(0), v, to)
	case 2:
		g.VPEXTRW(operand.U8(0), v, to)
	case 4:
		g.VMOVD(v, to)
	default:
		g.VMOVQ(v, to)
	}
	g.ADDQ(operand.I8(g.size), out)
}
