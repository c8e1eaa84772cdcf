package ops

import (
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/sparse"
)

// Ops on rows that numbers tell apart.
var _ = register("sparse",
	op{
		name:      "DynamicPartition",
		signature: "data:T partitions:int32 -> outputs:num_partitions*T",
		translate: dynamicPartition,
	},
	op{name: "DynamicStitch", signature: stitchSignature, translate: apply(&sparse.DynamicStitch{})},
	op{name: "ParallelDynamicStitch", signature: stitchSignature, translate: apply(&sparse.DynamicStitch{})},
	op{name: "ParallelConcat", signature: "values:N*T -> output:T", translate: parallelConcat},
	op{
		name:      "UnravelIndex",
		signature: "indices:Tidx=int32 dims:Tidx=int32 -> output:Tidx=int32",
		translate: apply(&indexing.UnravelIndex{}),
	},
)

// Ops on ragged tensors.
var _ = register("sparse",
	op{
		name: "RaggedTensorToTensor",
		signature: "shape:Tshape values:T default_value:T row_partition_tensors:num_row_partition_tensors*Tindex " +
			"-> result:T",
		translate: raggedToDense,
	},
	op{
		name: "RaggedTensorToSparse",
		signature: "rt_nested_splits:RAGGED_RANK*Tsplits=int64 rt_dense_values:T " +
			"-> sparse_indices:int64 sparse_values:T sparse_dense_shape:int64",
		translate: apply(&sparse.RaggedToSparse{}),
	},
	op{
		name: "RaggedGather",
		signature: "params_nested_splits:PARAMS_RAGGED_RANK*Tsplits=int64 params_dense_values:Tvalues indices:Tindices " +
			"-> output_nested_splits:OUTPUT_RAGGED_RANK*Tsplits=int64 output_dense_values:Tvalues",
		translate: raggedGather,
	},
	op{
		name:      "RaggedRange",
		signature: "starts:T=int32 limits:T=int32 deltas:T=int32 -> rt_nested_splits:Tsplits=int64 rt_dense_values:T=int32",
		translate: func(c *call) []core.Value {
			return c.emit(&sparse.RaggedRange{Splits: c.typ("Tsplits", core.I64)}, c.in...)
		},
	},
	op{
		name: "RaggedFillEmptyRows",
		signature: "value_rowids:int64 values:T nrows:int64 default_value:T -> " +
			"output_value_rowids:int64 output_values:T empty_row_indicator:bool reverse_index_map:int64",
		translate: raggedFillEmptyRows,
	},
)

func raggedToDense(c *call) []core.Value {
	op := &sparse.RaggedToDense{}
	names := c.strs("row_partition_types")
	for _, name := range names {
		known := map[string]sparse.Partition{
			"FIRST_DIM_SIZE": sparse.FirstDimSize, "ROW_SPLITS": sparse.RowSplits, "VALUE_ROWIDS": sparse.ValueRows,
		}
		p, ok := known[name]
		if !ok {
			c.failAttr("row_partition_types", "got %q, want FIRST_DIM_SIZE, ROW_SPLITS or VALUE_ROWIDS", name)
		}
		op.Partitions = append(op.Partitions, p)
	}
	if n := len(c.list("row_partition_tensors")); n != len(names) {
		c.failAttr("row_partition_types", "got %d, want %d as there are partitions", len(names), n)
	}
	return c.emit(op, c.in...)
}

func raggedGather(c *call) []core.Value {
	in, out := c.intOr("PARAMS_RAGGED_RANK", 0), c.intOr("OUTPUT_RAGGED_RANK", 0)
	return c.emit(&sparse.RaggedGather{Ragged: small(in), Rank: small(out) - small(in) + 1}, c.in...)
}

// raggedFillEmptyRows fills the rows of a sparse tensor of one column.
func raggedFillEmptyRows(c *call) []core.Value {
	c.wantRank(0, 1, "the row of each value")
	c.wantRank(2, 0, "the number of rows")
	at := c.helper("indices", &array.ExpandDims{Axes: []int{1}}, c.in[0])
	shape := c.helper("shape", &array.ExpandDims{Axes: []int{0}}, c.in[2])
	filled := c.emitAs("#filled", &indexing.SparseFillEmptyRows{}, at, c.in[1], shape, c.in[3])
	if c.err != nil {
		return nil
	}
	rows := c.emit(&array.Squeeze{Axes: []int{1}}, filled[0])
	return append(rows, filled[1:]...)
}

const stitchSignature = "indices:N*int32 data:N*T -> merged:T"

func dynamicPartition(c *call) []core.Value {
	return c.emit(&sparse.DynamicPartition{Partitions: small(c.intOr("num_partitions", 0))}, c.in...)
}

// parallelConcat translates the concatenation of tensors of one row each.
func parallelConcat(c *call) []core.Value {
	shape, err := c.node.Shape("shape")
	c.keep(err)
	want := opdef.ShapeOf(shape)
	for i, v := range c.in {
		row := core.Shape{}
		if len(want) > 0 {
			row = append(core.Shape{1}, want[1:]...)
		}
		if s := v.Shape(); !s.Compatible(row) || len(row) == 0 {
			c.failInput(i, "got shape %v, want a row of attribute shape, %v", s, want)
		}
	}
	if len(want) > 0 && want[0] != len(c.in) {
		c.failAttr("shape", "got %v, want the shape of %d rows", want, len(c.in))
	}
	return c.emit(&array.Concat{}, c.in...)
}

