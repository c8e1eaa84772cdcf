package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// maximum takes the maximum of elements of a size, n vectors at a time.
func maximum(element string, size, width, n int, op func(*gen) vectorOp) emit.Routine {
	channels := width * n / size
	name := fmt.Sprintf("pool_%s_max_1x%d_%s", element, channels, isaOf(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = max over t < taps of a[offsets[m,t]][i]    for i < %d

A maximum of float32 begins with -Inf and takes what is greater.`, name, channels),
		Build: func(ctx *build.Context) {
			g := &gen{Context: ctx, width: width}
			g.start()
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			if size == 4 {
				for i := range n {
					g.broadcast(0xff80_0000, g.v(i)) // -Inf
				}
			} else {
				g.address()
				for i := range n {
					g.load(at(first, i*width), g.v(i))
				}
				g.DECQ(left)
				g.JZ(operand.LabelRef("done"))
			}
			g.Label("tap")
			g.address()
			for i := range n {
				if size == 4 {
					// Where neither is greater the second source, the old maximum, stays.
					g.load(at(first, i*width), g.v(8+i))
					op(g)(g.v(i), g.v(8+i), g.v(i))
				} else {
					op(g)(at(first, i*width), g.v(i), g.v(i))
				}
			}
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			g.Label("done")
			for i := range n {
				g.store(g.v(i), at(c, i*width))
			}
			g.nextPixel("pixel")
		},
	}
}

// wordTaps is how many bytes may be summed in 16 bits: 256*255 = 65280.
const wordTaps = 256

// average takes the average of bytes.
func average(width int) emit.Routine {
	name := fmt.Sprintf("pool_b8_average_1x%d_%s", width, isaOf(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = roundToEven(f32((sum over t < taps of a[offsets[m,t]][i]^flip) - excess) / counts[m])    for i < %d`, name, width),
		Build: func(ctx *build.Context) {
			g := &gen{Context: ctx, width: width}
			zero, low, flip, excess := g.v(12), g.v(13), g.v(14), g.v(15)
			g.start()
			g.zero(zero)
			g.broadcast(0x00ff_00ff, low)
			g.VPBROADCASTD(field("flip"), flip)
			g.VPBROADCASTD(field("excess"), excess)
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			for i := range 4 {
				g.zero(g.v(i))
			}
			g.Label("words")
			g.zero(g.v(4))
			g.zero(g.v(5))
			g.MOVQ(operand.I32(wordTaps), words)
			g.CMPQ(left, words)
			g.CMOVQLT(left, words)
			g.SUBQ(words, left)
			g.Label("tap")
			g.address()
			g.xor(at(first, 0), flip, g.v(6))
			g.VPUNPCKLBW(zero, g.v(6), g.v(7))
			g.VPUNPCKHBW(zero, g.v(6), g.v(6))
			g.VPADDW(g.v(7), g.v(4), g.v(4))
			g.VPADDW(g.v(6), g.v(5), g.v(5))
			g.DECQ(words)
			g.JNZ(operand.LabelRef("tap"))
			for half := range 2 {
				g.VPUNPCKLWD(zero, g.v(4+half), g.v(6))
				g.VPUNPCKHWD(zero, g.v(4+half), g.v(7))
				g.VPADDD(g.v(6), g.v(2*half), g.v(2*half))
				g.VPADDD(g.v(7), g.v(2*half+1), g.v(2*half+1))
			}
			g.TESTQ(left, left)
			g.JNZ(operand.LabelRef("words"))
			g.VBROADCASTSS(at(count, 0), g.v(8))
			g.ADDQ(operand.I8(4), count)
			for i := range 4 {
				v := g.v(i)
				g.VPSUBD(excess, v, v)
				g.VCVTDQ2PS(v, v)
				g.VDIVPS(g.v(8), v, v)
				g.VCVTPS2DQ(v, v)
			}
			// Within each 128 bits, vector i has the channels 4*i to 4*i+3.
			g.VPACKSSDW(g.v(1), g.v(0), g.v(0))
			g.VPACKSSDW(g.v(3), g.v(2), g.v(2))
			g.and(low, g.v(0), g.v(0))
			g.and(low, g.v(2), g.v(2))
			g.VPACKUSWB(g.v(2), g.v(0), g.v(0))
			g.store(g.v(0), at(c, 0))
			g.nextPixel("pixel")
		},
	}
}
