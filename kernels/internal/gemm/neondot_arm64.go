//go:build !purego

package gemm

import "unsafe"

// The most rows of a tile, in a whole panel and in one of half the width.
const (
	rowsNEON     = 6
	halfRowsNEON = 8
)

// packNEONDot packs B as [panel][tap][tapBytes/4][width][4]. The routines subtract 128 from the bytes of A, which are
// signed bytes then; 128 times the sums of B's columns, which are added to the start values, make up for it.
func packNEONDot(p *Packed, weights []int8) {
	p.tapBytes = roundUp(p.spec.TapBytes, p.variant.KR)
	packInterleaved(p, weights, p.spec.Taps, p.spec.TapBytes, interleave16)
	shifts := make([]int32, p.spec.N)
	for row := weights; len(row) > 0; row = row[len(shifts):] {
		for n, w := range row[:len(shifts)] {
			shifts[n] += 128 * int32(w)
		}
	}
	for n, s := range shifts {
		p.operands.init[n] += s
	}
	p.shifts = shifts
}

// interleave16 is the interleaver of the variant, whose kr is 4.
func interleave16(to, from []byte, stride, pitch, steps, kr int) {
	_, _ = from[(steps*kr-1)*stride+15], to[(steps-1)*pitch+16*kr-1]
	interleave4NEON(&call{b: unsafe.Pointer(&from[0]), c: unsafe.Pointer(&to[0]), lda: stride, ldc: pitch, k: steps})
}

// runnerNEONDot is one call of Run.
type runnerNEONDot struct {
	call
	p *Packed
	a Args
}

func runNEONDot(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerNEONDot{p: p, a: a}
	r.call.a, r.k = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes
	r.taps, r.rowOffsets = p.spec.Taps, 4*p.spec.Taps
	for panel := panel0; panel < panel1; panel++ {
		r.panel(m0, m1, panel)
	}
}

// panel computes rows [m0,m1) of a panel.
func (r *runnerNEONDot) panel(m0, m1, panel int) {
	p, most := r.p, rowsNEON
	n0, width := panel*p.variant.NR, p.panelWidth(panel)
	if width < p.variant.NR {
		most = halfRowsNEON
	}
	p.epilogueCall(&r.call, &r.a, panel)
	r.b = unsafe.Pointer(&p.bytes[n0*p.spec.Taps*p.tapBytes])
	each, more, others := tiling(m1-m0, most)
	middle := m0 + more*(each+1)
	if r.flags&partial == 0 {
		r.tilesAt(m0, n0, width, each+1, more)
		r.tilesAt(middle, n0, width, each, others)
		return
	}
	for m := m0; m < middle; m += each + 1 {
		r.partial(cutTile{panel, m, 1, each + 1}, width)
	}
	for m := middle; m < m1; m += each {
		r.partial(cutTile{panel, m, 1, each}, width)
	}
}

// tilesAt computes tiles of the given number of rows each, one below the other, where they are in C.
func (r *runnerNEONDot) tilesAt(m, n0, width, rows, tiles int) {
	if tiles == 0 {
		return
	}
	r.p.rowsCall(&r.call, &r.a, m, n0)
	r.kernel(m, width, rows, tiles)
}

// partial computes one tile that extends beyond the last column.
func (r *runnerNEONDot) partial(t cutTile, width int) {
	t.load(r.p, &r.call, &r.a, r.a.Scratch)
	r.kernel(t.first, width, t.rows, 1)
	t.store(r.p, &r.a, r.a.Scratch)
}

func (r *runnerNEONDot) kernel(m, width, rows, tiles int) {
	r.offsets = unsafe.Pointer(&r.a.Offsets[m*r.taps])
	r.rows, r.tiles = rows, tiles
	r.tileC, r.tileSum, r.tileOffsets = rows*r.ldc, rows*r.ldsum, rows*r.rowOffsets
	if width < r.p.variant.NR {
		gemm_u8s8_chain_8x8k4_neondot(&r.call)
		return
	}
	gemm_u8s8_chain_6x16k4_neondot(&r.call)
}
