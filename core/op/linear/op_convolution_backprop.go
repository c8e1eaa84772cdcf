package linear

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/op/array"
)

var _ = core.Register[ConvolutionBackpropData]("ConvolutionBackpropData")

// ConvolutionBackpropData is the transposed convolution ("deconvolution"): the gradient of
// Convolution with respect to its data, in the type of its inputs.
//
//	y[n, i, c] = sum over the output positions o and channels d of a Convolution of y in
//	             which filter element k meets i of gradient[n, o, d] * filters[k, c, d]
//
// Each sum starts with 0 and runs over o in row-major order, and within a position over d;
// products, sums and zeros are Dot's.
//
//	Inputs:  sizes: i32 or i64, [spatial+2] or [spatial]: the shape of y, or its spatial
//	         dimensions alone
//	         filters: f32 or f64, as Convolution's: [O, C/Groups, spatial...] or
//	         [spatial..., C/Groups, O] by Layout
//	         gradient: the type of filters, [N, O, spatial...] or [N, spatial..., O]
//	Outputs: y: the type of filters, [N, C, spatial...] or [N, spatial..., C]
//
//	C1: filters and gradient are of one type, f32 or f64
//	C2: sizes are i32 or i64 of rank 1; a Convolution of data of that shape has an output of
//	    the gradient's shape
//	C3: there are no data dilations
//
// It is nGraph's op::v0::ConvolutionBackpropData, and TensorFlow's Conv2DBackpropInput and
// Conv3DBackpropInputV2, which leave the order open.
type ConvolutionBackpropData struct {
	geometry.Spatial
	Groups int `json:"groups,omitempty"` // 0 means 1
}

// InputNames names the inputs.
func (op *ConvolutionBackpropData) InputNames() []string {
	return []string{"sizes", "filters", "gradient"}
}

// Infer checks C1 to C3.
func (op *ConvolutionBackpropData) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	for i := 1; i < 3; i++ {
		if err := infer.WantType("C1", in, i, core.F32, core.F64); err != nil {
			return nil, err
		}
	}
	typ := max(in[1].Type, in[2].Type)
	if !in[1].Type.Compatible(in[2].Type) {
		return nil, core.Violation("C1", 2, "got type %v, want %v", in[2].Type, in[1].Type)
	}
	if err := infer.CheckIndexVector("C2", in, 0); err != nil {
		return nil, err
	}
	if len(op.DataDilations) != 0 {
		return nil, core.Violation("C3", -1, "data dilations: got %v, want none", op.DataDilations)
	}
	s, err := op.shape(in)
	return []core.Fact{{Type: typ, Shape: s}}, err
}

// shape checks C2 and returns the shape of y as far as it is known.
func (op *ConvolutionBackpropData) shape(in []core.Operand) (core.Shape, error) {
	filters, gradient := in[1].Shape, in[2].Shape
	rank := max(len(filters), len(gradient))
	if rank == 0 {
		return nil, nil
	}
	if rank < 3 || rank > 5 || gradient.Ranked() && len(gradient) != rank || filters.Ranked() && len(filters) != rank {
		return nil, core.Violation("C2", 2, "got shape %v with filters of shape %v, want one rank, 3 to 5", gradient, filters)
	}
	y := infer.UnknownShape(rank)
	if gradient.Ranked() {
		y[0] = gradient[0]
	}
	if filters.Ranked() {
		if _, i, _ := op.Layout.FilterAxes(rank); filters[i] != core.Unknown {
			n, err := core.Shape{filters[i], max(op.Groups, 1)}.Elements()
			if err != nil {
				return nil, core.Violation("C2", 1, "%v", err)
			}
			y[op.Layout.ChannelAxis(rank)] = n
		}
	}
	y, err := op.sized(y, in[0])
	if err != nil {
		return nil, err
	}
	forward, err := convolutionShape(&op.Spatial, y, filters, op.Groups)
	if err != nil {
		return nil, err
	}
	if !gradient.Compatible(forward) {
		return nil, core.Violation("C2", 2, "got shape %v, want %v, which a convolution makes of %v", gradient, forward, y)
	}
	return infer.CheckedShape(y)
}

// sized returns y narrowed to the sizes, if they are known.
func (op *ConvolutionBackpropData) sized(y core.Shape, sizes core.Operand) (core.Shape, error) {
	rank := len(y)
	if s := sizes.Shape; s.Static() && s[0] != rank && s[0] != rank-2 {
		return nil, core.Violation("C2", 0,
			"got %d numbers, want %d, or %d for the spatial dimensions alone", s[0], rank, rank-2)
	}
	list, ok := infer.IntsOf(sizes)
	if !ok {
		return y, nil
	}
	given := infer.UnknownShape(rank)
	to := given
	if len(list) == rank-2 {
		to = given[op.Layout.SpatialAxis():]
	}
	for i, d := range list {
		if d < 0 || d > core.MaxElements {
			return nil, core.Violation("C2", 0, "got %v, want dimensions in [0, %d]", list, int64(core.MaxElements))
		}
		to[i] = int(d)
	}
	merged, ok := y.Merge(given)
	if !ok {
		return nil, core.Violation("C2", 0, "got %v, want a shape like %v", list, y)
	}
	return merged, nil
}

