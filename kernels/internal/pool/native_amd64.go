//go:build amd64 && !purego

package pool

import "github.com/tf2ng/tf2ng/kernels/internal/isa"

//go:generate go -C ../../_asm run ./pool

func init() {
	variants.Add(
		assembled(MaxU8, isa.AVX512VNNI, maxU8Wide, maxU8[1:]),
		assembled(MaxI8, isa.AVX512VNNI, maxI8Wide, maxI8[1:]),
		assembled(MaxU16, isa.AVX512VNNI, maxU16Wide, maxU16[1:]),
		assembled(MaxI16, isa.AVX512VNNI, maxI16Wide, maxI16[1:]),
		assembled(MaxU32, isa.AVX512VNNI, maxU32Wide, maxU32[1:]),
		assembled(MaxI32, isa.AVX512VNNI, maxI32Wide, maxI32[1:]),
		assembled(MaxI64, isa.AVX512VNNI, maxI64Wide, maxI64[1:]),
		assembled(MaxF64, isa.AVX512VNNI, maxF64Wide, maxF64[1:]),
		assembled(AverageF64, isa.AVX512VNNI, sumF64Wide, sumF64[1:]),
		assembled(MaxF32, isa.AVX512VNNI, maxF32Wide, maxF32[1:]),
		assembled(MaxBF16, isa.AVX512VNNI, maxBF16Wide, maxBF16),
		assembled(AverageU8, isa.AVX512VNNI, averageWide, average),
		assembled(AverageI8, isa.AVX512VNNI, averageWide, average),
		assembled(AverageF32, isa.AVX512VNNI, sumF32Wide, sumF32[1:]),
		assembled(MeanF32, isa.AVX512VNNI, meanF32Wide, meanF32),
		assembled(InterpolateF32, isa.AVX512VNNI, interpolateWide, interpolate[1:]),
		assembled(WeighedF32, isa.AVX512VNNI, weighedWide, weighed[1:]),
		assembled(MaxU8, isa.AVX2, maxU8),
		assembled(MaxI8, isa.AVX2, maxI8),
		assembled(MaxU16, isa.AVX2, maxU16),
		assembled(MaxI16, isa.AVX2, maxI16),
		assembled(MaxU32, isa.AVX2, maxU32),
		assembled(MaxI32, isa.AVX2, maxI32),
		assembled(MaxI64, isa.AVX2, maxI64),
		assembled(MaxF64, isa.AVX2, maxF64),
		assembled(AverageF64, isa.AVX2, sumF64),
		assembled(MaxF32, isa.AVX2, maxF32),
		assembled(MaxBF16, isa.AVX2, maxBF16),
		assembled(AverageU8, isa.AVX2, average),
		assembled(AverageI8, isa.AVX2, average),
		assembled(AverageF32, isa.AVX2, sumF32),
		assembled(MeanF32, isa.AVX2, meanF32),
		assembled(InterpolateF32, isa.AVX2, interpolate),
		assembled(WeighedF32, isa.AVX2, weighed),
	)
}

