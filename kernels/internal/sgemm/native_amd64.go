//go:build amd64 && !purego

package sgemm

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./sgemm

func init() {
	pairs := of(dtype.BF16, 12, pairColumns, 2, isa.AVX512BF16)
	if !preferPairs {
		pairs.For = "few rows"
	}
	few := of(dtype.F32, fewRows, fewColumns, 1, isa.AVX2)
	few.For, few.suits, few.run = "few columns", func(s Spec) bool { return !moreColumns(s) }, runFew
	variants.Add(
		few,
		inPairs(assembled(of(dtype.F32, 12, 32, 1, isa.AVX512VNNI), moreColumns, runAVX512), runTwoAVX512),
		assembled(of(dtype.F32, 6, 16, 1, isa.AVX2), nil, runAVX2),
		assembled(pairs, func(s Spec) bool { return preferPairs || s.Few }, runPairs),
		widening(inPairs(assembled(of(dtype.BF16, 12, 32, 1, isa.AVX512VNNI), nil, runAVX512), runTwoAVX512)),
		widening(assembled(of(dtype.BF16, 6, 16, 1, isa.AVX2), nil, runAVX2)),
		assembled(of(dtype.F64, 12, 16, 1, isa.AVX512VNNI), nil, runF64AVX512),
		assembled(of(dtype.F64, 6, 8, 1, isa.AVX2), nil, runF64AVX2),
		assembled(of(dtype.I32, 12, 32, 1, isa.AVX512VNNI), nil, runI32AVX512),
		assembled(of(dtype.I32, 6, 16, 1, isa.AVX2), nil, runI32AVX2),
		assembled(of(dtype.I64, 12, 16, 1, isa.AVX512VNNI), nil, runI64AVX512),
	)
}

// widening returns a variant that reads float32 with what widens pairs of bf16.
func widening(v Variant) Variant {
	v.widen = func(to []float32, from []uint16) int {
		n := len(from) / 32 * 32
		if n > 0 {
			c := call{a: unsafe.Pointer(unsafe.SliceData(from)), c: unsafe.Pointer(unsafe.SliceData(to[:n])), k: n}
			widenPairs(&c)
		}
		return n
	}
	return v
}

// The tile of the variant for few columns. The lanes of its vectors are rows.
const fewRows, fewColumns = 16, 4

// moreColumns leaves products of few columns to the variant for them, which AVX-512 would hardly make faster.
func moreColumns(s Spec) bool { return s.N > fewColumns }

func runFew(p *Packed, a *Args, r Rows, panel0, panel1 int) {
	for panel := panel0; panel < panel1; panel++ {
		columns := min(p.spec.N-panel*fewColumns, fewColumns)
		p.tiles(func(c call, _ int) { fewAVX2(&c, columns) }, a, &r, panel, fewRows)
	}
}

func fewAVX2(c *call, columns int) {
	switch columns {
	case 1:
		gemm_f32f32_f32_16x1k1_avx2(c)
	case 2:
		gemm_f32f32_f32_16x2k1_avx2(c)
	case 3:
		gemm_f32f32_f32_16x3k1_avx2(c)
	default:
		gemm_f32f32_f32_16x4k1_avx2(c)
	}
}

func runAVX2(c call, width int) {
	if width == 8 {
		gemm_f32f32_f32_6x8k1_avx2(&c)
		return
	}
	gemm_f32f32_f32_6x16k1_avx2(&c)
}

func runAVX512(c call, width int) {
	if width == 16 {
		gemm_f32f32_f32_12x16k1_avx512vnni(&c)
		return
	}
	gemm_f32f32_f32_12x32k1_avx512vnni(&c)
}

func runTwoAVX512(c call, _ int) { gemm_f32f32_f32_6x64k1_avx512vnni(&c) }

func runPairs(c call, width int) {
	if width == 16 {
		gemm_bf16bf16_f32_12x16k2_avx512bf16(&c)
		return
	}
	gemm_bf16bf16_f32_12x32k2_avx512bf16(&c)
}

func runF64AVX512(c call, width int) {
	if width == 8 {
		gemm_f64f64_f64_12x8k1_avx512vnni(&c)
		return
	}
	gemm_f64f64_f64_12x16k1_avx512vnni(&c)
}

func runF64AVX2(c call, width int) {
	if width == 4 {
		gemm_f64f64_f64_6x4k1_avx2(&c)
		return
	}
	gemm_f64f64_f64_6x8k1_avx2(&c)
}

func runI32AVX512(c call, width int) {
	if width == 16 {
		gemm_s32s32_s32_12x16k1_avx512vnni(&c)
		return
	}
	gemm_s32s32_s32_12x32k1_avx512vnni(&c)
}

func runI32AVX2(c call, width int) {
	if width == 8 {
		gemm_s32s32_s32_6x8k1_avx2(&c)
		return
	}
	gemm_s32s32_s32_6x16k1_avx2(&c)
}

func runI64AVX512(c call, width int) {
	if width == 8 {
		gemm_s64s64_s64_12x8k1_avx512vnni(&c)
		return
	}
	gemm_s64s64_s64_12x16k1_avx512vnni(&c)
}
