//go:build amd64 && !purego

package pool

import (
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./pool

// routine computes width bytes of channels of all pixels of a call. run takes the call
// itself, not its address, so that it stays on the stack.
type routine struct {
	width int
	run   func(c call)
}

// narrowest is the width of the last routine of each kind. Rows that are shorter take
// the portable variant.
const narrowest = 16

// The routines of each kind, the widest first.
var (
	maxU8 = []routine{
		{128, func(c call) { pool_u8_max_1x128_avx2(&c) }},
		{32, func(c call) { pool_u8_max_1x32_avx2(&c) }},
		{16, func(c call) { pool_u8_max_1x16_avx2(&c) }},
	}
	maxI8 = []routine{
		{128, func(c call) { pool_s8_max_1x128_avx2(&c) }},
		{32, func(c call) { pool_s8_max_1x32_avx2(&c) }},
		{16, func(c call) { pool_s8_max_1x16_avx2(&c) }},
	}
	maxF32 = []routine{
		{128, func(c call) { pool_f32_max_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_max_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_max_1x4_avx2(&c) }},
	}
	sumF32 = []routine{
		{128, func(c call) { pool_f32_average_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_average_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_average_1x4_avx2(&c) }},
	}
	meanF32 = []routine{
		{32, func(c call) { pool_f32_mean_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_mean_1x4_avx2(&c) }},
	}
	average = []routine{
		{32, func(c call) { pool_b8_average_1x32_avx2(&c) }},
		{16, func(c call) { pool_b8_average_1x16_avx2(&c) }},
	}

	maxU8Wide = []routine{
		{256, func(c call) { pool_u8_max_1x256_avx512vnni(&c) }},
		{64, func(c call) { pool_u8_max_1x64_avx512vnni(&c) }},
	}
	maxI8Wide = []routine{
		{256, func(c call) { pool_s8_max_1x256_avx512vnni(&c) }},
		{64, func(c call) { pool_s8_max_1x64_avx512vnni(&c) }},
	}
	maxF32Wide = []routine{
		{256, func(c call) { pool_f32_max_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_f32_max_1x16_avx512vnni(&c) }},
	}
	sumF32Wide = []routine{
		{256, func(c call) { pool_f32_average_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_f32_average_1x16_avx512vnni(&c) }},
	}
	meanF32Wide = []routine{
		{64, func(c call) { pool_f32_mean_1x16_avx512vnni(&c) }},
	}
	averageWide = []routine{
		{64, func(c call) { pool_b8_average_1x64_avx512vnni(&c) }},
	}
)

var native = []Variant{
	{Name: "pool_u8_max_1x256_avx512vnni", Kind: MaxU8, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxU8Wide, maxU8[1:])},
	{Name: "pool_s8_max_1x256_avx512vnni", Kind: MaxI8, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxI8Wide, maxI8[1:])},
	{Name: "pool_f32_max_1x64_avx512vnni", Kind: MaxF32, ISA: isa.AVX512VNNI, NR: 256, run: blocks(maxF32Wide, maxF32[1:])},
	{Name: "pool_u8_average_1x64_avx512vnni", Kind: AverageU8, ISA: isa.AVX512VNNI, NR: 64, run: blocks(averageWide, average)},
	{Name: "pool_s8_average_1x64_avx512vnni", Kind: AverageI8, ISA: isa.AVX512VNNI, NR: 64, run: blocks(averageWide, average)},
	{Name: "pool_f32_average_1x64_avx512vnni", Kind: AverageF32, ISA: isa.AVX512VNNI, NR: 256, run: blocks(sumF32Wide, sumF32[1:])},
	{Name: "pool_f32_mean_1x16_avx512vnni", Kind: MeanF32, ISA: isa.AVX512VNNI, NR: 64, run: blocks(meanF32Wide, meanF32)},
	{Name: "pool_u8_max_1x128_avx2", Kind: MaxU8, ISA: isa.AVX2, NR: 128, run: blocks(maxU8)},
	{Name: "pool_s8_max_1x128_avx2", Kind: MaxI8, ISA: isa.AVX2, NR: 128, run: blocks(maxI8)},
	{Name: "pool_f32_max_1x32_avx2", Kind: MaxF32, ISA: isa.AVX2, NR: 128, run: blocks(maxF32)},
	{Name: "pool_u8_average_1x32_avx2", Kind: AverageU8, ISA: isa.AVX2, NR: 32, run: blocks(average)},
	{Name: "pool_s8_average_1x32_avx2", Kind: AverageI8, ISA: isa.AVX2, NR: 32, run: blocks(average)},
	{Name: "pool_f32_average_1x32_avx2", Kind: AverageF32, ISA: isa.AVX2, NR: 128, run: blocks(sumF32)},
	{Name: "pool_f32_mean_1x8_avx2", Kind: MeanF32, ISA: isa.AVX2, NR: 32, run: blocks(meanF32)},
}

// chunkBytes is how many bytes of a result are computed before the next block of
// channels: few enough that the pixels' taps are still in the first cache for it.
const chunkBytes = 4096

// blocks returns what runs routines block by block on chunks of pixels.
func blocks(lists ...[]routine) func(v *Variant, a *Args, m0, m1 int) {
	routines := slices.Concat(lists...)
	return func(v *Variant, a *Args, m0, m1 int) {
		row := a.Channels * v.Kind.Size()
		if row < narrowest {
			runPortable(v, a, m0, m1)
			return
		}
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
				c.c = unsafe.Pointer(&a.C[m*a.LDC+first])
				r.run(c)
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
		if row >= r.width && (i == len(routines)-1 || left > routines[i+1].width) {
			return row - r.width, r
		}
	}
	panic("pool: no routines")
}
