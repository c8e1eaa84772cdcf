package onnx

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

var (
	_ = exports(exportExtractPatches)
	_ = exports(exportMaxPoolWithArgmax)
	_ = exports(exportQuantizedResizeBilinear)
	_ = exports(exportCropAndResize)
)

var errSizes = errors.New("height and width are not known")

// patches writes the elements under a window, [N, rows, columns, window height, window width, C], where x is a tensor
// of data's shape [N, H, W, C]. Padding has the value of outside.
func (e *exporter) patches(x string, data core.Shape, axes []geometry.Axis, outside *core.Tensor) string {
	pads := make([]int, 8)
	places := make([]*core.Tensor, 2)
	for i, a := range axes {
		list := make([]int64, 0, a.Out*a.Window)
		for o := range a.Out {
			for k := range a.Window {
				at, ok := a.At(o, k)
				if !ok {
					at, pads[5+i] = data[1+i], 1
				}
				list = append(list, int64(at))
			}
		}
		places[i] = tensorOf(core.Shape{a.Out, a.Window}, list)
	}
	if pads[5]+pads[6] > 0 {
		x = e.emit("Pad", []string{x, e.ints("pads", pads), e.scalar(outside)})
	}
	x = e.emit("Gather", []string{x, e.tensor("rows", places[0])}, attribute{"axis", 1})
	x = e.emit("Gather", []string{x, e.tensor("columns", places[1])}, attribute{"axis", 3})
	return e.emit("Transpose", []string{x}, attribute{"perm", []int{0, 1, 3, 2, 4, 5}})
}

// imageAxes returns the geometry of a window over images of known height, width and channels, for patches.
func imageAxes(s *geometry.Spatial, data core.Shape, window []int) ([]geometry.Axis, error) {
	if len(data) != 4 || !data[1:].Static() {
		return nil, errors.New("height, width or the number of channels is not known")
	}
	axes, err := s.Axes(data, window)
	if err != nil {
		return nil, err
	}
	for _, a := range axes {
		if err := checkTable(a.Out, a.Window); err != nil {
			return nil, err
		}
	}
	return axes, nil
}

func exportExtractPatches(e *exporter, n *core.Node, op *vision.ExtractPatches) error {
	x := n.Inputs()[0]
	axes, err := imageAxes(&op.Spatial, x.Shape(), op.Window)
	if err != nil {
		return err
	}
	zero, err := core.NewTensor(x.Type(), core.Shape{})
	if err != nil {
		return err
	}
	y := e.patches(e.use(x, form{}), x.Shape(), axes, zero)
	shape := []int{-1, axes[0].Out, axes[1].Out, axes[0].Window * axes[1].Window * x.Shape()[3]}
	e.move(n, form{}, "Reshape", []string{y, e.ints("shape", shape)})
	return nil
}

