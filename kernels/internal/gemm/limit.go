package gemm

import (
	"time"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// loop executes the multiplying instructions of a variant's kernel n times, on registers alone.
type loop struct {
	operations int // per iteration
	run        func(n int)
}

// Limit measures the rate, in GOP/s, that the variant's multiplying instructions reach on one core in a loop on
// registers alone: the best of several runs. It returns 0 if the CPU lacks the instructions.
func (v *Variant) Limit() float64 {
	if !isa.Detected().Has(v.ISA) {
		return 0
	}
	best := 0.0
	for range 20 {
		const n = 50_000
		begin := time.Now()
		v.limit.run(n)
		best = max(best, float64(v.limit.operations*n)/float64(time.Since(begin).Nanoseconds()))
	}
	return best
}

var loopPortable = loop{operations: 2 * 4 * laneCols * laneTerms, run: func(n int) { swar(n) }}

// swar multiplies blocks of four rows of bytes by words of three weights. It is the simplest such loop, with which the
// portable variant is compared.
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
