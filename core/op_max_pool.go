package core

import (
	"math"
	"slices"
)

var _ = Register[MaxPool]("MaxPool")

// MaxPool is the largest element in a sliding window.
//
//	y[n, c, p] = max over the window positions inside the data; a window without any
//	gives the type's lowest value (-Inf for reals)
//
//	Inputs:  x: a number type, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is a number (an integer of at most 64 signed bits, or a real)
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// It is nGraph's op::v0::MaxPool and TensorFlow's MaxPool, MaxPool3D and QuantizedMaxPool.
type MaxPool struct {
	Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C4.
func (op *MaxPool) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !isNumber(in[0].Type) || in[0].Type == U64 {
		return nil, Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	s, err := poolShape(&op.Spatial, in[0].Shape, op.Window)
	return []Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval compares in order.
func (op *MaxPool) Eval(in, out []*Tensor) error {
	p, err := newPool(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch {
	case x.Type() == F32:
		poolEach(p, Data[float32](x), Data[float32](y), maxRow().real32)
	case x.Type() == F64:
		poolEach(p, Data[float64](x), Data[float64](y), maxRow().real64)
	case x.Type() == U8:
		poolEach(p, Data[uint8](x), Data[uint8](y), maxFrom(uint8(0)))
	case x.Type() == I8:
		poolEach(p, Data[int8](x), Data[int8](y), maxFrom(int8(math.MinInt8)))
	case x.Type().IsFloat():
		v := make([]float32, y.Len())
		poolEach(p, x.Float32s(), v, maxRow().real32)
		SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		poolEach(p, x.Int64s(), v, func(v []int64) int64 { return maxRow().whole(v, x.Type()) })
		SetInts(y, v)
	}
	return nil
}

// ChannelLayout returns Layout.
func (op *MaxPool) ChannelLayout() Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *MaxPool) WithLayout(l Layout) Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *MaxPool) LayoutRoles(in []Fact) []LayoutRole { return dataRoles(in) }

// Selects takes elements of the input, if each window holds some, so that none gives the
// lowest value of the type.
func (op *MaxPool) Selects(int) int {
	dilated := slices.ContainsFunc(op.Dilations, func(d int) bool { return d != 1 })
	if dilated || op.PadType == PadExplicit && len(op.PadBelow)+len(op.PadAbove) > 0 {
		return 0
	}
	return 1
}

// Rearranges is false: elements are dropped.
func (op *MaxPool) Rearranges() bool { return false }

// PadsWith reports whether the value is the lowest, as which padding counts.
func (op *MaxPool) PadsWith(value *Tensor, _ []Operand) bool {
	switch value.Type() {
	case I8, U8:
		lo, _ := value.Type().Bounds()
		return value.Int64s()[0] == lo
	case F32:
		return math.IsInf(float64(Data[float32](value)[0]), -1)
	}
	return false
}

// WithPadding returns the op with more padding of its spatial dimensions.
func (op *MaxPool) WithPadding(below, above []int) (Op, bool) {
	s, ok := op.padded(below, above)
	c := *op
	c.Spatial = s
	return &c, ok
}

// maxFrom returns the largest of lo and the elements.
func maxFrom[T int8 | uint8](lo T) func(v []T) T {
	return func(v []T) T {
		m := lo
		for _, x := range v {
			m = max(m, x)
		}
		return m
	}
}
