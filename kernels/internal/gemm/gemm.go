// Package gemm multiplies rows of unsigned bytes by a constant matrix of signed
// bytes, exactly, and requantizes the products on their way to memory:
//
//	acc[m,n] = init[n] + Σ_t Σ_k A[Offsets[m,t] + k] * B[t,k,n]      (int32)
//	C[m,n]   = Epilogue(acc[m,n])
//
// A row of A consists of runs of bytes ("taps"), and each run is given by its offset. So a convolution needs no im2col;
// a tap that falls into the padding points to a run of zero points. A matrix product has one tap.
//
// Sums are exact modulo 2^32; no intermediate is narrower than 32 bits. Every variant
// gives the same bits.
package gemm

import (
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/pages"
)

// Spec is the part of a multiplication that is known when it is packed.
type Spec struct {
	N        int // columns of B and of C
	Taps     int // runs of bytes in one row of A
	TapBytes int // length of each run; K is Taps*TapBytes
	// Windows says that the rows are pixels of images (Args.Grid) and the nine taps a 3x3 window that moves by one pixel.
	Windows  bool
	Epilogue Epilogue
}

// Grid is the size of images, whose pixels are rows of A, line by line. Tap 3*i+j of the pixel at (y, x) is the run at
// position (y+i, x+j): taps at the same position of an image have the same bytes.
type Grid struct{ Height, Width int }

// Packed is a constant matrix B in the order in which one Variant reads it, with the
// epilogue of its results. It is immutable and safe for concurrent use.
type Packed struct {
	spec    Spec
	variant *Variant

	bytes []int8 // B, for the variants that read bytes
	uses  pages.Uses
	lanes []uint64 // B, for the portable variant: three columns in a word
	taps  []int32  // the numbers of all taps

	operands                Operands // the constant operands
	shifts                  []int32  // what the variant adds to each start value; nil if nothing
	flags                   uint32
	lo, hi                  float32
	flip                    byte
	short                   bool // a routine for usual lists of steps can compute whole panels
	pairs                   bool // a routine can compute two whole panels at once, and there are two
	size, sumSize, tapBytes int  // bytes per element of C and of Sum; TapBytes as packed
}

// pairRows is the most rows of a tile of two panels.
const pairRows = 6

// ErrSpec is wrapped by every error of Pack.
var ErrSpec = errors.New("invalid matrix product")

// maxElements bounds the size of a packed matrix, so that no product of sizes overflows.
const maxElements = 1 << 31

// Pack lays out weights, an array [Taps][TapBytes][N] in row-major order, for v. init has the N start values of the
// accumulators, such as -zeroPoint*columnSum; nil means zeros. Neither is retained.
func Pack(v *Variant, s Spec, weights []int8, init []int32) (*Packed, error) {
	if s.N <= 0 || s.Taps <= 0 || s.TapBytes <= 0 {
		return nil, fmt.Errorf("%w: got n=%d, taps=%d, tap bytes=%d: want each at least 1", ErrSpec, s.N, s.Taps, s.TapBytes)
	}
	if s.Taps > maxElements/s.TapBytes || s.N > maxElements/(s.Taps*s.TapBytes) {
		return nil, fmt.Errorf("%w: got n=%d, taps=%d, tap bytes=%d: want at most %d weights",
			ErrSpec, s.N, s.Taps, s.TapBytes, maxElements)
	}
	if want := s.Taps * s.TapBytes * s.N; len(weights) != want {
		return nil, fmt.Errorf("%w: got %d weights, want %d*%d*%d = %d", ErrSpec, len(weights), s.Taps, s.TapBytes, s.N, want)
	}
	if init != nil && len(init) != s.N {
		return nil, fmt.Errorf("%w: got %d start values, want %d or none", ErrSpec, len(init), s.N)
	}
	if err := s.Epilogue.check(s.N); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSpec, err)
	}
	if s.Windows && s.Taps != 9 {
		return nil, fmt.Errorf("%w: got windows of %d taps, want 9", ErrSpec, s.Taps)
	}
	if v.computes != nil && !v.computes(s) {
		return nil, fmt.Errorf("%w: %s does not compute it", ErrSpec, v.Name)
	}
	e := &s.Epilogue
	p := &Packed{
		spec: s, variant: v, operands: newOperands(e, init, roundUp(s.N, v.NR)),
		flags: e.flags(), lo: float32(e.Lo), hi: float32(e.Hi), size: e.Out.Size(), sumSize: e.Sum.Size(),
	}
	if e.Flip {
		p.flip = 0x80
	}
	for t := range s.Taps {
		p.taps = append(p.taps, int32(t))
	}
	v.pack(p, weights)
	return p, nil
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// Bytes returns the size in bytes of the data that p holds.
func (p *Packed) Bytes() int64 {
	bytes := len(p.bytes) + 8*len(p.lanes) + 4*len(p.operands.init) + 4*len(p.shifts) + 4*len(p.taps)
	for _, v := range p.operands.columns {
		bytes += 4 * len(v)
	}
	return int64(bytes)
}

