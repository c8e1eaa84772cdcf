package core

import "math"

// Activation is a function of one float32 that PostOp lists and elementwise ops share.
type Activation uint8

// The activations, with the formulas of their TensorFlow ops. Those that are not
// piecewise linear are computed in float64 and rounded once.
const (
	Identity        Activation = iota // x
	Relu                              // max(x, 0)
	Relu6                             // min(max(x, 0), 6)
	LeakyRelu                         // x for x >= 0, else alpha*x
	Elu                               // x for x >= 0, else exp(x)-1
	Tanh                              // tanh(x)
	Sigmoid                           // 1/(1+exp(-x))
	GeluApproximate                   // x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
	GeluExact                         // x/2 * (1 + erf(x/sqrt(2)))
	numActivations
)

var activationNames = [numActivations]string{
	"Identity", "Relu", "Relu6", "LeakyRelu", "Elu", "Tanh", "Sigmoid", "GeluApproximate", "GeluExact",
}

// String returns TensorFlow's name.
func (a Activation) String() string { return enumName(a, activationNames[:]) }

// MarshalText makes an Activation its name in JSON.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText parses an activation's name.
func (a *Activation) UnmarshalText(b []byte) error {
	return parseEnum(a, string(b), "activation", activationNames[:])
}

// Apply returns the activation of x. Relu and Relu6 of NaN are 0, as the CPU's
// maximum gives.
func (a Activation) Apply(x, alpha float32) float32 {
	switch a {
	case Relu:
		return relu(x)
	case Relu6:
		return min(relu(x), 6)
	case LeakyRelu:
		if x >= 0 {
			return x
		}
		return x * alpha
	case Elu:
		if x >= 0 {
			return x
		}
		return float32(expm1(float64(x)))
	case Tanh:
		return float32(tanh(float64(x)))
	case Sigmoid:
		return float32(1 / (1 + Exp(-float64(x))))
	case GeluApproximate:
		v := float64(x)
		cube := float64(v * v * v)
		return float32(float64(v/2) * (1 + tanh(math.Sqrt2/sqrtPi*(v+float64(0.044715*cube)))))
	case GeluExact:
		v := float64(x)
		return float32(float64(v/2) * (1 + erf(v/math.Sqrt2)))
	}
	return x
}

func relu(x float32) float32 {
	if x > 0 {
		return x
	}
	return 0
}
