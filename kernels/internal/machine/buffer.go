package machine

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
)

// Buffer is the memory of one value or of an instruction's scratch.
type Buffer struct {
	Size        int        // bytes, without slack
	first, last int        // the first and last instruction that names it; -1 if none does
	Fixed       []byte     // the bytes of a constant, outside the arena
	Param       int        // the number of the parameter whose bytes it holds; -1 if none
	Result      int        // the number of the result whose tensor it is; -1 if none
	Addressed   bool       // an instruction may read it by offsets in the arena
	Offset      int        // in the arena
	Whole       bool       // it lives as long as the arena
	node        *core.Node // the node that it is for
	found       int        // the number of the last timeline search that found it
}

// InArena reports whether the buffer lies in the arena, rather than in a constant's or the caller's memory.
func (b *Buffer) InArena() bool { return b.Fixed == nil && b.Param < 0 && b.Result < 0 }

// Touch records that instruction i names the buffer.
func (b *Buffer) Touch(i int) {
	if b.first < 0 {
		b.first = i
	}
	b.last = i
}

// NewBuffer returns a buffer of size bytes for a node.
func NewBuffer(size int, n *core.Node) *Buffer {
	return &Buffer{Size: size, first: -1, last: -1, Param: -1, Result: -1, node: n}
}

const bufferAlign = 64

// Reserved returns how many bytes a buffer occupies in the arena, including bounds.Slack bytes behind its
// end, which kernels may read.
func (b *Buffer) Reserved() int {
	return (b.Size + bounds.Slack + bufferAlign - 1) &^ (bufferAlign - 1)
}
