package onnx

import (
	"errors"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

var (
	_ = exports(exportReverse)
	_ = exports(exportRoll)
	_ = exports(exportSpaceToBatch)
	_ = exports(exportBatchToSpace)
	_ = exports(exportReverseSequence)
	_ = exports(exportDynPad)
	_ = exports(exportBandPart)
	_ = exports(exportSelectRows)
	_ = exports(exportAny)
	_ = exports(exportAll)
	_ = exports(exportBroadcastShape)
)

func exportReverse(e *exporter, n *core.Node, op *array.Reverse) error {
	x := n.Inputs()[0]
	if len(op.Axes) == 0 {
		e.alias(n.Out(0), x)
		return nil
	}
	backward, ends := make([]int, len(op.Axes)), make([]int, len(op.Axes))
	for i := range backward {
		backward[i], ends[i] = -1, math.MinInt
	}
	e.move(n, asIs(x), "Slice", []string{
		e.use(x, asIs(x)), e.ints("starts", backward), e.ints("ends", ends), e.ints("axes", op.Axes),
		e.ints("steps", backward),
	})
	return nil
}

func exportReverseSequence(e *exporter, n *core.Node, op *array.ReverseSequence) error {
	x := n.Inputs()[0]
	if rank := len(x.Shape()); rank < 2 || axisIn(op.BatchAxis, rank, form{}) > 1 || axisIn(op.SeqAxis, rank, form{}) > 1 {
		return errors.New("ONNX reverses along the first two axes only, one of which is the batch")
	}
	e.move(n, asIs(x), "ReverseSequence", []string{e.use(x, asIs(x)), e.index(n.Inputs()[1])},
		attribute{"batch_axis", op.BatchAxis}, attribute{"time_axis", op.SeqAxis})
	return nil
}

func exportRoll(e *exporter, n *core.Node, op *array.Roll) error {
	x := n.Inputs()[0]
	name := e.use(x, asIs(x))
	for i, axis := range op.Axes {
		if !x.Shape().Ranked() || x.Shape()[axisIn(axis, len(x.Shape()), form{})] == core.Unknown {
			return errors.New("a dimension that it turns is not known")
		}
		size := x.Shape()[axisIn(axis, len(x.Shape()), form{})]
		if size == 0 || op.Shifts[i]%size == 0 {
			continue
		}
		shift := (op.Shifts[i]%size + size) % size
		at := e.ints("axis", []int{axis})
		cut := func(from, to int) string {
			return e.emit("Slice", []string{name, e.ints("from", []int{from}), e.ints("to", []int{to}), at})
		}
		name = e.emit("Concat", []string{cut(size-shift, size), cut(0, size-shift)}, attribute{"axis", axis})
	}
	e.scales[n.Out(0)] = e.scales[x]
	if name == e.use(x, asIs(x)) {
		e.alias(n.Out(0), x)
		return nil
	}
	return e.rename(n.Out(0), asIs(x), name)
}

func exportDynPad(e *exporter, n *core.Node, op *array.DynPad) error {
	in := n.Inputs()
	modes := map[array.PadMode]string{array.PadConstant: "constant", array.PadReflect: "reflect"}
	mode := modes[op.Mode]
	if mode == "" {
		return errors.New("ONNX has no symmetric padding")
	}
	pads := e.emit("Transpose", []string{e.index(in[1])}, attribute{"perm", []int{1, 0}})
	f := asIs(in[0])
	inputs := []string{e.use(in[0], f), e.emit("Reshape", []string{pads, e.ints("flat", []int{-1})})}
	if len(in) > 2 {
		inputs = append(inputs, e.use(in[2], form{bytes: f.bytes}))
	}
	e.move(n, f, "Pad", inputs, attribute{"mode", mode})
	return nil
}

// exportBandPart clears the elements below the band, then those above it.
func exportBandPart(e *exporter, n *core.Node, _ *array.BandPart) error {
	in := n.Inputs()
	lower, upper := in[1].Constant(), in[2].Constant()
	if lower == nil || upper == nil || e.opts.Opset < 14 {
		return errors.New("its band is computed, or the opset has no Trilu")
	}
	x := e.use(in[0], form{})
	for _, side := range []struct {
		width int64
		sign  int64
		upper int
	}{{lower.Int64s()[0], -1, 1}, {upper.Int64s()[0], 1, 0}} {
		if side.width >= 0 {
			k := e.scalar(core.Scalar(side.sign * side.width))
			x = e.emit("Trilu", []string{x, k}, attribute{"upper", side.upper})
		}
	}
	if x == e.use(in[0], form{}) {
		e.alias(n.Out(0), in[0])
		return nil
	}
	return e.rename(n.Out(0), form{}, x)
}

func exportSelectRows(e *exporter, n *core.Node, _ *pointwise.SelectRows) error {
	in := n.Inputs()
	condition := e.use(in[0], form{})
	if !in[0].Shape().Ranked() || !in[1].Shape().Ranked() {
		return errors.New("the rank of an input is not known")
	}
	if rank := len(in[1].Shape()); len(in[0].Shape()) == 1 && rank > 1 {
		axes := make([]int, rank-1)
		for i := range axes {
			axes[i] = 1 + i
		}
		condition = e.emit("Unsqueeze", []string{condition, e.ints("axes", axes)})
	}
	e.define(n.Out(0), form{}, "Where", []string{condition, e.use(in[1], form{}), e.use(in[2], form{})})
	return nil
}

func exportAny(e *exporter, n *core.Node, op *reduce.Any) error {
	return e.rename(n.Out(0), form{}, e.any(e.use(n.Inputs()[0], form{}), op.BoolReduction))
}

func exportAll(e *exporter, n *core.Node, op *reduce.All) error {
	no := e.any(e.emit("Not", []string{e.use(n.Inputs()[0], form{})}), op.BoolReduction)
	return e.rename(n.Out(0), form{}, e.emit("Not", []string{no}))
}

// any writes Any as a count of the elements that are true, cast to bool.
func (e *exporter) any(x string, r reduce.BoolReduction) string {
	inputs := []string{e.cast(x, core.I32)}
	attrs := []attribute{{"keepdims", boolean(r.KeepDims)}, {"noop_with_empty_axes", 1}}
	count := e.emit("ReduceSum", append(inputs, e.ints("axes", r.Axes)), attrs...)
	return e.cast(count, core.Bool)
}

// blockLists returns the constant lists of SpaceToBatch and BatchToSpace: the block sizes, how much is padded or
// cropped before and after each dimension, and the dimensions after the batch.
func blockLists(n *core.Node) (block, edges []int64, shape core.Shape, err error) {
	in := n.Inputs()
	b, p, s := in[1].Constant(), in[2].Constant(), in[0].Shape()
	if b == nil || p == nil || len(s) == 0 || !s[1:].Static() {
		return nil, nil, nil, errors.New("its blocks or its edges are computed, or a dimension behind the batch is not known")
	}
	return b.Int64s(), p.Int64s(), s[1:], nil
}

// exportSpaceToBatch pads, splits each dimension so that the positions within a block are an axis, and moves these
// axes in front of the batch.
func exportSpaceToBatch(e *exporter, n *core.Node, _ *array.SpaceToBatch) error {
	block, pads, shape, err := blockLists(n)
	if err != nil {
		return err
	}
	x := n.Inputs()[0]
	f := asIs(x)
	rank := len(shape) + 1
	edges := make([]int, 2*rank)
	split, order, joined := []int{0}, []int{}, []int{-1}
	for i, b := range block {
		edges[i+1], edges[rank+i+1] = int(pads[2*i]), int(pads[2*i+1])
		d := (shape[i] + edges[i+1] + edges[rank+i+1]) / int(b)
		split, order, joined = append(split, d, int(b)), append(order, 2*i+2), append(joined, d)
	}
	order = append(order, 0)
	for i := range block {
		order = append(order, 2*i+1)
	}
	for i, d := range shape[len(block):] {
		split, order, joined = append(split, d), append(order, 2*len(block)+1+i), append(joined, d)
	}
	zero := core.Scalar(uint8(128))
	if !f.bytes {
		if zero, err = core.NewTensor(x.Type(), core.Shape{}); err != nil {
			return err
		}
	}
	name := e.emit("Pad", []string{e.use(x, f), e.ints("pads", edges), e.scalar(zero)})
	name = e.emit("Reshape", []string{name, e.ints("split", split)})
	name = e.emit("Transpose", []string{name}, attribute{"perm", order})
	e.move(n, f, "Reshape", []string{name, e.ints("joined", joined)})
	return nil
}

// exportBatchToSpace reverses exportSpaceToBatch, and crops at the end.
func exportBatchToSpace(e *exporter, n *core.Node, _ *array.BatchToSpace) error {
	block, crops, shape, err := blockLists(n)
	if err != nil {
		return err
	}
	x := n.Inputs()[0]
	f := asIs(x)
	count := len(block)
	split, order, joined := []int{}, []int{count}, []int{-1}
	from, to, axes := make([]int, count), make([]int, count), make([]int, count)
	for i, b := range block {
		d := shape[i] * int(b)
		split, order, joined = append(split, int(b)), append(order, count+1+i, i), append(joined, d)
		from[i], to[i], axes[i] = int(crops[2*i]), d-int(crops[2*i+1]), i+1
	}
	split = append(split, -1)
	for i, d := range shape {
		if split = append(split, d); i >= count {
			order, joined = append(order, count+1+i), append(joined, d)
		}
	}
	name := e.emit("Reshape", []string{e.use(x, f), e.ints("split", split)})
	name = e.emit("Transpose", []string{name}, attribute{"perm", order})
	name = e.emit("Reshape", []string{name, e.ints("joined", joined)})
	e.move(n, f, "Slice", []string{name, e.ints("from", from), e.ints("to", to), e.ints("axes", axes)})
	return nil
}

// exportBroadcastShape takes the dimensions of the first shape, except those that are 1. Ones are put before the
// shorter shape.
func exportBroadcastShape(e *exporter, n *core.Node, _ *array.BroadcastShape) error {
	a, b := n.Inputs()[0], n.Inputs()[1]
	if !a.Shape().Static() || !b.Shape().Static() {
		return errors.New("the rank of a shape is not known")
	}
	names, rank := [2]string{}, max(a.Shape()[0], b.Shape()[0])
	for i, v := range []core.Value{a, b} {
		names[i] = e.cast(e.use(v, form{}), core.I64)
		if missing := rank - v.Shape()[0]; missing > 0 {
			ones := e.ints("ones", slices.Repeat([]int{1}, missing))
			names[i] = e.emit("Concat", []string{ones, names[i]}, attribute{"axis", 0})
		}
	}
	y := e.choose(e.equal(names[0], e.scalar(core.Scalar(int64(1)))), names[1], names[0])
	e.define(n.Out(0), form{}, "Cast", []string{y}, attribute{"to", int(dataTypes[a.Type()])})
	return nil
}
