package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
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

// lowering appends the instructions that compute a node; false if it has no kernel
// for such a node.
type lowering func(c *compiler, n *core.Node) (bool, error)

// compiler builds one planned machine.
type compiler struct {
	isas      isa.Set
	threads   int
	keep      *lease             // what the plans of one Prepared share
	at        map[core.Value]int // value -> buffer
	buffers   []*buffer
	code      []instruction
	bind      []func() error   // run after planning, when offsets are known
	arena     int              // bytes, known then
	onArena   []func(a []byte) // run once on each new arena
	users     map[core.Value][]*core.Node
	skip      map[*core.Node]bool // nodes that an earlier instruction computes
	padding   map[paddingKey]int
	states    []func() any      // what each arena needs beside it, see newState
	limits    core.MemoryLimits // of all tensors of a Run
	node      *core.Node        // that is being lowered
	indirects int64             // bytes of all offsets
}

// compile makes the Program of one set of shapes: it binds them, takes the function through
// the passes, and has each node lowered to instructions.
func (p *Prepared) compile(keep *lease, shapes []core.Shape) (*Program, error) {
	f, err := p.bind(shapes)
	if err != nil {
		return nil, err
	}
	options := passes.Options{Eval: keep.evaluate, ChannelsLast: wantsChannelsLast}
	if p.options.WithoutQDQ {
		options.Without = []string{passes.QDQ}
	}
	if p.options.Engine == Reference {
		options.StopAfter = passes.QDQ // it may change results, so it is for every engine
	}
	g, err := passes.Run(f, options)
	if err != nil {
		return nil, err
	}
	if p.options.Engine == Reference {
		return p.newProgram(f, g, newInterpreted(g.Nodes(), g.Parameters, g.Results, p.options.memory())), nil
	}
	head, tail, err := cutTail(g, p.options.memory())
	if err != nil {
		return nil, err
	}
	planned, err := p.lower(keep, head)
	if err != nil {
		return nil, err
	}
	if tail == nil {
		return p.newProgram(f, g, planned), nil
	}
	tail.head = planned
	return p.newProgram(f, g, tail), nil
}

// bind returns the function with the shapes of its parameters, in their order.
func (p *Prepared) bind(shapes []core.Shape) (*core.Function, error) {
	byName := make(map[string]core.Shape, len(shapes))
	for i, n := range p.function.Parameters {
		byName[n.Name] = shapes[i]
	}
	f, err := p.function.Bind(byName)
	if err != nil {
		return nil, err
	}
	for _, n := range f.Parameters {
		if !n.Outputs()[0].Static() {
			return nil, fmt.Errorf("input %q: its type and shape %v are not fully known: give a shape", n.Name, n.Outputs()[0])
		}
	}
	return f, nil
}

// lower makes the instructions of a function all of whose shapes are known.
func (p *Prepared) lower(keep *lease, f *core.Function) (*planned, error) {
	c := &compiler{
		isas: p.options.isas(), threads: p.options.threads(), keep: keep, at: map[core.Value]int{}, users: f.Users(),
		skip: map[*core.Node]bool{}, padding: map[paddingKey]int{}, limits: p.options.memory(),
	}
	for i, p := range f.Parameters {
		b := c.newBuffer(p.Outputs()[0])
		c.buffers[b].param = i
		c.at[p.Out(0)] = b
	}
	for _, n := range f.Nodes() {
		if err := c.lower(n); err != nil {
			return nil, err
		}
	}
	return c.finish(f, &p.runs)
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
			c.at[n.Out(0)] = c.fixedBuffer(n.Outputs()[0], op.Value)
		}
		return nil
	case *core.Result, *core.Reshape:
		if v := n.Inputs()[0]; v.Type() != core.String { // those have no buffers
			c.at[n.Out(0)] = c.buffer(v)
		}
		return nil
	}
	if l := loweringOf(n.Op()); l != nil {
		if done, err := l(c, n); done || err != nil {
			return err
		}
	}
	if c.lowerTable(n) || c.lowerShare(n) {
		return nil
	}
	return c.lowerReference(n)
}

// fixedBuffer returns a buffer outside the arena with a constant's bytes.
func (c *compiler) fixedBuffer(f core.Fact, t *core.Tensor) int {
	b := c.newBuffer(f)
	if c.buffers[b].fixed = c.keep.canonical(t).Bytes(); c.buffers[b].fixed == nil {
		c.buffers[b].fixed = []byte{}
	}
	return b
}

func (c *compiler) newBuffer(f core.Fact) int {
	return c.newScratch(f.Shape.MustElements() * f.Type.Size())
}

// newScratch returns a buffer of some bytes. It lives from the first instruction that names
// it to the last.
func (c *compiler) newScratch(size int) int {
	c.buffers = append(c.buffers, &buffer{size: size, first: -1, last: -1, param: -1, result: -1, node: c.node})
	return len(c.buffers) - 1
}

// buffer returns the buffer of a value that was computed.
func (c *compiler) buffer(v core.Value) int {
	b, ok := c.at[v]
	if !ok {
		panic(fmt.Sprintf("kernels: %v is read before it is computed", v))
	}
	return b
}

