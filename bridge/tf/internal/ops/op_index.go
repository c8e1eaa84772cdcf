package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

var _ = register("index",
	op{
		name:      "Range",
		signature: "start:Tidx=int32 limit:Tidx=int32 delta:Tidx=int32 -> output:Tidx=int32",
		translate: apply(&array.Range{}),
	},
	op{name: "LinSpace", signature: "start:T stop:T num:Tidx=int32 -> output:T", translate: apply(&array.LinSpace{})},
	op{name: "ZerosLike", signature: "x:T -> y:T", translate: like(0)},
	op{name: "OnesLike", signature: "x:T -> y:T", translate: like(1)},
	op{name: "Size", signature: "input:T -> output:out_type=int32", translate: size},
	op{name: "Rank", signature: "input:T -> output:int32", translate: rank},
	op{name: "ShapeN", signature: "input:N*T -> output:N*out_type=int32", translate: shapeN},
	op{name: "ReverseV2", signature: "tensor:T axis:Tidx=int32 -> output:T", translate: reverse},
	op{name: "ReverseSequence", signature: "input:T seq_lengths:Tlen=int64 -> output:T", translate: reverseSequence},
	op{
		name:      "GatherNd",
		signature: "params:Tparams indices:Tindices -> output:Tparams",
		translate: apply(&indexing.GatherND{}),
	},
	op{name: "ScatterNd", signature: "indices:Tindices updates:T shape:Tindices -> output:T", translate: scatterND},
	op{
		name:      "TensorScatterUpdate",
		signature: scatterSignature,
		translate: apply(&indexing.ScatterND{Mode: indexing.ScatterUpdate}),
	},
	op{
		name: "TensorScatterAdd", signature: scatterSignature,
		translate: apply(&indexing.ScatterND{Mode: indexing.ScatterAdd}),
	},
	op{
		name:      "TensorScatterSub",
		signature: scatterSignature,
		translate: apply(&indexing.ScatterND{Mode: indexing.ScatterSubtract}),
	},
	op{
		name: "TensorScatterMin", signature: scatterSignature,
		translate: apply(&indexing.ScatterND{Mode: indexing.ScatterMin}),
	},
	op{
		name: "TensorScatterMax", signature: scatterSignature,
		translate: apply(&indexing.ScatterND{Mode: indexing.ScatterMax}),
	},
	op{name: "InvertPermutation", signature: "x:T=int32 -> y:T=int32", translate: apply(&indexing.InvertPermutation{})},
	op{
		name:      "BroadcastArgs",
		signature: "s0:T=int32 s1:T=int32 -> r0:T=int32",
		translate: apply(&array.BroadcastShape{}),
	},
	op{
		name:      "ConcatOffset",
		signature: "concat_dim:int32 shape:N*shape_type=int32 -> offset:N*shape_type=int32",
		translate: concatOffset,
	},
	op{name: "Roll", signature: "input:T shift:Tshift axis:Taxis -> output:T", translate: roll},
	op{
		name:      "SparseToDense",
		signature: "sparse_indices:Tindices output_shape:Tindices sparse_values:T default_value:T -> dense:T",
		translate: sparseToDense,
	},
	op{name: "Empty", signature: "shape:int32 -> output:dtype", translate: empty},
	op{name: "LowerBound", signature: searchSignature, translate: search(false)},
	op{name: "UpperBound", signature: searchSignature, translate: search(true)},
	op{name: "DataFormatVecPermute", signature: "x:T=int32 -> y:T=int32", translate: permuteFormat},
	op{name: "DataFormatDimMap", signature: "x:T=int32 -> y:T=int32", translate: mapFormat},
	op{name: "MatrixDiag", signature: "diagonal:T -> output:T", translate: matrixDiag},
	op{name: "BatchMatrixDiag", signature: "diagonal:T -> output:T", translate: matrixDiag},
	op{name: "MatrixDiagV2", signature: matrixDiagSignature, translate: matrixDiagV2},
	op{name: "MatrixDiagV3", signature: matrixDiagSignature, translate: matrixDiagV2},
	op{name: "MatrixDiagPart", signature: "input:T -> diagonal:T", translate: matrixDiagPart},
	op{name: "BatchMatrixDiagPart", signature: "input:T -> diagonal:T", translate: matrixDiagPart},
	op{name: "MatrixDiagPartV2", signature: "input:T k:int32 padding_value:T -> diagonal:T", translate: matrixDiagPartV2},
	op{name: "MatrixDiagPartV3", signature: "input:T k:int32 padding_value:T -> diagonal:T", translate: matrixDiagPartV2},
	op{name: "MatrixSetDiag", signature: "input:T diagonal:T -> output:T", translate: matrixSetDiag},
	op{name: "BatchMatrixSetDiag", signature: "input:T diagonal:T -> output:T", translate: matrixSetDiag},
	op{name: "MatrixSetDiagV2", signature: "input:T diagonal:T k:int32 -> output:T", translate: matrixSetDiagV2},
	op{name: "MatrixSetDiagV3", signature: "input:T diagonal:T k:int32 -> output:T", translate: matrixSetDiagV2},
	op{name: "Diag", signature: "diagonal:T -> output:T", translate: diag},
	op{name: "DiagPart", signature: "input:T -> diagonal:T", translate: diagPart},
	op{name: "AccumulateNV2", signature: "inputs:N*T -> sum:T", translate: addN},
	op{name: "GuaranteeConst", signature: "input:T -> output:T", translate: passThrough},
	op{name: "DeepCopy", signature: "x:T -> y:T", translate: passThrough},
	op{
		name:      "Print",
		signature: "input:T data:[U] -> output:T",
		translate: func(c *call) []core.Value { return c.in[:1] },
	},
	op{name: "DepthToSpace", signature: "input:T -> output:T", translate: depthToSpace},
	op{name: "SpaceToDepth", signature: "input:T -> output:T", translate: spaceToDepth},
	op{
		name:      "SpaceToBatchND",
		signature: "input:T block_shape:Tblock_shape=int32 paddings:Tpaddings=int32 -> output:T",
		translate: apply(&array.SpaceToBatch{}),
	},
	op{
		name:      "BatchToSpaceND",
		signature: "input:T block_shape:Tblock_shape=int32 crops:Tcrops=int32 -> output:T",
		translate: apply(&array.BatchToSpace{}),
	},
	op{
		name:      "SpaceToBatch",
		signature: "input:T paddings:Tpaddings=int32 -> output:T",
		translate: squareBlocks(&array.SpaceToBatch{}),
	},
	op{
		name:      "BatchToSpace",
		signature: "input:T crops:Tidx=int32 -> output:T",
		translate: squareBlocks(&array.BatchToSpace{}),
	},
	op{name: "SegmentSum", signature: segmentSignature, translate: segments(reduce.SegmentSum)},
	op{name: "SegmentMean", signature: segmentSignature, translate: segments(reduce.SegmentMean)},
	op{name: "SegmentProd", signature: segmentSignature, translate: segments(reduce.SegmentProd)},
	op{name: "SegmentMax", signature: segmentSignature, translate: segments(reduce.SegmentMax)},
	op{name: "SegmentMin", signature: segmentSignature, translate: segments(reduce.SegmentMin)},
	op{name: "UnsortedSegmentSum", signature: unsortedSegmentSignature, translate: unsorted(reduce.SegmentSum)},
	op{name: "UnsortedSegmentProd", signature: unsortedSegmentSignature, translate: unsorted(reduce.SegmentProd)},
	op{name: "UnsortedSegmentMax", signature: unsortedSegmentSignature, translate: unsorted(reduce.SegmentMax)},
	op{name: "UnsortedSegmentMin", signature: unsortedSegmentSignature, translate: unsorted(reduce.SegmentMin)},
	op{name: "SparseSegmentSum", signature: sparseSegmentSignature, translate: sparseSegments(reduce.SegmentSum)},
	op{name: "SparseSegmentMean", signature: sparseSegmentSignature, translate: sparseSegments(reduce.SegmentMean)},
	op{name: "SparseSegmentSqrtN", signature: sparseSegmentSignature, translate: sparseSegments(reduce.SegmentSqrtN)},
	op{
		name: "SparseSegmentSumWithNumSegments", signature: countedSegmentSignature,
		translate: sparseSegments(reduce.SegmentSum),
	},
	op{
		name: "SparseSegmentMeanWithNumSegments", signature: countedSegmentSignature,
		translate: sparseSegments(reduce.SegmentMean),
	},
	op{
		name: "SparseSegmentSqrtNWithNumSegments", signature: countedSegmentSignature,
		translate: sparseSegments(reduce.SegmentSqrtN),
	},
	op{
		name: "SparseFillEmptyRows",
		signature: "indices:int64 values:T dense_shape:int64 default_value:T -> " +
			"output_indices:int64 output_values:T empty_row_indicator:bool reverse_index_map:int64",
		translate: apply(&indexing.SparseFillEmptyRows{}),
	},
	op{
		name: "SparseReshape",
		signature: "input_indices:int64 input_shape:int64 new_shape:int64 -> " +
			"output_indices:int64 output_shape:int64",
		translate: apply(&indexing.SparseReshape{}),
	},
	op{
		name:      "SparseTensorDenseMatMul",
		signature: "a_indices:Tindices=int64 a_values:T a_shape:int64 b:T -> product:T",
		translate: sparseDot,
	},
)