// exportMaxPoolWithArgmax takes the first of the largest elements under the window: ONNX's MaxPool leaves open which
// one it counts. Its position is a sum of one number for the window and one for the element.
func exportMaxPoolWithArgmax(e *exporter, n *core.Node, op *pooling.MaxPoolWithArgmax) error {
	x := n.Inputs()[0]
	s := x.Shape()
	axes, err := imageAxes(&op.Spatial, s, op.Window)
	if err != nil {
		return err
	}
	lowest, real := core.Scalar(float32(math.Inf(-1))), core.F32
	switch x.Type() {
	case core.F32, core.U8, core.I8, core.I16, core.U16:
	case core.F64, core.I32, core.U32:
		lowest, real = core.Scalar(math.Inf(-1)), core.F64
	default:
		return fmt.Errorf("f64 does not hold all %v", x.Type())
	}
	name := e.use(x, form{})
	if x.Type() != real {
		name = e.cast(name, real)
	}
	size := axes[0].Window * axes[1].Window
	if err := cmp.Or(checkTable(axes[0].Window, axes[1].Window), checkTable(axes[0].Out, axes[1].Out, s[3])); err != nil {
		return err
	}
	under := e.patches(name, s, axes, lowest)
	under = e.emit("Reshape", []string{under, e.ints("shape", []int{-1, axes[0].Out, axes[1].Out, size, s[3]})})
	inputs, attrs := e.along(under, []int{3}, 18)
	largest := e.emit("ReduceMax", inputs, append(attrs, attribute{"keepdims", 0})...)
	if x.Type() != real {
		largest = e.cast(largest, x.Type())
	}

	within, windows := make([]int64, size), make([]int64, axes[0].Out*axes[1].Out*s[3])
	for i := range within {
		r, k := i/axes[1].Window*axes[0].Dilation, i%axes[1].Window*axes[1].Dilation
		within[i] = int64((r*s[2] + k) * s[3])
	}
	for i := range windows {
		c, o := i%s[3], i/s[3]
		r := o/axes[1].Out*axes[0].Stride - axes[0].PadBelow
		k := o%axes[1].Out*axes[1].Stride - axes[1].PadBelow
		windows[i] = int64((r*s[2]+k)*s[3] + c)
	}
	at := e.emit("ArgMax", []string{under}, attribute{"axis", 3}, attribute{"keepdims", 0})
	at = e.emit("Gather", []string{e.tensor("within", tensorOf(core.Shape{size}, within)), at})
	at = e.add(at, e.tensor("windows", tensorOf(core.Shape{axes[0].Out, axes[1].Out, s[3]}, windows)))
	if op.IncludeBatch {
		images := e.emit("Gather", []string{e.emit("Shape", []string{at}), e.scalar(core.Scalar(int64(0)))})
		long := func(v int) string { return e.scalar(core.Scalar(int64(v))) }
		image := e.emit("Range", []string{long(0), images, long(1)})
		image = e.emit("Reshape", []string{e.mul(image, long(s[1]*s[2]*s[3])), e.ints("images", []int{-1, 1, 1, 1})})
		at = e.add(at, image)
	}
	e.define(n.Out(1), form{}, "Cast", []string{at}, attribute{"to", int(dataTypes[op.Type])})
	return e.rename(n.Out(0), form{}, largest)
}

// lerp writes a + (b-a)*fraction.
func (e *exporter) lerp(a, b, fraction string) string { return e.add(a, e.mul(e.sub(b, a), fraction)) }

// exportQuantizedResizeBilinear interpolates between columns, and then between rows.
func exportQuantizedResizeBilinear(e *exporter, n *core.Node, op *tensorflow.QuantizedResizeBilinear) error {
	x := n.Inputs()[0]
	from, to, t := x.Shape(), n.Outputs()[0].Shape, x.Type()
	if len(from) != 4 || !from[1:3].Static() || !to[1:3].Static() {
		return errSizes
	}
	if from[1] == to[1] && from[2] == to[2] {
		e.alias(n.Out(0), x)
		return nil
	}
	bits := map[core.Type]int{core.U8: 7, core.I32: 30}[t]
	unit := e.scalar(core.Scalar(int64(1) << bits))
	// neighbours writes the two elements between which each output element lies, and its distance from the first.
	neighbours := func(x string, axis int) (low, high, fraction string) {
		places := op.Between(t, from[axis], to[axis])
		lower, upper := make([]int64, len(places)), make([]int64, len(places))
		fractions, whole := make([]float32, len(places)), make([]int64, len(places))
		for i, p := range places {
			lower[i], upper[i], fractions[i] = int64(p.Lower), int64(p.Upper), p.Fraction
			whole[i] = int64(p.Fraction * float32(int64(1)<<bits))
		}
		s := core.Shape{len(places)}
		low = e.emit("Gather", []string{x, e.tensor("lower", tensorOf(s, lower))}, attribute{"axis", axis})
		high = e.emit("Gather", []string{x, e.tensor("upper", tensorOf(s, upper))}, attribute{"axis", axis})
		s = append(s, core.Shape{1, 1}[:3-axis]...)
		if t == core.F32 {
			return low, high, e.tensor("fractions", tensorOf(s, fractions))
		}
		return low, high, e.tensor("fractions", tensorOf(s, whole))
	}
	name := e.use(x, form{})
	if t != core.F32 {
		name = e.cast(e.f32(name), core.I64)
	}
	left, right, across := neighbours(name, 2)
	if t == core.F32 {
		top, bottom, down := neighbours(e.lerp(left, right, across), 1)
		return e.rename(n.Out(0), form{}, e.lerp(top, bottom, down))
	}
	row := e.add(e.mul(left, unit), e.mul(e.sub(right, left), across))
	top, bottom, down := neighbours(row, 1)
	y := e.add(top, e.mul(e.div(e.sub(bottom, top), unit), down))
	y = e.div(e.add(y, e.scalar(core.Scalar(int64(1)<<(bits-1)))), unit)
	e.scales[n.Out(0)] = e.scales[x]
	return e.rename(n.Out(0), form{}, e.cast(y, t))
}

