package ops

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// The signatures of the legacy quantized matrix products, in parts.
const (
	multiplied  = "a:T1 b:T2 "
	matRanges   = "min_a:float max_a:float min_b:float max_b:float "
	toMatQint32 = "-> out:Toutput=qint32 min_out:float max_out:float"
	toMatQuint8 = "-> out:Toutput=quint8 min_out:float max_out:float"
)

var _ = register("quantized_matmul",
	op{
		name:      "QuantizedMatMul",
		signature: multiplied + matRanges + toMatQint32,
		translate: quantizedMatMul(matMulKind{}),
	},
	op{
		name:      "QuantizedMatMulWithBias",
		signature: multiplied + "bias:Tbias " + matRanges + toMatQint32,
		translate: quantizedMatMul(matMulKind{}),
	},
	op{
		name:      "QuantizedMatMulWithBiasAndRelu",
		signature: multiplied + "bias:float " + matRanges + toMatQint32,
		translate: quantizedMatMul(matMulKind{relu: true}),
	},
	op{
		name:      "QuantizedMatMulWithBiasAndRequantize",
		signature: multiplied + "bias:Tbias " + matRanges + freezed + toMatQuint8,
		translate: quantizedMatMul(matMulKind{}),
	},
	op{
		name:      "QuantizedMatMulWithBiasAndReluAndRequantize",
		signature: multiplied + "bias:Tbias " + matRanges + freezed + toMatQuint8,
		translate: quantizedMatMul(matMulKind{relu: true}),
	},
	op{
		name:      "QuantizedMatMulWithBiasAndDequantize",
		signature: multiplied + "bias:Tbias " + matRanges + freezed + "-> out:Toutput",
		translate: dequantizedMatMul,
	},
	op{name: "_QuantizedMatMul", signature: fused, translate: fusedMatMul, adds: toFusedSummand},
)

// mode reads one of the attributes that say how ranges are interpreted.
func (c *call) mode(attr string, otherwise builders.QuantMode) builders.QuantMode {
	names, modes := []string{"MIN_FIRST", "SCALED"}, []builders.QuantMode{builders.MinFirst, builders.Scaled}
	if otherwise == builders.Scaled {
		names, modes = []string{"SCALED", "MIN_FIRST"}, []builders.QuantMode{builders.Scaled, builders.MinFirst}
	}
	return choice(c, attr, names, modes)
}

// matrices checks that a and b are matrices, and reads whether they are transposed. ignored lists attributes that
// TensorFlow's kernel does not read; they must be false.
func (c *call) matrices(d *builders.Dot, ignored ...string) {
	c.wantRank(0, 2, "a matrix")
	c.wantRank(1, 2, "a matrix")
	d.TransposeA, d.TransposeB = c.boolOr("transpose_a", false), c.boolOr("transpose_b", false)
	for _, attr := range ignored {
		if c.err == nil && c.boolOr(attr, false) {
			c.failAttr(attr, "got true, which TensorFlow does not heed here, want false")
		}
	}
}

// matMulKind holds what the name of a legacy quantized matrix product says, and no attribute does.
type matMulKind struct{ relu bool }

// quantizedMatMul translates the legacy quantized matrix products. What else is fused can be seen from their inputs.
func quantizedMatMul(kind matMulKind) func(*call) []core.Value {
	return func(c *call) []core.Value {
		d := c.legacyDot()
		d.WithRelu = kind.relu
		c.outputs("Toutput", d.OutputType)
		return c.multiply(d)
	}
}

// dequantizedMatMul translates the product whose output is real.
func dequantizedMatMul(c *call) []core.Value {
	d := c.legacyDot()
	if c.err == nil && d.OutputType != core.F32 {
		c.failAttr("Toutput", "got %v, want float", d.OutputType)
	}
	return c.multiply(d)
}

// legacyDot reads what the legacy quantized matrix products have in common.
func (c *call) legacyDot() builders.Dot {
	d := builders.Dot{
		Input0:      c.value("a"),
		Input1:      c.value("b"),
		Input0Range: c.span("min_a", "max_a"),
		Input1Range: c.span("min_b", "max_b"),
		OutputType:  c.outputType(),
		InputMode:   c.mode("input_quant_mode", builders.MinFirst),
	}
	if c.has("bias") {
		c.matrices(&d, "transpose_a", "transpose_b")
	} else {
		c.matrices(&d)
	}
	if c.has("bias") {
		d.Bias = c.value("bias")
	}
	if c.has("min_freezed_output") {
		d.OutputRange = c.span("min_freezed_output", "max_freezed_output")
	}
	return d
}

