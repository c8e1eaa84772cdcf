package tensorflow

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/internal/pool"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[QuantizedAvgPool]("TFQuantizedAvgPool")

// QuantizedAvgPool is TensorFlow's QuantizedAvgPool: the mean over a sliding window of quantized values. The range
// does not change.
//
//	y = rne(f32(sum) / f32(count)) over the window positions inside the data; a window
//	without any gives 0
//
//	Inputs:  x: i8 or u8, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is i8 or u8
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// TensorFlow's QuantizedMaxPool is MaxPool.
type QuantizedAvgPool struct {
	geometry.Spatial
	Window []int `json:"window_shape"`
}

// Infer checks C1 to C4.
func (op *QuantizedAvgPool) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if err := infer.WantType("C1", in, 0, core.I8, core.U8); err != nil {
		return nil, err
	}
	s, err := pool.Shape(&op.Spatial, in[0].Shape, op.Window)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval adds in int64 and multiplies by the rounded reciprocal, as oneDNN does.
func (op *QuantizedAvgPool) Eval(in, out []*core.Tensor) error {
	p, err := pool.New(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	y := make([]int64, out[0].Len())
	pool.Each(p, in[0].Int64s(), y, func(v []int64) int64 {
		if len(v) == 0 {
			return 0
		}
		return int64(math.RoundToEven(float64(float32(arithmetic.WholeSum(v)) * (1 / float32(len(v))))))
	})
	elements.SetInts(out[0], y)
	return nil
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *QuantizedAvgPool) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	return trait.FirstInput(in)
}

// ChannelLayout returns Layout.
func (op *QuantizedAvgPool) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *QuantizedAvgPool) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *QuantizedAvgPool) LayoutRoles(in []core.Fact) []trait.LayoutRole {
	return trait.DataRoles(in)
}
