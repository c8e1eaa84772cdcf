package kernels

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// instruction computes one node, or prepares data for one. It touches no buffers but
// those that it names; from them alone follows how long each buffer lives. The number of a
// buffer may be -1, for none.
type instruction struct {
	node   *core.Node
	kernel string // a variant's name, or what else does the work
	splits bool   // whether any threads may share the work; stages decides into how many parts
	// operations are the multiplications and additions of the node's that it computes: none
	// if it moves the node's data or finishes its accumulators.
	operations int64
	slow       bool  // whether it is a reference, which takes some 4 ns for a byte
	reads      []int // buffers that were written before
	writes     []int
	scratch    []int // buffers that nobody else needs
	// run computes part number part of parts. It may be called for all parts at the
	// same time, each by a worker with a thread number of its own.
	run func(r *worker, part, parts int) error
}

// worker is one thread of a Run. It reads the run's memory only while it computes a part:
// afterwards the Run may have ended.
type worker struct {
	*run
	thread int
	// The arguments of the call under way: variables of their own would be allocated.
	pool       pool.Args
	sgemm      sgemm.Args
	sdepthwise sdepthwise.Args
}

// estimate guesses how many nanoseconds one thread takes for an instruction.
func (i *instruction) estimate() int64 {
	const operationsPerNano, bytesPerNano, slowness = 100, 8, 32
	bytes := 0
	for _, v := range i.node.Inputs() {
		if v.Constant() == nil {
			bytes += size(v.Fact())
		}
	}
	for _, o := range i.node.Outputs() {
		bytes += size(o)
	}
	if i.slow {
		bytes *= slowness
	}
	return i.operations/operationsPerNano + int64(bytes)/bytesPerNano
}

func size(f core.Fact) int { return f.Shape.MustElements() * f.Type.Size() }
