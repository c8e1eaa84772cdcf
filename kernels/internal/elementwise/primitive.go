package elementwise

import (
	"encoding/binary"
	"fmt"
)

// Primitive is one operation on every element of a run.
type Primitive uint8

// The primitives. x and y are float32 unless another type is given; the result of every operation is rounded.
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
	Exp                              // e**(x - Sub); this and the following are as in package internal/activation
	Sigmoid                          // 1 / (1 + e**-x)
	Swish                            // x / (1 + e**-x), as TensorFlow fuses it
	Tanh                             // the hyperbolic tangent
	Elu                              // x, or f32(e**x) - 1 if it is less than 0
	FusedSigmoid                     // Sigmoid, as TensorFlow fuses it
	FusedTanh                        // Tanh, as TensorFlow fuses it
	FusedElu                         // Elu, as TensorFlow fuses it
	Mish                             // x * tanh(log(1 + e**x))
	Softplus                         // log(1 + e**x)
	Gelu                             // x/2 * (1 + erf(x/sqrt(2)))
	GeluApproximate                  // x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))
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
	Erfc                             // 1 minus the error function
	Atan                             // the arc tangent
	Asin                             // the arc sine
	Acos                             // the arc cosine
	Atanh                            // the inverse hyperbolic tangent
	Sinh                             // the hyperbolic sine
	Cosh                             // the hyperbolic cosine
	Abs                              // |x|
	Flushed                          // x, or 0 with its sign if x is subnormal
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
	ToI16                            // x truncated to i16 and saturated; 0 for NaN
	ToBool                           // whether x is not 0, a byte
	Equal                            // x == y, a byte, as the following
	NotEqual                         // x != y
	Less                             // x < y
	LessEqual                        // x <= y
	Pick                             // y where the byte x is not 0; elsewhere nothing is written
	ConvertI64                       // f32(x), x i64
	ToI64                            // x truncated to i64 and saturated; 0 for NaN
	IsFinite                         // whether x is neither infinite nor NaN, a byte, as the following
	IsInfinite                       // whether x is infinite
	IsNaN                            // whether x is NaN
	Asinh                            // the inverse hyperbolic sine
	Acosh                            // the inverse hyperbolic cosine
	DivideNoNaN                      // x / y, or 0 where y is 0
	MultiplyNoNaN                    // x * y, or 0 where y is 0
	Xdivy                            // x / y, or 0 where x is 0
	Xlogy                            // x * log(y), or 0 where x is 0
	Xlog1py                          // x * log(1 + y), or 0 where x is 0
	Atan2                            // the angle of the point (y, x)
	TruncateMod                      // the remainder of x / y, with the sign of x
	FloorMod                         // the remainder of x / y, with the sign of y
	Scaled                           // x * Scale
	Divided                          // x / Scale
	Shifted                          // x - Sub
	AddScaled                        // x + y * Scale
	Interpolate                      // x + (y - x) * Scale
	MultiplyAdd                      // x * y + z, rounded once; z is Second bytes behind y
	Levels                           // floor((x clamped to [Lo, Hi] - Lo) * Scale - Sub + 1/2) * Back; NaN stays
	DividedLevels                    // like Levels, with a division by Scale
	FixedPoint                       // ((i64(f32(x))*y[0] >> 32) + y[1]) >> 16 saturated to a byte; x is i32, y two i64
	Affine                           // i32(floor(x * Scale + 1/2)) + y[0] clamped to [y[1], y[2]], as a byte; y is i32
	Rescale                          // y, a Rescaling, applied to x, as a byte; x is i32
	WholeU8                          // i32(x) - y[0], which wraps; x is u8, y one i32
	Larger                           // x if x > y, else y
	Smaller                          // x if x < y, else y
	AddF16                           // x + y rounded to f16
	AddBF16                          // x + y rounded to bf16
	FoldAdd                          // out[i mod Lanes] + x[i] for each i in turn, in place, as the following
	FoldMultiply                     // out[i mod Lanes] * x[i]
	FoldMaximum                      // Maximum of out[i mod Lanes] and x[i]
	FoldMinimum                      // Minimum of out[i mod Lanes] and x[i]
	Add64                            // x + y, of float64, as the following
	Multiply64                       // x * y
	MultiplyRounded                  // x * y rounded to float32; y is float32
	FoldAdd64                        // FoldAdd of float64
	FoldMultiply64                   // FoldMultiply of float64
	F64Exp                           // e**x, of float64, as in package internal/transcendental; so are the following
	F64Expm1                         // e**x - 1
	F64Log                           // the natural logarithm
	F64Log1p                         // log(1 + x)
	F64Sigmoid                       // 1 / (1 + e**-x)
	F64Swish                         // x / (1 + e**-x)
	F64Tanh                          // the hyperbolic tangent
	F64Elu                           // x, or e**x - 1 if it is less than 0
	F64Selu                          // 1.0507 * x, or 1.7581 * (e**x - 1) if it is less than 0
	F64Softplus                      // log(1 + e**x)
	F64Softsign                      // x / (1 + |x|)
	F64LeakyRelu                     // x, or x * Scale if that is less than 0
	F64Sqrt                          // the square root
	F64Rsqrt                         // 1 / sqrt(x)
	F64Erf                           // the error function
	F64Erfc                          // 1 minus the error function
	F64Sinh                          // the hyperbolic sine
	F64Cosh                          // the hyperbolic cosine
	F64Atanh                         // the inverse hyperbolic tangent
	F64Asinh                         // the inverse hyperbolic sine
	F64Acosh                         // the inverse hyperbolic cosine
	F64Sin                           // the sine
	F64Cos                           // the cosine
	F64Tan                           // the tangent
	F64Atan                          // the arc tangent
	F64Asin                          // the arc sine
	F64Acos                          // the arc cosine
	F64Atan2                         // the angle of the point (y, x)
	F64Xlogy                         // x * log(y), or 0 where x is 0
	F64Xlog1py                       // x * log(1 + y), or 0 where x is 0
	QuantizeShifted                  // Clamp(roundToEven(x*Scale - Sub)) ^ Flip, a byte
	Estimate                         // Clamp(roundToEven(t)) ^ Flip, t = x*Scale - Sub or Zero, a byte; see Variant.Run
	Softmax                          // e**(x - m)/s of rows of y[0] elements; m is the maximum, s the sum in Lanes
	numPrimitives
)

