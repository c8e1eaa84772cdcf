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

var _ = register("slice",
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
