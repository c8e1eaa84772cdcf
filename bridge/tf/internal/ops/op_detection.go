package ops

import (
	"math"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

// The ops whose output shapes depend on data, and ops that usually occur with them.
var _ = register("detection",
	op{name: "Where", signature: "input:T=bool -> index:int64", translate: apply(&indexing.Where{})},
	op{name: "Unique", signature: "x:T -> y:T idx:out_idx=int32", translate: unique},
	op{name: "UniqueV2", signature: "x:T axis:Taxis=int64 -> y:T idx:out_idx=int32", translate: uniqueV2},
	op{name: "UniqueWithCounts", signature: "x:T -> y:T idx:out_idx=int32 count:out_idx=int32", translate: unique},
	op{
		name:      "UniqueWithCountsV2",
		signature: "x:T axis:Taxis=int64 -> y:T idx:out_idx=int32 count:out_idx=int32",
		translate: uniqueV2,
	},
	op{
		name:      "ListDiff",
		signature: "x:T y:T -> out:T idx:out_idx=int32",
		translate: func(c *call) []core.Value {
			return c.emit(&indexing.ListDiff{Type: c.typ("out_idx", core.I32)}, c.in...)
		},
	},
	op{
		name:      "NonMaxSuppression",
		signature: "boxes:float scores:float max_output_size:int32 -> selected_indices:int32",
		translate: nonMaxSuppression,
	},
	op{
		name: "NonMaxSuppressionV2",
		signature: "boxes:T=float scores:T=float max_output_size:int32 iou_threshold:T_threshold=float " +
			"-> selected_indices:int32",
		translate: nonMaxSuppression,
	},
	op{
		name:      "NonMaxSuppressionV3",
		signature: suppression + "T_threshold=float score_threshold:T_threshold=float -> selected_indices:int32",
		translate: nonMaxSuppression,
	},
	op{
		name: "NonMaxSuppressionV4",
		signature: suppression + "T_threshold=float score_threshold:T_threshold=float " +
			"-> selected_indices:int32 valid_outputs:int32",
		translate: nonMaxSuppression,
	},
	op{
		name: "NonMaxSuppressionV5",
		signature: suppression + "T=float score_threshold:T=float soft_nms_sigma:T=float " +
			"-> selected_indices:int32 selected_scores:T=float valid_outputs:int32",
		translate: nonMaxSuppression,
	},
	op{
		name: "CombinedNonMaxSuppression",
		signature: "boxes:float scores:float max_output_size_per_class:int32 max_total_size:int32 " +
			"iou_threshold:float score_threshold:float " +
			"-> nmsed_boxes:float nmsed_scores:float nmsed_classes:float valid_detections:int32",
		translate: combinedNonMaxSuppression,
	},

	op{name: "EnsureShape", signature: "input:T -> output:T", translate: ensureShape},
	op{name: "Bitcast", signature: "input:T -> output:type", translate: bitcast},
	op{
		name:      "MatrixBandPart",
		signature: "input:T num_lower:Tindex=int64 num_upper:Tindex=int64 -> band:T",
		translate: apply(&array.BandPart{}),
	},
	op{
		name:      "BatchMatrixBandPart",
		signature: "input:T num_lower:int64 num_upper:int64 -> band:T",
		translate: apply(&array.BandPart{}),
	},
	op{name: "Einsum", signature: "inputs:N*T -> output:T", translate: einsum},
	op{name: "BatchMatMulV3", signature: "x:Ta y:Tb -> output:Tout", translate: batchMatMulV3},
)

const suppression = "boxes:T=float scores:T=float max_output_size:int32 iou_threshold:"

// unique lists the distinct elements of a vector.
func unique(c *call) []core.Value {
	c.wantRank(0, 1, "a vector")
	return c.unique(0)
}

// uniqueV2 lists the distinct slices along an axis.
func uniqueV2(c *call) []core.Value {
	axes, s := c.integers(1), c.in[0].Shape()
	if c.err != nil {
		return nil
	}
	if len(axes) == 0 {
		return unique(c)
	}
	axis := axes[0]
	if axis < 0 {
		axis += len(s)
	}
	if !s.Ranked() || len(axes) > 1 || axis < 0 || axis >= len(s) {
		c.failInput(1, "got %v for shape %v, want one of its axes", axes, s)
		return nil
	}
	return c.unique(axis)
}

// unique lists the distinct slices along an axis, and counts them if the op does.
func (c *call) unique(axis int) []core.Value {
	op := &indexing.Unique{Type: c.typ("out_idx", core.I32)}
	var out []core.Value
	if axis == 0 {
		out = c.emit(op, c.in[0])
	} else {
		swap := &array.Transpose{}
		for i := range c.in[0].Shape() {
			swap.Order = append(swap.Order, i)
		}
		swap.Order[0], swap.Order[axis] = axis, 0
		out = c.emitAs("#slices", op, c.helper("x", swap, c.in[0]))
		if c.err == nil {
			out[0] = c.emit(swap, out[0])[0]
		}
	}
	if c.err != nil || len(c.op.out) == 2 {
		return out
	}
	shape := c.helper("shape", &core.ShapeOf{Type: core.I64}, out[0])
	many := c.helper("many", &indexing.Gather{}, shape, c.literal("axis", core.Scalar(int64(axis)), nil))
	none, err := core.NewTensor(op.Type, core.Shape{0})
	return append(out, c.helper("count", &reduce.Bincount{}, out[1], many, c.literal("weights", none, err)))
}

// nonMaxSuppression translates all versions: inputs that a version lacks have values without effect.
func nonMaxSuppression(c *call) []core.Value {
	overlap := c.literal("iou_threshold", core.Scalar(c.floatOr("iou_threshold", 0.5)), nil)
	score := c.literal("score_threshold", core.Scalar(float32(math.Inf(-1))), nil)
	sigma := c.literal("sigma", core.Scalar(float32(0)), nil)
	for name, to := range map[string]*core.Value{
		"iou_threshold":   &overlap,
		"score_threshold": &score,
		"soft_nms_sigma":  &sigma,
	} {
		if c.has(name) {
			*to = c.value(name)
		}
	}
	op := &vision.NonMaxSuppression{Pad: c.boolOr("pad_to_max_output_size", false)}
	out := c.emit(op, c.in[0], c.in[1], c.in[2], overlap, score, sigma)
	if c.err != nil {
		return nil
	}
	switch len(c.op.out) {
	case 1:
		return out[:1]
	case 2:
		return []core.Value{out[0], out[2]}
	}
	return out
}

func combinedNonMaxSuppression(c *call) []core.Value {
	return c.emit(&vision.CombinedNonMaxSuppression{
		PadPerClass: c.boolOr("pad_per_class", false),
		ClipBoxes:   c.boolOr("clip_boxes", true),
	}, c.in...)
}

func ensureShape(c *call) []core.Value {
	s, err := c.node.Shape("shape")
	c.keep(err)
	return c.emit(&array.EnsureShape{Shape: opdef.ShapeOf(s)}, c.in...)
}

func bitcast(c *call) []core.Value {
	return c.emit(&array.Bitcast{Type: c.typ("type", core.Dynamic)}, c.in...)
}

func einsum(c *call) []core.Value {
	op := &linear.Einsum{Equation: c.str("equation")}
	if c.err == nil && len(c.in) == 0 {
		c.fail("got no inputs, want at least 1")
	}
	if c.err != nil {
		return nil
	}
	return c.emitReal(op, c.in...)
}

// batchMatMulV3 multiplies matrices of one type to that type.
func batchMatMulV3(c *call) []core.Value {
	a, b, out := c.typ("Ta", core.Dynamic), c.typ("Tb", core.Dynamic), c.typ("Tout", core.Dynamic)
	op := &linear.BatchDot{TransposeA: c.boolOr("adj_x", false), TransposeB: c.boolOr("adj_y", false)}
	switch {
	case c.err != nil:
		return nil
	case a == b && b == out:
		return c.emitReal(op, c.in...)
	case a.Size() != 1 || b.Size() != 1 || out != core.I32:
		c.failAttr("Tout", "got %v of %v and %v, want one type, or int32 of bytes", out, a, b)
		return nil
	}
	x := c.helper("x", &pointwise.Convert{Type: core.I32}, c.in[0])
	return c.emit(op, x, c.helper("y", &pointwise.Convert{Type: core.I32}, c.in[1]))
}
