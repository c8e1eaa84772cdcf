package core

import (
	"cmp"
	"math"
)

// The elementwise arithmetic ops of two operands. All share this definition, one row
// of a table (their arithmetic) telling them apart:
//
//	y[i] = f(a[i], b[i]), a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: a number type, any shape
//	         b: a's type, a shape that broadcasts with a's
//	Outputs: y: a's type, the broadcast shape
//
//	C1: a is a number (an integer of at most 64 signed bits, or a real)
//	C2: b has a's type
//	C3: the shapes broadcast
//
// Reals are computed in their type, bf16 and f16 in f32 and rounded; integers wrap.
// They are nGraph's and TensorFlow's ops of the same names.
type (
	// Add is a + b.
	Add struct{}
	// Subtract is a - b.
	Subtract struct{}
	// Multiply is a * b.
	Multiply struct{}
	// Divide is a / b. Integers truncate toward zero; dividing one by 0 is an error.
	Divide struct{}
	// FloorDivide is floor(a / b); an integer divided by 0 is an error.
	FloorDivide struct{}
	// FloorMod is a - floor(a/b)*b, with the sign of b; an integer modulo 0 is an error.
	FloorMod struct{}
	// Maximum is a if a > b, else b; NaN if either is.
	Maximum struct{}
	// Minimum is a if a < b, else b; NaN if either is.
	Minimum struct{}
	// Power is a**b in float64, rounded once; for integers by repeated products, which
	// wrap, and an error if b < 0.
	Power struct{}
	// SquaredDifference is (a - b) * (a - b), each step rounded.
	SquaredDifference struct{}
)

// arithmetic is a row of the table of binary ops.
type arithmetic struct {
	real32 func(a, b float32) float32
	real64 func(a, b float64) float64
	whole  func(a, b int64) (int64, error)
}

var (
	_ = register[Add]("Add")
	_ = register[Subtract]("Subtract")
	_ = register[Multiply]("Multiply")
	_ = register[Divide]("Divide")
	_ = register[FloorDivide]("FloorDivide")
	_ = register[FloorMod]("FloorMod")
	_ = register[Maximum]("Maximum")
	_ = register[Minimum]("Minimum")
	_ = register[Power]("Power")
	_ = register[SquaredDifference]("SquaredDifference")

	addRow = arithmetic{
		func(a, b float32) float32 { return a + b },
		func(a, b float64) float64 { return a + b },
		func(a, b int64) (int64, error) { return a + b, nil },
	}
	subtractRow = arithmetic{
		func(a, b float32) float32 { return a - b },
		func(a, b float64) float64 { return a - b },
		func(a, b int64) (int64, error) { return a - b, nil },
	}
	multiplyRow = arithmetic{
		func(a, b float32) float32 { return a * b },
		func(a, b float64) float64 { return a * b },
		func(a, b int64) (int64, error) { return a * b, nil },
	}
	divideRow = arithmetic{
		func(a, b float32) float32 { return a / b },
		func(a, b float64) float64 { return a / b },
		func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, Violation("", 1, "integer division by zero")
			}
			return a / b, nil
		},
	}
	floorDivideRow = arithmetic{
		func(a, b float32) float32 { return float32(math.Floor(float64(a / b))) },
		func(a, b float64) float64 { return math.Floor(a / b) },
		func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, Violation("", 1, "integer division by zero")
			}
			q := a / b
			if a%b != 0 && (a < 0) != (b < 0) {
				q--
			}
			return q, nil
		},
	}
	floorModRow = arithmetic{
		func(a, b float32) float32 { return float32(floorMod(float64(a), float64(b))) },
		floorMod,
		func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, Violation("", 1, "integer modulo zero")
			}
			r := a % b
			if r != 0 && (r < 0) != (b < 0) {
				r += b
			}
			return r, nil
		},
	}
	maximumRow = arithmetic{
		func(a, b float32) float32 { return larger(a, b) },
		func(a, b float64) float64 { return larger(a, b) },
		func(a, b int64) (int64, error) { return max(a, b), nil },
	}
	minimumRow = arithmetic{
		func(a, b float32) float32 { return smaller(a, b) },
		func(a, b float64) float64 { return smaller(a, b) },
		func(a, b int64) (int64, error) { return min(a, b), nil },
	}
	powerRow = arithmetic{
		func(a, b float32) float32 { return float32(pow(float64(a), float64(b))) },
		pow,
		wholePower,
	}
	squaredDifferenceRow = arithmetic{
		func(a, b float32) float32 { d := a - b; return d * d },
		func(a, b float64) float64 { d := a - b; return d * d },
		func(a, b int64) (int64, error) { return (a - b) * (a - b), nil },
	}
)

