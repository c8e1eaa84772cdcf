package main

import (
	"strconv"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// tile is a block of accumulators in vector registers: acc[row][column vector].
type tile struct {
	bytes int // of a vector: 32 (AVX2) or 64 (AVX-512)
	first int // the number of the first accumulator's register
	acc   [][]reg.VecPhysical
	tmp   []reg.VecPhysical // free registers below 16, at least 4
	whole bool              // all of its columns exist: none needs a mask
}

func (t *tile) lanes() int { return t.bytes / 4 }

// masked reports whether the columns that exist are told by masks, as vectors of AVX-512 have them.
func (t *tile) masked() bool { return t.bytes == 64 && !t.whole }

// each visits every accumulator.
func (t *tile) each(f func(col int, acc reg.VecPhysical)) {
	for _, row := range t.acc {
		for c, a := range row {
			f(c, a)
		}
	}
}

// newTile hands out registers from first on for rows*cols accumulators and the ones
// below first as temporaries.
func newTile(bytes, rows, cols, first int) *tile {
	t := &tile{bytes: bytes, first: first}
	for r := range rows {
		var row []reg.VecPhysical
		for c := range cols {
			row = append(row, emit.Vector(first+r*cols+c, bytes))
		}
		t.acc = append(t.acc, row)
	}
	for i := range min(first, 16) {
		t.tmp = append(t.tmp, emit.Vector(i, bytes))
	}
	return t
}

// scalars are the general registers that an epilogue uses.
type scalars struct{ call, flags, p, stride reg.GPPhysical }

// start loads the accumulators' start values.
func (g *gen) start(t *tile, s scalars) {
	g.MOVQ(field(s.call, "init"), s.p)
	t.each(func(c int, acc reg.VecPhysical) { g.VMOVUPS(emit.At(s.p, c*t.bytes), acc) })
}

// epilogue applies the steps in call.flags to a tile and stores it.
func (g *gen) epilogue(t *tile, s scalars) {
	done, chain := g.Fresh("stored"), g.Fresh("chain")
	g.MOVL(field(s.call, "flags"), s.flags.As32())
	g.TESTL(operand.U32(outF32|outU8|outI8|outI32), s.flags.As32())
	g.JNZ(operand.LabelRef(chain))
	g.store(t, s, g.storeWords)
	g.JMP(operand.LabelRef(done))

	g.Label(chain)
	if t.bytes == 64 {
		words := g.Fresh("words")
		g.TESTL(operand.U32(outF32|outI32), s.flags.As32())
		g.JNZ(operand.LabelRef(words))
		g.bytes512(t, s)
		g.JMP(operand.LabelRef(done))
		g.Label(words)
	}
	g.chain(t, s)
	narrow := g.Fresh("narrow")
	if t.bytes == 32 {
		g.TESTL(operand.U32(outF32|outI32), s.flags.As32())
		g.JZ(operand.LabelRef(narrow))
	}
	g.When(s.flags.As32(), outI32, "words", func() { g.toWords(t, s) })
	g.store(t, s, g.storeWords)
	if t.bytes == 32 {
		g.JMP(operand.LabelRef(done))
		g.Label(narrow)
		g.bytes256(t, s)
	}
	g.Label(done)
}

// chain computes the steps up to the results, in float32.
func (g *gen) chain(t *tile, s scalars) {
	t.each(func(_ int, acc reg.VecPhysical) { g.VCVTDQ2PS(acc, acc) })
	g.perColumn(t, s, stepPre, "pre", g.VADDPS)
	g.perColumn(t, s, stepScale, "scale", g.VMULPS)
	g.perColumn(t, s, stepBias, "bias", g.VADDPS)
	g.sum(t, s)
	g.When(s.flags.As32(), stepRelu, "relu", func() {
		g.Zero(t.tmp[0])
		t.each(func(_ int, acc reg.VecPhysical) { g.VMAXPS(t.tmp[0], acc, acc) })
	})
	g.perColumn(t, s, stepPost, "post", g.VMULPS)
}

// words applies the steps in call.flags to a tile whose results have 32 bits, and stores it.
func (g *gen) words(t *tile, s scalars) {
	g.MOVL(field(s.call, "flags"), s.flags.As32())
	g.When(s.flags.As32(), outF32|outI32, "chain", func() { g.chain(t, s) })
	g.When(s.flags.As32(), outI32, "words", func() { g.toWords(t, s) })
	g.store(t, s, g.storeWords)
}

// bytes256 saturates results to bytes and stores them.
func (g *gen) bytes256(t *tile, s scalars) {
	// VMAXPS replaces a NaN by its second source, the bound. VMINPS keeps it here: what is
	// left of NaN and of values below the range of int32 becomes -2^31 and saturates.
	g.When(s.flags.As32(), stepLo, "lo", func() {
		g.VBROADCASTSS(field(s.call, "lo"), t.tmp[0])
		t.each(func(_ int, acc reg.VecPhysical) { g.VMAXPS(t.tmp[0], acc, acc) })
	})
	g.When(s.flags.As32(), stepHi, "hi", func() {
		g.VBROADCASTSS(field(s.call, "hi"), t.tmp[1])
		t.each(func(_ int, acc reg.VecPhysical) { g.VMINPS(acc, t.tmp[1], acc) })
	})
	t.each(func(_ int, acc reg.VecPhysical) { g.VCVTPS2DQ(acc, acc) })
	g.store(t, s, g.storeBytes256)
}

// toWords converts to 32-bit integers, saturating: NaN becomes call.lo, which is -2^31, and
// call.hi, 2^31 or the float below it, is the largest. The
// conversion makes -2^31 of what is too large as well; of that the sign was not set.
func (g *gen) toWords(t *tile, s scalars) {
	g.VBROADCASTSS(field(s.call, "lo"), t.tmp[0])
	t.each(func(_ int, acc reg.VecPhysical) {
		sign, result := t.tmp[1], t.tmp[2]
		g.VMAXPS(t.tmp[0], acc, acc)
		g.VBROADCASTSS(field(s.call, "hi"), sign)
		g.VMINPS(sign, acc, acc)
		g.VPSRAD(operand.U8(31), acc, sign)
		g.VCVTPS2DQ(acc, acc)
		g.VPSRAD(operand.U8(31), acc, result)
		if t.bytes == 64 {
			g.VPANDND(result, sign, result)
			g.VPXORD(result, acc, acc)
		} else {
			g.VPANDN(result, sign, result)
			g.VPXOR(result, acc, acc)
		}
	})
}

// perColumn applies op with one operand for each column, if flags has the step.
func (g *gen) perColumn(t *tile, s scalars, step uint32, operands string, op func(...operand.Op)) {
	g.When(s.flags.As32(), step, operands, func() {
		g.MOVQ(field(s.call, operands), s.p)
		for c := range t.acc[0] {
			g.VMOVUPS(emit.At(s.p, c*t.bytes), t.tmp[c])
		}
		t.each(func(c int, acc reg.VecPhysical) { op(t.tmp[c], acc, acc) })
	})
}

// sum adds the summand times its scale with one rounding.
func (g *gen) sum(t *tile, s scalars) {
	g.When(s.flags.As32(), stepSumU8|stepSumI8|stepSumI32|stepSumF32, "sum", func() {
		g.MOVQ(field(s.call, "sumNow"), s.p)
		g.MOVQ(field(s.call, "ldsum"), s.stride)
		g.VBROADCASTSS(field(s.call, "sumScale"), t.tmp[0])
		if t.masked() {
			g.columnMasks(s.call)
		}
		g.summand(t, s, stepSumU8, "u8", 1, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
			if k != nil {
				g.VPMOVZXBD_Z(m, k, v)
			} else {
				g.VPMOVZXBD(m, v)
			}
			g.VCVTDQ2PS(v, v)
		})
		g.summand(t, s, stepSumI8, "i8", 1, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
			if k != nil {
				g.VPMOVSXBD_Z(m, k, v)
			} else {
				g.VPMOVSXBD(m, v)
			}
			g.VCVTDQ2PS(v, v)
		})
		g.summand(t, s, stepSumI32, "i32", 4, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
			if k != nil {
				g.VMOVDQU32_Z(m, k, v)
				g.VCVTDQ2PS(v, v)
			} else {
				g.VCVTDQ2PS(m, v)
			}
		})
		g.summand(t, s, stepSumF32, "f32", 4, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
			if k != nil {
				g.VMOVUPS_Z(m, k, v)
			} else {
				g.VMOVUPS(m, v)
			}
		})
	})
}

