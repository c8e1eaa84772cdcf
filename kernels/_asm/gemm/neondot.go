package main

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The general registers of the routines for NEON. R0 is the call.
const (
	neonOffsets = "R1" // of the tile's first row
	neonC       = "R2" // of the tile
	neonSum     = "R3"
	neonTiles   = "R4" // left
	neonB       = "R5"
	neonTaps    = "R6" // left
	neonTap     = "R7" // the offset of the tap, of the first row
	neonLeft    = "R8" // bytes of the run
	neonA       = "R9"
	neonStride  = "R10" // from row to row
	neonTemp    = "R11"
	neonFlags   = "R21"
)

// neonRow are the pointers into the rows of A.
var neonRow = []string{"R12", "R13", "R14", "R15", "R16", "R17", "R19", "R20"}

// neonTile is a block of sums in vector registers, from V0 on: rows by cols vectors of four columns.
type neonTile struct {
	*emit.ARM64
	rows, cols int
}

func (t *neonTile) acc(r, c int) emit.VReg { return emit.VReg(r*t.cols + c) }

// each visits every vector of sums.
func (t *neonTile) each(f func(col int, acc emit.VReg)) {
	for r := range t.rows {
		for c := range t.cols {
			f(c, t.acc(r, c))
		}
	}
}

// neonFree returns one of the vector registers that never have sums, V24 to V31.
func neonFree(i int) emit.VReg { return emit.VReg(24 + i) }

