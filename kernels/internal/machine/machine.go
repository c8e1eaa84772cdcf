// Package machine has what a compiled function is and how it runs: instructions over buffers,
// most of which share one arena (Layout), by one goroutine per thread (Planned); nodes one
// after the other (Interpreted); and instructions with nodes behind them (Dynamic). It knows
// what an instruction reads and writes, not what it computes.
package machine

import (
	"context"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// Machine computes the results of a function for parameters of certain shapes. It never
// changes: any number of goroutines may use it at the same time.
type Machine interface {
	// Run computes tensors that the caller owns. The inputs have the parameters' types and
	// shapes; a tensor in out has its result's type and, if that is known, its shape, and
	// is written into; where there is none, Run puts one.
	Run(ctx context.Context, in, out []*core.Tensor) error
	// Steps lists what Run does, in its order.
	Steps() []Step
	// Profile runs once on one thread and adds the time of each step to times.
	Profile(ctx context.Context, in []*core.Tensor, times [][]time.Duration) error
	// PeakBytes returns the bytes of the intermediate values of one Run, as far as they are planned.
	PeakBytes() int64
	// Bytes returns what the machine itself holds, beside what it shares with others.
	Bytes() int64
}

// Step is one step of a machine.
type Step struct {
	Node       *core.Node
	Kernel     string // what computes it: a variant's name, or what else does the work
	Operations int64
	Functions  []FunctionSteps // that it calls, maybe many times or never
}

// FunctionSteps are the steps of a function that a node calls.
type FunctionSteps struct {
	Name  string // what it is to the node's op
	Steps []Step
}

// Operations counts what a convolution or dot computes: nothing if its shapes are not known
// before it runs.
func Operations(n *core.Node) int64 {
	if !n.Outputs()[0].Static() || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return !v.Fact().Static() }) {
		return 0
	}
	if op, ok := n.Op().(trait.Costed); ok {
		return op.Operations(core.FactsOf(n.Inputs()), n.Outputs())
	}
	return 0
}
