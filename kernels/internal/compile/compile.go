// Package compile compiles functions to machines: it runs internal/passes on a function and lowers each
// node to instructions.
//
// Each file lower_*.go lowers some ops; this file has the table of lowerings, compiler.go the builder that all of them
// use. What an instruction does with the bytes of buffers is in the packages below, such as reduction and resize.
//
// A product goes one way. Packages window and product say what its node multiplies: pixels as offsets, weights as
// signed bytes, zero points, post-ops. operands.go puts that into buffers, states and packed weights.
// product_integer.go, product_float.go and lower_depthwise.go emit the kernel, and accumulators.go the post-ops that no
// kernel has.
package compile

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/segments"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Options say how a function is compiled.
type Options struct {
	ISAs       isa.Set           // the instruction sets that kernels may use
	Threads    int               // of a Run
	Memory     core.MemoryLimits // of the tensors of a Run
	WithoutQDQ bool              // pass qdq is left out
	Reference  bool              // ops run their references, and qdq is the only pass
	Packed     func([]byte)      // called with the bytes of each constant that was packed; may be nil
	Kept       share.Bounds      // of the machines of each deferred function
}

// Compile runs the passes on a function whose parameters have known types and shapes, and lowers each node
// to instructions. It returns the function as the passes rewrote it, and the machine that computes it.
// keep holds what does not depend on the shapes, and runs holds the memory of Runs.
func Compile(
	f *core.Function, o Options, keep *share.Lease, runs *machine.RunPool,
) (*core.Function, machine.Machine, error) {
	g, err := rewrite(f, o, keep)
	if err != nil {
		return nil, nil, err
	}
	m, err := assembler{options: o, keep: keep}.machine(g, runs, false)
	if err != nil {
		return nil, nil, err
	}
	return g, m, nil
}

// assembler makes machines from functions on which the passes have run.
type assembler struct {
	options  Options
	keep     *share.Lease
	deferred int // how many functions have been deferred in one another
}

// mostDeferred bounds how often a function is cut again, as each time the passes run on what is left.
const mostDeferred = 64

// machine returns the machine of a function. called says that another function calls this one.
func (a assembler) machine(f *core.Function, runs *machine.RunPool, called bool) (machine.Machine, error) {
	if a.options.Reference {
		calls, err := a.callsOf(f.Nodes())
		if err != nil {
			return nil, err
		}
		return machine.NewInterpreted(f.Nodes(), f.Parameters, f.Results, calls, called, a.options.Memory), nil
	}
	head, dynamic, err := machine.CutLate(f, a.callsOf, called, a.deferred < mostDeferred, a.options.Memory)
	if err != nil {
		return nil, err
	}
	planned, err := a.lowerFunction(head, runs)
	switch {
	case err != nil:
		return nil, err
	case dynamic == nil:
		return planned, nil
	}
	dynamic.Head = planned
	if f := dynamic.Deferred; f != nil {
		dynamic.Machines = a.later(f, runs)
	}
	return dynamic, nil
}

// later returns the machines of a deferred function, each of which is compiled when a run has come to its shapes.
func (a assembler) later(f *core.Function, runs *machine.RunPool) machine.ByShapes {
	compile := func(keep *share.Lease, shapes []core.Shape) (machine.Machine, error) {
		bound, err := f.WithShapes(shapes)
		if err != nil {
			return nil, err
		}
		return assembler{a.options, keep, a.deferred + 1}.again(bound, runs)
	}
	cache := share.NewCache(a.keep.Store(), a.options.Kept, compile, machine.Machine.Bytes)
	a.keep.OnRelease(cache.Close)
	return cache
}

// again returns the machine of a deferred function, on which the passes have run without its shapes. What it reads is
// held while it runs.
func (a assembler) again(f *core.Function, runs *machine.RunPool) (machine.Machine, error) {
	for _, p := range f.Parameters {
		bytes, err := p.Outputs()[0].Bytes()
		if err != nil {
			return nil, p.Locate(err)
		}
		a.options.Memory.Bytes -= bytes
	}
	f, err := passes.Run(f, a.options.passes(a.keep, passes.Inexact()...))
	if err != nil {
		return nil, err
	}
	return a.machine(f, runs, true)
}

