package ops

import "github.com/tf2ng/tf2ng/core"

const reduceSignature = "input:T reduction_indices:Tidx=int32 -> output:T"

var _ = register("reduce",
	op{
		name:      "Mean",
		signature: reduceSignature,
		translate: reduce(func(r core.Reduction) core.Op { return &core.Mean{Reduction: r} }),
	},
	op{
		name:      "Sum",
		signature: reduceSignature,
		translate: reduce(func(r core.Reduction) core.Op { return &core.Sum{Reduction: r} }),
	},
	op{
		name:      "Prod",
		signature: reduceSignature,
		translate: reduce(func(r core.Reduction) core.Op { return &core.Prod{Reduction: r} }),
	},
	op{
		name:      "Max",
		signature: reduceSignature,
		translate: reduce(func(r core.Reduction) core.Op { return &core.Max{Reduction: r} }),
	},
	op{
		name:      "Min",
		signature: reduceSignature,
		translate: reduce(func(r core.Reduction) core.Op { return &core.Min{Reduction: r} }),
	},
	op{name: "ArgMax", signature: "input:T dimension:Tidx=int32 -> output:output_type=int64", translate: argMax},
)

func reduce(reducer func(core.Reduction) core.Op) func(*call) []core.Value {
	return func(c *call) []core.Value {
		return c.emit(reducer(core.Reduction{Axes: c.integers(1), KeepDims: c.boolOr("keep_dims", false)}), c.in[0])
	}
}

func argMax(c *call) []core.Value {
	return c.emit(&core.ArgMax{Axis: c.integer(1), Type: c.typ("output_type", core.I64)}, c.in[0])
}