// larger returns a if a > b, else b; NaN if either is. It is written out so that
// zeros of both signs give the same everywhere.
func larger[T float32 | float64](a, b T) T {
	if a > b || a != a {
		return a
	}
	return b
}

func smaller[T float32 | float64](a, b T) T {
	if a < b || a != a {
		return a
	}
	return b
}

func floorMod(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

func wholePower(a, b int64) (int64, error) {
	if b < 0 {
		return 0, Violation("", 1, "got exponent %d, want >= 0 for integers", b)
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
func (op *Add) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval adds.
func (op *Add) Eval(in, out []*Tensor) error { return addRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Subtract) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval subtracts.
func (op *Subtract) Eval(in, out []*Tensor) error { return subtractRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Multiply) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval multiplies.
func (op *Multiply) Eval(in, out []*Tensor) error { return multiplyRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Divide) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval divides.
func (op *Divide) Eval(in, out []*Tensor) error { return divideRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *FloorDivide) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval divides and rounds down.
func (op *FloorDivide) Eval(in, out []*Tensor) error { return floorDivideRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *FloorMod) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval takes the remainder.
func (op *FloorMod) Eval(in, out []*Tensor) error { return floorModRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Maximum) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval takes the larger.
func (op *Maximum) Eval(in, out []*Tensor) error { return maximumRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Minimum) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval takes the smaller.
func (op *Minimum) Eval(in, out []*Tensor) error { return minimumRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *Power) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Eval raises to a power.
func (op *Power) Eval(in, out []*Tensor) error { return powerRow.eval(in, out) }

// Infer checks C1 to C3.
func (op *SquaredDifference) Infer(in []Operand) ([]Fact, error) { return inferArithmetic(in) }

// Decompose gives the square of the difference, of f32: other types round once.
func (op *SquaredDifference) Decompose(in []Value) ([]Value, error) {
	if in[0].Type() != F32 {
		return nil, nil
	}
	d, err := Apply(&Subtract{}, in...)
	if err != nil {
		return nil, err
	}
	y, err := Apply(&Unary{Function: Square}, d)
	return []Value{y}, err
}

// Eval squares the difference.
func (op *SquaredDifference) Eval(in, out []*Tensor) error { return squaredDifferenceRow.eval(in, out) }

func inferArithmetic(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	typ, err := sameNumberType(in)
	if err != nil {
		return nil, err
	}
	s, err := broadcastShapes("C3", in)
	return []Fact{{typ, s}}, err
}

// sameNumberType checks C1 and C2: a and b are numbers of one type.
func sameNumberType(in []Operand) (Type, error) {
	for i, o := range in {
		if !isNumber(o.Type) || o.Type == U64 {
			return 0, Violation("C1", i, "got type %v, want an integer type other than u64, or a real type", o.Type)
		}
	}
	if !in[0].Type.compatible(in[1].Type) {
		return 0, Violation("C2", 1, "got type %v, want a's %v", in[1].Type, in[0].Type)
	}
	return max(in[0].Type, in[1].Type), nil
}

func (f arithmetic) eval(in, out []*Tensor) error {
	a, b, err := broadcastTwo(in)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, a.typ, a.shape); err != nil {
		return err
	}
	switch y := out[0]; {
	case y.typ == F64:
		zip(Data[float64](y), Data[float64](a), Data[float64](b), f.real64)
	case y.typ == F32:
		zip(Data[float32](y), Data[float32](a), Data[float32](b), f.real32)
	case y.typ.IsFloat():
		v := make([]float32, y.Len())
		zip(v, a.Float32s(), b.Float32s(), f.real32)
		y.setFloat32s(v)
	default:
		v := make([]int64, y.Len())
		x, w := a.Int64s(), b.Int64s()
		for i := range v {
			if v[i], err = f.whole(x[i], w[i]); err != nil {
				return err
			}
		}
		y.setInts(v)
	}
	return nil
}

func zip[T, U any](y []U, a, b []T, f func(a, b T) U) {
	for i, v := range a {
		y[i] = f(v, b[i])
	}
}

// broadcastTwo returns the first two inputs broadcast to one shape.
func broadcastTwo(in []*Tensor) (a, b *Tensor, err error) {
	s, ok := broadcastPair(in[0].shape, in[1].shape)
	if !ok {
		return nil, nil, Violation("C3", 1, "got shape %v, which does not broadcast with %v", in[1].shape, in[0].shape)
	}
	if a, err = broadcastTensor(in[0], s); err != nil {
		return nil, nil, err
	}
	b, err = broadcastTensor(in[1], s)
	return a, b, err
}

// Relation is how Compare compares.
type Relation uint8

// The relations.
const (
	Equal Relation = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	numRelations
)

var relationNames = [numRelations]string{"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"}

// String returns TensorFlow's name.
func (r Relation) String() string { return enumName(r, relationNames[:]) }

// MarshalText makes a Relation its name in JSON.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText parses a relation's name.
func (r *Relation) UnmarshalText(b []byte) error {
	return parseEnum(r, string(b), "relation", relationNames[:])
}

func holds[T cmp.Ordered](r Relation) func(a, b T) bool {
	switch r {
	case Equal:
		return func(a, b T) bool { return a == b }
	case NotEqual:
		return func(a, b T) bool { return a != b }
	case Less:
		return func(a, b T) bool { return a < b }
	case LessEqual:
		return func(a, b T) bool { return a <= b }
	case Greater:
		return func(a, b T) bool { return a > b }
	}
	return func(a, b T) bool { return a >= b }
}

var (
	_ = register[Compare]("Compare")
	_ = register[Logical]("Logical")
	_ = register[LogicalNot]("LogicalNot")
	_ = register[Select]("Select")
)

// Compare compares elementwise.
//
//	y[i] = a[i] Relation b[i], a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: any type but string, any shape
//	         b: a's type, a shape that broadcasts with a's
//	Outputs: y: boolean, the broadcast shape
//
//	C1: a is not string; Relation is one of the relations
//	C2: b has a's type
//	C3: the shapes broadcast
//
// It is nGraph's and TensorFlow's Equal, Less and so on.
type Compare struct {
	Relation Relation `json:"relation"`
}

// Infer checks C1 to C3.
func (op *Compare) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	switch {
	case op.Relation >= numRelations:
		return nil, Violation("C1", -1, "unknown relation %d", op.Relation)
	case in[0].Type == String:
		return nil, Violation("C1", 0, "got type string, want numbers or booleans")
	case !in[0].Type.compatible(in[1].Type):
		return nil, Violation("C2", 1, "got type %v, want a's %v", in[1].Type, in[0].Type)
	}
	s, err := broadcastShapes("C3", in)
	return []Fact{{Bool, s}}, err
}

// Eval compares.
func (op *Compare) Eval(in, out []*Tensor) error {
	a, b, err := broadcastTwo(in)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, Bool, a.shape); err != nil {
		return err
	}
	y := Data[bool](out[0])
	switch {
	case a.typ == U64:
		zip(y, Data[uint64](a), Data[uint64](b), holds[uint64](op.Relation))
	case a.typ.IsFloat():
		zip(y, a.Float64s(), b.Float64s(), holds[float64](op.Relation))
	default:
		zip(y, a.Int64s(), b.Int64s(), holds[int64](op.Relation))
	}
	return nil
}

