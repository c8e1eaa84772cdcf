//go:build amd64 && !purego

package gemm

import "unsafe"

// The AVX2 variant widens A to words, a block of rows at a time, so that its kernels
// broadcast pairs of them straight from memory. B is packed as words if that is small
// enough to stay in the cache, and otherwise as bytes, which are widened panel by
// panel for each block of rows.
const (
	wordsLimit = 256 << 10 // bytes of B as words
	blockLimit = 128 << 10 // bytes of a block of A
	fewRows    = 12        // blocks of so few rows read bytes of B directly
)

// packAVX2 packs B as [panel][K/2][width][2], K rounded up to pairs with a zero.
func packAVX2(p *Packed, weights []int8) {
	s := &p.spec
	K := s.Taps * s.TapBytes
	p.tapBytes = s.TapBytes
	size := roundUp(s.N, p.variant.NR/2) * roundUp(K, 2)
	if 2*size <= wordsLimit {
		p.words = make([]int16, size)
		packPairs(p, p.words, weights, K)
		return
	}
	p.bytes = make([]int8, size)
	packPairs(p, p.bytes, weights, K)
}

func packPairs[T int8 | int16](p *Packed, out []T, weights []int8, K int) {
	N, nr := p.spec.N, p.variant.NR
	for panel := range p.Panels() {
		n0, width := panel*nr, p.panelWidth(panel)
		cols := min(width, N-n0)
		for k := range K {
			to := out[k/2*2*width+k%2:]
			for n, w := range weights[k*N+n0:][:cols] {
				to[2*n] = T(w)
			}
		}
		out = out[roundUp(K, 2)*width:]
	}
}

// blockAVX2 is the scratch of one call, by offset.
type blockAVX2 struct {
	rows, lda              int // rows of a block, bytes of each
	panel, tile, sum, size int // where the widened panel and a partial tile begin; the whole
}

const tileBytes = 6 * 16 * 4

func (p *Packed) blockAVX2() (b blockAVX2) {
	K := roundUp(p.spec.Taps*p.spec.TapBytes, 2)
	b.lda = roundUp(2*K, 64)
	if b.lda%128 == 0 {
		b.lda += 64 // an odd number of cache lines: rows do not compete for the same sets
	}
	b.rows = max(blockLimit/b.lda/6*6, 12)
	b.panel = b.rows*b.lda + 64
	b.tile = b.panel
	if p.words == nil {
		b.tile += 2 * K * p.variant.NR
	}
	b.sum = b.tile + tileBytes
	b.size = b.sum + tileBytes + 63
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
	bytes   bool // what b points to
	half    bool // the panel is half as wide
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
			r.panelB(panel, rows)
			r.multiply(m, rows, panel)
		}
	}
}

func (r *runnerAVX2) widenA(m, rows int) {
	s := &r.p.spec
	c := call{
		a: unsafe.Pointer(unsafe.SliceData(r.a.A)), offsets: unsafe.Pointer(&r.a.Offsets[m*s.Taps]), c: unsafe.Pointer(&r.scratch[0]),
		ldc: r.block.lda, taps: s.Taps, k: s.TapBytes, rows: rows,
	}
	widenRows(&c)
	r.lda = r.block.lda
	r.k = roundUp(s.Taps*s.TapBytes, 2) / 2
}

// panelB points b to a panel.
func (r *runnerAVX2) panelB(panel, rows int) {
	p := r.p
	r.half = p.panelWidth(panel) < p.variant.NR
	at := panel * p.variant.NR * r.k * 2
	r.epilogueCall(panel)
	if p.words != nil {
		r.b, r.bytes = unsafe.Pointer(&p.words[at]), false
		return
	}
	r.b, r.bytes = unsafe.Pointer(&p.bytes[at]), true
	if rows > fewRows {
		words := unsafe.Pointer(&r.scratch[r.block.panel])
		c := call{b: r.b, c: words, k: 2 * r.k * p.panelWidth(panel)}
		widenPanel(&c)
		r.b, r.bytes = words, false
	}
}

func (r *runnerAVX2) epilogueCall(panel int) { r.p.epilogueCall(&r.call, &r.a, panel) }

// multiply computes rows of one panel, which begin with row m.
func (r *runnerAVX2) multiply(m, rows, panel int) {
	p := r.p
	n0 := panel * p.variant.NR
	cols := min(p.spec.N-n0, p.variant.NR)
	each, more, others := tiling(rows, p.variant.MR)
	r.a0(0)
	if cols%8 != 0 {
		for at := 0; at < rows; {
			n := each
			if more > 0 {
				n++
				more--
			}
			r.partial(m+at, n, n0, cols, at)
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

// a0 points a to a row of the block.
func (r *runnerAVX2) a0(row int) { r.call.a = unsafe.Pointer(&r.scratch[row*r.lda]) }

// partial computes one tile of which not all columns exist, by way of the scratch.
func (r *runnerAVX2) partial(m, rows, n0, cols, at int) {
	p := r.p
	tile, sums := r.scratch[r.block.tile:r.block.sum], r.scratch[r.block.sum:]
	r.a0(at)
	r.c, r.ldc = unsafe.Pointer(&tile[0]), 16*p.size
	if p.sumSize > 0 {
		r.sum, r.ldsum = unsafe.Pointer(&sums[0]), 16*p.sumSize
		for i := range rows {
			copy(sums[i*r.ldsum:], r.a.Sum[(m+i)*r.a.LDSum+n0*p.sumSize:][:cols*p.sumSize])
		}
	}
	r.kernel(rows, 1)
	for i := range rows {
		copy(r.a.C[(m+i)*r.a.LDC+n0*p.size:][:cols*p.size], tile[i*r.ldc:])
	}
}

func (r *runnerAVX2) kernel(rows, tiles int) {
	r.rows, r.tiles = rows, tiles
	switch {
	case r.bytes && r.half:
		gemm_u8s8_chain_6x8k2_avx2(&r.call)
	case r.bytes:
		gemm_u8s8_chain_6x16k2_avx2(&r.call)
	case r.half:
		gemm_u8s16_chain_6x8k2_avx2(&r.call)
	default:
		gemm_u8s16_chain_6x16k2_avx2(&r.call)
	}
}
