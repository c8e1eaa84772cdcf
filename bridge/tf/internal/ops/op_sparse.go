package ops

import (
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
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
