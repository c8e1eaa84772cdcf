//go:build amd64 && !purego

package sgemm

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

//go:generate go -C ../../_asm run ./sgemm

func init() { variants.Add(assembled(6, 16, isa.AVX2, runAVX2)) }

func runAVX2(c call, width int) {
	if width == 8 {
		gemm_f32f32_f32_6x8k1_avx2(&c)
		return
	}
	gemm_f32f32_f32_6x16k1_avx2(&c)
}
