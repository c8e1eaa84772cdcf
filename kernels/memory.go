package kernels

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// maxArena bounds the arena: kernels address it by 32-bit offsets.
const maxArena = math.MaxInt32

// referenceBytes is how many bytes for each element of its largest operand a reference may
// take beside its outputs.
const referenceBytes = 16

// productOf multiplies sizes, at most 2^62.
func productOf(sizes ...int) int {
	const most = 1 << 62
	n := 1
	for _, s := range sizes {
		if s == 0 {
			return 0
		}
		if n > most/s {
			n = most / s * s
			continue
		}
		n *= s
	}
	return n
}

// memoryError reports that a node needs more than limit bytes.
func memoryError(n *core.Node, bytes, limit int64) error {
	return &core.MemoryError{Node: n.Name, Op: n.OpName(), Outputs: n.Outputs(), Bytes: bytes, Limit: limit}
}

// checkOutputs bounds what a node's outputs take, and temporary bytes for each element of
// its largest operand, before memory is taken for anything that is as large.
func (c *compiler) checkOutputs(n *core.Node, temporary int64) error {
	need, elements := int64(0), 0
	for _, v := range n.Inputs() {
		elements = max(elements, v.Shape().MustElements())
	}
	for _, f := range n.Outputs() {
		bytes, err := f.Bytes()
		if err != nil {
			return n.Locate(err)
		}
		if most := c.limits.TensorBytes; bytes > most {
			return &core.MemoryError{
				Node: n.Name, Op: n.OpName(), Outputs: n.Outputs(), Bytes: bytes, Limit: most, OneTensor: true,
			}
		}
		need += bytes
		elements = max(elements, f.Shape.MustElements())
	}
	if need += int64(elements) * temporary; need > c.limits.Bytes {
		return memoryError(n, need, c.limits.Bytes)
	}
	return nil
}

// checkResults bounds the results, which are copies.
func (c *compiler) checkResults(f *core.Function) error {
	total := int64(0)
	for _, r := range f.Results {
		bytes, err := r.Outputs()[0].Bytes()
		if err != nil {
			return r.Locate(err)
		}
		if total += bytes; total > c.limits.Bytes {
			return memoryError(r, total, c.limits.Bytes)
		}
	}
	return nil
}

// checkIndirection bounds the offsets of an indirection: those of rows with some taps each.
func (c *compiler) checkIndirection(n *core.Node, rows, taps int) error {
	if bytes := int64(productOf(rows, taps, 4)); bytes > c.limits.Bytes {
		return memoryError(n, bytes, c.limits.Bytes)
	}
	return nil
}