const (
	searchSignature          = "sorted_inputs:T values:T -> output:out_type=int32"
	matrixDiagSignature      = "diagonal:T k:int32 num_rows:int32 num_cols:int32 padding_value:T -> output:T"
	scatterSignature         = "tensor:T indices:Tindices updates:T -> output:T"
	segmentSignature         = "data:T segment_ids:Tindices -> output:T"
	unsortedSegmentSignature = "data:T segment_ids:Tindices num_segments:Tnumsegments=int32 -> output:T"
	sparseSegmentSignature   = "data:T indices:Tidx=int32 segment_ids:Tsegmentids=int32 -> output:T"
	countedSegmentSignature  = "data:T indices:Tidx=int32 segment_ids:Tsegmentids=int32 " +
		"num_segments:Tnumsegments=int32 -> output:T"
)

func segments(m reduce.SegmentMode) func(*call) []core.Value {
	return apply(&reduce.SegmentReduce{Mode: m})
}

func unsorted(m reduce.SegmentMode) func(*call) []core.Value {
	return apply(&reduce.UnsortedSegmentReduce{Mode: m})
}

func sparseSegments(m reduce.SegmentMode) func(*call) []core.Value {
	return apply(&reduce.SparseSegmentReduce{Mode: m})
}

// like fills a tensor of the shape of another with a number.
func like(v float32) func(*call) []core.Value {
	return func(c *call) []core.Value {
		if c.in[0].Type() == core.String {
			c.failInput(0, "got type string, want numbers or booleans")
		}
		value := c.helper("value", &pointwise.Convert{Type: c.typ("T", core.Dynamic)},
			c.literal("number", core.Scalar(v), nil))
		return c.emit(&array.BroadcastTo{}, value, c.helper("shape", &core.ShapeOf{Type: core.I64}, c.in[0]))
	}
}