// LogicalFunction is what Logical computes.
type LogicalFunction uint8

// The logical functions.
const (
	And LogicalFunction = iota
	Or
	Xor
	numLogicalFunctions
)

var logicalNames = [numLogicalFunctions]string{"And", "Or", "Xor"}

// String returns the function's name.
func (f LogicalFunction) String() string { return enumName(f, logicalNames[:]) }

// MarshalText makes a LogicalFunction its name in JSON.
func (f LogicalFunction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText parses a function's name.
func (f *LogicalFunction) UnmarshalText(b []byte) error {
	return parseEnum(f, string(b), "logical function", logicalNames[:])
}

// Logical combines booleans elementwise.
//
//	y[i] = a[i] Function b[i], a and b broadcast to one shape by NumPy's rules
//
//	Inputs:  a: boolean, any shape
//	         b: boolean, a shape that broadcasts with a's
//	Outputs: y: boolean, the broadcast shape
//
//	C1: a is boolean; Function is one of the functions
//	C2: b is boolean
//	C3: the shapes broadcast
//
// It is TensorFlow's LogicalAnd and LogicalOr.
type Logical struct {
	Function LogicalFunction `json:"function"`
}

// Infer checks C1 to C3.
func (op *Logical) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if op.Function >= numLogicalFunctions {
		return nil, Violation("C1", -1, "unknown function %d", op.Function)
	}
	for i, o := range in {
		if !o.Type.compatible(Bool) {
			return nil, Violation([]string{"C1", "C2"}[i], i, "got type %v, want boolean", o.Type)
		}
	}
	s, err := broadcastShapes("C3", in)
	return []Fact{{Bool, s}}, err
}

