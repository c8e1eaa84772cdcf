//go:build amd64 && !purego

package gemm

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// The variants for VPDPBUSD, of 64 bytes (AVX-512) and of 32 (AVX-VNNI), differ in the width of a panel, and in that
// only AVX-512 stores a part of a panel's columns under masks.

// packVNNI packs B as [panel][tap][tapBytes/4][width][4].
func packVNNI(p *Packed, weights []int8) {
	p.tapBytes = roundUp(p.spec.TapBytes, p.variant.KR)
	packInterleaved(p, weights, p.spec.Taps, p.spec.TapBytes, interleave16)
	p.short = p.variant.ISA == isa.AVX512VNNI && p.shortVNNI()
	p.pairs = p.variant.ISA == isa.AVX512VNNI && (p.short || p.size == 4) && p.spec.N >= 2*p.variant.NR
}

// shortVNNI reports whether the routine for usual lists of steps can compute p's whole panels. A run must have the
// steps of K beside which the epilogue runs.
func (p *Packed) shortVNNI() bool {
	const always, may = stepScale | stepBias | stepPost, stepSumU8 | stepSumI8 | stepLo | stepHi | outU8 | outI8 | flipped
	const stepK = 16
	return p.flags&always == always && p.flags&^(always|may) == 0 && p.flags&(outU8|outI8) != 0 && p.tapBytes >= stepK
}

// The most rows of a tile, where these are not the variant's MR: in a panel of half the width; and where rows lie a
// multiple of conflictStride bytes apart, which maps them to few sets of the first-level cache, or products are so
// short that storing the results takes as long, which is done for two rows at once.
const (
	halfRowsVNNI   = 12
	evenRowsVNNI   = 6
	conflictStride = 2048
	shortProduct   = 16 // bytes of K
)

func runVNNI(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerVNNI{p: p, a: a}
	r.call.a, r.k = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes
	size := p.spec.Taps * p.tapBytes
	all := Region{First: m0, Rows: m1 - m0, Step: 1, Lines: 1, Taps: p.taps}
	r.panelBytes = p.variant.NR * size
	for panel := panel0; panel < panel1; panel += r.panels {
		if r.panels = min(p.Together(), panel1-panel); (panel+r.panels)*p.variant.NR > p.spec.N {
			r.panels = 1
		}
		p.epilogueCall(&r.call, &r.a, panel)
		r.panelAt = panel * r.panelBytes
		r.tapB = p.tapBytes * p.panelWidth(panel)
		r.fetch(panel+r.panels, m1-m0)
		if a.Order == nil {
			r.region(&all, panel)
			continue
		}
		for region := range a.Order.Within(m0, m1) {
			r.region(&region, panel)
		}
	}
}

// region computes a region of one panel or two.
func (r *runnerVNNI) region(g *Region, panel int) {
	each, more, others := tiling(g.Rows, r.tileRows(panel))
	r.b = unsafe.Pointer(&r.p.bytes[r.panelAt+int(g.Taps[0])*r.tapB])
	r.gaps, r.taps = unsafe.Pointer(unsafe.SliceData(g.gaps)), len(g.Taps)
	r.ldc, r.ldsum, r.rowOffsets = g.Step*r.a.LDC, g.Step*r.a.LDSum, g.Step*r.p.spec.Taps*4
	if more > 0 {
		r.kernel(g, panel, 0, each+1, more)
	}
	r.kernel(g, panel, more*(each+1), each, others)
}

// tileRows returns the most rows of a tile in a panel.
func (r *runnerVNNI) tileRows(panel int) int {
	p := r.p
	switch one := p.spec.Taps == 1; {
	case r.panels == 2:
		return pairRows
	case one && p.spec.TapBytes%conflictStride == 0:
		return evenRowsVNNI
	case p.panelWidth(panel) < p.variant.NR:
		return halfRowsVNNI
	case one && p.spec.TapBytes <= shortProduct:
		return evenRowsVNNI
	}
	return p.variant.MR
}