// Lanes is the number of partial results of a fold.
const Lanes = 16

// role says what kind of operands and results a primitive has.
type role uint8

const (
	other          role = iota
	arithmetic          // float32 from two float32
	function            // float32 from one float32
	narrowing           // another type from one float32
	relation            // a byte, 0 or 1, from two float32
	class               // a byte, 0 or 1, from one float32
	scaling             // float32 from two float32 and Numbers
	folding             // Lanes numbers from all elements
	double              // float64 from two numbers
	doubleFunction      // float64 from one float64
)

// primitives has a row for each primitive: its name, as in the names of variants, the bytes per element of x and of the
// result, and its role.
var primitives = [numPrimitives]struct {
	name   string
	x, out int
	role   role
}{
	ConvertU8: {"u8", 1, 4, other}, ConvertI8: {"s8", 1, 4, other}, ConvertI32: {"s32", 4, 4, other},
	ConvertI64: {"s64", 8, 4, other}, ConvertF16: {"f16", 2, 4, other}, ConvertBF16: {"bf16", 2, 4, other},
	ZeroNaN: {"zeronan", 4, 4, other}, Round: {"round", 4, 4, other}, Clamp: {"clamp", 4, 4, other},
	Quantize: {"quantize", 4, 1, other}, Flip: {"flip", 1, 1, other}, Lookup: {"lookup", 1, 1, other},
	Pick: {"pick", 1, 4, other}, FixedPoint: {"fixedpoint", 4, 1, other},
	Affine: {"affine", 4, 1, other}, Rescale: {"rescale", 4, 1, other},
	WholeU8: {"u8", 1, 4, other},

	ToF16: {"tof16", 4, 2, narrowing}, ToBF16: {"tobf16", 4, 2, narrowing},
	ToI32: {"tos32", 4, 4, narrowing}, ToI64: {"tos64", 4, 8, narrowing},
	ToI16: {"tos16", 4, 2, narrowing}, ToBool: {"tobool", 4, 1, narrowing},

	Add: {"add", 4, 4, arithmetic}, Subtract: {"subtract", 4, 4, arithmetic},
	Multiply: {"multiply", 4, 4, arithmetic}, Divide: {"divide", 4, 4, arithmetic},
	Maximum: {"maximum", 4, 4, arithmetic}, Minimum: {"minimum", 4, 4, arithmetic},
	Power: {"power", 4, 4, arithmetic}, Atan2: {"atan2", 4, 4, arithmetic},
	DivideNoNaN: {"dividenonan", 4, 4, arithmetic}, MultiplyNoNaN: {"multiplynonan", 4, 4, arithmetic},
	Xdivy: {"xdivy", 4, 4, arithmetic}, Xlogy: {"xlogy", 4, 4, arithmetic}, Xlog1py: {"xlog1py", 4, 4, arithmetic},
	TruncateMod: {"truncatemod", 4, 4, arithmetic}, FloorMod: {"floormod", 4, 4, arithmetic},

	Larger: {"larger", 4, 4, arithmetic}, Smaller: {"smaller", 4, 4, arithmetic},
	AddF16: {"addf16", 4, 4, arithmetic}, AddBF16: {"addbf16", 4, 4, arithmetic},

	LeakyRelu: {"leakyrelu", 4, 4, function}, Square: {"square", 4, 4, function}, Sqrt: {"sqrt", 4, 4, function},
	Exp: {"exp", 4, 4, function}, Sigmoid: {"sigmoid", 4, 4, function}, Swish: {"swish", 4, 4, function},
	Tanh: {"tanh", 4, 4, function}, Elu: {"elu", 4, 4, function}, Softplus: {"softplus", 4, 4, function},
	FusedSigmoid: {"fusedsigmoid", 4, 4, function}, FusedTanh: {"fusedtanh", 4, 4, function},
	FusedElu: {"fusedelu", 4, 4, function}, Mish: {"mish", 4, 4, function},
	Gelu: {"gelu", 4, 4, function}, GeluApproximate: {"geluapproximate", 4, 4, function},
	Erf: {"erf", 4, 4, function}, Rsqrt: {"rsqrt", 4, 4, function}, Expm1: {"expm1", 4, 4, function},
	Log: {"log", 4, 4, function}, Log1p: {"log1p", 4, 4, function}, Cube: {"cube", 4, 4, function},
	Selu: {"selu", 4, 4, function}, Softsign: {"softsign", 4, 4, function}, Sin: {"sin", 4, 4, function},
	Cos: {"cos", 4, 4, function}, Tan: {"tan", 4, 4, function}, Erfc: {"erfc", 4, 4, function},
	Atan: {"atan", 4, 4, function}, Asin: {"asin", 4, 4, function}, Acos: {"acos", 4, 4, function},
	Atanh: {"atanh", 4, 4, function}, Sinh: {"sinh", 4, 4, function}, Cosh: {"cosh", 4, 4, function},
	Asinh: {"asinh", 4, 4, function}, Acosh: {"acosh", 4, 4, function},
	Scaled: {"scaled", 4, 4, function}, Divided: {"divided", 4, 4, function},
	Shifted: {"shifted", 4, 4, function}, Levels: {"levels", 4, 4, function},
	DividedLevels: {"dividedlevels", 4, 4, function},
	Abs:           {"abs", 4, 4, function}, Sign: {"sign", 4, 4, function}, Floor: {"floor", 4, 4, function},
	Flushed: {"flushed", 4, 4, function},
	Ceil:    {"ceil", 4, 4, function}, RoundEven: {"roundeven", 4, 4, function}, Trunc: {"trunc", 4, 4, function},

	Equal: {"equal", 4, 1, relation}, NotEqual: {"notequal", 4, 1, relation},
	Less: {"less", 4, 1, relation}, LessEqual: {"lessequal", 4, 1, relation},
	IsFinite: {"finite", 4, 1, class}, IsInfinite: {"infinite", 4, 1, class}, IsNaN: {"nan", 4, 1, class},

	AddScaled: {"addscaled", 4, 4, scaling}, Interpolate: {"interpolate", 4, 4, scaling},
	MultiplyAdd: {"multiplyadd", 4, 4, scaling},

	FoldAdd: {"foldadd", 4, 4, folding}, FoldMultiply: {"foldmultiply", 4, 4, folding},
	FoldMaximum: {"foldmaximum", 4, 4, folding}, FoldMinimum: {"foldminimum", 4, 4, folding},

	Add64: {"add", 8, 8, double}, Multiply64: {"multiply", 8, 8, double},
	MultiplyRounded: {"multiplyrounded", 8, 8, double},
	FoldAdd64:       {"foldadd", 8, 8, folding}, FoldMultiply64: {"foldmultiply", 8, 8, folding},

	F64Exp:       {"exp", 8, 8, doubleFunction},
	F64Expm1:     {"expm1", 8, 8, doubleFunction},
	F64Log:       {"log", 8, 8, doubleFunction},
	F64Log1p:     {"log1p", 8, 8, doubleFunction},
	F64Sigmoid:   {"sigmoid", 8, 8, doubleFunction},
	F64Swish:     {"swish", 8, 8, doubleFunction},
	F64Tanh:      {"tanh", 8, 8, doubleFunction},
	F64Elu:       {"elu", 8, 8, doubleFunction},
	F64Selu:      {"selu", 8, 8, doubleFunction},
	F64Softplus:  {"softplus", 8, 8, doubleFunction},
	F64Softsign:  {"softsign", 8, 8, doubleFunction},
	F64LeakyRelu: {"leakyrelu", 8, 8, doubleFunction},
	F64Sqrt:      {"sqrt", 8, 8, doubleFunction},
	F64Rsqrt:     {"rsqrt", 8, 8, doubleFunction},
	F64Erf:       {"erf", 8, 8, doubleFunction},
	F64Erfc:      {"erfc", 8, 8, doubleFunction},
	F64Sinh:      {"sinh", 8, 8, doubleFunction},
	F64Cosh:      {"cosh", 8, 8, doubleFunction},
	F64Atanh:     {"atanh", 8, 8, doubleFunction},
	F64Asinh:     {"asinh", 8, 8, doubleFunction},
	F64Acosh:     {"acosh", 8, 8, doubleFunction},
	F64Sin:       {"sin", 8, 8, doubleFunction},
	F64Cos:       {"cos", 8, 8, doubleFunction},
	F64Tan:       {"tan", 8, 8, doubleFunction},
	F64Atan:      {"atan", 8, 8, doubleFunction},
	F64Asin:      {"asin", 8, 8, doubleFunction},
	F64Acos:      {"acos", 8, 8, doubleFunction},
	F64Atan2:     {"atan2", 8, 8, double},
	F64Xlogy:     {"xlogy", 8, 8, double},
	F64Xlog1py:   {"xlog1py", 8, 8, double},

	Softmax: {"softmax", 4, 4, other}, Estimate: {"estimate", 4, 1, other},
	QuantizeShifted: {"quantizeshifted", 4, 1, other},
}

