// Package depthwise convolves every channel of u8 images with its own s8 filter,
// exactly, and requantizes the sums on their way to memory:
//
//	acc[m,c] = init[c] + Σ_t A[Offsets[m,t] + c] * W[t,c]      (int32)
//	C[m,c]   = Epilogue(acc[m,c])
//
// m counts output pixels and t the taps of the filter. A tap is given by the offset of its channel 0. A tap that falls
// into the padding points to a run of zero points.
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

	operands Operands // the constant operands

	weights []int8  // [taps][channels], for the portable variant
	blocks  []block // for the other variants
}

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid depthwise convolution")

// MaxTaps is the most products of a byte and a weight whose sum certainly fits into an int32.
const MaxTaps = math.MaxInt32 / (255 * 128)

const maxChannels = 1 << 24

// Bytes returns the size in bytes of the data that p holds.
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

// Pack lays out weights, an array [Taps][Channels] in row-major order, for v. init has the start values of the
// accumulators, such as -zeroPoint*weightSum; nil means zeros. Start values that SetInit stores later must not be
// larger in magnitude. Neither slice is retained.
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

// magnitudes returns, for each channel, a bound on the magnitude of the accumulators.
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

	// Operands of the epilogue, made by NewOperands of the same Packed; nil means the constants given to Pack.
	Operands *Operands
}

// CheckOffsets verifies offsets for an A of at least size bytes. Run does not verify them.
func (s Spec) CheckOffsets(offsets []int32, size int) error {
	return bounds.Offsets("pixel", offsets, s.Taps, s.Channels, size)
}

// check verifies everything except the offsets for pixels [0,m).
func (p *Packed) check(a *Args, m int) error {
	if err := bounds.Count("pixel", a.Offsets, m, p.spec.Taps); err != nil {
		return err
	}
	if err := bounds.Stored("output", "pixel", len(a.C), a.LDC, m, p.spec.Channels*p.chain.out.Size()); err != nil {
		return err
	}
	return p.checkOperands(a.Operands)
}

// Run computes pixels [m0,m1). Parts of one convolution that share no pixel may run at the same time. Run panics if a
// slice of a is shorter than the pixels need, or if the stride or the operands do not fit. It does not verify the
// offsets; the caller must, see Spec.CheckOffsets.
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
