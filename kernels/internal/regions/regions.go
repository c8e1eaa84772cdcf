// Package regions divides the outputs of a convolution into regions that read the same taps. Near an edge of the data
// some taps of a window lie in the padding. If that holds zeros, they contribute nothing to the sums, and a product
// need not multiply them.
package regions

import (
	"cmp"
	"slices"

	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// Kernel describes the tiles of a kernel and what they cost, in units of the time for four bytes of K of one row.
type Kernel struct {
	Rows int // the most of a tile
	// What a tile costs, and each of its taps, beside the multiplications; and how many rows a tile takes time for at
	// least, because of the latencies.
	Tile, Tap, Least int
	// What a call costs, if each line is a call of its own; adjoining lines are then one. 0 if a call takes all lines.
	Line int
}

// Order returns an order in which a kernel computes the outputs of a convolution, [batch][axes...] rows with one tap
// of tapBytes bytes for each position of the window. It is nil if computing all rows with all taps is about as fast.
func Order(batch int, axes []geometry.Axis, tapBytes int, kernel Kernel) (*gemm.Order, error) {
	d := newDivider(batch, axes, tapBytes, kernel)
	boxes, cost := d.divide(nil)
	if float64(cost) > worthwhile*float64(d.line(d.rows, d.taps)) {
		return nil, nil
	}
	var list []gemm.Region
	for _, b := range boxes {
		list = append(list, d.regions(b)...)
	}
	slices.SortFunc(list, func(a, b gemm.Region) int {
		image := d.axes[0].stride
		return cmp.Or(cmp.Compare(a.First/image, b.First/image), cmp.Compare(work(&b), work(&a)))
	})
	return gemm.NewOrder(d.rows, d.taps, list)
}

// work returns how many runs a region reads. Within an image the largest region comes first: it reads the image from
// the first line to the last, as prefetchers expect, and leaves it in the cache for those at the edges.
func work(r *gemm.Region) int { return r.Rows * r.Lines * len(r.Taps) }

const (
	// mostParts bounds into how many parts an axis is divided, because all combinations are compared.
	mostParts = 16
	// worthwhile is the ratio of estimated costs from which on an order is used.
	worthwhile = 0.99
)

// part is a range of the outputs of an axis, with the positions of the window that lie inside the data for any of them.
type part struct {
	first, count int
	taps         []int32
}

// axis is an axis of the outputs. Outputs of a part read the same positions, those of whole any.
type axis struct {
	stride int // rows from one output to the next
	window int
	whole  part
	parts  []part
}

// box has a part of each axis.
type box []part

// divider divides the outputs, whose first axis is the batch.
type divider struct {
	axes       []axis
	rows, taps int
	steps      int // of K in a tap
	kernel     Kernel
}

func newDivider(batch int, axes []geometry.Axis, tapBytes int, kernel Kernel) *divider {
	d := &divider{rows: batch, taps: 1, steps: (tapBytes + 3) / 4, kernel: kernel}
	images := geometry.Axis{In: batch, Window: 1, Out: batch, Stride: 1, Dilation: 1, DataDilation: 1}
	d.axes = append(d.axes, newAxis(images))
	for _, a := range axes {
		d.axes = append(d.axes, newAxis(a))
		d.rows *= a.Out
		d.taps *= a.Window
	}
	stride := d.rows
	for i := range d.axes {
		stride /= d.axes[i].whole.count
		d.axes[i].stride = stride
	}
	return d
}

func newAxis(g geometry.Axis) axis {
	a := axis{window: g.Window, whole: part{count: g.Out}}
	read := make([]bool, g.Window)
	for o := range g.Out {
		var taps []int32
		for k := range g.Window {
			if _, inside := g.At(o, k); inside {
				taps = append(taps, int32(k))
				read[k] = true
			}
		}
		taps = atLeastOne(taps)
		if last := len(a.parts) - 1; last >= 0 && slices.Equal(a.parts[last].taps, taps) {
			a.parts[last].count++
		} else if len(a.parts) <= mostParts {
			a.parts = append(a.parts, part{o, 1, taps})
		}
	}
	for k, inside := range read {
		if inside {
			a.whole.taps = append(a.whole.taps, int32(k))
		}
	}
	a.whole.taps = atLeastOne(a.whole.taps)
	if len(a.parts) > mostParts {
		a.parts = []part{a.whole}
	}
	return a
}

// atLeastOne returns taps or, if there are none, the first position: kernels expect one, and it reads zeros.
func atLeastOne(taps []int32) []int32 {
	if len(taps) == 0 {
		return []int32{0}
	}
	return taps
}

// divide returns the best division of the outputs in the parts of the first axes, and its cost: each further axis is
// divided into its parts or stays whole.
func (d *divider) divide(of box) (boxes []box, cost int) {
	if len(of) == len(d.axes) {
		_, _, cost = d.rowAxes(of)
		return []box{of}, cost
	}
	a := &d.axes[len(of)]
	boxes, cost = d.divide(append(slices.Clip(of), a.whole))
	if len(a.parts) == 1 {
		return boxes, cost
	}
	var divided []box
	sum := 0
	for _, p := range a.parts {
		b, c := d.divide(append(slices.Clip(of), p))
		divided, sum = append(divided, b...), sum+c
	}
	if sum < cost {
		return divided, sum
	}
	return boxes, cost
}

// rowAxes returns along which axes of a box, from first to last, the rows of a line lie, and what computing the box
// costs.
func (d *divider) rowAxes(b box) (first, last, cost int) {
	taps, outputs := 1, 1
	for _, p := range b {
		taps, outputs = taps*len(p.taps), outputs*p.count
	}
	for i := len(b) - 1; i >= 0; i-- {
		from, n := d.joined(b, i)
		if c := outputs / n * d.line(n, taps); cost == 0 || c < cost {
			first, last, cost = from, i, c
		}
	}
	return first, last, cost
}

// joined returns how many rows of a box that lie along the given axis are one line, and the first axis of the line: if
// it is not that axis, there are no rows between these.
func (d *divider) joined(b box, axis int) (first, rows int) {
	rows = b[axis].count
	joins := d.kernel.Line > 0 && axis == len(b)-1
	for joins && axis > 0 && b[axis].count == d.axes[axis].whole.count {
		axis--
		rows *= b[axis].count
	}
	return axis, rows
}

// line returns what a line of n rows with the given number of taps costs.
func (d *divider) line(n, taps int) int {
	k := &d.kernel
	tiles := (n + k.Rows - 1) / k.Rows
	return k.Line + taps*(d.steps*max(n, tiles*k.Least)+tiles*k.Tap) + tiles*k.Tile
}

// regions returns the regions of a box: the lines of one lie along the longest axis beside that of the rows, and there
// is one for each combination of outputs of the other axes.
func (d *divider) regions(b box) []gemm.Region {
	first, last, _ := d.rowAxes(b)
	rows, lines := 1, -1
	for i, p := range b {
		if i >= first && i <= last {
			rows *= p.count
		} else if lines < 0 || p.count >= b[lines].count {
			lines = i
		}
	}
	whole := gemm.Region{Rows: rows, Step: d.axes[last].stride, Lines: 1, Taps: []int32{0}}
	if lines >= 0 {
		whole.Lines, whole.LineStep = b[lines].count, d.axes[lines].stride
	}
	list := []gemm.Region{whole}
	for i, p := range b {
		a := &d.axes[i]
		var taps []int32
		for _, before := range list[0].Taps {
			for _, k := range p.taps {
				taps = append(taps, before*int32(a.window)+k)
			}
		}
		count := p.count
		if i >= first && i <= last || i == lines {
			count = 1
		}
		var next []gemm.Region
		for _, r := range list {
			for j := range count {
				to := r
				to.First, to.Taps = r.First+(p.first+j)*a.stride, taps
				next = append(next, to)
			}
		}
		list = next
	}
	return list
}
