package ops

import (
	"math"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

// The ops whose output shapes depend on data, and ops that usually occur with them.
var _ = register("detection",
	op{name: "Where", signature: "input:T=bool -> index:int64", translate: apply(&indexing.Where{})},
	op{name: "Unique", signature: "x:T -> y:T idx:out_idx=int32", translate: unique},
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
	op{name: "Einsum", signature: "inputs:N*T -> output:T", translate: einsum},
	op{name: "BatchMatMulV3", signature: "x:Ta y:Tb -> output:Tout", translate: batchMatMulV3},
)

const suppression = "boxes:T=float scores:T=float max_output_size:int32 iou_threshold:"

func unique(c *call) []core.Value {
	return c.emit(&indexing.Unique{Type: c.typ("out_idx", core.I32)}, c.in...)
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
