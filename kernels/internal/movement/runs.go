package movement

import "unsafe"

// CopyRuns copies n runs of size bytes, which are outStride and inStride bytes apart.
func CopyRuns(out, in []byte, n, size, outStride, inStride int) {
	switch size {
	case 1:
		copyRuns[[1]byte](out, in, n, outStride, inStride)
	case 2:
		copyRuns[[2]byte](out, in, n, outStride, inStride)
	case 3:
		copyRuns[[3]byte](out, in, n, outStride, inStride)
	case 4:
		copyRuns[[4]byte](out, in, n, outStride, inStride)
	case 8:
		copyRuns[[8]byte](out, in, n, outStride, inStride)
	case 12:
		copyRuns[[12]byte](out, in, n, outStride, inStride)
	case 16:
		copyRuns[[16]byte](out, in, n, outStride, inStride)
	case 32:
		copyRuns[[32]byte](out, in, n, outStride, inStride)
	case 64:
		copyRuns[[64]byte](out, in, n, outStride, inStride)
	default:
		for i := range n {
			copy(out[i*outStride:][:size], in[i*inStride:][:size])
		}
	}
}

func copyRuns[T any](out, in []byte, n, outStride, inStride int) {
	if n <= 0 {
		return
	}
	var v T
	size := int(unsafe.Sizeof(v))
	to := unsafe.Pointer(unsafe.SliceData(out[:(n-1)*outStride+size]))
	from := unsafe.Pointer(unsafe.SliceData(in[:(n-1)*inStride+size]))
	a, b := 0, 0
	for range n {
		*(*T)(unsafe.Add(to, a)) = *(*T)(unsafe.Add(from, b))
		a, b = a+outStride, b+inStride
	}
}

// Take stores in to, one after the other, the runs of size bytes that begin at the given offsets of from, of which most
// is the greatest. It panics if a slice is too short for them.
func Take(to, from []byte, at []int, most, size int) {
	to, from = to[:len(at)*size], from[:most+size]
	switch size {
	case 1:
		take[[1]byte](to, from, at)
	case 2:
		take[[2]byte](to, from, at)
	case 3:
		take[[3]byte](to, from, at)
	case 4:
		take[[4]byte](to, from, at)
	case 8:
		take[[8]byte](to, from, at)
	case 12:
		take[[12]byte](to, from, at)
	case 16:
		take[[16]byte](to, from, at)
	case 32:
		take[[32]byte](to, from, at)
	case 64:
		take[[64]byte](to, from, at)
	default:
		for i, a := range at {
			copy(to[i*size:][:size], from[a:][:size])
		}
	}
}

func take[T any](to, from []byte, at []int) {
	out, in := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	var v T
	for i, a := range at {
		*(*T)(unsafe.Add(out, i*int(unsafe.Sizeof(v)))) = *(*T)(unsafe.Add(in, a))
	}
}

// Spread stores in to, one after the other, n copies each of the elements of size bytes, which are 1, 2, 4 or 8, that
// begin at the given offsets of from, of which most is the greatest. It panics if a slice is too short for them.
func Spread(to, from []byte, at []int, most, size, n int) {
	to, from = to[:len(at)*n*size], from[:most+size]
	switch size {
	case 1:
		spread[uint8](to, from, at, n)
	case 2:
		spread[uint16](to, from, at, n)
	case 4:
		spread[uint32](to, from, at, n)
	case 8:
		spread[uint64](to, from, at, n)
	}
}

// spread stores eight bytes at a time, of which the last ones of a row may be stored twice. Those of a shorter row may
// begin the next one.
func spread[T uint8 | uint16 | uint32 | uint64](to, from []byte, at []int, n int) {
	out, in := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	size := int(unsafe.Sizeof(T(0)))
	ones, row := ^uint64(0)/uint64(^T(0)), n*size
	rows := len(at)
	if row < 8 {
		rows = max(0, (len(to)-8+row)/row)
	}
	for _, a := range at[:rows] {
		copies := uint64(*(*T)(unsafe.Add(in, a))) * ones
		for i := 8; i < row; i += 8 {
			*(*[8]byte)(unsafe.Add(out, i-8)) = *(*[8]byte)(unsafe.Pointer(&copies))
		}
		*(*[8]byte)(unsafe.Add(out, max(0, row-8))) = *(*[8]byte)(unsafe.Pointer(&copies))
		out = unsafe.Add(out, row)
	}
	for i, a := range at[rows:] {
		for k := range n {
			*(*T)(unsafe.Add(out, i*row+k*size)) = *(*T)(unsafe.Add(in, a))
		}
	}
}

// RepeatEach stores in to, one after the other, n copies of each element of from, of size bytes, which are 1, 2, 4 or
// 8. It panics if to is too short for them.
func RepeatEach(to, from []byte, size, n int) {
	to = to[:len(from)*n]
	if len(to) == 0 {
		return
	}
	switch size {
	case 1:
		repeatEach[uint8](to, from, n)
	case 2:
		repeatEach[uint16](to, from, n)
	case 4:
		repeatEach[uint32](to, from, n)
	case 8:
		repeatEach[uint64](to, from, n)
	}
}

// repeatEach stores eight bytes at a time, as spread does.
func repeatEach[T uint8 | uint16 | uint32 | uint64](to, from []byte, n int) {
	out, in := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	size := int(unsafe.Sizeof(T(0)))
	ones, row, count := ^uint64(0)/uint64(^T(0)), n*size, len(from)/size
	rows := count
	if row < 8 {
		rows = max(0, (len(to)-8+row)/row)
	}
	for k := range rows {
		copies := uint64(*(*T)(unsafe.Add(in, k*size))) * ones
		to := unsafe.Add(out, k*row)
		for i := 8; i < row; i += 8 {
			*(*[8]byte)(unsafe.Add(to, i-8)) = *(*[8]byte)(unsafe.Pointer(&copies))
		}
		*(*[8]byte)(unsafe.Add(to, max(0, row-8))) = *(*[8]byte)(unsafe.Pointer(&copies))
	}
	for k := rows; k < count; k++ {
		for i := range n {
			*(*T)(unsafe.Add(out, k*row+i*size)) = *(*T)(unsafe.Add(in, k*size))
		}
	}
}

// Repeat fills b with copies of value, the last of which may be cut off.
func Repeat(b, value []byte) {
	const most = 4096 // bytes per copy: the source stays in the first-level cache
	for n := copy(b, value); 0 < n && n < len(b); {
		n += copy(b[n:], b[:min(n, max(most/len(value), 1)*len(value))])
	}
}