// neonDotRoutine multiplies runs of bytes of A, where they are, by a panel of B of 4*cols columns, interleaved by fours
// of K: at most most rows at a time. SDOT multiplies signed bytes: those of A are inverted in bit 7, which subtracts
// 128, and the start values make up for it.
//
// With sixteen columns, the sums of six rows take 24 registers, sixteen bytes of each row six, and two are left for B.
func neonDotRoutine(most, cols int) emit.ARM64Routine {
	name := fmt.Sprintf("gemm_u8s8_chain_%dx%dk4_neondot", most, 4*cols)
	return emit.ARM64Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every row m of every tile:

	c[m,n] = epilogue(init[n] + sum over t < taps, k4 < k/4, i < 4 of (a[offsets[m,t]+4*k4+i]-128) * b[t,k4,n,i])

The rows of a tile are ldc, ldsum and rowOffsets bytes apart, and the tiles tileC, tileSum and tileOffsets. k is a
multiple of 4. All columns are stored.`, name, 4*cols),
		Build: func(g *emit.ARM64) {
			for _, f := range [][2]string{
				{"offsets", neonOffsets}, {"c", neonC}, {"sum", neonSum}, {"tiles", neonTiles}, {"rows", neonTemp},
			} {
				g.Op("MOVD call_%s(R0), %s", f[0], f[1])
			}
			for r := most; r >= 1; r-- {
				g.Op("CMP $%d, %s", r, neonTemp)
				g.Op("BEQ rows%d", r)
			}
			g.Op("RET")
			for r := most; r >= 1; r-- {
				g.Label(fmt.Sprintf("rows%d", r))
				t := neonTile{ARM64: g, rows: r, cols: cols}
				t.tiles(fmt.Sprintf("rows%d", r))
				g.Op("RET")
			}
		},
	}
}

// tiles emits the loop over tiles, which begins at the label again.
func (t *neonTile) tiles(again string) {
	tap := t.Fresh("tap")
	t.start()
	t.Label(tap)
	t.rowPointers()
	t.run()
	t.Op("SUBS $1, %s", neonTaps)
	t.Op("BNE %s", tap)
	t.epilogue()
	for _, f := range [][2]string{{"Offsets", neonOffsets}, {"C", neonC}, {"Sum", neonSum}} {
		t.Op("MOVD call_tile%s(R0), %s", f[0], neonTemp)
		t.Op("ADD %s, %s", neonTemp, f[1])
	}
	t.Op("SUBS $1, %s", neonTiles)
	t.Op("BNE %s", again)
}

// start loads what a tile begins with.
func (t *neonTile) start() {
	t.Op("MOVD call_a(R0), %s", neonA)
	t.Op("MOVD call_b(R0), %s", neonB)
	t.Op("MOVD call_taps(R0), %s", neonTaps)
	t.Op("MOVD %s, %s", neonOffsets, neonTap)
	t.columns("init", t.acc(0, 0))
	for r := 1; r < t.rows; r++ {
		for c := range t.cols {
			t.Op("VMOV %s, %s", t.acc(0, c).B16(), t.acc(r, c).B16())
		}
	}
}

// columns loads one word for each column into the registers from v on.
func (t *neonTile) columns(field string, v emit.VReg) {
	t.Op("MOVD call_%s(R0), %s", field, neonTemp)
	t.words(neonTemp, v)
}

// words loads one word for each column, from where p points to, into the registers from v on.
func (t *neonTile) words(p string, v emit.VReg) {
	for c := emit.VReg(0); int(c) < t.cols; c += 2 {
		t.Op("FLDPQ %d(%s), (%s, %s)", 16*c, p, (v + c).F(), (v + c + 1).F())
	}
}

// rowPointers points the rows to their runs of the next tap.
func (t *neonTile) rowPointers() {
	t.Op("MOVD call_rowOffsets(R0), %s", neonStride)
	t.Op("MOVD %s, %s", neonTap, neonTemp)
	t.Op("ADD $4, %s", neonTap)
	for r, row := range neonRow[:t.rows] {
		if r > 0 {
			t.Op("ADD %s, %s", neonStride, neonTemp)
		}
		t.Op("MOVW (%s), %s", neonTemp, row)
		t.Op("ADD %s, %s", neonA, row)
	}
}

// run multiplies a run: sixteen bytes of each row at a time, and four.
func (t *neonTile) run() {
	sixteen, rest, four, done := t.Fresh("sixteen"), t.Fresh("rest"), t.Fresh("four"), t.Fresh("multiplied")
	t.Op("MOVD call_k(R0), %s", neonLeft)
	t.Op("SUBS $16, %s", neonLeft)
	t.Op("BLT %s", rest)
	t.Label(sixteen)
	t.loadA("FMOVQ.P", 16)
	for i := range uint32(4) {
		t.multiply(i)
	}
	t.Op("SUBS $16, %s", neonLeft)
	t.Op("BGE %s", sixteen)
	t.Label(rest)
	t.Op("ADDS $16, %s", neonLeft)
	t.Op("BEQ %s", done)
	t.Label(four)
	t.loadA("FMOVS.P", 4)
	t.multiply(0)
	t.Op("SUBS $4, %s", neonLeft)
	t.Op("BNE %s", four)
	t.Label(done)
}

// a returns the register of a row's bytes. Eight rows need more than are free, but have fewer sums.
func (t *neonTile) a(r int) emit.VReg {
	if t.rows > 6 {
		return emit.VReg(t.rows*t.cols + r)
	}
	return neonFree(r)
}

var neonB0, neonB1 = neonFree(6), neonFree(7)

// loadA loads size bytes of each row, less 128.
func (t *neonTile) loadA(load string, size int) {
	t.Op("VMOVI $0x80, %s", neonB0.B16())
	for r, row := range neonRow[:t.rows] {
		t.Op("%s %d(%s), %s", load, size, row, t.a(r).F())
	}
	for r := range t.rows {
		t.Op("VEOR %s, %s, %[2]s", neonB0.B16(), t.a(r).B16())
	}
}

// multiply multiplies word i of each row's bytes by the next four rows of B.
func (t *neonTile) multiply(i uint32) {
	for c := 0; c < t.cols; c += 2 {
		t.Op("FLDPQ.P 32(%s), (%s, %s)", neonB, neonB0.F(), neonB1.F())
		for r := range t.rows {
			t.SDOT(t.acc(r, c), neonB0, t.a(r), i)
			t.SDOT(t.acc(r, c+1), neonB1, t.a(r), i)
		}
	}
}

// interleaveNEON brings 16 columns of four rows of B to groups of four bytes.
func interleaveNEON() emit.ARM64Routine {
	return emit.ARM64Routine{
		Name: "interleave4NEON",
		Doc: `interleave4NEON packs 16 columns of B, for every i below k, a number of steps:

	c[i*ldc+n*4+r] = b[(i*4+r)*lda+n]    for n < 16, r < 4`,
		Build: func(g *emit.ARM64) {
			g.Op("MOVD call_b(R0), R1")
			g.Op("MOVD call_c(R0), R2")
			g.Op("MOVD call_lda(R0), R3")
			g.Op("MOVD call_ldc(R0), R4")
			g.Op("MOVD call_k(R0), R5")
			g.Label("step")
			for r := range emit.VReg(4) {
				g.Op("VLD1.P (R1)(R3), [%s]", r.B16())
			}
			g.Op("VST4.P [V0.B16, V1.B16, V2.B16, V3.B16], (R2)(R4)")
			g.Op("SUBS $1, R5")
			g.Op("BNE step")
			g.Op("RET")
		},
	}
}

// limitNEONDot is a loop of call.k iterations over registers alone.
func limitNEONDot() emit.ARM64Routine {
	return emit.ARM64Routine{
		Name: "limitNEONDot",
		Doc:  "limitNEONDot executes SDOT 24 times in each of k iterations: 384 multiply-adds.",
		Build: func(g *emit.ARM64) {
			g.Op("MOVD call_k(R0), R1")
			for v := range emit.VReg(32) {
				g.Zero(v)
			}
			g.Label("again")
			for i := range emit.VReg(24) {
				g.SDOT(i, 30, 24+i%4, uint32(i)%4)
			}
			g.Op("SUBS $1, R1")
			g.Op("BNE again")
			g.Op("RET")
		},
	}
}
