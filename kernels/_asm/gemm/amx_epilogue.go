package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// Lists of steps with the flag fast have a short form. Its vector registers: accumulators from 0 on,
// temporaries, and what is the same for all rows: constants, and operands [column] of the panel.
const (
	fastTemporary = 16
	fastOrder     = 21
	fastFlip      = 22
	fastSumScale  = 23
	fastInit      = 24
	fastScale     = 26
	fastBias      = 28
	fastPost      = 30
)

// beginFast loads the constants of the short form.
func (g *amx) beginFast() {
	order := g.V(fastOrder)
	g.MOVQ(operand.U64(0x0d0905010c080400), amxX)
	g.VMOVQ(amxX, reg.X0)
	g.MOVQ(operand.U64(0x0f0b07030e0a0602), amxX)
	g.VPINSRQ(operand.U8(1), amxX, reg.X0, reg.X0)
	g.VPMOVZXBD(reg.X0, order)
	g.VPBROADCASTD(g.call("flip"), g.V(fastFlip))
	g.VBROADCASTSS(g.call("sumScale"), g.V(fastSumScale))
}

// loadFast loads the operands of the panel that is pending.
func (g *amx) loadFast() {
	g.TESTL(operand.U32(fast), g.call("flags"))
	g.JZ(operand.LabelRef("not_fast"))
	for _, o := range []struct {
		name string
		v    int
	}{{"init", fastInit}, {"scale", fastScale}, {"bias", fastBias}, {"post", fastPost}} {
		g.MOVQ(g.call(o.name), amxX)
		for c := range g.cols {
			g.VMOVUPS(emit.At(amxX, 64*c), g.V(o.v+c))
		}
	}
	g.Label("not_fast")
}

// runPending runs the epilogue of the next rows, if there are any.
func (g *amx) runPending() {
	g.jumpIfZero(amxPending, "stored")
	g.MOVL(g.call("flags"), amxX.As32())
	g.TESTL(operand.U32(fast), amxX.As32())
	g.JZ(operand.LabelRef("any_list"))
	g.chunks("fast", g.fastRows)
	g.Label("any_list")
	g.chunks("any", g.anyRows)
	g.Label("stored")
}

// chunks emits rows for as many rows as a chunk has, and for one.
func (g *amx) chunks(name string, rows func(n int)) {
	one := name + "_row"
	g.CMPQ(amxPending, operand.I8(amxChunk))
	g.JL(operand.LabelRef(one))
	rows(amxChunk)
	g.SUBQ(operand.I8(amxChunk), amxPending)
	g.JMP(operand.LabelRef("stored"))
	g.Label(one)
	rows(1)
	g.DECQ(amxPending)
	g.JMP(operand.LabelRef("stored"))
}

// fastRows runs the short form for n rows. amxX has the flags.
func (g *amx) fastRows(n int) {
	name := g.Fresh("rows")
	for _, sum := range []uint32{stepSumU8, stepSumI8, 0} {
		for _, out := range []uint32{outU8, outI8} {
			skip := g.Fresh(name)
			for _, bit := range []uint32{sum, out} {
				if bit != 0 && bit != outI8 {
					g.TESTL(operand.U32(bit), amxX.As32())
					g.JZ(operand.LabelRef(skip))
				}
			}
			if out == outI8 && sum != 0 {
				g.TESTL(operand.U32(sum), amxX.As32())
				g.JZ(operand.LabelRef(skip))
			}
			g.fastChain(n, sum)
			g.fastStore(n, out)
			g.JMP(operand.LabelRef(name + "_done"))
			g.Label(skip)
		}
	}
	g.Label(name + "_done")
	g.ADDQ(operand.I32(int32(n*g.pitch())), amxAccNow)
}

