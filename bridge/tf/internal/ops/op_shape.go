package ops

import (
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
)

var _ = register("shape",
	op{name: "Reshape", signature: "tensor:T shape:Tshape=int32 -> output:T", translate: apply(&array.Reshape{})},
	op{name: "ExpandDims", signature: "input:T dim:Tdim=int32 -> output:T", translate: expandDims},
	op{name: "Squeeze", signature: "input:T -> output:T", translate: squeeze},
	op{name: "Transpose", signature: "x:T perm:Tperm=int32 -> y:T", translate: transpose},
	op{name: "ConcatV2", signature: "values:N*T axis:Tidx=int32 -> output:T", translate: concatV2},
	op{name: "Concat", signature: "concat_dim:int32 values:N*T -> output:T", translate: concat},
	op{name: "Split", signature: "split_dim:int32 value:T -> output:num_split*T", translate: split},
	op{
		name:      "SplitV",
		signature: "value:T size_splits:Tlen=int64 split_dim:int32 -> output:num_split*T",
		translate: splitV,
	},
	op{name: "Pad", signature: "input:T paddings:Tpaddings=int32 -> output:T", translate: pad},
	op{name: "PadV2", signature: "input:T paddings:Tpaddings=int32 constant_values:T -> output:T", translate: pad},
	op{name: "MirrorPad", signature: "input:T paddings:Tpaddings=int32 -> output:T", translate: mirrorPad},
)

func expandDims(c *call) []core.Value {
	return c.emit(&array.ExpandDims{Axes: []int{c.integer(1)}}, c.in[0])
}

func squeeze(c *call) []core.Value {
	axes, err := c.node.IntsOr("squeeze_dims", nil)
	c.keep(err)
	op := &array.Squeeze{}
	for _, a := range axes {
		if !slices.Contains(op.Axes, int(a)) {
			op.Axes = append(op.Axes, int(a))
		}
	}
	return c.emit(op, c.in[0])
}

func transpose(c *call) []core.Value {
	order := c.integers(1)
	if c.err == nil && len(order) == 0 { // for core, no order means to reverse the dimensions
		return []core.Value{c.in[0]}
	}
	for i, v := range order {
		if v < 0 {
			order[i] = v + len(order)
		}
	}
	return c.emit(&array.Transpose{Order: order}, c.in[0])
}

func concatV2(c *call) []core.Value {
	return c.emit(&array.Concat{Axis: c.integer(c.index("axis"))}, c.list("values")...)
}

func concat(c *call) []core.Value {
	return c.emit(&array.Concat{Axis: c.integer(0)}, c.list("values")...)
}

func split(c *call) []core.Value {
	n := c.intOr("num_split", 0)
	if c.err == nil && (n < 1 || n > opdef.MaxValues) {
		c.failAttr("num_split", "got %d, want 1 to %d", n, opdef.MaxValues)
	}
	if c.err != nil {
		return nil
	}
	op := &array.Split{Axis: c.integer(0), Sizes: make([]int, n)}
	for i := range op.Sizes {
		op.Sizes[i] = -1
	}
	return c.emit(op, c.in[1])
}

func splitV(c *call) []core.Value {
	op := &array.Split{Sizes: c.integers(1), Axis: c.integer(2)}
	if n := c.intOr("num_split", 0); c.err == nil && n != int64(len(op.Sizes)) {
		c.failInput(1, "got %d sizes, want %d as attribute \"num_split\" says", len(op.Sizes), n)
	}
	return c.emit(op, c.in[0])
}

// paddings returns input 1, a constant [rank, 2] of paddings before and after.
func (c *call) paddings(op *array.Pad) {
	t := c.constant(1)
	if t == nil {
		return
	}
	if s := t.Shape(); len(s) != 2 || s[1] != 2 {
		c.failInput(1, "got shape %v, want [rank,2]", s)
		return
	}
	for i, v := range t.Int64s() {
		if i%2 == 0 {
			op.Below = append(op.Below, int(v))
		} else {
			op.Above = append(op.Above, int(v))
		}
	}
}

func pad(c *call) []core.Value {
	var value core.Value
	if c.has("constant_values") {
		value = c.value("constant_values")
	} else {
		zero, err := core.NewTensor(c.in[0].Type(), core.Shape{})
		value = c.literal("padding", zero, err)
	}
	if c.in[1].Folded() == nil {
		return c.emit(&array.DynPad{}, c.in[0], c.in[1], value)
	}
	op := &array.Pad{}
	c.paddings(op)
	return c.emit(op, c.in[0], value)
}

func mirrorPad(c *call) []core.Value {
	mode := choice(c, "mode", []string{"REFLECT", "SYMMETRIC"}, []array.PadMode{array.PadReflect, array.PadSymmetric})
	if c.in[1].Folded() == nil {
		return c.emit(&array.DynPad{Mode: mode}, c.in...)
	}
	op := &array.Pad{Mode: mode}
	c.paddings(op)
	return c.emit(op, c.in[0])
}