// The routines of each kind, the widest first.
var (
	maxU8 = []routine{
		{128, func(c call) { pool_u8_max_1x128_avx2(&c) }},
		{32, func(c call) { pool_u8_max_1x32_avx2(&c) }},
		{16, func(c call) { pool_u8_max_1x16_avx2(&c) }},
		{8, func(c call) { pool_u8_max_1x8_avx2(&c) }},
		{4, func(c call) { pool_u8_max_1x4_avx2(&c) }},
		{2, func(c call) { pool_u8_max_1x2_avx2(&c) }},
		{1, func(c call) { pool_u8_max_1x1_avx2(&c) }},
	}
	maxI8 = []routine{
		{128, func(c call) { pool_s8_max_1x128_avx2(&c) }},
		{32, func(c call) { pool_s8_max_1x32_avx2(&c) }},
		{16, func(c call) { pool_s8_max_1x16_avx2(&c) }},
		{8, func(c call) { pool_s8_max_1x8_avx2(&c) }},
		{4, func(c call) { pool_s8_max_1x4_avx2(&c) }},
		{2, func(c call) { pool_s8_max_1x2_avx2(&c) }},
		{1, func(c call) { pool_s8_max_1x1_avx2(&c) }},
	}
	maxU16 = []routine{
		{128, func(c call) { pool_u16_max_1x64_avx2(&c) }},
		{32, func(c call) { pool_u16_max_1x16_avx2(&c) }},
		{16, func(c call) { pool_u16_max_1x8_avx2(&c) }},
		{8, func(c call) { pool_u16_max_1x4_avx2(&c) }},
		{4, func(c call) { pool_u16_max_1x2_avx2(&c) }},
		{2, func(c call) { pool_u16_max_1x1_avx2(&c) }},
	}
	maxI16 = []routine{
		{128, func(c call) { pool_s16_max_1x64_avx2(&c) }},
		{32, func(c call) { pool_s16_max_1x16_avx2(&c) }},
		{16, func(c call) { pool_s16_max_1x8_avx2(&c) }},
		{8, func(c call) { pool_s16_max_1x4_avx2(&c) }},
		{4, func(c call) { pool_s16_max_1x2_avx2(&c) }},
		{2, func(c call) { pool_s16_max_1x1_avx2(&c) }},
	}
	maxU32 = []routine{
		{128, func(c call) { pool_u32_max_1x32_avx2(&c) }},
		{32, func(c call) { pool_u32_max_1x8_avx2(&c) }},
		{16, func(c call) { pool_u32_max_1x4_avx2(&c) }},
		{8, func(c call) { pool_u32_max_1x2_avx2(&c) }},
		{4, func(c call) { pool_u32_max_1x1_avx2(&c) }},
	}
	maxI32 = []routine{
		{128, func(c call) { pool_s32_max_1x32_avx2(&c) }},
		{32, func(c call) { pool_s32_max_1x8_avx2(&c) }},
		{16, func(c call) { pool_s32_max_1x4_avx2(&c) }},
		{8, func(c call) { pool_s32_max_1x2_avx2(&c) }},
		{4, func(c call) { pool_s32_max_1x1_avx2(&c) }},
	}
	maxI64 = []routine{
		{128, func(c call) { pool_s64_max_1x16_avx2(&c) }},
		{32, func(c call) { pool_s64_max_1x4_avx2(&c) }},
		{16, func(c call) { pool_s64_max_1x2_avx2(&c) }},
		{8, func(c call) { pool_s64_max_1x1_avx2(&c) }},
	}
	maxF64 = []routine{
		{128, func(c call) { pool_f64_max_1x16_avx2(&c) }},
		{32, func(c call) { pool_f64_max_1x4_avx2(&c) }},
		{16, func(c call) { pool_f64_max_1x2_avx2(&c) }},
		{8, func(c call) { pool_f64_max_1x1_avx2(&c) }},
	}
	sumF64 = []routine{
		{128, func(c call) { pool_f64_average_1x16_avx2(&c) }},
		{32, func(c call) { pool_f64_average_1x4_avx2(&c) }},
		{16, func(c call) { pool_f64_average_1x2_avx2(&c) }},
		{8, func(c call) { pool_f64_average_1x1_avx2(&c) }},
	}
	maxF32 = []routine{
		{128, func(c call) { pool_f32_max_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_max_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_max_1x4_avx2(&c) }},
		{8, func(c call) { pool_f32_max_1x2_avx2(&c) }},
		{4, func(c call) { pool_f32_max_1x1_avx2(&c) }},
	}
	maxBF16 = []routine{
		{32, func(c call) { pool_bf16_max_1x16_avx2(&c) }},
		{16, func(c call) { pool_bf16_max_1x8_avx2(&c) }},
		{8, func(c call) { pool_bf16_max_1x4_avx2(&c) }},
		{4, func(c call) { pool_bf16_max_1x2_avx2(&c) }},
		{2, func(c call) { pool_bf16_max_1x1_avx2(&c) }},
	}
	sumF32 = []routine{
		{128, func(c call) { pool_f32_average_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_average_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_average_1x4_avx2(&c) }},
		{8, func(c call) { pool_f32_average_1x2_avx2(&c) }},
		{4, func(c call) { pool_f32_average_1x1_avx2(&c) }},
	}
	meanF32 = []routine{
		{32, func(c call) { pool_f32_mean_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_mean_1x4_avx2(&c) }},
		{8, func(c call) { pool_f32_mean_1x2_avx2(&c) }},
		{4, func(c call) { pool_f32_mean_1x1_avx2(&c) }},
	}
	average = []routine{
		{32, func(c call) { pool_b8_average_1x32_avx2(&c) }},
		{16, func(c call) { pool_b8_average_1x16_avx2(&c) }},
		{8, func(c call) { pool_b8_average_1x8_avx2(&c) }},
		{4, func(c call) { pool_b8_average_1x4_avx2(&c) }},
		{2, func(c call) { pool_b8_average_1x2_avx2(&c) }},
		{1, func(c call) { pool_b8_average_1x1_avx2(&c) }},
	}
	interpolate = []routine{
		{128, func(c call) { pool_f32_interpolate_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_interpolate_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_interpolate_1x4_avx2(&c) }},
		{8, func(c call) { pool_f32_interpolate_1x2_avx2(&c) }},
		{4, func(c call) { pool_f32_interpolate_1x1_avx2(&c) }},
	}
	weighed = []routine{
		{128, func(c call) { pool_f32_weighed_1x32_avx2(&c) }},
		{32, func(c call) { pool_f32_weighed_1x8_avx2(&c) }},
		{16, func(c call) { pool_f32_weighed_1x4_avx2(&c) }},
		{8, func(c call) { pool_f32_weighed_1x2_avx2(&c) }},
		{4, func(c call) { pool_f32_weighed_1x1_avx2(&c) }},
	}

	maxU8Wide = []routine{
		{256, func(c call) { pool_u8_max_1x256_avx512vnni(&c) }},
		{64, func(c call) { pool_u8_max_1x64_avx512vnni(&c) }},
	}
	maxI8Wide = []routine{
		{256, func(c call) { pool_s8_max_1x256_avx512vnni(&c) }},
		{64, func(c call) { pool_s8_max_1x64_avx512vnni(&c) }},
	}
	maxU16Wide = []routine{
		{256, func(c call) { pool_u16_max_1x128_avx512vnni(&c) }},
		{64, func(c call) { pool_u16_max_1x32_avx512vnni(&c) }},
	}
	maxI16Wide = []routine{
		{256, func(c call) { pool_s16_max_1x128_avx512vnni(&c) }},
		{64, func(c call) { pool_s16_max_1x32_avx512vnni(&c) }},
	}
	maxU32Wide = []routine{
		{256, func(c call) { pool_u32_max_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_u32_max_1x16_avx512vnni(&c) }},
	}
	maxI32Wide = []routine{
		{256, func(c call) { pool_s32_max_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_s32_max_1x16_avx512vnni(&c) }},
	}
	maxI64Wide = []routine{
		{256, func(c call) { pool_s64_max_1x32_avx512vnni(&c) }},
		{64, func(c call) { pool_s64_max_1x8_avx512vnni(&c) }},
	}
	maxF64Wide = []routine{
		{256, func(c call) { pool_f64_max_1x32_avx512vnni(&c) }},
		{64, func(c call) { pool_f64_max_1x8_avx512vnni(&c) }},
	}
	sumF64Wide = []routine{
		{256, func(c call) { pool_f64_average_1x32_avx512vnni(&c) }},
		{64, func(c call) { pool_f64_average_1x8_avx512vnni(&c) }},
	}
	maxF32Wide = []routine{
		{256, func(c call) { pool_f32_max_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_f32_max_1x16_avx512vnni(&c) }},
	}
	maxBF16Wide = []routine{
		{64, func(c call) { pool_bf16_max_1x32_avx512vnni(&c) }},
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
	interpolateWide = []routine{
		{256, func(c call) { pool_f32_interpolate_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_f32_interpolate_1x16_avx512vnni(&c) }},
	}
	weighedWide = []routine{
		{256, func(c call) { pool_f32_weighed_1x64_avx512vnni(&c) }},
		{64, func(c call) { pool_f32_weighed_1x16_avx512vnni(&c) }},
	}
)