// Variant returns the variant for which p was packed.
func (p *Packed) Variant() *Variant { return p.variant }

// TileRows returns the number of rows at whose multiples it is best to divide rows. g is Args.Grid.
func (p *Packed) TileRows(g Grid) int {
	if p.variant.tileRows != nil {
		return p.variant.tileRows(g)
	}
	if p.pairs {
		return pairRows
	}
	return p.variant.MR
}

// Together returns how many panels Run computes at once, if it can: it is fastest for a multiple of them.
func (p *Packed) Together() int {
	if p.pairs {
		return 2
	}
	return 1
}

// Panels returns the number of column panels: the unit in which Run divides N.
func (p *Packed) Panels() int { return (p.spec.N + p.variant.NR - 1) / p.variant.NR }

// Gathers reports whether a call of Run first copies the taps of its rows side by side, however few columns it
// computes.
func (p *Packed) Gathers() bool { return p.variant.gathers && p.spec.Taps > 1 }

// Scratch returns how many bytes one call of Run needs in Args.Scratch.
func (p *Packed) Scratch() int {
	if p.variant.scratch == nil {
		return 0
	}
	return p.variant.scratch(p)
}

// Args is the part of a multiplication that changes from call to call.
type Args struct {
	A       []byte  // the bytes that Offsets point into, and bounds.Slack bytes behind every run
	Offsets []int32 // [M][Taps]: where in A each run of each row begins
	Grid    Grid    // with Spec.Windows, of which Offsets has whole images

	C   []byte // element (m, n) is at m*LDC + n*Out.Size()
	LDC int    // bytes from one row of C to the next; beyond N elements nothing is written

	Sum   []byte // the summands, element (m, n) at m*LDSum + n*Sum.Size(); may be C itself
	LDSum int    // bytes from one row of Sum to the next

	// Order of the rows, for variants that compute rows in any order (Variant.Orders); nil means 0, 1, 2 and so on. The
	// taps that it leaves out must point to zeros, so it does not change the results.
	Order *Order

	Scratch []byte // at least Scratch() bytes, used by one call at a time

	// Operands of the epilogue, made by NewOperands of the same Packed; nil means the constants given to Pack.
	Operands *Operands
}

// CheckOffsets verifies offsets for an A of at least size bytes. Run does not verify them.
func (s Spec) CheckOffsets(offsets []int32, size int) error {
	return bounds.Offsets("row", offsets, s.Taps, s.TapBytes, size)
}

// check verifies everything except the offsets for rows [0,m).
func (p *Packed) check(a *Args, m int) error {
	if o := a.Order; o != nil {
		if !p.variant.orders || o.rows < m || o.taps != p.spec.Taps {
			return fmt.Errorf("got an order of %d rows with %d taps, want at least %d with %d, and a variant that takes one",
				o.rows, o.taps, m, p.spec.Taps)
		}
		m = o.rows // whichever of them come first
	}
	pixels := m
	if g := a.Grid; p.spec.Windows {
		if g.Height < 1 || g.Width < 1 {
			return fmt.Errorf("got images of %dx%d pixels, want at least 1x1", g.Height, g.Width)
		}
		pixels = roundUp(m, g.Height*g.Width)
	}
	if err := bounds.Count("row", a.Offsets, pixels, p.spec.Taps); err != nil {
		return err
	}
	if err := bounds.Stored("output", "row", len(a.C), a.LDC, m, p.spec.N*p.size); err != nil {
		return err
	}
	if p.sumSize > 0 {
		if err := bounds.Stored("summand", "row", len(a.Sum), a.LDSum, m, p.spec.N*p.sumSize); err != nil {
			return err
		}
	}
	if len(a.Scratch) < p.Scratch() {
		return fmt.Errorf("got %d bytes of scratch, want %d", len(a.Scratch), p.Scratch())
	}
	return p.checkOperands(a.Operands)
}

// Run computes rows [m0,m1), counted in a.Order, of the column panels [panel0,panel1). Parts of one multiplication that
// share no element of C may run at the same time, each with its own scratch. Run panics if a slice of a is shorter than
// the rows need, or if a stride, the order or the operands do not fit. It does not verify the offsets; the caller must,
// see Spec.CheckOffsets.
func (p *Packed) Run(a *Args, m0, m1, panel0, panel1 int) {
	panel1 = min(panel1, p.Panels())
	if m0 < 0 || panel0 < 0 || m0 >= m1 || panel0 >= panel1 {
		return
	}
	if err := p.check(a, m1); err != nil {
		panic("gemm: " + err.Error())
	}
	pages.Count(&p.uses, p.bytes)
	args := *a
	if args.Operands == nil {
		args.Operands = &p.operands
	}
	p.variant.run(p, args, m0, m1, panel0, panel1)
}
