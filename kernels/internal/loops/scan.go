package loops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Scan stores in y, for each of inner columns of the n rows of x, the sums, or products, of the numbers up to each row:
// without that itself if exclusive, and from the last row on if reverse.
type Scan func(y, x []byte, n, inner int, exclusive, reverse bool)

// Scanning returns the kernel of running sums, or products, of a type. They begin with 0, or 1.
func Scanning(t dtype.Type, product bool) Kernel[Scan] {
	does := fmt.Sprintf("cumsum_%v", t)
	if product {
		does = fmt.Sprintf("cumprod_%v", t)
	}
	return kernelOf(does, isa.Portable, scanLoop(t, product))
}

func scanLoop(t dtype.Type, product bool) Scan {
	return [dtype.Count]Scan{
		dtype.U8: scanning[uint8](product), dtype.I8: scanning[int8](product), dtype.U16: scanning[uint16](product),
		dtype.I16: scanning[int16](product), dtype.U32: scanning[uint32](product), dtype.I32: scanning[int32](product),
		dtype.I64: scanning[int64](product), dtype.U64: scanning[uint64](product), dtype.F32: scanning[float32](product),
		dtype.F64: scanning[float64](product),
	}[t]
}

func scanning[T number](product bool) Scan {
	first, one, rows := T(0), runningSums[T], addRows[T]
	if product {
		first, one, rows = 1, runningProducts[T], multiplyRows[T]
	}
	return func(y, x []byte, n, inner int, exclusive, reverse bool) {
		to, v := two[T, T](y, x, n*inner)
		if inner == 1 {
			one(to, v, exclusive, reverse)
			return
		}
		row, step := 0, inner
		if reverse {
			row, step = (n-1)*inner, -inner
		}
		from, before := row, row // of the numbers that are next, and of what they are added to
		for k := range n {
			out := to[row:][:inner]
			if k == 0 {
				for i := range out {
					out[i] = first
				}
			}
			if k > 0 || !exclusive {
				rows(out, to[before:], v[from:])
				from += step
			}
			before, row = row, row+step
		}
	}
}

func addRows[T number](y, a, b []T) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

func multiplyRows[T number](y, a, b []T) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] * b[i]
	}
}

func runningSums[T number](y, x []T, exclusive, reverse bool) {
	var sum T
	for i := range x {
		if reverse {
			i = len(x) - 1 - i
		}
		next := sum + x[i]
		if y[i] = next; exclusive {
			y[i] = sum
		}
		sum = next
	}
}

func runningProducts[T number](y, x []T, exclusive, reverse bool) {
	product := T(1)
	for i := range x {
		if reverse {
			i = len(x) - 1 - i
		}
		next := product * x[i]
		if y[i] = next; exclusive {
			y[i] = product
		}
		product = next
	}
}
