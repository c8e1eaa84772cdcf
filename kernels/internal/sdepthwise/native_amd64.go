//go:build amd64 && !purego

package sdepthwise

import (
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./sdepthwise

func init() {
	leastF32 := routine{8, func(c call) { depthwise_f32f32_f32_1x8_avx2(&c) }}
	leastF64 := routine{4, func(c call) { depthwise_f64f64_f64_1x4_avx2(&c) }}
	leastI32 := routine{8, func(c call) { depthwise_s32s32_s32_1x8_avx2(&c) }}
	variants.Add(
		assembled(
			dtype.F32, isa.AVX512VNNI,
			routine{128, func(c call) { depthwise_f32f32_f32_1x128_avx512vnni(&c) }},
			routine{64, func(c call) { depthwise_f32f32_f32_1x64_avx512vnni(&c) }},
			routine{32, func(c call) { depthwise_f32f32_f32_1x32_avx512vnni(&c) }},
			routine{16, func(c call) { depthwise_f32f32_f32_1x16_avx512vnni(&c) }},
			leastF32,
		),
		assembled(
			dtype.F32, isa.AVX2,
			routine{64, func(c call) { depthwise_f32f32_f32_1x64_avx2(&c) }},
			routine{32, func(c call) { depthwise_f32f32_f32_1x32_avx2(&c) }},
			routine{16, func(c call) { depthwise_f32f32_f32_1x16_avx2(&c) }},
			leastF32,
		),
		assembled(
			dtype.F64, isa.AVX512VNNI,
			routine{64, func(c call) { depthwise_f64f64_f64_1x64_avx512vnni(&c) }},
			routine{32, func(c call) { depthwise_f64f64_f64_1x32_avx512vnni(&c) }},
			routine{16, func(c call) { depthwise_f64f64_f64_1x16_avx512vnni(&c) }},
			routine{8, func(c call) { depthwise_f64f64_f64_1x8_avx512vnni(&c) }},
			leastF64,
		),
		assembled(
			dtype.F64, isa.AVX2,
			routine{32, func(c call) { depthwise_f64f64_f64_1x32_avx2(&c) }},
			routine{16, func(c call) { depthwise_f64f64_f64_1x16_avx2(&c) }},
			routine{8, func(c call) { depthwise_f64f64_f64_1x8_avx2(&c) }},
			leastF64,
		),
		assembled(
			dtype.I32, isa.AVX512VNNI,
			routine{128, func(c call) { depthwise_s32s32_s32_1x128_avx512vnni(&c) }},
			routine{64, func(c call) { depthwise_s32s32_s32_1x64_avx512vnni(&c) }},
			routine{32, func(c call) { depthwise_s32s32_s32_1x32_avx512vnni(&c) }},
			routine{16, func(c call) { depthwise_s32s32_s32_1x16_avx512vnni(&c) }},
			leastI32,
		),
		assembled(
			dtype.I32, isa.AVX2,
			routine{64, func(c call) { depthwise_s32s32_s32_1x64_avx2(&c) }},
			routine{32, func(c call) { depthwise_s32s32_s32_1x32_avx2(&c) }},
			routine{16, func(c call) { depthwise_s32s32_s32_1x16_avx2(&c) }},
			leastI32,
		),
	)
}
