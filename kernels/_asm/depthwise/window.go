package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

const windowMeaning = `
	c[s,r,m,i] = epilogue(init[i] + sum over y, x < %d of a[offsets[s,r,y,%d*m+x]+i] * w[y,x,i])
for i < %d, r < %d and s < strips. It reads A and writes C at all %d channels.`

// sliding is the routine of a filter of size*size taps that moves by step columns from pixel to pixel. It loads each
// column of taps once, interleaves them to quads, and multiplies them for every pixel whose window the column is in.
// The sums of these pixels are in registers:
//
//	from free on, six            a quad, and afterwards what epilogue needs
//	from sums on, 4*sharing      the sums, four for each pixel
//	behind them, 4*size          the weights, if there is one quad in a column and the vectors have 64 bytes
//
// Vectors of 32 bytes are half as many. There, quad makes way for fewer, and half a quad is made at a time.
type sliding struct {
	gen

	size, step int
	quads      int // in a column
	sharing    int // how many pixels share a column at most
	sums       int
	loaded     bool // the weights are in registers
}

const free = 0

// wideWeights points to the weights while vectors of 32 bytes are multiplied.
var wideWeights = reg.R14

// window convolves rows of pixels with filters of size*size taps, in so many rows together that a vector is full.
func window(how method, rows, size, step int) emit.Routine {
	width, sums := 64, 6
	if how == ymm {
		width, sums = 32, 4
	}
	name := fmt.Sprintf("depthwise_u8s8_chain_%dx%dw%ds%d_%s", rows, width/rows, size, step, how)
	return emit.Routine{
		Name: name,
		Doc: name + " computes, for every m below pixels:" +
			fmt.Sprintf(windowMeaning, size, step, width/rows, rows, width/rows),
		Build: func(ctx *build.Context) {
			g := &sliding{
				gen:  gen{Gen: emit.Gen{Context: ctx, Width: width}, how: how, rows: rows},
				size: size, step: step, quads: (size + 3) / 4, sharing: (size + step - 1) / step,
				sums: sums, loaded: how == quads && size <= 4,
			}
			g.build()
		},
	}
}

func (g *sliding) build() {
	g.start()
	if g.loaded {
		for i := range 4 * g.size {
			g.load(emit.At(weights, i*g.Width), g.V(g.sums+4*g.sharing+i))
		}
	}
	if g.how == ymm {
		g.MOVQ(weights, wideWeights)
	}
	g.MOVQ(field("tapRow"), tapRow)
	if g.rows > 1 {
		g.MOVQ(field("nextOffsets"), nextTap)
		g.MOVQ(field("nextC"), nextC)
	}
	g.Label("strip")
	g.MOVQ(field("offsets"), tap)
	g.ADDQ(field("strip"), tap)
	g.MOVQ(field("pixels"), pixels)
	g.prefetch()
	for k := range g.size - g.step {
		g.column(k, 0)
	}
	g.Label("pixel")
	for pixel := range g.sharing {
		for k := g.size - g.step; k < g.size; k++ {
			g.column(k, pixel)
		}
		g.epilogue(g.sums+4*pixel, 1, free)
		g.ADDQ(operand.I8(4*g.step), tap)
		g.ADDQ(ldc, c)
		g.DECQ(pixels)
		g.JZ(operand.LabelRef("done"))
	}
	g.JMP(operand.LabelRef("pixel"))
	g.Label("done")
	g.nextStrip()
	g.VZEROUPPER()
	g.RET()
}

// nextStrip continues with the next strip, if there is one; c is behind the first row of this one. A number tells where
// its offsets are: a pointer in the call, behind the last strip, would be one that the garbage collector must not find.
func (g *sliding) nextStrip() {
	g.MOVQ(field("strip"), tap)
	for range g.rows {
		g.ADDQ(field("nextOffsets"), tap)
	}
	g.MOVQ(tap, field("strip"))
	for range g.rows - 1 {
		g.ADDQ(nextC, c)
	}
	g.DECQ(field("strips"))
	g.JNZ(operand.LabelRef("strip"))
}

// column adds the products of a pixel's column k to the sums of all pixels whose windows it is in: those of the pixel
// are the pixel'th four.
func (g *sliding) column(k, pixel int) {
	for part := range g.quads {
		if g.how == ymm {
			g.halves(k, 4*part, func(v int, x reg.VecPhysical) { g.multiply(k, pixel, part, v, x) })
			continue
		}
		x := g.quad(k, 4*part)
		if !g.loaded {
			g.MOVQ(field("weights"), p)
		}
		for next, at := 0, k; at >= 0; next, at = next+1, at-g.step {
			begins := at == 0 && part == 0
			if begins {
				g.MOVQ(field("init"), first)
			}
			for v := range 4 {
				sum := g.V(g.sums + 4*((pixel+next)%g.sharing) + v)
				if begins {
					g.load(emit.At(first, v*g.Width), sum)
				}
				g.VPDPBUSD(g.weight((at*g.quads+part)*4+v), x[v], sum)
			}
		}
	}
}

