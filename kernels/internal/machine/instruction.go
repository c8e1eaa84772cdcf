package machine

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// Instruction computes one node, or prepares data for one. It touches no buffers but
// those that it names; from them alone follows how long each buffer lives. The number of a
// buffer may be -1, for none.
type Instruction struct {
	Node   *core.Node
	Kernel string // a variant's name, or what else does the work
	Splits bool   // whether any threads may share the work; stages decides into how many parts
	// Operations are the multiplications and additions of the node's that it computes: none
	// if it moves the node's data or finishes its accumulators.
	Operations int64
	Slow       bool  // whether it is a reference, which takes some 4 ns for a byte
	Reads      []int // buffers that were written before
	Writes     []int
	Scratch    []int    // buffers that nobody else needs
	Calls      *Calls   // the functions that it calls; nil if it calls none
	Segment    *Segment // that is run in place of Run; nil for most
	// Run computes part number part of parts. It may be called for all parts at the
	// same time, each by a worker with a thread number of its own.
	Run func(r *Worker, part, parts int) error
}

// Worker is one thread of a Run. It reads the run's memory only while it computes a part:
// afterwards the Run may have ended.
type Worker struct {
	*Run
	Thread int
	node   *core.Node // that is computed
	// The arguments of the call under way: variables of their own would be allocated.
	Pool       pool.Args
	SGemm      sgemm.Args
	SDepthwise sdepthwise.Args
}

// estimate guesses how many nanoseconds one thread takes for an instruction.
func (i *Instruction) estimate() int64 {
	const operationsPerNano, bytesPerNano, weightsPerNano, slowness = 100, 8, 16, 32
	bytes, weights := 0, 0
	for _, v := range i.Node.Inputs() {
		if v.Constant() == nil {
			bytes += size(v.Fact())
		} else if i.Operations > 0 {
			weights += size(v.Fact())
		}
	}
	for _, o := range i.Node.Outputs() {
		bytes += size(o)
	}
	if i.Slow {
		bytes *= slowness
	}
	return i.Operations/operationsPerNano + int64(bytes)/bytesPerNano + int64(weights)/weightsPerNano
}

func size(f core.Fact) int { return f.Shape.MustElements() * f.Type.Size() }
