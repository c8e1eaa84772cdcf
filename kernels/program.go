package kernels

import (
	"context"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// Program is a Function compiled for parameters of certain shapes. It never changes: any
// number of goroutines may Run it at the same time.
type Program struct {
	ports   *ports // with those shapes
	machine machine.Machine
	guard   *guard
	calls   sync.Pool // of *call
}

// newProgram returns the Program of a bound function. Its results are described by what
// the function became: the passes may know more of their shapes.
func newProgram(bound, rewritten *core.Function, m machine.Machine, g *guard) *Program {
	p := &Program{ports: &ports{portsOf(bound.Parameters), portsOf(rewritten.Results)}, machine: m, guard: g}
	p.calls.New = func() any { return newCall(p.ports) }
	return p
}

// Run is Prepared.Run for parameters of the Program's shapes.
func (p *Program) Run(ctx context.Context, inputs, outputs map[string]*core.Tensor) (map[string]*core.Tensor, error) {
	if !p.guard.enter() {
		return nil, ErrClosed
	}
	defer p.guard.leave()
	c := p.calls.Get().(*call)
	defer p.calls.Put(c)
	defer c.clear()
	if err := p.ports.bind(c, inputs, outputs); err != nil {
		return nil, err
	}
	if err := p.run(ctx, c); err != nil {
		return nil, err
	}
	return p.ports.results(c, outputs), nil
}

// run computes a call whose inputs fit.
func (p *Program) run(ctx context.Context, c *call) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Recovered(v)
		}
	}()
	for i, t := range c.out {
		if t == nil {
			continue
		}
		q := &p.ports.outs[i]
		if t, err = q.check(q.name, t, true); err != nil {
			return err
		}
		if err := q.checkShape(q.name, t, true); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return raised(p.machine.Run(ctx, c.in, c.out))
}

// StepInfo describes one step of a Program.
type StepInfo struct {
	Node       string    // the core node, named after the TensorFlow node that it serves
	Op         string    // the core op
	TFOp       string    // the TensorFlow op, if known
	Kernel     string    // the variant that computes it, or "reference"
	Output     core.Fact // the node's first output
	Operations int64     // multiplications and additions of a convolution or dot, else 0

	// Functions are those that a loop or branch calls; its Operations are theirs, each called once.
	Functions []FunctionInfo `json:",omitempty"`
}

// FunctionInfo describes a function that a step calls, as often as its input makes it.
type FunctionInfo struct {
	Name  string // what it is to the op: body, condition, branch 0
	Steps []StepInfo
}

// Steps lists what a Run does, in its order.
func (p *Program) Steps() []StepInfo {
	return infosOf(p.machine.Steps())
}

func infosOf(list []machine.Step) []StepInfo {
	steps := make([]StepInfo, len(list))
	for i, s := range list {
		n := s.Node
		steps[i] = StepInfo{
			Node: n.Name, Op: n.OpName(), TFOp: n.Origin.Op, Kernel: s.Kernel, Output: n.Outputs()[0], Operations: s.Operations,
		}
		for _, f := range s.Functions {
			steps[i].Functions = append(steps[i].Functions, FunctionInfo{f.Name, infosOf(f.Steps)})
		}
	}
	return steps
}

// PeakBytes returns the size of the arenas that one Run uses, its own and those of the functions
// that nodes call: the intermediate values at the worst moment. Weights, inputs and results are
// not in it, nor what is computed by references after or in place of a plan.
func (p *Program) PeakBytes() int64 { return p.machine.PeakBytes() }

// Operations returns how many multiplications and additions the convolutions and dots
// of one Run do, as far as shapes tell before it.
func (p *Program) Operations() (sum int64) {
	for _, s := range p.Steps() {
		sum += s.Operations
	}
	return sum
}
