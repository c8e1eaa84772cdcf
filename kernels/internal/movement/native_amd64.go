//go:build amd64 && !purego

package movement

import (
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

//go:generate go -C ../../_asm run ./movement

func init() {
	of := func(size, side int, i isa.ISA, run func(m Matrix, r0, r1 int)) Variant {
		return Variant{Info: variant.Info{Does: does(size), MR: side, NR: side, ISA: i}, Size: size, run: run}
	}
	variants.Add(
		of(4, 16, isa.AVX512VNNI, squares[uint32](16, func(c call) { transpose_b32_16x16_avx512vnni(&c) })),
		of(4, 8, isa.AVX2, squares[uint32](8, func(c call) { transpose_b32_8x8_avx2(&c) })),
		of(1, 8, isa.AVX2, squares[uint8](8, func(c call) { transpose_b8_8x8_avx2(&c) })),
	)
}
