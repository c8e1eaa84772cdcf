package product

import (
	"math"
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Weights are constant factors as signed bytes, [Products][Columns], with a zero point for each column. The bytes are
// made only when they are packed, which the first plan does for all plans.
type Weights struct {
	Key      *share.Key // identifies the weights
	Values   func() []int8
	Products int     // per sum
	Columns  int     // sums
	Zeros    []int32 // nil if all are 0

	ones bool // the last column has ones; its sums are of the data as it is, without subtracting the zero point
}

// WeightsOf returns the constant weights of an IntegerConvolution or IntegerDot, with the given number of columns, to
// which the zero points of the channels are assigned in turn; false if the weights or their zero points are not
// constant. Zero points are subtracted, if the differences are bytes.
func WeightsOf(n *core.Node, columns, channels int, keep *share.Lease) (Weights, bool) {
	w, z := n.Inputs()[1].Constant(), n.Inputs()[3].Constant()
	if w == nil || z == nil || w.Len() == 0 {
		return Weights{}, false
	}
	w, z = keep.Canonical(w), keep.Canonical(z)
	out := Weights{
		Key:      share.NewKey("weights").Tensor(w).Tensor(z).Numbers(columns, channels),
		Columns:  columns,
		Products: w.Len() / columns,
		Values:   sync.OnceValue(func() []int8 { return signedBytes(w) }),
	}
	zeros := columnZeros(z, w.Type(), columns, channels)
	if !slices.ContainsFunc(zeros, func(z int32) bool { return z != 0 }) {
		return out, true
	}
	signed := out.Values
	subtracted := sync.OnceValues(func() ([]int8, bool) { return subtract(signed(), zeros) })
	fits, err := share.Kept(keep, share.NewKey("zeros").Text(out.Key.String()).String(), func() (bool, int64, error) {
		_, fits := subtracted()
		return fits, 0, nil
	})
	if err != nil || !fits {
		out.Zeros = zeros
		return out, true
	}
	out.Values = func() []int8 { v, _ := subtracted(); return v }
	return out, true
}

// signedBytes returns weights as signed bytes: from u8 weights it subtracts 128.
func signedBytes(w *core.Tensor) []int8 {
	if w.Type() != core.U8 {
		return core.Data[int8](w)
	}
	out := make([]int8, w.Len())
	for i, v := range core.Data[uint8](w) {
		out[i] = int8(v ^ 0x80)
	}
	return out
}

// columnZeros returns one zero point for each column, for weights in the form of signedBytes.
func columnZeros(z *core.Tensor, weights core.Type, columns, channels int) []int32 {
	in, shift := z.Int64s(), int64(0)
	if weights == core.U8 {
		shift = 128
	}
	zeros := make([]int32, columns)
	for i := range zeros {
		zeros[i] = int32(in[i%channels%len(in)] - shift)
	}
	return zeros
}

// subtract subtracts the zero points of the columns from the weights; false if a difference is not a signed byte.
func subtract(values []int8, zeros []int32) ([]int8, bool) {
	out := make([]int8, len(values))
	for i := 0; i < len(out); i += len(zeros) {
		row := out[i:][:len(zeros)]
		for j, v := range values[i:][:len(zeros)] {
			d := int32(v) - zeros[j]
			if row[j] = int8(d); int32(row[j]) != d {
				return nil, false
			}
		}
	}
	return out, true
}

// ZerosAreBytes reports whether ZeroRows can hold the zero points.
func (w Weights) ZerosAreBytes() bool {
	return !slices.ContainsFunc(w.Zeros, func(z int32) bool { return z != int32(int8(z)) })
}

// derived returns weights that are made from w, with other values and perhaps a different number of columns. kind and
// numbers distinguish their key.
func (w Weights) derived(kind string, columns int, values func() []int8, numbers ...int) Weights {
	k := share.NewKey(kind).Text(w.Key.String()).Numbers(numbers...)
	return Weights{Key: k, Values: values, Products: w.Products, Columns: columns}
}

// Group returns the weights of group g of groups, each of which has equally many neighbouring columns. Of several
// groups, none has zero points.
func (w Weights) Group(g, groups int) Weights {
	if groups == 1 {
		return w
	}
	columns := w.Columns / groups
	values := func() []int8 { return ColumnsOf(w.Values(), w.Columns, g*columns, columns) }
	return w.derived("group", columns, values, g, groups)
}

// ColumnsOf returns n columns, starting at column first, of rows of stride values.
func ColumnsOf[T any](values []T, stride, first, n int) []T {
	out := make([]T, 0, len(values)/stride*n)
	for i := first; i < len(values); i += stride {
		out = append(out, values[i:][:n]...)
	}
	return out
}

// RunsOf returns the runs of size values with the given numbers, one after the other.
func RunsOf[T any](values []T, numbers []int, size int) []T {
	out := make([]T, 0, len(numbers)*size)
	for _, i := range numbers {
		out = append(out, values[i*size:][:size]...)
	}
	return out
}

// WithOnes returns the weights with one more column, of ones, which computes the sum of the data.
func (w Weights) WithOnes() Weights {
	out := w.derived("ones", w.Columns+1, func() []int8 {
		out := make([]int8, 0, w.Products*(w.Columns+1))
		for i, v := 0, w.Values(); i < len(v); i += w.Columns {
			out = append(append(out, v[i:][:w.Columns]...), 1)
		}
		return out
	})
	out.Zeros, out.ones = w.Zeros, true
	return out
}

// ZeroRows returns the zero points in place of the weights.
func (w Weights) ZeroRows() Weights {
	return w.derived("zero rows", w.Columns, func() []int8 {
		out := make([]int8, 0, w.Products*w.Columns)
		for range w.Products {
			for _, z := range w.Zeros {
				out = append(out, int8(z))
			}
		}
		return out
	})
}

// sums returns the sum of each column.
func (w Weights) sums() []int32 {
	out := make([]int32, w.Columns)
	for i, values := 0, w.Values(); i < len(values); i += w.Columns {
		for j, v := range values[i:][:w.Columns] {
			out[j] += int32(v)
		}
	}
	return out
}

// Starts returns the start values of the accumulators if the data's zero point zx is constant, nil if they are all 0.
// For a computed zx it returns slope, which zx is multiplied by to give the start values. With products
// (x-zx)*(w-zw), the start value of a column is
//
//	-zx * (the sum of w - the number of products * zw)
//
// The remaining term, -zw * the sum of x, is left to be added.
func (w Weights) Starts(zero ZeroPoint) (start, slope []int32) {
	if !zero.Computed && zero.Constant == 0 {
		return nil, nil
	}
	slope = w.sums()
	for i := range slope {
		slope[i] = -slope[i]
	}
	for i, z := range w.Zeros {
		slope[i] += int32(w.Products) * z
	}
	if w.ones {
		slope[w.Columns-1] = 0
	}
	if zero.Computed {
		return nil, slope
	}
	for i := range slope {
		slope[i] *= zero.Constant
	}
	return slope, nil
}

// LargestStarts returns bounds on the magnitude of the start values for a computed zero point.
func LargestStarts(slope []int32, zero ZeroPoint) []int32 {
	starts := make([]int32, len(slope))
	for i, v := range slope {
		if starts[i] = math.MaxUint8 * v; !zero.IsByte() {
			starts[i] = math.MaxInt32
		}
	}
	return starts
}
