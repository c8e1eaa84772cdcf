package kernels

import (
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
)

// view returns bytes as elements. They must be aligned to the element's size, as buffers
// and the data of tensors are.
func view[T core.Element](b []byte) []T {
	var v T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(v)))
}

// loadFloats converts elements [i0,i0+len(dst)) of a type to float32, rounded to nearest.
func loadFloats(dst []float32, t core.Type, mem []byte, i0 int) {
	switch t {
	case core.F32:
		copy(dst, view[float32](mem)[i0:])
	case core.F64:
		convert(dst, view[float64](mem)[i0:])
	case core.I8:
		convert(dst, view[int8](mem)[i0:])
	case core.U8:
		convert(dst, mem[i0:])
	case core.I16:
		convert(dst, view[int16](mem)[i0:])
	case core.U16:
		convert(dst, view[uint16](mem)[i0:])
	case core.I32:
		convert(dst, view[int32](mem)[i0:])
	case core.U32:
		convert(dst, view[uint32](mem)[i0:])
	}
}

func convert[T int8 | uint8 | int16 | uint16 | int32 | uint32 | float64](dst []float32, src []T) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = float32(v)
	}
}

// loadable reports whether loadFloats knows a type.
func loadable(t core.Type) bool {
	switch t {
	case core.F32, core.F64, core.I8, core.U8, core.I16, core.U16, core.I32, core.U32:
		return true
	}
	return false
}

// fill sets all bytes to one.
func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
