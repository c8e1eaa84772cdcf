package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/segments"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// compiler builds one planned machine.
type compiler struct {
	assembler assembler // of the functions that nodes call
	isas      isa.Set
	threads   int
	keep      *share.Lease       // what the plans of one function share
	at        map[core.Value]int // value -> buffer
	buffers   []*machine.Buffer
	code      []machine.Instruction
	bind      []func() error   // run after planning, when offsets are known
	arena     int              // bytes, known then
	onArena   []func(a []byte) // run once on each new arena
	users     map[core.Value][]*core.Node
	skip      map[*core.Node]bool // nodes that an earlier instruction computes
	padding   map[uint8]int       // runs of a byte that stand for padding
	states    []func() any        // what each arena needs beside it, see newState
	limits    core.MemoryLimits   // of the tensors of a Run
	node      *core.Node          // that is being lowered
	indirects int64               // bytes of all offsets
	inner     int64               // bytes of the arenas of functions
	caller    *core.Node          // the last node that calls functions
	packs     bool                // the node that is being lowered had constants packed
}

// fixedBuffer returns a buffer outside the arena with a constant's bytes.
func (c *compiler) fixedBuffer(f core.Fact, t *core.Tensor) int {
	b := c.newBuffer(f)
	if c.buffers[b].Fixed = c.keep.Canonical(t).Bytes(); c.buffers[b].Fixed == nil {
		c.buffers[b].Fixed = []byte{}
	}
	return b
}

func (c *compiler) newBuffer(f core.Fact) int {
	return c.newScratch(f.Shape.MustElements() * f.Type.Size())
}

// newScratch returns a buffer of some bytes. It lives from the first instruction that names
// it to the last.
func (c *compiler) newScratch(size int) int {
	c.buffers = append(c.buffers, machine.NewBuffer(size, c.node))
	return len(c.buffers) - 1
}

// buffer returns the buffer of a value that was computed.
func (c *compiler) buffer(v core.Value) int {
	b, ok := c.at[v]
	if !ok {
		panic(fmt.Sprintf("compile: %v is read before it is computed", v))
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
	if c.buffers[b].InArena() {
		c.buffers[b].Addressed = true
		return b
	}
	copied := c.newScratch(c.buffers[b].Size)
	c.emit(machine.Instruction{
		Node: v.Node, Kernel: "copy", Reads: []int{b}, Writes: []int{copied},
		Run: func(r *machine.Worker, _, _ int) error {
			copy(r.Mem[copied], r.Mem[b])
			return nil
		},
	})
	c.at[v] = copied
	return copied
}

// newState returns the number, in Run.State, of what every arena gets one of.
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
func (c *compiler) emit(i machine.Instruction) {
	for _, buffers := range [][]int{i.Reads, i.Writes, i.Scratch} {
		for _, b := range buffers {
			if b >= 0 {
				c.buffers[b].Touch(len(c.code))
			}
		}
	}
	for _, b := range i.Reads {
		if b >= 0 {
			c.buffers[b].Addressed = true
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

// finish plans the memory and closes the compilation.
func (c *compiler) finish(f *segments.Partition, runs *machine.RunPool) (*machine.Planned, error) {
	l := &machine.Layout{
		Params: f.Parameters, Results: f.Results, Buffers: c.buffers, OnArena: c.onArena, States: c.states,
	}
	for i, r := range f.Results {
		o, err := c.output(i, r)
		if err != nil {
			return nil, err
		}
		l.Outputs = append(l.Outputs, o)
	}
	if err := c.checkResults(f.Results); err != nil {
		return nil, err
	}
	if err := l.Place(c.limits.Bytes); err != nil {
		return nil, err
	}
	if c.arena = l.Arena; c.caller != nil && int64(c.arena)+c.inner > c.limits.Bytes {
		return nil, machine.OutOfMemory(c.caller, int64(c.arena)+c.inner, c.limits.Bytes)
	}
	for _, bind := range c.bind {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	return machine.NewPlanned(l, c.code, c.threads, c.indirects, runs), nil
}

// output returns where result number i is computed: in the caller's tensor, if no instruction
// addresses its buffer.
func (c *compiler) output(i int, r *core.Node) (machine.Output, error) {
	if r.Out(0).Type() == core.String {
		s, err := stringSource(r)
		return machine.Output{Buffer: -1, Source: s}, err
	}
	b := c.buffer(r.Out(0))
	if buf := c.buffers[b]; buf.InArena() && !buf.Addressed && !buf.Whole {
		buf.Result = i
	}
	c.buffers[b].Touch(len(c.code))
	return machine.Output{Buffer: b}, nil
}

// keepsBuffer reports whether an op's output is where its first input is.
func keepsBuffer(op core.Op) bool {
	_, result := op.(*core.Result)
	return result || trait.Reshapes(op)
}

// stringSource returns the node, a constant or a parameter, whose strings a result passes on.
func stringSource(r *core.Node) (*core.Node, error) {
	n := r
	for {
		if keepsBuffer(n.Op()) {
			n = n.Inputs()[0].Node
			continue
		}
		switch n.Op().(type) {
		case *core.Constant, *core.Parameter:
			return n, nil
		default:
			return nil, fmt.Errorf("node %q (%s): strings can be passed through but not computed with", n.Name, n.OpName())
		}
	}
}

// referenceBytes is how many bytes for each element of its largest operand a reference may
// take beside its outputs.
const referenceBytes = 16

// productOf multiplies sizes, at most 2^62.
func productOf(sizes ...int) int {
	const most = 1 << 62
	n := 1
	for _, s := range sizes {
		if s == 0 {
			return 0
		}
		if n > most/s {
			n = most / s * s
			continue
		}
		n *= s
	}
	return n
}

// checkOutputs bounds what a node's outputs take, and temporary bytes for each element of
// its largest operand, before memory is taken for anything that is as large.
func (c *compiler) checkOutputs(n *core.Node, temporary int64) error {
	need, elements := int64(0), 0
	for _, v := range n.Inputs() {
		elements = max(elements, v.Shape().MustElements())
	}
	for _, f := range n.Outputs() {
		bytes, err := f.Bytes()
		if err != nil {
			return n.Locate(err)
		}
		if most := c.limits.TensorBytes; bytes > most {
			return machine.TensorTooLarge(n, bytes, most)
		}
		need += bytes
		elements = max(elements, f.Shape.MustElements())
	}
	if need += int64(elements) * temporary; need > c.limits.Bytes {
		return machine.OutOfMemory(n, need, c.limits.Bytes)
	}
	return nil
}

// checkResults bounds the results, which are copies.
func (c *compiler) checkResults(results []*core.Node) error {
	total := int64(0)
	for _, r := range results {
		bytes, err := r.Outputs()[0].Bytes()
		if err != nil {
			return r.Locate(err)
		}
		if total += bytes; total > c.limits.Bytes {
			return machine.OutOfMemory(r, total, c.limits.Bytes)
		}
	}
	return nil
}

// checkIndirection bounds the offsets of an indirection: those of rows with some taps each.
func (c *compiler) checkIndirection(n *core.Node, rows, taps int) error {
	if bytes := int64(productOf(rows, taps, 4)); bytes > c.limits.Bytes {
		return machine.OutOfMemory(n, bytes, c.limits.Bytes)
	}
	return nil
}
