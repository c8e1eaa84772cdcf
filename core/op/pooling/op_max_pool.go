package pooling

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/pool"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[MaxPool]("MaxPool")

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
	geometry.Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C4.
func (op *MaxPool) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !infer.IsNumber(in[0].Type) || in[0].Type == core.U64 {
		return nil, core.Violation("C1", 0, "got type %v, want an integer type other than u64, or a real type", in[0].Type)
	}
	s, err := pool.Shape(&op.Spatial, in[0].Shape, op.Window)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval compares in order.
func (op *MaxPool) Eval(in, out []*core.Tensor) error {
	p, err := pool.New(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	x, y := in[0], out[0]
	switch {
	case x.Type() == core.F32:
		pool.Each(p, core.Data[float32](x), core.Data[float32](y), arithmetic.Max().Real32)
	case x.Type() == core.F64:
		pool.Each(p, core.Data[float64](x), core.Data[float64](y), arithmetic.Max().Real64)
	case x.Type() == core.U8:
		pool.Each(p, core.Data[uint8](x), core.Data[uint8](y), maxFrom(uint8(0)))
	case x.Type() == core.I8:
		pool.Each(p, core.Data[int8](x), core.Data[int8](y), maxFrom(int8(math.MinInt8)))
	case x.Type().IsFloat():
		v := make([]float32, y.Len())
		pool.Each(p, x.Float32s(), v, arithmetic.Max().Real32)
		elements.SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		pool.Each(p, x.Int64s(), v, func(v []int64) int64 { return arithmetic.Max().Whole(v, x.Type()) })
		elements.SetInts(y, v)
	}
	return nil
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *MaxPool) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// ChannelLayout returns Layout.
func (op *MaxPool) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *MaxPool) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *MaxPool) LayoutRoles(in []core.Fact) []trait.LayoutRole { return trait.DataRoles(in) }

// Selects says that all elements come from the input, if no window can be without elements, which would give
// the lowest value of the type.
func (op *MaxPool) Selects(int) int {
	if slices.ContainsFunc(op.Dilations, func(d int) bool { return d != 1 }) {
		return 0
	}
	if op.PadType != geometry.PadExplicit {
		return 1
	}
	for i, window := range op.Window {
		if i < len(op.PadBelow) && op.PadBelow[i] >= window || i < len(op.PadAbove) && op.PadAbove[i] >= window {
			return 0
		}
	}
	return 1
}

// Rearranges is false: elements are dropped.
func (op *MaxPool) Rearranges() bool { return false }

// PadsWith reports whether the value is the lowest of the type: padding has the same effect.
func (op *MaxPool) PadsWith(value *core.Tensor, _ []core.Operand) bool {
	switch value.Type() {
	case core.I8, core.U8:
		lo, _ := value.Type().Bounds()
		return value.Int64s()[0] == lo
	case core.F32:
		return math.IsInf(float64(core.Data[float32](value)[0]), -1)
	}
	return false
}

// WithPadding returns the op with additional padding of its spatial dimensions.
func (op *MaxPool) WithPadding(below, above []int) (core.Op, bool) {
	s, ok := op.Padded(below, above)
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
