package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

const (
	fakeQuantSignature  = "inputs:float min:float max:float -> outputs:float"
	dequantizeSignature = "input:T input_min:T input_max:T -> output:T"
)

var _ = register("fake_quant",
	op{name: "FakeQuantWithMinMaxArgs", signature: "inputs:float -> outputs:float", translate: fakeQuantArgs},
	op{name: "FakeQuantWithMinMaxVars", signature: fakeQuantSignature, translate: fakeQuant(perTensor)},
	op{name: "FakeQuantWithMinMaxVarsPerChannel", signature: fakeQuantSignature, translate: fakeQuant(perChannel)},
	op{name: "QuantizeAndDequantize", signature: "input:T -> output:T", translate: quantizeAndDequantizeV1},
	op{name: "QuantizeAndDequantizeV2", signature: dequantizeSignature, translate: quantizeAndDequantize},
	op{
		name:      "QuantizeAndDequantizeV3",
		signature: "input:T input_min:T input_max:T num_bits:int32 -> output:T", translate: quantizeAndDequantizeV3,
	},
	op{name: "QuantizeAndDequantizeV4", signature: dequantizeSignature, translate: quantizeAndDequantize},
)

// small limits the number in an attribute to one that fits int.
func small(v int64) int { return int(max(min(v, 1<<30), -1<<30)) }

func (c *call) fakeQuant(g granularity) *tensorflow.FakeQuant {
	return &tensorflow.FakeQuant{
		NumBits:     small(c.intOr("num_bits", 8)),
		NarrowRange: c.boolOr("narrow_range", false),
		PerChannel:  g == perChannel,
	}
}

func fakeQuantArgs(c *call) []core.Value {
	lo, hi := c.floatOr("min", -6), c.floatOr("max", 6)
	if c.err == nil && !(lo < hi) {
		c.failAttr("min", "got %v with max %v, want min < max", lo, hi)
	}
	min := c.literal("min", core.Scalar(lo), nil)
	max := c.literal("max", core.Scalar(hi), nil)
	return c.emit(c.fakeQuant(perTensor), c.in[0], min, max)
}

func fakeQuant(g granularity) func(*call) []core.Value {
	return func(c *call) []core.Value {
		r := c.ranged(1, 2, g)
		op := c.fakeQuant(g)
		op.Divides = g == perTensor
		return c.emit(op, c.in[0], r.Min, r.Max)
	}
}

func quantizeAndDequantize(c *call) []core.Value {
	op := c.quantizedAndBack(small(c.intOr("num_bits", 8)), c.boolOr("range_given", false))
	if op.RangeGiven && op.Axis >= 0 {
		c.failAttr("axis", "got %d beside range_given, want -1: TensorFlow takes one given range only", op.Axis)
	}
	return c.emitRanged(op)
}

// quantizeAndDequantizeV3 has the number of bits as an input.
func quantizeAndDequantizeV3(c *call) []core.Value {
	if c.value("num_bits").Folded() != nil {
		return c.emitRanged(c.quantizedAndBack(c.integer(3), c.boolOr("range_given", true)))
	}
	return c.emitRanged(c.quantizedAndBack(0, c.boolOr("range_given", true)), c.value("num_bits"))
}

// quantizedAndBack returns the op with the attributes that all versions have in common.
func (c *call) quantizedAndBack(bits int, rangeGiven bool) *tensorflow.QuantizeAndDequantize {
	return &tensorflow.QuantizeAndDequantize{
		SignedInput: c.boolOr("signed_input", true),
		NumBits:     bits,
		RangeGiven:  rangeGiven,
		RoundMode: choice(c, "round_mode", []string{"HALF_TO_EVEN", "HALF_UP"},
			[]numeric.RoundMode{numeric.RoundNearestTowardEven, numeric.RoundNearestUpward}),
		NarrowRange: c.boolOr("narrow_range", false),
		Axis:        c.axis(),
	}
}

// emitRanged emits an op on the data, its range and, if there is one, the number of bits.
func (c *call) emitRanged(op *tensorflow.QuantizeAndDequantize, bits ...core.Value) []core.Value {
	r := c.ranged(1, 2, granularity(op.Axis >= 0))
	return c.emit(op, append([]core.Value{c.in[0], r.Min, r.Max}, bits...)...)
}

// quantizeAndDequantizeV1 has the range as attributes.
func quantizeAndDequantizeV1(c *call) []core.Value {
	op := &tensorflow.QuantizeAndDequantize{
		SignedInput: c.boolOr("signed_input", true),
		NumBits:     small(c.intOr("num_bits", 8)),
		RangeGiven:  c.boolOr("range_given", false),
		RoundMode:   numeric.RoundNearestTowardEven,
		Axis:        -1,
	}
	mn, mx := core.Scalar(c.floatOr("input_min", 0)), core.Scalar(c.floatOr("input_max", 0))
	if c.typ("T", core.Dynamic) == core.F64 {
		mn, mx = core.Scalar(mn.Float64s()[0]), core.Scalar(mx.Float64s()[0])
	}
	return c.emit(op, c.in[0], c.literal("input_min", mn, nil), c.literal("input_max", mx, nil))
}
