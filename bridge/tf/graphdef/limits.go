package graphdef

import (
	"math/bits"
	"sync/atomic"
)

// Limits bounds what a graph may make the reader do. A field that is not positive means its default, so the zero
// Limits is the usual one.
type Limits struct {
	Bytes      int   // size of the file; default 2^31-1, the most that protocol buffers can write
	Nodes      int   // nodes, those of library functions included; default 2^18
	Edges      int   // inputs of all nodes together, with arguments and outputs of library functions; default 2^20
	Attributes int   // attributes of one node; default 256
	Name       int   // bytes of a name of a node, op, device, input, function or attribute; default 2^14
	Dims       int   // dimensions of a shape; default 254, TensorFlow's own limit
	List       int   // values of a list attribute; default 2^16
	Elements   int64 // elements of a tensor; default 2^31
	Expanded   int64 // bytes of tensors beyond those in the file, see [Tensor.Bytes]; default 2^28
}

// DefaultLimits returns the limits that zero fields stand for.
func DefaultLimits() Limits {
	return Limits{
		Bytes:      1<<31 - 1,
		Nodes:      1 << 18,
		Edges:      1 << 20,
		Attributes: 256,
		Name:       1 << 14,
		Dims:       254,
		List:       1 << 16,
		Elements:   1 << 31,
		Expanded:   1 << 28,
	}
}

// maxElements keeps the product of elements and bytes of an element within int64, whatever limit is asked for.
const maxElements = 1 << 48

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Bytes:      or(l.Bytes, d.Bytes),
		Nodes:      or(l.Nodes, d.Nodes),
		Edges:      or(l.Edges, d.Edges),
		Attributes: or(l.Attributes, d.Attributes),
		Name:       or(l.Name, d.Name),
		Dims:       or(l.Dims, d.Dims),
		List:       or(l.List, d.List),
		Elements:   min(or(l.Elements, d.Elements), maxElements),
		Expanded:   or(l.Expanded, d.Expanded),
	}
}

func or[T int | int64](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}

// elements multiplies the dimensions, all of them known. A dimension of 0 makes the tensor empty but excuses no other
// dimension: the product of the rest must still be within the limit, so that no later product of dimensions overflows.
func (l *Limits) elements(dims []int64) (int64, bool) {
	product, empty := uint64(1), false
	for _, d := range dims {
		if d == 0 {
			empty = true
			continue
		}
		high, low := bits.Mul64(product, uint64(d))
		if d < 0 || high != 0 || low > uint64(l.Elements) {
			return 0, false
		}
		product = low
	}
	if empty {
		return 0, true
	}
	return int64(product), true
}

// budget counts down what is left of Limits.Expanded.
type budget struct{ left atomic.Int64 }

func (b *budget) take(n int64) bool {
	if b.left.Add(-n) < 0 {
		b.left.Add(n)
		return false
	}
	return true
}
