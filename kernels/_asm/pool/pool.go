package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// fold combines the taps, elements of a size, one after the other, n vectors at a time, together
// some bytes; an average is divided in the end.
func fold(element, what string, size, width, n, bytes int, op func(*gen, operand.Mem, reg.VecPhysical)) emit.Routine {
	channels := bytes / size
	name := fmt.Sprintf("pool_%s_%s_1x%d_%s", element, what, channels, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = %s over t < taps of a[offsets[m,t]][i]    for i < %d`, name, what, channels),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			g.start()
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			g.address()
			for i := range n {
				g.load(emit.At(first, i*width), g.V(i))
			}
			g.DECQ(left)
			g.JZ(operand.LabelRef("done"))
			g.Label("tap")
			g.address()
			for i := range n {
				op(g, emit.At(first, i*width), g.V(i))
			}
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			g.Label("done")
			if what == "average" {
				g.divide(size, n)
			}
			for i := range n {
				g.store(g.V(i), emit.At(c, i*width))
			}
			g.nextPixel("pixel")
		},
	}
}

// divide divides n vectors of sums by the next count.
func (g *gen) divide(size, n int) {
	divisor := g.V(8)
	if size == 8 {
		half := emit.Part(divisor, max(16, g.Width/2))
		g.VBROADCASTSS(emit.At(count, 0), half)
		g.VCVTPS2PD(half, divisor)
	} else {
		g.VBROADCASTSS(emit.At(count, 0), divisor)
	}
	g.ADDQ(operand.I8(4), count)
	for i := range n {
		if size == 8 {
			g.VDIVPD(divisor, g.V(i), g.V(i))
		} else {
			g.VDIVPS(divisor, g.V(i), g.V(i))
		}
	}
}

const unordered = 3

// maxBF16 takes the maximum of bf16. The lower and the upper of each two are widened to float32 on their own.
func maxBF16(width, bytes int) emit.Routine {
	name := fmt.Sprintf("pool_bf16_max_1x%d_%s", bytes/2, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels, of bf16:

	c[m,i] = max over t < taps of a[offsets[m,t]][i]    for i < %d`, name, bytes/2),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			lower, upper, low, high, quiet := g.V(0), g.V(1), g.V(2), g.V(3), g.V(10)
			widened := func(lower, upper reg.VecPhysical) {
				g.address()
				g.load(emit.At(first, 0), upper)
				g.VPSLLD(operand.U8(16), upper, lower)
				g.and(g.V(11), upper, upper)
			}
			g.start()
			g.Broadcast(0xffff0000, scratch, g.V(11))
			g.Broadcast(0x00400000, scratch, quiet)
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			widened(lower, upper)
			g.DECQ(left)
			g.JZ(operand.LabelRef("done"))
			g.Label("tap")
			widened(low, high)
			g.maxFloats(low, lower)
			g.maxFloats(high, upper)
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			g.Label("done")
			for _, v := range []reg.VecPhysical{lower, upper} {
				g.quietNaN(quiet, v)
			}
			g.VPSRLD(operand.U8(16), lower, lower)
			g.or(lower, upper, upper)
			g.store(upper, emit.At(c, 0))
			g.nextPixel("pixel")
		},
	}
}

// quietNaN sets a bit of the numbers of v that are NaN.
func (g *gen) quietNaN(bit, v reg.VecPhysical) {
	if g.Width == 64 {
		g.VCMPPS(operand.U8(unordered), v, v, reg.K1)
		g.VPORD(bit, v, g.V(9))
		g.VMOVAPS(g.V(9), reg.K1, v)
		return
	}
	mask := g.V(9)
	g.VCMPPS(operand.U8(unordered), v, v, mask)
	g.VPAND(bit, mask, mask)
	g.VPOR(mask, v, v)
}

// maxFloats makes v the larger of v and x; x where neither is, but a NaN of v stays.
func (g *gen) maxFloats(x operand.Op, v reg.VecPhysical) {
	larger, mask := g.V(8), g.V(9)
	g.VMAXPS(x, v, larger)
	if g.Width == 64 {
		g.VCMPPS(operand.U8(unordered), v, v, reg.K1)
		g.VMOVAPS(v, reg.K1, larger)
		g.VMOVAPS(larger, v)
		return
	}
	g.VCMPPS(operand.U8(unordered), v, v, mask)
	g.VBLENDVPS(mask, v, larger, v)
}

