package core

var (
	_ = Register[Logical]("Logical")
	_ = Register[LogicalNot]("LogicalNot")
)

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
	return []Fact{{Type: Bool, Shape: s}}, err
}

// Eval combines.
func (op *Logical) Eval(in, out []*Tensor) error {
	a, b, err := broadcastTwo(in)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, Bool, a.Shape()); err != nil {
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

// Elements are those of all inputs.
func (op *Logical) Elements() Elements { return AllElements }

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
	return []Fact{{Type: Bool, Shape: in[0].Shape}}, nil
}

// Eval negates.
func (op *LogicalNot) Eval(in, out []*Tensor) error {
	if err := ensure(out, 0, in[0].Type(), in[0].Shape()); err != nil {
		return err
	}
	y := Data[bool](out[0])
	for i, v := range Data[bool](in[0]) {
		y[i] = !v
	}
	return nil
}

// Elements are those of the first input.
func (op *LogicalNot) Elements() Elements { return FirstElements }
