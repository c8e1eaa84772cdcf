package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// dots is a routine for few columns: the lanes of a vector are 64 bytes of K, or 32 (AVX-VNNI), and what is in them is
// summed in the end. As many sums are computed at a time as a vector holds in the end.
type dots struct {
	*gen
	cols, group int // columns; rows that are multiplied at the same time
	sums        int
	acc         []reg.VecPhysical // [row][column]
	data        []reg.VecPhysical // of the rows
	weights     []reg.VecPhysical // of the columns
}

// The general registers of dots. A group of rows has at most four.
var (
	dotRow                               = []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX}
	dotB, dotSteps, dotTaps, dotOffset   = reg.R15, reg.RSI, reg.R8, reg.R9
	dotNext, dotA, dotStride, dotOffset0 = reg.R10, reg.R11, reg.R12, reg.R13
)

// The masks: of the columns that exist, in each row, and of as many sums as exist.
var dotColumns, dotValid = reg.K1, reg.K2

// dotsRoutine multiplies runs of bytes of A, where they are, by cols columns of B, a vector of so many bytes of K at a
// time.
func dotsRoutine(bytes, cols int) emit.Routine {
	sums := bytes / 4
	rows := sums / cols
	isa, stored := "avx512vnni", `The lower half of mask has a bit for each number of a tile whose column exists, the
upper one as many bits as numbers of it are stored, side by side: ldc is the bytes from tile to tile.`
	if bytes == 32 {
		isa, stored = "avxvnni", "The numbers of a tile are stored side by side: ldc is the bytes from tile to tile."
	}
	name := fmt.Sprintf("gemm_u8s8_chain_%dx%dk%d_%s", rows, cols, bytes, isa)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of %d rows by %d columns, for every m below %[2]d*tiles:

	c[m,n] = epilogue(init[n] + sum over t < taps, s < k, i < %[4]d of a[offsets[m,t]+%[4]d*s+i] * b[t,s,n,i])

%[5]s`, name, rows, cols, bytes, stored),
		Build: func(c *build.Context) {
			d := &dots{gen: &gen{emit.Gen{Context: c, Width: bytes}}, cols: cols, group: min(4, rows), sums: sums}
			weights := bytes / 8
			for i := range weights {
				d.weights = append(d.weights, d.V(i))
			}
			for i := range 4 {
				d.data = append(d.data, d.V(weights+i))
			}
			for i := range sums {
				d.acc = append(d.acc, d.V(sums+i))
			}
			d.build()
		},
	}
}

func (d *dots) build() {
	call := reg.RDI
	d.MOVQ(emit.Param(), call)
	for _, f := range []string{"c", "sum", "offsets"} {
		d.MOVQ(field(call, f), dotNext)
		d.MOVQ(dotNext, field(call, f+"Now"))
	}
	d.MOVQ(field(call, "a"), dotA)
	d.MOVQ(field(call, "taps"), dotStride)
	d.SHLQ(operand.U8(2), dotStride)
	if d.Width == 64 {
		valid := field(call, "mask")
		valid.Disp += 2
		d.KMOVW(field(call, "mask"), dotColumns)
		d.KMOVW(valid, dotValid)
	}
	d.Label("tile")
	d.MOVQ(field(call, "offsetsNow"), dotOffset0)
	for _, a := range d.acc {
		d.Xor(a, a, a)
	}
	for first := 0; first < d.sums; first += d.group * d.cols {
		d.multiply(call, d.acc[first:])
	}
	d.MOVQ(dotOffset0, field(call, "offsetsNow"))
	d.reduce()
	d.epilogue(call)
	for _, f := range [][2]string{{"cNow", "ldc"}, {"sumNow", "ldsum"}} {
		d.MOVQ(field(call, f[1]), dotNext)
		d.ADDQ(dotNext, field(call, f[0]))
	}
	d.DECQ(field(call, "tiles"))
	d.JNZ(operand.LabelRef("tile"))
	d.VZEROUPPER()
	d.RET()
}

// multiply adds the products of the next group of rows to acc.
func (d *dots) multiply(call reg.GPPhysical, acc []reg.VecPhysical) {
	tap, step := d.Fresh("tap"), d.Fresh("step")
	d.MOVQ(field(call, "b"), dotB)
	d.MOVQ(field(call, "taps"), dotTaps)
	d.MOVQ(dotOffset0, dotOffset)
	d.Label(tap)
	d.MOVQ(dotOffset, dotNext)
	for r := range d.group {
		d.MOVLQSX(emit.At(dotNext, 0), dotRow[r])
		d.ADDQ(dotA, dotRow[r])
		if r+1 < d.group {
			d.ADDQ(dotStride, dotNext)
		}
	}
	d.MOVQ(field(call, "k"), dotSteps)
	d.Label(step)
	for c := range d.cols {
		d.load(emit.At(dotB, d.Width*c), d.weights[c])
	}
	for r := range d.group {
		d.load(emit.At(dotRow[r], 0), d.data[r])
		d.ADDQ(operand.I8(d.Width), dotRow[r])
		for c := range d.cols {
			d.dot(d.weights[c], d.data[r], acc[r*d.cols+c])
		}
	}
	d.ADDQ(operand.I32(d.Width*d.cols), dotB)
	d.DECQ(dotSteps)
	d.JNZ(operand.LabelRef(step))
	d.ADDQ(operand.I8(4), dotOffset)
	d.DECQ(dotTaps)
	d.JNZ(operand.LabelRef(tap))
	// The last row's next tap is the next row's first.
	d.LEAQ(operand.Mem{Base: dotNext, Disp: 4}, dotOffset0)
}

// reduce sums the lanes of each of the vectors into one lane of the first. The partial
// sums of four vectors come side by side within 128 bits, then those come together.
func (d *dots) reduce() {
	x, y := d.V(0), d.V(1)
	pairs := func(n int, low, high func(...operand.Op)) {
		for i := range n {
			a, b := d.acc[2*i], d.acc[2*i+1]
			low(b, a, x)
			high(b, a, y)
			d.VPADDD(x, y, d.acc[i])
		}
	}
	pairs(d.sums/2, d.VPUNPCKLDQ, d.VPUNPCKHDQ)
	pairs(d.sums/4, d.VPUNPCKLQDQ, d.VPUNPCKHQDQ)
	if d.Width == 32 {
		half := func(which uint8) func(...operand.Op) {
			return func(o ...operand.Op) { d.VPERM2I128(operand.U8(which), o[0], o[1], o[2]) }
		}
		pairs(1, half(0x20), half(0x31))
		return
	}
	lanes := func(which uint8) func(...operand.Op) {
		return func(o ...operand.Op) { d.VSHUFI32X4(append([]operand.Op{operand.U8(which)}, o...)...) }
	}
	even, odd := lanes(0x88), lanes(0xdd)
	pairs(2, even, odd)
	pairs(1, even, odd)
}

// operands loads values of the columns, over and over.
func (d *dots) operands(from reg.GPPhysical, to reg.VecPhysical) {
	if d.Width == 32 && d.cols == 4 {
		d.VBROADCASTI128(emit.At(from, 0), to)
		return
	}
	map[int]func(...operand.Op){
		1: d.VBROADCASTSS, 2: d.VPBROADCASTQ, 4: d.VBROADCASTI32X4, 8: d.VBROADCASTI32X8,
	}[d.cols](emit.At(from, 0), to)
}

// epilogue applies the steps in call.flags to the sums in the first accumulator and stores them.
func (d *dots) epilogue(call reg.GPPhysical) {
	t := &tile{bytes: d.Width, acc: [][]reg.VecPhysical{d.acc[:1]}, tmp: d.weights}
	s := scalars{call: call, flags: reg.RAX, p: reg.RBX, stride: reg.RCX}
	flags, acc, x := s.flags.As32(), d.acc[0], t.tmp[0]
	words, stored := d.Fresh("words"), d.Fresh("stored")
	column := func(name string, op func(...operand.Op)) {
		d.MOVQ(field(call, name), s.p)
		d.operands(s.p, x)
		op(x, acc, acc)
	}
	d.MOVL(field(call, "flags"), flags)
	column("init", d.VPADDD)
	d.TESTL(operand.U32(outF32|outU8|outI8|outI32), flags)
	d.JZ(operand.LabelRef(words))
	d.VCVTDQ2PS(acc, acc)
	d.When(flags, stepPre, "pre", func() { column("pre", d.VADDPS) })
	d.When(flags, stepScale, "scale", func() { column("scale", d.VMULPS) })
	d.When(flags, stepBias, "bias", func() { column("bias", d.VADDPS) })
	d.When(flags, stepSumU8|stepSumI8|stepSumI32|stepSumF32, "sum", func() { d.summand(s) })
	d.When(flags, stepRelu, "relu", func() {
		d.Zero(x)
		d.VMAXPS(x, acc, acc)
	})
	d.When(flags, stepPost, "post", func() { column("post", d.VMULPS) })
	d.TESTL(operand.U32(outF32), flags)
	d.JNZ(operand.LabelRef(words))
	d.When(flags, outI32, "i32", func() {
		d.toWords(t, s)
		d.JMP(operand.LabelRef(words))
	})
	d.VBROADCASTSS(field(call, "lo"), x)
	d.VMAXPS(x, acc, acc)
	d.VBROADCASTSS(field(call, "hi"), x)
	d.VMINPS(x, acc, acc)
	d.VCVTPS2DQ(acc, acc)
	d.MOVQ(field(call, "cNow"), s.p)
	d.VPBROADCASTD(field(call, "flip"), emit.X(t.tmp[1]))
	d.storeBytes(acc, x, emit.X(t.tmp[1]), s.p)
	d.JMP(operand.LabelRef(stored))
	d.Label(words)
	d.MOVQ(field(call, "cNow"), s.p)
	if d.Width == 32 {
		d.VMOVUPS(acc, emit.At(s.p, 0))
	} else {
		d.VPCOMPRESSD_Z(acc, dotColumns, x)
		d.VMOVUPS(x, dotValid, emit.At(s.p, 0))
	}
	d.Label(stored)
}

// storeBytes stores the lowest byte of each result, exclusive or flip.
func (d *dots) storeBytes(results, x, flip reg.VecPhysical, to reg.GPPhysical) {
	low := emit.X(x)
	if d.Width == 64 {
		d.VPCOMPRESSD_Z(results, dotColumns, x)
		d.VPMOVDB(x, low)
		d.VPXOR(flip, low, low)
		d.VMOVDQU8(low, dotValid, emit.At(to, 0))
		return
	}
	d.VPSLLD(operand.U8(24), results, x)
	d.VPSRLD(operand.U8(24), x, x)
	d.VEXTRACTI128(operand.U8(1), x, emit.X(results))
	d.VPACKSSDW(emit.X(results), low, low)
	d.VPACKUSWB(low, low, low)
	d.VPXOR(flip, low, low)
	d.VMOVQ(low, emit.At(to, 0))
}

// summand adds the summands times their scale, with one rounding.
func (d *dots) summand(s scalars) {
	x, scale := d.V(0), d.V(1)
	d.MOVQ(field(s.call, "sumNow"), s.p)
	d.VBROADCASTSS(field(s.call, "sumScale"), scale)
	one := func(step uint32, name string, load func(m, v operand.Op), masked func(m, k, v operand.Op), convert bool) {
		d.When(s.flags.As32(), step, name, func() {
			if d.Width == 32 {
				load(emit.At(s.p, 0), x)
			} else {
				masked(emit.At(s.p, 0), dotValid, x)
				d.VPEXPANDD_Z(x, dotColumns, x)
			}
			if convert {
				d.VCVTDQ2PS(x, x)
			}
		})
	}
	loadWords := func(m, v operand.Op) { d.VMOVUPS(m, v) }
	one(stepSumU8, "sum_u8", func(m, v operand.Op) { d.VPMOVZXBD(m, v) }, d.VPMOVZXBD_Z, true)
	one(stepSumI8, "sum_i8", func(m, v operand.Op) { d.VPMOVSXBD(m, v) }, d.VPMOVSXBD_Z, true)
	one(stepSumI32, "sum_i32", loadWords, d.VMOVDQU32_Z, true)
	one(stepSumF32, "sum_f32", loadWords, d.VMOVUPS_Z, false)
	d.VFMADD231PS(x, scale, d.acc[0])
}