// size is the product of the dimensions.
func size(c *call) []core.Value {
	return c.emit(&reduce.Prod{Reduction: reduce.Reduction{Axes: []int{0}}},
		c.helper("shape", &core.ShapeOf{Type: c.typ("out_type", core.I32)}, c.in[0]))
}

// rank is the length of the shape.
func rank(c *call) []core.Value {
	length := c.helper("length", &core.ShapeOf{Type: core.I32},
		c.helper("shape", &core.ShapeOf{Type: core.I64}, c.in[0]))
	return c.emit(&array.Squeeze{Axes: []int{0}}, length)
}

func shapeN(c *call) []core.Value {
	op := &core.ShapeOf{Type: c.typ("out_type", core.I32)}
	out := make([]core.Value, len(c.in))
	for i, v := range c.in {
		out[i] = c.helper(fmt.Sprintf("shape_%d", i), op, v)
	}
	return out
}

func reverse(c *call) []core.Value {
	return c.emit(&array.Reverse{Axes: c.integers(1)}, c.in[0])
}

// reverseSequence reads the two axes, which TensorFlow does not count from the end.
func reverseSequence(c *call) []core.Value {
	op := &array.ReverseSequence{BatchAxis: int(c.intOr("batch_dim", 0)), SeqAxis: int(c.intOr("seq_dim", -1))}
	return c.emit(op, c.in...)
}