// callsOf returns the Calls of those nodes that call functions.
func (a assembler) callsOf(nodes []*core.Node) (map[*core.Node]*machine.Calls, error) {
	all, bytes := map[*core.Node]*machine.Calls{}, int64(0)
	for _, n := range nodes {
		op, ok := n.Op().(core.Caller)
		if !ok {
			continue
		}
		var err error
		if all[n], err = a.calls(n, op); err != nil {
			return nil, err
		}
		if bytes += all[n].PeakBytes(); bytes > a.options.Memory.Bytes {
			return nil, machine.OutOfMemory(n, bytes, a.options.Memory.Bytes)
		}
	}
	return all, nil
}

// calls returns the Calls of one node. Each called function has memory of its own, which it keeps between
// calls.
func (a assembler) calls(n *core.Node, op core.Caller) (*machine.Calls, error) {
	special, err := op.Specialize(core.Operands(n.Inputs()))
	if err != nil {
		return nil, n.Locate(err)
	}
	machines := make([]machine.Machine, len(special.Functions()))
	for i, f := range special.Functions() {
		if machines[i], err = a.machine(f, &machine.RunPool{}, true); err != nil {
			return nil, err
		}
	}
	return machine.NewCalls(n, special, machines), nil
}

// rewrite runs the passes on a function.
func rewrite(f *core.Function, o Options, keep *share.Lease) (*core.Function, error) {
	var without []string
	if o.WithoutQDQ {
		without = []string{passes.QDQ}
	}
	return passes.Run(f, o.passes(keep, without...))
}

// passes returns the options of the passes, of which some are left out.
func (o Options) passes(keep *share.Lease, without ...string) passes.Options {
	p := passes.Options{Eval: keep.Evaluate, ChannelsLast: wantsChannelsLast, Without: without}
	if o.Reference {
		p.StopAfter = passes.QDQ // this pass may change results, so every engine needs it
	}
	return p
}

// lowerFunction lowers a function all of whose shapes are known to a planned machine.
func (a assembler) lowerFunction(f *core.Function, runs *machine.RunPool) (*machine.Planned, error) {
	parts, err := segments.Cut(f, a.options.Threads)
	if err != nil {
		return nil, err
	}
	return a.lowerParts(parts, a.options.Threads, runs)
}

// lowerParts lowers a function that may have segments. The instructions are shared by so many threads.
func (a assembler) lowerParts(f *segments.Partition, sharing int, runs *machine.RunPool) (*machine.Planned, error) {
	o := a.options
	c := &compiler{
		assembler: a,
		isas:      o.ISAs, threads: o.Threads, keep: a.keep, at: map[core.Value]int{}, users: f.Users(),
		skip: map[*core.Node]bool{}, waiting: map[core.Value]match.Element{}, padding: map[uint8]int{}, limits: o.Memory,
	}
	for i, p := range f.Parameters {
		b := c.newBuffer(p.Outputs()[0])
		c.buffers[b].Param = i
		c.at[p.Out(0)] = b
	}
	for _, p := range f.Parts {
		lower := c.lower
		if p.Segment != nil {
			lower = func(n *core.Node) error { return c.lowerSegment(n, p.Segment) }
		}
		if err := lower(p.Node); err != nil {
			return nil, err
		}
		c.tellPacked(p.Node)
	}
	return c.finish(f, sharing, runs)
}

