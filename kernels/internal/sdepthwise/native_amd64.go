//go:build amd64 && !purego

package sdepthwise

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

//go:generate go -C ../../_asm run ./sdepthwise

func init() {
	eight := routine{8, func(c call) { depthwise_f32f32_f32_1x8_avx2(&c) }}
	variants.Add(assembled(
		isa.AVX512VNNI,
		routine{128, func(c call) { depthwise_f32f32_f32_1x128_avx512vnni(&c) }},
		routine{64, func(c call) { depthwise_f32f32_f32_1x64_avx512vnni(&c) }},
		routine{32, func(c call) { depthwise_f32f32_f32_1x32_avx512vnni(&c) }},
		routine{16, func(c call) { depthwise_f32f32_f32_1x16_avx512vnni(&c) }},
		eight,
	), assembled(
		isa.AVX2,
		routine{64, func(c call) { depthwise_f32f32_f32_1x64_avx2(&c) }},
		routine{32, func(c call) { depthwise_f32f32_f32_1x32_avx2(&c) }},
		routine{16, func(c call) { depthwise_f32f32_f32_1x16_avx2(&c) }},
		eight,
	))
}