// scatterND adds slices to zeros.
func scatterND(c *call) []core.Value {
	zero, err := core.NewTensor(c.typ("T", core.Dynamic), core.Shape{})
	zeros := c.helper("zeros", &array.BroadcastTo{}, c.literal("zero", zero, err), c.in[2])
	return c.emit(&indexing.ScatterND{Mode: indexing.ScatterAdd}, zeros, c.in[0], c.in[1])
}

// maxRank bounds the length of a shape that is a tensor.
const maxRank = 254

func roll(c *call) []core.Value {
	return c.emit(&array.Roll{Shifts: c.integers(1), Axes: c.integers(2)}, c.in[0])
}

// sparseToDense writes values into a tensor filled with a default. One-dimensional indices may be a vector, and a
// single value may be used for all indices.
func sparseToDense(c *call) []core.Value {
	indices, values := c.in[0], c.in[2]
	if s := indices.Shape(); !s.Ranked() || len(s) == 0 || len(s) > 2 || len(values.Shape()) > 1 {
		c.failInput(0,
			"got shape %v with values of shape %v, want a vector or a matrix with a value or a vector of them", s,
			values.Shape())
		return nil
	}
	if len(indices.Shape()) == 1 {
		indices = c.helper("indices", &array.ExpandDims{Axes: []int{1}}, indices)
	}
	if len(values.Shape()) == 0 { // or not known
		ends := [3]core.Value{}
		for i, v := range []int64{0, 1, 1} {
			t, err := core.TensorOf(core.Shape{1}, []int64{v})
			ends[i] = c.literal([]string{"first", "end", "step"}[i], t, err)
		}
		count := c.helper("count", &indexing.StridedSlice{}, c.helper("shape", &core.ShapeOf{Type: core.I64}, indices),
			ends[0], ends[1], ends[2])
		values = c.helper("values", &array.BroadcastTo{}, values, count)
	}
	dense := c.helper("default", &array.BroadcastTo{}, c.in[3], c.in[1])
	return c.emit(&indexing.ScatterND{}, dense, indices, values)
}

// concatOffset returns where each part of a concatenation starts: along the axis, at the sum of the dimensions before
// it; along other axes, at 0.
func concatOffset(c *call) []core.Value {
	axis, parts := c.integer(0), c.list("shape")
	if c.err != nil || len(parts) == 0 {
		return nil
	}
	s := parts[0].Shape()
	if !s.Static() || len(s) != 1 || s[0] > maxRank {
		c.failInput(1, "got shape %v, want a vector of known length, at most %d", s, maxRank)
		return nil
	}
	if axis < 0 {
		axis += s[0]
	}
	if axis < 0 || axis >= s[0] {
		c.failInput(0, "got axis %d, want one of %d", axis, s[0])
		return nil
	}
	t := c.typ("shape_type", core.I32)
	mask := make([]int64, s[0])
	mask[axis] = 1
	m, err := core.TensorOf(core.Shape{s[0]}, mask)
	at := c.helper("axis", &pointwise.Convert{Type: t}, c.literal("mask", m, err))
	zeros, err := core.NewTensor(t, s)
	sum := c.literal("start", zeros, err)
	out := make([]core.Value, len(parts))
	for i, p := range parts {
		out[i] = sum
		sum = c.helper(fmt.Sprintf("sum_%d", i), &pointwise.Add{}, sum,
			c.helper(fmt.Sprintf("part_%d", i), &pointwise.Multiply{}, p, at))
	}
	return out
}

// blockLayout reads data_format of ops on blocks, and block_size.
func (c *call) blockLayout() (geometry.Layout, int) {
	return choice(c, "data_format", []string{
		"NHWC",
		"NCHW",
	}, []geometry.Layout{geometry.NHWC, geometry.NCHW}), small(c.intOr("block_size", 0))
}

