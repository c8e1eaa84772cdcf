// Package pages asks the operating system for large pages. Weights are read from end to end once in
// each run, more of them than the CPU has addresses of small pages at hand.
package pages

import (
	"sync/atomic"
	"unsafe"
)

// large is the size of a large page: of x86-64, and of arm64 with pages of 4 KiB.
const large = 2 << 20

// least is the size from which on a slice is worth the call.
const least = large / 8

// Large asks for large pages behind all of v, before it is written for the first time. It is a
// wish: contents and errors do not depend on it. What lies beside v in the same pages belongs to the same
// heap and shares them.
func Large[T any](v []T) {
	if begin, size := behind(v); size > 0 {
		advise(begin, size)
	}
}

// often is how many uses make it worth moving what is there already.
const often = 16

// Uses counts the reads of a slice.
type Uses struct{ n atomic.Uint32 }

// Count counts a read of v. When it has been read often, what lies in small pages, because the memory was
// in use before Large, moves to large ones: a program that runs once does not pay for it.
func Count[T any](u *Uses, v []T) {
	if u.n.Add(1) != often {
		return
	}
	if begin, size := behind(v); size > 0 {
		collapse(begin, size)
	}
}

// behind returns the range of the large pages that hold v; none if v is not worth the call.
func behind[T any](v []T) (begin, size uintptr) {
	bytes := uintptr(len(v)) * unsafe.Sizeof(*new(T))
	if bytes < least {
		return 0, 0
	}
	begin, end := around(uintptr(unsafe.Pointer(unsafe.SliceData(v))), bytes)
	return begin, end - begin
}

// around returns the bounds of the large pages that hold size bytes from at on.
func around(at, size uintptr) (begin, end uintptr) {
	return at &^ (large - 1), (at + size + large - 1) &^ (large - 1)
}
