package movement

import (
	"slices"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Permutation is a transposition of a tensor. Dimensions that stay neighbours are merged. A line is the output's last
// dimension; its elements are read from the data at a stride.
type Permutation struct {
	Kernel string
	Lines  int

	axes   []axis   // the output's dimensions before the line; a dimension of neighbours in the data is the last
	n      int      // elements per line
	stride int      // bytes from one element of a line to the next in the data
	size   int      // bytes per element
	matrix *Variant // transposes elements of this size; nil if there is none
}

// axis is a dimension, with its strides in the data and in the output in bytes.
type axis struct{ n, in, out int }

// NewPermutation returns the transposition of elements of size bytes to the given order of axes.
func NewPermutation(s isa.Set, in, order []int, size int) *Permutation {
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
	if last := len(axes) - 1; last >= 0 && axes[last].in == size { // contiguous runs are moved as single elements
		size *= axes[last].n
		axes = axes[:last]
	}
	p := &Permutation{Kernel: "transpose", Lines: 1, n: 1, size: size}
	if last := len(axes) - 1; last >= 0 {
		p.n, p.stride, p.axes = axes[last].n, axes[last].in, axes[:last]
	}
	step := p.n * p.size
	for i := len(p.axes) - 1; i >= 0; i-- {
		p.axes[i].out = step
		step *= p.axes[i].n
		p.Lines *= p.axes[i].n
	}
	if i := slices.IndexFunc(p.axes, func(a axis) bool { return a.in == p.size }); i >= 0 {
		a := p.axes[i]
		p.axes = append(slices.Delete(p.axes, i, i+1), a)
	}
	if slices.Contains([]int{1, 2, 4, 8}, p.size) && p.n > 1 {
		p.matrix = Choose(s, p.size)
		p.Kernel = p.matrix.Name
	}
	return p
}

// Run computes lines [l0,l1).
func (p *Permutation) Run(out, in []byte, l0, l1 int) {
	width, step := 1, p.n*p.size // of the columns of a matrix, which are lines
	if last := len(p.axes) - 1; p.matrix != nil && last >= 0 && p.axes[last].in == p.size {
		width, step = p.axes[last].n, p.axes[last].out
	}
	for l := l0; l < l1; {
		lines := min(width-l%width, l1-l)
		from, to := p.places(l)
		if p.matrix == nil {
			CopyRuns(out[to:], in[from:], p.n, p.size, p.size, p.stride)
		} else {
			p.matrix.Run(Matrix{
				Out: out[to:], In: in[from:], Rows: p.n, Columns: lines, OutStride: step, InStride: p.stride,
			}, 0, p.n)
		}
		l += lines
	}
}

// places returns the offsets in the data and in the output at which line l begins.
func (p *Permutation) places(l int) (from, to int) {
	for i := len(p.axes) - 1; i >= 0; i-- {
		a := &p.axes[i]
		k := l % a.n
		from, to = from+k*a.in, to+k*a.out
		l /= a.n
	}
	return from, to
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
