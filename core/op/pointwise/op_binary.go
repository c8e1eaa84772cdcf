package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// BinaryFunction is a function of two numbers.
type BinaryFunction uint8

// The functions. Igamma, Igammac, Zeta and Polygamma are computed in float64, within 2000 units of 2**-53 for arguments
// up to 300, and rounded once.
const (
	TruncateDivide BinaryFunction = iota // a / b toward zero; an integer divided by 0 is an error
	TruncateMod                          // the remainder of that, with the sign of a; an integer modulo 0 is an error
	DivideNoNan                          // a / b, but 0 if b is 0, real
	MultiplyNoNan                        // a * b, but 0 if b is 0, real
	Xdivy                                // a / b, but 0 if a is 0, real
	Xlogy                                // a * log(b), each step rounded, but 0 if a is 0, real
	Xlog1py                              // a * log(1 + b), each step rounded, but 0 if a is 0, real
	Atan2                                // the angle of the point (b, a), real
	BitwiseAnd                           // integer
	BitwiseOr                            // integer
	BitwiseXor                           // integer
	LeftShift                            // a shifted by b bits, b limited to [0, bits of the type), integer
	RightShift                           // likewise, keeping the sign
	NextAfter                            // the number next to a in the direction of b, f32 or f64
	Igamma                               // the lower incomplete gamma function of a, of b, divided by gamma(a), real
	Igammac                              // 1 - Igamma, real
	Zeta                                 // the sum of (b + n)**-a over all n from 0, real
	Polygamma                            // the derivative number a of Digamma, of b, real
	numBinaryFunctions
)

type binaryRow struct {
	name string
	arithmetic.Binary
}

// special is the row of a function that is computed in float64 and rounded once.
func special(name string, f func(a, b float64) float64) binaryRow {
	return binaryRow{name, arithmetic.Binary{Real32: rounded(f), Real64: f}}
}

var binaryTable = [numBinaryFunctions]binaryRow{
	TruncateDivide: {"TruncateDivide", arithmetic.Binary{
		Real32: func(a, b float32) float32 { return float32(math.Trunc(float64(a / b))) },
		Real64: func(a, b float64) float64 { return math.Trunc(a / b) },
		Whole:  arithmetic.Divide().Whole,
	}},
	TruncateMod: {"TruncateMod", arithmetic.Binary{
		Real32: rounded(transcendental.Mod),
		Real64: transcendental.Mod,
		Whole: func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, core.Violation("", 1, "integer modulo zero")
			}
			return a % b, nil
		},
	}},
	DivideNoNan:   {"DivideNoNan", arithmetic.Binary{Real32: divideNoNan[float32], Real64: divideNoNan[float64]}},
	MultiplyNoNan: {"MultiplyNoNan", arithmetic.Binary{Real32: multiplyNoNan[float32], Real64: multiplyNoNan[float64]}},
	Xdivy:         {"Xdivy", arithmetic.Binary{Real32: xdivy[float32], Real64: xdivy[float64]}},
	Xlogy:         {"Xlogy", arithmetic.Binary{Real32: activation.Xlogy, Real64: transcendental.Xlogy}},
	Xlog1py:       {"Xlog1py", arithmetic.Binary{Real32: activation.Xlog1py, Real64: transcendental.Xlog1py}},
	Atan2:         {"Atan2", arithmetic.Binary{Real32: activation.Atan2, Real64: transcendental.Atan2}},
	BitwiseAnd:    {"BitwiseAnd", arithmetic.Binary{Whole: func(a, b int64) (int64, error) { return a & b, nil }}},
	BitwiseOr:     {"BitwiseOr", arithmetic.Binary{Whole: func(a, b int64) (int64, error) { return a | b, nil }}},
	BitwiseXor:    {"BitwiseXor", arithmetic.Binary{Whole: func(a, b int64) (int64, error) { return a ^ b, nil }}},
	LeftShift:     {"LeftShift", arithmetic.Binary{}},
	RightShift:    {"RightShift", arithmetic.Binary{}},
	NextAfter:     {"NextAfter", arithmetic.Binary{Real32: nextAfter32, Real64: nextAfter64}},
	Igamma:        special("Igamma", transcendental.Igamma),
	Igammac:       special("Igammac", transcendental.Igammac),
	Zeta:          special("Zeta", transcendental.Zeta),
	Polygamma:     special("Polygamma", transcendental.Polygamma),
}

// rounded makes a function of float64 one of float32.
func rounded(f func(a, b float64) float64) func(a, b float32) float32 {
	return func(a, b float32) float32 { return float32(f(float64(a), float64(b))) }
}

