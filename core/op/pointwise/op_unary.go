package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[Unary]("Unary")

// UnaryFunction is a function of one number.
type UnaryFunction uint8

// The functions. In f32 each is one correctly rounded operation, or the function of package internal/activation.
// Softplus, Softsign and Selu of bf16 and f16 round each step. Those from Lgamma on are computed in float64, within 5
// units of 2**-53 of the larger of the exact value and 1 (4 of Lgamma), or of the value itself where it has no zeros
// but at 0, and rounded once.
const (
	Abs        UnaryFunction = iota // |x|
	Negative                        // -x
	Sign                            // -1, 0 or 1
	Square                          // x * x
	Reciprocal                      // 1 / x, real
	Sqrt                            // real
	Rsqrt                           // 1 / sqrt(x), real
	Exp                             // e**x, real
	Log                             // natural logarithm, real
	Erf                             // error function, real
	Floor                           // toward -Inf
	Ceil                            // toward +Inf
	RoundEven                       // to nearest, ties to even (TensorFlow's Round and Rint)
	Expm1                           // e**x - 1, real
	Log1p                           // log(1 + x), real
	Erfc                            // 1 - erf(x), real
	Softplus                        // log(1 + e**x), real
	Softsign                        // x / (1 + |x|), real
	Selu                            // 1.0507 x for x >= 0, else 1.7581 (e**x - 1), real
	Swish                           // x / (1 + e**-x), real
	Mish                            // x tanh(log(1 + e**x)), real
	Sin                             // real
	Cos                             // real
	Tan                             // real
	Asin                            // real
	Acos                            // real
	Atan                            // real
	Sinh                            // real
	Cosh                            // real
	Asinh                           // real
	Acosh                           // real
	Atanh                           // real
	Invert                          // the complement of all bits, integer
	Lgamma                          // log|gamma(x)|, real
	Digamma                         // the derivative of Lgamma, real
	Erfinv                          // the inverse of Erf, real
	Ndtri                           // the inverse of the normal distribution function, real
	Dawsn                           // Dawson's integral, real
	Expint                          // the exponential integral Ei, real
	FresnelSin                      // the integral of sin(pi/2 t*t) from 0 to x, real
	FresnelCos                      // likewise of the cosine
	Spence                          // the integral of log(t)/(1 - t) from 1 to x, real
	BesselI0                        // modified Bessel functions, real
	BesselI1
	BesselK0
	BesselK1
	BesselI0e // those times e**-|x|
	BesselI1e
	BesselK0e // those times e**x
	BesselK1e
	BesselJ0 // Bessel functions, real
	BesselJ1
	BesselY0
	BesselY1
	numUnaryFunctions
)

