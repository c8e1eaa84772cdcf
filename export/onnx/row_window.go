package onnx

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
)

var (
	_ = exports(exportConvolution)
	_ = exports(exportMaxPool)
	_ = exports(exportAvgPool)
	_ = exports(exportQuantizedAvgPool)
	_ = exports(exportBatchNorm)
	_ = exports(exportLRN)
	_ = lacks[pooling.Dilation]("ONNX has no largest sums of windows")
)

// sumOrder is the reason why sums of reals are not exact.
const sumOrder = "the order of the sum is the runtime's"

// last reports whether the channels are the last axis of a layout.
func last(l geometry.Layout) bool { return l == geometry.NHWC }

func exportConvolution(e *exporter, n *core.Node, op *linear.Convolution) error {
	x, w := n.Inputs()[0], n.Inputs()[1]
	filters := w.Constant()
	if filters == nil || x.Type() != core.F32 && x.Type() != core.BF16 {
		return errors.New("its filters are computed, or not of f32 or bf16")
	}
	attrs, err := windowAttributes(&op.Spatial, x.Shape(), windowOf(op.Layout, filters.Shape()), true)
	if err != nil {
		return err
	}
	if last(op.Layout) {
		filters = permuted(filters, filterOrder(len(filters.Shape())))
	}
	e.less(LastBits, sumOrder)
	f := form{first: last(op.Layout)}
	e.define(n.Out(0), f, "Conv", []string{e.wide(x, e.use(x, f)), e.wide(x, e.tensor("weights", filters))},
		append(attrs, attribute{"group", max(op.Groups, 1)})...)
	return nil
}

func exportMaxPool(e *exporter, n *core.Node, op *pooling.MaxPool) error {
	x := n.Inputs()[0]
	switch x.Type() {
	case core.F32, core.U8, core.I8, core.F64:
	default:
		return fmt.Errorf("ONNX has no MaxPool of %v", x.Type())
	}
	attrs, err := windowAttributes(&op.Spatial, x.Shape(), op.Window, true)
	if err != nil {
		return err
	}
	f := asIs(x)
	f.first = last(op.Layout)
	if q, ok := e.pooled[n]; ok {
		most := e.emit("MaxPool", []string{e.use(q.bytes, form{f.first, true})}, attrs...)
		real := e.emit("DequantizeLinear", []string{most, e.real(q.scale), e.scalar(core.Scalar(q.zero))})
		return e.quantize(n, q.to, form{first: f.first}, real)
	}
	e.move(n, f, "MaxPool", []string{e.use(x, f)}, attrs...)
	return nil
}

// pooled is a quantization of dequantized bytes that only a MaxPool reads. The largest of some bytes becomes the
// largest of their integers, so the bytes are pooled first, which is exact and leaves fewer to quantize.
type pooled struct {
	bytes core.Value // their reals are (byte - zero) * scale, of their uint8 form
	scale float32
	zero  uint8
	to    trait.Rounding
}

// findPooled finds the quantizations that are left to a MaxPool.
func (e *exporter) findPooled(f *core.Function) {
	readers := map[core.Value]int{}
	for _, n := range f.Nodes() {
		for _, v := range n.Inputs() {
			readers[v]++
		}
	}
	for _, n := range f.Nodes() {
		if _, ok := n.Op().(*pooling.MaxPool); !ok || readers[n.Inputs()[0]] != 1 {
			continue
		}
		quantize := n.Inputs()[0].Node
		if q, ok := e.quantizedBytes(quantize); ok {
			e.pooled[n], e.left[quantize] = q, true
			if v := quantize.Inputs()[0]; readers[v] == 1 {
				e.left[v.Node] = true
			}
		}
	}
}

// quantizedBytes returns what a node quantizes if that is bytes, dequantized by one scale.
func (e *exporter) quantizedBytes(n *core.Node) (pooled, bool) {
	op, ok := n.Op().(*tensorflow.QuantizeV2)
	if !ok {
		return pooled{}, false
	}
	in := n.Inputs()
	to, ok := trait.RangeQuantizer(op).Rounding(in[1].Constant(), in[2].Constant())
	from := in[0].Node
	if _, reals := from.Op().(*tensorflow.Dequantize); !ok || !reals || !(to.Factor > 0) || !e.isTable(from) {
		return pooled{}, false
	}
	values, err := byteTable(from)
	if err != nil {
		return pooled{}, false
	}
	v := from.Inputs()[0]
	if v.Type() == core.I8 {
		values = rotated(values)
	}
	scale, zero, ok := linearTable(values)
	return pooled{v, scale, zero, to}, ok
}

func exportAvgPool(e *exporter, n *core.Node, op *pooling.AvgPool) error {
	x := n.Inputs()[0]
	if x.Type() != core.F32 {
		return fmt.Errorf("it is of %v, want f32", x.Type())
	}
	attrs, err := e.averageAttributes(&op.Spatial, x.Shape(), op.Window, op.IncludePadding)
	if err != nil {
		return err
	}
	e.less(LastBits, sumOrder)
	f := form{first: last(op.Layout)}
	e.define(n.Out(0), f, "AveragePool", []string{e.use(x, f)}, attrs...)
	return nil
}

