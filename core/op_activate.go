package core

import "github.com/tf2ng/tf2ng/internal/activation"

var _ = register[Activate]("Activate")

// Activate applies an activation to each element, in f32.
//
//	y[i] = Activation(x[i])
//
//	Inputs:  x: a real type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: Activation is one of the activations
//	C2: x is real (Relu, Relu6: any number)
//
// It is TensorFlow's Relu, Relu6, LeakyRelu, Elu, Tanh, Sigmoid and Gelu. f64 is
// computed in f32 unless the activation is piecewise linear. NaN stays NaN. Of bf16 and f16,
// Elu's e**x and LeakyRelu's Alpha are rounded to the type, too.
type Activate struct {
	Activation Activation `json:"activation"`
	Alpha      float32    `json:"alpha,omitempty"` // LeakyRelu's slope

	// Fused is for what TensorFlow computes as one op with a product of bf16: where nothing
	// else reads x, which a Fused Convert has rounded, pass "fused" takes what was rounded.
	Fused bool `json:"fused,omitempty"`
}

// Infer checks C1 and C2.
func (op *Activate) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Activation >= numActivations {
		return nil, Violation("C1", -1, "unknown activation %d", op.Activation)
	}
	limits := op.Activation == Relu || op.Activation == Relu6
	if t := in[0].Type; t != Dynamic && !t.IsFloat() && !(limits && t.IsInteger()) {
		return nil, Violation("C2", 0, "got type %v, want a real type", t)
	}
	return []Fact{in[0].Fact}, nil
}

// Eval applies the activation.
func (op *Activate) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, in[0].typ, in[0].shape); err != nil {
		return err
	}
	if in[0].typ.IsInteger() {
		x := in[0].Int64s()
		y := make([]int64, len(x))
		for i, v := range x {
			y[i] = v
			if in[0].typ.IsSigned() {
				y[i] = max(v, 0)
			}
			if op.Activation == Relu6 {
				y[i] = int64(min(uint64(y[i]), 6)) // u64 is in its 64 bits
			}
		}
		out[0].setInts(y)
		return nil
	}
	if in[0].typ == F64 && op.Activation <= LeakyRelu {
		op.piecewise(Data[float64](in[0]), Data[float64](out[0]))
		return nil
	}
	x := in[0].Float32s()
	y := make([]float32, len(x))
	alpha := narrowed(in[0].typ, op.Alpha)
	for i, v := range x {
		switch {
		case v != v:
			y[i] = v
		case op.Activation == Elu && v < 0:
			y[i] = narrowed(in[0].typ, activation.Exp(v)) - 1
		default:
			y[i] = op.Activation.Apply(v, alpha)
		}
	}
	out[0].setFloat32s(y)
	return nil
}

// Elements are those of the first input.
func (op *Activate) Elements() Elements { return FirstElements }

// ElementCost is that of the comparisons of f32 that some activations are.
func (op *Activate) ElementCost(result Type) (cost int, ok bool) {
	switch op.Activation {
	case Identity:
		return quickReal(result, 0)
	case Relu:
		return quickReal(result, 1)
	case Relu6:
		return quickReal(result, 2)
	}
	return 0, false
}

// Limits reports whether the activation only bounds.
func (op *Activate) Limits() bool { return op.Activation == Relu || op.Activation == Relu6 }

// FusedAs is FusedFunction, if Fused.
func (op *Activate) FusedAs() FusedPart {
	if op.Fused {
		return FusedFunction
	}
	return NotFused
}

// piecewise applies an activation that is piecewise linear, in f64.
func (op *Activate) piecewise(x, y []float64) {
	for i, v := range x {
		switch {
		case op.Activation == LeakyRelu && v < 0:
			v *= float64(op.Alpha)
		case op.Activation != LeakyRelu && op.Activation != Identity && v < 0:
			v = 0
		case op.Activation == Relu6 && v > 6:
			v = 6
		}
		y[i] = v
	}
}
