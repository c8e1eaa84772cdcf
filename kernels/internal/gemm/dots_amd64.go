//go:build amd64 && !purego

package gemm

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/pages"
)

// The variants for few columns have 64 bytes of K in the lanes of a vector, or 32 (AVX-VNNI): the variant's KR. They
// compute so many sums at a time as lanes have four of these bytes, for panels of 1, 2, 4 or 8 columns, at most NR.

// dotSums returns how many sums are computed at a time.
func (p *Packed) dotSums() int { return p.variant.KR / 4 }

// dotWidth returns the number of columns that are computed for a panel, of which not all need exist.
func (p *Packed) dotWidth(panel int) int {
	return dotWidth(p.spec.N-panel*p.variant.NR, p.variant.NR)
}

// dotWidth returns the power of 2 that is at least n, and at most cols.
func dotWidth(n, cols int) int {
	width := 1
	for width < min(n, cols) {
		width *= 2
	}
	return width
}

// suitsDots returns a function that reports whether a product has so few columns, at most cols, that dots of step bytes
// are faster. It compares estimates of the cycles per row; a product of vectors takes one cycle in either variant.
func suitsDots(step, cols int) func(s Spec, _ Grid) bool {
	return func(s Spec, _ Grid) bool {
		if s.N < 1 || s.N > cols {
			return false
		}
		width := dotWidth(s.N, cols)
		// This includes the loads of A and the overhead of a tap and of adding the lanes.
		dots := s.Taps*((s.TapBytes+step-1)/step*(width+1)+1) + 4*width
		return dots < s.Taps*((s.TapBytes+3)/4)
	}
}

// packDots packs B as [panel][tap][tapBytes/64][width][64].
func packDots(p *Packed, weights []int8) {
	s := &p.spec
	dotStep, dotCols := p.variant.KR, p.variant.NR
	p.tapBytes = roundUp(s.TapBytes, dotStep)
	size, last := s.Taps*p.tapBytes, p.Panels()-1
	p.bytes = make([]int8, (last*dotCols+p.dotWidth(last))*size)
	pages.Large(p.bytes)
	for panel := range p.Panels() {
		n0, width := panel*dotCols, p.dotWidth(panel)
		out := p.bytes[n0*size:]
		for t := range s.Taps {
			for k := range s.TapBytes {
				row := weights[(t*s.TapBytes+k)*s.N+n0:][:min(width, s.N-n0)]
				at := (t*p.tapBytes+k/dotStep*dotStep)*width + k%dotStep
				for n, w := range row {
					out[at+n*dotStep] = w
				}
			}
		}
	}
}

// scratchDots is the scratch for the offsets of the last tile, and for a tile and its summands if they are not
// contiguous in C and Sum.
func scratchDots(p *Packed) int { return 4*p.dotSums()*p.spec.Taps + 2*4*p.dotSums() }

// runnerDots is one call of Run.
type runnerDots struct {
	call
	p            *Packed
	a            Args
	offsets      []int32 // of the last tile, padded by repeating its last row
	tile, sums   []byte
	width, cols  int // the columns of the panel that are computed, and those that exist
	stored       int // the columns of a tile in C: those that exist or, without masks, all that are computed
	rows, panel0 int // rows per whole tile; the first column of the panel
}

func runDots(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	n := p.dotSums() * p.spec.Taps
	r := runnerDots{
		p: p, a: a, offsets: view.First[int32](a.Scratch, n),
		tile: a.Scratch[4*n:], sums: a.Scratch[4*n+4*p.dotSums():],
	}
	r.call.a, r.k, r.taps = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes/p.variant.KR, p.spec.Taps
	for panel := panel0; panel < panel1; panel++ {
		r.panel(m0, m1, panel)
	}
}

// panel computes rows [m0,m1) of a panel.
func (r *runnerDots) panel(m0, m1, panel int) {
	p := r.p
	r.panel0, r.width = panel*p.variant.NR, p.dotWidth(panel)
	r.cols, r.rows = min(p.spec.N-r.panel0, r.width), p.dotSums()/r.width
	if r.stored = r.width; p.variant.masks {
		r.stored = r.cols
	}
	p.epilogueCall(&r.call, &r.a, panel)
	r.b = unsafe.Pointer(&p.bytes[r.panel0*p.spec.Taps*p.tapBytes])
	m := m0
	dense := r.cols == r.stored && r.a.LDC == r.cols*p.size && (p.sumSize == 0 || r.a.LDSum == r.cols*p.sumSize)
	if dense {
		if r.tiles = (m1 - m0) / r.rows; r.tiles > 0 {
			p.rowsCall(&r.call, &r.a, m, r.panel0)
			r.kernel(m, r.rows)
			m += r.rows * ((m1 - m0) / r.rows)
		}
	}
	for ; m < m1; m += r.rows {
		r.scattered(m, min(r.rows, m1-m))
	}
}

// scattered computes a tile that is not contiguous in C. It goes through the scratch.
func (r *runnerDots) scattered(m, rows int) {
	p, a := r.p, &r.a
	c, sum := r.cols*p.size, r.cols*p.sumSize
	r.call.c, r.call.sum = unsafe.Pointer(&r.tile[0]), unsafe.Pointer(&r.sums[0])
	for i := range rows {
		if sum > 0 {
			copy(r.sums[i*r.stored*p.sumSize:][:sum], a.Sum[(m+i)*a.LDSum+r.panel0*p.sumSize:])
		}
	}
	r.tiles = 1
	r.kernel(m, rows)
	for i := range rows {
		copy(a.C[(m+i)*a.LDC+r.panel0*p.size:][:c], r.tile[i*r.stored*p.size:])
	}
}

// kernel computes tiles, starting at row m, of the given number of rows each; with fewer than r.rows, one tile.
func (r *runnerDots) kernel(m, rows int) {
	p, taps := r.p, r.p.spec.Taps
	offsets := r.a.Offsets[m*taps:]
	if rows < r.rows {
		for i := range r.rows {
			copy(r.offsets[i*taps:][:taps], offsets[min(i, rows-1)*taps:])
		}
		offsets = r.offsets
	}
	r.call.offsets = unsafe.Pointer(&offsets[0])
	r.ldc, r.ldsum = r.rows*r.stored*p.size, r.rows*r.stored*p.sumSize
	if p.variant.ISA == isa.AVXVNNI {
		r.multiplyAVXVNNI()
		return
	}
	r.mask = 0
	for i := range r.rows {
		r.mask |= (1<<r.cols - 1) << (i * r.width)
	}
	r.mask |= (1<<(rows*r.cols) - 1) << p.dotSums()
	switch r.width {
	case 1:
		gemm_u8s8_chain_16x1k64_avx512vnni(&r.call)
	case 2:
		gemm_u8s8_chain_8x2k64_avx512vnni(&r.call)
	case 4:
		gemm_u8s8_chain_4x4k64_avx512vnni(&r.call)
	default:
		gemm_u8s8_chain_2x8k64_avx512vnni(&r.call)
	}
}

func (r *runnerDots) multiplyAVXVNNI() {
	switch r.width {
	case 1:
		gemm_u8s8_chain_8x1k32_avxvnni(&r.call)
	case 2:
		gemm_u8s8_chain_4x2k32_avxvnni(&r.call)
	default:
		gemm_u8s8_chain_2x4k32_avxvnni(&r.call)
	}
}