// maxDoubles is maxFloats for float64.
func (g *gen) maxDoubles(x operand.Op, v reg.VecPhysical) {
	larger, mask := g.V(8), g.V(9)
	g.VMAXPD(x, v, larger)
	if g.Width == 64 {
		g.VCMPPD(operand.U8(unordered), v, v, reg.K1)
		g.VBLENDMPD(v, larger, reg.K1, v)
		return
	}
	g.VCMPPD(operand.U8(unordered), v, v, mask)
	g.VBLENDVPD(mask, v, larger, v)
}

// maxWide makes v the larger of v and x, integers of 64 bits.
func (g *gen) maxWide(x operand.Mem, v reg.VecPhysical) {
	if g.Width == 64 {
		g.VPMAXSQ(x, v, v)
		return
	}
	tap, mask := g.V(8), g.V(9)
	g.load(x, tap)
	g.VPCMPGTQ(v, tap, mask)
	g.VBLENDVPD(mask, tap, v, v)
}

// interpolate computes what lies between two taps, n vectors at a time.
func interpolate(width, n, bytes int) emit.Routine {
	name := fmt.Sprintf("pool_f32_interpolate_1x%d_%s", bytes/4, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels, with x and y at offsets[m,0] and offsets[m,1] of a:

	c[m,i] = x[i] + (y[i]-x[i])*counts[m]    for i < %d`, name, bytes/4),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			g.start()
			g.Label("pixel")
			g.address()
			for i := range n {
				g.loadExactly(emit.At(first, i*width), g.V(i))
			}
			g.address()
			for i := range n {
				g.loadExactly(emit.At(first, i*width), g.V(4+i))
			}
			g.VBROADCASTSS(emit.At(count, 0), g.V(8))
			g.ADDQ(operand.I8(4), count)
			for i := range n {
				g.VSUBPS(g.V(i), g.V(4+i), g.V(4+i))
				g.VMULPS(g.V(8), g.V(4+i), g.V(4+i))
				g.VADDPS(g.V(4+i), g.V(i), g.V(i))
				g.store(g.V(i), emit.At(c, i*width))
			}
			g.nextPixel("pixel")
		},
	}
}

// weigh adds the taps, each times a weight of its own, one after the other, n vectors at a time.
func weigh(width, n, bytes int) emit.Routine {
	name := fmt.Sprintf("pool_f32_weighed_1x%d_%s", bytes/4, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = sum over t < taps of a[offsets[m,t]][i]*counts[m,t]    for i < %d`, name, bytes/4),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			times := func(to int) {
				g.address()
				g.VBROADCASTSS(emit.At(count, 0), g.V(8))
				g.ADDQ(operand.I8(4), count)
				for i := range n {
					g.loadExactly(emit.At(first, i*width), g.V(to+i))
					g.VMULPS(g.V(8), g.V(to+i), g.V(to+i))
				}
			}
			g.start()
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			times(0)
			g.DECQ(left)
			g.JZ(operand.LabelRef("done"))
			g.Label("tap")
			times(4)
			for i := range n {
				g.VADDPS(g.V(4+i), g.V(i), g.V(i))
			}
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			g.Label("done")
			for i := range n {
				g.store(g.V(i), emit.At(c, i*width))
			}
			g.nextPixel("pixel")
		},
	}
}

const sumLanes = 16