func (e *exporter) averageAttributes(
	s *geometry.Spatial, x core.Shape, window []int, padding bool,
) ([]attribute, error) {
	attrs, err := windowAttributes(s, x, window, false)
	if padding {
		attrs = append(attrs, attribute{"count_include_pad", 1})
	}
	return attrs, err
}

// exportQuantizedAvgPool averages the integers in f32. Sums of bytes are exact, and so are the rounded means, except
// where a mean is a tie.
func exportQuantizedAvgPool(e *exporter, n *core.Node, op *tensorflow.QuantizedAvgPool) error {
	x := n.Inputs()[0]
	attrs, err := e.averageAttributes(&op.Spatial, x.Shape(), op.Window, false)
	if err != nil {
		return err
	}
	count := 1
	for _, w := range op.Window {
		count *= w
	}
	valid := op.PadType == geometry.PadValid
	if tie := !(valid && (count%2 == 1 || bits.OnesCount(uint(count)) == 1)); tie || count > 1<<16 {
		e.less(OneStep, "ONNX divides where oneDNN multiplies by the reciprocal: ties may part")
	}
	f := asIs(x)
	f.first = last(op.Layout)
	mean := e.emit("AveragePool", []string{e.cast(e.use(x, f), core.F32)}, attrs...)
	e.move(n, f, "QuantizeLinear", []string{mean, e.real(1), e.scalar(core.Scalar(uint8(0)))})
	return nil
}

// exportBatchNorm writes BatchNormalization. ONNX does not specify the order of its operations.
func exportBatchNorm(e *exporter, n *core.Node, op *normalize.BatchNorm) error {
	f := form{first: last(op.Layout)}
	in := []string{e.use(n.Inputs()[0], f)}
	for _, v := range n.Inputs()[1:] {
		in = append(in, e.use(v, form{}))
	}
	e.less(LastBits, "ONNX leaves the order of its operations open")
	e.define(n.Out(0), f, "BatchNormalization", in, attribute{"epsilon", op.Epsilon})
	return nil
}

func exportLRN(e *exporter, n *core.Node, op *normalize.LRN) error {
	x := n.Inputs()[0]
	if x.Type() != core.F32 {
		return fmt.Errorf("it is of %v, want f32", x.Type())
	}
	size := 2*op.Radius + 1
	e.less(LastBits, "the power is rounded as the runtime does")
	f := form{first: true}
	e.define(n.Out(0), f, "LRN", []string{e.use(x, f)}, attribute{"size", size},
		attribute{"alpha", op.Alpha * float32(size)}, attribute{"beta", op.Beta}, attribute{"bias", op.Bias})
	return nil
}

// windowOf returns the spatial dimensions of filters.
func windowOf(l geometry.Layout, filters core.Shape) []int {
	_, _, first := l.FilterAxes(len(filters))
	return slices.Clone(filters[first : first+len(filters)-2])
}

// filterOrder is the permutation of axes from [spatial..., I, O] to ONNX's filters, [O, I, spatial...].
func filterOrder(rank int) []int {
	order := []int{rank - 1, rank - 2}
	for i := range rank - 2 {
		order = append(order, i)
	}
	return order
}

// windowAttributes returns the attributes of a sliding window over data.
func windowAttributes(s *geometry.Spatial, data core.Shape, window []int, dilations bool) ([]attribute, error) {
	n := len(window)
	if !data.Ranked() {
		return nil, errors.New("the rank of its data is not known")
	}
	if slices.ContainsFunc(s.DataDilations, func(d int) bool { return d != 1 }) {
		return nil, errors.New("it dilates its data")
	}
	if first := s.Layout.SpatialAxis(); data[first : first+n].Static() {
		axes, err := s.Axes(data, window)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(axes, func(a geometry.Axis) bool { return a.Out == 0 }) {
			return nil, errors.New("its output is empty, which ONNX refuses")
		}
	}
	attrs := []attribute{{"kernel_shape", window}, {"strides", listOf(s.Strides, n)}}
	if dilations || slices.ContainsFunc(s.Dilations, func(d int) bool { return d != 1 }) {
		if !dilations {
			return nil, errors.New("its window is dilated")
		}
		attrs = append(attrs, attribute{"dilations", listOf(s.Dilations, n)})
	}
	switch s.PadType {
	case geometry.PadValid:
		return attrs, nil
	case geometry.PadSameUpper:
		first := s.Layout.SpatialAxis()
		if !data[first : first+n].Static() {
			return append(attrs, attribute{"auto_pad", "SAME_UPPER"}), nil
		}
		axes, err := s.Axes(data, window)
		if err != nil {
			return nil, err
		}
		pads := make([]int, 2*n)
		for i, a := range axes {
			pads[i], pads[n+i] = a.PadBelow, a.PadAbove
		}
		return append(attrs, attribute{"pads", pads}), nil
	}
	pads := slices.Concat(orZeros(s.PadBelow, n), orZeros(s.PadAbove, n))
	if anyNegative(pads) {
		return nil, errors.New("its padding is negative")
	}
	return append(attrs, attribute{"pads", pads}), nil
}

func listOf(list []int, n int) []int {
	if len(list) == n {
		return list
	}
	ones := make([]int, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

func orZeros(list []int, n int) []int {
	if len(list) == n {
		return list
	}
	return make([]int, n)
}

func anyNegative(list []int) bool {
	return slices.ContainsFunc(list, func(x int) bool { return x < 0 })
}
