package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
)

var (
	_ = exports(exportReshape)
	_ = exports(exportConcat)
	_ = exports(exportPad)
	_ = exports(exportTranspose)
	_ = exports(exportSqueeze)
	_ = exports(exportExpandDims)
	_ = exports(exportSplit)
	_ = exports(exportTile)
	_ = exports(exportBroadcastTo)
	_ = exports(exportEnsureShape)
	_ = exports(exportSpaceToDepth)
	_ = exports(exportDepthToSpace)
	_ = exports(exportRange)
	_ = exports(exportLinSpace)
	_ = exports(exportBitcast)
)

// asIs returns the form of a value with its axes in the function's order, and i8 as uint8.
func asIs(v core.Value) form { return form{bytes: v.Type() == core.I8} }

// index writes a list of i32 or i64 as i64, as ONNX requires.
func (e *exporter) index(v core.Value) string {
	if t := v.Constant(); t != nil {
		data := t.Int64s()
		return e.tensor("list", tensorOf(t.Shape(), slices.Clone(data)))
	}
	name := e.use(v, form{})
	if v.Type() != core.I64 {
		name = e.cast(name, core.I64)
	}
	return name
}

// move writes an op that only moves elements of its first input, so that the scale stays the same.
func (e *exporter) move(n *core.Node, f form, op string, inputs []string, attrs ...attribute) {
	e.define(n.Out(0), f, op, inputs, attrs...)
	e.scales[n.Out(0)] = e.scales[n.Inputs()[0]]
}

func exportReshape(e *exporter, n *core.Node, _ *array.Reshape) error {
	x := n.Inputs()[0]
	if x.Type() == core.String {
		return errors.New("ONNX's runtimes do not reshape strings")
	}
	e.move(n, asIs(x), "Reshape", []string{e.use(x, asIs(x)), e.index(n.Inputs()[1])}, attribute{"allowzero", 1})
	return nil
}

func exportConcat(e *exporter, n *core.Node, op *array.Concat) error {
	f := asIs(n.Inputs()[0])
	rank := len(n.Outputs()[0].Shape)
	for _, v := range n.Inputs() {
		f.first = f.first || v.Constant() == nil && e.formOf(v).first && len(v.Shape()) >= 3
	}
	names := make([]string, len(n.Inputs()))
	same := true
	for i, v := range n.Inputs() {
		names[i] = e.use(v, f)
		same = same && e.scales[v] == e.scales[n.Inputs()[0]]
	}
	e.define(n.Out(0), f, "Concat", names, attribute{"axis", axisIn(op.Axis, rank, f)})
	if same {
		e.scales[n.Out(0)] = e.scales[n.Inputs()[0]]
	}
	return nil
}

func exportPad(e *exporter, n *core.Node, op *array.Pad) error {
	x := n.Inputs()[0]
	f := asIs(x)
	f.first = e.formOf(x).first
	if !x.Shape().Ranked() {
		return errors.New("the rank of its input is not known")
	}
	modes := map[array.PadMode]string{array.PadConstant: "constant", array.PadReflect: "reflect"}
	mode := modes[op.Mode]
	if mode == "" {
		return errors.New("ONNX has no symmetric padding")
	}
	below, above := slices.Clone(op.Below), slices.Clone(op.Above)
	if anyNegative(below) || anyNegative(above) {
		return errors.New("its padding is negative")
	}
	if f.first {
		for i, a := range channelOrder(len(below), true) {
			below[i], above[i] = op.Below[a], op.Above[a]
		}
	}
	inputs := []string{e.use(x, f), e.ints("pads", slices.Concat(below, above))}
	if len(n.Inputs()) > 1 && mode == "constant" {
		inputs = append(inputs, e.use(n.Inputs()[1], form{bytes: f.bytes}))
	}
	e.move(n, f, "Pad", inputs, attribute{"mode", mode})
	return nil
}

func exportTranspose(e *exporter, n *core.Node, op *array.Transpose) error {
	x := n.Inputs()[0]
	rank := len(n.Outputs()[0].Shape)
	if !x.Shape().Ranked() {
		return errors.New("the rank of its input is not known")
	}
	order := op.Order
	if len(order) == 0 {
		for i := range rank {
			order = append(order, rank-1-i)
		}
	}
	f := asIs(x)
	if f.first = e.formOf(x).first; f.first {
		moved := make([]int, rank)
		for i, a := range order {
			moved[i] = axisIn(a, rank, f)
		}
		order = moved
	}
	y := asIs(x)
	if slices.IsSorted(order) { // the other form is the transposition
		e.set(n.Out(0), y, e.use(x, f))
		e.scales[n.Out(0)] = e.scales[x]
		return nil
	}
	e.move(n, y, "Transpose", []string{e.use(x, f)}, attribute{"perm", order})
	return nil
}

func exportSqueeze(e *exporter, n *core.Node, op *array.Squeeze) error {
	x := n.Inputs()[0]
	inputs := []string{e.use(x, asIs(x))}
	if len(op.Axes) > 0 {
		inputs = append(inputs, e.ints("axes", op.Axes))
	}
	e.move(n, asIs(x), "Squeeze", inputs)
	return nil
}

