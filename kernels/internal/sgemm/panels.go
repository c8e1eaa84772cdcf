package sgemm

import (
	"sync"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// kernel computes the tiles of a call, one below the other, in a panel of the given width: a whole panel or half of
// one. It takes the call by value, so that the call stays on the stack.
type kernel func(c call, width int)

// assembled returns the variant of a kernel.
func assembled(i variant.Info, suits func(s Spec) bool, k kernel) Variant {
	mr, nr := i.MR, i.NR
	tiles := &sync.Pool{New: func() any {
		tile := make([]byte, 4*mr*nr)
		return &tile
	}}
	return Variant{
		Info:  i,
		suits: suits,
		run: func(p *Packed, a *Args, m0, m1, panel0, panel1 int) {
			for panel := panel0; panel < panel1; panel++ {
				if n0, width := panel*nr, p.width(panel); p.spec.N-n0 < width {
					tile := tiles.Get().(*[]byte)
					p.partial(k, *tile, a, m0, m1, panel)
					tiles.Put(tile)
					continue
				}
				p.tiles(k, a, m0, m1, panel)
			}
		},
	}
}

// call returns the arguments that all tiles of a panel share.
func (p *Packed) call(a *Args, panel int) call {
	return call{
		a: unsafe.Pointer(unsafe.SliceData(a.A)), b: unsafe.Pointer(unsafe.SliceData(p.panel(panel))),
		ldc: a.LDC, taps: p.spec.Taps, k: p.spec.TapNumbers,
	}
}

// at points the call to row m and column n0.
func (c *call) at(a *Args, m, n0 int) {
	c.c, c.offsets = unsafe.Pointer(&a.C[m*a.LDC+4*n0]), unsafe.Pointer(&a.Offsets[m*c.taps])
}

// tiles computes a panel all of whose columns the kernel stores.
func (p *Packed) tiles(k kernel, a *Args, m0, m1, panel int) {
	c, mr, n0 := p.call(a, panel), p.variant.MR, panel*p.variant.NR
	tiles := (m1 - m0) / mr
	if tiles > 0 {
		c.rows, c.tiles = mr, tiles
		c.at(a, m0, n0)
		k(c, p.width(panel))
	}
	if rest := (m1 - m0) % mr; rest > 0 {
		c.rows, c.tiles = rest, 1
		c.at(a, m0+tiles*mr, n0)
		k(c, p.width(panel))
	}
}

// partial computes a panel that extends beyond the last column, one tile at a time through a buffer.
func (p *Packed) partial(k kernel, tile []byte, a *Args, m0, m1, panel int) {
	c, mr, n0, width := p.call(a, panel), p.variant.MR, panel*p.variant.NR, p.width(panel)
	row := 4 * (p.spec.N - n0)
	for m := m0; m < m1; m += mr {
		c.rows, c.tiles = min(mr, m1-m), 1
		c.at(a, m, n0)
		c.c, c.ldc = unsafe.Pointer(unsafe.SliceData(tile)), 4*width
		k(c, width)
		for i := range c.rows {
			copy(a.C[(m+i)*a.LDC+4*n0:][:row], tile[i*4*width:])
		}
	}
}
