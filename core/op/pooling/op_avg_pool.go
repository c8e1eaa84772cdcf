package pooling

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/pool"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[AvgPool]("AvgPool")

// AvgPool is the mean of a sliding window, in f32 (f64 for f64).
//
//	y[n, c, p] = (sum over the window positions inside the data) / count
//
// The sum runs over the window in row-major order and starts with its first element;
// count is the number of its positions inside the data, or of all positions with
// IncludePadding. A window without any element gives 0.
//
//	Inputs:  x: a real type, [N, C, spatial...] or [N, spatial..., C] by Layout
//	Outputs: y: the type of x, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: x is real
//	C2: 1 to 3 spatial dimensions; Window has a size >= 1 for each
//	C3: there are no data dilations
//	C4: the padded data is at least as large as the dilated window
//
// It is nGraph's op::v0::AvgPool, and TensorFlow's AvgPool, which does not count padding.
type AvgPool struct {
	geometry.Spatial
	Window         []int `json:"window_shape"`
	IncludePadding bool  `json:"include_padding_in_avg_computation,omitempty"`
}

// Infer checks C1 to C4.
func (op *AvgPool) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.Dynamic && !t.IsFloat() {
		return nil, core.Violation("C1", 0, "got type %v, want a real type", t)
	}
	s, err := pool.Shape(&op.Spatial, in[0].Shape, op.Window)
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// Eval adds in order.
func (op *AvgPool) Eval(in, out []*core.Tensor) error {
	p, err := pool.New(&op.Spatial, in, out, op.Window)
	if err != nil {
		return err
	}
	all := 0.0
	if op.IncludePadding {
		all = 1
		for _, w := range op.Window {
			all *= float64(w)
		}
	}
	if in[0].Type() == core.F64 {
		pool.Each(p, core.Data[float64](in[0]), core.Data[float64](out[0]), mean[float64](all))
		return nil
	}
	y := make([]float32, out[0].Len())
	pool.Each(p, in[0].Float32s(), y, mean[float32](all))
	elements.SetFloat32s(out[0], y)
	return nil
}

// Widens says that means of reals of 16 bits are those of f32, rounded.
func (op *AvgPool) Widens() bool { return true }

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *AvgPool) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// ChannelLayout returns Layout.
func (op *AvgPool) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *AvgPool) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *AvgPool) LayoutRoles(in []core.Fact) []trait.LayoutRole { return trait.DataRoles(in) }

// mean returns the mean of the elements, or their sum divided by count if that is not 0.
func mean[T float32 | float64](count float64) func(v []T) T {
	return func(v []T) T {
		if len(v) == 0 {
			return 0
		}
		sum := v[0]
		for _, x := range v[1:] {
			sum += x
		}
		if count != 0 {
			return sum / T(count)
		}
		return sum / T(len(v))
	}
}
