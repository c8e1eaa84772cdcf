package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
	"github.com/tf2ng/tf2ng/kernels/internal/segments"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// compiler builds one planned machine.
type compiler struct {
	assembler assembler // of the functions that nodes call
	isas      isa.Set
	threads   int
	keep      *share.Lease       // data that all plans of one function share
	at        map[core.Value]int // value -> buffer
	buffers   []*machine.Buffer
	code      []machine.Instruction
	bind      []func() error   // called after planning, when offsets are known
	arena     int              // size in bytes, known after planning
	onArena   []func(a []byte) // called once on each new arena
	users     map[core.Value][]*core.Node
	skip      map[*core.Node]bool          // nodes that an earlier instruction computes
	waiting   map[core.Value]match.Element // values that the chains which read them compute
	padding   map[uint8]int                // by zero point: the buffer of a run of that byte, see paddingRun
	states    []func() any                 // make the states that each arena needs, see newState
	limits    core.MemoryLimits            // of the tensors of a Run
	node      *core.Node                   // the node that is being lowered
	indirects int64                        // the size of all offsets in bytes
	inner     int64                        // the size of the arenas of called functions in bytes
	caller    *core.Node                   // the last node that calls functions
	packs     bool                         // the lowering of node has packed constants
}

// fixedBuffer returns a buffer outside the arena with a constant's bytes.
func (c *compiler) fixedBuffer(f core.Fact, t *core.Tensor) int {
	b := c.newBuffer(f)
	if c.buffers[b].Fixed = c.keep.Canonical(t).Bytes(); c.buffers[b].Fixed == nil {
		c.buffers[b].Fixed = []byte{}
	}
	return b
}

// constantBuffer returns a buffer outside the arena with some bytes.
func (c *compiler) constantBuffer(bytes []byte) int {
	b := c.newScratch(len(bytes))
	c.buffers[b].Fixed = bytes
	return b
}

func (c *compiler) newBuffer(f core.Fact) int {
	return c.newScratch(f.Shape.MustElements() * f.Type.Size())
}

// newScratch returns a new buffer of size bytes. It lives from the first instruction that names it to the
// last.
func (c *compiler) newScratch(size int) int {
	c.buffers = append(c.buffers, machine.NewBuffer(size, c.node))
	return len(c.buffers) - 1
}

// buffer returns the buffer of a value. It panics if no instruction computes the value yet.
func (c *compiler) buffer(v core.Value) int {
	b, ok := c.at[v]
	if !ok {
		panic(fmt.Sprintf("compile: %v is read before it is computed", v))
	}
	return b
}

// buffersOf is buffer for several values.
func (c *compiler) buffersOf(values []core.Value) []int {
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = c.buffer(v)
	}
	return out
}

// ends reports whether the only reader of a value may write to its buffer.
func (c *compiler) ends(v core.Value) bool {
	inArena := c.buffers[c.buffer(v)].InArena()
	for len(c.users[v]) == 1 {
		if !keepsBuffer(v.Node.Op()) {
			return inArena
		}
		v = v.Node.Inputs()[0]
	}
	return false
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

// locate adds the node that is being lowered to an error of a kernel.
func (c *compiler) locate(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("node %q (%s): %w", c.node.Name, c.node.OpName(), err)
}

// newState returns the index in Run.State of a new state. f is called once for each arena to make its state.
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

// work is an instruction whose result consists of units, such as rows, that are computed independently of one another.
type work struct {
	node          *core.Node
	kernel        string
	units         int
	reads, writes []int
	scratch       int // bytes for each thread
	// run computes units [i0,i1), of which there is at least one.
	run func(r *machine.Worker, scratch []byte, i0, i1 int) error
}

// emitUnits appends the instruction of work.
func (c *compiler) emitUnits(w work) { c.emitWork(w, splitUnits) }

// emitElements is emitUnits for elements: the parts of threads begin at multiples of some elements.
func (c *compiler) emitElements(w work) { c.emitWork(w, splitElements) }

func (c *compiler) emitWork(w work, split func(n, part, parts int) (i0, i1 int)) {
	scratch := c.newThreadScratch(w.scratch)
	c.emit(machine.Instruction{
		Node: w.node, Kernel: w.kernel, Splits: w.units > 1, Reads: w.reads, Writes: w.writes, Scratch: scratch.buffers(),
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := split(w.units, part, parts)
			if i0 >= i1 {
				return nil
			}
			return w.run(r, scratch.of(r), i0, i1)
		},
	})
}

// emitEach appends an instruction that runs a variant on each element; sizes are the bytes of an element of src
// and of dst.
func (c *compiler) emitEach(
	n *core.Node, v *elementwise.Variant, src, dst int, sizes [2]int, elements int, numbers elementwise.Numbers,
) {
	c.emitElements(work{
		node: n, kernel: v.Name, units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			v.Run(r.Mem[dst][i0*sizes[1]:], r.Mem[src][i0*sizes[0]:], nil, i1-i0, &numbers)
			return nil
		},
	})
}

// elementBlock is how many elements are taken through several primitives at a time.
const elementBlock = 1024