// mean adds tap t to lane t mod 16 and then the lanes pairwise. Only one lane is summed
// at a time: the tree is walked depth first.
func mean(width, bytes int) emit.Routine {
	name := fmt.Sprintf("pool_f32_mean_1x%d_%s", bytes/4, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = mean, with a sum in 16 lanes, over t < taps of a[offsets[m,t]][i]    for i < %d`, name, bytes/4),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			g.start()
			g.MOVQ(field("taps"), left)
			g.Label("pixel")
			g.lanes(0, 1, 0)
			g.VBROADCASTSS(emit.At(count, 0), g.V(8))
			g.ADDQ(operand.I8(4), count)
			g.VDIVPS(g.V(8), g.V(0), g.V(0))
			g.store(g.V(0), emit.At(c, 0))
			g.LEAQ(operand.Mem{Base: tap, Index: left, Scale: 4}, tap)
			g.nextPixel("pixel")
		},
	}
}

// lanes leaves the sum of lanes lane, lane+stride, lane+2*stride, ... in register r.
func (g *gen) lanes(lane, stride, r int) {
	if stride < sumLanes {
		g.lanes(lane, 2*stride, r)
		g.lanes(lane+stride, 2*stride, r+1)
		g.VADDPS(g.V(r+1), g.V(r), g.V(r))
		return
	}
	again, done := fmt.Sprintf("lane%d", lane), fmt.Sprintf("summed%d", lane)
	g.Zero(g.V(r))
	g.MOVQ(operand.I32(lane), words)
	g.Label(again)
	g.CMPQ(words, left)
	g.JGE(operand.LabelRef(done))
	g.MOVLQSX(operand.Mem{Base: tap, Index: words, Scale: 4}, first)
	g.ADDQ(operand.I8(sumLanes), words)
	g.VADDPS(operand.Mem{Base: a, Index: first, Scale: 1}, g.V(r), g.V(r))
	g.JMP(operand.LabelRef(again))
	g.Label(done)
}

// wordTaps is how many bytes may be summed in 16 bits: 256*255 = 65280.
const wordTaps = 256

// averageBytes takes the average of bytes.
func averageBytes(width, bytes int) emit.Routine {
	name := fmt.Sprintf("pool_b8_average_1x%d_%s", bytes, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for every m below pixels:

	c[m,i] = roundToEven(f32((sum over t < taps of a[offsets[m,t]][i]^flip) - excess) * counts[m])    for i < %d`, name, bytes),
		Build: func(ctx *build.Context) {
			g := newGen(ctx, width, bytes)
			zero, low, flip, excess := g.V(12), g.V(13), g.V(14), g.V(15)
			g.start()
			g.Zero(zero)
			g.Broadcast(0x00ff_00ff, scratch, low)
			g.VPBROADCASTD(field("flip"), flip)
			g.VPBROADCASTD(field("excess"), excess)
			g.Label("pixel")
			g.MOVQ(field("taps"), left)
			for i := range 4 {
				g.Zero(g.V(i))
			}
			g.Label("words")
			g.Zero(g.V(4))
			g.Zero(g.V(5))
			g.MOVQ(operand.I32(wordTaps), words)
			g.CMPQ(left, words)
			g.CMOVQLT(left, words)
			g.SUBQ(words, left)
			g.Label("tap")
			g.address()
			g.Xor(emit.At(first, 0), flip, g.V(6))
			g.VPUNPCKLBW(zero, g.V(6), g.V(7))
			g.VPUNPCKHBW(zero, g.V(6), g.V(6))
			g.VPADDW(g.V(7), g.V(4), g.V(4))
			g.VPADDW(g.V(6), g.V(5), g.V(5))
			g.DECQ(words)
			g.JNZ(operand.LabelRef("tap"))
			for half := range 2 {
				g.VPUNPCKLWD(zero, g.V(4+half), g.V(6))
				g.VPUNPCKHWD(zero, g.V(4+half), g.V(7))
				g.VPADDD(g.V(6), g.V(2*half), g.V(2*half))
				g.VPADDD(g.V(7), g.V(2*half+1), g.V(2*half+1))
			}
			g.TESTQ(left, left)
			g.JNZ(operand.LabelRef("words"))
			g.VBROADCASTSS(emit.At(count, 0), g.V(8))
			g.ADDQ(operand.I8(4), count)
			for i := range 4 {
				v := g.V(i)
				g.VPSUBD(excess, v, v)
				g.VCVTDQ2PS(v, v)
				g.VMULPS(g.V(8), v, v)
				g.VCVTPS2DQ(v, v)
			}
			// Within each 128 bits, vector i has the channels 4*i to 4*i+3.
			g.VPACKSSDW(g.V(1), g.V(0), g.V(0))
			g.VPACKSSDW(g.V(3), g.V(2), g.V(2))
			g.and(low, g.V(0), g.V(0))
			g.and(low, g.V(2), g.V(2))
			g.VPACKUSWB(g.V(2), g.V(0), g.V(0))
			g.store(g.V(0), emit.At(c, 0))
			g.nextPixel("pixel")
		},
	}
}
