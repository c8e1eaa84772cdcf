//go:build amd64 && !purego

package gemm

import "unsafe"

// packBlock is how many rows of B are packed before the next panel's turn: they stay
// in the cache meanwhile.
const packBlock = 64

// packInterleaved packs B as [panel][run][k/kr][width][kr] bytes: each of runs rows of
// k rows of B is rounded up to a multiple of kr with zeros. kr is 2 or 4.
func packInterleaved(p *Packed, weights []int8, runs, k, kr int) {
	N, nr := p.spec.N, p.variant.NR
	padded := roundUp(k, kr)
	p.bytes = make([]int8, roundUp(N, nr/2)*runs*padded)
	out, in := asBytes(p.bytes), asBytes(weights)
	for run := range runs {
		for k0 := 0; k0 < k; k0 += packBlock {
			for panel := range p.Panels() {
				n0, width := panel*nr, p.panelWidth(panel)
				cols := min(width, N-n0)
				to := out[n0*runs*padded+(run*padded+k0)*width:]
				interleave(to, in[(run*k+k0)*N+n0:], N, cols, width, min(packBlock, k-k0), kr)
			}
		}
	}
}

func asBytes(v []int8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}

// interleave copies rows of cols bytes, stride bytes apart, to groups of kr: for each kr
// rows one group for each of width columns.
func interleave(to, from []byte, stride, cols, width, rows, kr int) {
	n := 0
	for ; n+16 <= cols && rows >= kr; n += 16 {
		c := call{b: unsafe.Pointer(&from[n]), c: unsafe.Pointer(&to[n*kr]), lda: stride, ldc: width * kr, k: rows / kr}
		_, _ = from[(rows-1)*stride+n+15], to[rows/kr*kr*width-1]
		if kr == 2 {
			interleave2(&c)
		} else {
			interleave4(&c)
		}
	}
	for r := range rows {
		first := n
		if r >= rows/kr*kr {
			first = 0
		}
		for i := first; i < cols; i++ {
			to[r/kr*kr*width+i*kr+r%kr] = from[r*stride+i]
		}
	}
}