func depthToSpace(c *call) []core.Value {
	layout, block := c.blockLayout()
	return c.emit(&array.DepthToSpace{Layout: layout, BlockSize: block}, c.in...)
}

func spaceToDepth(c *call) []core.Value {
	layout, block := c.blockLayout()
	return c.emit(&array.SpaceToDepth{Layout: layout, BlockSize: block}, c.in...)
}

// squareBlocks translates SpaceToBatch and BatchToSpace, of two spatial dimensions.
func squareBlocks(op core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		block := c.intOr("block_size", 0)
		if block < 2 {
			c.failAttr("block_size", "got %d, want 2 or more", block)
		}
		c.wantRank(0, 4, "batch, height, width and channels")
		sides, err := core.TensorOf(core.Shape{2}, slices.Repeat([]int64{block}, 2))
		return c.emit(op, c.in[0], c.literal("block", sides, err), c.in[1])
	}
}

func sparseDot(c *call) []core.Value {
	op := &linear.SparseDot{TransposeA: c.boolOr("adjoint_a", false), TransposeB: c.boolOr("adjoint_b", false)}
	return c.emit(op, c.in...)
}

// empty gives zeros, whatever init says.
func empty(c *call) []core.Value {
	zero, err := core.NewTensor(c.typ("dtype", core.Dynamic), core.Shape{})
	return c.emit(&array.BroadcastTo{}, c.literal("zero", zero, err), c.in[0])
}

func search(upper bool) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(&indexing.SearchSorted{Upper: upper, Type: c.typ("out_type", core.I32)}, c.in...)
	}
}

// diagonals reads align, which V3 has. Else diagonals lie at the left end of their rows.
func (c *call) diagonals() indexing.Diagonals {
	if !strings.HasSuffix(c.op.name, "V3") {
		return indexing.Diagonals{}
	}
	return choice(c, "align", []string{"RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"}, []indexing.Diagonals{
		{RightUpper: true}, {RightLower: true}, {}, {RightUpper: true, RightLower: true},
	})
}

// scalarOf is a constant of i32.
func (c *call) scalarOf(role string, v int32) core.Value { return c.literal(role, core.Scalar(v), nil) }

// zero is 0 in the type of input 0.
func (c *call) zero() core.Value {
	t, err := core.NewTensor(c.in[0].Type(), core.Shape{})
	return c.literal("zero", t, err)
}

func matrixDiag(c *call) []core.Value { return c.emit(&indexing.MatrixDiag{}, c.matrixOf(c.in[0])...) }

// matrixOf are the inputs of MatrixDiag for the main diagonal of square matrices.
func (c *call) matrixOf(diagonal core.Value) []core.Value {
	return []core.Value{diagonal, c.scalarOf("k", 0), c.scalarOf("rows", -1), c.scalarOf("columns", -1), c.zero()}
}

func matrixDiagV2(c *call) []core.Value {
	return c.emit(&indexing.MatrixDiag{Diagonals: c.diagonals()}, c.in...)
}

func matrixDiagPart(c *call) []core.Value {
	return c.emit(&indexing.MatrixDiagPart{}, c.in[0], c.scalarOf("k", 0), c.zero())
}

func matrixDiagPartV2(c *call) []core.Value {
	return c.emit(&indexing.MatrixDiagPart{Diagonals: c.diagonals()}, c.in...)
}

func matrixSetDiag(c *call) []core.Value {
	return c.emit(&indexing.MatrixSetDiag{}, c.in[0], c.in[1], c.scalarOf("k", 0))
}

func matrixSetDiagV2(c *call) []core.Value {
	return c.emit(&indexing.MatrixSetDiag{Diagonals: c.diagonals()}, c.in...)
}