// checkBias checks that a bias, if there is one, has a number for each channel. The number of channels may be
// Unknown. The bias is input 2 of all quantized products.
func (c *call) checkBias(bias core.Value, channels int) {
	if bias.Node == nil || bias.Shape().Compatible(core.Shape{channels}) {
		return
	}
	if channels == core.Unknown {
		c.failInput(2, "got shape %v, want a number for each channel", bias.Shape())
		return
	}
	c.failInput(2, "got shape %v, want [%d]: a number for each channel", bias.Shape(), channels)
}

// multiply calls the builder for what is fused.
func (c *call) multiply(d builders.Dot) []core.Value {
	if c.err != nil {
		return nil
	}
	columns := core.Unknown
	if s := d.Input1.Shape(); len(s) == 2 {
		columns = s[1]
		if d.TransposeB {
			columns = s[0]
		}
	}
	c.checkBias(d.Bias, columns)
	if c.err != nil {
		return nil
	}
	if d.Bias.Node == nil {
		return c.built(builders.ScaledQuantizedDot(c.scope(), d))
	}
	return c.built(builders.ScaledQuantizedDotBias(c.scope(), d))
}

// matMulFusions lists the steps that _QuantizedMatMul supports.
var matMulFusions = [][]string{
	{"BiasAdd"},
	{"Add"},
	{"Relu", "Relu6", "LeakyRelu", "GeluApproximate", "GeluExact", "Tanh", "Sigmoid", "Elu"},
	{"Dequantize", "Requantize"},
}

// fusedMatMul translates _QuantizedMatMul, whose inputs follow from fused_ops: a, b,
// [bias], [summand], min and max of a and b, [of the output].
func fusedMatMul(c *call) []core.Value {
	list := c.strs("fused_ops")
	fused := c.fusedOps(matMulFusions)
	r := c.reader()
	d := builders.Dot{
		Fused:      true,
		OutputType: c.typ("Tout", core.F32),
		InputMode:  c.mode("input_quant_mode", builders.Scaled),
		OutputMode: c.mode("output_quant_mode", builders.Scaled),
		Input0:     r.typed("a", "T1"),
		Input1:     r.typed("b", "T2"),
	}
	if c.err == nil {
		c.matrices(&d, "transpose_a")
	}
	if fused["BiasAdd"] {
		d.Bias = r.typed("bias", "Tbias")
	}
	if fused["Add"] {
		d.Sum = r.summand(d.OutputType)
	}
	d.Input0Range, d.Input1Range = r.span("a", perTensor), r.span("b", perChannel)
	if fused["Requantize"] {
		d.OutputRange = r.span("freezed_output", perTensor)
	} else if rest := len(c.in) - r.next; c.err == nil && rest == 2 {
		r.span("freezed_output", perTensor) // allowed, and without effect
	}
	r.end()
	for _, f := range list {
		if a, ok := fusedActivations[f]; ok {
			d.Activation = a
		}
	}
	if fused["BiasAdd"] { // TensorFlow refuses an activation without it
		d.Activation = d.Activation.InProduct()
	}
	if d.Activation == numeric.LeakyRelu {
		d.Alpha = c.floatOr("leakyrelu_alpha", 0.2)
	}
	d.WithRelu = d.Activation == numeric.Relu
	c.fusedOutput(fused, d.OutputType)
	return c.multiply(d)
}

// summand returns the next input, which is added to the product. It must have the product's type and shape, since
// TensorFlow adds in place.
func (r *reader) summand(product core.Type) core.Value {
	v := r.typed("summand", "U")
	switch {
	case r.err != nil:
	case v.Type() != product && v.Type() != core.Dynamic:
		r.failAttr("U", "got %v, want the output's type %v", v.Type(), product)
	case v.Shape().Ranked() && len(v.Shape()) != 2:
		r.failInput(r.next-1, "summand: got shape %v, want the output's", v.Shape())
	}
	return v
}

// fusedOutput checks the output's type against the last step.
func (c *call) fusedOutput(fused map[string]bool, t core.Type) {
	want := []core.Type{core.I32}
	switch {
	case fused["Requantize"]:
		want = []core.Type{core.I8, core.U8}
	case fused["Dequantize"]:
		want = []core.Type{core.F32, core.BF16}
	}
	if c.err == nil && !slices.Contains(want, t) {
		c.failAttr("Tout", "got %v, want one of %v with fused_ops [%s]", t, want,
			strings.Join(c.strs("fused_ops"), ","))
	}
}
