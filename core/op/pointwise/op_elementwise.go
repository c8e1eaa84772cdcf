package pointwise

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// The elementwise arithmetic ops of two operands. They share this definition and differ only in f, a row of a
// table:
//
//	y[i] = f(a[i], b[i]), a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: a number type, any shape
//	         b: a's type, a shape that broadcasts with a's
//	Outputs: y: a's type, the broadcast shape
//
//	C1: a is a number (an integer of at most 64 signed bits, or a real; also complex for Add, Subtract, Multiply and
//	    Divide)
//	C2: b has a's type
//	C3: the shapes broadcast
//
// Reals are computed in their type, each step of bf16 and f16 in f32 and rounded; integers wrap. Complex numbers are
// computed in f64 and rounded to their type.
// They are nGraph's and TensorFlow's ops of the same names.
type (
	// Add is a + b.
	Add struct{ widening }
	// Subtract is a - b.
	Subtract struct{ widening }
	// Multiply is a * b.
	Multiply struct{ widening }
	// Divide is a / b. Integers truncate toward zero; an integer divided by 0 is an error.
	Divide struct{ widening }
	// FloorDivide is floor(a / b), each step rounded; an integer divided by 0 is an error.
	FloorDivide struct{}
	// FloorMod is a - floor(a/b)*b, with the sign of b; an integer modulo 0 is an error.
	FloorMod struct{ widening }
	// Maximum is a if a > b, else b; NaN if either is.
	Maximum struct{ widening }
	// Minimum is a if a < b, else b; NaN if either is.
	Minimum struct{ widening }
	// Power is a**b, computed in float64 and rounded once; in f32 it is a*a for b = 2 and a*a*a
	// for b = 3. For integers it is repeated products, which wrap, and an error if b < 0.
	Power struct{ widening }
	// SquaredDifference is (a - b) * (a - b), each step rounded.
	SquaredDifference struct{}
)

// widening is the trait.Widening of ops that compute bf16 and f16 in f32 and round.
type widening struct{}

// Widens is true.
func (widening) Widens() bool { return true }

var (
	_ = core.Register[Add]("Add")
	_ = core.Register[Subtract]("Subtract")
	_ = core.Register[Multiply]("Multiply")
	_ = core.Register[Divide]("Divide")
	_ = core.Register[FloorDivide]("FloorDivide")
	_ = core.Register[FloorMod]("FloorMod")
	_ = core.Register[Maximum]("Maximum")
	_ = core.Register[Minimum]("Minimum")
	_ = core.Register[Power]("Power")
	_ = core.Register[SquaredDifference]("SquaredDifference")
)

var (
	floorDivideRow = arithmetic.Binary{
		Real32: func(a, b float32) float32 { return float32(math.Floor(float64(a / b))) },
		Real64: func(a, b float64) float64 { return math.Floor(a / b) },
		Whole: func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, core.Violation("", 1, "integer division by zero")
			}
			q := a / b
			if a%b != 0 && (a < 0) != (b < 0) {
				q--
			}
			return q, nil
		},
	}
	floorModRow = arithmetic.Binary{
		Real32: func(a, b float32) float32 { return float32(floorMod(float64(a), float64(b))) },
		Real64: floorMod,
		Whole: func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, core.Violation("", 1, "integer modulo zero")
			}
			r := a % b
			if r != 0 && (r < 0) != (b < 0) {
				r += b
			}
			return r, nil
		},
	}
	powerRow = arithmetic.Binary{
		Real32: activation.Pow,
		Real64: transcendental.Pow,
		Whole:  wholePower,
	}
	squaredDifferenceRow = arithmetic.Binary{
		Real32: func(a, b float32) float32 { d := a - b; return d * d },
		Real64: func(a, b float64) float64 { d := a - b; return d * d },
		Whole:  func(a, b int64) (int64, error) { return (a - b) * (a - b), nil },
	}
)

func floorMod(a, b float64) float64 {
	r := transcendental.Mod(a, b)
	if r == 0 {
		return r
	}
	differ := int64(math.Float64bits(r)^math.Float64bits(b)) >> 63 // all bits if the signs differ: no branch foresees that
	return r + math.Float64frombits(math.Float64bits(b)&uint64(differ))
}

func wholePower(a, b int64) (int64, error) {
	if b < 0 {
		return 0, core.Violation("", 1, "got exponent %d, want >= 0 for integers", b)
	}
	r := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r, nil
}

// Infer checks C1 to C3.
func (op *Add) Infer(in []core.Operand) ([]core.Fact, error) { return inferComplex(in) }

// Eval adds.
func (op *Add) Eval(in, out []*core.Tensor) error { return evalBinary(arithmetic.Add(), in, out) }