// shift returns the row of LeftShift or RightShift for a type.
func shift(f BinaryFunction, t core.Type) arithmetic.Binary {
	most := int64(8*t.Size() - 1)
	return arithmetic.Binary{Whole: func(a, b int64) (int64, error) {
		n := uint(min(max(b, 0), most))
		if f == LeftShift {
			return a << n, nil
		}
		return a >> n, nil
	}}
}

var binaryNames = func() (names [numBinaryFunctions]string) {
	for f, row := range binaryTable {
		names[f] = row.name
	}
	return names
}()

// String returns the function's name.
func (f BinaryFunction) String() string { return enum.Name(f, binaryNames[:]) }

// MarshalText writes the name, which stands for the BinaryFunction in JSON.
func (f BinaryFunction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a function's name.
func (f *BinaryFunction) UnmarshalText(b []byte) error {
	return enum.Parse(f, string(b), "binary function", binaryNames[:])
}

var _ = core.Register[Binary]("Binary")

// Binary applies a function of two numbers to each pair of elements.
//
//	y[i] = Function(a[i], b[i]), a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: a number type, any shape
//	         b: a's type, a shape that broadcasts with a's
//	Outputs: y: a's type, the broadcast shape
//
//	C1: Function is one of the functions; a is a number that it is defined for
//	C2: b has a's type
//	C3: the shapes broadcast
//
// Reals are computed as the elementwise arithmetic ops are. It is TensorFlow's
// TruncateMod, DivNoNan, Xlogy, BitwiseAnd and so on.
type Binary struct {
	Function BinaryFunction `json:"function"`
}

// Infer checks C1 to C3.
func (op *Binary) Infer(in []core.Operand) ([]core.Fact, error) {
	if op.Function >= numBinaryFunctions {
		return nil, core.Violation("C1", -1, "unknown function %d", op.Function)
	}
	facts, err := inferArithmetic(in)
	if err != nil {
		return nil, err
	}
	row, shifts := binaryTable[op.Function].Binary, op.Function == LeftShift || op.Function == RightShift
	t := facts[0].Type
	if t.IsFloat() && row.Real64 == nil || t.IsInteger() && row.Whole == nil && !shifts ||
		t.IsHalf() && op.Function == NextAfter {
		return nil, core.Violation("C1", 0, "%v: got type %v, want a type it is defined for", op.Function, t)
	}
	return facts, nil
}

// logarithms are the functions that multiply by a logarithm.
var logarithms = map[BinaryFunction]UnaryFunction{Xlogy: Log, Xlog1py: Log1p}

// Decompose returns the product with a logarithm, for bf16 and f16.
func (op *Binary) Decompose(in []core.Value) ([]core.Value, error) {
	log, ok := logarithms[op.Function]
	if !ok || !in[0].Type().IsHalf() {
		return nil, nil
	}
	v, err := core.Apply(&Unary{Function: log}, in[1])
	if err != nil {
		return nil, err
	}
	y, err := core.Apply(&Binary{Function: MultiplyNoNan}, v, in[0])
	return []core.Value{y}, err
}

// Eval applies the function.
func (op *Binary) Eval(in, out []*core.Tensor) error {
	if log, ok := logarithms[op.Function]; ok && in[0].Type().IsHalf() {
		v, err := core.EvalOp(&Unary{Function: log}, in[1:])
		if err != nil {
			return err
		}
		return (&Binary{Function: MultiplyNoNan}).Eval([]*core.Tensor{v[0], in[0]}, out)
	}
	if op.Function == LeftShift || op.Function == RightShift {
		return evalBinary(shift(op.Function, in[0].Type()), in, out)
	}
	return evalBinary(binaryTable[op.Function].Binary, in, out)
}

// Widens is true unless there are steps to round: bf16 and f16 are computed in f32.
func (op *Binary) Widens() bool {
	_, steps := logarithms[op.Function]
	return !steps
}

// Elements is trait.AllElements.
func (op *Binary) Elements() trait.Elements { return trait.AllElements }

// nextAfter64 is b where a equals it, which may be a zero of the other sign.
func nextAfter64(a, b float64) float64 {
	if a == b {
		return b
	}
	return math.Nextafter(a, b)
}

func nextAfter32(a, b float32) float32 {
	if a == b {
		return b
	}
	return math.Nextafter32(a, b)
}

func divideNoNan[T float32 | float64](a, b T) T {
	if b == 0 {
		return 0
	}
	return a / b
}

func multiplyNoNan[T float32 | float64](a, b T) T {
	if b == 0 {
		return 0
	}
	return a * b
}

func xdivy[T float32 | float64](a, b T) T {
	if a == 0 {
		return 0
	}
	return a / b
}
