package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// minTable is the least number of elements for which a table of all bytes pays.
const minTable = 1024

// minHalfTable is the least number of elements for which a table of all words pays.
const minHalfTable = 256

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
	for i := range view.Of[uint16](all) {
		view.Of[uint16](all)[i] = uint16(i)
	}
	words, err := core.TensorOver(x.Type(), core.Shape{1 << 16}, all)
	if err != nil {
		return n.Locate(err)
	}
	values, err := c.keep.EvaluateAlike(n.Op(), []*core.Tensor{words})
	if err != nil {
		return n.Locate(err)
	}
	table := view.Of[uint16](c.keep.Canonical(values[0]).Bytes())
	elements, src, dst := out.Shape.MustElements(), c.buffer(x), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: fmt.Sprintf("table_b16_%v", out.Type), units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			to, all := view.Of[uint16](r.Mem[dst])[i0:i1], (*[1 << 16]uint16)(table)
			for i, v := range view.Of[uint16](r.Mem[src])[i0:i1] {
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
	c.emitElements(work{
		node: n, kernel: kernel, units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			values, from, to := table(r.Run), r.Mem[src][i0:i1], r.Mem[dst][i0*size:i1*size]
			switch size {
			case 1:
				bytes.Run(to, from, values, len(to), nil)
			case 2:
				look(view.Of[uint16](to), from, (*[256]uint16)(view.Of[uint16](values)))
			case 4:
				look(view.Of[uint32](to), from, (*[256]uint32)(view.Of[uint32](values)))
			case 8:
				look(view.Of[uint64](to), from, (*[256]uint64)(view.Of[uint64](values)))
			case 16:
				look(view.Of[complex128](to), from, (*[256]complex128)(view.Of[complex128](values)))
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

// sumTables compute z, the sum of x and y, by lookup: z = x[byte of x] + y[byte of y] or, if repeat is not nil,
// z = x[byte of x] + repeat[index along the last axis].
type sumTables struct {
	x, y   [256]int32
	repeat []int32 // the summands of the last axis, a few times; 0 if y is one number, which x then includes
}

var (
	_ = lowers[tensorflow.QuantizedAdd](lowerQuantizedSum)
	_ = lowers[tensorflow.QuantizedBiasAdd](lowerQuantizedSum)
)

// lowerQuantizedSum lowers QuantizedAdd and QuantizedBiasAdd, whose result is a value that depends on x alone
// plus one that depends on y alone.
func lowerQuantizedSum(c *compiler, n *core.Node) (bool, error) {
	x, y, out := n.Inputs()[0], n.Inputs()[1], n.Outputs()[0]
	elements, channels := out.Shape.MustElements(), y.Shape().MustElements()
	if elements < minTable || !x.Shape().Equal(out.Shape) || !isRepeated(y.Shape(), out.Shape) {
		return false, nil
	}
	state := c.newState(func() any {
		t := &sumTables{}
		if channels < elements {
			t.repeat = make([]int32, channels*max(1, minTable/channels))
		}
		return t
	})
	in, res := c.emitEval(n, "table values", func(r *machine.Run, in, out []*core.Tensor) error {
		return r.State[state].(*sumTables).fill(n.Op(), in, out)
	})
	c.emitElements(work{
		node: n, kernel: "table_b8_sum", units: elements, reads: in, writes: res[:1],
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			t, y := r.State[state].(*sumTables), []byte(nil)
			if t.repeat == nil {
				y = r.Mem[in[1]][i0:i1]
			}
			t.run(view.Of[int32](r.Mem[res[0]])[i0:i1], r.Mem[in[0]][i0:i1], y, i0)
			return nil
		},
	})
	return true, nil
}

// run computes sums, the first of which is element number first. y is not read if its elements are repeated.
func (t *sumTables) run(z []int32, x, y []byte, first int) {
	if t.repeat == nil {
		y = y[:len(x)]
		for i, q := range x {
			z[i] = t.x[q] + t.y[y[i]]
		}
		return
	}
	for i, at := 0, first%len(t.repeat); i < len(x); at = 0 {
		row := t.repeat[at:min(len(t.repeat), at+len(x)-i)]
		q, to := x[i:][:len(row)], z[i:][:len(row)]
		for j, v := range row {
			to[j] = t.x[q[j]] + v
		}
		i += len(row)
	}
}

// isRepeated reports whether the operand y of a sum has the output's shape, is one number, or has one number for
// each element of the last axis.
func isRepeated(y, out core.Shape) bool {
	n := y.MustElements()
	return y.Equal(out) || n == 1 || n == y[len(y)-1] && len(y) <= len(out) && n == out[len(out)-1]
}

// fill computes the tables and the output range with the op's reference. Sums are modulo 2^32, as in the op.
func (t *sumTables) fill(op core.Op, in, out []*core.Tensor) error {
	// The op has a special case for a single number, so other y are passed as vectors.
	sum := func(x, y *core.Tensor, n int) ([]int32, error) {
		z := vector(core.I32, n)
		args := append([]*core.Tensor{x, y}, in[2:]...)
		err := op.Eval(args, []*core.Tensor{z, out[1], out[2]})
		return core.Data[int32](z), err
	}
	bytes, first := core.AllBytes(in[0].Type()), vector(in[0].Type(), 256)
	y := in[1]
	if y.Len() == 1 {
		z, err := sum(bytes, y, 256)
		copy(t.x[:], z)
		return err
	}
	ySome := vector(y.Type(), 256)
	zx, err := sum(bytes, ySome, 256)
	if err != nil {
		return err
	}
	zy, err := sum(first, core.AllBytes(y.Type()), 256)
	if err != nil {
		return err
	}
	copy(t.x[:], zx)
	for i, z := range zy {
		t.y[i] = z - zx[0]
	}
	if t.repeat != nil {
		for i, bytes := 0, y.Bytes(); i < len(t.repeat); i++ {
			t.repeat[i] = t.y[bytes[i%len(bytes)]]
		}
	}
	return nil
}

var _ = lowers[tensorflow.QuantizedConcat](lowerQuantizedConcat)

// lowerQuantizedConcat lowers QuantizedConcat of bytes: a table for each input converts its bytes to the output's
// range.
func lowerQuantizedConcat(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*tensorflow.QuantizedConcat), n.Outputs()[0]
	if out.Type.Size() != 1 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	j, err := c.concatTables(n, op)
	if err != nil {
		return false, err
	}
	j.joined, _ = newJoined(out, op.Axis)
	for i, v := range n.Inputs()[:len(n.Inputs())/3] {
		j.add(v.Fact(), j.in[i])
	}
	c.emitUnits(work{
		node: n, kernel: "table_b8_concat", units: j.lines, reads: j.in, writes: []int{j.dst},
		run: func(r *machine.Worker, _ []byte, l0, l1 int) error {
			j.run(r, l0, l1)
			return nil
		},
	})
	return true, nil
}

// tabledConcat is a concatenation of bytes that are converted by a table for each input.
type tabledConcat struct {
	*joined

	in     []int
	dst    int
	tables func(r *machine.Run) []byte // the tables of all inputs, one after the other
}

// concatTables has the op's reference compute the tables: once if all ranges are constant, otherwise by an
// instruction, which checks the input ranges and computes the output's.
func (c *compiler) concatTables(n *core.Node, op *tensorflow.QuantizedConcat) (*tabledConcat, error) {
	count := len(n.Inputs()) / 3
	rank := core.Shape{256} // the rank matters: only at rank 4 does the op copy
	if len(n.Outputs()[0].Shape) == 4 {
		rank = core.Shape{256, 1, 1, 1}
	}
	bytes, err := core.AllBytes(n.Outputs()[0].Type).Reshaped(rank)
	if err != nil {
		return nil, err
	}
	flat := &tensorflow.QuantizedConcat{V1: op.V1}
	j := &tabledConcat{in: c.buffersOf(n.Inputs()[:count])}
	args := make([]*core.Tensor, len(n.Inputs()))
	constant := true
	for i, v := range n.Inputs() {
		if args[i] = bytes; i >= count {
			args[i] = v.Constant()
			constant = constant && args[i] != nil
		}
	}
	if constant {
		made, err := c.keep.Evaluate(flat, args)
		if err != nil {
			return nil, n.Locate(err)
		}
		j.dst = c.newOutput(n.Out(0))
		c.fixRange(n, made[1:])
		j.tables = func(*machine.Run) []byte { return made[0].Bytes() }
		return j, nil
	}
	all := rank.Clone()
	all[0] *= count
	state := c.newState(func() any {
		t, err := vector(n.Outputs()[0].Type, 256*count).Reshaped(all)
		if err != nil {
			panic(err) // cannot happen: it has as many elements
		}
		return t
	})
	_, res := c.emitEval(n, "table values", func(r *machine.Run, in, out []*core.Tensor) error {
		for i := range count {
			in[i] = bytes
		}
		out[0] = r.State[state].(*core.Tensor)
		return flat.Eval(in, out)
	})
	j.dst = res[0]
	j.tables = func(r *machine.Run) []byte { return r.State[state].(*core.Tensor).Bytes() }
	return j, nil
}

// run computes lines [l0,l1) of the output.
func (j *tabledConcat) run(r *machine.Worker, l0, l1 int) {
	tables, at := j.tables(r.Run), 0
	for i, p := range j.pieces {
		t := (*[256]byte)(tables[256*i:])
		same := isIdentity(t)
		for l := l0; l < l1; l++ {
			from, to := r.Mem[p.buffer][l*p.bytes:][:p.bytes], r.Mem[j.dst][l*j.line+at:][:p.bytes]
			if same {
				copy(to, from)
			} else {
				look(to, from, t)
			}
		}
		at += p.bytes
	}
}

// isIdentity reports whether a table maps each byte to itself.
func isIdentity(t *[256]byte) bool {
	for i, b := range t {
		if int(b) != i {
			return false
		}
	}
	return true
}