// Elements is trait.AllElements.
func (op *Add) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Add) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Transformation is an offset.
func (op *Add) Transformation(_ int, others [][]float32) (factor, offset []float32) {
	return nil, others[0]
}

// Infer checks C1 to C3.
func (op *Subtract) Infer(in []core.Operand) ([]core.Fact, error) { return inferComplex(in) }

// Eval subtracts.
func (op *Subtract) Eval(in, out []*core.Tensor) error {
	return evalBinary(arithmetic.Subtract(), in, out)
}

// Elements is trait.AllElements.
func (op *Subtract) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Subtract) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Transformation is an offset for the first operand: the negated second operand. There is none for the second operand.
func (op *Subtract) Transformation(at int, others [][]float32) (factor, offset []float32) {
	if at != 0 {
		return nil, nil
	}
	offset = make([]float32, len(others[0]))
	for i, x := range others[0] {
		offset[i] = -x
	}
	return nil, offset
}

// Infer checks C1 to C3.
func (op *Multiply) Infer(in []core.Operand) ([]core.Fact, error) { return inferComplex(in) }

// Eval multiplies.
func (op *Multiply) Eval(in, out []*core.Tensor) error {
	return evalBinary(arithmetic.Multiply(), in, out)
}

// Elements is trait.AllElements.
func (op *Multiply) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Multiply) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Transformation is a factor.
func (op *Multiply) Transformation(_ int, others [][]float32) (factor, offset []float32) {
	return others[0], nil
}

// Infer checks C1 to C3.
func (op *Divide) Infer(in []core.Operand) ([]core.Fact, error) { return inferComplex(in) }

// Eval divides.
func (op *Divide) Eval(in, out []*core.Tensor) error {
	return evalBinary(arithmetic.Divide(), in, out)
}

// Elements is trait.AllElements.
func (op *Divide) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of a quotient of f32.
func (op *Divide) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 3)
}

// Infer checks C1 to C3.
func (op *FloorDivide) Infer(in []core.Operand) ([]core.Fact, error) { return inferArithmetic(in) }

// Decompose returns the quotient rounded down, for bf16 and f16.
func (op *FloorDivide) Decompose(in []core.Value) ([]core.Value, error) {
	if !in[0].Type().IsHalf() {
		return nil, nil
	}
	return inSteps(&Divide{}, Floor, in)
}

// Eval divides and rounds down.
func (op *FloorDivide) Eval(in, out []*core.Tensor) error {
	if in[0].Type().IsHalf() {
		return evalInSteps(&Divide{}, Floor, in, out)
	}
	return evalBinary(floorDivideRow, in, out)
}

// inSteps returns a function of what an op gives.
func inSteps(op core.Op, then UnaryFunction, in []core.Value) ([]core.Value, error) {
	v, err := core.Apply(op, in...)
	if err != nil {
		return nil, err
	}
	y, err := core.Apply(&Unary{Function: then}, v)
	return []core.Value{y}, err
}

// evalInSteps evaluates a function of what an op gives.
func evalInSteps(op core.Op, then UnaryFunction, in, out []*core.Tensor) error {
	v, err := core.EvalOp(op, in)
	if err != nil {
		return err
	}
	return (&Unary{Function: then}).Eval(v, out)
}

// Elements is trait.AllElements.
func (op *FloorDivide) Elements() trait.Elements { return trait.AllElements }

// Infer checks C1 to C3.
func (op *FloorMod) Infer(in []core.Operand) ([]core.Fact, error) { return inferArithmetic(in) }

// Eval takes the remainder.
func (op *FloorMod) Eval(in, out []*core.Tensor) error { return evalBinary(floorModRow, in, out) }

// Elements is trait.AllElements.
func (op *FloorMod) Elements() trait.Elements { return trait.AllElements }

// Infer checks C1 to C3.
func (op *Maximum) Infer(in []core.Operand) ([]core.Fact, error) { return inferArithmetic(in) }

// Eval takes the larger.
func (op *Maximum) Eval(in, out []*core.Tensor) error {
	return evalBinary(arithmetic.Maximum(), in, out)
}

// Elements is trait.AllElements.
func (op *Maximum) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Maximum) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Limits is true: one operand limits the other.
func (op *Maximum) Limits() bool { return true }

// Infer checks C1 to C3.
func (op *Minimum) Infer(in []core.Operand) ([]core.Fact, error) { return inferArithmetic(in) }

// Eval takes the smaller.
func (op *Minimum) Eval(in, out []*core.Tensor) error {
	return evalBinary(arithmetic.Minimum(), in, out)
}

// Elements is trait.AllElements.
func (op *Minimum) Elements() trait.Elements { return trait.AllElements }

// ElementCost is the cost of one elementary step on f32.
func (op *Minimum) ElementCost(result core.Type) (cost int, ok bool) {
	return trait.QuickReal(result, 1)
}

