package onnx

import (
	"errors"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/sparse"
)

var (
	_ = exports(exportGather)
	_ = exports(exportGatherND)
	_ = exports(exportSlice)
	_ = exports(exportStridedSlice)
	_ = exports(exportOneHot)
	_ = exports(exportTopK)
	_ = exports(exportUnique)
	_ = exports(exportWhere)
	_ = exports(exportScatterND)
	_ = exports(exportInvertPermutation)
	_ = lacks[indexing.SparseFillEmptyRows](noSparse)
	_ = lacks[indexing.SparseReshape](noSparse)
	_ = lacks[indexing.UnravelIndex]("ONNX has no indices of numbered elements")
	_ = lacks[sparse.DynamicPartition]("ONNX has no outputs of computed numbers of rows but Compress's, one at a time")
	_ = lacks[sparse.DynamicStitch]("ONNX has no tensors of as many rows as an index says")
	_ = lacks[sparse.SparseReorder](noSparse)
	_ = lacks[sparse.SparseConcat](noSparse)
	_ = lacks[sparse.SparseSlice](noSparse)
	_ = lacks[sparse.SparseCross](noSparse)
	_ = lacks[sparse.DenseAt](noSparse)
	_ = lacks[sparse.RaggedToDense](noRagged)
	_ = lacks[sparse.RaggedToSparse](noRagged)
	_ = lacks[sparse.RaggedGather](noRagged)
	_ = lacks[sparse.RaggedRange](noRagged)
	_ = lacks[indexing.MatrixDiag](noDiagonals)
	_ = lacks[indexing.MatrixDiagPart](noDiagonals)
	_ = lacks[indexing.MatrixSetDiag](noDiagonals)
	_ = lacks[indexing.SearchSorted]("ONNX has no search in sorted rows")
	_ = lacks[indexing.NthElement]("ONNX finds the largest numbers only, all of them")
	_ = lacks[indexing.CTCGreedyDecoder]("ONNX has no decoders")
	_ = lacks[indexing.ListDiff]("ONNX has no differences of lists")
)

const (
	noSparse    = "ONNX has no sparse tensors of computed indices"
	noRagged    = "ONNX has no ragged tensors"
	noDiagonals = "ONNX has no ops on diagonals"
)

func exportGather(e *exporter, n *core.Node, op *indexing.Gather) error {
	if op.BatchDims != 0 {
		return errors.New("ONNX's Gather has no dimensions of batches")
	}
	x := n.Inputs()[0]
	e.move(n, asIs(x), "Gather", []string{e.use(x, asIs(x)), e.use(n.Inputs()[1], form{})}, attribute{"axis", op.Axis})
	return nil
}

func exportGatherND(e *exporter, n *core.Node, _ *indexing.GatherND) error {
	x := n.Inputs()[0]
	e.move(n, asIs(x), "GatherND", []string{e.use(x, asIs(x)), e.index(n.Inputs()[1])})
	return nil
}

// exportSlice converts the sizes to ends. A size of -1 means everything up to the end of the axis.
func exportSlice(e *exporter, n *core.Node, _ *indexing.Slice) error {
	x := n.Inputs()[0]
	begin, size := e.index(n.Inputs()[1]), e.index(n.Inputs()[2])
	rest := e.equal(size, e.scalar(core.Scalar(int64(-1))))
	end := e.choose(rest, e.scalar(core.Scalar(int64(math.MaxInt64))), e.add(begin, size))
	e.move(n, asIs(x), "Slice", []string{e.use(x, asIs(x)), begin, end})
	return nil
}

// cut is what a StridedSlice does to one axis, in ONNX's terms.
type cut struct {
	axis, start, end, step int
	item                   int  // the index in begin and end of its start and end
	fromBegin, fromEnd     bool // the start or the end is given, not left out by a mask
	single                 bool // a single element is taken: the end is the start plus 1
}

// cuts are the parameters of a StridedSlice in ONNX's terms.
type cuts struct {
	cuts             []cut
	shrunk, inserted []int // axes of the slice to remove, axes of the output to insert
}

// each returns one parameter of each cut.
func each[T any](c *cuts, of func(c cut) T) []T {
	list := make([]T, len(c.cuts))
	for i, cut := range c.cuts {
		list[i] = of(cut)
	}
	return list
}

