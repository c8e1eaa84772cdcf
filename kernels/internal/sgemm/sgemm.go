// Package sgemm multiplies rows of numbers by a matrix: of float32, float64, bf16, or integers of 32 or 64 bits.
//
//	C[m,n] = Σ_t Σ_k A[Offsets[m,t] + k] * B[t,k,n]
//
// Each sum begins with 0 and runs over t and, for each t, over k. A product is added with one rounding (fused
// multiply-add), and a sum that is zero is +0. Integers wrap. So the result depends neither on the CPU nor on the
// number of threads.
//
// The products of bf16 are summed in float32 as well, but in pairs of k of which the second is added first, and
// subnormal numbers and sums count as zeros: that is what VDPBF16PS does.
//
// A row of A consists of runs of numbers ("taps"), and each run is given by its offset, as in package gemm. A tap that
// falls into the padding points to a run of zeros, which changes no sum as long as the numbers of B are finite.
//
// Every variant gives the same bits, except for the bits of a NaN.
package sgemm

import (
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/pages"
)

// Spec is the part of a multiplication that is known when it is packed.
type Spec struct {
	Type       dtype.Type
	N          int  // columns of B and of C
	Taps       int  // runs of numbers in one row of A
	TapNumbers int  // length of each run
	Few        bool // so few rows are multiplied that reading B takes longer; of interest to Choose only
	Run        int  // of BF16, how many numbers of a tap are divided into pairs, again and again; 0 for TapNumbers
}

// Packed is a constant matrix B in the order in which one Variant reads it. It is
// immutable and safe for concurrent use.
type Packed struct {
	spec    Spec
	variant *Variant
	numbers []byte  // [panel][steps][width of the panel], numbers of Size bytes; pairs of bf16 are one
	taps    []int32 // all
	least   int     // the biased exponent of the smallest weight other than 0; portable variant of bf16 only
	uses    pages.Uses
}

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid matrix product")

// maxElements bounds the size of a packed matrix, so that no product of sizes overflows.
const maxElements = 1 << 30

// Bytes returns the size in bytes of the data that p holds.
func (p *Packed) Bytes() int64 {
	return int64(len(p.numbers))
}

// Pack lays out weights, an array [Taps][TapNumbers][N] in row-major order, for v. It does not retain them. Those of
// BF16 are given as float32.
func Pack(v *Variant, s Spec, weights []byte) (*Packed, error) {
	if s.N <= 0 || s.Taps <= 0 || s.TapNumbers <= 0 {
		return nil, fmt.Errorf("%w: got n=%d, taps=%d, tap numbers=%d: want each at least 1",
			ErrSpec, s.N, s.Taps, s.TapNumbers)
	}
	if s.Taps > maxElements/s.TapNumbers || s.N > maxElements/(s.Taps*s.TapNumbers) {
		return nil, fmt.Errorf("%w: got n=%d, taps=%d, tap numbers=%d: want at most %d weights",
			ErrSpec, s.N, s.Taps, s.TapNumbers, maxElements)
	}
	if s.Type != v.Type {
		return nil, fmt.Errorf("%w: got numbers of type %v, want %v", ErrSpec, s.Type, v.Type)
	}
	size := Size(s.Type)
	if want := s.Taps * s.TapNumbers * s.N; len(weights) != want*size {
		return nil, fmt.Errorf("%w: got %d weights, want %d*%d*%d = %d",
			ErrSpec, len(weights)/size, s.Taps, s.TapNumbers, s.N, want)
	}
	p := NewPacked(v, s)
	numbers := view.Bytes(make([]uint64, (p.Size()+7)/8))
	pages.Large(numbers)
	p.Hold(numbers)
	p.Repack(weights, size*s.N, nil)
	return p, nil
}

// NewPacked returns a matrix without memory: Hold gives it some, and Repack fills it. The sizes must be ones that Pack
// accepts.
func NewPacked(v *Variant, s Spec) *Packed {
	p := &Packed{spec: s, variant: v, taps: make([]int32, s.Taps)}
	for t := range p.taps {
		p.taps[t] = int32(t)
	}
	return p
}

// Size returns the bytes of the memory of p.
func (p *Packed) Size() int {
	last := p.Panels() - 1
	return (last*p.variant.NR + p.width(last)) * p.steps() * p.size()
}

// Hold makes the first Size bytes of memory those of p. There must be no Run of p at the same time.
func (p *Packed) Hold(memory []byte) { p.numbers = memory[:p.Size()] }

