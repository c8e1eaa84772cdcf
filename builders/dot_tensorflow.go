package builders

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
	"github.com/tf2ng/tf2ng/core/postop"
)

// tensorFlowDot emits TensorFlow's quantized matrix products as an integer dot with
// post-ops: see realUnits, accumulatorUnits and fused. An output of bf16 is that of f32,
// rounded.
func (e *emitter) tensorFlowDot(d Dot) (Output, error) {
	typeA := e.quantizedType("input0", d.Input0, core.I8, core.U8)
	typeB := e.quantizedType("input1", d.Input1, core.I8, core.U8)
	if d.Bias.Node == nil || d.Bias.Type() != core.BF16 || !d.Fused {
		e.biasType(d.Bias)
	}
	d.Input0 = e.transposed("input0", d.Input0, d.TransposeA)
	d.Input1 = e.transposed("input1", d.Input1, d.TransposeB)
	if e.err != nil {
		return Output{}, e.err
	}
	if typeB == core.U8 {
		return e.offsetDot(d)
	}
	half := d.OutputType == core.BF16
	if half {
		d.OutputType = core.F32
	}
	m := &matmul{emitter: e, Dot: d, typeA: typeA, posts: postOps{emitter: e}}
	m.perChannel = e.perChannel(d.Input1Range, columns(d.Input1))
	if e.err != nil {
		return Output{}, e.err
	}
	var out Output
	switch {
	case d.Fused:
		out.Range = m.fused()
	case typeA != core.U8 || d.Sum.Node != nil || d.Bias.Node == nil:
		e.unsupported("got input0 of %v, want u8, a bias and no summand", typeA)
	case e.Arithmetic.upTo2_13():
		out.Range = m.accumulatorUnits()
	default:
		out.Range = m.realUnits()
	}
	in := []core.Value{
		d.Input0,
		d.Input1,
		e.zeros("input0_zero_point", typeA, core.Shape{}),
		e.zeros("input1_zero_point", core.I8, core.Shape{}),
	}
	op := &linear.IntegerDot{ReductionAxes: 1, PostOps: m.posts.steps}
	out.Value = m.result(op, append(in, m.posts.operands...), half)
	if e.err != nil {
		return Output{}, e.err
	}
	return out, nil
}

// columns returns the last dimension of a matrix, or core.Unknown.
func columns(v core.Value) int {
	if s := v.Shape(); len(s) > 0 {
		return s[len(s)-1]
	}
	return core.Unknown
}

// transposed returns a matrix or its transpose.
func (e *emitter) transposed(role string, v core.Value, yes bool) core.Value {
	if !yes {
		return v
	}
	return e.op(role, &array.Transpose{Order: []int{1, 0}}, v)
}

// offsetDot is TensorFlow's QuantizedMatMul on two u8 matrices: the accumulators of
// (q - z) with z the quantized value of 0 in each range.
func (e *emitter) offsetDot(d Dot) (Output, error) {
	switch {
	case d.OutputType != core.I32 || d.Bias.Node != nil || d.Sum.Node != nil || d.WithRelu || d.Fused:
		e.unsupported("got input1 of u8, want it with i32 output and nothing fused")
	case d.Input0.Type() != core.U8:
		e.unsupported("got input1 of u8 and input0 of %v, want both of u8", d.Input0.Type())
	}
	e.ordered = true
	in, level := e.offsetOperands(d.Input0, d.Input1, d.Input0Range, d.Input1Range)
	out := Output{Range: e.levelRange(level)}
	out.Value = e.op("", &linear.IntegerDot{ReductionAxes: 1}, in...)
	return out, e.err
}

// matmul is a product of a by the i8 matrix b under TensorFlow's arithmetic.
type matmul struct {
	*emitter
	Dot
	typeA      core.Type
	perChannel bool // b's range holds one element per column
	posts      postOps

	unit, addend core.Value // of a real result: what its accumulators are multiplied by, and the bias
}

// addBias appends the sum with a bias.
func (m *matmul) addBias(bias core.Value) {
	m.addend = m.flushed("bias", bias)
	m.posts.add(m.addend)
}

// mayUnderflow reports whether a real result may be subnormal, so that TensorFlow flushes it to 0. It
// cannot be if the unit is known not to be tiny, unless a summand, a tiny bias before an activation, or a
// bias in units of the accumulators makes it so.
func (m *matmul) mayUnderflow() bool {
	if m.err != nil || !farFromSubnormal(m.unit) || m.Sum.Node != nil {
		return true
	}
	plain := m.Activation == numeric.Identity || m.Activation == numeric.Relu
	return (!plain || m.Arithmetic.upTo2_13()) && m.addend.Node != nil && !farFromSubnormal(m.addend)
}

