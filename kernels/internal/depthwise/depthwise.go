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

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Spec is the part of a convolution that is known when it is packed. The epilogue
// must not have a summand.
type Spec struct {
	Channels int
	Taps     int
	Epilogue gemm.Epilogue

	// If Step is not 0, tap t is in column t%Columns of the filter, and the filter moves by Step columns from pixel to
	// pixel. Then a variant may read a tap once for all pixels that share it: see Packed.Slides.
	Columns, Step int
}

// Grid tells where the taps of a pixel are for a filter that slides: for each image, Offsets has Height rows of Width
// offsets. Tap t of the pixel in row y and column x is the one in row y*RowStep + t/Columns*TapStep and column
// x*Step + t%Columns.
type Grid struct {
	Rows, Columns    int // of output pixels of an image
	Height, Width    int
	RowStep, TapStep int
}

// Packed is a filter in the order in which one Variant reads it, with the epilogue of
// its results. It is immutable and safe for concurrent use.
type Packed struct {
	spec    Spec
	variant *Variant
	chain   chain

	operands Operands // the constant operands

	weights []int8 // [taps][channels], for the portable variant

	// For the other variants:
	blocks       []block
	blockWeights []int8 // of the blocks, one after the other
}

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid depthwise convolution")

// MaxTaps is the most products of a byte and a weight whose sum certainly fits into an int32.
const MaxTaps = math.MaxInt32 / (255 * 128)

const maxChannels = 1 << 24

// Bytes returns the size in bytes of the data that p holds.
func (p *Packed) Bytes() int64 {
	bytes := len(p.weights) + len(p.blockWeights) + 4*len(p.operands.init) + 4*len(p.operands.blocks)
	for _, v := range p.operands.columns {
		bytes += 4 * len(v)
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
	if (s.Columns != 0 || s.Step != 0) && (s.Columns < 1 || s.Step < 1 || s.Taps%s.Columns != 0) {
		return nil, fmt.Errorf("%w: got %d columns at step %d, want a divisor of %d taps and at least 1, or neither",
			ErrSpec, s.Columns, s.Step, s.Taps)
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
	Grid    Grid    // of Offsets, if the filter slides: [images][Grid.Height][Grid.Width]

	C   []byte // element (m, c) is at m*LDC + c*Out.Size()
	LDC int    // bytes from one pixel of C to the next; beyond the channels nothing is written

	// Operands of the epilogue, made by NewOperands of the same Packed; nil means the constants given to Pack.
	Operands *Operands
}

// Slides reports whether Args has a Grid: there is an offset for each tap of an image, however many pixels share it.
func (p *Packed) Slides() bool { return len(p.blocks) > 0 && p.blocks[0].rows > 0 }

// CheckOffsets verifies offsets for an A of at least size bytes. Run does not verify them.
func (p *Packed) CheckOffsets(offsets []int32, size int) error {
	if p.Slides() {
		return bounds.Offsets("tap", offsets, 1, p.spec.Channels, size)
	}
	return bounds.Offsets("pixel", offsets, p.spec.Taps, p.spec.Channels, size)
}

// check verifies that a grid has all taps of its pixels and that there are offsets for m pixels.
func (g *Grid) check(s *Spec, offsets []int32, m int) error {
	if g.Rows < 1 || g.Columns < 1 || g.RowStep < 1 || g.TapStep < 1 {
		return fmt.Errorf("grid: got %d rows of %d pixels and steps of %d and %d rows, want at least 1",
			g.Rows, g.Columns, g.RowStep, g.TapStep)
	}
	height, width := (g.Rows-1)*g.RowStep+(s.Taps/s.Columns-1)*g.TapStep+1, (g.Columns-1)*s.Step+s.Columns
	if g.Height < height || g.Width < width {
		return fmt.Errorf("grid: got %d rows of %d taps, want at least %d of %d", g.Height, g.Width, height, width)
	}
	pixels := g.Rows * g.Columns
	return bounds.Count("image", offsets, (m+pixels-1)/pixels, g.Height*g.Width)
}

// check verifies everything except the offsets for pixels [0,m).
func (p *Packed) check(a *Args, m int) error {
	if p.Slides() {
		if err := a.Grid.check(&p.spec, a.Offsets, m); err != nil {
			return err
		}
	} else if err := bounds.Count("pixel", a.Offsets, m, p.spec.Taps); err != nil {
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