// summand adds a summand of one type; load brings a vector of it to float32. The mask
// of load is nil where the vectors have no masks.
func (g *gen) summand(
	t *tile, s scalars, step uint32, name string, size int, load func(operand.Mem, reg.Register, reg.VecPhysical),
) {
	g.When(s.flags.As32(), step, "sum_"+name, func() {
		for _, row := range t.acc {
			for c, acc := range row {
				var k reg.Register
				if t.masked() {
					k = columnMask[c]
				}
				load(emit.At(s.p, c*t.lanes()*size), k, t.tmp[1+c])
				g.VFMADD231PS(t.tmp[1+c], t.tmp[0], acc)
			}
			g.ADDQ(s.stride, s.p)
		}
	})
}

// columnMask holds the masks of the first and the second vector of columns.
var columnMask = []reg.Register{reg.K1, reg.K2}

// columnMasks loads them.
func (g *gen) columnMasks(call reg.GPPhysical) {
	g.KMOVW(field(call, "mask"), reg.K1)
	m := field(call, "mask")
	m.Disp += 2
	g.KMOVW(m, reg.K2)
}

// store calls rows, which stores a tile's rows at s.p and s.stride: with AVX-512
// once for whole panels and once for partial ones, under masks.
func (g *gen) store(t *tile, s scalars, rows func(t *tile, s scalars, masked bool)) {
	g.MOVQ(field(s.call, "cNow"), s.p)
	g.MOVQ(field(s.call, "ldc"), s.stride)
	if !t.masked() {
		rows(t, s, false)
		return
	}
	partial, end := g.Fresh("partial"), g.Fresh("end")
	full := uint32(1)<<(16*len(t.acc[0])) - 1
	g.CMPL(field(s.call, "mask"), operand.U32(full))
	g.JNE(operand.LabelRef(partial))
	rows(t, s, false)
	g.JMP(operand.LabelRef(end))
	g.Label(partial)
	g.columnMasks(s.call)
	rows(t, s, true)
	g.Label(end)
}