// Eval combines.
func (op *Logical) Eval(in, out []*Tensor) error {
	a, b, err := broadcastTwo(in)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, Bool, a.shape); err != nil {
		return err
	}
	f := [...]func(a, b bool) bool{
		And: func(a, b bool) bool { return a && b },
		Or:  func(a, b bool) bool { return a || b },
		Xor: func(a, b bool) bool { return a != b },
	}[op.Function]
	zip(Data[bool](out[0]), Data[bool](a), Data[bool](b), f)
	return nil
}

// LogicalNot negates booleans.
//
//	Inputs:  x: boolean, any shape
//	Outputs: y: boolean, the shape of x
//
//	C1: x is boolean
type LogicalNot struct{}

// Infer checks C1.
func (op *LogicalNot) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	if !in[0].Type.compatible(Bool) {
		return nil, Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	}
	return []Fact{{Bool, in[0].Shape}}, nil
}

// Eval negates.
func (op *LogicalNot) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, in[0].typ, in[0].shape); err != nil {
		return err
	}
	y := Data[bool](out[0])
	for i, v := range Data[bool](in[0]) {
		y[i] = !v
	}
	return nil
}

// Select chooses elementwise.
//
//	y[i] = a[i] if condition[i], else b[i]; all broadcast to one shape by NumPy's rules
//
//	Inputs:  condition: boolean, any shape
//	         a: any type, any shape
//	         b: a's type, any shape
//	Outputs: y: a's type, the broadcast shape
//
//	C1: the condition is boolean
//	C2: b has a's type
//	C3: the three shapes broadcast
//
// It is nGraph's op::v1::Select and TensorFlow's SelectV2.
type Select struct{}

// InputNames names the inputs.
func (op *Select) InputNames() []string { return []string{"condition", "a", "b"} }

// Infer checks C1 to C3.
func (op *Select) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	switch {
	case !in[0].Type.compatible(Bool):
		return nil, Violation("C1", 0, "got type %v, want boolean", in[0].Type)
	case !in[1].Type.compatible(in[2].Type):
		return nil, Violation("C2", 2, "got type %v, want a's %v", in[2].Type, in[1].Type)
	}
	s, err := broadcastShapes("C3", in)
	return []Fact{{max(in[1].Type, in[2].Type), s}}, err
}

// Eval chooses.
func (op *Select) Eval(in, out []*Tensor) error {
	s, err := broadcastShapes("C3", []Operand{{Fact: in[0].Fact()}, {Fact: in[1].Fact()}, {Fact: in[2].Fact()}})
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[1].typ, s); err != nil {
		return err
	}
	wide := make([]*Tensor, 3)
	for i, t := range in {
		if wide[i], err = broadcastTensor(t, s); err != nil {
			return err
		}
	}
	out[0].copyFrom(wide[2])
	size := in[1].typ.Size()
	for i, c := range Data[bool](wide[0]) {
		switch {
		case !c:
		case size == 0:
			out[0].strings[i] = wide[1].strings[i]
		default:
			copy(out[0].data[i*size:(i+1)*size], wide[1].data[i*size:])
		}
	}
	return nil
}
