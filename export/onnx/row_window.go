package onnx

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

var (
	_ = exports(exportConvolution)
	_ = exports(exportMaxPool)
	_ = exports(exportAvgPool)
	_ = exports(exportQuantizedAvgPool)
	_ = exports(exportBatchNorm)
	_ = exports(exportLRN)

	_ = lacks[pooling.MaxPoolWithArgmax]("ONNX counts the places of maximums in another order")
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
	e.move(n, f, "MaxPool", []string{e.use(x, f)}, attrs...)
	return nil
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