func exportExpandDims(e *exporter, n *core.Node, op *array.ExpandDims) error {
	x := n.Inputs()[0]
	e.move(n, asIs(x), "Unsqueeze", []string{e.use(x, asIs(x)), e.ints("axes", op.Axes)})
	return nil
}

func exportSplit(e *exporter, n *core.Node, op *array.Split) error {
	x := n.Inputs()[0]
	f := asIs(x)
	names := make([]string, len(n.Outputs()))
	sizes := make([]int, len(names))
	for i, out := range n.Outputs() {
		if !out.Shape.Ranked() {
			return errors.New("the rank of its input is not known")
		}
		sizes[i] = out.Shape[axisIn(op.Axis, len(out.Shape), form{})]
		names[i] = e.tensorName(n.Out(i), f)
		e.set(n.Out(i), f, names[i])
		e.scales[n.Out(i)] = e.scales[x]
	}
	inputs, attrs := []string{e.use(x, f)}, []attribute{{"axis", op.Axis}}
	switch {
	case !slices.Contains(sizes, core.Unknown):
		inputs = append(inputs, e.ints("sizes", sizes))
	case slices.ContainsFunc(op.Sizes, func(n int) bool { return n != -1 }):
		return errors.New("the sizes of its parts are not known")
	case e.opts.Opset >= numOutputsFrom:
		attrs = append(attrs, attribute{"num_outputs", len(names)})
	}
	e.emitTo(names, "Split", inputs, attrs...)
	return nil
}

// numOutputsFrom is the first opset in which Split has the attribute num_outputs.
const numOutputsFrom = 18

func exportTile(e *exporter, n *core.Node, _ *array.Tile) error {
	x := n.Inputs()[0]
	e.move(n, asIs(x), "Tile", []string{e.use(x, asIs(x)), e.index(n.Inputs()[1])})
	return nil
}

func exportBroadcastTo(e *exporter, n *core.Node, _ *array.BroadcastTo) error {
	x := n.Inputs()[0]
	e.move(n, asIs(x), "Expand", []string{e.use(x, asIs(x)), e.index(n.Inputs()[1])})
	return nil
}

// exportEnsureShape writes nothing if the shape is known to be the expected one.
func exportEnsureShape(e *exporter, n *core.Node, op *array.EnsureShape) error {
	x := n.Inputs()[0]
	if merged, ok := x.Shape().Merge(op.Shape); !ok || !merged.Equal(x.Shape()) {
		return errors.New("ONNX has nothing that checks a shape")
	}
	e.alias(n.Out(0), x)
	return nil
}

func exportSpaceToDepth(e *exporter, n *core.Node, op *array.SpaceToDepth) error {
	return e.blocks(n, op.Layout, "SpaceToDepth", attribute{"blocksize", op.BlockSize})
}

func exportDepthToSpace(e *exporter, n *core.Node, op *array.DepthToSpace) error {
	return e.blocks(n, op.Layout, "DepthToSpace", attribute{"blocksize", op.BlockSize}, attribute{"mode", "DCR"})
}

func (e *exporter) blocks(n *core.Node, l geometry.Layout, op string, attrs ...attribute) error {
	f := asIs(n.Inputs()[0])
	f.first = l == geometry.NHWC
	e.move(n, f, op, []string{e.use(n.Inputs()[0], f)}, attrs...)
	return nil
}

func exportRange(e *exporter, n *core.Node, _ *array.Range) error {
	in := e.asTheyAre(n.Inputs())
	if n.Outputs()[0].Type.IsFloat() {
		return errors.New("ONNX multiplies where TensorFlow adds step by step")
	}
	e.define(n.Out(0), form{}, "Range", in)
	return nil
}

// exportLinSpace writes the op's formula for all elements but the first and the last, which are start and stop.
func exportLinSpace(e *exporter, n *core.Node, _ *array.LinSpace) error {
	t := n.Outputs()[0].Type
	if t != core.F32 && t != core.F64 {
		return fmt.Errorf("it is of %v, want f32 or f64", t)
	}
	in := n.Inputs()
	start, stop := e.use(in[0], form{}), e.use(in[1], form{})
	long := func(x int64) string { return e.scalar(core.Scalar(x)) }
	count := e.index(in[2])
	last := e.sub(count, long(1))
	at := e.emit("Range", []string{long(0), count, long(1)})
	step := e.div(e.sub(stop, start), e.cast(last, t))
	y := e.choose(e.equal(at, last), stop, e.add(start, e.mul(e.cast(at, t), step)))
	e.define(n.Out(0), form{}, "Where", []string{e.equal(at, long(0)), start, y})
	return nil
}

// exportBitcast writes a Cast from integers to integers of the same size, which keeps the bits.
func exportBitcast(e *exporter, n *core.Node, op *array.Bitcast) error {
	from := n.Inputs()[0].Type()
	if !from.IsInteger() || !op.Type.IsInteger() || from.Size() != op.Type.Size() {
		return errors.New("ONNX takes the bits of integers alone for another type, of the same size")
	}
	e.define(n.Out(0), form{}, "Cast", []string{e.use(n.Inputs()[0], form{})}, attribute{"to", int(dataTypes[op.Type])})
	return nil
}
