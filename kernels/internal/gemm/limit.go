package gemm

import (
	"time"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Limit measures what the multiplying instructions of an ISA's variants reach on one core in
// a loop over registers alone, in GOP/s: the best of several runs. It is 0 for an ISA
// that the CPU lacks.
func Limit(i isa.ISA) float64 {
	if !isa.Detected().Has(i) {
		return 0
	}
	best := 0.0
	for range 20 {
		const n = 50_000
		begin := time.Now()
		limitLoop(i, n)
		best = max(best, limitOps(i)*n/float64(time.Since(begin).Nanoseconds()))
	}
	return best
}

// limitOps returns the operations in one iteration of an ISA's limit loop.
func limitOps(i isa.ISA) float64 {
	switch i {
	case isa.AVX512VNNI:
		return 2 * 24 * 64
	case isa.AVX2:
		return 2 * 12 * 16
	default:
		return 2 * 4 * laneCols * laneTerms
	}
}

// swar multiplies blocks of four rows of bytes by words of three weights: the plainest
// such loop, which the portable variant is measured against.
func swar(n int) (sum uint64) {
	var x [4][laneTerms]byte
	var w [laneTerms]uint64
	for range n {
		s0, s1, s2, s3 := swarBlock(&x, &w)
		sum += s0 + s1 + s2 + s3
	}
	return sum
}

//go:noinline
func swarBlock(x *[4][laneTerms]byte, w *[laneTerms]uint64) (s0, s1, s2, s3 uint64) {
	for i, v := range w {
		s0 += uint64(x[0][i]) * v
		s1 += uint64(x[1][i]) * v
		s2 += uint64(x[2][i]) * v
		s3 += uint64(x[3][i]) * v
	}
	return s0, s1, s2, s3
}
