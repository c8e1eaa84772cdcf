package core

import "fmt"

// DefaultMaxBytes bounds the tensors that the evaluation of a Function holds at once, where
// its caller says nothing else.
const DefaultMaxBytes = 8 << 30

// MemoryError reports a node that would need more memory than it may take. It is found
// before any is taken.
type MemoryError struct {
	Node, Op string
	Outputs  []Fact
	Bytes    int64 // for the outputs and what they are computed from
	Limit    int64
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
	return fmt.Sprintf("%s: got %s, for which %d bytes are needed, want at most %d", at, outputs, e.Bytes, e.Limit)
}

// Bytes returns the size of a tensor of a static fact, the headers of strings included. It
// cannot overflow: shapes have at most MaxElements elements.
func (f Fact) Bytes() (int64, error) {
	n, err := f.Shape.Elements()
	if err != nil {
		return 0, err
	}
	const header = 16
	if f.Type == String {
		return int64(n) * header, nil
	}
	return int64(n) * int64(f.Type.Size()), nil
}

// temporary is how many bytes the reference of an op may need for each element of its
// largest operand, beside the outputs: those of two int64 or float64.
const temporary = 16

// checkMemory reports whether outputs of some facts can be computed from tensors where
// held bytes are in use.
func checkMemory(op Op, in []*Tensor, outputs []Fact, held, limit int64) error {
	need, elements := held, 0
	for _, t := range in {
		elements = max(elements, t.Len())
	}
	for _, f := range outputs {
		if !f.Static() {
			continue // its size is bounded by that of the inputs
		}
		bytes, err := f.Bytes()
		if err != nil {
			return Violation("", -1, "%v", err)
		}
		elements = max(elements, f.Shape.elements())
		need += bytes
	}
	if need += int64(elements) * temporary; need > limit {
		return &MemoryError{Op: OpName(op), Outputs: outputs, Bytes: need, Limit: limit}
	}
	return nil
}

// size returns the bytes that a tensor takes.
func (t *Tensor) size() int64 {
	bytes, err := t.Fact().Bytes()
	if err != nil {
		return 0 // not of a tensor
	}
	return bytes
}
