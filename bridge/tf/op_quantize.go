package tf

import (
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

var _ = register(
	op{
		name:      "QuantizeV2",
		signature: "input:float min_range:float max_range:float -> output:T output_min:float output_max:float", translate: quantizeV2,
	},
	op{name: "Dequantize", signature: "input:T min_range:float max_range:float -> output:dtype=float", translate: dequantize},
)

// quantizeMode reads the attribute mode.
func (c *call) quantizeMode() core.QuantizeMode {
	return choice(c, "mode", []string{"MIN_COMBINED", "MIN_FIRST", "SCALED"}, []core.QuantizeMode{core.MinCombined, core.MinFirst, core.Scaled})
}

// axis reads the attribute axis of a per-channel range; -1 means that there is none.
func (c *call) axis() int {
	axis := c.intOr("axis", -1)
	if c.err == nil && (axis < -1 || axis > maxAxis) {
		c.failAttr("axis", "got %d, want -1 or an axis of the input", axis)
	}
	return int(axis)
}

// maxAxis is the last axis of a tensor in TensorFlow.
const maxAxis = 253

func quantizeV2(c *call) []core.Value {
	op := &core.TFQuantizeV2{
		Type: c.typ("T", core.Dynamic),
		Mode: c.quantizeMode(),
		RoundMode: choice(c, "round_mode", []string{"HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"},
			[]core.RoundMode{core.RoundNearestTowardInfinity, core.RoundNearestTowardEven}),
		NarrowRange:        c.boolOr("narrow_range", false),
		Axis:               c.axis(),
		EnsureMinimumRange: c.floatOr("ensure_minimum_range", 0.01),
		Factor127:          c.arithmetic == builders.TensorFlow2_8,
	}
	r := c.sliced("min_range", "max_range", op.Axis)
	flip := c.constantInputs && plainKernel(op)
	if c.err != nil {
		return nil
	}
	out := c.built(builders.ScaledQuantize(c.scope(), builders.Quantization{Data: c.in[0], Range: r, TensorFlow: op}))
	if flip && c.err == nil {
		out[0] = c.helper("unsigned", &core.FlipSign{}, out[0])
	}
	return out
}

// plainKernel makes op what TensorFlow's plain kernel computes. With it TensorFlow
// quantizes what depends on no input, before it runs the graph with oneDNN's kernels,
// which differ: SCALED of i8 has the factor 127 there, and 127.5 in oneDNN since 2.11;
// MIN_FIRST of u8 rounds as that of other types does. That is i8's 128 higher, which
// plainKernel then reports.
func plainKernel(op *core.TFQuantizeV2) (flip bool) {
	op.Factor127 = true
	if op.Mode == core.MinFirst && op.Type == core.U8 {
		op.Type = core.I8
		return true
	}
	return false
}

// sliced returns a range that has one element per slice along an axis, if there is one.
func (c *call) sliced(min, max string, axis int) builders.Range {
	return c.ranged(c.index(min), c.index(max), axis >= 0)
}

func dequantize(c *call) []core.Value {
	op := &core.TFDequantize{
		Mode:        c.quantizeMode(),
		Axis:        c.axis(),
		NarrowRange: c.boolOr("narrow_range", false),
		OutType:     c.typ("dtype", core.F32),
	}
	r := c.sliced("min_range", "max_range", op.Axis)
	if c.err != nil {
		return nil
	}
	return c.built(builders.ScaledDequantize(c.scope(), builders.Dequantization{Data: c.in[0], Range: r, TensorFlow: op}))
}