// cutsOf returns the cuts of a StridedSlice with constant parameters, for an input of the given rank.
func cutsOf(op *indexing.StridedSlice, begin, end, strides []int64, rank int) (c cuts) {
	added := 0
	for i := range begin {
		if bit := 1 << i; op.NewAxisMask&bit != 0 && op.EllipsisMask&bit == 0 {
			added++
		}
	}
	axis, out := 0, 0
	for i := range begin {
		bit := 1 << i
		switch {
		case op.EllipsisMask&bit != 0:
			skipped := rank - (len(begin) - 1 - added)
			axis, out = axis+skipped, out+skipped
		case op.NewAxisMask&bit != 0:
			c.inserted = append(c.inserted, out)
			out++
		case op.ShrinkAxisMask&bit != 0:
			last := int(begin[i]) + 1
			if last == 0 {
				last = math.MaxInt
			}
			c.cuts = append(c.cuts, cut{
				axis: axis, start: int(begin[i]), end: last, step: 1, item: i, fromBegin: true, single: true,
			})
			c.shrunk = append(c.shrunk, axis)
			axis++
		default:
			to := cut{
				axis: axis, start: int(begin[i]), end: int(end[i]), step: int(strides[i]), item: i,
				fromBegin: op.BeginMask&bit == 0, fromEnd: op.EndMask&bit == 0,
			}
			if !to.fromBegin {
				to.start = map[bool]int{true: 0, false: math.MaxInt}[to.step > 0]
			}
			if !to.fromEnd {
				to.end = map[bool]int{true: math.MaxInt, false: math.MinInt}[to.step > 0]
			}
			c.cuts = append(c.cuts, to)
			axis, out = axis+1, out+1
		}
	}
	return c
}

// bounds writes the starts and ends of cuts of which begin or end is computed.
func (e *exporter) bounds(c *cuts, begin, end core.Value) (starts, ends string) {
	size := core.Shape{len(c.cuts)}
	items := e.ints("items", each(c, func(c cut) int { return c.item }))
	pick := func(given []bool, list core.Value, fixed string) string {
		return e.choose(e.tensor("given", tensorOf(size, given)), e.emit("Gather", []string{e.index(list), items}), fixed)
	}
	fromBegin, fromEnd := each(c, func(c cut) bool { return c.fromBegin }), each(c, func(c cut) bool { return c.fromEnd })
	starts = pick(fromBegin, begin, e.ints("starts", c.starts()))
	ends = pick(fromEnd, end, e.ints("ends", c.ends()))
	last := e.equal(starts, e.scalar(core.Scalar(int64(-1))))
	behind := e.choose(last, e.scalar(core.Scalar(int64(math.MaxInt64))), e.add(starts, e.scalar(core.Scalar(int64(1)))))
	single := each(c, func(c cut) bool { return c.single })
	return starts, e.choose(e.tensor("single", tensorOf(size, single)), behind, ends)
}

func (c *cuts) starts() []int { return each(c, func(c cut) int { return c.start }) }
func (c *cuts) ends() []int   { return each(c, func(c cut) int { return c.end }) }

func exportStridedSlice(e *exporter, n *core.Node, op *indexing.StridedSlice) error {
	in := n.Inputs()
	begin, end, strides := in[1].Constant(), in[2].Constant(), in[3].Constant()
	if strides == nil || !in[0].Shape().Ranked() {
		return errors.New("its strides are computed, or the rank of its input is not known")
	}
	steps := strides.Int64s()
	numbers := func(t *core.Tensor) []int64 {
		if t == nil {
			return make([]int64, len(steps))
		}
		return t.Int64s()
	}
	c := cutsOf(op, numbers(begin), numbers(end), steps, len(in[0].Shape()))
	f := asIs(in[0])
	x := e.use(in[0], f)
	if len(c.cuts) > 0 {
		starts, ends := "", ""
		if begin == nil || end == nil {
			starts, ends = e.bounds(&c, in[1], in[2])
		} else {
			starts, ends = e.ints("starts", c.starts()), e.ints("ends", c.ends())
		}
		axes, steps := each(&c, func(c cut) int { return c.axis }), each(&c, func(c cut) int { return c.step })
		x = e.emit("Slice", []string{x, starts, ends, e.ints("axes", axes), e.ints("steps", steps)})
	}
	if len(c.shrunk) > 0 {
		x = e.emit("Squeeze", []string{x, e.ints("shrunk", c.shrunk)})
	}
	if len(c.inserted) > 0 {
		x = e.emit("Unsqueeze", []string{x, e.ints("inserted", c.inserted)})
	}
	e.scales[n.Out(0)] = e.scales[in[0]]
	return e.rename(n.Out(0), f, x)
}

