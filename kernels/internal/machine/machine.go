// Package machine defines what a compiled function is and how it runs. There are three machines. Planned
// runs instructions on several threads, over buffers most of which share one arena (Layout). Interpreted
// runs nodes one after the other. Dynamic runs instructions first, then nodes until the shapes are known that depend on
// data, and then a machine for those. The package knows what an instruction reads and writes, not what it computes.
package machine

import (
	"context"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// Machine computes the results of a function for parameters of certain shapes. It is immutable: any number
// of goroutines may use it at the same time.
type Machine interface {
	// Run computes the results into out; the caller owns the tensors. The inputs must have the parameters'
	// types and shapes. A tensor in out is written into. It must have the type of its result and, if that
	// is known, its shape. Where out has nil, Run stores a new tensor.
	Run(ctx context.Context, in, out []*core.Tensor) error
	// Steps lists the steps of Run, in the order in which they are executed.
	Steps() []Step
	// Profile runs once on one thread and returns the steps with the time of each. There may be more than Steps lists:
	// those of functions that are compiled in the course of the run.
	Profile(ctx context.Context, in []*core.Tensor) ([]StepTime, error)
	// PeakBytes returns the bytes of the intermediate values of one Run, as far as they are planned.
	PeakBytes() int64
	// Bytes returns how many bytes the machine holds, not counting what it shares with other machines.
	Bytes() int64
}

// Step is one step of a machine.
type Step struct {
	Node       *core.Node
	Kernel     string // what computes it: a variant's name, or what else does the work
	Operations int64
	Functions  []FunctionSteps // of the functions that it calls, perhaps many times or never
}

// StepTime is a step and how long it took.
type StepTime struct {
	Step
	Time time.Duration
}

// timed returns steps whose times are to be set.
func timed(steps []Step) []StepTime {
	list := make([]StepTime, len(steps))
	for i, s := range steps {
		list[i].Step = s
	}
	return list
}

// FunctionSteps are the steps of a function that a node calls.
type FunctionSteps struct {
	Name  string // its role in the node's op
	Steps []Step
}

// Operations returns how many multiplications and additions a convolution or dot does; 0 if its shapes are
// not known before it runs.
func Operations(n *core.Node) int64 {
	if !n.Outputs()[0].Static() || slices.ContainsFunc(n.Inputs(), func(v core.Value) bool { return !v.Fact().Static() }) {
		return 0
	}
	if op, ok := n.Op().(trait.Costed); ok {
		return op.Operations(core.FactsOf(n.Inputs()), n.Outputs())
	}
	return 0
}