// result returns the product: the real one flushed, and rounded to bf16 if half.
func (m *matmul) result(op core.Op, in []core.Value, half bool) core.Value {
	flush := m.OutputType == core.F32 && m.mayUnderflow()
	if !flush && !half {
		return m.op("", op, in...)
	}
	v := m.op("real", op, in...)
	switch {
	case flush && half:
		v = m.op("real_flushed", &pointwise.FlushSubnormals{}, v)
	case flush:
		return m.op("", &pointwise.FlushSubnormals{}, v)
	}
	return m.op("", &pointwise.Convert{Type: core.BF16}, v)
}

// scaleA returns the scale of a: by ScaleSymmetric, or by ScaleLevel where 0 stands
// for the range's min.
func (m *matmul) scaleA(mode QuantMode, divides bool) core.Value {
	rule := quantization.ScaleLevel
	if mode == Scaled {
		rule = quantization.ScaleSymmetric
	}
	return m.scale("input", quantization.RangeToScale{Type: m.typeA, Rule: rule, Divides: divides}, m.Input0Range)
}

func (m *matmul) scaleB(rule quantization.ScaleRule, divides bool) core.Value {
	return m.scales("filter", quantization.RangeToScale{Type: core.I8, Rule: rule, Divides: divides}, m.Input1Range,
		m.perChannel)
}

// columnSums returns the sums of b's columns, f32.
func (m *matmul) columnSums() core.Value {
	if m.err != nil {
		return core.Value{}
	}
	s := m.Input1.Shape()
	if len(s) != 2 || s[0] == core.Unknown {
		m.fail("input1", "got shape %v, want a matrix with a known number of rows", s)
		return core.Value{}
	}
	return m.op("column_sums", &linear.IntegerDot{ReductionAxes: 1, PostOps: []postop.Step{{Kind: postop.Mul}}},
		m.filled("ones", core.U8, s[:1], 1), m.Input1, m.zeros("ones_zero_point", core.U8, core.Shape{}),
		m.zeros("columns_zero_point", core.I8, core.Shape{}), m.real("one", 1))
}

// compensation returns L(a) * min_a / (max_a - min_a) * columnSums: what a min other than 0 adds to every
// accumulator.
func (m *matmul) compensation() core.Value {
	r := m.Input0Range
	zero := m.div("input_offset", m.mul("min_levels", m.inputLevels(), m.scalarOf("input_min", r.Min)),
		m.width("input", r))
	return m.mul("compensation", m.columnSums(), zero)
}

// levels returns how many steps lead from 0 to the largest value of a type, TensorFlow's L.
func levels(t core.Type) float32 {
	if t == core.I8 {
		return 127
	}
	return 255
}

// realUnits appends the steps of QuantizedMatMulWithBias* since 2.14. With s = s_a * s_b,
//
//	f = f32(acc) * s
//	f = f + bias          or + f32(bias) / (255*127 / ((max_a - min_a) * A(b))) for an i32 bias,
//	                      f32(bias) * (1 / (255*127 / (max_a * A(b)))) where q = 0 stands for 0
//	f = max(f, 0)         with ReLU
//	q = sat(rne(f * (1 / (A(output range) / L)))), or rne(f * (1 / s)) for i32, or f
//
// Where q = 0 stands for min_a, a float bias has the compensation added to it, not multiplied by s:
// TensorFlow's defect, which TensorFlowAuto repairs. Only
// QuantizedMatMulWithBiasAndDequantize, whose output is f32, reads input_quant_mode.
func (m *matmul) realUnits() Range {
	mode := m.mode()
	divides := m.OutputType == core.I32
	s := m.scaleProduct("scale", m.scaleA(mode, divides), m.scaleB(quantization.ScaleSymmetric, divides))
	m.unit = s
	m.posts.mul(s)
	bias := m.Bias
	switch {
	case bias.Type() == core.I32 && mode == Scaled:
		bias = m.mul("bias", m.realNumbers(bias), m.div("bias_unit", m.real("one", 1), m.scaledUnits()))
	case bias.Type() == core.I32:
		bias = m.div("bias", m.realNumbers(bias), m.units(false))
	case mode == MinFirst:
		comp := m.compensation()
		if m.Arithmetic == TensorFlowAuto && !isZero(m.Input0Range.Min) {
			m.repairs = "from 2.14 TensorFlow does not scale the compensation for a minimum that is not 0"
			comp = m.mul("real_compensation", comp, s)
		}
		bias = m.add("compensated_bias", bias, comp)
	}
	m.addBias(bias)
	if m.WithRelu {
		m.posts.relu()
	}
	return m.finish(s)
}

// mode returns the mode that QuantizedMatMulWithBias* follow.
func (m *matmul) mode() QuantMode {
	if m.OutputType == core.F32 {
		return m.InputMode
	}
	return MinFirst
}

// finish appends the steps from the real result, whose accumulator's unit is s, to the
// output, and returns its range.
func (m *matmul) finish(s core.Value) Range {
	switch m.OutputType {
	case core.F32:
		return Range{}
	case core.I32:
		m.posts.mul(m.div("output_reciprocal", m.real("one", 1), s))
		m.posts.round(saturation(core.I32))
		return m.accumulatorRange(m.typeA, m.Input0Range, m.Input1Range)
	case core.I8, core.U8:
		m.posts.mul(m.outputReciprocal())
		m.posts.round(saturation(m.OutputType))
		return m.OutputRange
	}
	m.unsupported("got output type %v, want i8, u8, i32, f32 or bf16", m.OutputType)
	return Range{}
}

