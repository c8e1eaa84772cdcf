//go:build amd64 && !purego

package movement

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

//go:generate go -C ../../_asm run ./movement

func init() {
	of := func(size, side int, i isa.ISA, run func(m Matrix)) Variant {
		return Variant{Info: variant.Info{Does: does(size), MR: side, NR: side, ISA: i}, Size: size, run: run}
	}
	words := squares(4, 8, func(c call) { transpose_b32_8x8_avx2(&c) }, runPortable[uint32])
	variants.Add(
		of(8, 8, isa.AVX512VNNI, squares(8, 8, func(c call) { transpose_b64_8x8_avx512vnni(&c) }, runPortable[uint64])),
		of(4, 16, isa.AVX512VNNI, squares(4, 16, func(c call) { transpose_b32_16x16_avx512vnni(&c) }, words)),
		of(4, 8, isa.AVX2, words),
		of(2, 8, isa.AVX2, squares(2, 8, func(c call) { transpose_b16_8x8_avx2(&c) }, runPortable[uint16])),
		of(1, 8, isa.AVX2, squares(1, 8, func(c call) { transpose_b8_8x8_avx2(&c) }, runPortable[uint8])),
	)
}
