// Package pool reduces the pixels of a sliding window to their maximum or their
// average, channel by channel:
//
//	maximum:            C[m,c] = max over t of A[Offsets[m,t], c]
//	average of bytes:   C[m,c] = roundToEven(f32(Σ_t A[Offsets[m,t], c]) * Counts[m])
//	average of float32: C[m,c] = (Σ_t A[Offsets[m,t], c]) / Counts[m], in the order of t
//	mean of float32:    the same with the sum in 16 lanes, see MeanF32
//
// m counts output pixels and t the taps of the window, which are given by the offset of
// their channel 0. A tap that falls into the padding is given, for a maximum, the
// offset of the tap before it, or of the first one in the data; for an average, that of
// a run of zeros, which for float32 must be -0, the only one that changes no sum.
//
// Every variant gives the same bits.
package pool

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Slack is how many bytes must be readable in A behind the last channel of every tap.
const Slack = gemm.Slack

// Kind is what a pooling computes, and on which element type.
type Kind uint8

// The kinds.
const (
	MaxU8 Kind = iota
	MaxI8
	MaxF32 // v = v if v > x or v is NaN, else x, for each tap x: NaN stays
	AverageU8
	AverageI8
	AverageF32
	// MeanF32 adds tap t to lane t mod 16 of 16 that begin with 0, and then the lanes
	// pairwise: lane i + lane i+8, then i+4, i+2, i+1.
	MeanF32
	numKinds
)

var kindNames = [numKinds]string{"u8_max", "s8_max", "f32_max", "u8_average", "s8_average", "f32_average", "f32_mean"}

// String returns a name such as u8_max, as in the names of variants.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("invalid(%d)", uint8(k))
}

// Size returns the bytes of an element.
func (k Kind) Size() int {
	if k == MaxF32 || k == AverageF32 || k == MeanF32 {
		return 4
	}
	return 1
}

// IsAverage reports whether the kind reads Args.Counts.
func (k Kind) IsAverage() bool { return k >= AverageU8 && k < numKinds }

// MaxTaps is how many taps a window may have: as many as a float32 holds the sum of
// exactly, if they are bytes.
const MaxTaps = 1 << 24 / 255

// Args are the operands of a pooling.
type Args struct {
	Channels, Taps int

	A       []byte    // the bytes that Offsets point into
	Offsets []int32   // [M][Taps]: where in A channel 0 of each tap of each pixel is
	Counts  []float32 // [M]: the divisors of averages of float32, the factors of those of bytes

	C   []byte // element (m, c) is at m*LDC + c*Kind.Size()
	LDC int    // bytes from one pixel of C to the next; beyond the channels nothing is written
}

// Check reports whether Run may be called for pixels [0,m) of a: nil if so, and
// otherwise an error that names the first length, stride or offset that would let a
// kernel read or write outside of the slices.
func (v *Variant) Check(a *Args, m int) error {
	row := a.Channels * v.Kind.Size()
	switch {
	case a.Channels < 1 || a.Channels > math.MaxInt32 || a.Taps < 1 || a.Taps > MaxTaps:
		return fmt.Errorf("got %d channels and %d taps, want at least 1 and at most %d taps", a.Channels, a.Taps, MaxTaps)
	case m < 0 || m > math.MaxInt32:
		return fmt.Errorf("got %d pixels, want 0 to %d", m, math.MaxInt32)
	case m == 0:
		return nil
	case len(a.Offsets)/a.Taps < m:
		return fmt.Errorf("got %d offsets, want %d pixels * %d taps", len(a.Offsets), m, a.Taps)
	case v.Kind.IsAverage() && len(a.Counts) < m:
		return fmt.Errorf("got %d counts, want %d", len(a.Counts), m)
	case a.LDC < 0 || a.LDC < row && m > 1:
		return fmt.Errorf("output: got stride %d, want at least %d bytes", a.LDC, row)
	case row > len(a.C) || m > 1 && a.LDC > (len(a.C)-row)/(m-1):
		return fmt.Errorf("output: got %d bytes, want %d pixels of %d at stride %d", len(a.C), m, row, a.LDC)
	}
	return gemm.CheckOffsets("pixel", a.Offsets[:m*a.Taps], a.Taps, row, len(a.A))
}

// Run computes pixels [m0,m1). Parts of one pooling that share no pixel may run at the
// same time. Run panics if a slice of a is shorter than the pixels need, as Check
// reports, or the stride is negative; offsets are the caller's duty: Check verifies
// them, Run does not.
func (v *Variant) Run(a *Args, m0, m1 int) {
	if m0 < 0 || m0 >= m1 {
		return
	}
	if a.LDC < 0 {
		panic(fmt.Sprintf("pool: got stride %d, want none below 0", a.LDC))
	}
	// Slicing checks the lengths without reading what another part may be writing.
	_ = a.Offsets[m1*a.Taps:]
	_ = a.C[(m1-1)*a.LDC+a.Channels*v.Kind.Size():]
	if v.Kind.IsAverage() {
		_ = a.Counts[m1:]
	}
	v.run(v, a, m0, m1)
}
