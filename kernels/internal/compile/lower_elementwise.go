package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

var _ = wantsLast[normalize.BatchNorm]() // chains have the channels last

// lowerElementwise begins a chain of elementwise ops at a node, if package match says that it can be part of
// one. It takes the readers of the values into the chain, as long as the values need not be stored or can be
// stored on the way.
func lowerElementwise(c *compiler, n *core.Node) (bool, error) {
	e, ok := match.Of(n)
	if !ok {
		return false, nil
	}
	if e.Kind == match.Dequantize && c.absorbed(n.Out(0)) {
		return true, nil // no code: its readers read the integers
	}
	if c.waits(n, e) {
		c.waiting[n.Out(0)] = e
		return true, nil // no code: the chain that reads it computes it
	}
	b := &chainBuilder{c: c, last: n, elements: n.Outputs()[0].Shape.MustElements()}
	b.start(e)
	b.follow(e)
	return true, b.emit()
}

// absorbed reports whether all readers of a dequantized value are elementwise nodes that can read the
// integers instead. Numbers for rows are read as float32.
func (c *compiler) absorbed(v core.Value) bool {
	if _, ok := match.Dequantized(v); !ok || len(c.users[v]) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.users[v], func(u *core.Node) bool {
		_, ok := match.Of(u)
		return !ok || match.RowOf(v, u.Outputs()[0].Shape) != 0
	})
}

// waits reports whether the value of an element that changes one value is better computed where a chain reads it: it
// would have to be stored, because its only reader combines it with a value that is not available yet.
func (c *compiler) waits(n *core.Node, e match.Element) bool {
	users := c.users[n.Out(0)]
	if !changesOne(e) || len(users) != 1 {
		return false
	}
	u, ok := match.Of(users[0])
	if !ok || users[0].Outputs()[0].Shape.MustElements() != n.Outputs()[0].Shape.MustElements() {
		return false
	}
	if u.Kind == match.Binary {
		in := users[0].Inputs()
		other, shape := in[1-slices.Index(in, n.Out(0))], users[0].Outputs()[0].Shape
		if other != n.Out(0) && match.ValuesOf(other, shape) == nil && !c.available(other, shape) {
			return true
		}
	}
	return changesOne(u) && c.waits(users[0], u)
}

// appliedBehind returns the kernel of a node of float32, followed by the functions of one number of which each is the
// only reader of the value before it, and the node of the last one.
func (c *compiler) appliedBehind(n *core.Node, kernel rowKernel) (rowKernel, *core.Node) {
	for users := c.users[n.Out(0)]; len(users) == 1; users = c.users[n.Out(0)] {
		e, ok := match.Of(users[0])
		if !ok || e.Kind != match.Unary || len(e.Steps) != 1 || e.Steps[0].Kind != elementwise.Apply ||
			users[0].Outputs()[0].Type != core.F32 || c.waits(users[0], e) {
			break
		}
		before, step, v := kernel.run, e.Steps[0], elementwise.Choose(c.isas, e.Steps[0].Primitive)
		kernel.name += ", " + v.Name
		kernel.run = func(to, x, y, z []byte, n int) {
			before(to, x, y, z, n)
			v.Run(to, to, nil, n, &step.Numbers)
		}
		n = users[0]
	}
	return kernel, n
}

// take notes that the instruction of a node computes the nodes behind it as well, each the only reader of the one
// before, up to the last, into its buffer.
func (c *compiler) take(n, last *core.Node) bool {
	c.at[last.Out(0)] = c.at[n.Out(0)]
	for n != last {
		n = c.users[n.Out(0)][0]
		c.skip[n] = true
	}
	return true
}

// changesOne reports whether an element computes its value from one other value.
func changesOne(e match.Element) bool {
	if e.Kind != match.Binary {
		return e.Kind == match.Unary
	}
	in, out := e.Node.Inputs(), e.Node.Outputs()[0].Shape
	return match.IsBroadcast(in[0], out) || match.IsBroadcast(in[1], out)
}

// chainBuilder collects the steps of one elementwise instruction.
type chainBuilder struct {
	c        *compiler
	steps    []elementwise.Step
	buffers  []int // for each buffer of the chain, the program's buffer
	writes   []int // those of the program's buffers that the chain stores to
	last     *core.Node
	softmax  *softmaxRows          // of the chain's values; nil for none
	narrow   elementwise.Primitive // of what the Softmax makes; 0 for none
	elements int
}

