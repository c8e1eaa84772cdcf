package machine

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/sdepthwise"
	"github.com/tf2ng/tf2ng/kernels/internal/sgemm"
)

// Instruction computes one node, or prepares data for one. It may touch only the buffers that it names,
// because buffer lifetimes are derived from these names alone. A buffer number of -1 means none.
type Instruction struct {
	Node   *core.Node
	Kernel string // a variant's name, or what else does the work
	Splits bool   // whether threads may share the work; function stages decides into how many parts
	// MostParts bounds into how many parts the work is divided; 0 if it may be any number.
	MostParts int
	// Operations is how many of the node's multiplications and additions it does: none if it only moves
	// the node's data or finishes its accumulators.
	Operations int64
	Slow       bool  // whether it is a reference, which takes about 4 ns per byte
	Reads      []int // buffers that earlier instructions have written
	Writes     []int
	Scratch    []int    // buffers that no other instruction needs
	Calls      *Calls   // the functions that it calls; nil if it calls none
	Segment    *Segment // is run instead of Run; nil for most instructions
	// Run computes the fraction of the work from part/parts to (part+1)/parts. One execution calls it for
	// fractions that make up the whole, perhaps at the same time and by workers with different thread numbers. They
	// may have different parts, each the number of shares times a power of two, so what a fraction covers must
	// be what the fractions that it consists of cover. The number of shares is 1 or that of the threads.
	Run func(r *Worker, part, parts int) error
}

// Worker is one thread of a Run. It may access the Run's memory only while it computes a part: afterwards
// the Run may have ended.
type Worker struct {
	*Run
	Thread int
	node   *core.Node // the node that is being computed
	// The arguments of the kernel call under way. They are here because local variables would escape to
	// the heap.
	Pool       pool.Args
	SGemm      sgemm.Args
	SDepthwise sdepthwise.Args
	Numbers    elementwise.Numbers
	_          [64]byte // keeps what one worker writes out of the cache lines of the next one
}

// estimate returns a rough estimate of how many nanoseconds an instruction takes on one thread.
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
