package movement

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Permutation is a transposition of a tensor. Dimensions that stay neighbours are merged, and contiguous runs are moved
// as single elements. It is divided into tiles, which are matrices: their rows lie along the last dimensions of the
// output, their columns along the last ones of the data, so that whole cache lines are read and written.
type Permutation struct {
	Kernel string
	Tiles  int

	rows, columns side
	axes          []axis // the others
	size          int    // bytes per element
	run           func(m Matrix)
}

// axis is a dimension, with its strides in the data and in the output in bytes.
type axis struct{ n, in, out int }

// side is the rows or the columns of a tile.
type side struct {
	at    []int // as in Matrix
	tiles axis
	last  int // how many rows or columns the last tile has
}

// NewPermutation returns the transposition of elements of size bytes to the given order of axes.
func NewPermutation(s isa.Set, in, order []int, size int) *Permutation {
	axes, size := merged(in, order, size)
	most := min(64, max(16, 512/size), max(1, 1<<14/size))
	rows, axes := innermost(axes, most, func(a axis, n int) bool { return a.out == n*size && a.in != size })
	columns, axes := innermost(axes, most, func(a axis, n int) bool { return a.in == n*size })
	p := &Permutation{
		Kernel: "transpose", axes: axes, size: size,
		rows:    sideOf(rows, most, func(a axis) int { return a.in }),
		columns: sideOf(columns, most, func(a axis) int { return a.out }),
	}
	p.Tiles = p.rows.tiles.n * p.columns.tiles.n
	for _, a := range p.axes {
		p.Tiles *= a.n
	}
	if p.run = p.moveRuns; slices.Contains([]int{1, 2, 4, 8}, size) {
		v := Choose(s, size)
		p.Kernel, p.run = v.Name, v.Run
	}
	return p
}

// merged returns the axes of the output, and the bytes of its elements.
func merged(in, order []int, size int) ([]axis, int) {
	strides := stridesOf(in, size)
	var axes []axis
	for _, a := range order {
		if in[a] == 1 {
			continue
		}
		if last := len(axes) - 1; last >= 0 && axes[last].in == strides[a]*in[a] {
			axes[last] = axis{n: axes[last].n * in[a], in: strides[a]}
			continue
		}
		axes = append(axes, axis{n: in[a], in: strides[a]})
	}
	if last := len(axes) - 1; last >= 0 && axes[last].in == size {
		size *= axes[last].n
		axes = axes[:last]
	}
	step := size
	for i := len(axes) - 1; i >= 0; i-- {
		axes[i].out = step
		step *= axes[i].n
	}
	return axes, size
}

// innermost takes from axes one after the other that next accepts behind n elements, until these are most.
func innermost(axes []axis, most int, next func(a axis, n int) bool) (taken, left []axis) {
	for n := 1; n < most; {
		i := slices.IndexFunc(axes, func(a axis) bool { return next(a, n) })
		if i < 0 {
			break
		}
		n *= axes[i].n
		taken, axes = append(taken, axes[i]), slices.Delete(axes, i, i+1)
	}
	return taken, axes
}

// sideOf returns the side of a tile along axes, the innermost first. The last of these is divided if there are more
// than about most rows or columns.
func sideOf(axes []axis, most int, stride func(axis) int) side {
	s := side{at: []int{0}, tiles: axis{n: 1}, last: 1}
	for i, a := range axes {
		n, each := a.n, len(s.at)
		if i == len(axes)-1 && n*each > most+most/2 {
			n = (most + each - 1) / each
		}
		for k := 1; k < n; k++ {
			for _, at := range s.at[:each] {
				s.at = append(s.at, at+k*stride(a))
			}
		}
		s.tiles = axis{n: (a.n + n - 1) / n, in: n * a.in, out: n * a.out}
		s.last = each * (a.n - (s.tiles.n-1)*n)
	}
	return s
}

// Run computes tiles [t0,t1).
func (p *Permutation) Run(out, in []byte, t0, t1 int) {
	for t := t0; t < t1; t++ {
		m := Matrix{Rows: p.rows.at, InStride: 1, Columns: p.columns.at, OutStride: 1}
		rest, i := divided(t, p.rows.tiles.n)
		if i == p.rows.tiles.n-1 {
			m.Rows = m.Rows[:p.rows.last]
		}
		rest, j := divided(rest, p.columns.tiles.n)
		if j == p.columns.tiles.n-1 {
			m.Columns = m.Columns[:p.columns.last]
		}
		from, to := i*p.rows.tiles.in+j*p.columns.tiles.in, i*p.rows.tiles.out+j*p.columns.tiles.out
		for i := len(p.axes) - 1; i >= 0; i-- {
			a, k := &p.axes[i], 0
			rest, k = divided(rest, a.n)
			from, to = from+k*a.in, to+k*a.out
		}
		m.Out, m.In = out[to:], in[from:]
		p.run(m)
	}
}

// divided returns the quotient and the remainder; most axes of tiles have one.
func divided(i, n int) (quotient, remainder int) {
	if n == 1 {
		return i, 0
	}
	return i / n, i % n
}

// moveRuns transposes a matrix of elements for which there is no Variant.
func (p *Permutation) moveRuns(m Matrix) {
	for j, to := range m.Columns {
		Take(m.Out[to:], m.In[j*p.size:], m.Rows, m.Rows[len(m.Rows)-1], p.size)
	}
}

// stridesOf returns the bytes from one index of each axis to the next, for elements of size bytes.
func stridesOf(shape []int, size int) []int {
	strides := make([]int, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = size
		size *= shape[i]
	}
	return strides
}
