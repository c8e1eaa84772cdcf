package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// vnniRow are the pointers into the rows of A; index and b complete the 14 general
// registers beside the frame pointer.
var (
	vnniRow = []reg.GPPhysical{
		reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI, reg.R8,
		reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14,
	}
	vnniIndex, vnniB = reg.RDI, reg.R15
)

// vnniRoutine multiplies runs of bytes of A, where they are, by a panel of B of cols
// vectors, interleaved by fours of K: at most most rows at a time. Vectors have 64 bytes (AVX-512) or 32
// (AVX-VNNI). With two of 64 that is 7, although there are registers for 12: the steps of a shorter epilogue run beside
// the multiplications of the next tile. With 6, two multiplications in each cycle would have to wait for each other.
func vnniRoutine(bytes, most, cols int) emit.Routine {
	isa := map[int]string{32: "avxvnni", 64: "avx512vnni"}[bytes]
	name, columns := fmt.Sprintf("gemm_u8s8_chain_%dx%dk4_%s", most, bytes/4*cols, isa), "all of the panel"
	if bytes == 64 {
		columns = "those whose bit in mask is 1"
	}
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every row m of every tile:

	c[m,n] = epilogue(init[n] + sum over t, k4 < k/4, i < 4 of a[offsets[m,t]+4*k4+i] * b[t,k4,n,i])

t are taps numbers, one after the other or, if gaps is not nil, with gaps between them. There are lineCount lines of
tiles tiles. The rows of a tile are ldc, ldsum and rowOffsets bytes apart, and the tiles tileC, tileSum and
tileOffsets. k is a multiple of 4. The columns that are stored are %s.`, name, bytes/4*cols, columns),
		Frame: 40,
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			g.dispatch(reg.RDI, reg.RAX, most, func(rows int) {
				g.vnniTiles(vnniSums(newTile(bytes, rows, cols, bytes/8), 12), g.epilogue)
			})
		},
	}
}

// The locals: A displaced by the length of a run, the offsets of the next tap, the taps left,
// minus the length of a run, and the bytes from row to row of the offsets.
var (
	vnniBase  = emit.At(reg.StackPointer, 0)
	vnniNext  = emit.At(reg.StackPointer, 8)
	vnniLeft  = emit.At(reg.StackPointer, 16)
	vnniBegin = emit.At(reg.StackPointer, 24)
	vnniRows  = emit.At(reg.StackPointer, 32)
)

// vnniTiles computes tiles; epilogue is what follows the products of one.
func (g *gen) vnniTiles(sums []*tile, epilogue func(t *tile, s scalars)) {
	t := sums[0]
	rows, wide := len(t.acc), len(t.acc[0]) >= 2
	again := fmt.Sprintf("tile%d", rows)
	s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.RBX, stride: reg.RCX}
	tap, done := g.Fresh("tap"), g.Fresh("multiplied")
	run := g.vnniRun()

	g.Label(again)
	g.vnniStart(t, s)
	for _, more := range sums[1:] {
		more.each(func(_ int, acc reg.VecPhysical) { g.Zero(acc) })
	}
	if wide {
		g.fetchResults(s.call, rows, reg.R11, reg.R12)
		g.aheadStart(s.call)
	}
	g.Label(tap)
	g.vnniTap(t)
	run(sums)
	g.DECQ(vnniLeft)
	g.JZ(operand.LabelRef(done))
	g.vnniSkip(tap)
	g.Label(done)
	for _, more := range sums[1:] {
		for r, row := range more.acc {
			for c, acc := range row {
				g.VPADDD(acc, t.acc[r][c], t.acc[r][c])
			}
		}
	}

	g.MOVQ(emit.Param(), s.call)
	if wide {
		g.MOVQ(vnniAhead, field(s.call, "ahead"))
	}
	epilogue(t, s)
	g.vnniNextTile(s.call, s.p, again)
}

// vnniSums returns the accumulators of a tile, and more of them in the registers behind, of which there are as many as
// registers. Of few rows each has two or four, for fours of K in turn: a VPDPBUSD waits five cycles for the one before,
// in which CPUs begin ten.
func vnniSums(t *tile, registers int) []*tile {
	sums := []*tile{t}
	rows, cols := len(t.acc), len(t.acc[0])
	for n := rows * cols; 2*n*len(sums) <= registers && len(sums) < 4; {
		for range len(sums) {
			more := newTile(t.bytes, rows, cols, t.first+n*len(sums))
			more.tmp = t.tmp
			sums = append(sums, more)
		}
	}
	return sums
}

// vnniNextTile moves the pointers to the next tile of the line, or to the first one of the next line, and jumps to
// again if there is one.
func (g *gen) vnniNextTile(call, p reg.GPPhysical, again string) {
	end := g.Fresh("end")
	move := func(by string) {
		for _, f := range [][2]string{{"cNow", "C"}, {"sumNow", "Sum"}, {"offsetsNow", "Offsets"}} {
			g.MOVQ(field(call, by+f[1]), p)
			g.ADDQ(p, field(call, f[0]))
		}
	}
	move("tile")
	g.DECQ(field(call, "tiles"))
	g.JNZ(operand.LabelRef(again))
	g.DECQ(field(call, "lineCount"))
	g.JZ(operand.LabelRef(end))
	move("line")
	g.MOVQ(field(call, "lineTiles"), p)
	g.MOVQ(p, field(call, "tiles"))
	g.JMP(operand.LabelRef(again))
	g.Label(end)
}

// vnniStart loads what a tile begins with.
func (g *gen) vnniStart(t *tile, s scalars) {
	g.MOVQ(emit.Param(), s.call)
	g.start(t, s)
	g.MOVQ(field(s.call, "b"), vnniB)
	g.vnniRuns(s)
	g.vnniTaps(s)
}

// vnniRuns stores the length of a run, and A displaced by it.
func (g *gen) vnniRuns(s scalars) {
	g.MOVQ(field(s.call, "k"), reg.RAX)
	g.MOVQ(field(s.call, "a"), reg.RBX)
	g.ADDQ(reg.RAX, reg.RBX)
	g.MOVQ(reg.RBX, vnniBase)
	g.NEGQ(reg.RAX)
	g.MOVQ(reg.RAX, vnniBegin)
}

// vnniTaps begins with the first tap of a tile.
func (g *gen) vnniTaps(s scalars) {
	g.MOVQ(field(s.call, "offsetsNow"), reg.RAX)
	g.MOVQ(reg.RAX, vnniNext)
	g.MOVQ(field(s.call, "taps"), reg.RAX)
	g.MOVQ(reg.RAX, vnniLeft)
	g.MOVQ(field(s.call, "rowOffsets"), reg.RAX)
	g.MOVQ(reg.RAX, vnniRows)
}

// Tiles of two and more vectors of columns leave registers for these: where the next panel is to be fetched, the cache
// lines of it for every 16 of K, and those left.
var vnniAhead, vnniLines, vnniLine = reg.RBP, reg.R10, reg.R11

// aheadStart loads what fetchAhead needs. Behind the next panel nothing is fetched.
func (g *gen) aheadStart(call reg.GPPhysical) {
	more := g.Fresh("fetch")
	g.MOVQ(field(call, "ahead"), vnniAhead)
	g.MOVQ(field(call, "lines"), vnniLines)
	g.CMPQ(vnniAhead, field(call, "aheadEnd"))
	g.JL(operand.LabelRef(more))
	g.MOVQ(operand.I32(0), vnniLines)
	g.Label(more)
}

// fetchResults brings the tile's part of C and of the summand to the first cache, while the tile is
// multiplied. It uses p and stride.
func (g *gen) fetchResults(call reg.GPPhysical, rows int, p, stride reg.GPPhysical) {
	fetch := func(now, ld string) {
		g.MOVQ(field(call, now), p)
		g.MOVQ(field(call, ld), stride)
		for r := range rows {
			switch {
			case r%3 > 0:
				g.PREFETCHT0(emit.Indexed(p, stride, uint8(r%3), 0))
				continue
			case r > 0:
				g.LEAQ(emit.Indexed(p, stride, 2, 0), p)
				g.ADDQ(stride, p)
			}
			g.PREFETCHT0(emit.At(p, 0))
		}
	}
	fetch("cNow", "ldc")
	g.MOVL(field(call, "flags"), p.As32())
	g.When(p.As32(), stepSumU8|stepSumI8|stepSumI32|stepSumF32, "fetch_sum", func() { fetch("sumNow", "ldsum") })
}

// fetchAhead brings lines of the next panel to the second cache.
func (g *gen) fetchAhead() {
	line, done := g.Fresh("line"), g.Fresh("fetched")
	g.MOVQ(vnniLines, vnniLine)
	g.TESTQ(vnniLine, vnniLine)
	g.JZ(operand.LabelRef(done))
	g.Label(line)
	g.PREFETCHT1(emit.At(vnniAhead, 0))
	g.ADDQ(operand.I8(64), vnniAhead)
	g.DECQ(vnniLine)
	g.JNZ(operand.LabelRef(line))
	g.Label(done)
}

// vnniTap points the rows' pointers behind their runs of the next tap. Of the registers that are not rows', it leaves
// alone what tiles of two and more vectors of columns keep in theirs.
func (g *gen) vnniTap(t *tile) {
	rows, stride := len(t.acc), reg.RBP
	if len(t.acc[0]) >= 2 {
		stride = vnniLine
	}
	last := vnniRow[rows-1]
	g.MOVQ(vnniRows, stride)
	g.MOVQ(vnniNext, vnniIndex)
	g.MOVQ(vnniBase, last)
	for r := range rows - 1 {
		g.MOVLQSX(emit.At(vnniIndex, 0), vnniRow[r])
		g.ADDQ(last, vnniRow[r])
		g.ADDQ(stride, vnniIndex)
	}
	g.MOVLQSX(emit.At(vnniIndex, 0), vnniIndex)
	g.ADDQ(vnniIndex, last)
	g.ADDQ(operand.I8(4), vnniNext)
}

// vnniSkip moves the offsets and B over the gap behind a tap and jumps to the next one.
func (g *gen) vnniSkip(tap string) {
	gap, p := reg.RBX, vnniIndex
	g.MOVQ(emit.Param(), p)
	g.MOVQ(field(p, "gaps"), gap)
	g.TESTQ(gap, gap)
	g.JZ(operand.LabelRef(tap))
	g.MOVQ(vnniLeft, reg.RCX)
	g.MOVLQSX(emit.Indexed(gap, reg.RCX, 4, 0), gap)
	g.MOVQ(field(p, "tapB"), p)
	g.IMULQ(gap, p)
	g.ADDQ(p, vnniB)
	g.SHLQ(operand.U8(2), gap)
	g.ADDQ(gap, vnniNext)
	g.JMP(operand.LabelRef(tap))
}

// vnniRun names the labels of the loops over a run, and returns what emits them: sixteen bytes
// at a time, and four.
func (g *gen) vnniRun() func(sums []*tile) {
	sixteen, rest, one, done := g.Fresh("sixteen"), g.Fresh("rest"), g.Fresh("four"), g.Fresh("tap_done")
	return func(sums []*tile) {
		t := sums[0]
		stepB := min(len(t.acc[0]), 2) * t.bytes // bytes of a panel for four of K
		g.MOVQ(vnniBegin, vnniIndex)
		g.ADDQ(operand.I8(16), vnniIndex)
		g.JG(operand.LabelRef(rest))
		g.Label(sixteen)
		if len(t.acc[0]) >= 2 {
			g.fetchAhead()
		}
		for i := range 4 {
			g.vnniFour(sums[i%len(sums)], i*stepB, 4*i-16)
		}
		g.ADDQ(operand.I32(4*stepB), vnniB)
		g.ADDQ(operand.I8(16), vnniIndex)
		g.JLE(operand.LabelRef(sixteen))
		g.Label(rest)
		g.SUBQ(operand.I8(16), vnniIndex)
		g.JZ(operand.LabelRef(done))
		g.Label(one)
		g.vnniFour(t, 0, 0)
		g.ADDQ(operand.I32(stepB), vnniB)
		g.ADDQ(operand.I8(4), vnniIndex)
		g.JNZ(operand.LabelRef(one))
		g.Label(done)
	}
}

// vnniFour multiplies four bytes of each row, disp behind the index, by those of B at b. A tile of four vectors of
// columns reads two panels.
func (g *gen) vnniFour(t *tile, b, disp int) {
	for c := range t.acc[0] {
		from := emit.At(vnniB, b+c*t.bytes)
		if c >= 2 {
			from = emit.Indexed(vnniB, vnniPanel, 1, b+(c-2)*t.bytes)
		}
		g.load(from, t.tmp[c])
	}
	for r, row := range t.acc {
		x := t.tmp[max(len(row), 2)+r%2]
		g.VPBROADCASTD(emit.Indexed(vnniRow[r], vnniIndex, 1, disp), x)
		for c, acc := range row {
			g.dot(t.tmp[c], x, acc)
		}
	}
}

// load loads a vector of bytes.
func (g *gen) load(m operand.Mem, v reg.VecPhysical) {
	if v.Size() == 64 {
		g.VMOVDQU32(m, v)
	} else {
		g.VMOVDQU(m, v)
	}
}

// dot adds the products of four bytes to each of the accumulators.
func (g *gen) dot(signed, unsigned, acc reg.VecPhysical) {
	if acc.Size() == 64 {
		g.VPDPBUSD(signed, unsigned, acc)
	} else {
		g.DotBytes(signed, unsigned, acc)
	}
}