// exportOneHot compares the indices with the positions along the new axis. ONNX's OneHot would not do, since it
// counts negative indices from the end.
func exportOneHot(e *exporter, n *core.Node, op *indexing.OneHot) error {
	in := n.Inputs()
	depth, rank := in[1].Constant(), len(n.Outputs()[0].Shape)
	if depth == nil || !n.Outputs()[0].Shape.Ranked() {
		return errors.New("its depth is computed, or the rank of its indices is not known")
	}
	if err := checkTable(int(depth.Int64s()[0])); err != nil {
		return err
	}
	axis := axisIn(op.Axis, rank, form{})
	places := make([]int64, depth.Int64s()[0])
	for i := range places {
		places[i] = int64(i)
	}
	shape := make(core.Shape, rank-axis)
	for i := range shape {
		shape[i] = 1
	}
	shape[0] = len(places)
	indices := e.emit("Unsqueeze", []string{e.cast(e.use(in[0], form{}), core.I64), e.ints("axes", []int{axis})})
	here := e.equal(indices, e.tensor("places", tensorOf(shape, places)))
	on, off := e.use(in[2], form{}), e.use(in[3], form{})
	e.define(n.Out(0), form{}, "Where", []string{here, on, off})
	return nil
}

func exportTopK(e *exporter, n *core.Node, op *indexing.TopK) error {
	x, k := n.Inputs()[0], n.Inputs()[1]
	count := e.listOf(e.use(k, form{}))
	values, indices := e.tensorName(n.Out(0), asIs(x)), e.unique(n.Name+"/indices")
	e.emitTo([]string{values, indices}, "TopK", []string{e.use(x, asIs(x)), count}, attribute{"axis", -1})
	e.set(n.Out(0), asIs(x), values)
	e.scales[n.Out(0)] = e.scales[x]
	e.define(n.Out(1), form{}, "Cast", []string{indices}, attribute{"to", int(dataTypes[op.Type])})
	return nil
}

func exportUnique(e *exporter, n *core.Node, op *indexing.Unique) error {
	values, places := e.tensorName(n.Out(0), form{}), e.unique(n.Name+"/places")
	x := e.use(n.Inputs()[0], form{})
	e.emitTo([]string{values, "", places}, "Unique", []string{x}, attribute{"axis", 0}, attribute{"sorted", 0})
	e.set(n.Out(0), form{}, values)
	e.define(n.Out(1), form{}, "Cast", []string{places}, attribute{"to", int(dataTypes[op.Type])})
	return nil
}

func exportWhere(e *exporter, n *core.Node, _ *indexing.Where) error {
	found := e.emit("NonZero", []string{e.use(n.Inputs()[0], form{})})
	e.define(n.Out(0), form{}, "Transpose", []string{found}, attribute{"perm", []int{1, 0}})
	return nil
}

// scatters are the values of ScatterND's attribute reduction, and the first opset that has each.
var scatters = map[indexing.ScatterMode]struct {
	reduction string
	opset     int
}{
	indexing.ScatterUpdate: {"none", 13}, indexing.ScatterAdd: {"add", 16}, indexing.ScatterSubtract: {"add", 16},
	indexing.ScatterMin: {"min", 18}, indexing.ScatterMax: {"max", 18},
}

func exportScatterND(e *exporter, n *core.Node, op *indexing.ScatterND) error {
	in := n.Inputs()
	s := scatters[op.Mode]
	if e.opts.Opset < s.opset {
		return errors.New("its mode needs a later opset")
	}
	updates := e.use(in[2], form{})
	if op.Mode == indexing.ScatterSubtract {
		updates = e.emit("Neg", []string{updates})
	}
	var attrs []attribute
	if s.reduction != "none" {
		attrs = []attribute{{"reduction", s.reduction}}
	} else {
		e.less(LastBits, "ONNX leaves open which of several updates of an element is the last")
	}
	if s.reduction == "add" && in[0].Type().IsFloat() {
		e.less(LastBits, sumOrder)
	}
	e.define(n.Out(0), form{}, "ScatterND", []string{e.use(in[0], form{}), e.index(in[1]), updates}, attrs...)
	return nil
}

// exportInvertPermutation writes the numbers from 0 on to where the permutation says, over the permutation itself.
func exportInvertPermutation(e *exporter, n *core.Node, _ *indexing.InvertPermutation) error {
	x := e.use(n.Inputs()[0], form{})
	long := func(v int64) string { return e.scalar(core.Scalar(v)) }
	count := e.emit("Squeeze", []string{e.emit("Shape", []string{x}), e.ints("axis", []int{0})})
	numbers := e.cast(e.emit("Range", []string{long(0), count, long(1)}), n.Inputs()[0].Type())
	e.define(n.Out(0), form{}, "ScatterElements", []string{x, x, numbers})
	return nil
}
