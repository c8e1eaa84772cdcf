package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

const meaning = `

	c[m,i] = epilogue(init[i] + sum over t < taps of a[offsets[m,t]+i] * w[t,i])    for i < %d

It reads A and writes C at all %d channels.`

// method is how taps are multiplied, by instruction set and packing of the weights.
type method string

const (
	digits method = "avx2"       // two at a time, by digits of the weights, in 16 bits
	quads  method = "avx512vnni" // four at a time, in 32 bits
	ymm    method = "avxvnni"    // the same in vectors of 32 bytes, of which there are 16
)

// nineTaps convolves with 3x3 filters, two pixels at a time.
func nineTaps(width int, how method) emit.Routine {
	name := fmt.Sprintf("depthwise_u8s8_chain_2x%dt9_%s", width, how)
	return emit.Routine{
		Name: name,
		Doc:  name + " computes, for taps = 9 and every m below pixels:" + fmt.Sprintf(meaning, width, width),
		Build: func(ctx *build.Context) {
			g := &gen{Gen: emit.Gen{Context: ctx, Width: width}, how: how, rows: 1}
			nine := map[method]func(n int){digits: g.nineDigits, quads: g.nineQuads, ymm: g.nineYMM}[how]
			g.start()
			g.Label("two")
			g.SUBQ(operand.I8(2), pixels)
			g.JL(operand.LabelRef("one"))
			nine(2)
			g.epilogue(0, 2, 8)
			g.ADDQ(operand.I32(2*9*4), tap)
			g.LEAQ(operand.Mem{Base: c, Index: ldc, Scale: 2}, c)
			g.JMP(operand.LabelRef("two"))
			g.Label("one")
			g.ADDQ(operand.I8(2), pixels)
			g.JZ(operand.LabelRef("done"))
			nine(1)
			g.epilogue(0, 1, 8)
			g.Label("done")
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// nineDigits leaves the sums of n pixels in registers 0 and following, four for each.
func (g *gen) nineDigits(n int) {
	const taps = 9
	weight, other, product := g.V(12), g.V(13), []reg.VecPhysical{g.V(13), g.V(14)}
	for t := 0; t < taps; t += 2 {
		for i := range n {
			lower, upper := g.V(8+2*i), g.V(9+2*i)
			g.MOVLQSX(emit.At(tap, 4*(taps*i+t)), first)
			if t+1 < taps {
				g.MOVLQSX(emit.At(tap, 4*(taps*i+t+1)), second)
			}
			g.load(emit.Indexed(a, first, 1, 0), lower)
			if t+1 < taps {
				g.load(emit.Indexed(a, second, 1, 0), other)
				g.VPUNPCKHBW(other, lower, upper)
				g.VPUNPCKLBW(other, lower, lower)
			} else {
				g.VPUNPCKHBW(lower, lower, upper)
				g.VPUNPCKLBW(lower, lower, lower)
			}
		}
		for k := range 4 {
			g.load(emit.At(weights, (t/2*4+k)*g.Width), weight)
			for i := range n {
				acc, x := g.V(4*i+k), g.V(8+2*i+k/2)
				if t == 0 {
					g.VPMADDUBSW(weight, x, acc)
					continue
				}
				g.VPMADDUBSW(weight, x, product[i])
				g.VPADDW(product[i], acc, acc)
			}
		}
	}
	for i := range n {
		for half := range 2 {
			low, high := g.V(4*i+2*half), g.V(4*i+2*half+1)
			g.join(low, high, low, high)
		}
	}
}

// join puts 16*high + low, words, into two vectors of doublewords: the lower and the
// upper four of each 128-bit lane.
func (g *gen) join(low, high, lower, upper reg.VecPhysical) {
	l, u := g.V(8), g.V(9)
	g.VPUNPCKLWD(high, low, l)
	g.VPUNPCKHWD(high, low, u)
	g.VPMADDWD(g.V(pairWeight), l, lower)
	g.VPMADDWD(g.V(pairWeight), u, upper)
}

// wordTaps is how many taps may be summed in 16 bits, see kernels/internal/depthwise/blocks.go.
const wordTaps = 16

// anyTaps convolves with filters of any size, one pixel at a time.
func anyTaps(width int, how method) emit.Routine {
	name := fmt.Sprintf("depthwise_u8s8_chain_1x%d_%s", width, how)
	return emit.Routine{
		Name: name,
		Doc:  name + " computes, for every m below pixels:" + fmt.Sprintf(meaning, width, width),
		Build: func(ctx *build.Context) {
			g := &gen{Gen: emit.Gen{Context: ctx, Width: width}, how: how, rows: 1}
			g.start()
			g.Label("pixel")
			g.MOVQ(field("weights"), weights)
			g.MOVQ(field("taps"), left)
			if how == digits {
				g.anyDigits()
			} else {
				g.anyQuads()
			}
			g.epilogue(0, 1, 8)
			g.ADDQ(ldc, c)
			g.DECQ(pixels)
			g.JNZ(operand.LabelRef("pixel"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// anyDigits leaves the sums of a pixel in registers 0 to 3.
func (g *gen) anyDigits() {
	for k := range 4 {
		g.Zero(g.V(k))
	}
	g.Label("words")
	for k := range 4 {
		g.Zero(g.V(4 + k))
	}
	g.MOVQ(operand.I32(wordTaps/2), pairs)
	g.Label("pair")
	g.pair()
	g.JLE(operand.LabelRef("flush"))
	g.DECQ(pairs)
	g.JNZ(operand.LabelRef("pair"))
	g.Label("flush")
	for half := range 2 {
		g.join(g.V(4+2*half), g.V(5+2*half), g.V(10), g.V(11))
		g.VPADDD(g.V(10), g.V(2*half), g.V(2*half))
		g.VPADDD(g.V(11), g.V(2*half+1), g.V(2*half+1))
	}
	g.TESTQ(left, left)
	g.JG(operand.LabelRef("words"))
}

// pair adds the products of the next two taps, or of the last one, to registers 4 to 7,
// and compares the number of those left with 0.
func (g *gen) pair() {
	lower, upper, other := g.V(8), g.V(9), g.V(10)
	both, loaded := g.Fresh("both"), g.Fresh("loaded")
	g.MOVLQSX(emit.At(tap, 0), first)
	g.load(emit.Indexed(a, first, 1, 0), lower)
	g.CMPQ(left, operand.I8(1))
	g.JG(operand.LabelRef(both))
	g.ADDQ(operand.I8(4), tap)
	g.VPUNPCKHBW(lower, lower, upper)
	g.VPUNPCKLBW(lower, lower, lower)
	g.JMP(operand.LabelRef(loaded))
	g.Label(both)
	g.MOVLQSX(emit.At(tap, 4), second)
	g.ADDQ(operand.I8(8), tap)
	g.load(emit.Indexed(a, second, 1, 0), other)
	g.VPUNPCKHBW(other, lower, upper)
	g.VPUNPCKLBW(other, lower, lower)
	g.Label(loaded)
	for k := range 4 {
		acc, product := g.V(4+k), g.V(10+k%2)
		g.VPMADDUBSW(emit.At(weights, k*g.Width), g.V(8+k/2), product)
		g.VPADDW(product, acc, acc)
	}
	g.ADDQ(operand.I32(4*g.Width), weights)
	g.SUBQ(operand.I8(2), left)
}
