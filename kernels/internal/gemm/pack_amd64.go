//go:build amd64 && !purego

package gemm

import "unsafe"

// interleave16 is the interleaver of the variants, whose kr is 2 or 4.
func interleave16(to, from []byte, stride, pitch, steps, kr int) {
	_, _ = from[(steps*kr-1)*stride+15], to[(steps-1)*pitch+16*kr-1]
	c := call{b: unsafe.Pointer(&from[0]), c: unsafe.Pointer(&to[0]), lda: stride, ldc: pitch, k: steps}
	if kr == 2 {
		interleave2(&c)
	} else {
		interleave4(&c)
	}
}
