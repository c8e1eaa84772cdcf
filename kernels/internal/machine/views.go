package machine

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// TypeOf returns the type that micro-kernels know elements by: dtype.None if they know none of the kind.
func TypeOf(t core.Type) dtype.Type {
	switch t {
	case core.U8, core.Bool:
		return dtype.U8
	case core.I8:
		return dtype.I8
	case core.U16:
		return dtype.U16
	case core.I16:
		return dtype.I16
	case core.U32:
		return dtype.U32
	case core.I32:
		return dtype.I32
	case core.I64:
		return dtype.I64
	case core.U64:
		return dtype.U64
	case core.BF16:
		return dtype.BF16
	case core.F16:
		return dtype.F16
	case core.F32:
		return dtype.F32
	case core.F64:
		return dtype.F64
	}
	return dtype.None
}

// LoadFloats converts elements [i0,i0+len(dst)) of mem, which are of type t, to float32, rounded to nearest.
func LoadFloats(dst []float32, t core.Type, mem []byte, i0 int) {
	switch t {
	case core.F32:
		copy(dst, view.Of[float32](mem)[i0:])
	case core.F64:
		convert(dst, view.Of[float64](mem)[i0:])
	case core.I8:
		convert(dst, view.Of[int8](mem)[i0:])
	case core.U8:
		convert(dst, mem[i0:])
	case core.I16:
		convert(dst, view.Of[int16](mem)[i0:])
	case core.U16:
		convert(dst, view.Of[uint16](mem)[i0:])
	case core.I32:
		convert(dst, view.Of[int32](mem)[i0:])
	case core.U32:
		convert(dst, view.Of[uint32](mem)[i0:])
	}
}

func convert[T int8 | uint8 | int16 | uint16 | int32 | uint32 | float64](dst []float32, src []T) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = float32(v)
	}
}

// Loadable reports whether LoadFloats supports a type.
func Loadable(t core.Type) bool {
	switch t {
	case core.F32, core.F64, core.I8, core.U8, core.I16, core.U16, core.I32, core.U32:
		return true
	}
	return false
}

// Fill sets all elements to v.
func Fill[T any](to []T, v T) {
	few := to[:min(len(to), 64)]
	for i := range few {
		few[i] = v
	}
	for n := len(few); n < len(to); n *= 2 {
		copy(to[n:], to[:n])
	}
}
