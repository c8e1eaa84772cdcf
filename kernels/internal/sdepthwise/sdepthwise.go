// Package sdepthwise filters each channel of images of float32, float64 or integers of 32 bits with its own weights:
//
//	C[m,n] = Σ_t A[Offsets[m,t] + n] * W[t,n]
//
// Each sum begins with 0 and runs over t. A product is added with one rounding (fused multiply-add), and a sum that is
// zero is +0. Integers wrap. So the result depends neither on the CPU nor on the number of threads. The pixels of A are
// given by offsets, as in package sgemm: a tap in the padding points to zeros.
//
// Every variant gives the same bits, except for the bits of a NaN.
package sdepthwise

import (
	"errors"
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// Spec is the part of a filter that is known when it is packed.
type Spec struct {
	Type     dtype.Type
	Channels int
	Taps     int
}

// block is a run of channels that are filtered together.
type block struct {
	first, width int
	weights      []byte // [Taps][width]
}

// Packed is a filter in the order in which one Variant reads it. Apart from Repack it is immutable and safe for
// concurrent use.
type Packed struct {
	spec    Spec
	variant *Variant
	blocks  []block
}

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid depthwise filter")

// maxElements bounds the size of a packed filter, so that no product of sizes overflows.
const maxElements = 1 << 30

// Bytes returns the size in bytes of the data that p holds.
func (p *Packed) Bytes() int64 {
	bytes := 0
	for i := range p.blocks {
		bytes += len(p.blocks[i].weights)
	}
	return int64(bytes)
}

// Pack lays out weights, an array [Taps][Channels], for v. It does not retain them.
func Pack(v *Variant, s Spec, weights []byte) (*Packed, error) {
	if s.Channels <= 0 || s.Taps <= 0 || s.Taps > maxElements/s.Channels {
		return nil, fmt.Errorf("%w: got channels=%d, taps=%d: want each at least 1, at most %d weights",
			ErrSpec, s.Channels, s.Taps, maxElements)
	}
	if s.Type != v.Type {
		return nil, fmt.Errorf("%w: got numbers of type %v, want %v", ErrSpec, s.Type, v.Type)
	}
	size := s.Type.Size()
	if want := s.Taps * s.Channels; len(weights) != size*want {
		return nil, fmt.Errorf("%w: got %d weights, want %d*%d = %d",
			ErrSpec, len(weights)/size, s.Taps, s.Channels, want)
	}
	p := NewPacked(v, s)
	p.Repack(weights)
	return p, nil
}

// NewPacked returns a filter that v reads, whose spec Pack accepts. Its weights are 0.
func NewPacked(v *Variant, s Spec) *Packed {
	size := s.Type.Size()
	p := &Packed{spec: s, variant: v, blocks: blocks(s.Channels, v.NR, leastBlock/size)}
	for i := range p.blocks {
		p.blocks[i].weights = make([]byte, size*s.Taps*p.blocks[i].width)
	}
	return p
}

// Repack replaces the weights of p by others, an array [Taps][Channels]. There must be no Run of p at the same time.
func (p *Packed) Repack(weights []byte) {
	size := p.spec.Type.Size()
	for _, b := range p.blocks {
		for t := range p.spec.Taps {
			copy(b.weights[size*t*b.width:][:size*b.width], weights[size*(t*p.spec.Channels+b.first):])
		}
	}
}

// leastBlock is the least width of a block in bytes, unless there are fewer channels.
const leastBlock = 32

// blocks divides channels into blocks of nr channels, then narrower ones, and a last block that may overlap the one
// before it. If there are fewer channels than least, or nr is 1, one block has all channels.
func blocks(channels, nr, least int) (list []block) {
	if channels < least || nr == 1 {
		return []block{{width: channels}}
	}
	for first := 0; first < channels; {
		width := nr
		for width > least && width > channels-first {
			width /= 2
		}
		first = min(first, channels-width)
		list = append(list, block{first: first, width: width})
		first += width
	}
	return list
}

// Args is the part of a filter that changes from call to call.
type Args struct {
	A       []byte  // numbers, which Offsets point into
	Offsets []int32 // [M][Taps]: the byte in A where each tap of each row begins
	C       []byte  // element (m, n) is at m*LDC + n*Type.Size()
	LDC     int     // bytes from one row of C to the next
}

// CheckOffsets verifies offsets for an A of at least size bytes. Run does not verify them.
func (s Spec) CheckOffsets(offsets []int32, size int) error {
	return bounds.Offsets("row", offsets, s.Taps, s.Type.Size()*s.Channels, size)
}

// check verifies everything except the offsets for rows [0,m).
func (p *Packed) check(a *Args, m int) error {
	if err := bounds.Count("row", a.Offsets, m, p.spec.Taps); err != nil {
		return err
	}
	return bounds.Stored("output", "row", len(a.C), a.LDC, m, p.spec.Type.Size()*p.spec.Channels)
}

// Run computes rows [m0,m1). Calls for rows that do not overlap may run at the same time. It panics if a slice of a is
// shorter than the rows need, or if the stride does not fit. It does not verify the offsets; the caller must, see
// Spec.CheckOffsets.
func (p *Packed) Run(a *Args, m0, m1 int) {
	if m0 < 0 || m0 >= m1 {
		return
	}
	if err := p.check(a, m1); err != nil {
		panic("sdepthwise: " + err.Error())
	}
	p.variant.run(p, a, m0, m1)
}

func runPortable(p *Packed, a *Args, m0, m1 int) {
	for i := range p.blocks {
		p.portable(&p.blocks[i], a, m0, m1)
	}
}

// portable filters the channels of a block.
func (p *Packed) portable(b *block, a *Args, m0, m1 int) {
	switch p.spec.Type {
	case dtype.F32:
		filter(p, b, a, m0, m1, addFloats)
	case dtype.F64:
		filter(p, b, a, m0, m1, addDoubles)
	case dtype.I32:
		filter(p, b, a, m0, m1, addWhole)
	}
}

// filter is portable for a type; add adds the products of a tap's channels to the sums.
func filter[T float32 | float64 | int32](p *Packed, b *block, a *Args, m0, m1 int, add func(sums, x, w []T)) {
	taps, size := p.spec.Taps, p.spec.Type.Size()
	weights := view.First[T](b.weights, taps*b.width)
	for m := m0; m < m1; m++ {
		sums := view.First[T](a.C[m*a.LDC+size*b.first:], b.width)
		clear(sums)
		for t, at := range a.Offsets[m*taps:][:taps] {
			add(sums, view.First[T](a.A[int(at)+size*b.first:], b.width), weights[t*b.width:][:b.width])
		}
		for n := range sums {
			sums[n] += 0
		}
	}
}

func addFloats(sums, x, w []float32) {
	x, w = x[:len(sums)], w[:len(sums)]
	for n, v := range x {
		sums[n] = activation.FlushedFMA32(v, w[n], sums[n])
	}
}

func addDoubles(sums, x, w []float64) {
	x, w = x[:len(sums)], w[:len(sums)]
	for n, v := range x {
		sums[n] = math.FMA(v, w[n], sums[n])
	}
}

func addWhole(sums, x, w []int32) {
	x, w = x[:len(sums)], w[:len(sums)]
	for n, v := range x {
		sums[n] += v * w[n]
	}
}