var unaryTable = [numUnaryFunctions]struct {
	name  string
	real  func(x float64) float64
	whole func(x int64) int64 // nil: reals only; real is nil: integers only
}{
	Abs:        {"Abs", math.Abs, func(x int64) int64 { return max(x, -x) }},
	Negative:   {"Negative", func(x float64) float64 { return -x }, func(x int64) int64 { return -x }},
	Sign:       {"Sign", sign, func(x int64) int64 { return int64(sign(float64(x))) }},
	Square:     {"Square", func(x float64) float64 { return x * x }, func(x int64) int64 { return x * x }},
	Reciprocal: {"Reciprocal", func(x float64) float64 { return 1 / x }, nil},
	Sqrt:       {"Sqrt", math.Sqrt, nil},
	Rsqrt:      {"Rsqrt", transcendental.Rsqrt, nil},
	Exp:        {"Exp", transcendental.Exp, nil},
	Log:        {"Log", transcendental.Log, nil},
	Erf:        {"Erf", transcendental.Erf, nil},
	Floor:      {"Floor", math.Floor, func(x int64) int64 { return x }},
	Ceil:       {"Ceil", math.Ceil, func(x int64) int64 { return x }},
	RoundEven:  {"Round", math.RoundToEven, func(x int64) int64 { return x }},
	Expm1:      {"Expm1", transcendental.Expm1, nil},
	Log1p:      {"Log1p", transcendental.Log1p, nil},
	Erfc:       {"Erfc", transcendental.Erfc, nil},
	Softplus:   {"Softplus", transcendental.Softplus, nil},
	Softsign:   {"Softsign", transcendental.Softsign, nil},
	Selu:       {"Selu", transcendental.Selu, nil},
	Swish:      {"Swish", transcendental.Swish, nil},
	Mish:       {"Mish", transcendental.Mish, nil},
	Sin:        {"Sin", transcendental.Sin, nil},
	Cos:        {"Cos", transcendental.Cos, nil},
	Tan:        {"Tan", transcendental.Tan, nil},
	Asin:       {"Asin", transcendental.Asin, nil},
	Acos:       {"Acos", transcendental.Acos, nil},
	Atan:       {"Atan", transcendental.Atan, nil},
	Sinh:       {"Sinh", transcendental.Sinh, nil},
	Cosh:       {"Cosh", transcendental.Cosh, nil},
	Asinh:      {"Asinh", transcendental.Asinh, nil},
	Acosh:      {"Acosh", transcendental.Acosh, nil},
	Atanh:      {"Atanh", transcendental.Atanh, nil},
	Invert:     {"Invert", nil, func(x int64) int64 { return ^x }},
	Lgamma:     {"Lgamma", transcendental.Lgamma, nil},
	Digamma:    {"Digamma", transcendental.Digamma, nil},
	Erfinv:     {"Erfinv", transcendental.Erfinv, nil},
	Ndtri:      {"Ndtri", transcendental.Ndtri, nil},
	Dawsn:      {"Dawsn", transcendental.Dawsn, nil},
	Expint:     {"Expint", transcendental.Expint, nil},
	FresnelSin: {"FresnelSin", transcendental.FresnelSin, nil},
	FresnelCos: {"FresnelCos", transcendental.FresnelCos, nil},
	Spence:     {"Spence", transcendental.Spence, nil},
	BesselI0:   {"BesselI0", transcendental.BesselI0, nil},
	BesselI1:   {"BesselI1", transcendental.BesselI1, nil},
	BesselK0:   {"BesselK0", transcendental.BesselK0, nil},
	BesselK1:   {"BesselK1", transcendental.BesselK1, nil},
	BesselI0e:  {"BesselI0e", transcendental.BesselI0e, nil},
	BesselI1e:  {"BesselI1e", transcendental.BesselI1e, nil},
	BesselK0e:  {"BesselK0e", transcendental.BesselK0e, nil},
	BesselK1e:  {"BesselK1e", transcendental.BesselK1e, nil},
	BesselJ0:   {"BesselJ0", transcendental.BesselJ0, nil},
	BesselJ1:   {"BesselJ1", transcendental.BesselJ1, nil},
	BesselY0:   {"BesselY0", transcendental.BesselY0, nil},
	BesselY1:   {"BesselY1", transcendental.BesselY1, nil},
}

// singleFunctions are the functions that are computed differently for types other than f64.
var singleFunctions = [numUnaryFunctions]func(float32) float32{
	Exp: activation.Exp, Erf: activation.Erf, Softplus: activation.Softplus, Swish: activation.Swish,
	Expm1: activation.Expm1, Log: activation.Log, Log1p: activation.Log1p, Selu: activation.Selu,
	Sin: activation.Sin, Cos: activation.Cos, Tan: activation.Tan, Erfc: activation.Erfc,
	Atan: activation.Atan, Asin: activation.Asin, Acos: activation.Acos, Atanh: activation.Atanh,
	Sinh: activation.Sinh, Cosh: activation.Cosh, Asinh: activation.Asinh, Acosh: activation.Acosh,
	Rsqrt: activation.Rsqrt, Mish: activation.Mish,
}

// complexFunctions are the functions of complex numbers.
var complexFunctions = [numUnaryFunctions]func(complex128) complex128{
	Negative: func(x complex128) complex128 { return -x },
	Square:   arithmetic.ComplexSquare,
	Exp: func(x complex128) complex128 {
		r := transcendental.Exp(real(x))
		return complex(r*transcendental.Cos(imag(x)), r*transcendental.Sin(imag(x)))
	},
}

// steppedFunctions are the functions of which bf16 and f16 round each step: of the type t, the last one apart.
var steppedFunctions = [numUnaryFunctions]func(t core.Type, x []float32) []float32{
	Softplus: softplusInSteps, Softsign: softsignInSteps, Selu: seluInSteps,
}

// softplusInSteps is log(1 + e**x), but e**x below a number, and x above its negative: log(s) + 2 for the step s that
// TensorFlow takes for the type's.
func softplusInSteps(t core.Type, x []float32) []float32 {
	step := float32(0x1p-7)
	if t == core.F16 {
		step = 0x1p-13
	}
	least := []float32{activation.Log(step)}
	elements.Narrow(t, least)
	least[0] += 2
	elements.Narrow(t, least)
	y := exponentials(t, x)
	for i, v := range x {
		switch {
		case v > -least[0]:
			y[i] = v
		case !(v < least[0]):
			y[i] = activation.Log1p(y[i])
		}
	}
	return y
}

// exponentials returns e**x of each element, rounded, and 0 for those that are subnormal in f32.
func exponentials(t core.Type, x []float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = activation.Exp(v)
	}
	elements.Narrow(t, y)
	for i, e := range y {
		y[i] = numeric.Flushed(e)
	}
	return y
}

