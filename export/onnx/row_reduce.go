package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

var (
	_ = exports(func(e *exporter, n *core.Node, op *reduce.Sum) error {
		return e.reduce(n, "ReduceSum", op.Reduction, 13)
	})
	_ = exports(func(e *exporter, n *core.Node, op *reduce.Mean) error {
		return e.reduce(n, "ReduceMean", op.Reduction, 18)
	})
	_ = exports(exportProd)
	_ = exports(func(e *exporter, n *core.Node, op *reduce.Max) error {
		return e.reduce(n, "ReduceMax", op.Reduction, 18)
	})
	_ = exports(func(e *exporter, n *core.Node, op *reduce.Min) error {
		return e.reduce(n, "ReduceMin", op.Reduction, 18)
	})
	_ = exports(exportArgMax)
	_ = exports(exportArgMin)
	_ = exports(exportCumSum)
	_ = exports(exportCumProd)
	_ = lacks[reduce.Bincount]("ONNX has no counts of numbers")
	_ = lacks[reduce.Histogram]("ONNX has no counts of numbers")
	_ = lacks[reduce.CumLogSumExp]("ONNX has no running sums of exponentials")
	_ = exports(exportSoftmax)
	_ = exports(exportLogSoftmax)
	_ = exports(exportSegments)
	_ = exports(exportUnsortedSegments)
	_ = exports(exportSparseSegments)
)

// reduce writes a reduction. The axes are an input from opset axesInput on, and an attribute before that.
func (e *exporter) reduce(n *core.Node, op string, r reduce.Reduction, axesInput int) error {
	x := n.Inputs()[0]
	f := e.formOf(x)
	f.bytes = false
	rank := len(x.Shape())
	if !x.Shape().Ranked() {
		return errors.New("the rank of its input is not known")
	}
	if len(r.Axes) == 0 {
		e.alias(n.Out(0), x)
		return nil
	}
	if x.Type().IsFloat() && op != "ReduceMax" && op != "ReduceMin" {
		e.less(LastBits, sumOrder)
	}
	switch t := x.Type(); {
	case t.IsFloat():
	case op == "ReduceMean", op == "ReduceProd":
		return errors.New("ONNX leaves open what means of integers, and products that overflow, become")
	case t.Size() < 4:
		return fmt.Errorf("ONNX has no %s of %v", op, t)
	}
	axes := make([]int, len(r.Axes))
	for i, a := range r.Axes {
		axes[i] = axisIn(a, rank, f)
	}
	slices.Sort(axes)
	y := form{first: f.first && r.KeepDims}
	if f.first && !r.KeepDims && slices.Contains(axes, 1) {
		// The remaining axes keep their order only if the channels are reduced, or if none of them follows
		// the channels.
		y.first = false
	} else if f.first && !r.KeepDims && len(axes) < rank-2 {
		f.first = false
		for i, a := range r.Axes {
			axes[i] = axisIn(a, rank, f)
		}
	}
	inputs, attrs := e.along(e.use(x, f), axes, axesInput)
	e.define(n.Out(0), y, op, inputs, append(attrs, attribute{"keepdims", boolean(r.KeepDims)})...)
	return nil
}

// along returns the inputs of a reduction, and its attribute for the axes if the opset has no input for them.
func (e *exporter) along(x string, axes []int, axesInput int) ([]string, []attribute) {
	if e.opts.Opset >= axesInput {
		return []string{x, e.ints("axes", axes)}, nil
	}
	return []string{x}, []attribute{{"axes", axes}}
}

