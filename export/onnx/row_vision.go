package onnx

import (
	"errors"
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

var (
	_ = exports(exportNonMaxSuppression)
	_ = exports(exportResize)
	_ = exports(exportConvolutionBackpropData)

	_ = lacks[vision.CombinedNonMaxSuppression]("ONNX has no order for equal scores, which images of 8 bits have")
	_ = lacks[vision.ProjectiveTransform]("ONNX's grids have no projections")
	_ = lacks[vision.ResizeArea]("ONNX's interpolations have no mean of an area")
	_ = lacks[vision.ScaleAndTranslate]("ONNX has no such kernels, nor translations")
	_ = lacks[vision.AdjustContrast]("ONNX leaves open how the mean of an image is summed")
	_ = lacks[vision.AdjustHue]("ONNX has no ops on colours")
	_ = lacks[vision.AdjustSaturation]("ONNX has no ops on colours")
)

// exportNonMaxSuppression takes the third column, the box, of ONNX's result: triples of batch, class and box.
func exportNonMaxSuppression(e *exporter, n *core.Node, op *vision.NonMaxSuppression) error {
	in := n.Inputs()
	if s, ok := number(in[5]); !ok || s != 0 {
		return errors.New("ONNX has no soft suppression")
	}
	for _, v := range []core.Value{in[0], in[1], in[3], in[4]} {
		if v.Type() != core.F32 {
			return fmt.Errorf("it is of %v, want f32", v.Type())
		}
	}
	one := e.ints("one", []int{1})
	flat := func(v core.Value) string { return e.emit("Reshape", []string{e.use(v, form{}), one}) }
	boxes := e.emit("Unsqueeze", []string{e.use(in[0], form{}), e.ints("batch", []int{0})})
	scores := e.emit("Unsqueeze", []string{e.use(in[1], form{}), e.ints("batch_class", []int{0, 1})})
	most := e.cast(flat(in[2]), core.I64)
	triples := e.emit("NonMaxSuppression", []string{boxes, scores, most, flat(in[3]), flat(in[4])})
	two := e.ints("column", []int{2})
	index := e.emit("Gather", []string{triples, two}, attribute{"axis", 1})
	index = e.emit("Squeeze", []string{index, e.ints("columns", []int{1})})
	selected := e.emit("Gather", []string{e.use(in[1], form{}), index}, attribute{"axis", 0})
	count := e.emit("Shape", []string{index})
	if op.Pad {
		missing := e.emit("Concat", []string{e.ints("zero", []int{0}), e.sub(most, count)}, attribute{"axis", 0})
		index, selected = e.emit("Pad", []string{index, missing}), e.emit("Pad", []string{selected, missing})
	}
	e.define(n.Out(0), form{}, "Cast", []string{index}, attribute{"to", int(dataTypes[core.I32])})
	if err := e.rename(n.Out(1), form{}, selected); err != nil {
		return err
	}
	e.define(n.Out(2), form{}, "Cast", []string{e.emit("Squeeze", []string{count, e.ints("axis", []int{0})})},
		attribute{"to", int(dataTypes[core.I32])})
	return nil
}

// exportResize writes mode Nearest as Gathers with the indices that the op itself computes.
func exportResize(e *exporter, n *core.Node, op *vision.Resize) error {
	in := n.Inputs()
	x := in[0]
	if op.Mode == vision.ResizeNearest {
		return e.nearest(n, op)
	}
	if op.Mode != vision.ResizeBilinear {
		return errors.New("ONNX's cubic interpolation is another")
	}
	mode := "asymmetric"
	switch {
	case op.AlignCorners:
		mode = "align_corners"
	case op.HalfPixelCenters:
		mode = "half_pixel"
	}
	e.less(LastBits, "ONNX leaves the arithmetic of an interpolation open")
	f := form{first: true}
	name := e.use(x, f)
	if x.Type() != core.F32 {
		name = e.cast(name, core.F32)
	}
	shape := e.emit("Slice", []string{
		e.emit("Shape", []string{name}), e.ints("zero", []int{0}), e.ints("two", []int{2}),
	})
	sizes := e.emit("Concat", []string{shape, e.index(in[1])}, attribute{"axis", 0})
	e.define(n.Out(0), f, "Resize", []string{name, "", "", sizes}, attribute{"mode", "linear"},
		attribute{"coordinate_transformation_mode", mode})
	return nil
}

// nearest writes mode Nearest. It finds the indices by running the op on an image whose elements are their row
// numbers, and on one of column numbers.
func (e *exporter) nearest(n *core.Node, op *vision.Resize) error {
	x, size := n.Inputs()[0], n.Inputs()[1].Constant()
	if size == nil || len(x.Shape()) != 4 || x.Shape()[1] == core.Unknown || x.Shape()[2] == core.Unknown {
		return errors.New("height and width are not known")
	}
	name, f := e.use(x, asIs(x)), asIs(x)
	for axis := 1; axis <= 2; axis++ {
		if err := checkTable(x.Shape()[axis]); err != nil {
			return err
		}
		ramp := make([]int32, x.Shape()[axis])
		for i := range ramp {
			ramp[i] = int32(i)
		}
		from, to := core.Shape{1, 1, 1, 1}, []int32{1, 1}
		from[axis], to[axis-1] = len(ramp), int32(size.Int64s()[axis-1])
		out, err := core.EvalOp(op, []*core.Tensor{tensorOf(from, ramp), tensorOf(core.Shape{2}, to)})
		if err != nil {
			return err
		}
		indices := over(core.I32, core.Shape{out[0].Len()}, out[0].Bytes())
		name = e.emit("Gather", []string{name, e.tensor("indices", indices)}, attribute{"axis", axis})
	}
	e.scales[n.Out(0)] = e.scales[x]
	return e.rename(n.Out(0), f, name)
}

// exportConvolutionBackpropData uses the padding of the convolution of which the op is the gradient.
func exportConvolutionBackpropData(e *exporter, n *core.Node, op *linear.ConvolutionBackpropData) error {
	filters, gradient := n.Inputs()[1].Constant(), n.Inputs()[2]
	y := n.Outputs()[0].Shape
	if filters == nil || filters.Type() != core.F32 || !y.Ranked() {
		return errors.New("its filters are computed, or not of f32")
	}
	window := windowOf(op.Layout, filters.Shape())
	first := op.Layout.SpatialAxis()
	if !y[first : first+len(window)].Static() {
		return errors.New("its sizes are not known")
	}
	axes, err := op.Axes(y, window)
	if err != nil {
		return err
	}
	k := len(window)
	pads, extra := make([]int, 2*k), make([]int, k)
	for i, a := range axes {
		pads[i], pads[k+i] = a.PadBelow, a.PadAbove
		extra[i] = a.In - ((a.Out-1)*a.Stride + (a.Window-1)*a.Dilation + 1 - a.PadBelow - a.PadAbove)
	}
	if anyNegative(pads) || anyNegative(extra) {
		return errors.New("its padding is negative")
	}
	if last(op.Layout) {
		filters = permuted(filters, filterOrder(len(filters.Shape())))
	}
	e.less(LastBits, sumOrder)
	f := form{first: last(op.Layout)}
	e.define(n.Out(0), f, "ConvTranspose", []string{e.use(gradient, f), e.tensor("weights", filters)},
		attribute{"kernel_shape", window}, attribute{"strides", listOf(op.Strides, k)},
		attribute{"dilations", listOf(op.Dilations, k)}, attribute{"pads", pads}, attribute{"output_padding", extra},
		attribute{"group", max(op.Groups, 1)})
	return nil
}
