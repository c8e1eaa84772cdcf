//go:build amd64 && !purego

package sgemm

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

//go:generate go -C ../../_asm run ./sgemm

var native = []Variant{
	{Name: "gemm_f32f32_f32_6x16k1_avx2", ISA: isa.AVX2, MR: mostRows, NR: 16, run: runAVX2},
}

const mostRows = 6

func runAVX2(p *Packed, a *Args, m0, m1, panel0, panel1 int) {
	taps := p.spec.Taps
	c := call{a: unsafe.Pointer(unsafe.SliceData(a.A)), taps: taps, k: p.spec.TapNumbers}
	for panel := panel0; panel < panel1; panel++ {
		n0, width := panel*16, p.width(panel)
		c.b = unsafe.Pointer(unsafe.SliceData(p.panel(panel)))
		if cols := min(p.spec.N-n0, width); cols < width {
			p.partial(c, a, m0, m1, n0, cols, width)
			continue
		}
		c.ldc = a.LDC
		tiles := (m1 - m0) / mostRows
		if tiles > 0 {
			c.rows, c.tiles = mostRows, tiles
			c.at(a, m0, taps, n0)
			c.run(width)
		}
		if rest := (m1 - m0) % mostRows; rest > 0 {
			c.rows, c.tiles = rest, 1
			c.at(a, m0+tiles*mostRows, taps, n0)
			c.run(width)
		}
	}
}

// at points the call to row m and column n0.
func (c *call) at(a *Args, m, taps, n0 int) {
	c.c, c.offsets = unsafe.Pointer(&a.C[m*a.LDC+4*n0]), unsafe.Pointer(&a.Offsets[m*taps])
}

func (c *call) run(width int) {
	if width == 8 {
		gemm_f32f32_f32_6x8k1_avx2(c)
		return
	}
	gemm_f32f32_f32_6x16k1_avx2(c)
}

// partial computes a panel of which not all columns exist, a tile at a time by way of
// the stack.
func (p *Packed) partial(c call, a *Args, m0, m1, n0, cols, width int) {
	var tile [mostRows * 16 * 4]byte
	for m := m0; m < m1; m += mostRows {
		c.rows, c.tiles = min(mostRows, m1-m), 1
		c.at(a, m, p.spec.Taps, n0)
		c.c, c.ldc = unsafe.Pointer(&tile), 4*width
		c.run(width)
		for i := range c.rows {
			copy(a.C[(m+i)*a.LDC+4*n0:][:4*cols], tile[i*4*width:])
		}
	}
}
