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
}

const (
	// chunkBytes is how many bytes of a result are computed before the next block of channels: few enough that the
	// pixels' taps are still in the first-level cache.
	chunkBytes = 32768

	narrowest    = 16 // channels of the smallest block
	narrowPixels = 64
)

// runner is one call of Run. It comes from a pool: as a local variable it would escape to the heap, because the
// routines are called through function pointers.
type runner struct {
	call
	narrow [narrowPixels * narrowest * 4]byte
}

var runners = sync.Pool{New: func() any { return new(runner) }}

// runBlocks computes chunks of pixels, block by block.
func runBlocks(p *Packed, a Args, m0, m1 int) {
	r := runners.Get().(*runner)
	taps, channels, size := p.spec.Taps, p.spec.Channels, p.chain.out.Size()
	r.taps, r.flags, r.lo, r.hi = taps, p.chain.steps, p.chain.lo, p.chain.hi
	r.flip = uint32(p.chain.flip) * 0x01010101
	chunk := max(chunkBytes/channels, 8)
	for m := m0; m < m1; m += chunk {
		for i := range p.blocks {
			b := &p.blocks[i]
			r.pixels = min(chunk, m1-m)
			r.offsets = unsafe.Pointer(&a.Offsets[m*taps])
			r.a = unsafe.Pointer(&a.A[b.first])
			r.weights = unsafe.Pointer(unsafe.SliceData(b.weights))
			r.operands(&a.Operands.blocks[i])
			if b.width > channels {
				r.runNarrow(b, a.C[m*a.LDC:], a.LDC, channels*size, size)
				continue
			}
			r.c, r.ldc = unsafe.Pointer(&a.C[m*a.LDC+b.first*size]), a.LDC
			b.run(&r.call)
		}
	}
	r.call = call{} // so that the pool keeps no memory of the caller alive
	runners.Put(r)
}

// operands points the call to the operands of a block.
func (c *call) operands(o *channels) {
	c.init = unsafe.Pointer(unsafe.SliceData(o.init))
	c.pre = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Pre]))
	c.scale = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Scale]))
	c.bias = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Bias]))
	c.post = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Post]))
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