func (b *chainBuilder) buffer(program int) int {
	if i := slices.Index(b.buffers, program); i >= 0 {
		return i
	}
	b.buffers = append(b.buffers, program)
	return len(b.buffers) - 1
}

// target adds a buffer to the chain, for storing a value, and returns it.
func (b *chainBuilder) target(v core.Value) int {
	dst := b.c.newOutput(v)
	b.writes = append(b.writes, dst)
	return b.buffer(dst)
}

func (b *chainBuilder) add(s elementwise.Step) { b.steps = append(b.steps, s) }

// operand returns a value as an operand of the chain and records that the chain reads it.
func (b *chainBuilder) operand(v core.Value, out core.Shape) elementwise.Source {
	if t := match.ValuesOf(v, out); t != nil {
		return elementwise.Source{Values: t}
	}
	if row := match.RowOf(v, out); row != 0 {
		return elementwise.Source{Buffer: b.buffer(b.c.buffer(v)), Row: row}
	}
	if e, ok := b.c.waiting[v]; ok {
		return b.changed(e)
	}
	if d, ok := match.Dequantized(v); ok {
		return elementwise.Source{Buffer: b.buffer(b.c.buffer(d.From)), Type: d.Type, Scale: d.Scale}
	}
	return elementwise.Source{Buffer: b.buffer(b.c.buffer(v)), Type: dtype.F32}
}

// changed returns the value of an element that changes one value as an operand.
func (b *chainBuilder) changed(e match.Element) elementwise.Source {
	in, out := e.Node.Inputs(), e.Node.Outputs()[0].Shape
	current, steps := 0, e.Steps
	if e.Kind == match.Binary {
		kind := elementwise.Combine
		if match.IsBroadcast(in[0], out) {
			current, kind = 1, elementwise.CombineSwapped
		}
		other := b.operand(in[1-current], out)
		steps = append([]elementwise.Step{{Kind: kind, Primitive: e.Primitive, Source: other}}, steps...)
	}
	s := b.operand(in[current], out)
	s.Steps = append(s.Steps, steps...)
	return s
}

// available reports whether the next instruction can read a value to combine it with values of a shape.
func (c *compiler) available(v core.Value, with core.Shape) bool {
	if _, ok := c.waiting[v]; ok {
		return true
	}
	if d, ok := match.Dequantized(v); ok && match.RowOf(v, with) == 0 {
		v = d.From
	}
	_, ok := c.at[v]
	return ok
}

// start adds the steps of the first node of the chain.
func (b *chainBuilder) start(e match.Element) {
	in, out := e.Node.Inputs(), e.Node.Outputs()[0].Shape
	switch e.Kind {
	case match.Dequantize:
		b.add(elementwise.Step{Kind: elementwise.Load, Source: elementwise.Source{
			Buffer: b.buffer(b.c.buffer(in[0])), Type: e.From.Type, Scale: e.From.Scale,
		}})
		b.addSteps(e.Steps)
	case match.Binary:
		current := 0
		if match.IsBroadcast(in[0], out) {
			current = 1
		}
		b.add(elementwise.Step{Kind: elementwise.Load, Source: b.operand(in[current], out)})
		b.combine(e, current)
	default:
		b.add(elementwise.Step{Kind: elementwise.Load, Source: b.operand(in[0], out)})
		b.change(e)
	}
}

// change adds the steps of a node that changes one value. Those of a quantization are part of its store.
func (b *chainBuilder) change(e match.Element) {
	if e.Kind != match.Quantize {
		b.addSteps(e.Steps)
	}
}

func (b *chainBuilder) addSteps(steps []elementwise.Step) { b.steps = append(b.steps, steps...) }

// combine adds the step of a binary node. The chain holds its input number current.
func (b *chainBuilder) combine(e match.Element, current int) {
	kind := elementwise.Combine
	if current == 1 {
		kind = elementwise.CombineSwapped
	}
	other := b.operand(e.Node.Inputs()[1-current], e.Node.Outputs()[0].Shape)
	b.add(elementwise.Step{Kind: kind, Primitive: e.Primitive, Source: other})
	b.addSteps(e.Steps)
}