// String returns a short name, as in the names of variants.
func (p Primitive) String() string {
	if p < numPrimitives {
		return primitives[p].name
	}
	return fmt.Sprintf("invalid(%d)", uint8(p))
}

// does returns the Info.Does of the variants of the primitive.
func (p Primitive) does() string {
	element := map[int]string{1: "b8", 2: "b16", 4: "f32", 8: "b64"}[primitives[p].out]
	switch {
	case p == WholeU8:
		element = "s32"
	case primitives[p].x == 8 && primitives[p].out == 8:
		element = "f64"
	}
	return "elementwise_" + element + "_" + p.String()
}

// results returns the size in bytes of the results for n elements.
func (p Primitive) results(n int) int {
	if primitives[p].role == folding {
		return primitives[p].out * Lanes
	}
	return n * primitives[p].out
}

// sizes returns the bytes per element of x and of the result.
func (p Primitive) sizes() (x, out int) { return primitives[p].x, primitives[p].out }

// isBinary reports whether the primitive reads an element of y for each element of x.
func (p Primitive) isBinary() bool {
	switch primitives[p].role {
	case arithmetic, relation, scaling, double:
		return true
	}
	return p == Pick
}

// ySize returns the bytes of an element of y of primitives for which isBinary holds.
func (p Primitive) ySize() int {
	if primitives[p].role == double && p != MultiplyRounded {
		return 8
	}
	return 4
}

