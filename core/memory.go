package core

import "fmt"

// DefaultMaxBytes bounds the tensors that the evaluation of a Function holds at once, where
// its caller says nothing else.
const DefaultMaxBytes = 8 << 30

// DefaultMaxTensorBytes bounds each tensor that a node of a Function computes, where its
// caller says nothing else.
const DefaultMaxTensorBytes = 1 << 30

// MemoryLimits bound what an evaluation takes.
type MemoryLimits struct {
	Bytes       int64 // of the tensors that it holds at once
	TensorBytes int64 // of each tensor that a node computes
}

// DefaultMemoryLimits are DefaultMaxBytes and DefaultMaxTensorBytes.
func DefaultMemoryLimits() MemoryLimits { return MemoryLimits{DefaultMaxBytes, DefaultMaxTensorBytes} }

// MemoryError reports a node that would need more memory than it may take. It is found
// before any is taken.
type MemoryError struct {
	Node, Op string
	Outputs  []Fact
	Bytes    int64 // for the outputs and what they are computed from, or of one tensor
	Limit    int64

	// OneTensor says that one output is larger than MemoryLimits.TensorBytes, the Limit; else
	// all that is held at once is.
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
func checkMemory(op Op, in []*Tensor, outputs []Fact, held int64, limits MemoryLimits) error {
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
		if bytes > limits.TensorBytes {
			return &MemoryError{Op: OpName(op), Outputs: outputs, Bytes: bytes, Limit: limits.TensorBytes, OneTensor: true}
		}
		elements = max(elements, f.Shape.elements())
		need += bytes
	}
	if need += int64(elements) * temporary; need > limits.Bytes {
		return &MemoryError{Op: OpName(op), Outputs: outputs, Bytes: need, Limit: limits.Bytes}
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
