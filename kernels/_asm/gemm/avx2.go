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
// 8*cols columns, interleaved by pairs of K. VPMADDWD of words is exact: 255*-128*2 fits
// 32 bits.
func avx2Routine(cols int) emit.Routine {
	name := fmt.Sprintf("gemm_u8s8_chain_6x%dk2_avx2", 8*cols)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every m below rows*tiles:

	c[m,n] = epilogue(init[n] + sum over k2 < k, i < 2 of a[m,2*k2+i] * b[k2,n,i])

a holds words at a stride of lda bytes, b words or bytes: see flags. The bytes at ahead are fetched.`, name, 8*cols),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.R9, stride: reg.R10}
			g.dispatch(s.call, s.p, avx2Rows, func(rows int) { g.avx2Tiles(s, rows, cols) })
		},
	}
}

func (g *gen) avx2Tiles(s scalars, rows, cols int) {
	var (
		t        = newTile(32, rows, cols, 4)
		m        = avx2Pair{a: reg.RSI, a3: reg.RDX, b: reg.RBX, lda: reg.R8, tile: t}
		k, ahead = reg.RCX, reg.R11
		again    = fmt.Sprintf("tile%d", rows)
	)
	bytes, multiplied := g.Fresh("bytes"), g.Fresh("multiplied")
	// fetch fetches the part of a panel of bytes that four pairs are.
	fetch := func() {
		for i := range cols {
			g.PREFETCHT1(emit.At(ahead, 64*i))
		}
		g.ADDQ(operand.I8(64*cols), ahead)
	}
	g.Label(again)
	g.MOVQ(field(s.call, "aNow"), m.a)
	g.MOVQ(field(s.call, "lda"), m.lda)
	if rows > 3 {
		g.LEAQ(emit.Indexed(m.lda, m.lda, 2, 0), m.a3)
		g.ADDQ(m.a, m.a3)
	}
	g.MOVQ(field(s.call, "b"), m.b)
	g.MOVQ(field(s.call, "k"), k)
	g.MOVQ(field(s.call, "ahead"), ahead)
	g.start(t, s)
	g.TESTL(operand.U32(words), field(s.call, "flags"))
	g.JZ(operand.LabelRef(bytes))
	m.words = true
	m.loop(g, k, fetch)
	g.JMP(operand.LabelRef(multiplied))
	g.Label(bytes)
	m.words = false
	m.loop(g, k, fetch)
	g.Label(multiplied)
	g.epilogue(t, s)
	g.nextTile(s.call, s.p, rows, again, func() {
		g.IMUL3Q(operand.I8(rows), field(s.call, "lda"), s.p)
		g.ADDQ(s.p, field(s.call, "aNow"))
		// Once is enough; fetching what is near costs next to nothing.
		g.MOVQ(field(s.call, "b"), s.p)
		g.MOVQ(s.p, field(s.call, "ahead"))
	})
}

// avx2Pair is the step of one pair of K: a and a3 point to the first and the fourth row.
type avx2Pair struct {
	a, a3, b, lda reg.GPPhysical
	words         bool // B has words, not bytes
	tile          *tile
}

// loop emits the loop over k pairs, four at a time, with what is fetched for each four.
func (m *avx2Pair) loop(g *gen, k reg.GPPhysical, fetch func()) {
	four, ones, one, done := g.Fresh("four_pairs"), g.Fresh("rest"), g.Fresh("one_pair"), g.Fresh("summed")
	g.SUBQ(operand.I8(4), k)
	g.JL(operand.LabelRef(ones))
	g.Label(four)
	fetch()
	for i := range 4 {
		m.multiply(g, i)
	}
	m.advance(g, 4)
	g.SUBQ(operand.I8(4), k)
	g.JGE(operand.LabelRef(four))
	g.Label(ones)
	g.ADDQ(operand.I8(4), k)
	g.JZ(operand.LabelRef(done))
	g.Label(one)
	m.multiply(g, 0)
	m.advance(g, 1)
	g.DECQ(k)
	g.JNZ(operand.LabelRef(one))
	g.Label(done)
}

// row returns the address of pair i of a row.
func (m *avx2Pair) row(r, i int) operand.Mem {
	out := emit.At(m.a, 4*i)
	if r >= 3 {
		out.Base = m.a3
	}
	if r%3 > 0 {
		out.Index, out.Scale = m.lda, uint8(r%3)
	}
	return out
}

// multiply emits pair i. Two products, then two sums, in turn: with product and sum
// alternating the schedulers of Zen 3 are 5 % slower.
func (m *avx2Pair) multiply(g *gen, i int) {
	tmp, acc := m.tile.tmp, m.tile.acc
	cols := len(acc[0])
	for c := range cols {
		if m.words {
			g.VMOVDQU(emit.At(m.b, (i*cols+c)*32), tmp[c])
		} else {
			g.VPMOVSXBW(emit.At(m.b, (i*cols+c)*16), tmp[c])
		}
	}
	x, z := tmp[2], tmp[3]
	for r := 0; r < len(acc); r++ {
		g.VPBROADCASTD(m.row(r, i), x)
		if cols == 2 {
			g.VPMADDWD(tmp[0], x, z)
			g.VPMADDWD(tmp[1], x, x)
			g.VPADDD(z, acc[r][0], acc[r][0])
			g.VPADDD(x, acc[r][1], acc[r][1])
			continue
		}
		second := r+1 < len(acc)
		if second {
			g.VPBROADCASTD(m.row(r+1, i), z)
		}
		g.VPMADDWD(tmp[0], x, x)
		if second {
			g.VPMADDWD(tmp[0], z, z)
		}
		g.VPADDD(x, acc[r][0], acc[r][0])
		if second {
			g.VPADDD(z, acc[r+1][0], acc[r+1][0])
			r++
		}
	}
}

func (m *avx2Pair) advance(g *gen, pairs int) {
	g.ADDQ(operand.I32(4*pairs), m.a)
	if len(m.tile.acc) > 3 {
		g.ADDQ(operand.I32(4*pairs), m.a3)
	}
	size := 16
	if m.words {
		size = 32
	}
	g.ADDQ(operand.I32(size*pairs*len(m.tile.acc[0])), m.b)
}

// widenPanelRoutine copies a panel of B to words.
func widenPanelRoutine() emit.Routine {
	return emit.Routine{
		Name: "widenPanel",
		Doc:  "widenPanel copies bytes to words: c[i] = int16(b[i]) for i < 16*k.",
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			call, from, to, n := reg.RDI, reg.RSI, reg.RDX, reg.RCX
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field(call, "b"), from)
			g.MOVQ(field(call, "c"), to)
			g.MOVQ(field(call, "k"), n)
			g.Label("next")
			g.VPMOVSXBW(emit.At(from, 0), reg.Y0)
			g.VMOVDQU(reg.Y0, emit.At(to, 0))
			g.ADDQ(operand.I8(16), from)
			g.ADDQ(operand.I8(32), to)
			g.DECQ(n)
			g.JNZ(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
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
			g := &gen{emit.Gen{Context: c}}
			var (
				call, a, offsets, dst = reg.RDI, reg.RSI, reg.RDX, reg.RCX
				src, d, n, tap        = reg.R8, reg.R9, reg.R10, reg.R11
				rows                  = reg.RBX
			)
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field(call, "a"), a)
			g.MOVQ(field(call, "offsets"), offsets)
			g.MOVQ(field(call, "c"), dst)
			g.MOVQ(field(call, "rows"), rows)
			g.CMPQ(field(call, "k"), operand.I8(16))
			g.JLE(operand.LabelRef("short_row"))
			g.Label("row")
			g.MOVQ(dst, d)
			g.MOVQ(field(call, "taps"), tap)
			g.Label("tap")
			g.MOVLQSX(emit.At(offsets, 0), src)
			g.ADDQ(operand.I8(4), offsets)
			g.ADDQ(a, src)
			g.MOVQ(field(call, "k"), n)
			g.Label("run")
			g.VPMOVZXBW(emit.At(src, 0), reg.Y0)
			g.VPMOVZXBW(emit.At(src, 16), reg.Y1)
			g.VMOVDQU(reg.Y0, emit.At(d, 0))
			g.VMOVDQU(reg.Y1, emit.At(d, 32))
			g.ADDQ(operand.I8(32), src)
			g.ADDQ(operand.I8(64), d)
			g.SUBQ(operand.I8(32), n)
			g.JG(operand.LabelRef("run"))
			// n is what the last vectors had too much, or 0.
			g.LEAQ(emit.Indexed(d, n, 2, 0), d)
			g.DECQ(tap)
			g.JNZ(operand.LabelRef("tap"))
			g.ADDQ(field(call, "ldc"), dst)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("row"))
			g.VZEROUPPER()
			g.RET()

			// Runs of one vector.
			g.Label("short_row")
			g.MOVQ(field(call, "k"), n)
			g.MOVQ(dst, d)
			g.MOVQ(field(call, "taps"), tap)
			g.Label("short_tap")
			g.MOVLQSX(emit.At(offsets, 0), src)
			g.ADDQ(operand.I8(4), offsets)
			g.VPMOVZXBW(emit.Indexed(a, src, 1, 0), reg.Y0)
			g.VMOVDQU(reg.Y0, emit.At(d, 0))
			g.LEAQ(emit.Indexed(d, n, 2, 0), d)
			g.DECQ(tap)
			g.JNZ(operand.LabelRef("short_tap"))
			g.ADDQ(field(call, "ldc"), dst)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("short_row"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}
