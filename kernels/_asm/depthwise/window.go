package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

const windowMeaning = `
	c[s,r,m,i] = epilogue(init[i] + sum over y, x < %d of a[offsets[s,r,y,%d*m+x]+i] * w[y,x,i])
for i < %d, r < %d and s < strips. It reads A and writes C at all %d channels.`

// sliding is the routine of a filter of size*size taps that moves by step columns from pixel to pixel. It loads each
// column of taps once, interleaves them to quads, and multiplies them for every pixel whose window the column is in.
// The sums of these pixels are in registers:
//
//	0 to 4*sharing-1          the sums, four for each pixel
//	from free on, six         a column, and afterwards what epilogue needs
//	from kept on, 4*size      the weights, four for each column
type sliding struct {
	gen

	size, step int
	sharing    int // how many pixels share a column at most
	free, kept int
}

// window convolves rows of pixels with filters of size*size taps, in so many rows together that a vector is full.
func window(rows, size, step int) emit.Routine {
	const width = 64
	name := fmt.Sprintf("depthwise_u8s8_chain_%dx%dw%ds%d_%s", rows, width/rows, size, step, quads)
	return emit.Routine{
		Name: name,
		Doc: name + " computes, for every m below pixels:" +
			fmt.Sprintf(windowMeaning, size, step, width/rows, rows, width/rows),
		Build: func(ctx *build.Context) {
			sharing := (size + step - 1) / step
			g := &sliding{
				gen:  gen{Gen: emit.Gen{Context: ctx, Width: width}, how: quads, rows: rows},
				size: size, step: step, sharing: sharing, free: 4 * sharing, kept: 4*sharing + 6,
			}
			g.build()
		},
	}
}

func (g *sliding) build() {
	g.start()
	for i := range 4 * g.size {
		g.load(emit.At(weights, i*g.Width), g.V(g.kept+i))
	}
	g.MOVQ(field("tapRow"), tapRow)
	if g.rows > 1 {
		g.MOVQ(field("nextOffsets"), nextTap)
		g.MOVQ(field("nextC"), nextC)
	}
	g.Label("strip")
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
		g.epilogue(4*pixel, 1, g.free)
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

// nextStrip continues with the next strip, if there is one; c is behind the first row of this one.
func (g *sliding) nextStrip() {
	g.MOVQ(field("offsets"), tap)
	for range g.rows {
		g.ADDQ(field("nextOffsets"), tap)
	}
	g.MOVQ(tap, field("offsets"))
	for range g.rows - 1 {
		g.ADDQ(nextC, c)
	}
	g.DECQ(field("strips"))
	g.JNZ(operand.LabelRef("strip"))
}

// column adds the products of a pixel's column k to the sums of all pixels whose windows it is in: those of the pixel
// are in the registers that begin with 4*pixel.
func (g *sliding) column(k, pixel int) {
	q := g.quadFrom(g.free)
	g.loadColumn(k, q)
	q[3] = q[2] // with weights of 0
	x := g.interleave(q)
	for next, at := 0, k; at >= 0; next, at = next+1, at-g.step {
		sums := 4 * ((pixel + next) % g.sharing)
		if at == 0 {
			g.MOVQ(field("init"), p)
		}
		for v := range 4 {
			if at == 0 {
				g.load(emit.At(p, v*g.Width), g.V(sums+v))
			}
			g.VPDPBUSD(g.V(g.kept+4*at+v), x[v], g.V(sums+v))
		}
	}
}

// loadColumn loads the taps of column k of a pixel of each row.
func (g *sliding) loadColumn(k int, q quad) {
	base := tap
	for row := range g.rows {
		if row > 0 {
			g.LEAQ(emit.Indexed(base, nextTap, 1, 0), rowTap)
			base = rowTap
		}
		for y := range g.size {
			at := emit.At(base, 4*k)
			if y > 0 {
				at = emit.Indexed(base, tapRow, uint8(y), 4*k)
			}
			g.MOVLQSX(at, first)
			switch from := emit.Indexed(a, first, 1, 0); {
			case row == 0:
				g.load(from, emit.Part(q[y], g.channels()))
			case g.channels() == 32:
				g.VINSERTI64X4(operand.U8(row), from, q[y], q[y])
			default:
				g.VINSERTI32X4(operand.U8(row), from, q[y], q[y])
			}
		}
	}
}

// prefetch prefetches a part of the next block's weights and operands.
func (g *sliding) prefetch() {
	const lines, most = 4, 5 * 4 // of each at a time, and altogether: start values and four operands
	done := g.Fresh("prefetched")
	g.MOVQ(field("ahead"), first)
	g.CMPQ(first, operand.I32(most*64))
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
