//go:build amd64 && !purego

package gemm

import "unsafe"

// blockLimit bounds the bytes of a block of A: half of a second-level cache. The AVX2 variant widens A to words, a
// block of rows at a time, so that its kernels can broadcast pairs of words directly from memory.
const blockLimit = 256 << 10

// packAVX2 packs B as [panel][K/2][width][2]. Taps are joined, as they are in the widened block of A.
func packAVX2(p *Packed, weights []int8) {
	p.tapBytes = p.spec.TapBytes
	packInterleaved(p, weights, 1, p.spec.Taps*p.spec.TapBytes, interleave16)
}

// blockAVX2 is the layout of the scratch of one call.
type blockAVX2 struct {
	rows, lda  int // rows per block, and bytes per row
	panel      int // the offset of a panel of B as words
	tile, size int // the offset of a partial tile; the size of the scratch
}

// wordRows is how many rows it takes to make widening a panel of B worth while: kernels multiply words faster.
const wordRows = 64

func (p *Packed) blockAVX2() (b blockAVX2) {
	K := roundUp(p.spec.Taps*p.spec.TapBytes, 2)
	b.lda = roundUp(2*K, 64)
	if b.lda%128 == 0 {
		b.lda += 64 // an odd number of cache lines, so that rows do not compete for the same cache sets
	}
	b.rows = max(blockLimit/b.lda/6*6, 12)
	b.panel = b.rows*b.lda + 64
	b.tile = b.panel + K*p.variant.NR*2
	b.size = b.tile + scratchTile(p) + 63
	return b
}

func scratchAVX2(p *Packed) int { return p.blockAVX2().size }

// runnerAVX2 is one call of Run.
type runnerAVX2 struct {
	call
	p       *Packed
	a       Args
	block   blockAVX2
	scratch []byte
	half    bool // the panel has half the width
}

func runAVX2(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerAVX2{p: p, a: a, block: p.blockAVX2()}
	skip := -int(uintptr(unsafe.Pointer(&a.Scratch[0]))) & 63
	r.scratch = a.Scratch[skip:]
	blocks := (m1 - m0 + r.block.rows - 1) / r.block.rows
	step := roundUp((m1-m0+blocks-1)/blocks, p.variant.MR)
	for m := m0; m < m1; m += step {
		rows := min(step, m1-m)
		r.widenA(m, rows)
		for panel := panel0; panel < panel1; panel++ {
			r.multiply(m, rows, panel)
		}
	}
}

func (r *runnerAVX2) widenA(m, rows int) {
	s := &r.p.spec
	c := call{
		a: unsafe.Pointer(unsafe.SliceData(r.a.A)), offsets: unsafe.Pointer(&r.a.Offsets[m*s.Taps]),
		c:   unsafe.Pointer(&r.scratch[0]),
		ldc: r.block.lda, taps: s.Taps, k: s.TapBytes, rows: rows,
	}
	widenRows(&c)
	r.lda = r.block.lda
	r.k = roundUp(s.Taps*s.TapBytes, 2) / 2
}

// multiply computes the given number of rows of one panel, starting at row m.
func (r *runnerAVX2) multiply(m, rows, panel int) {
	p := r.p
	n0 := panel * p.variant.NR
	cols := min(p.spec.N-n0, p.variant.NR)
	p.epilogueCall(&r.call, &r.a, panel)
	r.weights(rows, panel)
	r.half = p.panelWidth(panel) < p.variant.NR
	each, more, others := tiling(rows, p.variant.MR)
	r.a0(0)
	if cols%8 != 0 {
		for at := 0; at < rows; {
			n := each
			if more > 0 {
				n++
				more--
			}
			r.partial(cutTile{panel, m + at, 1, n}, at)
			at += n
		}
		return
	}
	if more > 0 {
		p.rowsCall(&r.call, &r.a, m, n0)
		r.kernel(each+1, more)
		r.a0(more * (each + 1))
	}
	p.rowsCall(&r.call, &r.a, m+more*(each+1), n0)
	r.kernel(each, others)
}

// weights points b to the panel, as words if there are enough rows, and ahead to the next panel.
func (r *runnerAVX2) weights(rows, panel int) {
	p := r.p
	at := func(panel int) unsafe.Pointer { return unsafe.Pointer(&p.bytes[panel*p.variant.NR*r.k*2]) }
	r.b = at(panel)
	r.ahead = uintptr(at(min(panel+1, p.Panels()-1)))
	if rows < wordRows {
		return
	}
	wide := unsafe.Pointer(&r.scratch[r.block.panel])
	widenPanel(&call{b: r.b, c: wide, k: p.panelWidth(panel) * r.k / 8})
	r.b = wide
	r.flags |= words
}

// a0 points a to a row of the block.
func (r *runnerAVX2) a0(row int) { r.call.a = unsafe.Pointer(&r.scratch[row*r.lda]) }

// partial computes one tile that extends beyond the last column, beginning with a row of the block.
func (r *runnerAVX2) partial(t cutTile, row int) {
	scratch := r.scratch[r.block.tile:]
	r.a0(row)
	t.load(r.p, &r.call, &r.a, scratch)
	r.kernel(t.rows, 1)
	t.store(r.p, &r.a, scratch)
}

func (r *runnerAVX2) kernel(rows, tiles int) {
	r.rows, r.tiles = rows, tiles
	if r.half {
		gemm_u8s8_chain_6x8k2_avx2(&r.call)
		return
	}
	gemm_u8s8_chain_6x16k2_avx2(&r.call)
}
