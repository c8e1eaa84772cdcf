package compile

import (
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// weights are constant factors as signed bytes, [products][columns], with a zero point for each column. The bytes are
// made only when they are packed, which the first plan does for all plans. key identifies the weights.
type weights struct {
	key      *share.Key
	values   func() []int8
	products int // products per sum
	columns  int
	zeros    []int32 // nil if all are 0
	ones     bool    // the last column has ones; its sums are of the data as it is, without subtracting the zero point
}

// signedWeights returns the constant weights of an IntegerConvolution or IntegerDot, with rows of size columns, to
// which the zero points of the channels are assigned in turn; false if the weights or their zero points are not
// constant.
func (c *compiler) signedWeights(n *core.Node, size, channels int) (weights, bool) {
	w, z := n.Inputs()[1].Constant(), n.Inputs()[3].Constant()
	if w == nil || z == nil || w.Len() == 0 {
		return weights{}, false
	}
	w, z = c.keep.Canonical(w), c.keep.Canonical(z)
	out := weights{
		key: share.NewKey("weights").Tensor(w).Tensor(z).Numbers(size, channels), columns: size, products: w.Len() / size,
		values: sync.OnceValue(func() []int8 { return signedBytes(w) }),
	}
	zeros := columnZeros(z, w.Type(), size, channels)
	if !slices.ContainsFunc(zeros, func(z int32) bool { return z != 0 }) {
		return out, true
	}
	signed := out.values
	subtracted := sync.OnceValues(func() ([]int8, bool) { return subtract(signed(), zeros) })
	fits, err := share.Kept(c.keep, share.NewKey("zeros").Text(out.key.String()).String(), func() (bool, int64, error) {
		_, fits := subtracted()
		return fits, 0, nil
	})
	if err != nil || !fits {
		out.zeros = zeros
		return out, true
	}
	out.values = func() []int8 { v, _ := subtracted(); return v }
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

// zerosAreBytes reports whether zeroRows can hold the zero points.
func (w weights) zerosAreBytes() bool {
	return !slices.ContainsFunc(w.zeros, func(z int32) bool { return z != int32(int8(z)) })
}

// derived returns weights that are made from w, with other values and perhaps a different number of columns. kind and
// numbers distinguish their key.
func (w weights) derived(kind string, columns int, values func() []int8, numbers ...int) weights {
	k := share.NewKey(kind).Text(w.key.String()).Numbers(numbers...)
	return weights{key: k, values: values, products: w.products, columns: columns}
}

// group returns the weights of group g of groups, each of which has equally many neighbouring columns.
func (w weights) group(g, groups int) weights {
	if groups == 1 {
		return w
	}
	columns := w.columns / groups
	values := func() []int8 { return columnsOf(w.values(), w.columns, g*columns, columns) }
	return w.derived("group", columns, values, g, groups)
}

// columnsOf returns n columns, starting at column first, of rows of stride values.
func columnsOf[T any](values []T, stride, first, n int) []T {
	out := make([]T, 0, len(values)/stride*n)
	for i := first; i < len(values); i += stride {
		out = append(out, values[i:][:n]...)
	}
	return out
}

// withOnes returns the weights with one more column, of ones, which computes the sum of the data.
func (w weights) withOnes() weights {
	out := w.derived("ones", w.columns+1, func() []int8 {
		out := make([]int8, 0, w.products*(w.columns+1))
		for i, v := 0, w.values(); i < len(v); i += w.columns {
			out = append(append(out, v[i:][:w.columns]...), 1)
		}
		return out
	})
	out.zeros, out.ones = w.zeros, true
	return out
}

// zeroRows returns the zero points in place of the weights.
func (w weights) zeroRows() weights {
	return w.derived("zero rows", w.columns, func() []int8 {
		out := make([]int8, 0, w.products*w.columns)
		for range w.products {
			for _, z := range w.zeros {
				out = append(out, int8(z))
			}
		}
		return out
	})
}

// sums returns the sum of each column.
func (w weights) sums() []int32 {
	out := make([]int32, w.columns)
	for i, values := 0, w.values(); i < len(values); i += w.columns {
		for j, v := range values[i:][:w.columns] {
			out[j] += int32(v)
		}
	}
	return out
}

// starts returns the start values of the accumulators if the data's zero point zx is constant, nil if they are all 0.
// For a computed zx it returns slope, which zx is multiplied by to give the start values. With products
// (x-zx)*(w-zw), the start value of a column is
//
//	-zx * (the sum of w - the number of products * zw)
//
// The remaining term, -zw * the sum of x, is added later.
func (w weights) starts(zero zeroPoint) (start, slope []int32) {
	if !zero.computed() && zero.constant == 0 {
		return nil, nil
	}
	slope = w.sums()
	for i := range slope {
		slope[i] = -slope[i]
	}
	for i, z := range w.zeros {
		slope[i] += int32(w.products) * z
	}
	if w.ones {
		slope[w.columns-1] = 0
	}
	if zero.computed() {
		return nil, slope
	}
	for i := range slope {
		slope[i] *= zero.constant
	}
	return slope, nil
}

// packedWeights are weights packed for one kernel, with the slope of their start values, see starts.
type packedWeights[P any] struct {
	packed P
	slope  []int32
}

// sized is implemented by the packed weights of all kernel families.
type sized interface{ Bytes() int64 }

// packed returns the packed weights that pack makes. The first plan that needs them makes them for all plans. The key k
// must contain everything that they depend on.
func packed[P sized](c *compiler, k *share.Key, pack func() (P, []int32, error)) (packedWeights[P], error) {
	return share.Kept(c.keep, k.String(), func() (packedWeights[P], int64, error) {
		p, slope, err := pack()
		if err != nil {
			return packedWeights[P]{}, 0, err
		}
		c.packs = true
		return packedWeights[P]{p, slope}, p.Bytes() + 4*int64(len(slope)), nil
	})
}

// tellPacked calls Options.Packed for the constants of a node whose lowering has packed constants.
func (c *compiler) tellPacked(n *core.Node) {
	tell := c.assembler.options.Packed
	if c.packs && tell != nil {
		for _, v := range n.Inputs() {
			if k, ok := v.Node.Op().(*core.Constant); ok {
				tell(k.Value.Bytes())
			}
		}
	}
	c.packs = false
}
