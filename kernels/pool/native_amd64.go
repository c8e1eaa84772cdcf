//go:build amd64 && !purego

package pool

import (
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/isa"
)

//go:generate go -C ../_asm run ./pool

// routine computes width bytes of channels of all pixels of a call.
type routine struct {
	width int
	run   func(c *call)
}

// The routines of each kind, the widest first. The last is narrowest bytes wide.
var (
	maxU8   = []routine{{128, pool_u8_max_1x128_avx2}, {32, pool_u8_max_1x32_avx2}, {16, pool_u8_max_1x16_avx2}}
	maxI8   = []routine{{128, pool_s8_max_1x128_avx2}, {32, pool_s8_max_1x32_avx2}, {16, pool_s8_max_1x16_avx2}}
	maxF32  = []routine{{128, pool_f32_max_1x32_avx2}, {32, pool_f32_max_1x8_avx2}, {16, pool_f32_max_1x4_avx2}}
	average = []routine{{32, pool_b8_average_1x32_avx2}, {16, pool_b8_average_1x16_avx2}}

	maxU8Wide   = []routine{{256, pool_u8_max_1x256_avx512vnni}, {64, pool_u8_max_1x64_avx512vnni}}
	maxI8Wide   = []routine{{256, pool_s8_max_1x256_avx512vnni}, {64, pool_s8_max_1x64_avx512vnni}}
	maxF32Wide  = []routine{{256, pool_f32_max_1x64_avx512vnni}, {64, pool_f32_max_1x16_avx512vnni}}
	averageWide = []routine{{64, pool_b8_average_1x64_avx512vnni}}
)

var native = []Variant{
	{Name: "pool_u8_max_1x256_avx512vnni", Kind: MaxU8, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxU8Wide, maxU8[1:])},
	{Name: "pool_s8_max_1x256_avx512vnni", Kind: MaxI8, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxI8Wide, maxI8[1:])},
	{Name: "pool_f32_max_1x64_avx512vnni", Kind: MaxF32, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxF32Wide, maxF32[1:])},
	{Name: "pool_u8_average_1x64_avx512vnni", Kind: AverageU8, ISA: isa.AVX512VNNI, NR: 64, run: blocks(averageWide, average)},
	{Name: "pool_s8_average_1x64_avx512vnni", Kind: AverageI8, ISA: isa.AVX512VNNI, NR: 64, run: blocks(averageWide, average)},
	{Name: "pool_u8_max_1x128_avx2", Kind: MaxU8, ISA: isa.AVX2, NR: 128, run: blocks(maxU8)},
	{Name: "pool_s8_max_1x128_avx2", Kind: MaxI8, ISA: isa.AVX2, NR: 128, run: blocks(maxI8)},
	{Name: "pool_f32_max_1x32_avx2", Kind: MaxF32, ISA: isa.AVX2, NR: 128, run: blocks(maxF32)},
	{Name: "pool_u8_average_1x32_avx2", Kind: AverageU8, ISA: isa.AVX2, NR: 32, run: blocks(average)},
	{Name: "pool_s8_average_1x32_avx2", Kind: AverageI8, ISA: isa.AVX2, NR: 32, run: blocks(average)},
}

// chunkBytes is how many bytes of a result are computed before the next block of
// channels: few enough that the pixels' taps are still in the first cache for it.
const chunkBytes = 4096

// blocks returns what runs routines block by block on chunks of pixels.
func blocks(lists ...[]routine) func(v *Variant, a *Args, m0, m1 int) {
	routines := slices.Concat(lists...)
	return func(v *Variant, a *Args, m0, m1 int) {
		row := a.Channels * v.Kind.Size()
		c := call{ldc: a.LDC, taps: a.Taps}
		if v.Kind == AverageI8 {
			c.flip, c.excess = 0x80808080, uint32(a.Taps)*128
		}
		chunk := max(chunkBytes/row, 8)
		for m := m0; m < m1; m += chunk {
			c.pixels = min(chunk, m1-m)
			c.offsets = unsafe.Pointer(&a.Offsets[m*a.Taps])
			if v.Kind.IsAverage() {
				c.counts = unsafe.Pointer(&a.Counts[m])
			}
			for at := 0; at < row; {
				first, r := next(at, row, routines)
				c.a = unsafe.Pointer(&a.A[first])
				if r.width > row {
					r.runNarrow(&c, a, m, row)
					break
				}
				c.c = unsafe.Pointer(&a.C[m*a.LDC+first])
				r.run(&c)
				at = first + r.width
			}
		}
	}
}

// next returns the block that begins at byte at of a row, or the last one, which
// overlaps the one before.
func next(at, row int, routines []routine) (first int, r routine) {
	left := row - at
	for i, r := range routines {
		if left >= r.width {
			return at, r
		}
		if last := i == len(routines)-1; last || left > routines[i+1].width && row >= r.width {
			return max(row-r.width, 0), r
		}
	}
	panic("pool: no routines")
}

const (
	narrowest    = 16 // bytes of the smallest block
	narrowPixels = 64
)

// runNarrow computes rows shorter than the block, whose stores must not reach the next
// pixel, which may be another thread's.
func (r routine) runNarrow(c *call, a *Args, m, row int) {
	var buffer [narrowPixels * narrowest]byte
	n := *c
	n.c, n.ldc = unsafe.Pointer(&buffer), narrowest
	for left := c.pixels; left > 0; left -= narrowPixels {
		n.pixels = min(left, narrowPixels)
		r.run(&n)
		for i := range n.pixels {
			copy(a.C[(m+i)*c.ldc:][:row], buffer[i*narrowest:])
		}
		m += n.pixels
		n.offsets = unsafe.Add(n.offsets, n.pixels*n.taps*4)
		if n.counts != nil {
			n.counts = unsafe.Add(n.counts, n.pixels*4)
		}
	}
}
