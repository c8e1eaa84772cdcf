//go:build amd64 && !purego

package sdepthwise

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./sdepthwise

var native = []Variant{
	{Name: "depthwise_f32f32_f32_1x64_avx2", ISA: isa.AVX2, NR: 64, run: runAVX2},
}

func runAVX2(p *Packed, a *Args, m0, m1 int) {
	c := call{taps: p.spec.Taps, ldc: a.LDC, rows: m1 - m0, offsets: unsafe.Pointer(&a.Offsets[m0*p.spec.Taps])}
	for i := range p.blocks {
		b := &p.blocks[i]
		c.a, c.w = unsafe.Pointer(&a.A[4*b.first]), unsafe.Pointer(&b.weights[0])
		c.c = unsafe.Pointer(&a.C[m0*a.LDC+4*b.first])
		switch b.width {
		case 64:
			depthwise_f32f32_f32_1x64_avx2(&c)
		case 32:
			depthwise_f32f32_f32_1x32_avx2(&c)
		case 16:
			depthwise_f32f32_f32_1x16_avx2(&c)
		case 8:
			depthwise_f32f32_f32_1x8_avx2(&c)
		default:
			p.portable(b, a, m0, m1)
		}
	}
}
