//go:build amd64 && !purego

package gemm

import "unsafe"

// packVNNI packs B as [panel][tap][tapBytes/4][width][4].
func packVNNI(p *Packed, weights []int8) {
	p.tapBytes = roundUp(p.spec.TapBytes, p.variant.KR)
	packInterleaved(p, weights, p.spec.Taps, p.spec.TapBytes, interleave16)
}

// The VNNI variant reads A where it is, except for single runs whose length is a
// multiple of conflictStride: rows of a matrix lie that far apart, and as many of them
// as a tile has would share too few sets of the first-level cache. Those are copied, a
// block at a time, to rows with an odd number of cache lines.
const (
	conflictStride = 2048
	copyLimit      = 256 << 10 // bytes of a block
)

// halfRowsVNNI is the most rows of a tile of half as many columns.
const halfRowsVNNI = 12

// copyVNNI returns the rows of a block that is copied, and their stride; 0 for none.
func (p *Packed) copyVNNI() (rows, stride int) {
	if p.spec.Taps > 1 || p.spec.TapBytes%conflictStride != 0 {
		return 0, 0
	}
	stride = p.spec.TapBytes + 64
	return max(copyLimit/stride, 1) / p.variant.MR * p.variant.MR, stride
}

func scratchVNNI(p *Packed) int {
	rows, stride := p.copyVNNI()
	return rows * (stride + 4)
}

func runVNNI(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	r := runnerVNNI{p: p, a: a}
	r.call.a, r.k, r.taps = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes, p.spec.Taps
	block, stride := p.copyVNNI()
	if block == 0 {
		r.multiply(m0, m1, panel0, panel1, a.Offsets[m0*p.spec.Taps:])
		return
	}
	rows := a.Scratch[4*block:]
	offsets := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(a.Scratch))), block)
	for i := range offsets {
		offsets[i] = int32(i * stride)
	}
	r.call.a = unsafe.Pointer(&rows[0])
	for m := m0; m < m1; m += block {
		end := min(m+block, m1)
		for i, o := range a.Offsets[m:end] {
			copy(rows[i*stride:], a.A[o:][:p.spec.TapBytes])
		}
		r.multiply(m, end, panel0, panel1, offsets)
	}
}

// runnerVNNI is one call of Run.
type runnerVNNI struct {
	call
	p *Packed
	a Args
}

// multiply computes rows [m0,m1), whose runs begin at offsets.
func (r *runnerVNNI) multiply(m0, m1, panel0, panel1 int, offsets []int32) {
	p := r.p
	nr, size := p.variant.NR, p.spec.Taps*p.tapBytes
	for panel := panel0; panel < panel1; panel++ {
		rows := p.variant.MR
		if p.panelWidth(panel) < nr {
			rows = halfRowsVNNI
		}
		each, more, others := tiling(m1-m0, rows)
		split := more * (each + 1)
		p.epilogueCall(&r.call, &r.a, panel)
		r.b = unsafe.Pointer(&p.bytes[panel*nr*size])
		if more > 0 {
			r.tiles, r.rows = more, each+1
			r.kernel(m0, panel, &offsets[0])
		}
		r.tiles, r.rows = others, each
		r.kernel(m0+split, panel, &offsets[split*p.spec.Taps])
	}
}

// kernel computes tiles that begin with row m.
func (r *runnerVNNI) kernel(m, panel int, offsets *int32) {
	nr := r.p.variant.NR
	r.p.rowsCall(&r.call, &r.a, m, panel*nr)
	r.offsets = unsafe.Pointer(offsets)
	if r.p.panelWidth(panel) == nr {
		gemm_u8s8_chain_6x32k4_avx512vnni(&r.call)
		return
	}
	gemm_u8s8_chain_12x16k4_avx512vnni(&r.call)
}
