package kernels

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// instruction computes one node, or prepares data for one.
type instruction struct {
	node   *core.Node
	kernel string // a variant's name, or what else does the work
	splits bool   // whether any threads may share the work; stages decides into how many parts
	// run computes part number part of parts. It may be called for all parts at the
	// same time, each by a worker with a thread number of its own.
	run func(r *worker, part, parts int) error
}

// lowering appends the instructions that compute a node; false if it has no kernel
// for such a node.
type lowering func(c *compiler, n *core.Node) (bool, error)

// compiler builds one Program.
type compiler struct {
	isas    isa.Set
	threads int
	at      map[core.Value]int // value -> buffer
	buffers []*buffer
	code    []instruction
	bind    []func() error   // run after planning, when offsets are known
	arena   int              // bytes, known then
	onArena []func(a []byte) // run once on each new arena
	users   map[core.Value][]*core.Node
	skip    map[*core.Node]bool // nodes that an earlier instruction computes
	padding map[paddingKey]int
	states  []func() any // what each arena needs beside it, see newState
	limit   int64        // bytes of all tensors of a Run at once
	node    *core.Node   // that is being lowered
}

// Compile makes a Program of f for parameters of the given shapes, by name; shapes
// that f knows need not be given. All shapes must then be known. Options without a
// meaning are an *OptionError, and a Function that is put together wrongly is a
// *core.FunctionError.
func Compile(f *core.Function, shapes map[string]core.Shape, o Options) (*Program, error) {
	if err := check(f, o); err != nil {
		return nil, err
	}
	bound, err := f.Bind(shapes)
	if err != nil {
		return nil, err
	}
	for _, p := range bound.Parameters {
		if !p.Outputs()[0].Static() {
			return nil, fmt.Errorf("input %q: its type and shape %v are not fully known: give a shape", p.Name, p.Outputs()[0])
		}
	}
	if !o.WithoutQDQ { // for every engine: the pass may change results
		if bound, err = passes.Run(bound, passes.Options{StopAfter: passes.QDQ}); err != nil {
			return nil, err
		}
	}
	if o.Engine == Reference {
		return &Program{reference: bound, params: bound.Parameters, results: bound.Results, limit: o.maxBytes()}, nil
	}
	bound, err = passes.Run(bound, passes.Options{Without: []string{passes.QDQ}})
	if err != nil {
		return nil, err
	}
	whole := bound
	bound, rest, err := cutTail(whole)
	if err != nil {
		return nil, err
	}
	if bound, err = channelsLast(bound); err != nil {
		return nil, err
	}
	c := &compiler{
		isas: o.isas(), threads: max(o.Threads, 1), at: map[core.Value]int{}, users: bound.Users(),
		skip: map[*core.Node]bool{}, padding: map[paddingKey]int{}, limit: o.maxBytes(),
	}
	for i, p := range bound.Parameters {
		b := c.newBuffer(p.Outputs()[0])
		c.buffers[b].param = i
		c.at[p.Out(0)] = b
	}
	for _, n := range bound.Nodes() {
		if err := c.lower(n); err != nil {
			return nil, err
		}
	}
	p, err := c.program(bound)
	if err != nil || rest == nil {
		return p, err
	}
	rest.plan, rest.limit = p, c.limit
	return &Program{params: whole.Parameters, results: whole.Results, tail: rest}, nil
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
	switch op := n.Op().(type) {
	case *core.Parameter:
		return nil
	case *core.Constant:
		if op.Value.Type() != core.String {
			b := c.newBuffer(n.Outputs()[0])
			c.buffers[b].fixed = op.Value.Bytes()
			if c.buffers[b].fixed == nil {
				c.buffers[b].fixed = []byte{}
			}
			c.at[n.Out(0)] = b
		}
		return nil
	case *core.Result, *core.Reshape:
		c.at[n.Out(0)] = c.read(n.Inputs()[0])
		return nil
	}
	if l, ok := lowerings[n.OpName()]; ok {
		if done, err := l(c, n); done || err != nil {
			return err
		}
	}
	if c.lowerTable(n) || c.lowerShare(n) {
		return nil
	}
	return c.lowerReference(n)
}

func (c *compiler) newBuffer(f core.Fact) int {
	return c.newScratch(f.Shape.MustElements() * f.Type.Size())
}

