package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// minTable is the least number of elements for which a table of all bytes pays.
const minTable = 1024

// minHalfTable is the least number of elements for which a table of all words pays.
const minHalfTable = 1 << 12

// lowerTable lowers an op on single bytes: its reference computes a table of the results for all 256 bytes, in which
// every element is looked up.
func lowerTable(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size, elements := out.Type.Size(), out.Shape.MustElements()
	if x.Type().IsHalf() && out.Type.IsHalf() && elements >= minHalfTable && machine.IsUnary(n) && len(n.Inputs()) == 1 {
		return true, c.lowerHalfTable(n)
	}
	bytes := core.AllBytes(x.Type())
	if bytes == nil || size == 0 || elements < minTable || !machine.IsUnary(n) {
		return false, nil
	}
	state := c.newState(func() any { return vector(out.Type, 256) })
	in, res := c.emitEval(n, "table values", func(r *machine.Run, in, out []*core.Tensor) error {
		in[0], out[0] = bytes, r.State[state].(*core.Tensor)
		return n.Op().Eval(in, out)
	})
	c.emitLook(n, in[0], res[0], func(r *machine.Run) []byte { return r.State[state].(*core.Tensor).Bytes() })
	return true, nil
}

// lowerHalfTable lowers a function of one real of 16 bits: its reference computes the results for all of them once.
func (c *compiler) lowerHalfTable(n *core.Node) error {
	x, out := n.Inputs()[0], n.Outputs()[0]
	all := core.AlignedBytes(2 << 16)
	for i := range machine.View[uint16](all) {
		machine.View[uint16](all)[i] = uint16(i)
	}
	words, err := core.TensorOver(x.Type(), core.Shape{1 << 16}, all)
	if err != nil {
		return n.Locate(err)
	}
	values, err := c.keep.Evaluate(n.Op(), []*core.Tensor{words})
	if err != nil {
		return n.Locate(err)
	}
	table := machine.View[uint16](c.keep.Canonical(values[0]).Bytes())
	elements, src, dst := out.Shape.MustElements(), c.buffer(x), c.newOutput(n.Out(0))
	c.emit(machine.Instruction{
		Node: n, Kernel: fmt.Sprintf("table_b16_%v", out.Type), Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitElements(elements, part, parts)
			to, all := machine.View[uint16](r.Mem[dst])[i0:max(i0, i1)], (*[1 << 16]uint16)(table)
			for i, v := range machine.View[uint16](r.Mem[src])[i0:max(i0, i1)] {
				to[i] = all[v]
			}
			return nil
		},
	})
	return nil
}

var _ = lowers[pointwise.Lookup](lowerLookup)

// lowerLookup lowers a Lookup in a constant table.
func lowerLookup(c *compiler, n *core.Node) (bool, error) {
	values, size := n.Inputs()[1].Constant(), n.Outputs()[0].Type.Size()
	if values == nil || size == 0 {
		return false, nil
	}
	src := c.buffer(n.Inputs()[0])
	dst := c.newOutput(n.Out(0))
	c.emitLook(n, src, dst, func(*machine.Run) []byte { return values.Bytes() })
	return true, nil
}

// emitLook appends an instruction that looks up each byte of src in a table.
func (c *compiler) emitLook(n *core.Node, src, dst int, table func(*machine.Run) []byte) {
	size, elements := n.Outputs()[0].Type.Size(), n.Outputs()[0].Shape.MustElements()
	kernel := fmt.Sprintf("table_b8_%v", n.Outputs()[0].Type)
	bytes := elementwise.Choose(c.isas, elementwise.Lookup)
	if size == 1 {
		kernel = bytes.Name
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			i0, i1 := splitElements(elements, part, parts)
			if i0 >= i1 {
				return nil
			}
			values, from, to := table(r.Run), r.Mem[src][i0:i1], r.Mem[dst][i0*size:i1*size]
			switch size {
			case 1:
				bytes.Run(to, from, values, len(to), nil)
			case 2:
				look(machine.View[uint16](to), from, (*[256]uint16)(machine.View[uint16](values)))
			case 4:
				look(machine.View[uint32](to), from, (*[256]uint32)(machine.View[uint32](values)))
			default:
				look(machine.View[uint64](to), from, (*[256]uint64)(machine.View[uint64](values)))
			}
			return nil
		},
	})
}

// look stores the entry of each byte, eight at a time.
func look[T any](to []T, from []byte, values *[256]T) {
	for len(from) >= 8 && len(to) >= 8 {
		f, t := (*[8]byte)(from), (*[8]T)(to)
		t[0], t[1], t[2], t[3] = values[f[0]], values[f[1]], values[f[2]], values[f[3]]
		t[4], t[5], t[6], t[7] = values[f[4]], values[f[5]], values[f[6]], values[f[7]]
		from, to = from[8:], to[8:]
	}
	to = to[:len(from)]
	for i, b := range from {
		to[i] = values[b]
	}
}
