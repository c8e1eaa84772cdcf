//go:build amd64 && !purego

package depthwise

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./depthwise

var native = []Variant{
	{
		Name: "depthwise_u8s8_chain_2x64_avx512vnni", ISA: isa.AVX512VNNI, MR: 2, NR: 64,
		pack: packBlocks(true, 64, 32, 16), run: runBlocks,
	},
	{
		Name: "depthwise_u8s8_chain_2x32_avx2", ISA: isa.AVX2, MR: 2, NR: 32,
		pack: packBlocks(false, 32, 16), run: runBlocks,
	},
}

// chunkBytes is how many bytes of a result are computed before the next block of
// channels: few enough that the pixels' taps are still in the first cache for it.
const chunkBytes = 32768

// runBlocks computes chunks of pixels, block by block.
func runBlocks(p *Packed, a Args, m0, m1 int) {
	taps, channels, size := p.spec.Taps, p.spec.Channels, p.spec.Epilogue.Out.Size()
	c := call{ldc: a.LDC, taps: taps, flags: p.chain.steps, flip: uint32(p.chain.flip) * 0x01010101, lo: p.chain.lo, hi: p.chain.hi}
	chunk := max(chunkBytes/channels, 8)
	for m := m0; m < m1; m += chunk {
		c.pixels = min(chunk, m1-m)
		c.offsets = unsafe.Pointer(&a.Offsets[m*taps])
		for i := range p.blocks {
			b := &p.blocks[i]
			c.a = unsafe.Pointer(&a.A[b.first])
			c.weights = unsafe.Pointer(unsafe.SliceData(b.weights))
			o := &a.Operands.blocks[i]
			c.init = unsafe.Pointer(unsafe.SliceData(o.init))
			c.pre = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Pre]))
			c.scale = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Scale]))
			c.bias = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Bias]))
			c.post = unsafe.Pointer(unsafe.SliceData(o.columns[gemm.Post]))
			if b.width > channels {
				p.runNarrow(&c, a.C, m, size)
				continue
			}
			c.c = unsafe.Pointer(&a.C[m*a.LDC+b.first*size])
			b.call(&c)
		}
	}
}

const (
	narrowest    = 16 // channels of the smallest block
	narrowPixels = 64
)

// runNarrow computes a block with fewer channels than it is wide, whose stores must
// not reach the next pixel, which may be another thread's.
func (p *Packed) runNarrow(c *call, out []byte, m, size int) {
	var buffer [narrowPixels * narrowest * 4]byte
	n := *c
	n.c, n.ldc = unsafe.Pointer(&buffer), narrowest*size
	row := p.spec.Channels * size
	for done := 0; done < c.pixels; done += narrowPixels {
		n.pixels = min(c.pixels-done, narrowPixels)
		n.offsets = unsafe.Add(c.offsets, done*n.taps*4)
		p.blocks[0].call(&n)
		for i := range n.pixels {
			copy(out[(m+done+i)*c.ldc:][:row], buffer[i*narrowest*size:])
		}
	}
}

// call runs the routine for a block of this packing and width.
func (b *block) call(c *call) {
	nine := c.taps == 9
	switch {
	case b.quads && b.width == 64 && nine:
		depthwise_u8s8_chain_2x64t9_avx512vnni(c)
	case b.quads && b.width == 64:
		depthwise_u8s8_chain_1x64_avx512vnni(c)
	case b.quads && b.width == 32 && nine:
		depthwise_u8s8_chain_2x32t9_avx512vnni(c)
	case b.quads && b.width == 32:
		depthwise_u8s8_chain_1x32_avx512vnni(c)
	case b.quads && nine:
		depthwise_u8s8_chain_2x16t9_avx512vnni(c)
	case b.quads:
		depthwise_u8s8_chain_1x16_avx512vnni(c)
	case b.width == 32 && nine:
		depthwise_u8s8_chain_2x32t9_avx2(c)
	case b.width == 32:
		depthwise_u8s8_chain_1x32_avx2(c)
	case nine:
		depthwise_u8s8_chain_2x16t9_avx2(c)
	default:
		depthwise_u8s8_chain_1x16_avx2(c)
	}
}
