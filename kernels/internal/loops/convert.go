package loops

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Convert returns the kernel that converts between types: integers wrap, reals become integers truncated and saturated,
// NaN 0, and anything else is rounded to nearest even.
func Convert(s isa.Set, from, to dtype.Type) Kernel[Each] {
	loop, does := convert(from, to), fmt.Sprintf("%v_to_%v", from, to)
	if run, i := conversion(s, from, to); run != nil {
		return kernelOf(does, i, run.each(from.Size(), to.Size(), loop))
	}
	return kernelOf(does, isa.Portable, loop)
}

// convert returns the loop that converts between types.
func convert(from, to dtype.Type) Each {
	if size := from.Size(); size == to.Size() && isReal(from) == isReal(to) {
		return func(out, x []byte, n int) { copy(out[:n*size], x[:n*size]) }
	}
	switch from {
	case dtype.U8:
		return fromWhole[uint8](to)
	case dtype.I8:
		return fromWhole[int8](to)
	case dtype.U16:
		return fromWhole[uint16](to)
	case dtype.I16:
		return fromWhole[int16](to)
	case dtype.U32:
		return fromWhole[uint32](to)
	case dtype.I32:
		return fromWhole[int32](to)
	case dtype.I64:
		return fromWhole[int64](to)
	case dtype.U64:
		return fromWhole[uint64](to)
	case dtype.F32:
		return fromReal[float32](to)
	}
	return fromReal[float64](to)
}

func converted[T, F number](out, x []byte, n int) {
	to, from := two[T, F](out, x, n)
	from = from[:len(to)]
	for i := range to {
		to[i] = T(from[i])
	}
}

func fromWhole[F whole](to dtype.Type) Each {
	return [dtype.Count]Each{
		dtype.U8: converted[uint8, F], dtype.I8: converted[int8, F],
		dtype.U16: converted[uint16, F], dtype.I16: converted[int16, F],
		dtype.U32: converted[uint32, F], dtype.I32: converted[int32, F], dtype.I64: converted[int64, F],
		dtype.U64: converted[uint64, F], dtype.F32: converted[float32, F], dtype.F64: converted[float64, F],
	}[to]
}

func fromReal[F real](to dtype.Type) Each {
	return [dtype.Count]Each{
		dtype.U8: truncated[uint8, F](0, math.MaxUint8), dtype.I8: truncated[int8, F](math.MinInt8, math.MaxInt8),
		dtype.U16: truncated[uint16, F](0, math.MaxUint16), dtype.I16: truncated[int16, F](math.MinInt16, math.MaxInt16),
		dtype.U32: truncated[uint32, F](0, math.MaxUint32), dtype.I32: truncated[int32, F](math.MinInt32, math.MaxInt32),
		dtype.I64: truncated[int64, F](math.MinInt64, math.MaxInt64), dtype.U64: truncatedBits[F],
		dtype.F32: converted[float32, F], dtype.F64: converted[float64, F],
	}[to]
}

// truncated returns the loop for integers in [lo, hi]. The copies of the loop that come with inlining call math.Abs.
//
//go:noinline
func truncated[T whole, F real](lo, hi T) Each {
	return func(out, x []byte, n int) {
		to, from := two[T, F](out, x, n)
		from = from[:len(to)]
		for i := range to {
			v := float64(from[i])
			if math.Abs(v) < 1<<63 {
				to[i] = T(min(max(int64(v), int64(lo)), int64(hi)))
				continue
			}
			switch to[i] = 0; {
			case v < 0:
				to[i] = lo
			case v > 0:
				to[i] = hi
			}
		}
	}
}

// truncatedBits is truncated for 64 bits without a sign.
func truncatedBits[F real](out, x []byte, n int) {
	to, from := two[uint64, F](out, x, n)
	from = from[:len(to)]
	for i := range to {
		v := float64(from[i])
		bits := math.Float64bits(v)
		if !(v > 0) { // NaN too
			bits = 0
		}
		switch v = math.Float64frombits(bits); {
		case v < 1<<63:
			to[i] = uint64(int64(v))
		case v < 1<<64:
			to[i] = uint64(int64(v-1<<63)) + 1<<63
		default:
			to[i] = math.MaxUint64
		}
	}
}

// NotZero returns the kernel that makes a byte of each number: 0 of 0, and 1 of anything else.
func NotZero(s isa.Set, t dtype.Type) Kernel[Each] {
	loop, does := notZeros(t), fmt.Sprintf("%v_to_bool", t)
	if run, i := find(s, NotEqual, t); run != nil {
		return kernelOf(does, i, rounds(t.Size(), 1, loop, run.by(t.Size(), 1, 0, false)))
	}
	return kernelOf(does, isa.Portable, loop)
}

func notZeros(t dtype.Type) Each {
	switch t {
	case dtype.U8, dtype.I8:
		return notZero[uint8]
	case dtype.U16, dtype.I16:
		return notZero[uint16]
	case dtype.U32, dtype.I32:
		return notZero[uint32]
	case dtype.I64, dtype.U64:
		return notZero[uint64]
	case dtype.F32:
		return notZero[float32]
	}
	return notZero[float64]
}

func notZero[T number](out, x []byte, n int) {
	to, from := out[:n], view.First[T](x, n)
	from = from[:len(to)]
	for i := range to {
		to[i] = bit(from[i] != 0)
	}
}
