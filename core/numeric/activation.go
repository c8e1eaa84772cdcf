package numeric

import (
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/internal/activation"
)

// Activation is a function of one float32 that post-ops and elementwise ops share.
type Activation uint8

// The activations, with the formulas of their TensorFlow ops. Those that are not piecewise linear are computed by
// package activation. Tanh and Sigmoid are rounded once and Elu twice. Gelu and the Fused ones have the bits of
// oneDNN, with which TensorFlow computes them where they are fused with a product.
const (
	Identity        Activation = iota // x
	Relu                              // max(x, 0)
	Relu6                             // min(max(x, 0), 6)
	LeakyRelu                         // x for x >= 0, else alpha*x
	Elu                               // x for x >= 0, else f32(exp(x))-1
	Tanh                              // tanh(x)
	Sigmoid                           // 1/(1+exp(-x))
	GeluApproximate                   // x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))
	GeluExact                         // x/2 * (1 + erf(x/sqrt(2)))
	FusedElu                          // Elu
	FusedTanh                         // Tanh
	FusedSigmoid                      // Sigmoid
	numActivations
)

var activationNames = [numActivations]string{
	"Identity", "Relu", "Relu6", "LeakyRelu", "Elu", "Tanh", "Sigmoid", "GeluApproximate", "GeluExact",
	"FusedElu", "FusedTanh", "FusedSigmoid",
}

// String returns the name, TensorFlow's but for the Fused ones.
func (a Activation) String() string { return enum.Name(a, activationNames[:]) }

// MarshalText writes the name, which stands for the Activation in JSON.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText parses an activation's name.
func (a *Activation) UnmarshalText(b []byte) error {
	return enum.Parse(a, string(b), "activation", activationNames[:])
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
		return activation.Elu(x)
	case Tanh:
		return activation.Tanh(x)
	case Sigmoid:
		return activation.Sigmoid(x)
	case GeluApproximate:
		return activation.GeluApproximate(x)
	case GeluExact:
		return activation.Gelu(x)
	case FusedElu:
		return activation.FusedElu(x)
	case FusedTanh:
		return activation.FusedTanh(x)
	case FusedSigmoid:
		return activation.FusedSigmoid(x)
	}
	return x
}

func relu(x float32) float32 {
	if x > 0 {
		return x
	}
	return 0
}

// Valid reports whether a is one of the activations.
func (a Activation) Valid() bool { return a < numActivations }

// InProduct returns the activation as TensorFlow computes it where it is fused with a product.
func (a Activation) InProduct() Activation {
	switch a {
	case Elu:
		return FusedElu
	case Tanh:
		return FusedTanh
	case Sigmoid:
		return FusedSigmoid
	}
	return a
}
