// Package resize changes the height and width of images with the primitives of packages elementwise and pool, one axis
// after the other. Rows are vectors of all their channels.
package resize

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// Resizer resizes images.
type Resizer struct {
	Kernel string
	Bytes  int // of scratch
	// Run computes rows [m0,m1) of an output image.
	Run func(b Buffers, m0, m1 int)
}

// Buffers are what a call works on.
type Buffers struct {
	Image, Out []byte     // an image of the input, and of the output
	Scratch    []byte     // of at least so many bytes as the resizer says
	Args       *pool.Args // for the arguments of kernels
}

// Bilinear returns what interpolates float32 between columns, and then between rows, at the given places.
func Bilinear(s isa.Set, in, out core.Shape, rows, columns []vision.Between) Resizer {
	b := newBilinear(s, in, out)
	return Resizer{
		Kernel: fmt.Sprintf("resize_f32_bilinear_%v", b.interpolate.ISA), Bytes: 2 * b.row,
		Run: b.at(b.newPlaces(rows, columns)),
	}
}

// BilinearBytes is Bilinear for bytes as tensorflow.QuantizedResizeBilinear computes them. Its fixed-point numbers are
// computed in float32, which holds all of them exactly: they have at most 16 bits.
func BilinearBytes(s isa.Set, in, out core.Shape, rows, columns []vision.Between) Resizer {
	b := newBilinear(s, in, out)
	b.bytes = newBytes(s)
	return Resizer{
		Kernel: fmt.Sprintf("resize_u8_bilinear_%v", b.bytes.floor.ISA), Bytes: 2*b.row + max(b.line, 4*block),
		Run: b.at(b.newPlaces(rows, columns)),
	}
}

// bilinear interpolates between columns, then between rows.
type bilinear struct {
	pixel, line, row int // bytes per pixel, per row of the input and per row of the output, as float32
	columns          int // of the output
	between          *pool.Variant
	interpolate      *elementwise.Variant
	bytes            *resizedBytes // nil for images of float32
}

// resizedBytes is the part of bilinear that is different for bytes. An output row is
// floor(top + trunc(bottom-top)*fraction + 1/2).
type resizedBytes struct {
	real, subtract, trunc, add, floor *elementwise.Variant
	one                               elementwise.Numbers
	limits                            []byte // of floor
}

func newBilinear(s isa.Set, in, out core.Shape) *bilinear {
	pixel := 4 * in[3]
	return &bilinear{
		pixel: pixel, line: pixel * in[2], row: pixel * out[2], columns: out[2],
		between: pool.Choose(s, pool.InterpolateF32), interpolate: elementwise.Choose(s, elementwise.Interpolate),
	}
}

func newBytes(s isa.Set) *resizedBytes {
	return &resizedBytes{
		real: elementwise.Choose(s, elementwise.ConvertU8), subtract: elementwise.Choose(s, elementwise.Subtract),
		trunc: elementwise.Choose(s, elementwise.Trunc), add: elementwise.Choose(s, elementwise.AddScaled),
		floor: elementwise.Choose(s, elementwise.Affine), one: elementwise.Numbers{Scale: 1},
		limits: view.Bytes([]int32{0, 0, 255}),
	}
}

func (b *bilinear) newPlaces(rows, columns []vision.Between) *places {
	p := newPlaces(rows, columns)
	p.fill(b.pixel)
	return p
}

// at returns Resizer.Run for rows and columns at some places.
func (b *bilinear) at(p *places) func(on Buffers, m0, m1 int) {
	return func(on Buffers, m0, m1 int) { b.run(on, p, m0, m1) }
}

// wideRow is an input row that is interpolated between columns.
type wideRow struct {
	numbers []byte
	row     int // -1 if it is none yet
}

// run computes rows [m0,m1) of an output image, except rows that lie outside of the input. The scratch holds two wide
// rows.
func (b *bilinear) run(on Buffers, p *places, m0, m1 int) {
	upper, lower := wideRow{on.Scratch[:b.row], -1}, wideRow{on.Scratch[b.row : 2*b.row], -1}
	on.Scratch = on.Scratch[2*b.row:]
	for m := m0; m < m1; m++ {
		v := &p.rows[m]
		if v.Lower < 0 {
			continue
		}
		if lower.row == v.Lower {
			upper, lower = lower, upper
		}
		b.hold(&on, p, &upper, v.Lower)
		below := upper.numbers
		if v.Upper != v.Lower {
			b.hold(&on, p, &lower, v.Upper)
			below = lower.numbers
		}
		if b.bytes != nil {
			row := b.row / 4
			b.bytes.join(on.Out[m*row:][:row], upper.numbers, below, on.Scratch, &p.numbers[m])
			continue
		}
		b.interpolate.Run(on.Out[m*b.row:][:b.row], upper.numbers, below, b.row/4, &p.numbers[m])
	}
}

// hold interpolates an input row between columns, unless wide already holds that row.
func (b *bilinear) hold(on *Buffers, p *places, wide *wideRow, row int) {
	if wide.row == row {
		return
	}
	wide.row = row
	from := on.Image
	if b.bytes == nil {
		from = from[row*b.line:][:b.line]
	} else {
		n := b.line / 4
		from = on.Scratch[:b.line]
		b.bytes.real.Run(from, on.Image[row*n:], nil, n, &b.bytes.one)
	}
	*on.Args = pool.Args{
		Channels: b.pixel / 4, Taps: 2, A: from, Offsets: p.offsets, Counts: p.fractions, C: wide.numbers, LDC: b.pixel,
	}
	b.between.Run(on.Args, 0, b.columns)
}

// block is how many bytes are taken through all steps at a time.
const block = 1024

// join computes an output row of bytes from the rows of float32 above and below it.
func (s *resizedBytes) join(out, top, bottom, scratch []byte, fraction *elementwise.Numbers) {
	for at := 0; at < len(out); at += block {
		n := min(block, len(out)-at)
		above := top[4*at:][:4*n]
		s.subtract.Run(scratch, bottom[4*at:], above, n, nil)
		s.trunc.Run(scratch, scratch, nil, n, nil)
		s.add.Run(scratch, above, scratch, n, fraction)
		s.floor.Run(out[at:], scratch, s.limits, n, &s.one)
	}
}
