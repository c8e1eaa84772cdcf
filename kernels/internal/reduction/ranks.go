package reduction

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Ranks is a heap of the largest of some numbers, each with its place. The least of them is first: of equal ones, that
// whose place is the last.
type Ranks struct{ Orders, Places []uint64 }

// Top stores the ranks of the largest of n numbers, in descending order. order says how a number compares.
func (r *Ranks) Top(n int, order func(i int) uint64) {
	k := len(r.Orders)
	for i := range k {
		r.Orders[i], r.Places[i] = order(i), uint64(i)
	}
	for i := k/2 - 1; i >= 0; i-- {
		r.sink(i, k)
	}
	for i := k; i < n; i++ {
		if o := order(i); o > r.Orders[0] { // what comes later is below its equals
			r.Orders[0], r.Places[0] = o, uint64(i)
			r.sink(0, k)
		}
	}
	for last := k - 1; last > 0; last-- {
		r.swap(0, last)
		r.sink(0, last)
	}
}

// sink moves a rank down in a heap of n.
func (r *Ranks) sink(at, n int) {
	for child := 2*at + 1; child < n; child = 2*at + 1 {
		if child+1 < n && r.below(child+1, child) {
			child++
		}
		if !r.below(child, at) {
			return
		}
		r.swap(at, child)
		at = child
	}
}

func (r *Ranks) below(i, j int) bool {
	return r.Orders[i] < r.Orders[j] || r.Orders[i] == r.Orders[j] && r.Places[i] > r.Places[j]
}

func (r *Ranks) swap(i, j int) {
	r.Orders[i], r.Orders[j] = r.Orders[j], r.Orders[i]
	r.Places[i], r.Places[j] = r.Places[j], r.Places[i]
}

// OrderOf returns what tells how the numbers of a row compare: NaN is below everything, and zeros are equal. It is nil
// for types that have none.
func OrderOf(t core.Type) func(row []byte, i int) uint64 {
	switch t {
	case core.U8:
		return wholeOrder[uint8]
	case core.I8:
		return wholeOrder[int8]
	case core.U16:
		return wholeOrder[uint16]
	case core.I16:
		return wholeOrder[int16]
	case core.U32:
		return wholeOrder[uint32]
	case core.I32:
		return wholeOrder[int32]
	case core.I64:
		return wholeOrder[int64]
	case core.F16:
		return func(row []byte, i int) uint64 { return halfOrder(view.Of[uint16](row)[i], 0x7c00) }
	case core.BF16:
		return func(row []byte, i int) uint64 { return halfOrder(view.Of[uint16](row)[i], 0x7f80) }
	case core.F64:
		return func(row []byte, i int) uint64 {
			v := view.Of[float64](row)[i]
			if v != v {
				return 0
			}
			b := math.Float64bits(v + 0)
			return b ^ (uint64(int64(b)>>63) | 1<<63)
		}
	}
	return nil
}

func wholeOrder[T uint8 | int8 | uint16 | int16 | uint32 | int32 | int64](row []byte, i int) uint64 {
	return uint64(int64(view.Of[T](row)[i])) ^ 1<<63
}

// halfOrder is the order of a real of 16 bits, of which those of infinity are given.
func halfOrder(b, infinity uint16) uint64 {
	switch magnitude := b &^ (1 << 15); {
	case magnitude > infinity:
		return 0
	case magnitude == 0:
		b = 0
	}
	return uint64(b ^ (uint16(int16(b)>>15) | 1<<15))
}