func softsignInSteps(t core.Type, x []float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = numeric.Abs32(v) + 1
	}
	elements.Narrow(t, y)
	for i, v := range x {
		y[i] = v / y[i]
	}
	return y
}

// seluInSteps also rounds the factors.
func seluInSteps(t core.Type, x []float32) []float32 {
	factors := []float32{1.0507009873554804934193349852946, 1.7580993408473768599402175208123}
	elements.Narrow(t, factors)
	y := exponentials(t, x)
	for i := range y {
		y[i]--
	}
	elements.Narrow(t, y)
	for i, v := range x {
		if v < 0 {
			y[i] *= factors[1]
		} else {
			y[i] = v * factors[0]
		}
	}
	return y
}

var unaryNames = func() (names [numUnaryFunctions]string) {
	for f, row := range unaryTable {
		names[f] = row.name
	}
	return names
}()

// sign returns -1 or 1, and x itself for 0 and NaN.
func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

// String returns the function's name.
func (f UnaryFunction) String() string { return enum.Name(f, unaryNames[:]) }

// MarshalText writes the name, which stands for the UnaryFunction in JSON.
func (f UnaryFunction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a function's name.
func (f *UnaryFunction) UnmarshalText(b []byte) error {
	return enum.Parse(f, string(b), "unary function", unaryNames[:])
}

// Unary applies a function to each element.
//
//	y[i] = Function(x[i])
//
//	Inputs:  x: a number type, any shape
//	Outputs: y: the type and shape of x
//
//	C1: Function is one of the functions
//	C2: x is a number; a real for the functions of reals, an integer for those of integers; complex for Negative, Square
//	    and Exp only
//
// It is nGraph's and TensorFlow's Abs, Negative (Neg), Sqrt and so on.
type Unary struct {
	Function UnaryFunction `json:"function"`
}

// Infer checks C1 and C2.
func (op *Unary) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if op.Function >= numUnaryFunctions {
		return nil, core.Violation("C1", -1, "unknown function %d", op.Function)
	}
	row := unaryTable[op.Function]
	if in[0].Type.IsComplex() && complexFunctions[op.Function] != nil {
		return []core.Fact{in[0].Fact}, nil
	}
	if t := in[0].Type; !infer.IsNumber(t) || t.IsInteger() && row.whole == nil || t.IsFloat() && row.real == nil {
		return nil, core.Violation("C2", 0, "%v: got type %v, want a type it is defined for", op.Function, t)
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval applies the function.
func (op *Unary) Eval(in, out []*core.Tensor) error {
	if err := elements.Ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	f := unaryTable[op.Function]
	if in[0].Type().IsComplex() {
		y := make([]complex128, in[0].Len())
		for i, v := range elements.Complexes(in[0]) {
			y[i] = complexFunctions[op.Function](v)
		}
		elements.SetComplexes(out[0], y)
		return nil
	}
	if in[0].Type().IsInteger() {
		x := in[0].Int64s()
		y := make([]int64, len(x))
		for i, v := range x {
			y[i] = f.whole(v)
		}
		elements.SetInts(out[0], y)
		return nil
	}
	if steps := steppedFunctions[op.Function]; steps != nil && in[0].Type().IsHalf() {
		elements.SetFloat32s(out[0], steps(in[0].Type(), in[0].Float32s()))
		return nil
	}
	if single := singleFunctions[op.Function]; single != nil && in[0].Type() != core.F64 {
		mapSingle(in[0], out[0], single)
		return nil
	}
	mapReal(in[0], out[0], f.real)
	return nil
}

// Widens is true unless there are steps to round: bf16 and f16 are computed in f32.
func (op *Unary) Widens() bool { return steppedFunctions[op.Function] == nil }

// Elements is trait.FirstElements.
func (op *Unary) Elements() trait.Elements { return trait.FirstElements }

// mapSingle applies a function of float32 to reals other than f64.
func mapSingle(x, y *core.Tensor, f func(float32) float32) {
	v := x.Float32s()
	d := make([]float32, len(v))
	if y.Type() == core.F32 {
		d = core.Data[float32](y)
	}
	for i, e := range v {
		d[i] = f(e)
	}
	if y.Type() != core.F32 {
		elements.SetFloat32s(y, d)
	}
}

// mapReal applies f, a float64 function, to reals and rounds once.
func mapReal(x, y *core.Tensor, f func(float64) float64) {
	if x.Type() == core.F64 {
		d := core.Data[float64](y)
		for i, v := range core.Data[float64](x) {
			d[i] = f(v)
		}
		return
	}
	mapSingle(x, y, func(v float32) float32 { return float32(f(float64(v))) })
}
