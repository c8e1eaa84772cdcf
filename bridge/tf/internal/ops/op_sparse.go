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