// storeWords stores 32-bit results.
func (g *gen) storeWords(t *tile, s scalars, masked bool) {
	for _, row := range t.acc {
		for c, acc := range row {
			if masked {
				g.VMOVUPS(acc, columnMask[c], emit.At(s.p, c*t.bytes))
			} else {
				g.VMOVUPS(acc, emit.At(s.p, c*t.bytes))
			}
		}
		g.ADDQ(s.stride, s.p)
	}
}

// storeBytes256 saturates the results to bytes.
func (g *gen) storeBytes256(t *tile, s scalars, _ bool) {
	signed, end := g.Fresh("signed"), g.Fresh("end")
	flip, order := t.tmp[1], t.tmp[2]
	g.VPBROADCASTD(field(s.call, "flip"), flip)
	g.TESTL(operand.U32(outI8), s.flags.As32())
	// Packing works within 128-bit lanes; this order of doublewords undoes that.
	g.MOVQ(operand.U64(0x0703060205010400), s.flags)
	g.VMOVQ(s.flags, emit.X(order))
	g.VPMOVZXBD(emit.X(order), order)
	g.JNZ(operand.LabelRef(signed))
	g.packRows(t, s, g.VPACKUSWB)
	g.JMP(operand.LabelRef(end))
	g.Label(signed)
	g.packRows(t, s, g.VPACKSSWB)
	g.Label(end)
}

// packRows packs and stores two rows at a time.
func (g *gen) packRows(t *tile, s scalars, toBytes func(...operand.Op)) {
	flip, order := t.tmp[1], t.tmp[2]
	for r := 0; r < len(t.acc); r += 2 {
		first, pair := t.acc[r], r+1 < len(t.acc)
		v, w := first[0], first[0]
		if pair {
			w = t.acc[r+1][0]
		}
		if len(first) == 1 {
			g.VPACKSSDW(w, v, v)
			toBytes(v, v, v)
		} else {
			g.VPACKSSDW(first[1], v, v)
			if pair {
				g.VPACKSSDW(t.acc[r+1][1], w, w)
			}
			toBytes(w, v, v)
		}
		g.VPERMD(v, order, v)
		g.VPXOR(flip, v, v)
		g.storeRow(t, v, emit.At(s.p, 0), 0)
		if pair {
			g.storeRow(t, v, emit.Indexed(s.p, s.stride, 1, 0), 1)
		}
		if r+2 < len(t.acc) {
			g.LEAQ(emit.Indexed(s.p, s.stride, 2, 0), s.p)
		}
	}
}

// storeRow stores the first or the second row in v.
func (g *gen) storeRow(t *tile, v reg.VecPhysical, to operand.Mem, i uint8) {
	switch wide := len(t.acc[0]) == 2; {
	case wide && i == 0:
		g.VMOVDQU(emit.X(v), to)
	case wide:
		g.VEXTRACTI128(operand.U8(1), v, to)
	case i == 0:
		g.VMOVQ(emit.X(v), to)
	default:
		g.VPEXTRQ(operand.U8(1), emit.X(v), to)
	}
}

// nextTile moves the pointers down by rows and jumps to again while there are tiles.
func (g *gen) nextTile(call, p reg.GPPhysical, rows int, again string, extra func()) {
	for _, f := range [][2]string{{"cNow", "ldc"}, {"sumNow", "ldsum"}} {
		g.IMUL3Q(operand.I8(rows), field(call, f[1]), p)
		g.ADDQ(p, field(call, f[0]))
	}
	extra()
	g.DECQ(field(call, "tiles"))
	g.JNZ(operand.LabelRef(again))
}

// dispatch jumps to body for call.rows, which is between 1 and most.
func (g *gen) dispatch(call, p reg.GPPhysical, most int, body func(rows int)) {
	g.MOVQ(emit.Param(), call)
	for _, f := range []string{"a", "c", "sum", "offsets"} {
		g.MOVQ(field(call, f), p)
		g.MOVQ(p, field(call, f+"Now"))
	}
	g.MOVQ(field(call, "rows"), p)
	for r := most; r >= 1; r-- {
		g.CMPQ(p, operand.I8(r))
		g.JEQ(operand.LabelRef("rows" + strconv.Itoa(r)))
	}
	g.RET()
	for r := most; r >= 1; r-- {
		g.Label("rows" + strconv.Itoa(r))
		body(r)
		g.VZEROUPPER()
		g.RET()
	}
}