// follow extends the chain, after node e, with readers of its values. It stores the values if other nodes
// need them too.
func (b *chainBuilder) follow(e match.Element) {
	for e.Kind != match.Quantize {
		v := e.Node.Out(0)
		var quantizers []match.Element
		var others []*core.Node
		for _, u := range b.c.users[v] {
			q, ok := match.Of(u)
			if ok && q.Kind == match.Quantize && len(b.buffers)+len(quantizers) < maxChainBuffers-2 {
				quantizers = append(quantizers, q)
			} else {
				others = append(others, u)
			}
		}
		next, ok := b.next(v, others)
		if !ok && len(quantizers) == 0 && b.normalize(others) {
			return
		}
		if !ok && (len(others) > 0 || len(quantizers) == 0) || len(others) > 1 {
			b.add(elementwise.Step{Kind: elementwise.StoreF32, Buffer: b.target(v)})
		}
		for _, q := range quantizers {
			b.c.skip[q.Node] = true
			b.quantize(q)
		}
		if !ok {
			return
		}
		b.extend(next, v)
		e = next
	}
	b.quantize(e)
}

// next returns the first node in others, which are readers of v, with which the chain can continue.
func (b *chainBuilder) next(v core.Value, others []*core.Node) (match.Element, bool) {
	if len(b.buffers) > maxChainBuffers/2 {
		return match.Element{}, false
	}
	for _, u := range others {
		e, ok := match.Of(u)
		if !ok || b.c.skip[u] || u.Outputs()[0].Shape.MustElements() != b.elements {
			continue
		}
		if e.Kind == match.Binary {
			other, shape := u.Inputs()[1-slices.Index(u.Inputs(), v)], u.Outputs()[0].Shape
			ok = other != v && (match.ValuesOf(other, shape) != nil || b.c.available(other, shape))
		}
		if ok {
			return e, true
		}
	}
	return match.Element{}, false
}

// extend adds the steps of a node that reads v, the current values of the chain.
func (b *chainBuilder) extend(e match.Element, v core.Value) {
	if e.Kind == match.Binary {
		b.combine(e, slices.Index(e.Node.Inputs(), v))
	} else {
		b.change(e)
	}
	b.c.skip[e.Node] = true
	b.last = e.Node
}

// quantize ends the chain by storing its values as integers, or in another type than float32. If all readers
// of the integers are FlipSigns, it stores them with the sign bit inverted.
func (b *chainBuilder) quantize(e match.Element) {
	step := elementwise.Step{
		Kind: elementwise.StoreQuantized, Numbers: e.Numbers, Source: elementwise.Source{Steps: e.Steps},
	}
	b.last = e.Node
	b.c.fixRange(e.Node, e.RangeOut)
	v := e.Node.Out(0)
	if e.Narrow != 0 {
		b.add(elementwise.Step{Kind: elementwise.StoreConverted, Primitive: e.Narrow, Buffer: b.target(v)})
		return
	}
	users := b.c.users[v]
	isFlip := func(u *core.Node) bool { _, ok := u.Op().(*pointwise.FlipSign); return ok }
	if len(users) == 0 || slices.ContainsFunc(users, func(u *core.Node) bool { return !isFlip(u) }) {
		step.Buffer = b.target(v)
		b.add(step)
		return
	}
	step.Numbers.Flip = !step.Numbers.Flip
	step.Buffer = b.target(users[0].Out(0))
	for _, u := range users {
		b.c.skip[u] = true
		b.c.at[u.Out(0)] = b.c.at[users[0].Out(0)]
	}
	b.add(step)
}

// fixRange makes the outputs of a node after the first constants, with the given values.
func (c *compiler) fixRange(n *core.Node, values []*core.Tensor) {
	for i, t := range values {
		b := c.newBuffer(n.Outputs()[i+1])
		c.buffers[b].Fixed = t.Bytes()
		c.at[n.Out(i+1)] = b
	}
}

// normalize ends the chain with the Softmax that alone reads its values: it is computed in place, while they are in
// the first-level cache. It does nothing and returns false if there is none.
func (b *chainBuilder) normalize(readers []*core.Node) bool {
	if len(readers) != 1 {
		return false
	}
	rows, ok := b.c.softmaxOf(readers[0])
	if !ok {
		return false
	}
	b.softmax, b.last = rows, readers[0]
	b.c.skip[b.last] = true
	if users := b.c.users[b.last.Out(0)]; len(users) == 1 && rows.Block*rows.length <= elementwise.Block {
		if e, ok := match.Of(users[0]); ok && e.Kind == match.Quantize && e.Narrow != 0 {
			b.narrow, b.last = e.Narrow, users[0]
			b.c.skip[b.last] = true
			b.target(b.last.Out(0))
			return true
		}
	}
	b.add(elementwise.Step{Kind: elementwise.StoreF32, Buffer: b.target(b.last.Out(0))})
	return true
}

