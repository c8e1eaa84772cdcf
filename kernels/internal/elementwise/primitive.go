package elementwise

import "fmt"

// Primitive is one operation on every element of a run.
type Primitive uint8

// The primitives. x and y are float32 unless another type is said; every operation is
// rounded on its own.
const (
	ConvertU8       Primitive = iota // f32(x) * Scale, x u8
	ConvertI8                        // f32(x) * Scale, x i8
	ConvertI32                       // f32(x) * Scale, x i32
	Add                              // x + y
	Subtract                         // x - y
	Multiply                         // x * y
	Divide                           // x / y
	Maximum                          // x if x > y, else y; NaN if either is
	Minimum                          // x if x < y, else y; NaN if either is
	ZeroNaN                          // x, or 0 for NaN
	Round                            // x rounded to nearest, halves away from zero
	Clamp                            // x if x > Lo, else Lo; that if it is < Hi, else Hi: NaN becomes Lo
	Quantize                         // Clamp(roundToEven((x - Sub) * Scale)) ^ Flip, a byte
	Flip                             // x ^ 0x80, bytes
	Lookup                           // y[x], bytes; y has 256
	LeakyRelu                        // x, or x * Scale if that is less than 0
	Square                           // x * x
	Sqrt                             // the square root
	Exp                              // e**(x - Sub), as the following by package internal/activation
	Sigmoid                          // 1 / (1 + e**-x)
	Swish                            // x / (1 + e**-x)
	Tanh                             // the hyperbolic tangent
	Elu                              // x, or f32(e**x) - 1 if it is less than 0
	Softplus                         // log(1 + e**x)
	Gelu                             // x times the probability that a normal variable is below x
	GeluApproximate                  // x / (1 + e**-(sqrt(8/pi) * (x + 0.044715 * x**3)))
	Erf                              // the error function
	Rsqrt                            // 1 / sqrt(x)
	numPrimitives
)

var primitiveNames = [numPrimitives]string{
	"u8", "s8", "s32", "add", "subtract", "multiply", "divide", "maximum", "minimum",
	"zeronan", "round", "clamp", "quantize", "flip", "lookup", "leakyrelu", "square", "sqrt",
	"exp", "sigmoid", "swish", "tanh", "elu", "softplus", "gelu", "geluapproximate", "erf", "rsqrt",
}

// String returns a short name, as in the names of variants.
func (p Primitive) String() string {
	if p < numPrimitives {
		return primitiveNames[p]
	}
	return fmt.Sprintf("invalid(%d)", uint8(p))
}

// does returns what a variant of the primitive does.
func (p Primitive) does() string {
	if _, out := p.sizes(); out == 1 {
		return "elementwise_b8_" + p.String()
	}
	return "elementwise_f32_" + p.String()
}

// sizes returns the bytes of an element of x and of the result.
func (p Primitive) sizes() (x, out int) {
	switch p {
	case ConvertU8, ConvertI8:
		return 1, 4
	case Quantize:
		return 4, 1
	case Flip, Lookup:
		return 1, 1
	}
	return 4, 4
}

// isBinary reports whether the primitive reads y.
func (p Primitive) isBinary() bool { return p >= Add && p <= Minimum }

// isFunction reports whether the primitive is a function of one float32, with results
// that are.
func (p Primitive) isFunction() bool { return p >= LeakyRelu && p < numPrimitives }

// Numbers are the parameters of a primitive.
type Numbers struct {
	Scale, Sub, Lo, Hi float32
	Flip               bool // invert the topmost bit of a quantized byte
}
