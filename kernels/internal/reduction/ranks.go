package reduction

import (
	"cmp"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Ranks is a heap of the largest of some numbers, each with its place. The least of them is first: of equal ones, that
// whose place is the last.
type Ranks struct{ Orders, Places []uint64 }

// Top stores the ranks of the largest of the n numbers of a row, in descending order.
func (r *Ranks) Top(row []byte, n int, order *Order) {
	k := len(r.Orders)
	for i := range k {
		r.Orders[i], r.Places[i] = order.of(row, i), uint64(i)
	}
	for i := k/2 - 1; i >= 0; i-- {
		r.sink(i, k)
	}
	// What comes later is below its equals.
	for i := order.next(row, k, int(r.Places[0])); i < n; i = order.next(row, i+1, int(r.Places[0])) {
		r.Orders[0], r.Places[0] = order.of(row, i), uint64(i)
		r.sink(0, k)
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

// Order tells how the numbers of a row compare: NaN is below everything, and zeros are equal.
type Order struct {
	of   func(row []byte, i int) uint64
	next func(row []byte, i, than int) int // the place of the first number, from i on, that is larger than another one
}

var orders = map[core.Type]*Order{
	core.U8: {wholeOrder[uint8], next[uint8]}, core.I8: {wholeOrder[int8], next[int8]},
	core.U16: {wholeOrder[uint16], next[uint16]}, core.I16: {wholeOrder[int16], next[int16]},
	core.U32: {wholeOrder[uint32], next[uint32]}, core.I32: {wholeOrder[int32], next[int32]},
	core.I64: {wholeOrder[int64], next[int64]}, core.F64: {doubleOrder, next[float64]},
	core.F16: halves(0x7c00), core.BF16: halves(0x7f80),
}

// OrderOf returns the order of a type; nil for types that have none.
func OrderOf(t core.Type) *Order { return orders[t] }

func wholeOrder[T uint8 | int8 | uint16 | int16 | uint32 | int32 | int64](row []byte, i int) uint64 {
	return uint64(int64(view.Of[T](row)[i])) ^ 1<<63
}

func doubleOrder(row []byte, i int) uint64 {
	v := view.Of[float64](row)[i]
	if v != v {
		return 0
	}
	b := math.Float64bits(v + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

func next[T interface {
	view.Element
	cmp.Ordered
}](row []byte, i, than int) int {
	x := view.Of[T](row)
	v := x[than]
	for i < len(x) && !(x[i] > v || v != v && x[i] == x[i]) {
		i++
	}
	return i
}

// halves returns the order of reals of 16 bits, of which those of infinity are given.
func halves(infinity uint16) *Order {
	return &Order{
		of: func(row []byte, i int) uint64 { return halfOrder(view.Of[uint16](row)[i], infinity) },
		next: func(row []byte, i, than int) int {
			x := view.Of[uint16](row)
			order, key := halfOrder(x[than], infinity), halfKey(x[than])
			if order == 0 {
				key = math.MinInt16
			}
			for i < len(x) && (halfKey(x[i]) <= key || halfOrder(x[i], infinity) <= order) {
				i++
			}
			return i
		},
	}
}

// halfKey is the order of reals of 16 bits other than NaN, except that 0 is above -0.
func halfKey(b uint16) int16 { return int16(b) ^ int16(uint16(int16(b)>>15)>>1) }

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