// exportProd writes the product of a few integers, such as the dimensions of a shape, as a chain of Mul, which wraps
// like TensorFlow's Prod.
func exportProd(e *exporter, n *core.Node, op *reduce.Prod) error {
	const few = 8
	x := n.Inputs()[0]
	s := x.Shape()
	if x.Type().IsFloat() || len(s) != 1 || s[0] < 1 || s[0] > few || len(op.Axes) == 0 {
		return e.reduce(n, "ReduceProd", op.Reduction, 18)
	}
	at := func(i int) string {
		shape := []int{}
		if op.KeepDims {
			shape = []int{1}
		}
		index := tensorOf(shape, []int64{int64(i)})
		return e.emit("Gather", []string{e.use(x, form{}), e.tensor("index", index)})
	}
	product := at(0)
	for i := 1; i < s[0]; i++ {
		product = e.mul(product, at(i))
	}
	return e.rename(n.Out(0), form{}, product)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func exportArgMax(e *exporter, n *core.Node, op *reduce.ArgMax) error {
	return e.argument(n, "ArgMax", op.Axis, op.Type)
}

func exportArgMin(e *exporter, n *core.Node, op *reduce.ArgMin) error {
	return e.argument(n, "ArgMin", op.Axis, op.Type)
}

func (e *exporter) argument(n *core.Node, op string, axis int, t core.Type) error {
	inputs := []string{e.use(n.Inputs()[0], asIs(n.Inputs()[0]))}
	attrs := []attribute{{"axis", axis}, {"keepdims", 0}}
	if t == core.I64 {
		e.define(n.Out(0), form{}, op, inputs, attrs...)
		return nil
	}
	e.define(n.Out(0), form{}, "Cast", []string{e.emit(op, inputs, attrs...)}, attribute{"to", int(dataTypes[t])})
	return nil
}

func exportCumSum(e *exporter, n *core.Node, op *reduce.CumSum) error {
	axis := e.scalar(core.Scalar(int64(op.Axis)))
	e.define(n.Out(0), form{}, "CumSum", []string{e.use(n.Inputs()[0], form{}), axis},
		attribute{"exclusive", boolean(op.Exclusive)}, attribute{"reverse", boolean(op.Reverse)})
	return nil
}

// exportCumProd writes a Scan, whose state is the product of the elements that it has seen. ONNX Runtime aborts in a
// Scan of an empty tensor.
func exportCumProd(e *exporter, n *core.Node, op *reduce.CumProd) error {
	x := n.Inputs()[0]
	if !x.Shape().Ranked() {
		return errors.New("the rank of its input is not known")
	}
	if x.Shape().Static() && x.Shape().MustElements() == 0 {
		e.alias(n.Out(0), x)
		return nil
	}
	t, name := x.Type(), e.use(x, form{})
	if t.IsFloat() && t.Size() == 2 {
		t, name = core.F32, e.f32(name)
	}
	rank := len(x.Shape())
	axis := axisIn(op.Axis, rank, form{})
	others := make([]int, 0, rank)
	for i := range rank {
		if i != axis {
			others = append(others, i)
		}
	}
	shape := e.emit("Gather", []string{e.emit("Shape", []string{name}), e.ints("others", others)})
	one := e.cast(e.scalar(core.Scalar(int64(1))), t)
	rest := core.Fact{Type: t, Shape: slices.Delete(x.Shape().Clone(), axis, axis+1)}
	state := valueInfo{name: e.unique(n.Name + "/state"), fact: rest}
	element := valueInfo{name: e.unique(n.Name + "/element"), fact: rest}
	body := e.subgraph("body", []valueInfo{state, element}, []core.Fact{rest, rest}, func() []string {
		product := e.mul(state.name, element.name)
		if op.Exclusive {
			return []string{product, state.name}
		}
		return []string{product, product}
	})
	end, y := e.unique(n.Name+"/end"), e.unique(n.Name+"/Scan")
	axes, directions := []int{axis}, []int{boolean(op.Reverse)}
	e.emitTo([]string{end, y}, "Scan", []string{e.emit("Expand", []string{one, shape}), name},
		attribute{"body", body}, attribute{"num_scan_inputs", 1},
		attribute{"scan_input_axes", axes}, attribute{"scan_input_directions", directions},
		attribute{"scan_output_axes", axes}, attribute{"scan_output_directions", directions})
	if t != x.Type() {
		y = e.cast(y, x.Type())
	}
	return e.rename(n.Out(0), form{}, y)
}

func exportSoftmax(e *exporter, n *core.Node, op *normalize.Softmax) error {
	return e.softmax(n, "Softmax", op.Axis)
}

func exportLogSoftmax(e *exporter, n *core.Node, _ *normalize.LogSoftmax) error {
	return e.softmax(n, "LogSoftmax", -1)
}

func (e *exporter) softmax(n *core.Node, op string, axis int) error {
	x := n.Inputs()[0]
	if x.Type() != core.F32 {
		return fmt.Errorf("it is of %v, want f32", x.Type())
	}
	f := form{first: e.formOf(x).first}
	e.less(LastBits, "Exp is rounded as the runtime does")
	e.define(n.Out(0), f, op, []string{e.use(x, f)}, attribute{"axis", axisIn(axis, len(x.Shape()), f)})
	return nil
}

// segmentScatters are ScatterND's reductions, the first opset that has each, and what segments hold at first.
var segmentScatters = map[reduce.SegmentMode]struct {
	reduction string
	opset     int
	start     float64
}{
	reduce.SegmentSum: {"add", 16, 0}, reduce.SegmentMean: {"add", 16, 0}, reduce.SegmentSqrtN: {"add", 16, 0},
	reduce.SegmentProd: {"mul", 16, 1}, reduce.SegmentMax: {"max", 18, math.Inf(-1)},
	reduce.SegmentMin: {"min", 18, math.Inf(1)},
}

// segmented writes the segments of rows of x, which are reals or integers of 32 or 64 bits. ids are i64 and have as
// many axes as idsRank says; count is an i64 scalar.
func (e *exporter) segmented(mode reduce.SegmentMode, x string, t core.Type, ids string, idsRank int, count string) (
	string, error,
) {
	s := segmentScatters[mode]
	switch {
	case e.opts.Opset < s.opset:
		return "", errors.New("its mode needs a later opset")
	case t != core.F32 && t != core.F64 && t != core.I32 && t != core.I64:
		return "", errors.New("ONNX's runtimes scatter no numbers of this type")
	case t.IsInteger() && s.start != 0:
		return "", errors.New("ONNX leaves open what products that overflow become, and has no bounds of integers")
	case t.IsInteger() && mode != reduce.SegmentSum:
		return "", errors.New("ONNX leaves open what means of integers become")
	}
	switch {
	case mode >= reduce.SegmentMax:
		e.less(LastBits, "ONNX leaves open what NaN becomes")
	case t.IsFloat():
		e.less(LastBits, sumOrder)
	}
	// Rows with negative ids go to one more segment, which is cut off.
	zero, one := e.scalar(core.Scalar(int64(0))), e.scalar(core.Scalar(int64(1)))
	at := e.choose(e.emit("Less", []string{ids, zero}), count, ids)
	rest := e.emit("Slice", []string{
		e.emit("Shape", []string{x}), e.ints("first", []int{idsRank}), e.ints("last", []int{math.MaxInt}),
	})
	shape := e.emit("Concat", []string{e.listOf(e.add(count, one)), rest}, attribute{"axis", 0})
	start := e.emit("Expand", []string{e.cast(e.double(s.start), t), shape})
	y := e.emit("ScatterND", []string{start, e.emit("Unsqueeze", []string{at, e.ints("axes", []int{-1})}), x},
		attribute{"reduction", s.reduction})
	return e.emit("Slice", []string{y, e.ints("begin", []int{0}), e.listOf(count), e.ints("axis", []int{0})}), nil
}

// rowCounts writes how many rows each segment has, as numbers of the type t and the shape [count, 1...] of the rank.
func (e *exporter) rowCounts(ids, count string, t core.Type, rank int) (string, error) {
	shape := e.emit("Shape", []string{ids})
	ones := e.emit("Expand", []string{e.cast(e.double(1), t), shape})
	counts, err := e.segmented(reduce.SegmentSum, ones, t, ids, 1, count)
	if err != nil || rank == 1 {
		return counts, err
	}
	axes := make([]int, rank-1)
	for i := range axes {
		axes[i] = i + 1
	}
	return e.emit("Unsqueeze", []string{counts, e.ints("axes", axes)}), nil
}

// sortedCount writes one more than the last of sorted ids; 0 without ids.
func (e *exporter) sortedCount(ids string) string {
	all := e.emit("Concat", []string{e.ints("none", []int{-1}), ids}, attribute{"axis", 0})
	last := e.emit("Gather", []string{all, e.scalar(core.Scalar(int64(-1)))})
	return e.add(last, e.scalar(core.Scalar(int64(1))))
}

func exportUnsortedSegments(e *exporter, n *core.Node, op *reduce.UnsortedSegmentReduce) error {
	in := n.Inputs()
	ids := in[1].Shape()
	if !ids.Ranked() {
		return errors.New("the rank of its ids is not known")
	}
	if op.Mode >= reduce.SegmentMax {
		return errors.New("ONNX has no extremes that begin with the largest finite number")
	}
	y, err := e.segmented(op.Mode, e.use(in[0], form{}), in[0].Type(), e.index(in[1]), len(ids), e.index(in[2]))
	if err != nil {
		return err
	}
	return e.rename(n.Out(0), form{}, y)
}

func exportSegments(e *exporter, n *core.Node, op *reduce.SegmentReduce) error {
	in := n.Inputs()
	ids := e.index(in[1])
	return e.sortedSegments(n, op.Mode, e.use(in[0], form{}), ids, e.sortedCount(ids))
}

func exportSparseSegments(e *exporter, n *core.Node, op *reduce.SparseSegmentReduce) error {
	in := n.Inputs()
	x, ids := e.emit("Gather", []string{e.use(in[0], form{}), e.index(in[1])}), e.index(in[2])
	count := ""
	if len(in) == 4 {
		count = e.index(in[3])
	} else {
		count = e.sortedCount(ids)
	}
	return e.sortedSegments(n, op.Mode, x, ids, count)
}

// sortedSegments writes the segments of rows x of a node's first input. Those without rows are 0 where they are
// extremes.
func (e *exporter) sortedSegments(n *core.Node, mode reduce.SegmentMode, x, ids, count string) error {
	t, s := n.Inputs()[0].Type(), n.Inputs()[0].Shape()
	if !s.Ranked() {
		return errors.New("the rank of its input is not known")
	}
	y, err := e.segmented(mode, x, t, ids, 1, count)
	if err != nil {
		return err
	}
	if mode != reduce.SegmentSum && mode != reduce.SegmentProd {
		rows, err := e.rowCounts(ids, count, t, len(s))
		if err != nil {
			return err
		}
		none := e.cast(e.double(0), t)
		switch mode {
		case reduce.SegmentMean:
			y = e.div(y, e.larger(rows, e.cast(e.double(1), t)))
		case reduce.SegmentSqrtN:
			y = e.div(y, e.emit("Sqrt", []string{e.larger(rows, e.cast(e.double(1), t))}))
		default:
			y = e.choose(e.emit("Greater", []string{rows, none}), y, none)
		}
	}
	return e.rename(n.Out(0), form{}, y)
}
