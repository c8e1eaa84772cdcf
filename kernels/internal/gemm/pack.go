package gemm

import (
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/pages"
)

// packBlock is how many rows of B are packed for one panel before the next panel: few enough to stay in the cache.
const packBlock = 64

// interleaver copies 16 columns of steps*kr rows of B, which are stride bytes apart, into groups of kr bytes, one group
// for each column in each step. Steps are pitch bytes apart in to.
type interleaver func(to, from []byte, stride, pitch, steps, kr int)

// packInterleaved packs B as [panel][run][k/kr][width][kr] bytes, where kr is the variant's, but at most 4. B has runs
// runs of k rows each, and each run is padded with zeros to a multiple of the variant's KR rows.
func packInterleaved(p *Packed, weights []int8, runs, k int, wide interleaver) {
	N, nr, kr := p.spec.N, p.variant.NR, min(p.variant.KR, 4)
	padded := roundUp(k, p.variant.KR)
	p.bytes = make([]int8, roundUp(N, nr/2)*runs*padded)
	pages.Large(p.bytes)
	out, in := view.Bytes(p.bytes), view.Bytes(weights)
	for run := range runs {
		for k0 := 0; k0 < k; k0 += packBlock {
			for panel := range p.Panels() {
				n0, width := panel*nr, p.panelWidth(panel)
				cols := min(width, N-n0)
				to := out[n0*runs*padded+(run*padded+k0)*width:]
				interleave(to, in[(run*k+k0)*N+n0:], N, cols, width, min(packBlock, k-k0), kr, wide)
			}
		}
	}
}

// interleave copies rows of cols bytes, stride bytes apart, into groups of kr bytes: every kr rows give one group for
// each of width columns.
func interleave(to, from []byte, stride, cols, width, rows, kr int, wide interleaver) {
	n, steps := 0, rows/kr
	for ; n+16 <= cols && steps > 0; n += 16 {
		wide(to[n*kr:], from[n:], stride, width*kr, steps, kr)
	}
	for r := range rows {
		first := n
		if r >= steps*kr {
			first = 0
		}
		for i := first; i < cols; i++ {
			to[r/kr*kr*width+i*kr+r%kr] = from[r*stride+i]
		}
	}
}
