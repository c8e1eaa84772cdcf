package kernels

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
)

// buffer is the memory of one value or of an instruction's scratch.
type buffer struct {
	size        int        // bytes, without slack
	first, last int        // the instructions that name it first and last; -1 if none does
	fixed       []byte     // the bytes of a constant, outside the arena
	param       int        // the number of the parameter whose bytes it is; -1 if none
	result      int        // the number of the result whose tensor it is; -1 if none
	addressed   bool       // an instruction reads it, maybe by offsets in the arena
	offset      int        // in the arena
	whole       bool       // lives as long as the arena
	node        *core.Node // for which it is
	found       int        // the last search of the timeline that found it
}

// inArena reports whether the buffer is neither a constant's nor the caller's memory.
func (b *buffer) inArena() bool { return b.fixed == nil && b.param < 0 && b.result < 0 }

// touch notes that instruction i names the buffer.
func (b *buffer) touch(i int) {
	if b.first < 0 {
		b.first = i
	}
	b.last = i
}

// newBuffer returns a buffer of size bytes for a node.
func newBuffer(size int, n *core.Node) *buffer {
	return &buffer{size: size, first: -1, last: -1, param: -1, result: -1, node: n}
}

const bufferAlign = 64

// reserved returns the bytes that a buffer takes in the arena: kernels may read
// bounds.Slack bytes behind its end.
func (b *buffer) reserved() int {
	return (b.size + bounds.Slack + bufferAlign - 1) &^ (bufferAlign - 1)
}
