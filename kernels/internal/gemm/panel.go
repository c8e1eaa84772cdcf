package gemm

import "unsafe"

// panelWidth returns the width of a panel as packed: the last panel has half the width if its columns fit into that.
func (p *Packed) panelWidth(panel int) int {
	nr := p.variant.NR
	if p.spec.N-panel*nr <= nr/2 {
		return nr / 2
	}
	return nr
}

// epilogueCall sets the fields of c for the epilogue that do not depend on the rows.
func (p *Packed) epilogueCall(c *call, a *Args, panel int) {
	n0 := panel * p.variant.NR
	cols := min(p.spec.N-n0, p.variant.NR)
	o := a.Operands
	c.init = unsafe.Pointer(&o.init[n0])
	c.pre, c.scale = columnsAt(o.columns[Pre], n0), columnsAt(o.columns[Scale], n0)
	c.bias, c.post = columnsAt(o.columns[Bias], n0), columnsAt(o.columns[Post], n0)
	c.ldc, c.ldsum = a.LDC, a.LDSum
	c.flags, c.mask = p.flags, 1<<cols-1
	if cols < p.panelWidth(panel) {
		c.flags |= partial
	}
	c.lo, c.hi, c.sumScale = p.lo, p.hi, o.sumScale
	c.flip = uint32(p.flip) * 0x01010101
}

func columnsAt(v []float32, n0 int) unsafe.Pointer {
	if v == nil {
		return nil
	}
	return unsafe.Pointer(&v[n0])
}

// rowsCall points c to row m and column n0 of the results.
func (p *Packed) rowsCall(c *call, a *Args, m, n0 int) {
	c.c = unsafe.Pointer(&a.C[m*a.LDC+n0*p.size])
	if p.sumSize > 0 {
		c.sum = unsafe.Pointer(&a.Sum[m*a.LDSum+n0*p.sumSize])
	}
}

// cutTile is a tile of which not all columns of the panel exist: rows first, first+step, ... It goes through scratch.
type cutTile struct{ panel, first, step, rows int }

// tileBytes is the size of the largest tile that goes through scratch.
const tileBytes = 6 * 16 * 4

// scratchTile is the scratch for such a tile, and for its summands.
func scratchTile(*Packed) int { return 2 * tileBytes }

// load points c to scratch in place of C and Sum, and copies the tile's summands there. All columns of the panel have
// room in it.
func (t *cutTile) load(p *Packed, c *call, a *Args, scratch []byte) {
	width, n0 := p.panelWidth(t.panel), t.panel*p.variant.NR
	sums, size := scratch[tileBytes:], (p.spec.N-n0)*p.sumSize
	c.c, c.ldc = unsafe.Pointer(&scratch[0]), width*p.size
	c.sum, c.ldsum = unsafe.Pointer(&sums[0]), width*p.sumSize
	for i := range t.rows {
		if size > 0 {
			copy(sums[i*c.ldsum:], a.Sum[(t.first+i*t.step)*a.LDSum+n0*p.sumSize:][:size])
		}
	}
}

// store copies the columns that exist from scratch to C.
func (t *cutTile) store(p *Packed, a *Args, scratch []byte) {
	width, n0 := p.panelWidth(t.panel), t.panel*p.variant.NR
	for i := range t.rows {
		to := a.C[(t.first+i*t.step)*a.LDC+n0*p.size:]
		copy(to[:(p.spec.N-n0)*p.size], scratch[i*width*p.size:])
	}
}

// tiling divides n rows into tiles of at most mr rows whose sizes differ by at most one: first more tiles of rows+1
// rows, then others tiles of rows rows.
func tiling(n, mr int) (rows, more, others int) {
	tiles := (n + mr - 1) / mr
	rows, more = n/tiles, n%tiles
	return rows, more, tiles - more
}