// diag makes a diagonal of all elements: the result has each dimension twice.
func diag(c *call) []core.Value {
	if s := c.in[0].Shape(); s.Ranked() && len(s) == 0 {
		c.failInput(0, "got shape [], want rank 1 or more")
	}
	matrix := c.helper("matrix", &indexing.MatrixDiag{}, c.matrixOf(c.flat(c.in[0]))...)
	shape := c.helper("shape", &core.ShapeOf{Type: core.I64}, c.in[0])
	return c.emit(&array.Reshape{}, matrix, c.helper("twice", &array.Concat{}, shape, shape))
}

// diagPart takes that diagonal.
func diagPart(c *call) []core.Value {
	s := c.in[0].Shape()
	half := len(s) / 2
	if !s.Ranked() || half == 0 || len(s)%2 != 0 || !s[:half].Compatible(s[half:]) {
		c.failInput(0, "got shape %v, want each dimension twice", s)
		return nil
	}
	shape := c.helper("shape", &core.ShapeOf{Type: core.I64}, c.in[0])
	halves := c.emitAs("#halves", &array.Split{Sizes: []int{half, half}}, shape)
	if c.err != nil {
		return nil
	}
	all := &reduce.Prod{Reduction: reduce.Reduction{Axes: []int{0}, KeepDims: true}}
	size := c.helper("size", &array.Concat{}, c.helper("rows", all, halves[0]), c.helper("columns", all, halves[1]))
	matrix := c.helper("matrix", &array.Reshape{}, c.in[0], size)
	part := c.helper("part", &indexing.MatrixDiagPart{}, matrix, c.scalarOf("k", 0), c.zero())
	return c.emit(&array.Reshape{}, part, halves[0])
}

// formats returns where in src_format each dimension of dst_format is, and the other way around.
func (c *call) formats() (from, to []int32) {
	src, dst := c.strOr("src_format", "NHWC"), c.strOr("dst_format", "NCHW")
	if len(src) != len(dst) || len(src) != 4 && len(src) != 5 {
		c.failAttr("src_format", "got %q for %q, want two orders of 4 or 5 dimensions", src, dst)
		return nil, nil
	}
	for i := range src {
		from = append(from, int32(strings.IndexByte(src, dst[i])))
		to = append(to, int32(strings.IndexByte(dst, src[i])))
	}
	if slices.Contains(from, -1) || slices.Contains(to, -1) {
		c.failAttr("dst_format", "got %q for %q, want another order of the same dimensions", dst, src)
	}
	return from, to
}

// permuteFormat reorders a number, or a pair of them, for each dimension, or for each but those of batch and channels.
func permuteFormat(c *call) []core.Value {
	from, _ := c.formats()
	s := c.in[0].Shape()
	if !s.Ranked() || len(s) < 1 || len(s) > 2 || s[0] == core.Unknown || len(s) == 2 && s[1] != 2 {
		c.failInput(0, "got shape %v, want a number or two for each dimension", s)
	}
	if c.err != nil {
		return nil
	}
	if s[0] == len(from)-2 {
		spatial := func(i int32) bool { return strings.IndexByte("NC", c.strOr("src_format", "NHWC")[i]) >= 0 }
		from = slices.DeleteFunc(from, spatial)
		sorted := slices.Sorted(slices.Values(from))
		for i, v := range from {
			from[i] = int32(slices.Index(sorted, v))
		}
	}
	if s[0] != len(from) {
		c.failInput(0, "got shape %v, want %d or %d numbers", s, len(from), len(from)-2)
		return nil
	}
	order, err := core.TensorOf(core.Shape{len(from)}, from)
	return c.emit(&indexing.Gather{}, c.in[0], c.literal("order", order, err))
}

// mapFormat maps numbers of dimensions.
func mapFormat(c *call) []core.Value {
	_, to := c.formats()
	if c.err != nil {
		return nil
	}
	table, err := core.TensorOf(core.Shape{len(to)}, to)
	places := c.helper("places", &pointwise.Convert{Type: c.in[0].Type()}, c.literal("table", table, err))
	n := c.helper("dimensions", &pointwise.Convert{Type: c.in[0].Type()}, c.scalarOf("count", int32(len(to))))
	return c.emit(&indexing.Gather{}, places, c.helper("from_0", &pointwise.FloorMod{}, c.in[0], n))
}
