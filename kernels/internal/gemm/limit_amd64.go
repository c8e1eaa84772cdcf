//go:build amd64 && !purego

package gemm

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

// limitLoop runs n iterations of the instructions of an ISA's kernels over registers.
func limitLoop(i isa.ISA, n int) {
	switch i {
	case isa.AVX512VNNI:
		limitAVX512VNNI(&call{k: n})
	case isa.AVX2:
		limitAVX2(&call{k: n})
	default:
		swar(n)
	}
}
