//go:build amd64 && !purego

package gemm

import "unsafe"

// packVNNI packs B as [panel][tap][tapBytes/4][width][4], tapBytes rounded up to fours
// with zeros.
func packVNNI(p *Packed, weights []int8) {
	s := &p.spec
	p.tapBytes = roundUp(s.TapBytes, 4)
	p.bytes = make([]int8, 0, roundUp(s.N, p.variant.NR/2)*s.Taps*p.tapBytes)
	for panel := range p.Panels() {
		n0, width := panel*p.variant.NR, p.panelWidth(panel)
		cols := min(width, s.N-n0)
		for t := range s.Taps {
			at := len(p.bytes)
			p.bytes = p.bytes[:at+p.tapBytes*width]
			for k := range s.TapBytes {
				row := weights[(t*s.TapBytes+k)*s.N+n0:][:cols]
				out := p.bytes[at+k/4*4*width+k%4:]
				for n, w := range row {
					out[n*4] = w
				}
			}
		}
	}
}

func runVNNI(p *Packed, a Args, m0, m1, panel0, panel1 int) {
	s, nr := &p.spec, p.variant.NR
	size := s.Taps * p.tapBytes
	var c call
	c.a, c.k, c.taps = unsafe.Pointer(unsafe.SliceData(a.A)), p.tapBytes, s.Taps
	rows, more, others := tiling(m1-m0, p.variant.MR)
	for panel := panel0; panel < panel1; panel++ {
		p.epilogueCall(&c, &a, panel)
		c.b = unsafe.Pointer(&p.bytes[panel*nr*size])
		kernel := func(m, rows, tiles int) {
			if tiles == 0 {
				return
			}
			p.rowsCall(&c, &a, m, panel*nr)
			c.offsets = unsafe.Pointer(&a.Offsets[m*s.Taps])
			c.rows, c.tiles = rows, tiles
			if p.panelWidth(panel) == nr {
				gemm_u8s8_chain_12x32k4_avx512vnni(&c)
			} else {
				gemm_u8s8_chain_12x16k4_avx512vnni(&c)
			}
		}
		kernel(m0, rows+1, more)
		kernel(m0+more*(rows+1), rows, others)
	}
}
