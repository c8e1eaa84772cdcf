package kernels

import (
	"context"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// Program is a Function compiled for one set of parameter shapes. It is immutable: any number of
// goroutines may Run it at the same time.
type Program struct {
	ports   *ports // with the shapes that it is compiled for
	machine machine.Machine
	guard   *guard
	calls   sync.Pool // of *call
}

// newProgram returns the Program of a function with bound shapes. The results' shapes are taken from the
// function that the passes have rewritten, since passes may have found shapes that were unknown.
func newProgram(bound, rewritten *core.Function, m machine.Machine, g *guard) *Program {
	p := &Program{ports: &ports{portsOf(bound.Parameters), portsOf(rewritten.Results)}, machine: m, guard: g}
	p.calls.New = func() any { return newCall(p.ports) }
	return p
}

// Run is like Prepared.Run, for inputs of the shapes that the Program is compiled for.
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

// run computes a call whose inputs have been checked. It checks the tensors given for outputs.
func (p *Program) run(ctx context.Context, c *call) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = core.Recovered(nil, v)
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
	return p.machine.Run(ctx, c.in, c.out)
}

// StepInfo describes one step of a Program.
type StepInfo struct {
	Node       string    // the core node, named after the TensorFlow node that it comes from
	Op         string    // the core op
	TFOp       string    // the TensorFlow op, if known
	Kernel     string    // the variant that computes it, or "reference"
	Output     core.Fact // the node's first output
	Operations int64     // multiplications and additions of a convolution or dot, else 0

	// Functions are the functions that a loop or branch calls. The step's Operations are the sum of
	// theirs, as if each were called once.
	Functions []FunctionInfo `json:",omitempty"`
}

// FunctionInfo describes a function that a step calls. How often depends on the step's inputs.
type FunctionInfo struct {
	Name  string // its role in the op: body, condition, branch 0
	Steps []StepInfo
}

// Steps lists the steps of a Run, in the order in which they are executed. For what is compiled in the course of a Run,
// as its shapes depend on data, these are its nodes; Profile has its steps.
func (p *Program) Steps() []StepInfo {
	return infosOf(p.machine.Steps())
}

func infosOf(list []machine.Step) []StepInfo {
	steps := make([]StepInfo, len(list))
	for i, s := range list {
		steps[i] = infoOf(s)
	}
	return steps
}

func infoOf(s machine.Step) StepInfo {
	n := s.Node
	info := StepInfo{
		Node: n.Name, Op: n.OpName(), TFOp: n.Origin.Op, Kernel: s.Kernel, Output: n.Outputs()[0], Operations: s.Operations,
	}
	for _, f := range s.Functions {
		info.Functions = append(info.Functions, FunctionInfo{f.Name, infosOf(f.Steps)})
	}
	return info
}

// PeakBytes returns the size of the arenas that one Run uses, its own and those of the functions that
// nodes call: the peak memory of intermediate values. It does not include weights, inputs and results,
// nor, where shapes depend on data, the values that references compute and what is compiled in the course of a Run.
func (p *Program) PeakBytes() int64 { return p.machine.PeakBytes() }

// Operations returns how many multiplications and additions the convolutions and dots of one Run do.
// Nodes whose shapes are not known before the Run are not counted.
func (p *Program) Operations() (sum int64) {
	for _, s := range p.Steps() {
		sum += s.Operations
	}
	return sum
}
