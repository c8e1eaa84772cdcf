package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The routines of the variant for 3x3 windows: Winograd's F(2x2,3x3) in integers. For a
// square of 2x2 results, d are the 4x4 data that it reads, g the weights, and
//
//	results = At * ((G g Gt) x (Bt d B)) * A,   x: element by element, summed over K
//
// The weights are transformed by 2G, whose elements are whole, so the sums are 4 times
// those of the products. Words hold the transformed data, within [-510,1020], and the
// transformed weights, within [-1152,1152].

const winogradSquares = 3 // squares side by side in a tile of results

// winogradTransform computes Bt d B of each square.
func winogradTransform() emit.Routine {
	return emit.Routine{
		Name: "winogradTransform",
		Doc: `winogradTransform transforms the data of squares, for every square s below tiles, i, j < 4 and channel n < 16*k:

	c[4*i+j,s,n] = int16(Σ_p Σ_q t[i,p] * a[offsets[s,4*p+q]+n] * t[j,q])

	t = 1  0 -1  0
	    0  1  1  0
	    0 -1  1  0
	    0  1  0 -1

with ldc bytes from square to square of c and cPitch from position to position.`,
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			w := winogradData{
				call: reg.RDI, offsets: reg.RSI, a: reg.RDX, tmp: reg.RAX,
				pitch: reg.R8, pitch3: reg.R9,
				to: [4]reg.GPPhysical{reg.R10, reg.R11, reg.R12, reg.R13},
			}
			square, n := reg.RBX, reg.RCX
			g.MOVQ(emit.Param(), w.call)
			g.MOVQ(field(w.call, "offsets"), w.offsets)
			g.MOVQ(field(w.call, "cPitch"), w.pitch)
			g.LEAQ(emit.Indexed(w.pitch, w.pitch, 2, 0), w.pitch3)
			g.MOVQ(field(w.call, "c"), square)
			g.Label("square")
			g.MOVQ(field(w.call, "a"), w.a)
			g.MOVQ(field(w.call, "k"), n)
			g.MOVQ(square, w.to[0])
			for i := 1; i < 4; i++ {
				g.LEAQ(emit.Indexed(w.to[i-1], w.pitch, 4, 0), w.to[i])
			}
			g.Label("channels")
			w.channels(g)
			g.ADDQ(operand.I8(16), w.a)
			for _, to := range w.to {
				g.ADDQ(operand.I8(32), to)
			}
			g.DECQ(n)
			g.JNZ(operand.LabelRef("channels"))
			g.ADDQ(operand.I8(64), w.offsets)
			g.ADDQ(field(w.call, "ldc"), square)
			g.DECQ(field(w.call, "tiles"))
			g.JNZ(operand.LabelRef("square"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// winogradData are the registers of the transformation of data: to points to the rows of
// positions.
type winogradData struct {
	call, offsets, a, tmp, pitch, pitch3 reg.GPPhysical
	to                                   [4]reg.GPPhysical
}

// channels transforms 16 channels of a square: columns first, each when it is loaded.
func (w *winogradData) channels(g *gen) {
	first := w.column(g, 0, 0)
	third := w.column(g, 2, 5)
	for i := range 4 {
		g.VPSUBW(third[i], first[i], first[i])
		w.store(g, i, 0, first[i])
	}
	second := w.column(g, 1, 0)
	for i := range 4 {
		sum := emit.Vector(10+i, 32)
		g.VPADDW(second[i], third[i], sum)
		w.store(g, i, 1, sum)
		g.VPSUBW(second[i], third[i], third[i])
		w.store(g, i, 2, third[i])
	}
	fourth := w.column(g, 3, 5)
	for i := range 4 {
		g.VPSUBW(fourth[i], second[i], second[i])
		w.store(g, i, 3, second[i])
	}
}

// column loads column j of the data and transforms it, in five registers from first on.
func (w *winogradData) column(g *gen, j, first int) [4]reg.VecPhysical {
	var x [5]reg.VecPhysical
	for i := range x {
		x[i] = emit.Vector(first+i, 32)
	}
	for i := range 4 {
		g.MOVLQSX(emit.At(w.offsets, 4*(4*i+j)), w.tmp)
		g.VPMOVZXBW(emit.Indexed(w.a, w.tmp, 1, 0), x[i])
	}
	g.VPSUBW(x[2], x[0], x[0])
	g.VPADDW(x[2], x[1], x[4])
	g.VPSUBW(x[1], x[2], x[2])
	g.VPSUBW(x[3], x[1], x[3])
	return [4]reg.VecPhysical{x[0], x[4], x[2], x[3]}
}

// store stores position (i, j).
func (w *winogradData) store(g *gen, i, j int, v reg.VecPhysical) {
	to := emit.At(w.to[i], 0)
	switch {
	case j == 3:
		to.Index, to.Scale = w.pitch3, 1
	case j > 0:
		to.Index, to.Scale = w.pitch, uint8(j)
	}
	g.VMOVDQU(v, to)
}

// winogradMultiply multiplies the transformed data by the transformed weights.
func winogradMultiply() emit.Routine {
	return emit.Routine{
		Name: "winogradMultiply",
		Doc: `winogradMultiply multiplies words, for every position p below panels, s below
rows*tiles + (rows-1)*others and n < 16:

	c[p,s,n] = sum over k2 < k, i < 2 of a[p,s,2*k2+i] * b[p,k2,n,i]

with lda and ldc bytes from row to row, and aPitch and cPitch from position to position.`,
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			w := winogradProducts{
				call: reg.RDI, rows: reg.R9, others: reg.RAX, tiles: reg.R11, stride: reg.R10, a: reg.R12, c: reg.R13,
				m: avx2Pair{a: reg.RSI, a3: reg.RDX, b: reg.RBX, lda: reg.R8, words: true}, k: reg.RCX, ahead: reg.R15,
			}
			w.positions(g)
		},
	}
}

// winogradProducts are the registers of the multiplication: a and c are where the tile
// is, m where its products are.
type winogradProducts struct {
	call, rows, others, tiles, stride, a, c, k, ahead reg.GPPhysical

	m avx2Pair
}

// positions emits the loop over positions, each of which has tiles of rows and then others
// of one row less.
func (w *winogradProducts) positions(g *gen) {
	g.MOVQ(emit.Param(), w.call)
	for _, f := range []string{"a", "c"} {
		g.MOVQ(field(w.call, f), w.k)
		g.MOVQ(w.k, field(w.call, f+"Now"))
	}
	g.MOVQ(field(w.call, "lda"), w.m.lda)
	g.MOVQ(field(w.call, "ldc"), w.stride)
	g.MOVQ(field(w.call, "ahead"), w.ahead)
	g.Label("position")
	g.MOVQ(field(w.call, "aNow"), w.a)
	g.MOVQ(field(w.call, "cNow"), w.c)
	g.MOVQ(field(w.call, "rows"), w.rows)
	g.MOVQ(field(w.call, "others"), w.others)
	g.MOVQ(field(w.call, "tiles"), w.tiles)
	g.TESTQ(w.tiles, w.tiles)
	g.JZ(operand.LabelRef("multiplied"))
	g.Label("multiply")
	for rows := avx2Rows; rows >= 1; rows-- {
		g.CMPQ(w.rows, operand.I8(rows))
		g.JEQ(operand.LabelRef(fmt.Sprintf("rows%d", rows)))
	}
	for rows := avx2Rows; rows >= 1; rows-- {
		g.Label(fmt.Sprintf("rows%d", rows))
		w.multiply(g, rows)
		g.JMP(operand.LabelRef("multiplied"))
	}
	g.Label("multiplied")
	g.MOVQ(w.others, w.tiles)
	g.XORQ(w.others, w.others)
	g.DECQ(w.rows)
	g.TESTQ(w.tiles, w.tiles)
	g.JNZ(operand.LabelRef("multiply"))
	g.MOVQ(w.m.b, field(w.call, "b")) // the weights of the next position follow
	for _, f := range [][2]string{{"aNow", "aPitch"}, {"cNow", "cPitch"}} {
		g.MOVQ(field(w.call, f[1]), w.k)
		g.ADDQ(w.k, field(w.call, f[0]))
	}
	g.DECQ(field(w.call, "panels"))
	g.JNZ(operand.LabelRef("position"))
	g.VZEROUPPER()
	g.RET()
}

// multiply computes tiles of a number of rows.
func (w *winogradProducts) multiply(g *gen, rows int) {
	m, t := w.m, newTile(32, rows, 2, 4)
	m.tile = t
	again := g.Fresh("tile")
	g.Label(again)
	g.MOVQ(w.a, m.a)
	if rows > 3 {
		g.LEAQ(emit.Indexed(m.lda, m.lda, 2, 0), m.a3)
		g.ADDQ(m.a, m.a3)
	}
	g.MOVQ(field(w.call, "b"), m.b)
	g.MOVQ(field(w.call, "k"), w.k)
	t.each(func(_ int, acc reg.VecPhysical) { g.Zero(acc) })
	m.loop(g, w.k, func() {
		for i := range 4 {
			g.PREFETCHT0(emit.Indexed(m.b, w.ahead, 1, 64*i))
		}
	})
	for _, row := range t.acc {
		for i, acc := range row {
			g.VMOVDQU(acc, emit.At(w.c, 32*i))
		}
		g.ADDQ(w.stride, w.c)
		g.ADDQ(m.lda, w.a)
	}
	g.DECQ(w.tiles)
	g.JNZ(operand.LabelRef(again))
}

// winogradResults computes At * products * A and the epilogue.
func winogradResults() emit.Routine {
	name := "gemm_u8s8_chain_24x16k2_avx2"
	return emit.Routine{
		Name: name,
		Doc: name + ` computes a line of results of squares side by side, rows*tiles pixels m by 16 columns. rows is 6,
or there is one tile:

	r[s,j,n]   = a[j,s,n] + sign*(a[4+j,s,n] + a[8+j,s,n])
	c[2*s,n]   = epilogue(init[n] + (r[s,0,n] + r[s,1,n] + r[s,2,n])/4)
	c[2*s+1,n] = epilogue(init[n] + (r[s,1,n] - r[s,2,n] - r[s,3,n])/4)

a holds the products of the positions, aPitch bytes from one to the next, from the first or the second row of positions
on: the first line has the sign 1, the second -1. a has 64 bytes for each square.`,
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.R9, stride: reg.R10}
			g.dispatch(s.call, s.p, 2*winogradSquares, func(rows int) { g.winogradLine(s, rows) })
		},
	}
}

func (g *gen) winogradLine(s scalars, rows int) {
	var (
		t             = newTile(32, rows, 2, 4)
		base          = [3]reg.GPPhysical{reg.RSI, reg.RDX, reg.RBX}
		pitch, pitch3 = reg.R8, reg.RCX
		again         = g.Fresh("line")
	)
	g.Label(again)
	g.MOVQ(field(s.call, "aPitch"), pitch)
	g.LEAQ(emit.Indexed(pitch, pitch, 2, 0), pitch3)
	g.MOVQ(field(s.call, "aNow"), base[0])
	for i := 1; i < len(base); i++ {
		g.LEAQ(emit.Indexed(base[i-1], pitch, 4, 0), base[i])
	}
	sign, second, third := t.tmp[0], t.tmp[1], t.tmp[2]
	g.VPBROADCASTD(field(s.call, "sign"), sign)
	for square := range (rows + 1) / 2 {
		for c := range 2 {
			// sum makes r of position j.
			sum := func(j int, r reg.VecPhysical) {
				at := func(i int) operand.Mem {
					m := emit.At(base[i], 64*square+32*c)
					switch {
					case j == 3:
						m.Index, m.Scale = pitch3, 1
					case j > 0:
						m.Index, m.Scale = pitch, uint8(j)
					}
					return m
				}
				g.VMOVDQU(at(1), r)
				g.VPADDD(at(2), r, r)
				g.VPSIGND(sign, r, r)
				g.VPADDD(at(0), r, r)
			}
			left := t.acc[2*square][c]
			sum(0, left)
			sum(1, second)
			sum(2, third)
			g.VPADDD(second, left, left)
			g.VPADDD(third, left, left)
			if 2*square+1 < rows {
				right := t.acc[2*square+1][c]
				sum(3, right)
				g.VPADDD(third, right, right)
				g.VPSUBD(right, second, right)
			}
		}
	}
	g.MOVQ(field(s.call, "init"), s.p)
	t.each(func(c int, acc reg.VecPhysical) {
		g.VPSRAD(operand.U8(2), acc, acc)
		g.VPADDD(emit.At(s.p, 32*c), acc, acc)
	})
	g.epilogue(t, s)
	g.nextTile(s.call, s.p, rows, again, func() { g.ADDQ(operand.I32(64*winogradSquares), field(s.call, "aNow")) })
}
