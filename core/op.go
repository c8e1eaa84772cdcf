package core

import (
	"fmt"
	"reflect"
	"sort"
)

// Fact is what is known of a value before it is computed: its element type and
// shape, either of which may be partly unknown.
type Fact struct {
	Type  Type  `json:"type"`
	Shape Shape `json:"shape"`
}

// String writes f32[2,?].
func (f Fact) String() string { return f.Type.String() + f.Shape.String() }

// Static reports whether type and shape are fully known.
func (f Fact) Static() bool { return f.Type != Dynamic && f.Shape.Static() }

// Operand is what Infer sees of an input: its Fact and, if the input is a
// constant, its value.
type Operand struct {
	Fact
	Const *Tensor
}

// Op is an operation with its attributes, which are its exported fields. Ops are
// pointers to structs and do not change once they are part of a Node.
type Op interface {
	// Infer validates the attributes and inputs and returns one Fact per output.
	// It must accept unknown types, dimensions and ranks, and reject every input
	// that Eval or a kernel could not compute. Errors come from Violation.
	Infer(in []Operand) ([]Fact, error)
	// Eval is the reference. The inputs passed Infer and are complete; out holds
	// one tensor per output, allocated from the inferred facts (nil where Infer
	// could not tell the shape: Eval then puts a tensor there).
	Eval(in, out []*Tensor) error
}

// Decomposer is an Op that is defined as a graph of simpler ops.
type Decomposer interface {
	Op
	// Decompose returns values equal, bit for bit, to the op's outputs; nil where there
	// is no such graph.
	Decompose(in []Value) ([]Value, error)
}

// PartlyConstant is an Op some of whose outputs may be known though not all of its
// inputs are.
type PartlyConstant interface {
	Op
	// Constants returns the outputs that follow from the constants among the inputs, nil
	// for the others. The inputs passed Infer.
	Constants(in []Operand) ([]*Tensor, error)
}

// NamesInputs is an Op that names its inputs; errors tell the names.
type NamesInputs interface{ InputNames() []string }

// The ops, by their names and by their Go types. They change only while packages are initialized.
var (
	registry = map[string]reflect.Type{}
	opNames  = map[reflect.Type]string{}
)

// register makes an op known under the name that files, dumps and errors give it. The name
// is frozen: it stays what it is when the Go type is renamed or moved, since files hold
// it. Called once, from the op's file; it panics if the name is no word or is taken, or if
// the type has a name already.
func register[T any, P interface {
	*T
	Op
}](name string) struct{} {
	t := reflect.TypeFor[T]()
	if err := checkRegistration(name, t); err != nil {
		panic("core: " + err.Error())
	}
	registry[name], opNames[t] = t, name
	return struct{}{}
}

func checkRegistration(name string, t reflect.Type) error {
	switch {
	case !isOpName(name):
		return fmt.Errorf("op of type %v: got the name %q, want letters and digits that start with a capital letter", t, name)
	case registry[name] != nil:
		return fmt.Errorf("op of type %v: the name %q is that of %v: want one of its own", t, name, registry[name])
	case opNames[t] != "":
		return fmt.Errorf("op of type %v: got the name %q, but it has the name %q already", t, name, opNames[t])
	}
	return nil
}

func isOpName(name string) bool {
	for i, r := range name {
		letter := r >= 'A' && r <= 'Z' || i > 0 && r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// Register is for packages that define ops beside this one: it makes an op known under its
// frozen name, as register does. Called once, from the op's file, while the package is
// initialized.
func Register[T any, P interface {
	*T
	Op
}](name string) struct{} {
	return register[T, P](name)
}

// OpNames lists the registered ops, sorted.
func OpNames() []string {
	names := make([]string, 0, len(registry))
	for n := range registry {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// UnknownOpError reports a name that no op of this program is registered under.
type UnknownOpError struct{ Op string }

// Error tells the name, and what has the op.
func (e *UnknownOpError) Error() string {
	return fmt.Sprintf("unknown op %q: it needs a newer tf2ng", e.Op)
}

// NewOp returns an op of a registered name with zero attributes, or an *UnknownOpError.
func NewOp(name string) (Op, error) {
	t, ok := registry[name]
	if !ok {
		return nil, &UnknownOpError{name}
	}
	return reflect.New(t).Interface().(Op), nil
}

// OpName returns the registered name of an op; for one that is not registered, which no
// file can hold, the name of its Go type.
func OpName(op Op) string {
	t := reflect.TypeOf(op).Elem()
	if name, ok := opNames[t]; ok {
		return name
	}
	return t.Name()
}

// isRegistered reports whether the op's type has a frozen name.
func isRegistered(op Op) bool { return opNames[reflect.TypeOf(op).Elem()] != "" }

// OpError reports attributes or inputs that an op does not accept.
type OpError struct {
	Node       string // the node, if it has a name
	Op         string
	Constraint string // the label in the op's document, as Quantize-C2; may be empty
	Input      int    // the input at fault; -1 for attributes and for inputs together
	InputName  string // its name, if the op names its inputs
	Msg        string // what was got and what was wanted
}

// Error writes: node "conv1" (Quantize): input 1 (scale): got ..., want ... (Quantize-C2).
func (e *OpError) Error() string {
	s := e.Op
	if e.Node != "" {
		s = fmt.Sprintf("node %q (%s)", e.Node, e.Op)
	}
	if e.Input >= 0 {
		s += fmt.Sprintf(": input %d", e.Input)
		if e.InputName != "" {
			s += " (" + e.InputName + ")"
		}
	}
	s += ": " + e.Msg
	if e.Constraint != "" {
		s += " (" + e.Constraint + ")"
	}
	return s
}

// Violation returns an OpError for Infer and Eval to return. constraint is the
// label, "C2"; input is the input at fault, or -1. The op's name, the node's and the
// input's are filled in by NewNode.
func Violation(constraint string, input int, format string, args ...any) error {
	return &OpError{Constraint: constraint, Input: input, Msg: fmt.Sprintf(format, args...)}
}

// located fills an OpError's op, node and input names.
func located(err error, op Op, node string) error {
	if err == nil {
		return nil
	}
	if m, ok := err.(*MemoryError); ok {
		c := *m
		if c.Node == "" {
			c.Node = node
		}
		return &c
	}
	e, ok := err.(*OpError)
	if !ok {
		e = &OpError{Input: -1, Msg: err.Error()}
	}
	c := *e
	if c.Op == "" {
		c.Op = OpName(op)
		if c.Constraint != "" {
			c.Constraint = c.Op + "-" + c.Constraint
		}
		if n, ok := op.(NamesInputs); ok && c.Input >= 0 && c.Input < len(n.InputNames()) {
			c.InputName = n.InputNames()[c.Input]
		}
	}
	if c.Node == "" {
		c.Node = node
	}
	return &c
}

// wantInputs checks the number of inputs.
func wantInputs(in []Operand, n int) error {
	if len(in) != n {
		return Violation("", -1, "got %d inputs, want %d", len(in), n)
	}
	return nil
}
