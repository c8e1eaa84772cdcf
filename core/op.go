package core

import (
	"fmt"
	"reflect"
	"sort"
)

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

// Register makes an op known under the name that files, dumps and errors give it. The name
// is frozen: it stays what it is when the Go type is renamed or moved, since files hold
// it. Called once, from the op's file; it panics if the name is no word or is taken, or if
// the type has a name already.
func Register[T any, P interface {
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
