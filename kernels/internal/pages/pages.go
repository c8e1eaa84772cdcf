// Package pages asks the operating system for large pages. Weights are read from end to end once in
// each run, more of them than the CPU has addresses of small pages at hand.
package pages

import "unsafe"

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

// Gather moves what has been written to v to large pages, where memory was in use before Large.
func Gather[T any](v []T) {
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