// runnerVNNI is one call of Run.
type runnerVNNI struct {
	call
	p       *Packed
	a       Args
	panelAt int // where the panel begins in p.bytes
}

// fetch makes the tiles of panels prefetch those from next on, as many, each an equal part, but only the first eight
// tiles at most: otherwise weights that are only in the last-level cache, or in none, come too late.
func (r *runnerVNNI) fetch(next, m int) {
	begin := min(next*r.panelBytes, len(r.p.bytes))
	end := min(begin+r.panels*r.panelBytes, len(r.p.bytes))
	r.ahead = uintptr(unsafe.Pointer(unsafe.SliceData(r.p.bytes))) + uintptr(begin)
	r.aheadEnd = r.ahead + uintptr(end-begin)
	stepLines := r.panels * r.p.variant.NR * 16 / 64 // cache lines of the panels for every 16 bytes of K
	rows := r.tileRows(next - r.panels)
	tiles := (m + rows - 1) / rows
	r.lines = (stepLines + tiles - 1) / tiles
}

// kernel computes tiles side by side in each line of a region, of the given number of rows each, beginning with row i
// of the line.
func (r *runnerVNNI) kernel(g *Region, panel, i, rows, tiles int) {
	p, nr, taps := r.p, r.p.variant.NR, r.p.spec.Taps
	m, step := g.First+i*g.Step, rows*g.Step
	if r.flags&partial != 0 && !p.variant.masks {
		for line := range g.Lines {
			for tile := range tiles {
				r.partial(cutTile{panel, m + line*g.LineStep + tile*step, g.Step, rows}, int(g.Taps[0]))
			}
		}
		return
	}
	p.rowsCall(&r.call, &r.a, m, panel*nr)
	r.offsets = unsafe.Pointer(&r.a.Offsets[m*taps+int(g.Taps[0])])
	r.rows, r.tiles, r.lineCount = rows, tiles, g.Lines
	r.tileC, r.tileSum, r.tileOffsets = step*r.a.LDC, step*r.a.LDSum, step*taps*4
	if g.Lines > 1 {
		line := g.LineStep - tiles*step
		r.lineC, r.lineSum, r.lineOffsets = line*r.a.LDC, line*r.a.LDSum, line*taps*4
		r.lineTiles = tiles
	}
	if r.call.panels == 2 {
		gemm_u8s8_wide_6x64k4_avx512vnni(&r.call)
		return
	}
	p.multiplyVNNI(&r.call, panel)
}

// partial computes a tile with columns that do not exist, beginning with a tap.
func (r *runnerVNNI) partial(t cutTile, tap int) {
	c := r.call
	t.load(r.p, &c, &r.a, r.a.Scratch)
	c.offsets = unsafe.Pointer(&r.a.Offsets[t.first*r.p.spec.Taps+tap])
	c.rows, c.tiles, c.lineCount = t.rows, 1, 1
	r.p.multiplyVNNI(&c, t.panel)
	t.store(r.p, &r.a, r.a.Scratch)
}

// multiplyVNNI calls the routine for a panel.
func (p *Packed) multiplyVNNI(c *call, panel int) {
	switch whole := p.panelWidth(panel) == p.variant.NR; {
	case p.variant.ISA == isa.AVXVNNI && whole:
		gemm_u8s8_chain_6x16k4_avxvnni(c)
	case p.variant.ISA == isa.AVXVNNI:
		gemm_u8s8_chain_12x8k4_avxvnni(c)
	case whole && p.short && c.flags&partial == 0 && c.tiles*c.lineCount > 1:
		gemm_u8s8_short_7x32k4_avx512vnni(c)
	case whole:
		gemm_u8s8_chain_7x32k4_avx512vnni(c)
	default:
		gemm_u8s8_chain_12x16k4_avx512vnni(c)
	}
}
