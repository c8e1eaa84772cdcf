package depthwise

import (
	"sync"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// routine computes width channels of all pixels of a call. nine is for filters of nine taps, any for all filters.
type routine struct {
	width     int
	nine, any func(c *call)
	slide     slide
}

// slide has routines for filters of 3x3 and of 5x5 taps, by Spec.Step less 1, that compute so many rows of pixels
// together; none if rows is 0.
type slide struct {
	rows int
	run  [2][2]func(c *call)
}

// of returns the routine for a filter; nil if there is none.
func (s *slide) of(spec *Spec) func(c *call) {
	if s.rows == 0 || spec.Step < 1 || spec.Step > 2 || spec.Taps != spec.Columns*spec.Columns {
		return nil
	}
	switch spec.Columns {
	case 3:
		return s.run[0][spec.Step-1]
	case 5:
		return s.run[1][spec.Step-1]
	}
	return nil
}

const (
	// chunkBytes is how many bytes of a result are computed before the next block of channels: few enough that the
	// pixels' taps are still in the first-level cache.
	chunkBytes = 32768
	// slidingBytes is the same for filters that slide. They read each tap less often, and begin a row anew in each block.
	slidingBytes = 2 * chunkBytes

	narrowest    = 16 // channels of the smallest block
	narrowPixels = 64
)

// runner is one call of Run. It comes from a pool: as a local variable it would escape to the heap, because the
// routines are called through function pointers.
type runner struct {
	call
	step   int // of a sliding filter
	narrow [narrowPixels * narrowest * 4]byte
}

var runners = sync.Pool{New: func() any { return new(runner) }}

// runBlocks computes chunks of pixels, block by block.
func runBlocks(p *Packed, a Args, m0, m1 int) {
	r := runners.Get().(*runner)
	r.taps, r.flags, r.lo, r.hi = p.spec.Taps, p.chain.steps, p.chain.lo, p.chain.hi
	r.flip, r.step = uint32(p.chain.flip)*0x01010101, p.spec.Step
	for m := m0; m < m1; {
		next := min(p.chunkEnd(&a, m), m1)
		for i := range p.blocks {
			r.runBlock(p, i, &a, m, next)
		}
		m = next
	}
	r.call = call{} // so that the pool keeps no memory of the caller alive
	runners.Put(r)
}

// chunkEnd returns where the chunk that begins at pixel m ends: with a row, if the filter slides.
func (p *Packed) chunkEnd(a *Args, m int) int {
	if !p.Slides() {
		return m + max(chunkBytes/p.spec.Channels, 8)
	}
	row := a.Grid.Columns
	return m - m%row + max(slidingBytes/p.spec.Channels/row, 1)*row
}

// runBlock computes pixels [m0,m1) of the i-th block.
func (r *runner) runBlock(p *Packed, i int, a *Args, m0, m1 int) {
	b, channels, size := &p.blocks[i], p.spec.Channels, p.chain.out.Size()
	r.a = unsafe.Pointer(&a.A[b.first])
	r.constants(p, i, a.Operands)
	if p.Slides() {
		r.slide(b, a, m0, m1, size)
		return
	}
	r.offsets, r.pixels = unsafe.Pointer(&a.Offsets[m0*r.taps]), m1-m0
	if b.width > channels {
		r.runNarrow(b, a.C[m0*a.LDC:], a.LDC, channels*size, size)
		return
	}
	r.c, r.ldc = unsafe.Pointer(&a.C[m0*a.LDC+b.first*size]), a.LDC
	b.run(&r.call)
}

// slide computes pixels [m0,m1) of a block whose routine computes rows.
func (r *runner) slide(b *block, a *Args, m0, m1, size int) {
	g := &a.Grid
	r.ldc, r.tapRow = a.LDC, 4*g.TapStep*g.Width
	for m := m0; m < m1; {
		s := g.nextStrips(m0, m, m1, b.rows)
		r.offsets = unsafe.Pointer(&a.Offsets[g.offset(s.first, r.step)])
		r.c = unsafe.Pointer(&a.C[s.first*a.LDC+b.first*size])
		r.pixels, r.strips, r.strip = s.pixels, s.count, 0
		r.nextOffsets, r.nextC = 4*s.next*g.RowStep*g.Width, s.next*g.Columns*a.LDC
		b.run(&r.call)
		m = s.end
	}
}

// offset returns where the offset of the first tap of a pixel is, if pixels are step taps apart.
func (g *Grid) offset(m, step int) int {
	row, column := m/g.Columns, m%g.Columns
	image, row := row/g.Rows, row%g.Rows
	return (image*g.Height+row*g.RowStep)*g.Width + column*step
}

// strips are what one call of a sliding routine computes, up to pixel end: count times as many rows as the routine
// computes together, which are next rows apart (0: all the same row), with so many pixels of each from first on.
type strips struct{ first, pixels, next, count, end int }

// nextStrips returns the strips that begin with pixel m, for a routine that computes so many rows together. Pixels from
// m0 to m1 may be computed, some of them twice.
func (g *Grid) nextStrips(m0, m, m1, rows int) strips {
	image := m / (g.Rows * g.Columns) * g.Rows * g.Columns
	m0, m1 = max(m0, image), min(m1, image+g.Rows*g.Columns)
	whole := (m1 - m) / g.Columns
	switch {
	case m%g.Columns > 0 || whole == 0:
		end := min(m-m%g.Columns+g.Columns, m1)
		return strips{m, end - m, 0, 1, end}
	case whole >= rows:
		count := whole / rows
		return strips{m, g.Columns, 1, count, m + count*rows*g.Columns}
	case m-m0 >= (rows-whole)*g.Columns: // rows before m are computed again
		return strips{m - (rows-whole)*g.Columns, g.Columns, 1, 1, m + whole*g.Columns}
	}
	return strips{m, g.Columns, 0, 1, m + g.Columns}
}

// constants points the call to the weights and operands of the i-th block, and to those of the next one.
func (c *call) constants(p *Packed, i int, o *Operands) {
	b, next := &p.blocks[i], &p.blocks[min(i+1, len(p.blocks)-1)]
	c.weights = unsafe.Pointer(&p.blockWeights[b.weights])
	c.init = unsafe.Pointer(&o.blocks[b.operands])
	column := func(which gemm.Operand) unsafe.Pointer {
		if o.columns[which] == nil {
			return nil
		}
		return unsafe.Pointer(&o.inBlock(b, which)[0])
	}
	c.pre, c.scale, c.bias, c.post = column(gemm.Pre), column(gemm.Scale), column(gemm.Bias), column(gemm.Post)
	c.nextWeights, c.nextOperands = unsafe.Pointer(&p.blockWeights[next.weights]), unsafe.Pointer(&o.blocks[next.operands])
	c.ahead = 0
}

// runNarrow computes a block with fewer channels than its width, which are row bytes of each pixel. Its stores must not
// reach into the next pixel, which may belong to another thread.
func (r *runner) runNarrow(b *block, out []byte, ldc, row, size int) {
	r.c, r.ldc = unsafe.Pointer(&r.narrow), narrowest*size
	pixels, offsets := r.pixels, r.offsets
	for done := 0; done < pixels; done += narrowPixels {
		r.pixels = min(pixels-done, narrowPixels)
		r.offsets = unsafe.Add(offsets, done*r.taps*4)
		b.run(&r.call)
		for i := range r.pixels {
			copy(out[(done+i)*ldc:][:row], r.narrow[i*r.ldc:])
		}
	}
}
