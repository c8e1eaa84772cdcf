//go:build amd64 && !purego

package gemm

import "unsafe"

// packVNNI packs B as [panel][tap][tapBytes/4][width][4].
func packVNNI(p *Packed, weights []int8) {
	p.tapBytes = roundUp(p.spec.TapBytes, p.variant.KR)
	packInterleaved(p, weights, p.spec.Taps, p.spec.TapBytes, interleave16)
	p.short = p.shortVNNI()
}

// shortVNNI reports whether the routine for usual lists of steps can compute p's whole panels. A run must have the
// steps of K beside which the epilogue runs.
func (p *Packed) shortVNNI() bool {
	const always, may = stepScale | stepBias | stepPost, stepSumU8 | stepSumI8 | stepLo | stepHi | outU8 | outI8 | flipped
	const stepK = 16
	return p.flags&always == always && p.flags&^(always|may) == 0 && p.flags&(outU8|outI8) != 0 && p.tapBytes >= stepK
}

// The most rows of a tile, in a whole panel and in one of half the width. If rows lie a multiple of conflictStride
// bytes apart, they map to too few sets of the first-level cache for that many rows.
const (
	rowsVNNI       = 6
	halfRowsVNNI   = 12
	conflictStride = 2048
)

func runVNNI(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerVNNI{p: p, a: a}
	r.call.a, r.k, r.taps = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes, p.spec.Taps
	size := p.spec.Taps * p.tapBytes
	for panel := panel0; panel < panel1; panel++ {
		p.epilogueCall(&r.call, &r.a, panel)
		r.b = unsafe.Pointer(&p.bytes[panel*p.variant.NR*size])
		each, more, others := tiling(m1-m0, p.tileRowsVNNI(panel))
		r.fetch(panel, min(panel+1, p.Panels()-1), more+others)
		if more > 0 {
			r.tiles, r.rows = more, each+1
			r.kernel(m0, panel)
		}
		r.tiles, r.rows = others, each
		r.kernel(m0+more*(each+1), panel)
	}
}

// tileRowsVNNI returns the most rows of a tile in a panel.
func (p *Packed) tileRowsVNNI(panel int) int {
	conflict := p.spec.Taps == 1 && p.spec.TapBytes%conflictStride == 0
	if p.panelWidth(panel) < p.variant.NR && !conflict {
		return halfRowsVNNI
	}
	return rowsVNNI
}

// runnerVNNI is one call of Run.
type runnerVNNI struct {
	call
	p *Packed
	a Args
}

// fetch makes the tiles of a panel prefetch the next panel, each an equal part, but only the first eight tiles at most:
// otherwise weights that are only in the last-level cache, or in none, come too late.
func (r *runnerVNNI) fetch(panel, next, tiles int) {
	const stepLines = 8 // cache lines of a panel for every 16 bytes of K
	size := r.p.spec.Taps * r.p.tapBytes
	begin := next * r.p.variant.NR * size
	end := begin + r.p.panelWidth(next)*size
	if next == panel {
		end = begin
	}
	whole := r.p.bytes[begin:end]
	r.ahead = uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	r.aheadEnd = r.ahead + uintptr(len(whole))
	r.lines = (stepLines + tiles - 1) / tiles
}

// kernel computes tiles of a panel, starting at row m.
func (r *runnerVNNI) kernel(m, panel int) {
	nr := r.p.variant.NR
	r.p.rowsCall(&r.call, &r.a, m, panel*nr)
	r.offsets = unsafe.Pointer(&r.a.Offsets[m*r.p.spec.Taps])
	switch {
	case r.p.short && r.flags&partial == 0 && r.tiles > 1 && r.p.panelWidth(panel) == nr:
		gemm_u8s8_short_6x32k4_avx512vnni(&r.call)
	case r.p.panelWidth(panel) == nr:
		gemm_u8s8_chain_6x32k4_avx512vnni(&r.call)
	default:
		gemm_u8s8_chain_12x16k4_avx512vnni(&r.call)
	}
}