// newScratch returns a buffer for the instruction that is appended next.
func (c *compiler) newScratch(size int) int {
	now := len(c.code)
	c.buffers = append(c.buffers, &buffer{size: size, first: now, last: now, param: -1, node: c.node})
	return len(c.buffers) - 1
}

// read returns the buffer of a value and notes that the next instruction reads it.
func (c *compiler) read(v core.Value) int {
	b, ok := c.at[v]
	if !ok {
		panic(fmt.Sprintf("kernels: %v is read before it is computed", v))
	}
	c.readBuffer(b)
	return b
}

// readInArena is read for kernels that address the arena: a parameter's or a
// constant's bytes are copied there first.
func (c *compiler) readInArena(v core.Value) int {
	b := c.read(v)
	if c.buffers[b].inArena() {
		return b
	}
	copied := c.newScratch(c.buffers[b].size)
	c.emit(instruction{node: v.Node, kernel: "copy", run: func(r *worker, _, _ int) error {
		copy(r.mem[copied], r.mem[b])
		return nil
	}})
	c.buffers[copied].last = len(c.code)
	c.at[v] = copied
	return copied
}

// readBuffer notes that the next instruction reads a buffer.
func (c *compiler) readBuffer(b int) {
	c.buffers[b].last = max(c.buffers[b].last, len(c.code))
}

// newState returns the number, in run.state, of something that every arena gets one of.
func (c *compiler) newState(f func() any) int {
	c.states = append(c.states, f)
	return len(c.states) - 1
}

// write returns a new buffer for a value that the next instruction computes.
func (c *compiler) write(v core.Value) int {
	b := c.newBuffer(v.Fact())
	c.at[v] = b
	return b
}

func (c *compiler) emit(i instruction) {
	c.code = append(c.code, i)
}

// lowerReference runs the op's reference on the values in their buffers.
func (c *compiler) lowerReference(n *core.Node) error {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return err
	}
	var in, out []int
	facts := make([]core.Fact, len(n.Inputs()))
	for i, v := range n.Inputs() {
		facts[i] = v.Fact()
		if v.Type() == core.String {
			return fmt.Errorf("node %q (%s): strings can be passed through but not computed with", n.Name, n.OpName())
		}
		in = append(in, c.read(v))
	}
	for i := range n.Outputs() {
		out = append(out, c.write(n.Out(i)))
	}
	c.emit(instruction{node: n, kernel: "reference", run: func(r *worker, _, _ int) error {
		ins, err := r.tensors(in, facts)
		if err != nil {
			return err
		}
		res, err := r.tensors(out, n.Outputs())
		if err != nil {
			return err
		}
		want := slices.Clone(res)
		if err := n.Locate(n.Op().Eval(ins, res)); err != nil {
			return err
		}
		for i, t := range res {
			if t != want[i] {
				copy(want[i].Bytes(), t.Bytes())
			}
		}
		return nil
	}})
	return nil
}

// program plans the memory and closes the compilation.
func (c *compiler) program(f *core.Function) (*Program, error) {
	p := &Program{params: f.Parameters, results: f.Results, code: c.code, buffers: c.buffers, threads: c.threads, onArena: c.onArena, states: c.states}
	for _, r := range f.Results {
		b := c.read(r.Out(0)) // read after the last instruction
		p.outputs = append(p.outputs, b)
	}
	if err := c.checkResults(f); err != nil {
		return nil, err
	}
	var err error
	if p.arena, err = plan(c.buffers, c.limit); err != nil {
		return nil, err
	}
	c.arena = p.arena
	for _, bind := range c.bind {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	p.pool.New = func() any { return p.newRun() }
	p.schedule()
	return p, nil
}

// checkOffsets verifies, once the arena is planned, what a kernel with an indirection
// takes on trust: no run of width bytes reaches out of the arena.
func (c *compiler) checkOffsets(n *core.Node, offsets []int32, taps, width int) error {
	if err := gemm.CheckOffsets("pixel", offsets, taps, width, c.arena); err != nil {
		return fmt.Errorf("internal error, please report: node %q (%s): %w", n.Name, n.OpName(), err)
	}
	return nil
}

// Ops lists the core ops that have kernels, sorted.
func Ops() []string { return slices.Sorted(maps.Keys(lowerings)) }
