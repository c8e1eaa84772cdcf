package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[Activate]("Activate")

// Activate applies an activation to each element, in f32 (f64 for f64).
//
//	y[i] = Activation(x[i])
//
//	Inputs:  x: a real type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: Activation is one of the activations
//	C2: x is real (Relu, Relu6: any number)
//
// It is TensorFlow's Relu, Relu6, LeakyRelu, Elu, Tanh, Sigmoid and Gelu. NaN stays NaN. Gelu and what is fused with a
// product is computed in f32 for f64, too: TensorFlow has neither for it. For bf16 and f16, Elu's e**x and
// LeakyRelu's Alpha are also rounded to the type. Sigmoid of these types is e**x/(1+e**x) with each step rounded;
// e**x below 2**-126 counts as 0, and if e**x is beyond the type's range, the result is 1.
type Activate struct {
	Activation numeric.Activation `json:"activation"`
	Alpha      float32            `json:"alpha,omitempty"` // LeakyRelu's slope

	// Fused marks an activation that TensorFlow computes as one op with a product of bf16. If nothing else
	// reads x, which a Fused Convert has rounded, pass "fused" applies it to the value before rounding.
	Fused bool `json:"fused,omitempty"`
}

// Infer checks C1 and C2.
func (op *Activate) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !op.Activation.Valid() {
		return nil, core.Violation("C1", -1, "unknown activation %d", op.Activation)
	}
	limits := op.Activation == numeric.Relu || op.Activation == numeric.Relu6
	if t := in[0].Type; t != core.Dynamic && !t.IsFloat() && !(limits && t.IsInteger()) {
		return nil, core.Violation("C2", 0, "got type %v, want a real type", t)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval applies the activation.
func (op *Activate) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	if in[0].Type().IsInteger() {
		x := in[0].Int64s()
		y := make([]int64, len(x))
		for i, v := range x {
			y[i] = v
			if in[0].Type().IsSigned() {
				y[i] = max(v, 0)
			}
			if op.Activation == numeric.Relu6 {
				y[i] = int64(min(uint64(y[i]), 6)) // u64 is held in the same 64 bits
			}
		}
		elements.SetInts(out[0], y)
		return nil
	}
	if in[0].Type() == core.F64 && op.double(core.Data[float64](in[0]), core.Data[float64](out[0])) {
		return nil
	}
	elements.SetFloat32s(out[0], op.reals(in[0].Type(), in[0].Float32s()))
	return nil
}

// reals applies the activation to elements of a real type.
func (op *Activate) reals(t core.Type, x []float32) []float32 {
	y, alpha := make([]float32, len(x)), []float32{op.Alpha}
	elements.Narrow(t, alpha)
	if op.Activation == numeric.Sigmoid && t.IsHalf() {
		logistic(t, x, y)
		return y
	}
	for i, v := range x {
		switch {
		case v != v && op.Activation < numeric.FusedElu:
			y[i] = v
		case op.Activation == numeric.Elu && v < 0:
			y[i] = activation.Exp(v)
		default:
			y[i] = op.Activation.Apply(v, alpha[0])
		}
	}
	if op.Activation != numeric.Elu {
		return y
	}
	elements.Narrow(t, y)
	for i, v := range x {
		if v < 0 {
			y[i]--
		}
	}
	return y
}

// logistic sets y to the sigmoid of x for a 16-bit type. The caller rounds y.
func logistic(t core.Type, x, y []float32) {
	sum := make([]float32, len(x))
	copy(y, exponentials(t, x))
	for i, e := range y {
		sum[i] = e + 1
	}
	elements.Narrow(t, sum)
	for i, e := range y {
		y[i] = e / sum[i]
		if e > math.MaxFloat32 {
			y[i] = 1
		}
	}
}

// Elements is trait.FirstElements.
func (op *Activate) Elements() trait.Elements { return trait.FirstElements }

// ElementCost is known for activations that are comparisons of f32.
func (op *Activate) ElementCost(result core.Type) (cost int, ok bool) {
	switch op.Activation {
	case numeric.Identity:
		return trait.QuickReal(result, 0)
	case numeric.Relu:
		return trait.QuickReal(result, 1)
	case numeric.Relu6:
		return trait.QuickReal(result, 2)
	}
	return 0, false
}

// Limits reports whether the activation only limits its input.
func (op *Activate) Limits() bool {
	return op.Activation == numeric.Relu || op.Activation == numeric.Relu6
}

// Fuses is Fused.
func (op *Activate) Fuses() bool { return op.Fused }

// InProduct is the op with the activation's form in a product.
func (op *Activate) InProduct() core.Op {
	return &Activate{Activation: op.Activation.InProduct(), Alpha: op.Alpha}
}

// Widens is true except for Sigmoid and Elu, which round intermediate results, and for LeakyRelu, which rounds
// Alpha.
func (op *Activate) Widens() bool {
	return op.Activation != numeric.Sigmoid && op.Activation != numeric.Elu && op.Activation != numeric.LeakyRelu
}

// double sets y to the activation of x in f64; false if it is one that is computed in f32.
func (op *Activate) double(x, y []float64) bool {
	f := op.piecewise
	switch op.Activation {
	case numeric.Elu:
		f = transcendental.Elu
	case numeric.Tanh:
		f = transcendental.Tanh
	case numeric.Sigmoid:
		f = transcendental.Sigmoid
	default:
		if op.Activation > numeric.LeakyRelu {
			return false
		}
	}
	for i, v := range x {
		y[i] = f(v)
	}
	return true
}

// piecewise is an activation that is piecewise linear, of f64.
func (op *Activate) piecewise(x float64) float64 {
	switch {
	case op.Activation == numeric.LeakyRelu:
		return transcendental.LeakyRelu(x, op.Alpha)
	case op.Activation != numeric.Identity && x < 0:
		return 0
	case op.Activation == numeric.Relu6 && x > 6:
		return 6
	}
	return x
}
