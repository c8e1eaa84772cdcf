package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The general registers of the AVX-512 epilogue of 8-bit results beside those of scalars.
var (
	bytesSum, bytesSumStride = reg.R12, reg.R13
	bytesOperand             = map[string]reg.GPPhysical{"pre": reg.R8, "scale": reg.R9, "bias": reg.R10, "post": reg.R11}
)

// bytesMask is the mask of a row's bytes; columnMask has those of the summand.
var bytesMask = reg.K3

// bytesVectors is how many accumulators go through all steps before the next ones' turn: enough for their
// latencies, few enough for instructions of different units to run at the same time.
const bytesVectors = 14

// bytes512 turns the accumulators to bytes and stores them. Saturation applies the ends of the type, hence lo and hi only where flags say so.
func (g *gen) bytes512(t *tile, s scalars) {
	g.transposition(t.tmp[0])
	for _, name := range []string{"pre", "scale", "bias", "post"} {
		g.MOVQ(field(s.call, name), bytesOperand[name])
	}
	g.MOVQ(field(s.call, "sumNow"), bytesSum)
	g.MOVQ(field(s.call, "ldsum"), bytesSumStride)
	g.MOVQ(field(s.call, "cNow"), s.p)
	g.MOVQ(field(s.call, "ldc"), s.stride)
	g.columnMasks(s.call)
	g.KMOVD(field(s.call, "mask"), bytesMask)
	b := bytes512{tile: t, scalars: s, order: t.tmp[0], flip: t.tmp[1], lo: t.tmp[2], hi: t.tmp[3], sumScale: t.tmp[4]}
	g.VPBROADCASTD(field(s.call, "flip"), b.flip)
	g.VBROADCASTSS(field(s.call, "lo"), b.lo)
	g.VBROADCASTSS(field(s.call, "hi"), b.hi)
	g.VBROADCASTSS(field(s.call, "sumScale"), b.sumScale)
	each, pack := bytesVectors/len(t.acc[0]), 4/len(t.acc[0])
	for r := 0; r < len(t.acc); r += each {
		rows := t.acc[r:min(r+each, len(t.acc))]
		b.rows = rows
		g.bytesChain(&b)
		for r := 0; r < len(rows); r += pack {
			b.rows = rows[r:min(r+pack, len(rows))]
			g.bytesStore(&b)
		}
	}
}

// bytes512 are the rows that one step of the epilogue takes, and the registers of all steps.
type bytes512 struct {
	*tile
	scalars
	rows                          [][]reg.VecPhysical
	order, flip, lo, hi, sumScale reg.VecPhysical
}

// operand returns a register for a value of column vector c.
func (b *bytes512) operand(c int) reg.VecPhysical { return b.tmp[5+c] }

func (b *bytes512) each(f func(c int, acc reg.VecPhysical)) {
	for _, row := range b.rows {
		for c, acc := range row {
			f(c, acc)
		}
	}
}

// The order of doublewords that transposes four by four of them, in bytes.
const (
	transpositionLow  = 0x0d0905010c080400
	transpositionHigh = 0x0f0b07030e0a0602
)

// transposition makes that order. It uses the register of bytesSumStride.
func (g *gen) transposition(order reg.VecPhysical) {
	g.MOVQ(operand.U64(transpositionLow), bytesSumStride)
	g.VMOVQ(bytesSumStride, emit.X(order))
	g.MOVQ(operand.U64(transpositionHigh), bytesSumStride)
	g.VPINSRQ(operand.U8(1), bytesSumStride, emit.X(order), emit.X(order))
	g.VPMOVZXBD(emit.X(order), order)
}

// bytesChain computes the chain of some rows, up to 32-bit integers.
func (g *gen) bytesChain(b *bytes512) {
	flags := b.flags.As32()
	column := func(step uint32, name string, op func(...operand.Op)) {
		g.When(flags, step, name, func() {
			for c := range b.rows[0] {
				g.VMOVUPS(emit.At(bytesOperand[name], c*64), b.operand(c))
			}
			b.each(func(c int, acc reg.VecPhysical) { op(b.operand(c), acc, acc) })
		})
	}
	b.each(func(_ int, acc reg.VecPhysical) { g.VCVTDQ2PS(acc, acc) })
	column(stepPre, "pre", g.VADDPS)
	column(stepScale, "scale", g.VMULPS)
	column(stepBias, "bias", g.VADDPS)
	g.When(flags, stepSumU8|stepSumI8|stepSumI32|stepSumF32, "sum", func() { g.bytesSum(b) })
	g.When(flags, stepRelu, "relu", func() {
		g.Zero(b.operand(0))
		b.each(func(_ int, acc reg.VecPhysical) { g.VMAXPS(b.operand(0), acc, acc) })
	})
	column(stepPost, "post", g.VMULPS)
	// VMAXPS replaces a NaN by its second source, the bound. VMINPS keeps it here: what is
	// left of NaN and of values below the range of int32 becomes -2^31 and saturates.
	g.When(flags, stepLo, "lo", func() {
		b.each(func(_ int, acc reg.VecPhysical) { g.VMAXPS(b.lo, acc, acc) })
	})
	g.When(flags, stepHi, "hi", func() {
		b.each(func(_ int, acc reg.VecPhysical) { g.VMINPS(acc, b.hi, acc) })
	})
	b.each(func(_ int, acc reg.VecPhysical) { g.VCVTPS2DQ(acc, acc) })
}