// Ops on sparse tensors.
var _ = register("sparse",
	op{
		name: "SparseReorder",
		signature: "input_indices:int64 input_values:T input_shape:int64 -> " +
			"output_indices:int64 output_values:T",
		translate: apply(&sparse.SparseReorder{}),
	},
	op{
		name: "SparseConcat",
		signature: "indices:N*int64 values:N*T shapes:N*int64 -> " +
			"output_indices:int64 output_values:T output_shape:int64",
		translate: func(c *call) []core.Value {
			return c.emit(&sparse.SparseConcat{Axis: small(c.intOr("concat_dim", 0))}, c.in...)
		},
	},
	op{
		name: "SparseSlice",
		signature: "indices:int64 values:T shape:int64 start:int64 size:int64 -> " +
			"output_indices:int64 output_values:T output_shape:int64",
		translate: apply(&sparse.SparseSlice{}),
	},
	op{name: "SparseDenseCwiseAdd", signature: denseSignature, translate: withDense(&pointwise.Add{})},
	op{name: "SparseDenseCwiseMul", signature: denseSignature, translate: withDense(&pointwise.Multiply{})},
	op{
		name:      "SparseCross",
		signature: crossInputs + "-> output_indices:int64 output_values:out_type output_shape:int64",
		translate: sparseCross,
	},
	op{
		name:      "SparseCrossV2",
		signature: crossInputs + "sep:string -> output_indices:int64 output_values:string output_shape:int64",
		translate: sparseCrossV2,
	},
	op{
		name: "SparseCrossHashed",
		signature: crossInputs + "num_buckets:int64 strong_hash:bool salt:int64 -> " +
			"output_indices:int64 output_values:int64 output_shape:int64",
		translate: sparseCrossHashed,
	},
)

const (
	denseSignature = "sp_indices:int64 sp_values:T sp_shape:int64 dense:T -> output:T"
	crossInputs    = "indices:N*int64 values:[sparse_types] shapes:N*int64 dense_inputs:[dense_types] "
)

// withDense applies an op to the values of a sparse tensor and the elements of a dense one at their places.
func withDense(op core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		c.wantRank(1, 1, "a value for each of the indices")
		return c.emit(op, c.in[1], c.helper("dense", &sparse.DenseAt{}, c.in[0], c.in[2], c.in[3]))
	}
}

// features are the sparse tensors and the columns that are crossed.
func (c *call) features(op *sparse.SparseCross) []core.Value {
	op.Sparse = len(c.list("indices"))
	if n := len(c.list("values")); n != op.Sparse {
		c.failAttr("sparse_types", "got %d, want %d as there are indices", n, op.Sparse)
	}
	i := c.mustPort("dense_inputs")
	return c.in[:c.starts[i+1]]
}

// sparseCross joins text by "_X_", unless its output is hashed.
func sparseCross(c *call) []core.Value {
	op := &sparse.SparseCross{Separator: "_X_"}
	in := c.features(op)
	hashed, inside := c.boolOr("hashed_output", false), c.typ("internal_type", core.Dynamic)
	if hashed {
		op = &sparse.SparseCross{
			Sparse: op.Sparse, Crossing: sparse.CrossHash, Buckets: c.intOr("num_buckets", 0),
			Key: []int64{c.intOr("hash_key", 0), 0},
		}
	}
	if hashed && inside != core.I64 {
		c.failAttr("internal_type", "got %v, want int64 for hashes", inside)
	}
	for i, v := range in {
		isFeature := i >= op.Sparse && i < 2*op.Sparse || i >= 3*op.Sparse
		if isFeature && inside == core.String && v.Type() == core.I64 {
			c.failInput(i, "got type i64, want string as attribute internal_type says")
		}
	}
	return c.emit(op, in...)
}

func sparseCrossV2(c *call) []core.Value {
	op := &sparse.SparseCross{}
	in := c.features(op)
	if separator := c.constantScalar("sep"); separator != nil {
		op.Separator = separator.Strings()[0]
	}
	return c.emit(op, in...)
}

func sparseCrossHashed(c *call) []core.Value {
	op := &sparse.SparseCross{Crossing: sparse.CrossSalted}
	in := c.features(op)
	buckets, strong, salt := c.constantScalar("num_buckets"), c.constantScalar("strong_hash"), c.integers(c.index("salt"))
	if c.err == nil && len(salt) != 2 {
		c.failInput(c.index("salt"), "got %d numbers, want two", len(salt))
	}
	if c.err != nil {
		return nil
	}
	if op.Buckets = buckets.Int64s()[0]; core.Data[bool](strong)[0] {
		op.Crossing = sparse.CrossSaltedBy
	}
	op.Key = []int64{int64(salt[0]), int64(salt[1])}
	return c.emit(op, in...)
}

// constantScalar returns the constant of one element in the input of a name; nil if it is none.
func (c *call) constantScalar(name string) *core.Tensor {
	i := c.index(name)
	t := c.constant(i)
	if t != nil && len(t.Shape()) != 0 {
		c.failInput(i, "got shape %v, want []", t.Shape())
		return nil
	}
	return t
}
