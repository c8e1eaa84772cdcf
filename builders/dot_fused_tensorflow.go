package builders

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// fused appends the steps of _QuantizedMatMul. With R(a) = A(a), or max_a - min_a where
// q = 0 stands for min_a, s = (R(a) / L(a)) * (A(b)/127), and u = L(a)*127 / (R(a) * A(b)):
//
//	f = f32(acc) * s             not for an i32 output, which stays in accumulators
//	f = f + b'                   see fusedBias
//	f = f + sum                  with a summand
//	f = Activation(f)
//	q = sat(rne(f * (L / A(output range))))            8-bit outputs in mode SCALED
//	    sat(rne(fma(f, L / (max-min), -min*L / (max-min))))          in mode MIN_FIRST
//	    sat(rne(f))                                    an i32 output
//
// The range reported is (0, A) for u8 and (-A, A) for i8 with A = A(output range) in mode
// SCALED, the output range itself in mode MIN_FIRST, and that of 2^31 levels for i32.
func (m *matmul) fused() Range {
	s := m.scaleProduct("scale", m.fusedScaleA(), m.scaleB(quantization.ScaleSymmetric, false))
	m.unit = s
	if m.OutputType != core.I32 {
		m.posts.mul(s)
	}
	if m.Bias.Node != nil || m.InputMode == MinFirst {
		m.addBias(m.fusedBias())
	}
	if m.Sum.Node != nil {
		m.posts.add(m.flushedSum())
	}
	if m.WithRelu {
		m.Activation = numeric.Relu
	}
	if m.Activation != numeric.Identity {
		m.posts.activation(m.Activation, m.Alpha)
	}
	switch m.OutputType {
	case core.I32:
		m.posts.round(saturation(core.I32))
		return m.accumulatorRange(m.typeA, m.Input0Range, m.Input1Range)
	case core.I8, core.U8:
		if m.OutputMode == MinFirst {
			return m.quantizeMinFirst()
		}
		m.finish(s)
		return m.symmetricRange()
	}
	return m.finish(s)
}

// flushedSum returns the summand without subnormal numbers, which only what is itself that small
// can tell from 0.
func (m *matmul) flushedSum() core.Value {
	if m.err != nil || m.OutputType != core.F32 ||
		farFromSubnormal(m.unit) && (m.addend.Node == nil || farFromSubnormal(m.addend)) {
		return m.Sum
	}
	return m.flushed("sum", m.Sum)
}

// inputLevels are TensorFlow's L(a).
func (m *matmul) inputLevels() core.Value { return m.real("input_levels", levels(m.typeA)) }

// inputRange returns R(a), which will divide.
func (m *matmul) inputRange() core.Value {
	if m.InputMode == MinFirst {
		return m.width("input", m.Input0Range)
	}
	return m.scale("input", quantization.RangeToScale{Type: m.typeA, Rule: quantization.ScaleMagnitude, Divides: true},
		m.Input0Range)
}

// fusedScaleA returns R(a) / L(a).
func (m *matmul) fusedScaleA() core.Value {
	if m.InputMode == MinFirst && m.typeA == core.I8 {
		return m.div("input_scale", m.inputRange(), m.inputLevels())
	}
	return m.scaleA(m.InputMode, false)
}

// fusedBias returns b', with c = L(a) * min_a / R(a) times the sum of b's column:
//
//	SCALED:    bias, or f32(bias) * u for an i32 bias
//	MIN_FIRST: bias + c / u, or f32(bias) / u for an i32 bias, which holds c already
//
// A column of b whose range is [0, 0] has an infinite u: in mode MIN_FIRST its bias counts as 0.
// TensorFlow multiplies an i32 bias by the u of the first column if b has a range for each
// of up to 16 columns. Beyond 16 it reads what is not there; u is each column's here.
func (m *matmul) fusedBias() core.Value {
	integer := m.Bias.Node != nil && m.Bias.Type() == core.I32
	if m.InputMode == Scaled && !integer || m.err != nil {
		return m.Bias
	}
	limit := m.real("limit", levels(m.typeA)*127)
	units := m.div("units", limit, m.mul("magnitude", m.inputRange(), m.scaleB(quantization.ScaleMagnitude, false)))
	switch {
	case integer && m.InputMode == MinFirst:
		return m.div("bias", m.realNumbers(m.Bias), units)
	case integer:
		return m.mul("bias", m.realNumbers(m.Bias), m.firstOf16(units))
	}
	comp := m.div("real_compensation", m.compensation(), units)
	if m.Bias.Node == nil {
		return comp
	}
	return m.add("compensated_bias", m.realNumbers(m.Bias), comp)
}

// firstOf16 returns the first of at most 16 units, or all of more.
func (m *matmul) firstOf16(units core.Value) core.Value {
	if m.err != nil || len(units.Shape()) != 1 || units.Shape()[0] > 16 {
		return units
	}
	return m.op("first_units", &indexing.Gather{}, units, m.constant("first", core.Scalar[int32](0), nil))
}

// quantizeMinFirst appends the steps to an 8-bit output whose 0 stands for its min.
func (m *matmul) quantizeMinFirst() Range {
	top, width := m.real("output_levels", levels(m.OutputType)), m.width("output", m.OutputRange)
	lowest := m.op("lowest", &pointwise.Subtract{}, m.real("zero", 0), m.scalarOf("output_min", m.OutputRange.Min))
	m.posts.linear(m.div("output_reciprocal", top, width),
		m.div("output_offset", m.mul("output_lowest", lowest, top), width))
	m.posts.round(saturation(m.OutputType))
	return m.OutputRange
}

// symmetricRange returns the output range as mode SCALED reads it: (-A, A), or (0, A) for u8.
func (m *matmul) symmetricRange() Range {
	magnitude := m.scale("output",
		quantization.RangeToScale{Type: m.OutputType, Rule: quantization.ScaleMagnitude, Divides: true},
		m.OutputRange)
	zero := m.real("zero", 0)
	if m.OutputType == core.U8 {
		return Range{zero, magnitude}
	}
	return Range{m.op("symmetric_min", &pointwise.Subtract{}, zero, magnitude), magnitude}
}
