package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Convolution]("Convolution")

// Convolution is the convolution, in the type of its inputs.
//
//	y[n, o, p] = sum over the taps inside the data of data * filters
//
// Each sum starts with 0 and runs over the window in row-major order, and within a
// window position over the input channels of the group, with products, sums and zeros as
// Dot's; those of bf16 run over the pairs of a window position's channels. Padding is left
// out, not added as 0. Integers wrap.
//
//	Inputs:  data: f32, f64, bf16 or i32, [N, C, spatial...] or [N, spatial..., C] by Layout
//	         filters: the type of data, [O, C/Groups, spatial...] or [spatial..., C/Groups, O]
//	Outputs: y: the type of data, but f32 for bf16, [N, O, spatial...] or [N, spatial..., O]
//
//	C1: data and filters are of one type, f32, f64, bf16 or i32
//	C2: 1 to 3 spatial dimensions; input channels = filters' channels * Groups
//	C3: the padded data is at least as large as the dilated window
//
// It is nGraph's op::v0::Convolution and GroupConvolution, and TensorFlow's Conv2D,
// Conv3D and DepthwiseConv2dNative, which leave the order open.
type Convolution struct {
	geometry.Spatial
	Groups int `json:"groups,omitempty"` // 0 means 1; the data's channels for a depthwise convolution
}

// InputNames names the inputs.
func (op *Convolution) InputNames() []string { return []string{"data", "filters"} }

// Infer checks C1 to C3.
func (op *Convolution) Infer(in []core.Operand) ([]core.Fact, error) {
	t, err := summedType(in, core.F32, core.F64, core.BF16, core.I32)
	if err != nil {
		return nil, err
	}
	s, err := convolutionShape(&op.Spatial, in[0].Shape, in[1].Shape, op.Groups)
	if err != nil {
		return nil, err
	}
	s, err = infer.CheckedShape(s)
	return []core.Fact{{Type: sumType(t), Shape: s}}, err
}

// Eval is the plain loop; the channels of an output position are summed side by side.
func (op *Convolution) Eval(in, out []*core.Tensor) error {
	s, err := convolutionShape(&op.Spatial, in[0].Shape(), in[1].Shape(), op.Groups)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, sumType(in[0].Type()), s); err != nil {
		return err
	}
	c, err := newConv(&op.Spatial, in[0].Shape(), in[1].Shape(), s, op.Groups)
	if err != nil {
		return err
	}
	switch in[0].Type() {
	case core.F32:
		convolve[float32](c, in[0], in[1], out[0])
	case core.F64:
		convolve[float64](c, in[0], in[1], out[0])
	case core.BF16:
		c.pairs = true
		convolveNumbers(c, in[0].Float32s(), in[1].Float32s(), core.Data[float32](out[0]), out[0].Abandoned)
	case core.I32:
		convolve[int32](c, in[0], in[1], out[0])
	}
	return nil
}

// BatchInputs says that the first input has the batch axis (axis 0).
func (op *Convolution) BatchInputs(in []core.Fact, _ core.Shape) []bool { return trait.FirstInput(in) }

// ChannelLayout returns Layout.
func (op *Convolution) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *Convolution) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the inputs are data and filters.
func (op *Convolution) LayoutRoles(in []core.Fact) []trait.LayoutRole {
	roles := trait.DataRoles(in)
	roles[1] = trait.FilterLayout
	return roles
}

// Operations counts, for each output element, a product for each element of a filter.
func (op *Convolution) Operations(in, out []core.Fact) int64 {
	return operations(&op.Spatial, in[1].Shape, out[0].Shape)
}

// IntegerForm is an IntegerConvolution.
func (op *Convolution) IntegerForm(rank int) (trait.IntegerForm, bool) {
	channels, _, _ := op.Layout.FilterAxes(rank)
	return trait.IntegerForm{Op: &IntegerConvolution{Spatial: op.Spatial, Groups: op.Groups}, Channels: channels}, rank > 0
}

func convolve[T summed](c *conv, data, filters, to *core.Tensor) {
	convolveNumbers(c, core.Data[T](data), core.Data[T](filters), core.Data[T](to), to.Abandoned)
}

func convolveNumbers[T summed](c *conv, x, w, y []T, abandoned func() bool) {
	acc := make([]T, c.outC)
	for n := range c.batch {
		elements.EachIndex(c.out, func(at []int) {
			if abandoned() {
				return
			}
			clear(acc)
			accumulate(c, acc, x[n*c.dataN:], w, at)
			withoutSign(acc)
			o := n * c.outN
			for i, v := range at {
				o += v * c.outS[i]
			}
			for i, v := range acc {
				y[o+i*c.outCh] = v
			}
		})
	}
}

// accumulate adds the products of one output position to one sum per output channel.
func accumulate[T summed](c *conv, acc, x, w []T, at []int) {
	perGroup := c.outC / c.groups
	elements.EachIndex(c.window, func(k []int) {
		xAt, wAt := 0, 0
		for i, ki := range k {
			p, ok := c.axes[i].At(at[i], ki)
			if !ok {
				return
			}
			xAt += p * c.dataS[i]
			wAt += ki * c.filtS[i]
		}
		for g := range c.groups {
			sums := acc[g*perGroup : (g+1)*perGroup]
			for ch := range c.inC {
				if c.pairs {
					ch = ofPairs(ch, c.inC)
				}
				v := x[xAt+(g*c.inC+ch)*c.dataC]
				row := wAt + g*perGroup*c.filtO + ch*c.filtI
				addProducts(sums, v, w[row:], c.filtO)
			}
		}
	})
}
