package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

const avx2Rows = 6

// avx2Routine multiplies rows of A that have been widened to words by a panel of B of
// 8*cols columns, bytes or words, interleaved by pairs of K. VPMADDWD of words is
// exact: 255*-128*2 fits 32 bits.
func avx2Routine(cols int, bytes bool) emit.Routine {
	name, element := fmt.Sprintf("gemm_u8s8_chain_6x%dk2_avx2", 8*cols), "bytes"
	if !bytes {
		name, element = fmt.Sprintf("gemm_u8s16_chain_6x%dk2_avx2", 8*cols), "words"
	}
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every m below rows*tiles:

	c[m,n] = epilogue(init[n] + sum over k2 < k, i < 2 of a[m,2*k2+i] * b[k2,n,i])

a holds words at a stride of lda bytes, b %s.`, name, 8*cols, element),
		Build: func(c *build.Context) {
			g := &gen{Context: c}
			s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.R9, stride: reg.R10}
			g.dispatch(s.call, s.p, avx2Rows, func(rows int) { g.avx2Tiles(s, rows, cols, bytes) })
		},
	}
}

func (g *gen) avx2Tiles(s scalars, rows, cols int, bytes bool) {
	var (
		a, a3, b, k, lda = reg.RSI, reg.RDX, reg.RBX, reg.RCX, reg.R8
		t                = newTile(32, rows, cols, 4)
		again            = fmt.Sprintf("tile%d", rows)
		stepB            = cols * 32 // bytes of B for one pair of K
	)
	if bytes {
		stepB /= 2
	}
	pair := func(i int) {
		for c := range cols {
			if bytes {
				g.VPMOVSXBW(at(b, i*stepB+c*16), t.tmp[c])
			} else {
				g.VMOVDQU(at(b, i*stepB+c*32), t.tmp[c])
			}
		}
		for r := range rows {
			row := at(a, 4*i)
			if r >= 3 {
				row.Base = a3
			}
			if r%3 > 0 {
				row.Index, row.Scale = lda, uint8(r%3)
			}
			x := t.tmp[2]
			g.VPBROADCASTD(row, x)
			for c := range cols {
				product := t.tmp[3]
				if c == cols-1 {
					product = x
				}
				g.VPMADDWD(t.tmp[c], x, product)
				g.VPADDD(product, t.acc[r][c], t.acc[r][c])
			}
		}
	}
	advance := func(pairs int) {
		g.ADDQ(operand.I32(4*pairs), a)
		if rows > 3 {
			g.ADDQ(operand.I32(4*pairs), a3)
		}
		g.ADDQ(operand.I32(stepB*pairs), b)
	}
	four, ones, one, done := g.fresh("four_pairs"), g.fresh("rest"), g.fresh("one_pair"), g.fresh("multiplied")

	g.Label(again)
	g.MOVQ(field(s.call, "aNow"), a)
	g.MOVQ(field(s.call, "lda"), lda)
	if rows > 3 {
		g.LEAQ(indexed(lda, lda, 2, 0), a3)
		g.ADDQ(a, a3)
	}
	g.MOVQ(field(s.call, "b"), b)
	g.MOVQ(field(s.call, "k"), k)
	g.start(t, s)
	g.SUBQ(operand.I8(4), k)
	g.JL(operand.LabelRef(ones))
	g.Label(four)
	for i := range 4 {
		pair(i)
	}
	advance(4)
	g.SUBQ(operand.I8(4), k)
	g.JGE(operand.LabelRef(four))
	g.Label(ones)
	g.ADDQ(operand.I8(4), k)
	g.JZ(operand.LabelRef(done))
	g.Label(one)
	pair(0)
	advance(1)
	g.DECQ(k)
	g.JNZ(operand.LabelRef(one))
	g.Label(done)
	g.epilogue(t, s)
	g.nextTile(s.call, s.p, rows, again, func() {
		g.IMUL3Q(operand.I8(rows), field(s.call, "lda"), s.p)
		g.ADDQ(s.p, field(s.call, "aNow"))
	})
}

// widenRoutine copies rows of A to words.
func widenRoutine() emit.Routine {
	return emit.Routine{
		Name: "widenRows",
		Doc: `widenRows copies runs of bytes to words, for every m below rows and t below taps:

	c[m,t*k+i] = uint16(a[offsets[m,t]+i])    for i < k

with ldc bytes from row to row of c. It reads up to 31 bytes behind a run and writes
up to 62 bytes behind a row.`,
		Build: func(c *build.Context) {
			g := &gen{Context: c}
			var (
				call, a, offsets, dst = reg.RDI, reg.RSI, reg.RDX, reg.RCX
				src, d, n, tap        = reg.R8, reg.R9, reg.R10, reg.R11
				rows                  = reg.RBX
			)
			g.MOVQ(param(), call)
			g.MOVQ(field(call, "a"), a)
			g.MOVQ(field(call, "offsets"), offsets)
			g.MOVQ(field(call, "c"), dst)
			g.MOVQ(field(call, "rows"), rows)
			g.Label("row")
			g.MOVQ(dst, d)
			g.MOVQ(field(call, "taps"), tap)
			g.Label("tap")
			g.MOVLQSX(at(offsets, 0), src)
			g.ADDQ(operand.I8(4), offsets)
			g.ADDQ(a, src)
			g.MOVQ(field(call, "k"), n)
			g.Label("run")
			g.VPMOVZXBW(at(src, 0), reg.Y0)
			g.VPMOVZXBW(at(src, 16), reg.Y1)
			g.VMOVDQU(reg.Y0, at(d, 0))
			g.VMOVDQU(reg.Y1, at(d, 32))
			g.ADDQ(operand.I8(32), src)
			g.ADDQ(operand.I8(64), d)
			g.SUBQ(operand.I8(32), n)
			g.JG(operand.LabelRef("run"))
			// n is what the last vectors had too much, or 0.
			g.LEAQ(indexed(d, n, 2, 0), d)
			g.DECQ(tap)
			g.JNZ(operand.LabelRef("tap"))
			g.ADDQ(field(call, "ldc"), dst)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("row"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// widenPanelRoutine copies a panel of B to words.
func widenPanelRoutine() emit.Routine {
	return emit.Routine{
		Name: "widenPanel",
		Doc:  "widenPanel copies bytes to words: c[i] = int16(b[i]) for i < k, a multiple of 16.",
		Build: func(c *build.Context) {
			g := &gen{Context: c}
			call, src, dst, n := reg.RDI, reg.RSI, reg.RDX, reg.RCX
			g.MOVQ(param(), call)
			g.MOVQ(field(call, "b"), src)
			g.MOVQ(field(call, "c"), dst)
			g.MOVQ(field(call, "k"), n)
			g.Label("sixteen")
			g.VPMOVSXBW(at(src, 0), reg.Y0)
			g.VMOVDQU(reg.Y0, at(dst, 0))
			g.ADDQ(operand.I8(16), src)
			g.ADDQ(operand.I8(32), dst)
			g.SUBQ(operand.I8(16), n)
			g.JG(operand.LabelRef("sixteen"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}