// multiply adds the products of vector v of a quad.
func (g *sliding) multiply(k, pixel, part, v int, x reg.VecPhysical) {
	for next, at := 0, k; at >= 0; next, at = next+1, at-g.step {
		sum := g.V(g.sums + 4*((pixel+next)%g.sharing) + v)
		if at == 0 && part == 0 {
			g.MOVQ(field("init"), first)
			g.load(emit.At(first, v*g.Width), sum)
		}
		g.dot(g.weight((at*g.quads+part)*4+v), x, sum)
	}
}

// weight returns the i-th weights: a register, or where p or wideWeights point.
func (g *sliding) weight(i int) operand.Op {
	switch {
	case g.loaded:
		return g.V(g.sums + 4*g.sharing + i)
	case g.how == ymm:
		return emit.At(wideWeights, i*g.Width)
	}
	return emit.At(p, i*g.Width)
}

// halves is quad in four registers. It makes two vectors of the four at a time and calls multiply for each.
func (g *sliding) halves(k, y int, multiply func(v int, x reg.VecPhysical)) {
	n, x := min(g.size-y, 4), [2]reg.VecPhysical{g.V(free), g.V(free + 1)}
	b, d := g.V(free+2), g.V(free+3)
	g.loadTaps(k, y, x[1])
	other := x[1]
	if n > 1 {
		other = b
		g.loadTaps(k, y+1, b)
	}
	g.VPUNPCKLBW(other, x[1], x[0])
	g.VPUNPCKHBW(other, x[1], x[1])
	for half, unpack := range []func(...operand.Op){g.VPUNPCKLBW, g.VPUNPCKHBW} {
		pair := x[half] // of a single tap, all four are the same
		if n > 1 {
			pair, other = b, b
			g.loadTaps(k, y+2, b)
			if n > 3 {
				other = d
				g.loadTaps(k, y+3, d)
			}
			unpack(other, b, b)
		}
		g.VPUNPCKLWD(pair, x[half], d)
		g.VPUNPCKHWD(pair, x[half], x[half])
		multiply(2*half, d)
		multiply(2*half+1, x[half])
	}
}

// loadTaps loads the tap in row y and column k of a pixel of each row.
func (g *sliding) loadTaps(k, y int, v reg.VecPhysical) {
	g.loadTap(g.tapAt(tap, y, k), 0, v)
	if g.rows > 1 {
		g.LEAQ(emit.Indexed(tap, nextTap, 1, 0), rowTap)
		g.loadTap(g.tapAt(rowTap, y, k), 1, v)
	}
}

// quad loads and interleaves up to four taps of column k, from row y on, of a pixel of each row. Taps that the filter
// lacks have weights of 0.
func (g *sliding) quad(k, y int) [4]reg.VecPhysical {
	q := g.quadFrom(free)
	n := min(g.size-y, 4)
	base := tap
	for row := range g.rows {
		if row > 0 {
			g.LEAQ(emit.Indexed(base, nextTap, 1, 0), rowTap)
			base = rowTap
		}
		for i := range n {
			g.loadTap(g.tapAt(base, y+i, k), row, q[i])
		}
	}
	if n == 1 {
		return g.spread(q)
	}
	if n == 3 {
		q[3] = q[2]
	}
	return g.interleave(q)
}

// tapAt addresses the offset of the tap in row y and column k, if that of the first is at base.
func (g *sliding) tapAt(base reg.Register, y, k int) operand.Mem {
	if y > 2 {
		g.LEAQ(emit.Indexed(base, tapRow, 2, 0), p)
		base, y = p, y-2
	}
	if y == 0 {
		return emit.At(base, 4*k)
	}
	return emit.Indexed(base, tapRow, uint8(y), 4*k)
}

// loadTap loads a tap into a row's part of a vector.
func (g *sliding) loadTap(offset operand.Mem, row int, v reg.VecPhysical) {
	g.MOVLQSX(offset, first)
	switch from := emit.Indexed(a, first, 1, 0); {
	case row == 0:
		g.load(from, emit.Part(v, g.channels()))
	case g.how == ymm:
		g.VINSERTI128(operand.U8(row), from, v, v)
	case g.channels() == 32:
		g.VINSERTI64X4(operand.U8(row), from, v, v)
	default:
		g.VINSERTI32X4(operand.U8(row), from, v, v)
	}
}

// prefetch prefetches a part of the next block's weights and operands.
func (g *sliding) prefetch() {
	const lines = 4                        // of each at a time
	most := max(4*g.size*g.quads, (1+4)*4) // all weights; start values and four operands
	done := g.Fresh("prefetched")
	g.MOVQ(field("ahead"), first)
	g.CMPQ(first, operand.I32(most*g.Width))
	g.JGE(operand.LabelRef(done))
	for _, from := range []string{"nextWeights", "nextOperands"} {
		g.MOVQ(field(from), p)
		for i := range lines {
			g.PREFETCHT0(emit.Indexed(p, first, 1, 64*i))
		}
	}
	g.ADDQ(operand.I32(64*lines), first)
	g.MOVQ(first, field("ahead"))
	g.Label(done)
}
