package depthwise

import (
	"sync"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// routine computes width channels of all pixels of a call: nine with filters of nine taps,
// any with all. They take the call itself, not its address, so that it stays on the stack.
type routine struct {
	width     int
	nine, any func(c call)
}

// chunkBytes is how many bytes of a result are computed before the next block of
// channels: few enough that the pixels' taps are still in the first cache for it.
const chunkBytes = 32768

// runBlocks computes chunks of pixels, block by block.
func runBlocks(p *Packed, a Args, m0, m1 int) {
	taps, channels, size := p.spec.Taps, p.spec.Channels, p.spec.Epilogue.Out.Size()
	c := call{
		ldc: a.LDC, taps: taps, flags: p.chain.steps, flip: uint32(p.chain.flip) * 0x01010101, lo: p.chain.lo, hi: p.chain.hi,
	}
	chunk := max(chunkBytes/channels, 8)
	for m := m0; m < m1; m += chunk {
		c.pixels = min(chunk, m1-m)
		c.offsets = unsafe.Pointer(&a.Offsets[m*taps])
		for i := range p.blocks {
			b := &p.blocks[i]
			c.a = unsafe.Pointer(&a.A[b.first])
			c.weights = unsafe.Pointer(unsafe.SliceData(b.weights))
			c.operands(&a.Operands.blocks[i])
			if b.width > channels {
				p.runNarrow(&c, a.C, m, size)
				continue
			}
			c.c = unsafe.Pointer(&a.C[m*a.LDC+b.first*size])
			b.run(c)
		}
	}
}

// operands points the call to those of a block.
func (c *call) operands(o *channels) {
	c.init = unsafe.Pointer(unsafe.SliceData(o.init))
	c.pre = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Pre]))
	c.scale = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Scale]))
	c.bias = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Bias]))
	c.post = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Post]))
}

const (
	narrowest    = 16 // channels of the smallest block
	narrowPixels = 64
)

// narrow holds the buffers of runNarrow.
var narrow = sync.Pool{New: func() any { return new([narrowPixels * narrowest * 4]byte) }}

// runNarrow computes a block with fewer channels than it is wide, whose stores must
// not reach the next pixel, which may be another thread's.
func (p *Packed) runNarrow(c *call, out []byte, m, size int) {
	buffer := narrow.Get().(*[narrowPixels * narrowest * 4]byte)
	defer narrow.Put(buffer)
	n := *c
	n.c, n.ldc = unsafe.Pointer(buffer), narrowest*size
	row := p.spec.Channels * size
	for done := 0; done < c.pixels; done += narrowPixels {
		n.pixels = min(c.pixels-done, narrowPixels)
		n.offsets = unsafe.Add(c.offsets, done*n.taps*4)
		p.blocks[0].run(n)
		for i := range n.pixels {
			copy(out[(m+done+i)*c.ldc:][:row], buffer[i*narrowest*size:])
		}
	}
}