// buffersOf returns the buffers of values that were computed.
func (c *compiler) buffersOf(values []core.Value) []int {
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = c.buffer(v)
	}
	return out
}

// bufferInArena is buffer for kernels that address the arena: a parameter's or a
// constant's bytes are copied there first.
func (c *compiler) bufferInArena(v core.Value) int {
	b := c.buffer(v)
	if c.buffers[b].inArena() {
		c.buffers[b].addressed = true
		return b
	}
	copied := c.newScratch(c.buffers[b].size)
	c.emit(instruction{
		node: v.Node, kernel: "copy", reads: []int{b}, writes: []int{copied},
		run: func(r *worker, _, _ int) error {
			copy(r.mem[copied], r.mem[b])
			return nil
		},
	})
	c.at[v] = copied
	return copied
}

// newState returns the number, in run.state, of what every arena gets one of.
func (c *compiler) newState(f func() any) int {
	c.states = append(c.states, f)
	return len(c.states) - 1
}

// newOutput returns a new buffer for a value that an instruction computes.
func (c *compiler) newOutput(v core.Value) int {
	b := c.newBuffer(v.Fact())
	c.at[v] = b
	return b
}

// emit appends an instruction.
func (c *compiler) emit(i instruction) {
	for _, buffers := range [][]int{i.reads, i.writes, i.scratch} {
		for _, b := range buffers {
			if b >= 0 {
				c.buffers[b].touch(len(c.code))
			}
		}
	}
	for _, b := range i.reads {
		if b >= 0 {
			c.buffers[b].addressed = true
		}
	}
	c.code = append(c.code, i)
}

// offsets returns the offsets in the arena by which a kernel finds what each row reads. They
// are there once the arena is planned: check, which is the kernel's, has found then that none
// reaches out of it.
func (c *compiler) offsets(n *core.Node, check func(offsets []int32, size int) error, compute func() []int32) *[]int32 {
	offsets := new([]int32)
	c.bind = append(c.bind, func() error {
		*offsets = compute()
		c.indirects += 4 * int64(cap(*offsets))
		if err := check(*offsets, c.arena); err != nil {
			return fmt.Errorf("internal error, please report: node %q (%s): %w", n.Name, n.OpName(), err)
		}
		return nil
	})
	return offsets
}

// rowOffsets are those of rows that lie one behind the other.
func rowOffsets(first, rows, stride int) []int32 {
	offsets := make([]int32, rows)
	for i := range offsets {
		offsets[i] = int32(first + i*stride)
	}
	return offsets
}

// moved adds bytes to offsets and returns them.
func moved(offsets []int32, by int) []int32 {
	for i := range offsets {
		offsets[i] += int32(by)
	}
	return offsets
}

// lowerReference runs the op's reference on the values in their buffers.
func (c *compiler) lowerReference(n *core.Node) error {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return err
	}
	for _, v := range n.Inputs() {
		if v.Type() == core.String {
			return fmt.Errorf("node %q (%s): strings can be passed through but not computed with", n.Name, n.OpName())
		}
	}
	c.emitEval(n, "reference", func(_ *run, in, out []*core.Tensor) error { return evalInto(n.Op(), in, out) })
	c.code[len(c.code)-1].operations = operations(n)
	return nil
}

// finish plans the memory and closes the compilation.
func (c *compiler) finish(f *core.Function, runs *runPool) (*planned, error) {
	p := &planned{
		params: f.Parameters, results: f.Results, code: c.code, buffers: c.buffers, threads: c.threads,
		onArena: c.onArena, states: c.states, runs: runs,
	}
	for i, r := range f.Results {
		if r.Out(0).Type() == core.String {
			s, err := stringSource(r)
			if err != nil {
				return nil, err
			}
			p.outputs = append(p.outputs, output{buffer: -1, source: s})
			continue
		}
		b := c.buffer(r.Out(0))
		if buf := c.buffers[b]; buf.inArena() && !buf.addressed && !buf.whole {
			buf.result = i // outside the arena: in the caller's tensor
		}
		c.buffers[b].touch(len(c.code))
		p.outputs = append(p.outputs, output{buffer: b})
	}
	if err := c.checkResults(f); err != nil {
		return nil, err
	}
	var err error
	if p.arena, err = plan(c.buffers, c.limits.Bytes); err != nil {
		return nil, err
	}
	c.arena = p.arena
	for _, bind := range c.bind {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	p.size = c.indirects + int64(len(p.code)*instructionBytes+len(p.buffers)*bufferBytes)
	if testmode.DeadBuffersArePoisoned() {
		p.dead = p.deadSpans()
	}
	p.schedule()
	return p, nil
}

// stringSource returns the node, a constant or a parameter, whose strings a result passes on.
func stringSource(r *core.Node) (*core.Node, error) {
	n := r
	for {
		switch n.Op().(type) {
		case *core.Result, *core.Reshape:
			n = n.Inputs()[0].Node
		case *core.Constant, *core.Parameter:
			return n, nil
		default:
			return nil, fmt.Errorf("node %q (%s): strings can be passed through but not computed with", n.Name, n.OpName())
		}
	}
}

// What an instruction with its closure and a buffer take, roughly.
const instructionBytes, bufferBytes = 512, 128
