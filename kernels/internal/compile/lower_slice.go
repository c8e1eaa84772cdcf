package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

var (
	_ = lowers[indexing.Slice](lowerCut)
	_ = lowers[indexing.StridedSlice](lowerCut)
	_ = lowers[indexing.Gather](lowerGather)
	_ = lowers[array.Split](lowerSplit)
)

// operandsOf returns what is known of a node's inputs.
func operandsOf(n *core.Node) []core.Operand {
	in := make([]core.Operand, len(n.Inputs()))
	for i, v := range n.Inputs() {
		in[i] = core.Operand{Fact: v.Fact(), Const: v.Constant()}
	}
	return in
}

// lowerCut lowers what takes neighbouring elements at a place that is known.
func lowerCut(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	bytes := n.Outputs()[0].Shape.MustElements() * size
	first, ok := n.Op().(trait.Cutting).Cut(operandsOf(n))
	if !ok || bytes == 0 {
		return false, nil
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	from := first * size
	c.emit(machine.Instruction{
		Node: n, Kernel: "copy", Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			a, b := part*bytes/parts, (part+1)*bytes/parts
			copy(r.Mem[dst][a:b], r.Mem[src][from+a:])
			return nil
		},
	})
	return true, nil
}

// lowerGather lowers a Gather without batch dimensions: each slice is a run of bytes.
func lowerGather(c *compiler, n *core.Node) (bool, error) {
	if done, err := lowerCut(c, n); done || err != nil {
		return done, err
	}
	op, x, indices := n.Op().(*indexing.Gather), n.Inputs()[0], n.Inputs()[1]
	size := x.Type().Size()
	if op.BatchDims != 0 || n.Outputs()[0].Shape.MustElements()*size == 0 {
		return false, nil
	}
	axis := op.Axis
	if axis < 0 {
		axis += len(x.Shape())
	}
	dim, count := x.Shape()[axis], indices.Shape().MustElements()
	outer, line := x.Shape()[:axis].MustElements(), x.Shape()[axis+1:].MustElements()*size
	src, at := c.buffer(x), c.buffer(indices)
	dst := c.newOutput(n.Out(0))
	wide := indices.Type() == core.I64
	c.emit(machine.Instruction{
		Node: n, Kernel: "gather", Splits: true, Reads: []int{src, at}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			lines := outer * count
			for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
				index := indexAt(r.Mem[at], l%count, wide)
				if err := indexing.CheckIndex(index, dim); err != nil {
					return n.Locate(err)
				}
				copy(r.Mem[dst][l*line:][:line], r.Mem[src][(l/count*dim+int(index))*line:])
			}
			return nil
		},
	})
	return true, nil
}

// indexAt returns number i of integers of 64 bits, or of 32.
func indexAt(b []byte, i int, wide bool) int64 {
	if wide {
		return machine.View[int64](b)[i]
	}
	return int64(machine.View[int32](b)[i])
}

// lowerSplit lowers a Split: each line of the input, the dimensions from the axis on, is one run of
// bytes of each output.
func lowerSplit(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	if x.Shape().MustElements()*size == 0 {
		return false, nil
	}
	axis := n.Op().(*array.Split).Axis
	if axis < 0 {
		axis += len(x.Shape())
	}
	lines := x.Shape()[:axis].MustElements()
	type piece struct{ buffer, bytes int }
	var pieces []piece
	var writes []int
	src := c.buffer(x)
	for i, f := range n.Outputs() {
		dst := c.newOutput(n.Out(i))
		writes = append(writes, dst)
		pieces = append(pieces, piece{dst, f.Shape.MustElements() / lines * size})
	}
	line := x.Shape().MustElements() / lines * size
	c.emit(machine.Instruction{
		Node: n, Kernel: "split", Splits: true, Reads: []int{src}, Writes: writes,
		Run: func(r *machine.Worker, part, parts int) error {
			from := 0
			for _, p := range pieces {
				in, out := r.Mem[src], r.Mem[p.buffer]
				for l := part * lines / parts; l < (part+1)*lines/parts; l++ {
					copy(out[l*p.bytes:][:p.bytes], in[l*line+from:])
				}
				from += p.bytes
			}
			return nil
		},
	})
	return true, nil
}