// outputReciprocal returns the factor that turns the real result into 8-bit steps: L / A(output range) in
// _QuantizedMatMul, 1 / (A(output range) / L) in the others.
func (m *matmul) outputReciprocal() core.Value {
	step := quantization.RangeToScale{Type: m.OutputType, Divides: true}
	if !m.Fused {
		return m.div("output_reciprocal", m.real("one", 1), m.scale("output", step, m.OutputRange))
	}
	step.Rule = quantization.ScaleMagnitude
	return m.div("output_reciprocal", m.real("output_levels", levels(m.OutputType)),
		m.scale("output", step, m.OutputRange))
}

// accumulatorUnits appends the steps of QuantizedMatMulWithBias* before 2.14, which
// bring the bias to units of the accumulators:
//
//	f = f32(acc) + bias * (255*127 / (w_a * A(b)))      or + f32(bias) for an i32 bias
//	f = f * (level * 2^31 / A(output range) / d)        8-bit outputs, d = 2^23 for u8, 2^24 for i8
//	    f * s                                           f32 output
//	f = max(f, 0)                                       with ReLU
//	q = sat(rne(f))
//
// level * 2^31 is the end of the range of int32 accumulators. Where q = 0 stands for
// min_a, a float bias has the compensation added to it.
func (m *matmul) accumulatorUnits() Range {
	accumulators := m.accumulatorRange(m.typeA, m.Input0Range, m.Input1Range)
	bias := m.Bias
	if bias.Type() == core.F32 {
		bias = m.mul("bias", bias, m.units(true))
		if m.mode() == MinFirst {
			bias = m.add("compensated_bias", bias, m.compensation())
		}
	}
	m.addBias(bias)
	out := accumulators
	switch m.OutputType {
	case core.I8, core.U8:
		out = m.OutputRange
		d := map[core.Type]float32{core.I8: 1 << 24, core.U8: 1 << 23}[m.OutputType]
		magnitude := quantization.RangeToScale{Type: m.OutputType, Rule: quantization.ScaleMagnitude, Divides: true}
		ratio := m.div("output_ratio", accumulators.Max, m.scale("output", magnitude, out))
		m.posts.mul(m.div("output_scale", ratio, m.real("output_levels", d)))
	case core.F32:
		out = Range{}
		m.unit = m.scaleProduct("scale", m.scaleA(m.mode(), false), m.scaleB(quantization.ScaleSymmetric, false))
		m.posts.mul(m.unit)
	case core.I32:
	default:
		m.unsupported("got output type %v, want i8, u8, i32, f32 or bf16", m.OutputType)
	}
	if m.WithRelu {
		m.posts.relu()
	}
	if m.OutputType != core.F32 && m.err == nil {
		m.posts.round(saturation(m.OutputType))
	}
	return out
}

// units returns 255*127 / (w_a * A(b)): how many accumulator steps make 1. Where a bias is divided by it and
// it is not finite, because a range is [0, 0], the bias counts as 0.
func (m *matmul) units(finite bool) core.Value {
	a := quantization.RangeToScale{Type: m.typeA, Rule: quantization.ScaleMagnitude, Divides: finite}
	if m.mode() == MinFirst {
		a.Type, a.Rule = core.U8, quantization.ScaleWidth
	}
	magnitude := m.mul("magnitude", m.scale("input", a, m.Input0Range), m.scaleB(quantization.ScaleMagnitude, finite))
	return m.div("units", m.real("limit", 255*127), magnitude)
}

// scaledUnits returns 255*127 / (max_a * A(b)), infinite if a range is [0, 0].
func (m *matmul) scaledUnits() core.Value {
	magnitude := m.mul("magnitude", m.scalarOf("input_max", m.Input0Range.Max),
		m.scaleB(quantization.ScaleMagnitude, false))
	return m.div("units", m.real("limit", 255*127), magnitude)
}

// width returns max - min of a range that is not empty.
func (e *emitter) width(role string, r Range) core.Value {
	return e.scale(role, quantization.RangeToScale{Type: core.U8, Rule: quantization.ScaleWidth, Divides: true}, r)
}

// realNumbers converts i32 or bf16 to f32.
func (m *matmul) realNumbers(v core.Value) core.Value {
	if m.err != nil || v.Type() == core.F32 {
		return v
	}
	return m.op("real_bias", &pointwise.Convert{Type: core.F32}, v)
}

// isZero reports whether a value is known to be 0.
func isZero(v core.Value) bool {
	c := v.Folded()
	return c != nil && !slices.ContainsFunc(c.Float64s(), func(x float64) bool { return x != 0 })
}