// lowerSegment appends the instruction of the segment that n stands for.
func (c *compiler) lowerSegment(n *core.Node, s *segments.Segment) error {
	c.node = n
	for _, m := range s.Whole {
		if err := c.checkOutputs(m, 0); err != nil {
			return err
		}
	}
	sharing := c.threads
	if s.Groups >= sharing {
		sharing = 1
	}
	plan, err := c.assembler.lowerParts(segments.Whole(s.Inner), sharing, nil)
	if err != nil {
		return err
	}
	m := &machine.Segment{Plan: plan, Groups: s.Groups, Nodes: s.Nodes}
	m.States = c.newState(machine.NewStates(plan, s.Groups, c.threads))
	m.Memory = c.newScratch(machine.MemoryBytes(plan, s.Groups, c.threads))
	portOf := func(p segments.Port, buffer int) machine.Port {
		if !p.Batched {
			return machine.Port{Buffer: buffer}
		}
		return machine.Port{Buffer: buffer, Step: c.buffers[buffer].Size / s.Groups}
	}
	var reads, writes []int
	for _, p := range s.In {
		reads = append(reads, c.buffer(p.Value))
		m.In = append(m.In, portOf(p, reads[len(reads)-1]))
	}
	for _, p := range s.Out {
		writes = append(writes, c.newOutput(p.Value))
		m.Out = append(m.Out, portOf(p, writes[len(writes)-1]))
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: "segment", Splits: true, Reads: reads, Writes: writes, Scratch: []int{m.Memory}, Segment: m,
	})
	return nil
}

// isShape reports whether a constant is only the shape of what is reshaped, which no instruction reads.
func (c *compiler) isShape(v core.Value) bool {
	users := c.users[v]
	return len(users) > 0 && !slices.ContainsFunc(users, func(u *core.Node) bool {
		return !trait.Reshapes(u.Op()) || u.Inputs()[0] == v
	})
}

// lower appends the instructions of one node.
func (c *compiler) lower(n *core.Node) error {
	if c.skip[n] {
		return nil
	}
	for _, f := range n.Outputs() {
		if !f.Static() {
			return fmt.Errorf("internal error, please report: node %q (%s): its output %v is not known", n.Name, n.OpName(), f)
		}
		if _, err := f.Shape.Elements(); err != nil {
			return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
		}
	}
	c.node = n
	if err := c.checkOutputs(n, 0); err != nil {
		return err
	}
	op := n.Op()
	switch op := op.(type) {
	case *core.Parameter:
		return nil
	case *core.Constant:
		if !c.isShape(n.Out(0)) {
			c.at[n.Out(0)] = c.fixedBuffer(n.Outputs()[0], op.Value)
		}
		return nil
	}
	if keepsBuffer(op) {
		c.at[n.Out(0)] = c.buffer(n.Inputs()[0])
		return nil
	}
	for _, l := range []lowering{
		lowerElementwise, loweringOf(n.Op()), lowerCalls, lowerTable, lowerInParts, lowerReference,
	} {
		if l == nil {
			continue
		}
		if done, err := l(c, n); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("internal error, please report: node %q (%s) has no kernel", n.Name, n.OpName())
}

// lowering appends the instructions that compute a node; false if it does not support the node.
type lowering func(c *compiler, n *core.Node) (bool, error)

// The tables of lowerings, by the ops' Go types. The files of this package register theirs. The tables change
// only while the package is initialized.
var (
	lowerings    = map[reflect.Type]lowering{}
	channelsLast = map[reflect.Type]bool{}
)

// lowers registers f as the lowering of an op. It is called once for the op, in the file of the lowering.
func lowers[T any, P interface {
	*T
	core.Op
}](f lowering) struct{} {
	t := reflect.TypeFor[P]()
	if lowerings[t] != nil {
		panic("compile: " + t.String() + " has two lowerings")
	}
	lowerings[t] = f
	return struct{}{}
}

// wantsChannelsLast reports whether the lowering of an op needs the channels last.
func wantsChannelsLast(op core.Op) bool { return channelsLast[reflect.TypeOf(op)] }

// wantsLast has the passes convert an op to the layout with the channels last. It is called once for the op,
// in the file of the lowering.
func wantsLast[T any, P interface {
	*T
	trait.Layouted
}]() struct{} {
	channelsLast[reflect.TypeFor[P]()] = true
	return struct{}{}
}

// loweringOf returns the lowering registered for an op; nil if there is none.
func loweringOf(op core.Op) lowering { return lowerings[reflect.TypeOf(op)] }
