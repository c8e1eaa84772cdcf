// Package view has memory as numbers and numbers as memory, without copies: what changes in one changes in the other.
package view

import "unsafe"

// Element is a type of elements that have a fixed size and no pointers.
type Element interface {
	bool | int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64 |
		complex64 | complex128
}

// Of returns all of b as elements; bytes after the last whole one are left out. b must be aligned to the size of an
// element, as buffers and the data of tensors are.
func Of[T Element](b []byte) []T {
	var v T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(v)))
}

// First returns the n elements that b begins with. It panics if b, whatever its capacity, is shorter. b must be aligned
// as Of says.
func First[T Element](b []byte, n int) []T {
	var v T
	b = b[: n*int(unsafe.Sizeof(v)) : len(b)]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// Bytes returns elements as bytes.
func Bytes[T Element](v []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(one)))
}
