// Package pool reduces the pixels of a sliding window, channel by channel, to their maximum, their average or another
// combination:
//
//	maximum:            C[m,c] = max over t of A[Offsets[m,t], c]
//	average of bytes:   C[m,c] = roundToEven(f32(Σ_t A[Offsets[m,t], c]) * Counts[m])
//	average of reals:   C[m,c] = (Σ_t A[Offsets[m,t], c]) / Counts[m], in the order of t
//	mean of float32:    the same with the sum in 16 lanes, see MeanF32
//	between two taps:   C[m,c] = x + (y-x)*Counts[m], x and y of the first and the second
//	weighed sum:        C[m,c] = Σ_t A[Offsets[m,t], c]*Counts[m,t], in the order of t
//
// m counts output pixels and t the taps of the window. A tap is given by the offset of its channel 0. For a maximum,
// a tap that falls into the padding has the offset of the tap before it or of the first tap in the data. For an
// average it has the offset of a run of zeros, which for reals must be -0, the only number that changes no sum.
//
// Every variant gives the same bits.
package pool

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
)

// Kind says what a pooling computes, and on which element type.
type Kind uint8

// The kinds.
const (
	MaxU8 Kind = iota
	MaxI8
	MaxU16
	MaxI16
	MaxU32
	MaxI32
	MaxI64
	MaxF32  // v = v if v > x or v is NaN, else x, for each tap x: NaN stays
	MaxF64  // the same
	MaxBF16 // the same, of bf16, and a NaN in the end is a quiet one
	AverageU8
	AverageI8
	AverageF32
	AverageF64
	// MeanF32 adds tap t to lane t mod 16. There are 16 lanes, which begin with 0 and are then added pairwise:
	// lane i + lane i+8, then i+4, i+2, i+1.
	MeanF32
	InterpolateF32 // for two taps; like WeighedF32 it reads nothing after the channels of a tap
	WeighedF32     // each product and each sum is rounded
	numKinds
)

// kinds has the name of each kind, as in the names of variants, and the bytes of an element.
var kinds = [numKinds]struct {
	name string
	size int
}{
	{"u8_max", 1},
	{"s8_max", 1},
	{"u16_max", 2},
	{"s16_max", 2},
	{"u32_max", 4},
	{"s32_max", 4},
	{"s64_max", 8},
	{"f32_max", 4},
	{"f64_max", 8},
	{"bf16_max", 2},
	{"u8_average", 1},
	{"s8_average", 1},
	{"f32_average", 4},
	{"f64_average", 8},
	{"f32_mean", 4},
	{"f32_interpolate", 4},
	{"f32_weighed", 4},
}

// String returns a name such as u8_max, as in the names of variants.
func (k Kind) String() string {
	if k < numKinds {
		return kinds[k].name
	}
	return fmt.Sprintf("invalid(%d)", uint8(k))
}

// Size returns the bytes of an element.
func (k Kind) Size() int { return kinds[k].size }

// IsAverage reports whether the kind divides by Args.Counts.
func (k Kind) IsAverage() bool { return k >= AverageU8 && k <= MeanF32 }

// counts returns how many of Args.Counts belong to a pixel.
func (k Kind) counts(taps int) int {
	switch {
	case k == WeighedF32:
		return taps
	case k.IsAverage() || k == InterpolateF32:
		return 1
	}
	return 0
}

// MaxTaps is the most taps that a window may have: a float32 holds the sum of as many bytes exactly.
const MaxTaps = 1 << 24 / 255

// Args are the operands of a pooling.
type Args struct {
	Channels, Taps int

	A       []byte    // the bytes that Offsets point into
	Offsets []int32   // [M][Taps]: where in A channel 0 of each tap of each pixel is
	Counts  []float32 // [M]: divisors of averages of reals, factors of those of bytes; weights: [M][Taps] of WeighedF32

	C   []byte // element (m, c) is at m*LDC + c*Kind.Size()
	LDC int    // bytes from one pixel of C to the next; beyond the channels nothing is written
}

// CheckOffsets verifies offsets for an A of at least size bytes, and for windows of taps pixels with the given number
// of channels. Run does not verify them.
func (k Kind) CheckOffsets(offsets []int32, taps, channels, size int) error {
	return bounds.Offsets("pixel", offsets, taps, channels*k.Size(), size)
}

// check verifies everything except the offsets for pixels [0,m).
func (v *Variant) check(a *Args, m int) error {
	if a.Channels < 1 || a.Channels > math.MaxInt32 || a.Taps < 1 || a.Taps > MaxTaps {
		return fmt.Errorf("got %d channels and %d taps, want at least 1 and at most %d taps", a.Channels, a.Taps, MaxTaps)
	}
	if err := bounds.Count("pixel", a.Offsets, m, a.Taps); err != nil {
		return err
	}
	if v.Kind == InterpolateF32 && a.Taps != 2 {
		return fmt.Errorf("got %d taps, want 2", a.Taps)
	}
	if want := m * v.Kind.counts(a.Taps); len(a.Counts) < want {
		return fmt.Errorf("got %d counts, want %d", len(a.Counts), want)
	}
	return bounds.Stored("output", "pixel", len(a.C), a.LDC, m, a.Channels*v.Kind.Size())
}

// Run computes pixels [m0,m1). Parts of one pooling that share no pixel may run at the same time. Run panics if a
// slice of a is shorter than the pixels need, or if the stride or the sizes do not fit. It does not verify the
// offsets; the caller must, see Kind.CheckOffsets.
func (v *Variant) Run(a *Args, m0, m1 int) {
	if m0 < 0 || m0 >= m1 {
		return
	}
	if err := v.check(a, m1); err != nil {
		panic("pool: " + err.Error())
	}
	v.run(v, a, m0, m1)
}
