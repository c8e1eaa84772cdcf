package core

import "fmt"

// OpError reports attributes or inputs that an op does not accept.
type OpError struct {
	Node       string // the node, if it has a name
	Op         string
	Constraint string // its label in the op's document, such as Quantize-C2; may be empty
	Input      int    // the input at fault; -1 for attributes, and where several inputs do not fit together
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

// WantInputs checks the number of inputs.
func WantInputs(in []Operand, n int) error {
	if len(in) != n {
		return Violation("", -1, "got %d inputs, want %d", len(in), n)
	}
	return nil
}

// MemoryError reports a node that would need more memory than it may take. It is returned before anything
// is allocated.
type MemoryError struct {
	Node, Op string
	Outputs  []Fact
	Bytes    int64 // of the outputs and what they are computed from, or, with OneTensor, of one tensor
	Limit    int64

	// OneTensor says that Limit is MemoryLimits.TensorBytes and a single output exceeds it. Otherwise
	// everything held at the same time does.
	OneTensor bool
}

// Error writes: node "x" (BroadcastTo): got output f32[1099511627776], which needs
// 4398046511104 bytes, want at most 8589934592.
func (e *MemoryError) Error() string {
	at := e.Op
	if e.Node != "" {
		at = fmt.Sprintf("node %q (%s)", e.Node, e.Op)
	}
	outputs := "output"
	for _, f := range e.Outputs {
		outputs += " " + f.String()
	}
	if e.OneTensor {
		return fmt.Sprintf("%s: got %s, of which one tensor takes %d bytes, want at most %d; "+
			"give smaller shapes, or raise the limit of a tensor", at, outputs, e.Bytes, e.Limit)
	}
	return fmt.Sprintf("%s: got %s, for which %d bytes are needed, want at most %d", at, outputs, e.Bytes, e.Limit)
}

// located fills in an OpError's names of the op, the node and the input.
func located(err error, op Op, node string) error {
	if err == nil {
		return nil
	}
	if p, ok := err.(*passedError); ok {
		return p.error
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