// exportCropAndResize writes the positions of the crops' rows and columns in their images, and interpolates between
// the four elements around each, which GatherND takes.
func exportCropAndResize(e *exporter, n *core.Node, op *vision.CropAndResize) error {
	in := n.Inputs()
	from, to := in[0].Shape(), n.Outputs()[0].Shape
	if len(from) != 4 || !from[1:3].Static() || !to[1:3].Static() {
		return errSizes
	}
	boxes := e.use(in[1], form{})
	images := e.emit("Gather", []string{e.f32(e.use(in[0], form{})), e.use(in[2], form{})})
	r, c := e.positions(op, boxes, 0, from[1], to[1]), e.positions(op, boxes, 1, from[2], to[2])
	grid := e.emit("Shape", []string{e.add(r.lower, c.lower)})
	element := func(r, c string) string {
		at := e.emit("Concat", []string{e.emit("Expand", []string{r, grid}), e.emit("Expand", []string{c, grid})},
			attribute{"axis", 3})
		return e.emit("GatherND", []string{images, at}, attribute{"batch_dims", 1})
	}
	y := element(r.lower, c.lower)
	if !op.Nearest {
		top := e.lerp(y, element(r.lower, c.upper), c.fraction)
		bottom := e.lerp(element(r.upper, c.lower), element(r.upper, c.upper), c.fraction)
		y = e.lerp(top, bottom, r.fraction)
	}
	inside := e.emit("And", []string{r.inside, c.inside})
	e.define(n.Out(0), form{}, "Where", []string{inside, y, e.real(op.Extrapolation)})
	return nil
}

// positions are tensors of shape [boxes, rows, 1, 1] or [boxes, 1, columns, 1]. Those outside of the image count as 0.
type positions struct{ lower, upper, fraction, inside string }

// positions writes where a crop of out elements lies in a dimension of in elements: rows for axis 0, columns for axis
// 1.
func (e *exporter) positions(op *vision.CropAndResize, boxes string, axis, in, out int) positions {
	end := func(at int) string {
		return e.emit("Gather", []string{boxes, e.ints("side", []int{at})}, attribute{"axis", 1})
	}
	from, to, last := end(axis), end(axis+2), e.real(float32(in-1))
	p := e.mul(e.mul(e.real(0.5), e.add(from, to)), last)
	if out > 1 {
		steps := make([]float32, out)
		for i := range steps {
			steps[i] = float32(i)
		}
		scale := e.div(e.mul(e.sub(to, from), last), e.real(float32(out-1)))
		p = e.add(e.mul(from, last), e.mul(e.tensor("steps", tensorOf(core.Shape{out}, steps)), scale))
	}
	p = e.emit("Unsqueeze", []string{p, e.ints("axes", []int{2 - axis, 3})})
	inside := e.emit("And", []string{
		e.emit("GreaterOrEqual", []string{p, e.real(0)}), e.emit("LessOrEqual", []string{p, last}),
	})
	p = e.choose(inside, p, e.real(0))
	if op.Nearest {
		at := e.emit("Min", []string{e.roundAway(p, core.F32), last})
		return positions{lower: e.cast(at, core.I64), inside: inside}
	}
	floor := e.emit("Floor", []string{p})
	return positions{e.cast(floor, core.I64), e.cast(e.emit("Ceil", []string{p}), core.I64), e.sub(p, floor), inside}
}
