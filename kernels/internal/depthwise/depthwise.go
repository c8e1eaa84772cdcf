// Package depthwise convolves every channel of u8 images with its own s8 filter,
// exactly, and requantizes the sums on their way to memory:
//
//	acc[m,c] = init[c] + Σ_t A[Offsets[m,t] + c] * W[t,c]      (int32)
//	C[m,c]   = Epilogue(acc[m,c])
//
// m counts output pixels and t the taps of the filter. The taps are given by the offset
// of their channel 0: one that falls into the padding points to a run of zero points.
//
// Sums are exact. Every variant gives the same bits.
package depthwise

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Spec is the part of a convolution that is known when it is packed. The epilogue
// must not have a summand.
type Spec struct {
	Channels int
	Taps     int
	Epilogue gemm.Epilogue
}

// Packed is a filter in the order in which one Variant reads it, with the epilogue of
// its results. It is immutable and safe for concurrent use.
type Packed struct {
	spec    Spec
	variant *Variant
	chain   chain

	operands Operands // the constant ones

	weights []int8  // [taps][channels], for the portable variant
	blocks  []block // for the others
}

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid depthwise convolution")

// MaxTaps is how many products of a byte and a weight fit an int32 together.
const MaxTaps = math.MaxInt32 / (255 * 128)

const maxChannels = 1 << 24

// Bytes returns the size of what p holds.
func (p *Packed) Bytes() int64 {
	bytes := len(p.weights)
	for i := range p.blocks {
		bytes += len(p.blocks[i].weights)
	}
	for _, c := range slices.Concat(p.operands.blocks, []channels{p.operands.channels}) {
		bytes += 4 * len(c.init)
		for _, v := range c.columns {
			bytes += 4 * len(v)
		}
	}
	return int64(bytes)
}

// Pack lays out weights, an array [Taps][Channels] in row-major order, for v. init
// holds the values with which the accumulators begin, such as -zeroPoint*weightSum;
// nil stands for zeros; those that SetInit stores later must not be larger in
// magnitude. Neither is retained.
func Pack(v *Variant, s Spec, weights []int8, init []int32) (*Packed, error) {
	if s.Channels < 1 || s.Channels > maxChannels || s.Taps < 1 || s.Taps > MaxTaps {
		return nil, fmt.Errorf("%w: got %d channels and %d taps, want 1 to %d channels and 1 to %d taps",
			ErrSpec, s.Channels, s.Taps, maxChannels, MaxTaps)
	}
	if want := s.Taps * s.Channels; len(weights) != want {
		return nil, fmt.Errorf("%w: got %d weights, want %d taps * %d channels", ErrSpec, len(weights), s.Taps, s.Channels)
	}
	if init != nil && len(init) != s.Channels {
		return nil, fmt.Errorf("%w: got %d start values, want %d or none", ErrSpec, len(init), s.Channels)
	}
	chain, err := newChain(s.Epilogue, s.Channels)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSpec, err)
	}
	p := &Packed{spec: s, variant: v, chain: chain}
	if init == nil {
		init = make([]int32, s.Channels)
	}
	p.chain.setSteps(magnitudes(weights, init))
	v.pack(p, weights)
	p.operands = p.newOperands(init)
	return p, nil
}

// magnitudes returns bounds of the accumulators of each channel.
func magnitudes(weights []int8, init []int32) []float64 {
	out := make([]float64, len(init))
	for i, v := range init {
		out[i] = math.Abs(float64(v))
	}
	for i, w := range weights {
		out[i%len(out)] += 255 * math.Abs(float64(w))
	}
	return out
}

// Variant returns the variant for which p was packed.
func (p *Packed) Variant() *Variant { return p.variant }

// Args is the part of a convolution that changes from call to call.
type Args struct {
	A       []byte  // the bytes that Offsets point into
	Offsets []int32 // [M][Taps]: where in A channel 0 of each tap of each pixel is

	C   []byte // element (m, c) is at m*LDC + c*Out.Size()
	LDC int    // bytes from one pixel of C to the next; beyond the channels nothing is written

	// Operands of the epilogue, which NewOperands of the same Packed returned; nil stands
	// for the constants.
	Operands *Operands
}

// CheckOffsets verifies that Run may be given offsets into size bytes of A, or more: Run does
// not.
func (s Spec) CheckOffsets(offsets []int32, size int) error {
	return bounds.Offsets("pixel", offsets, s.Taps, s.Channels, size)
}

// check verifies all but the offsets for pixels [0,m).
func (p *Packed) check(a *Args, m int) error {
	if err := bounds.Count("pixel", a.Offsets, m, p.spec.Taps); err != nil {
		return err
	}
	if err := bounds.Stored("output", "pixel", len(a.C), a.LDC, m, p.spec.Channels*p.chain.out.Size()); err != nil {
		return err
	}
	return p.checkOperands(a.Operands)
}

// Run computes pixels [m0,m1). Parts of one convolution that share no pixel may run
// at the same time. Run panics if a slice of a is shorter than the pixels need, or if the
// stride or the operands are not for them; offsets are the caller's duty, see
// Spec.CheckOffsets.
func (p *Packed) Run(a *Args, m0, m1 int) {
	if m0 < 0 || m0 >= m1 {
		return
	}
	if err := p.check(a, m1); err != nil {
		panic("depthwise: " + err.Error())
	}
	args := *a
	if args.Operands == nil {
		args.Operands = &p.operands
	}
	p.variant.run(p, args, m0, m1)
}
