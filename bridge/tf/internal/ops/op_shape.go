package ops

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
)

var _ = register("shape",
	op{name: "Reshape", signature: "tensor:T shape:Tshape=int32 -> output:T", translate: apply(&array.Reshape{})},
	op{name: "ExpandDims", signature: "input:T dim:Tdim=int32 -> output:T", translate: expandDims},
	op{name: "Squeeze", signature: "input:T -> output:T", translate: squeeze},
	op{name: "Transpose", signature: "x:T perm:Tperm=int32 -> y:T", translate: transpose},
	op{name: "ConjugateTranspose", signature: "x:T perm:Tperm=int32 -> y:T", translate: transpose},
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
	op{name: "Shape", signature: "input:T -> output:out_type=int32", translate: shape},
	op{
		name:      "StridedSlice",
		signature: "input:T begin:Index end:Index strides:Index -> output:T",
		translate: stridedSlice,
	},
	op{name: "Slice", signature: "input:T begin:Index size:Index -> output:T", translate: apply(&indexing.Slice{})},
	op{
		name:      "GatherV2",
		signature: "params:Tparams indices:Tindices axis:Taxis -> output:Tparams",
		translate: gatherV2,
	},
	op{
		name:      "Gather",
		signature: "params:Tparams indices:Tindices -> output:Tparams",
		translate: apply(&indexing.Gather{}),
	},
	op{name: "Tile", signature: "input:T multiples:Tmultiples=int32 -> output:T", translate: tile},
	op{name: "BroadcastTo", signature: "input:T shape:Tidx=int32 -> output:T", translate: apply(&array.BroadcastTo{})},
	op{name: "Fill", signature: "dims:index_type=int32 value:T -> output:T", translate: fill},
	op{name: "OneHot", signature: "indices:TI=int64 depth:int32 on_value:T off_value:T -> output:T", translate: oneHot},
	op{name: "Pack", signature: "values:N*T -> output:T", translate: pack},
	op{name: "Unpack", signature: "value:T -> output:num*T", translate: unpack},
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

// paddings sets those before and after each dimension to input i, a constant [rank, 2].
func (c *call) paddings(op *array.Pad, i int) {
	t := c.constant(i)
	if t == nil {
		return
	}
	if s := t.Shape(); len(s) != 2 || s[1] != 2 {
		c.failInput(i, "got shape %v, want [rank,2]", s)
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
	c.paddings(op, 1)
	return c.emit(op, c.in[0], value)
}

func mirrorPad(c *call) []core.Value {
	op := c.mirror(1)
	return c.emit(op, mirrored(op, c.in[0], c.in[1])...)
}

// mirror returns the op that pads by reflection as input i and the attribute mode say.
func (c *call) mirror(i int) core.Op {
	mode := choice(c, "mode", []string{"REFLECT", "SYMMETRIC"}, []array.PadMode{array.PadReflect, array.PadSymmetric})
	if c.in[i].Folded() == nil {
		return &array.DynPad{Mode: mode}
	}
	op := &array.Pad{Mode: mode}
	c.paddings(op, i)
	return op
}

// mirrored returns the inputs of a mirror, whose paddings may be in it.
func mirrored(op core.Op, x, paddings core.Value) []core.Value {
	if _, ok := op.(*array.Pad); ok {
		return []core.Value{x}
	}
	return []core.Value{x, paddings}
}

func shape(c *call) []core.Value {
	return c.emit(&core.ShapeOf{Type: c.typ("out_type", core.I32)}, c.in...)
}

func stridedSlice(c *call) []core.Value {
	return c.emit(&indexing.StridedSlice{
		BeginMask:      small(c.intOr("begin_mask", 0)),
		EndMask:        small(c.intOr("end_mask", 0)),
		EllipsisMask:   small(c.intOr("ellipsis_mask", 0)),
		NewAxisMask:    small(c.intOr("new_axis_mask", 0)),
		ShrinkAxisMask: small(c.intOr("shrink_axis_mask", 0)),
	}, c.in...)
}

func gatherV2(c *call) []core.Value {
	op := &indexing.Gather{Axis: c.integer(2), BatchDims: small(c.intOr("batch_dims", 0))}
	if op.BatchDims < 0 {
		s := c.in[1].Shape()
		if !s.Ranked() {
			c.failAttr("batch_dims", "got %d for indices of unknown rank, want 0 or more", op.BatchDims)
		}
		op.BatchDims += len(s)
	}
	return c.emit(op, c.in[0], c.in[1])
}

// tile knows the types of TensorFlow's kernel, which the list of kernels does not contain.
func tile(c *call) []core.Value {
	if t, err := c.node.Type("T"); err == nil &&
		slices.Contains([]graphdef.DataType{graphdef.Uint16, graphdef.Quint8, graphdef.Qint8, graphdef.Qint32}, t) {
		c.failAttr("T", "got %v, for which TensorFlow 2.21 has no CPU kernel", t)
	}
	return c.emit(&array.Tile{}, c.in...)
}

func fill(c *call) []core.Value {
	if s := c.in[1].Shape(); !s.Compatible(core.Shape{}) {
		c.failInput(1, "got shape %v, want []", s)
	}
	return c.emit(&array.BroadcastTo{}, c.in[1], c.in[0])
}

func oneHot(c *call) []core.Value {
	return c.emit(&indexing.OneHot{Axis: small(c.intOr("axis", -1))}, c.in...)
}

// pack joins its inputs along a new axis.
func pack(c *call) []core.Value {
	axis := small(c.intOr("axis", 0))
	parts := make([]core.Value, len(c.in))
	for i, v := range c.in {
		parts[i] = c.helper(fmt.Sprintf("part_%d", i), &array.ExpandDims{Axes: []int{axis}}, v)
	}
	return c.emit(&array.Concat{Axis: axis}, parts...)
}

// unpack cuts its input along an axis, which it removes.
func unpack(c *call) []core.Value {
	axis, n := small(c.intOr("axis", 0)), c.intOr("num", 0)
	if c.err == nil && (n < 1 || n > opdef.MaxValues) {
		c.failAttr("num", "got %d, want 1 to %d", n, opdef.MaxValues)
	}
	if c.err != nil {
		return nil
	}
	op := &array.Split{Axis: axis, Sizes: make([]int, n)}
	for i := range op.Sizes {
		op.Sizes[i] = 1
	}
	parts := c.emitAs("#parts", op, c.in...)
	out := make([]core.Value, len(parts))
	for i, p := range parts {
		out[i] = c.helper(fmt.Sprintf("part_%d", i), &array.Squeeze{Axes: []int{axis}}, p)
	}
	return out
}
