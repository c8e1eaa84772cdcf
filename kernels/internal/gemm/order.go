package gemm

import (
	"fmt"
	"iter"
	"slices"
)

// Region is a set of rows that are computed with the same taps: for each line < Lines and i < Rows, row
// First + line*LineStep + i*Step.
type Region struct {
	First           int
	Rows, Step      int
	Lines, LineStep int
	Taps            []int32 // ascending, at least one

	gaps []int32 // see gapsOf
}

// Order is an order in which the rows of a product are computed, region by region and line by line, and says which taps
// need not be read because they contribute nothing to the sums. It is immutable.
type Order struct {
	rows    int
	taps    int // of the product
	regions []Region
	begins  []int // how many rows stand before each region, and behind the last one
	work    []int // how many taps of rows stand before each region, and behind the last one
}

// NewOrder returns an order of regions, which must have each row below rows once, and taps below taps.
func NewOrder(rows, taps int, regions []Region) (*Order, error) {
	o := &Order{rows: rows, taps: taps, regions: slices.Clone(regions), begins: []int{0}, work: []int{0}}
	seen := make([]bool, rows)
	for i, r := range regions {
		if !ascending(r.Taps, taps) {
			return nil, fmt.Errorf("region %d: got taps %d, want some of %d in ascending order", i, r.Taps, taps)
		}
		o.regions[i].gaps = gapsOf(r.Taps)
		n := 0
		for m := range r.All() {
			if m < 0 || m >= rows || seen[m] {
				return nil, fmt.Errorf("region %d: got row %d, want rows below %d that no other region has", i, m, rows)
			}
			seen[m] = true
			n++
		}
		o.begins = append(o.begins, o.begins[i]+n)
		o.work = append(o.work, o.work[i]+n*len(r.Taps))
	}
	if n := o.begins[len(regions)]; n != rows {
		return nil, fmt.Errorf("got regions of %d rows, want %d", n, rows)
	}
	return o, nil
}

// ascending reports whether there are taps, they are below n, and each is greater than the one before.
func ascending(taps []int32, n int) bool {
	last := int32(-1)
	for _, t := range taps {
		if t <= last || int(t) >= n {
			return false
		}
		last = t
	}
	return len(taps) > 0
}

// gapsOf returns, for each n below the number of taps, how many are left out before the last n; nil if none are.
func gapsOf(taps []int32) []int32 {
	if int(taps[len(taps)-1]-taps[0]) == len(taps)-1 {
		return nil
	}
	gaps := make([]int32, len(taps))
	for n := 1; n < len(taps); n++ {
		i := len(taps) - n
		gaps[n] = taps[i] - taps[i-1] - 1
	}
	return gaps
}

// All yields the rows of a region.
func (r *Region) All() iter.Seq[int] {
	return func(yield func(m int) bool) {
		for line := range r.Lines {
			for i := range r.Rows {
				if !yield(r.First + line*r.LineStep + i*r.Step) {
					return
				}
			}
		}
	}
}

// Split returns where part i of parts begins: at a line of a region, such that the parts are equal work, as far as that
// is possible. The tiles of a region with one line have tile rows.
func (o *Order) Split(i, parts, tile int) int {
	want := i * o.work[len(o.regions)] / parts
	at, _ := slices.BinarySearch(o.work, want+1)
	if at == len(o.work) {
		return o.rows
	}
	r := &o.regions[at-1]
	if r.Lines > 1 {
		tile = r.Rows
	}
	rows := (want - o.work[at-1]) / len(r.Taps)
	return o.begins[at-1] + min((rows+tile/2)/tile*tile, r.Rows*r.Lines)
}

// Within yields the regions of rows [m0,m1) in this order: whole regions or parts of them.
func (o *Order) Within(m0, m1 int) iter.Seq[Region] {
	return func(yield func(r Region) bool) {
		for i := range o.regions {
			r, begin := &o.regions[i], o.begins[i]
			for m, end := max(m0, begin)-begin, min(m1-begin, r.Rows*r.Lines); m < end; {
				part := r.part(m, end)
				if !yield(part) {
					return
				}
				m += part.Rows * part.Lines
			}
		}
	}
}

// part returns rows of r from number m on, at most to end: whole lines if they begin with m, or a part of one.
func (r *Region) part(m, end int) Region {
	line, i := m/r.Rows, m%r.Rows
	part := *r
	part.First += line*r.LineStep + i*r.Step
	if lines := (end - m) / r.Rows; i == 0 && lines > 0 {
		part.Lines = lines
		return part
	}
	part.Rows, part.Lines = min(r.Rows-i, end-m), 1
	return part
}