// emit appends the instruction of the chain.
func (b *chainBuilder) emit() error {
	chain, err := elementwise.NewChain(b.c.isas, len(b.buffers), b.steps)
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", b.last.Name, b.last.OpName(), err)
	}
	buffers := b.buffers
	run := func(r *machine.Worker, scratch []byte, i0, i1 int) {
		mem := chainMemory(r, buffers)
		chain.Run(mem[:len(buffers)], scratch, i0, i1)
	}
	w := work{
		node: b.last, kernel: chain.Name(), units: b.elements, reads: b.reads(), writes: b.writes,
		scratch: elementwise.Scratch,
	}
	if b.narrow != 0 {
		b.emitNarrowed(w, chain)
		return nil
	}
	if s := b.softmax; s != nil {
		dst, size := b.c.at[b.last.Out(0)], 4*s.length
		w.kernel += ", " + s.Kernel
		b.c.emitSoftmax(w, s, func(r *machine.Worker, scratch []byte, row, rows int) (y, x []byte) {
			run(r, scratch, row*s.length, (row+rows)*s.length)
			y = r.Mem[dst][row*size:][:rows*size]
			return y, y
		})
		return nil
	}
	w.run = func(r *machine.Worker, scratch []byte, i0, i1 int) error {
		run(r, scratch, i0, i1)
		return nil
	}
	b.c.emitElements(w)
	return nil
}

// emitNarrowed appends the instruction of a chain, of the Softmax of its values and of a conversion.
func (b *chainBuilder) emitNarrowed(w work, chain *elementwise.Chain) {
	s, narrow, buffers, dst := b.softmax, elementwise.Choose(b.c.isas, b.narrow), b.buffers, b.c.at[b.last.Out(0)]
	size := b.last.Outputs()[0].Type.Size()
	w.kernel += fmt.Sprintf(", %s+%v", s.Kernel, b.narrow)
	w.units, w.scratch = s.count, elementwise.Scratch+4*elementwise.Block+s.Bytes
	w.run = func(r *machine.Worker, scratch []byte, i0, i1 int) error {
		mem := chainMemory(r, buffers)
		own, y, rest := scratch[:elementwise.Scratch], scratch[elementwise.Scratch:], scratch[w.scratch-s.Bytes:]
		for i := i0; i < i1; i += s.Block {
			first, n := i*s.length, min(s.Block, i1-i)*s.length
			s.Run(y[:4*n], chain.Values(mem[:len(buffers)], own, first, first+n), rest, &r.Numbers)
			narrow.Run(r.Mem[dst][first*size:], y, nil, n, nil)
		}
		return nil
	}
	b.c.emitUnits(w)
}

// maxChainBuffers bounds the buffers of one chain; follow and next observe it.
const maxChainBuffers = 16

// chainMemory returns the memory of a chain's buffers.
func chainMemory(r *machine.Worker, buffers []int) (mem [maxChainBuffers][]byte) {
	for i, p := range buffers {
		mem[i] = r.Mem[p]
	}
	return mem
}

// reads returns the program's buffers that the chain only reads.
func (b *chainBuilder) reads() []int {
	return slices.DeleteFunc(slices.Clone(b.buffers), func(p int) bool { return slices.Contains(b.writes, p) })
}

var _ = lowers[pointwise.FlipSign](lowerFlipSign)

// lowerFlipSign lowers a FlipSign that is not part of the instruction that computes its input.
func lowerFlipSign(c *compiler, n *core.Node) (bool, error) {
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emit(flipInstruction(c, n, src, dst, n.Outputs()[0].Shape.MustElements()))
	return true, nil
}

// flipInstruction returns an instruction that copies size bytes with their topmost bit inverted.
func flipInstruction(c *compiler, n *core.Node, src, dst, size int) machine.Instruction {
	v := elementwise.Choose(c.isas, elementwise.Flip)
	return machine.Instruction{
		Node: n, Kernel: v.Name, Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitElements(size, part, parts)
			if i0 < i1 {
				v.Run(r.Mem[dst][i0:], r.Mem[src][i0:], nil, i1-i0, nil)
			}
			return nil
		},
	}
}