// Eval adds each product to the element of y that it belongs to.
func (op *ConvolutionBackpropData) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].Bytes())
	if out[0].Len() == 0 || in[2].Len() == 0 {
		return nil
	}
	c, err := newConv(&op.Spatial, out[0].Shape(), in[1].Shape(), in[2].Shape(), op.Groups)
	if err != nil {
		return err
	}
	if out[0].Type() == core.F64 {
		backprop(c, out[0], core.Data[float64](out[0]), core.Data[float64](in[1]), core.Data[float64](in[2]))
		return nil
	}
	backprop(c, out[0], core.Data[float32](out[0]), core.Data[float32](in[1]), core.Data[float32](in[2]))
	return nil
}

// Operations are those of the convolution of which it is the gradient.
func (op *ConvolutionBackpropData) Operations(in, _ []core.Fact) int64 {
	return operations(&op.Spatial, in[1].Shape, in[2].Shape)
}

func backprop[T float32 | float64](c *conv, to *core.Tensor, y, w, gradient []T) {
	defer withoutSign(y)
	sums := make([]T, c.inC)
	for n := range c.batch {
		elements.EachIndex(c.out, func(at []int) {
			if to.Abandoned() {
				return
			}
			g := n * c.outN
			for i, v := range at {
				g += v * c.outS[i]
			}
			elements.EachIndex(c.window, func(k []int) {
				yAt, wAt := n*c.dataN, 0
				for i, ki := range k {
					p, ok := c.axes[i].At(at[i], ki)
					if !ok {
						return
					}
					yAt += p * c.dataS[i]
					wAt += ki * c.filtS[i]
				}
				backpropTap(c, sums, y[yAt:], w[wAt:], gradient[g:])
			})
		})
	}
}

// backpropTap adds the products of one output position with one filter position. sums is for the channels of a group.
func backpropTap[T float32 | float64](c *conv, sums, y, w, gradient []T) {
	perGroup := c.outC / c.groups
	for group := range c.groups {
		first := group * c.inC * c.dataC
		for ch := range sums {
			sums[ch] = y[first+ch*c.dataC]
		}
		for o := group * perGroup; o < (group+1)*perGroup; o++ {
			addProducts(sums, gradient[o*c.outCh], w[o*c.filtO:], c.filtI)
		}
		for ch, sum := range sums {
			y[first+ch*c.dataC] = sum
		}
	}
}

// Decompose returns a convolution of the gradient with the reversed filters; the strides become data dilations.
// It returns nothing if shapes are not known or there are groups.
func (op *ConvolutionBackpropData) Decompose(in []core.Value) ([]core.Value, error) {
	sizes := in[0].Folded()
	if sizes == nil || op.Groups > 1 || !in[1].Shape().Static() || !in[2].Shape().Static() {
		return nil, nil
	}
	y, err := op.shape([]core.Operand{{Fact: sizes.Fact(), Const: sizes}, {Fact: in[1].Fact()}, {Fact: in[2].Fact()}})
	if err != nil {
		return nil, err
	}
	if n, err := y.Elements(); err != nil || n == 0 || slices.Contains(in[2].Shape(), 0) {
		return nil, nil
	}
	rank := len(y)
	axes, err := op.Axes(y, windowOf(&op.Spatial, in[1].Shape()))
	if err != nil {
		return nil, err
	}
	forward := &Convolution{Spatial: geometry.Spatial{Layout: op.Layout}}
	_, _, first := op.Layout.FilterAxes(rank)
	reverse, order := &array.Reverse{}, make([]int, rank)
	for i, a := range axes {
		span := (a.Window - 1) * a.Dilation
		below := span - a.PadBelow
		data := (a.Out-1)*a.Stride + 1
		forward.Dilations = append(forward.Dilations, a.Dilation)
		forward.DataDilations = append(forward.DataDilations, a.Stride)
		forward.PadBelow = append(forward.PadBelow, below)
		forward.PadAbove = append(forward.PadAbove, a.In+span-data-below)
		reverse.Axes = append(reverse.Axes, first+i)
	}
	for i := range order {
		order[i] = i
	}
	o, c, _ := op.Layout.FilterAxes(rank)
	order[o], order[c] = c, o
	turned, err := core.Apply(reverse, in[1])
	if err != nil {
		return nil, err
	}
	filters, err := core.Apply(&array.Transpose{Order: order}, turned)
	if err != nil {
		return nil, err
	}
	v, err := core.Apply(forward, in[2], filters)
	if err != nil {
		return nil, err
	}
	return []core.Value{v}, nil
}
