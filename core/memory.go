package core

// DefaultMaxBytes is the default bound of all tensors that the evaluation of a Function holds at the same
// time.
const DefaultMaxBytes = 8 << 30

// DefaultMaxTensorBytes is the default bound of each single tensor that a node of a Function computes.
const DefaultMaxTensorBytes = 1 << 30

// MemoryLimits bounds the memory that an evaluation takes.
type MemoryLimits struct {
	Bytes       int64 // of the tensors that it holds at once
	TensorBytes int64 // of each tensor that a node computes
}

// DefaultMemoryLimits are DefaultMaxBytes and DefaultMaxTensorBytes.
func DefaultMemoryLimits() MemoryLimits { return MemoryLimits{DefaultMaxBytes, DefaultMaxTensorBytes} }

// temporary is how many bytes, in addition to the outputs, the reference of an op may need for each element
// of its largest operand: two int64 or float64.
const temporary = 16

// checkMemory returns a *MemoryError if outputs with the given facts cannot be computed from tensors while held
// bytes are already in use.
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

// BoundedTensor returns a tensor of zeros for an op, or a *MemoryError if it takes more than
// DefaultMemoryLimits.
func BoundedTensor(op Op, f Fact) (*Tensor, error) {
	if err := checkMemory(op, nil, []Fact{f}, 0, DefaultMemoryLimits()); err != nil {
		return nil, err
	}
	return NewTensor(f.Type, f.Shape)
}