// bytesSum adds the summands of some rows, times their scale.
func (g *gen) bytesSum(b *bytes512) {
	end := g.Fresh("sum_end")
	flags := b.flags.As32()
	one := func(step uint32, name string, size int, load func(m operand.Mem, k reg.Register, v reg.VecPhysical)) {
		skip := g.Fresh("no_" + name)
		g.TESTL(operand.U32(step), flags)
		g.JZ(operand.LabelRef(skip))
		for _, row := range b.rows {
			for c, acc := range row {
				load(emit.At(bytesSum, c*16*size), columnMask[c], b.operand(c))
				g.VFMADD231PS(b.operand(c), b.sumScale, acc)
			}
			g.ADDQ(bytesSumStride, bytesSum)
		}
		g.JMP(operand.LabelRef(end))
		g.Label(skip)
	}
	one(stepSumU8, "u8", 1, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
		g.VPMOVZXBD_Z(m, k, v)
		g.VCVTDQ2PS(v, v)
	})
	one(stepSumI8, "i8", 1, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
		g.VPMOVSXBD_Z(m, k, v)
		g.VCVTDQ2PS(v, v)
	})
	one(stepSumI32, "i32", 4, func(m operand.Mem, k reg.Register, v reg.VecPhysical) {
		g.VMOVDQU32_Z(m, k, v)
		g.VCVTDQ2PS(v, v)
	})
	one(stepSumF32, "f32", 4, func(m operand.Mem, k reg.Register, v reg.VecPhysical) { g.VMOVUPS_Z(m, k, v) })
	g.Label(end)
}

// bytesStore saturates some rows of integers to bytes and stores them. Packing works within
// 128-bit lanes: it leaves the doublewords of lane i in the order of the four vectors, which the
// transposition undoes.
func (g *gen) bytesStore(b *bytes512) {
	var v []reg.VecPhysical
	for _, row := range b.rows {
		v = append(v, row...)
	}
	low, high := b.operand(0), b.operand(1)
	signed, packed := g.Fresh("signed"), g.Fresh("packed")
	other := low
	g.VPACKSSDW(v[min(1, len(v)-1)], v[0], low)
	if len(v) > 2 {
		g.VPACKSSDW(v[min(3, len(v)-1)], v[2], high)
		other = high
	}
	g.TESTL(operand.U32(outI8), b.flags.As32())
	g.JNZ(operand.LabelRef(signed))
	g.VPACKUSWB(other, low, low)
	g.JMP(operand.LabelRef(packed))
	g.Label(signed)
	g.VPACKSSWB(other, low, low)
	g.Label(packed)
	g.VPERMD(low, b.order, low)
	g.VPXORD(b.flip, low, low)

	partialRows, end := g.Fresh("partial"), g.Fresh("end")
	g.TESTL(operand.U32(partial), b.flags.As32())
	g.JNZ(operand.LabelRef(partialRows))
	g.bytesRows(b, low, func(from, _ reg.VecPhysical, extract func(to operand.Op)) {
		if extract != nil {
			extract(emit.At(b.p, 0))
			return
		}
		g.VMOVUPS(from, emit.At(b.p, 0))
	})
	g.JMP(operand.LabelRef(end))
	g.Label(partialRows)
	g.bytesRows(b, low, func(from, to reg.VecPhysical, extract func(to operand.Op)) {
		if extract != nil {
			extract(to)
			from = to
		}
		g.VMOVDQU8(from, bytesMask, emit.At(b.p, 0))
	})
	g.Label(end)
}

// bytesRows calls store for each row in v: with the row itself, or with what extracts it and a
// register to extract it to.
func (g *gen) bytesRows(
	b *bytes512, v reg.VecPhysical, store func(from, to reg.VecPhysical, extract func(to operand.Op)),
) {
	wide := len(b.rows[0]) == 2
	for r := range b.rows {
		lane := operand.U8(r)
		switch {
		case wide && r == 0:
			store(emit.Y(v), nil, nil)
		case wide:
			store(nil, emit.Y(b.operand(1)), func(to operand.Op) { g.VEXTRACTI64X4(lane, v, to) })
		case r == 0:
			store(emit.X(v), nil, nil)
		default:
			store(nil, emit.X(b.operand(1)), func(to operand.Op) { g.VEXTRACTI32X4(lane, v, to) })
		}
		g.ADDQ(b.stride, b.p)
	}
}