// fastChain computes n rows, up to integers.
func (g *amx) fastChain(n int, sum uint32) {
	each := func(f func(c int, acc reg.VecPhysical)) {
		for r := range n {
			for c := range g.cols {
				f(c, g.V(r*g.cols+c))
			}
		}
	}
	for r := range n {
		for c := range g.cols {
			g.VPADDD(emit.At(amxAccNow, r*g.pitch()+64*c), g.V(fastInit+c), g.V(r*g.cols+c))
		}
	}
	each(func(_ int, acc reg.VecPhysical) { g.VCVTDQ2PS(acc, acc) })
	each(func(c int, acc reg.VecPhysical) { g.VMULPS(g.V(fastScale+c), acc, acc) })
	each(func(c int, acc reg.VecPhysical) { g.VADDPS(g.V(fastBias+c), acc, acc) })
	if sum != 0 {
		widen := map[uint32]func(...operand.Op){
			stepSumU8: func(o ...operand.Op) { g.VPMOVZXBD(o[0], o[1]) },
			stepSumI8: func(o ...operand.Op) { g.VPMOVSXBD(o[0], o[1]) },
		}[sum]
		for r := range n {
			for c := range g.cols {
				x := g.V(fastTemporary + (r*g.cols+c)%5)
				widen(emit.At(amxSumNow, 16*c), x)
				g.VCVTDQ2PS(x, x)
				g.VFMADD231PS(x, g.V(fastSumScale), g.V(r*g.cols+c))
			}
			g.ADDQ(amxSumStride, amxSumNow)
		}
	}
	each(func(c int, acc reg.VecPhysical) { g.VMULPS(g.V(fastPost+c), acc, acc) })
	each(func(_ int, acc reg.VecPhysical) { g.VCVTPS2DQ(acc, acc) })
}

// fastStore saturates n rows of integers to bytes and stores them, four vectors at a time. Packing works within 128-bit
// lanes, which the order undoes.
func (g *amx) fastStore(n int, out uint32) {
	toBytes := g.VPACKUSWB
	if out == outI8 {
		toBytes = g.VPACKSSWB
	}
	rows := 4 / g.cols
	for first := 0; first < n; first += rows {
		v := func(i int) reg.VecPhysical { return g.V(min(first*g.cols+i, n*g.cols-1)) }
		low, high := g.V(fastTemporary+first/rows%2*2), g.V(fastTemporary+first/rows%2*2+1)
		g.VPACKSSDW(v(1), v(0), low)
		g.VPACKSSDW(v(3), v(2), high)
		toBytes(high, low, low)
		g.VPERMD(low, g.V(fastOrder), low)
		g.VPXORD(g.V(fastFlip), low, low)
		for r := range min(rows, n-first) {
			switch lane := operand.U8(r); {
			case g.cols == 2 && r == 0:
				g.VMOVDQU32(emit.Y(low), emit.At(amxCNow, 0))
			case g.cols == 2:
				g.VEXTRACTI64X4(lane, low, emit.At(amxCNow, 0))
			case r == 0:
				g.VMOVDQU32(emit.X(low), emit.At(amxCNow, 0))
			default:
				g.VEXTRACTI32X4(lane, low, emit.At(amxCNow, 0))
			}
			g.ADDQ(amxCStride, amxCNow)
		}
	}
}

// anyRows runs the epilogue of n rows with any list of steps.
func (g *amx) anyRows(n int) {
	t := newTile(64, n, g.cols, 8)
	g.MOVQ(g.call("init"), amxX)
	for c := range g.cols {
		g.VMOVDQU32(emit.At(amxX, 64*c), t.tmp[c])
	}
	for r, row := range t.acc {
		for c, acc := range row {
			g.VPADDD(emit.At(amxAccNow, r*g.pitch()+64*c), t.tmp[c], acc)
		}
	}
	for i, r := range amxSaved {
		g.MOVQ(r, local(localSaved+8*i))
	}
	g.MOVQ(amxCNow, g.call("cNow"))
	g.MOVQ(amxSumNow, g.call("sumNow"))
	g.epilogue(t, scalars{call: amxCall, flags: reg.RAX, p: reg.RBX, stride: reg.RCX})
	for i, r := range amxSaved {
		g.MOVQ(local(localSaved+8*i), r)
	}
	g.ADDQ(operand.I32(int32(n*g.pitch())), amxAccNow)
	for _, f := range []struct {
		stride, now reg.GPPhysical
		at          string
	}{{amxCStride, amxCNow, "cNow"}, {amxSumStride, amxSumNow, "sumNow"}} {
		g.IMUL3Q(operand.I8(int8(n)), f.stride, f.now)
		g.ADDQ(g.call(f.at), f.now)
	}
}
