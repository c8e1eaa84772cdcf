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

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Slack is how many bytes must be readable in A behind the last channel of every tap.
const Slack = gemm.Slack

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
		return nil, fmt.Errorf("%w: got %d channels and %d taps, want 1 to %d channels and 1 to %d taps", ErrSpec, s.Channels, s.Taps, maxChannels, MaxTaps)
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

// Check reports whether Run may be called for pixels [0,m) of a: nil if so, and
// otherwise an error that names the first length, stride or offset that would let a
// kernel read or write outside of the slices.
func (p *Packed) Check(a *Args, m int) error {
	taps, row := p.spec.Taps, p.spec.Channels*p.spec.Epilogue.Out.Size()
	switch {
	case m < 0 || m > math.MaxInt32:
		return fmt.Errorf("got %d pixels, want 0 to %d", m, math.MaxInt32)
	case m == 0:
		return nil
	case len(a.Offsets)/taps < m:
		return fmt.Errorf("got %d offsets, want %d pixels * %d taps", len(a.Offsets), m, taps)
	case a.LDC < 0 || a.LDC < row && m > 1:
		return fmt.Errorf("output: got stride %d, want at least %d bytes", a.LDC, row)
	case row > len(a.C) || m > 1 && a.LDC > (len(a.C)-row)/(m-1):
		return fmt.Errorf("output: got %d bytes, want %d pixels of %d at stride %d", len(a.C), m, row, a.LDC)
	}
	if err := gemm.CheckOffsets("pixel", a.Offsets[:m*taps], taps, p.spec.Channels, len(a.A)); err != nil {
		return err
	}
	return p.checkOperands(a.Operands)
}

// Run computes pixels [m0,m1). Parts of one convolution that share no pixel may run
// at the same time. Run panics if a slice of a is shorter than the pixels need, or the
// stride or the operands are not for them, as Check reports; offsets are the caller's
// duty: Check verifies them, Run does not.
func (p *Packed) Run(a *Args, m0, m1 int) {
	if m0 < 0 || m0 >= m1 {
		return
	}
	if a.LDC < 0 {
		panic(fmt.Sprintf("depthwise: got stride %d, want none below 0", a.LDC))
	}
	if err := p.checkOperands(a.Operands); err != nil {
		panic("depthwise: " + err.Error())
	}
	// Slicing checks the lengths without reading what another part may be writing.
	_ = a.Offsets[m1*p.spec.Taps:]
	_ = a.C[(m1-1)*a.LDC+p.spec.Channels*p.spec.Epilogue.Out.Size():]
	args := *a
	if args.Operands == nil {
		args.Operands = &p.operands
	}
	p.variant.run(p, args, m0, m1)
}
