package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

const reduceSignature = "input:T reduction_indices:Tidx=int32 -> output:T"

var _ = register("reduce",
	op{
		name:      "Mean",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Mean{Reduction: r} }),
	},
	op{
		name:      "Sum",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Sum{Reduction: r} }),
	},
	op{
		name:      "Prod",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Prod{Reduction: r} }),
	},
	op{
		name:      "Max",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Max{Reduction: r} }),
	},
	op{
		name:      "Min",
		signature: reduceSignature,
		translate: reduction(func(r reduce.Reduction) core.Op { return &reduce.Min{Reduction: r} }),
	},
	op{name: "ArgMax", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMax},
)

func reduction(reducer func(reduce.Reduction) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(reducer(reduce.Reduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}), c.in[0])
	}
}

func argMax(c *call) []core.Value {
	return c.emit(&reduce.ArgMax{Axis: c.integer(1), Type: c.typ("output_type", core.I64)}, c.in[0])
}
