// Package pages asks the operating system for large pages. Each run reads all weights once from end to end, and they
// span more small pages than the CPU's TLB has entries.
package pages

import (
	"sync/atomic"
	"unsafe"
)

// large is the size of a large page on x86-64, and on arm64 with pages of 4 KiB.
const large = 2 << 20

// least is the least size of a slice that is worth the system call.
const least = large / 8

// Large asks for all of v to be backed by large pages. Call it before v is written for the first time. It is only a
// hint: it changes no contents and returns no error. Heap memory next to v in the same large pages shares them.
func Large[T any](v []T) {
	if begin, size := behind(v); size > 0 {
		advise(begin, size)
	}
}

// often is the number of uses from which on it pays to move memory that is already in small pages.
const often = 16

// Uses counts the reads of a slice.
type Uses struct{ n atomic.Uint32 }

// Count counts a read of v. Some of v may lie in small pages, because the memory was in use before Large. When v has
// been read often, Count moves it to large pages; a program that runs only once does not pay for that.
func Count[T any](u *Uses, v []T) {
	if u.n.Load() >= often || u.n.Add(1) != often { // many threads read the number, so it is not written for ever
		return
	}
	if begin, size := behind(v); size > 0 {
		collapse(begin, size)
	}
}

// behind returns the range of the large pages that hold v; an empty range if v is not worth the system call.
func behind[T any](v []T) (begin, size uintptr) {
	bytes := uintptr(len(v)) * unsafe.Sizeof(*new(T))
	if bytes < least {
		return 0, 0
	}
	begin, end := around(uintptr(unsafe.Pointer(unsafe.SliceData(v))), bytes)
	return begin, end - begin
}

// around returns the bounds of the large pages that hold the size bytes that begin at at.
func around(at, size uintptr) (begin, end uintptr) {
	return at &^ (large - 1), (at + size + large - 1) &^ (large - 1)
}
