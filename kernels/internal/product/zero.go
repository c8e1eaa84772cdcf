package product

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// ZeroPoint is the zero point of data in unsigned bytes: a constant, or computed by the program.
type ZeroPoint struct {
	Constant int32
	Computed bool

	typ   core.Type // of the op's input
	shift int32     // from the input to the zero point: 128 for i8 data that is stored as u8, else 0
}

// ZeroPointOf returns the zero point that the data of an IntegerConvolution or IntegerDot has as unsigned bytes.
func ZeroPointOf(n *core.Node) ZeroPoint {
	z := ZeroPoint{typ: n.Inputs()[2].Type()}
	if n.Inputs()[0].Type() == core.I8 {
		z.shift = 128
	}
	if t := n.Inputs()[2].Constant(); t != nil {
		z.Constant = int32(t.Int64s()[0]) + z.shift
	} else {
		z.Computed = true
	}
	return z
}

// IsByte reports whether the zero point is certain to be a byte, so that padding can hold it.
func (z ZeroPoint) IsByte() bool {
	if z.Computed {
		return z.typ != core.I32
	}
	return z.Constant >= 0 && z.Constant <= math.MaxUint8
}

// Of returns a computed zero point, given the op's input.
func (z ZeroPoint) Of(input []byte) int32 { return zeroAt(input, z.typ, 0) + z.shift }

// AddTo appends to a key all that packing depends on in the data's zero point.
func (z ZeroPoint) AddTo(k *share.Key) *share.Key {
	if z.Computed {
		return k.Text("computed").Text(z.typ.String())
	}
	return k.Numbers(int(z.Constant))
}

// zeroAt returns element i of zero points of type t.
func zeroAt(mem []byte, t core.Type, i int) int32 {
	switch t {
	case core.I32:
		return view.Of[int32](mem)[i]
	case core.I8:
		return int32(int8(mem[i]))
	}
	return int32(mem[i])
}
