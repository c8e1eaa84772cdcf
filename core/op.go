package core

import (
	"fmt"
	"reflect"
	"sort"
)

// Operand is what Infer knows about an input: its Fact and, if it is a constant, its value.
type Operand struct {
	Fact
	Const *Tensor
}

// Op is an operation with its attributes, which are its exported fields. Ops are
// pointers to structs and do not change once they are part of a Node.
type Op interface {
	// Infer validates the attributes and inputs and returns one Fact per output.
	// It must accept unknown types, dimensions and ranks, and reject every input for which Eval or
	// a kernel could not compute the outputs. Errors are made by Violation.
	Infer(in []Operand) ([]Fact, error)
	// Eval is the reference. The inputs have passed Infer and are complete. out holds one tensor per
	// output, allocated from the inferred facts. It is nil where Infer could not tell the shape: Eval
	// then sets it.
	Eval(in, out []*Tensor) error
}

// PartlyConstant is an Op of which some outputs may be known even though some inputs are not.
type PartlyConstant interface {
	Op
	// Constants returns the outputs that follow from the constants among the inputs, and nil for the
	// others. The inputs have passed Infer.
	Constants(in []Operand) ([]*Tensor, error)
}

// NamesInputs is an Op that names its inputs, for errors.
type NamesInputs interface{ InputNames() []string }

// The registered ops, by name and by Go type. They change only while packages are initialized.
var (
	registry = map[string]reflect.Type{}
	opNames  = map[reflect.Type]string{}
)

// Register registers an op under the name by which files, dumps and errors refer to it. The name is frozen:
// since it is in files, it does not change when the Go type is renamed or moved. Register is called once, in
// the op's file. It panics if the name is not a word or is taken, or if the type already has a name.
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

// UnknownOpError reports a name under which this program has no op.
type UnknownOpError struct{ Op string }

// Error names the op and says where to find it.
func (e *UnknownOpError) Error() string {
	return fmt.Sprintf("unknown op %q: it needs a newer tf2ng", e.Op)
}

// NewOp returns an op, by its registered name, with zero attributes; or an *UnknownOpError.
func NewOp(name string) (Op, error) {
	t, ok := registry[name]
	if !ok {
		return nil, &UnknownOpError{name}
	}
	return reflect.New(t).Interface().(Op), nil
}

// OpName returns the registered name of an op. For an op that is not registered, and so cannot be in a file, it
// returns the name of the Go type.
func OpName(op Op) string {
	t := reflect.TypeOf(op).Elem()
	if name, ok := opNames[t]; ok {
		return name
	}
	return t.Name()
}

// isRegistered reports whether the op's type has a frozen name.
func isRegistered(op Op) bool { return opNames[reflect.TypeOf(op).Elem()] != "" }