// splitUnits returns the range of units of a part.
func splitUnits(n, part, parts int) (i0, i1 int) { return part * n / parts, (part + 1) * n / parts }

// splitElements returns the range of elements of a part. It begins at a multiple of 64.
func splitElements(n, part, parts int) (i0, i1 int) {
	const unit = 64
	i0, i1 = splitUnits((n+unit-1)/unit, part, parts)
	return i0 * unit, min(i1*unit, n)
}

// partsPerThread is into how many parts per thread the work of emitPartials is divided at most.
const partsPerThread = 16

// emitPartials appends an instruction that computes a value of each part of some units, and returns what returns the
// values of a Run in the order of the parts. A value may occur more than once. run of w is not called.
func emitPartials[T any](
	c *compiler, w work, of func(r *machine.Worker, scratch []byte, i0, i1 int) T,
) func(*machine.Run) []T {
	most, scratch := c.threads*partsPerThread, c.newThreadScratch(w.scratch)
	state := c.newState(func() any { return make([]T, most) })
	c.emit(machine.Instruction{
		Node: w.node, Kernel: w.kernel, Splits: true, MostParts: most, Reads: w.reads, Scratch: scratch.buffers(),
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitUnits(w.units, part, parts)
			v := of(r, scratch.of(r), i0, i1)
			// A part has the values of all smaller parts that it consists of.
			machine.Fill(r.State[state].([]T)[part*most/parts:(part+1)*most/parts], v)
			return nil
		},
	})
	return func(r *machine.Run) []T { return r.State[state].([]T) }
}

// threadScratch is scratch of which each thread has its own bytes.
type threadScratch struct{ buffer, bytes int }

func (c *compiler) newThreadScratch(bytes int) threadScratch {
	if bytes == 0 {
		return threadScratch{buffer: -1}
	}
	return threadScratch{c.newScratch(bounds.Product(c.threads, bytes)), bytes}
}

// buffers returns the buffer for Instruction.Scratch.
func (s threadScratch) buffers() []int { return []int{s.buffer} }

// of returns the bytes of a thread.
func (s threadScratch) of(r *machine.Worker) []byte {
	if s.bytes == 0 {
		return nil
	}
	return r.Mem[s.buffer][r.Thread*s.bytes:][:s.bytes]
}

// offsets returns the offsets in the arena at which a kernel finds what each row reads. They are computed
// when the arena has been planned, and then verified by check, the kernel's function for that, so that none
// reaches beyond the arena.
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

// rowOffsets returns the offsets of rows that are stride bytes apart.
func rowOffsets(first, rows, stride int) []int32 {
	offsets := make([]int32, rows)
	for i := range offsets {
		offsets[i] = int32(first + i*stride)
	}
	return offsets
}

// moved adds a number of bytes to offsets, in place, and returns them.
func moved(offsets []int32, by int) []int32 {
	for i := range offsets {
		offsets[i] += int32(by)
	}
	return offsets
}

// finish plans the memory and completes the compilation. The instructions are shared by so many threads.
func (c *compiler) finish(f *segments.Partition, sharing int, runs *machine.RunPool) (*machine.Planned, error) {
	l := &machine.Layout{
		Params: f.Parameters, Results: f.Results, Buffers: c.buffers, OnArena: c.onArena, States: c.states,
		Caller: c.caller, CalledBytes: c.inner,
	}
	for i, r := range f.Results {
		l.Outputs = append(l.Outputs, c.output(i, r))
	}
	if err := c.checkResults(f.Results); err != nil {
		return nil, err
	}
	if err := l.Place(c.limits.Bytes, sharing); err != nil {
		return nil, err
	}
	c.arena = l.Arena
	for _, bind := range c.bind {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	return machine.NewPlanned(l, c.code, c.threads, c.indirects, runs), nil
}

// output returns the buffer of result number i. The result is computed in the caller's tensor, provided that no
// instruction addresses its buffer by offsets in the arena.
func (c *compiler) output(i int, r *core.Node) int {
	b := c.buffer(r.Out(0))
	if buf := c.buffers[b]; buf.InArena() && !buf.Addressed && !buf.Whole {
		buf.Result = i
	}
	c.buffers[b].Touch(len(c.code))
	return b
}

// keepsBuffer reports whether an op's output shares the buffer of its first input.
func keepsBuffer(op core.Op) bool {
	_, result := op.(*core.Result)
	return result || trait.Reshapes(op)
}

// referenceBytes is how many temporary bytes, for each element of its largest operand, a reference may
// allocate in addition to its outputs.
const referenceBytes = 16

// checkOutputs checks the size of a node's outputs, plus temporary bytes for each element of its largest
// operand, against the limits. It must be called before anything of that size is allocated.
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

// checkResults checks the size of the results, which are copies, against the limits.
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

// checkIndirection checks the size of the offsets of an indirection, one for each tap of each row, against
// the limits.
func (c *compiler) checkIndirection(n *core.Node, rows, taps int) error {
	if bytes := int64(bounds.Product(rows, taps, 4)); bytes > c.limits.Bytes {
		return machine.OutOfMemory(n, bytes, c.limits.Bytes)
	}
	return nil
}