// size returns the bytes of a number of B and of C.
func (p *Packed) size() int { return Size(p.spec.Type) }

// steps returns how many rows of numbers or pairs a panel has.
func (p *Packed) steps() int {
	return p.spec.Taps * p.tapSteps()
}

// tapSteps returns how many of them each tap has.
func (p *Packed) tapSteps() int { return (p.spec.TapNumbers + p.variant.KR - 1) / p.variant.KR }

// width returns the width of a panel as packed: the last panel has half the width if its columns fit into that.
func (p *Packed) width(panel int) int {
	nr := p.variant.NR
	if p.spec.N-panel*nr <= nr/2 {
		return nr / 2
	}
	return nr
}

// panel returns the packed numbers of a panel.
func (p *Packed) panel(i int) []byte {
	column := p.steps() * p.size()
	return p.numbers[i*p.variant.NR*column:][:p.width(i)*column]
}

// Variant returns the variant for which p was packed.
func (p *Packed) Variant() *Variant { return p.variant }

// Panels returns the number of column panels: the unit in which Run divides N.
func (p *Packed) Panels() int { return (p.spec.N + p.variant.NR - 1) / p.variant.NR }

// Together returns how many panels Run computes at once, if it can: it is fastest for a multiple of them.
func (p *Packed) Together() int {
	_, panels := p.variant.Tile(p.spec.N)
	return panels
}

// Args is the part of a multiplication that changes from call to call.
type Args struct {
	A       []byte  // numbers of Variant.NumberSize bytes, which Offsets point into
	Offsets []int32 // [M][Taps]: the byte in A where each run of each row begins
	C       []byte  // element (i, n) of the Rows is at i*LDC + n*Size
	LDC     int     // bytes from one row of C to the next; beyond N elements nothing is written
}

// CheckOffsets verifies offsets for an A of at least size bytes. Run does not verify them.
func (p *Packed) CheckOffsets(offsets []int32, size int) error {
	return CheckOffsets(p.variant, p.spec, offsets, size)
}

// CheckOffsets is Packed.CheckOffsets for a product that is packed later.
func CheckOffsets(v *Variant, s Spec, offsets []int32, size int) error {
	return bounds.Offsets("row", offsets, s.Taps, v.NumberSize()*s.TapNumbers, size)
}

// Rows are rows that are computed with the same taps: First + i*Step for each i < Count.
type Rows struct {
	First, Count, Step int
	// Taps, at least one, in ascending order; nil for all. The others must point to zeros, so they do not change the
	// results.
	Taps []int32
}

// check verifies everything except the offsets for rows.
func (p *Packed) check(a *Args, r *Rows) error {
	last := r.First + (r.Count-1)*r.Step
	if last < 0 {
		return fmt.Errorf("got rows from %d to %d, want none below 0", r.First, last)
	}
	if err := bounds.Count("row", a.Offsets, max(r.First, last)+1, p.spec.Taps); err != nil {
		return err
	}
	if r.Taps != nil && !p.hasTaps(r.Taps) {
		return fmt.Errorf("got taps %d, want some of %d in ascending order", r.Taps, p.spec.Taps)
	}
	return bounds.Stored("output", "row", len(a.C), a.LDC, r.Count, p.size()*p.spec.N)
}

// hasTaps reports whether there are taps, and p has them, each greater than the one before.
func (p *Packed) hasTaps(taps []int32) bool {
	before := int32(-1)
	for _, t := range taps {
		if t <= before || int(t) >= p.spec.Taps {
			return false
		}
		before = t
	}
	return len(taps) > 0
}

// Run computes rows of the column panels [panel0,panel1); row i of them is row i of C. Parts of one multiplication that
// share no element of C may run at the same time. Run panics if a slice of a is shorter than the rows need, or if the
// stride or the taps do not fit. It does not verify the offsets; the caller must, see Spec.CheckOffsets.
func (p *Packed) Run(a *Args, r Rows, panel0, panel1 int) {
	panel1 = min(panel1, p.Panels())
	if r.First < 0 || panel0 < 0 || r.Count <= 0 || panel0 >= panel1 {
		return
	}
	if err := p.check(a, &r); err != nil {
		panic("sgemm: " + err.Error())
	}
	if r.Taps == nil {
		r.Taps = p.taps
	}
	pages.Count(&p.uses, p.numbers)
	p.variant.run(p, a, r, panel0, panel1)
}
