package sgemm

import (
	"sync"
	"unsafe"
)

// kernel computes the tiles of a call, one below the other, in a panel of the given width: a whole panel or half of
// one. It takes the call by value, so that the call stays on the stack.
type kernel func(c call, width int)

// assembled adds to a variant that it runs a kernel.
func assembled(v Variant, suits func(s Spec) bool, k kernel) Variant {
	nr, bytes := v.NR, Size(v.Type)*v.MR*v.NR
	tiles := &sync.Pool{New: func() any {
		tile := make([]byte, bytes)
		return &tile
	}}
	v.suits = suits
	v.run = func(p *Packed, a *Args, r Rows, panel0, panel1 int) {
		_, together := p.variant.Tile(p.spec.N)
		for panel := panel0; panel < panel1; panel++ {
			switch n0, width := panel*nr, p.width(panel); {
			case together == 2 && panel+2 <= panel1 && n0+2*nr <= p.spec.N:
				p.tiles(p.variant.pair, a, &r, panel, pairRows)
				panel++
			case p.spec.N-n0 < width:
				tile := tiles.Get().(*[]byte)
				p.partial(k, *tile, a, &r, panel)
				tiles.Put(tile)
			default:
				p.tiles(k, a, &r, panel, p.variant.MR)
			}
		}
	}
	return v
}

// pairRows is the most rows of a tile of two panels.
const pairRows = 6

// inPairs adds to an assembled variant that it computes two whole panels at once by a kernel of their own, in tiles of
// at most pairRows rows.
func inPairs(v Variant, k kernel) Variant {
	v.pair = k
	return v
}

// Tile returns how many rows a tile has at most, and over how many panels it extends, in a product with n columns: Run
// is fastest for multiples of them.
func (v *Variant) Tile(n int) (rows, panels int) {
	if v.pair != nil && n >= 2*v.NR {
		return pairRows, 2
	}
	return v.MR, 1
}

// call returns the arguments that all tiles of a panel share.
func (p *Packed) call(a *Args, r *Rows, panel int) call {
	return call{
		a: unsafe.Pointer(unsafe.SliceData(a.A)), b: unsafe.Pointer(unsafe.SliceData(p.panel(panel))), ldc: a.LDC,
		pitch: 4 * r.Step * p.spec.Taps, list: unsafe.Pointer(unsafe.SliceData(r.Taps)), taps: len(r.Taps),
		tapB: p.size() * p.tapSteps() * p.width(panel), k: p.spec.TapNumbers,
		panelB: p.size() * p.steps() * p.variant.NR,
	}
}

// at points the call to number i of the rows and column n0.
func (p *Packed) at(c *call, a *Args, r *Rows, i, n0 int) {
	c.c = unsafe.Pointer(&a.C[i*a.LDC+p.size()*n0])
	c.offsets = unsafe.Pointer(&a.Offsets[(r.First+i*r.Step)*p.spec.Taps])
}

// tiles computes a panel, or two, all of whose columns the kernel stores, in tiles of at most mr rows. They differ by
// one row at most.
func (p *Packed) tiles(k kernel, a *Args, r *Rows, panel, mr int) {
	c, n0, width := p.call(a, r, panel), panel*p.variant.NR, p.width(panel)
	tiles := (r.Count + mr - 1) / mr
	rows, more := r.Count/tiles, r.Count%tiles
	if more > 0 {
		c.rows, c.tiles = rows+1, more
		p.at(&c, a, r, 0, n0)
		k(c, width)
	}
	c.rows, c.tiles = rows, tiles-more
	p.at(&c, a, r, more*(rows+1), n0)
	k(c, width)
}

// partial computes a panel that extends beyond the last column, one tile at a time through a buffer.
func (p *Packed) partial(k kernel, tile []byte, a *Args, r *Rows, panel int) {
	c, mr, n0, width := p.call(a, r, panel), p.variant.MR, panel*p.variant.NR, p.width(panel)
	size := p.size()
	row := size * (p.spec.N - n0)
	for m := 0; m < r.Count; m += mr {
		c.rows, c.tiles = min(mr, r.Count-m), 1
		p.at(&c, a, r, m, n0)
		c.c, c.ldc = unsafe.Pointer(unsafe.SliceData(tile)), size*width
		k(c, width)
		for i := range c.rows {
			copy(a.C[(m+i)*a.LDC+size*n0:][:row], tile[i*size*width:])
		}
	}
}
