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
	Gelu                             // x/2 * (1 + erf(x/sqrt(2)))
	GeluApproximate                  // x / (1 + e**-(sqrt(8/pi) * (x + 0.044715 * x**3)))
	Erf                              // the error function
	Rsqrt                            // 1 / sqrt(x)
	Expm1                            // e**x - 1
	Log                              // the natural logarithm
	Log1p                            // log(1 + x)
	Cube                             // x * x * x, rounded once
	Selu                             // 1.0507 * x, or 1.7581 * (e**x - 1) if it is less than 0
	Softsign                         // x / (1 + |x|)
	Sin                              // the sine
	Cos                              // the cosine
	Tan                              // the tangent
	Erfc                             // 1 less the error function
	Atan                             // the arc tangent
	Asin                             // the arc sine
	Acos                             // the arc cosine
	Atanh                            // the inverse hyperbolic tangent
	Sinh                             // the hyperbolic sine
	Cosh                             // the hyperbolic cosine
	Abs                              // |x|
	Sign                             // 1 with the sign of x, unless that is 0 or NaN
	Floor                            // x rounded down
	Ceil                             // x rounded up
	RoundEven                        // x rounded to nearest, halves to even
	Trunc                            // x rounded toward zero
	Power                            // x ** y
	ConvertF16                       // f32(x), x f16
	ConvertBF16                      // f32(x), x bf16
	ToF16                            // x rounded to f16, two bytes
	ToBF16                           // x rounded to bf16, two bytes
	ToI32                            // x truncated to i32 and saturated; 0 for NaN
	Equal                            // x == y, a byte, as the following
	NotEqual                         // x != y
	Less                             // x < y
	LessEqual                        // x <= y
	Pick                             // y where the byte x is not 0; elsewhere nothing is written
	numPrimitives
)

var primitiveNames = [numPrimitives]string{
	"u8", "s8", "s32", "add", "subtract", "multiply", "divide", "maximum", "minimum",
	"zeronan", "round", "clamp", "quantize", "flip", "lookup", "leakyrelu", "square", "sqrt",
	"exp", "sigmoid", "swish", "tanh", "elu", "softplus", "gelu", "geluapproximate", "erf", "rsqrt",
	"expm1", "log", "log1p", "cube", "selu", "softsign", "sin", "cos", "tan", "erfc",
	"atan", "asin", "acos", "atanh", "sinh", "cosh", "abs", "sign", "floor", "ceil", "roundeven",
	"trunc", "power", "f16", "bf16", "tof16", "tobf16", "tos32", "equal", "notequal", "less", "lessequal", "pick",
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
	switch _, out := p.sizes(); out {
	case 1:
		return "elementwise_b8_" + p.String()
	case 2:
		return "elementwise_b16_" + p.String()
	}
	return "elementwise_f32_" + p.String()
}

// sizes returns the bytes of an element of x and of the result.
func (p Primitive) sizes() (x, out int) {
	switch p {
	case ConvertU8, ConvertI8, Pick:
		return 1, 4
	case ConvertF16, ConvertBF16:
		return 2, 4
	case ToF16, ToBF16:
		return 4, 2
	case Quantize, Equal, NotEqual, Less, LessEqual:
		return 4, 1
	case Flip, Lookup:
		return 1, 1
	}
	return 4, 4
}

// isBinary reports whether the primitive reads y.
func (p Primitive) isBinary() bool {
	return p >= Add && p <= Minimum || p == Power || p >= Equal && p <= Pick
}

// isArithmetic reports whether the primitive makes float32 of two operands.
func (p Primitive) isArithmetic() bool { return p.isBinary() && p < Equal }

// narrows reports whether the primitive makes elements of another type than float32 of it.
func (p Primitive) narrows() bool { return p >= ToF16 && p <= ToI32 }

// isFunction reports whether the primitive is a function of one float32, with results
// that are.
func (p Primitive) isFunction() bool { return p >= LeakyRelu && p <= Trunc }

// isAngular reports whether the vector routines of a function know only angles of at most
// activation.MostAngle.
func (p Primitive) isAngular() bool { return p >= Sin && p <= Tan }

// Numbers are the parameters of a primitive.
type Numbers struct {
	Scale, Sub, Lo, Hi float32
	Flip               bool // invert the topmost bit of a quantized byte
}
