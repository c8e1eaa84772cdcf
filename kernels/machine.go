package kernels

import (
	"context"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// machine computes the results of a function for parameters of certain shapes. It never
// changes: any number of goroutines may use it at the same time.
type machine interface {
	// run computes tensors that the caller owns. The inputs have the parameters' types and
	// shapes; a tensor in out has its result's type and, if that is known, its shape, and
	// is written into; where there is none, run puts one.
	run(ctx context.Context, in, out []*core.Tensor) error
	// steps lists what run does, in its order.
	steps() []step
	// profile runs once on one thread and adds the time of each step to times.
	profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error
	// peakBytes returns the bytes of the intermediate values of one Run, as far as they are planned.
	peakBytes() int64
	// bytes returns what the machine itself holds, beside what it shares with others.
	bytes() int64
}

// step is one step of a machine.
type step struct {
	node       *core.Node
	kernel     string // what computes it: a variant's name, or what else does the work
	operations int64
}

// operations counts what a convolution or dot computes: nothing if its shapes are not known
// before it runs.
func operations(n *core.Node) int64 {
	if !n.Outputs()[0].Static() || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return !v.Fact().Static() }) {
		return 0
	}
	if op, ok := n.Op().(core.Costed); ok {
		return op.Operations(factsOf(n.Inputs()), n.Outputs())
	}
	return 0
}

// factsOf returns what is known of values.
func factsOf(values []core.Value) []core.Fact {
	facts := make([]core.Fact, len(values))
	for i, v := range values {
		facts[i] = v.Fact()
	}
	return facts
}