// isArithmetic reports whether the primitive computes float32 from two operands.
func (p Primitive) isArithmetic() bool { return primitives[p].role == arithmetic }

// narrows reports whether the primitive converts float32 to another type.
func (p Primitive) narrows() bool { return primitives[p].role == narrowing }

// isFunction reports whether the primitive is a function from float32 to float32.
func (p Primitive) isFunction() bool { return primitives[p].role == function }

// isAngular reports whether the vector routines of the function support only angles of at most activation.MostAngle.
func (p Primitive) isAngular() bool { return p == Sin || p == Cos || p == Tan }

// isDoubleAngular is isAngular for float64 and transcendental.MostAngle.
func (p Primitive) isDoubleAngular() bool { return p == F64Sin || p == F64Cos || p == F64Tan }

// isRemainder reports whether the vector routines support only small quotients.
func (p Primitive) isRemainder() bool { return p == TruncateMod || p == FloorMod }

// Rescaling is the operand of Rescale. Rescale rounds x to float32 and truncates that to i32, computes
// (x-Zero)*Factor + Half >> Shift, saturates it to i32, adds Offset, and clamps to [Lo, Hi]. Differences and sums wrap
// around in 32 bits.
type Rescaling struct{ Zero, Factor, Half, Shift, Offset, Lo, Hi int64 }

// Bytes returns the operand in the form that Run takes.
func (r *Rescaling) Bytes() []byte {
	var b []byte
	for _, v := range []int64{r.Zero, r.Factor, r.Half, r.Shift, r.Offset, r.Lo, r.Hi} {
		b = binary.NativeEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// Numbers are the numeric parameters of a primitive.
type Numbers struct {
	Scale, Sub, Lo, Hi float32
	Back               float32 // the size of a level
	Flip               bool    // invert the topmost bit of a quantized byte
	Zero               float32 // what Estimate makes of 0
	Second             int     // bytes from y to the third operand
}