// Limits is true: one operand limits the other.
func (op *Minimum) Limits() bool { return true }

// Infer checks C1 to C3.
func (op *Power) Infer(in []core.Operand) ([]core.Fact, error) { return inferArithmetic(in) }

// Eval raises to a power.
func (op *Power) Eval(in, out []*core.Tensor) error { return evalBinary(powerRow, in, out) }

// Elements is trait.AllElements.
func (op *Power) Elements() trait.Elements { return trait.AllElements }

// Infer checks C1 to C3.
func (op *SquaredDifference) Infer(in []core.Operand) ([]core.Fact, error) {
	return inferArithmetic(in)
}

// Decompose returns the square of the difference, for reals of at most 32 bits.
func (op *SquaredDifference) Decompose(in []core.Value) ([]core.Value, error) {
	if t := in[0].Type(); t != core.F32 && !t.IsHalf() {
		return nil, nil
	}
	return inSteps(&Subtract{}, Square, in)
}

// Eval squares the difference.
func (op *SquaredDifference) Eval(in, out []*core.Tensor) error {
	if in[0].Type().IsHalf() {
		return evalInSteps(&Subtract{}, Square, in, out)
	}
	return evalBinary(squaredDifferenceRow, in, out)
}

// Elements is trait.AllElements.
func (op *SquaredDifference) Elements() trait.Elements { return trait.AllElements }

// inferComplex is inferArithmetic of ops that complex numbers have, too.
func inferComplex(in []core.Operand) ([]core.Fact, error) {
	if len(in) != 2 || !max(in[0].Type, in[1].Type).IsComplex() {
		return inferArithmetic(in)
	}
	if !in[0].Type.Compatible(in[1].Type) {
		return nil, core.Violation("C2", 1, "got type %v, want a's %v", in[1].Type, in[0].Type)
	}
	s, err := infer.BroadcastShapes("C3", in)
	return []core.Fact{{Type: max(in[0].Type, in[1].Type), Shape: s}}, err
}

func inferArithmetic(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	typ, err := sameNumberType(in)
	if err != nil {
		return nil, err
	}
	s, err := infer.BroadcastShapes("C3", in)
	return []core.Fact{{Type: typ, Shape: s}}, err
}

// sameNumberType checks C1 and C2: a and b are numbers of one type.
func sameNumberType(in []core.Operand) (core.Type, error) {
	for i, o := range in {
		if !infer.IsNumber(o.Type) || o.Type == core.U64 {
			return 0, core.Violation("C1", i, "got type %v, want an integer type other than u64, or a real type", o.Type)
		}
	}
	if !in[0].Type.Compatible(in[1].Type) {
		return 0, core.Violation("C2", 1, "got type %v, want a's %v", in[1].Type, in[0].Type)
	}
	return max(in[0].Type, in[1].Type), nil
}

func evalBinary(f arithmetic.Binary, in, out []*core.Tensor) error {
	a, b, err := elements.BroadcastTwo(in)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, a.Type(), a.Shape()); err != nil {
		return err
	}
	switch y := out[0]; {
	case y.Type() == core.F64:
		zip(core.Data[float64](y), core.Data[float64](a), core.Data[float64](b), f.Real64)
	case y.Type() == core.F32:
		zip(core.Data[float32](y), core.Data[float32](a), core.Data[float32](b), f.Real32)
	case y.Type() == core.I32:
		return zipWhole(core.Data[int32](y), core.Data[int32](a), core.Data[int32](b), f.Whole)
	case y.Type() == core.I64:
		return zipWhole(core.Data[int64](y), core.Data[int64](a), core.Data[int64](b), f.Whole)
	case y.Type().IsComplex():
		v := make([]complex128, y.Len())
		zip(v, elements.Complexes(a), elements.Complexes(b), f.Complex)
		elements.SetComplexes(y, v)
	case y.Type().IsFloat():
		v := make([]float32, y.Len())
		zip(v, a.Float32s(), b.Float32s(), f.Real32)
		elements.SetFloat32s(y, v)
	default:
		v := make([]int64, y.Len())
		x, w := a.Int64s(), b.Int64s()
		for i := range v {
			if v[i], err = f.Whole(x[i], w[i]); err != nil {
				return err
			}
		}
		elements.SetInts(y, v)
	}
	return nil
}

// zipWhole stores the results of f for pairs of integers, wrapped to their type.
func zipWhole[T int32 | int64](y, a, b []T, f func(a, b int64) (int64, error)) error {
	for i, v := range a {
		w, err := f(int64(v), int64(b[i]))
		if err != nil {
			return err
		}
		y[i] = T(w)
	}
	return nil
}

func zip[T, U any](y []U, a, b []T, f func(a, b T) U) {
	for i, v := range a {
		y[i] = f(v, b[i])
	}
}
