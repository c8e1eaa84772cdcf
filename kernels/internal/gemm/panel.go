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

// tiling divides n rows into tiles of at most mr rows whose sizes differ by at most one: first more tiles of rows+1
// rows, then others tiles of rows rows.
func tiling(n, mr int) (rows, more, others int) {
	tiles := (n + mr - 1) / mr
	rows, more = n/tiles, n%tiles
	return rows, more, tiles - more
}
