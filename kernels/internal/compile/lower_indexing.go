package compile

import (
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/reduction"
)

var _ = lowers[indexing.Gather](lowerGather)

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
	axis := axisOf(op.Axis, x.Shape())
	if places, ok := gatheredPlaces(x.Shape(), axis, indices.Constant()); ok {
		c.emitTaking(n, c.buffer(n.Inputs()[0]), places)
		return true, nil
	}
	dim, count := x.Shape()[axis], indices.Shape().MustElements()
	outer, line := x.Shape()[:axis].MustElements(), x.Shape()[axis+1:].MustElements()*size
	src, at, dst := c.buffer(x), c.buffer(indices), c.newOutput(n.Out(0))
	wide := indices.Type() == core.I64
	state := c.newState(func() any {
		places := make([][]int, c.threads)
		for i := range places {
			places[i] = make([]int, min(count, gathered))
		}
		return places
	})
	c.emitUnits(work{
		node: n, kernel: "gather", units: outer * count, reads: []int{src, at}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, l0, l1 int) error {
			for l := l0; l < l1; {
				places := r.State[state].([][]int)[r.Thread]
				first := l % count
				places = places[:min(count-first, l1-l, len(places))]
				most := 0
				for i := range places {
					index := indexAt(r.Mem[at], first+i, wide)
					if err := indexing.CheckIndex(index, dim); err != nil {
						return n.Locate(err)
					}
					places[i] = int(index) * line
					most = max(most, places[i])
				}
				movement.Take(r.Mem[dst][l*line:], r.Mem[src][l/count*dim*line:], places, most, line)
				l += len(places)
			}
			return nil
		},
	})
	return true, nil
}

// gatheredPlaces returns the places of the elements that constant indices along an axis choose; false if an index is
// out of range, or they are too many.
func gatheredPlaces(x core.Shape, axis int, indices *core.Tensor) (trait.Places, bool) {
	if indices == nil {
		return trait.Places{}, false
	}
	out, at := slices.Clone(x), indices.Int64s()
	out[axis] = len(at)
	inside := !slices.ContainsFunc(at, func(i int64) bool { return i < 0 || i >= int64(x[axis]) })
	if !inside || hasManyPlaces(out) {
		return trait.Places{}, false
	}
	return trait.NewPlaces(x, out, func(a, i int) int {
		if a == axis {
			return int(at[i])
		}
		return i
	}), true
}

// gathered bounds the slices that are copied together.
const gathered = 512

// indexAt returns element i of b, which holds integers of 64 bits if wide, else of 32 bits.
func indexAt(b []byte, i int, wide bool) int64 {
	if wide {
		return view.Of[int64](b)[i]
	}
	return int64(view.Of[int32](b)[i])
}

var _ = lowers[indexing.ScatterND](lowerScatter)

// scattered are what combines existing elements with new ones: the primitives of float32, and the loops of other types.
var scattered = map[indexing.ScatterMode]struct {
	primitive elementwise.Primitive
	loop      loops.Function
}{
	indexing.ScatterAdd:      {elementwise.Add, loops.Add},
	indexing.ScatterSubtract: {elementwise.Subtract, loops.Subtract},
	indexing.ScatterMin:      {elementwise.Minimum, loops.Minimum},
	indexing.ScatterMax:      {elementwise.Maximum, loops.Maximum},
}

// minScattered is the least number of elements of a slice for which a primitive is called.
const minScattered = 16

// scatteredBy returns what combines slices of existing elements with new ones, and its name; false if there is nothing.
func (c *compiler) scatteredBy(
	mode indexing.ScatterMode, t core.Type, slice int,
) (by loops.Pairs, name string, ok bool) {
	if mode == indexing.ScatterUpdate {
		size := t.Size()
		return func(out, _, y []byte, n int) { copy(out[:n*size], y) }, "scatter", true
	}
	with := scattered[mode]
	typ := machine.TypeOf(t)
	if t == core.F32 {
		v := elementwise.Choose(c.isas, with.primitive)
		return func(out, x, y []byte, n int) { v.Run(out, x, y, n, nil) }, v.Name, slice >= minScattered
	}
	if !loops.Has(typ) {
		return nil, "", false
	}
	k := loops.Binary(c.isas, typ, with.loop)
	return k.Run, k.Name, k.Run != nil
}

// lowerScatter lowers a ScatterND: slices are copied, or combined as vectors, in place if nothing else reads the data.
// They stay in order on one thread, as an index may occur again.
func lowerScatter(c *compiler, n *core.Node) (bool, error) {
	op, x, at := n.Op().(*indexing.ScatterND), n.Inputs()[0].Fact(), n.Inputs()[1].Fact()
	slice := x.Shape[at.Shape[len(at.Shape)-1]:].MustElements()
	line := slice * x.Type.Size()
	combine, kernel, ok := c.scatteredBy(op.Mode, x.Type, slice)
	if !ok || line == 0 {
		return false, nil
	}
	in := c.buffersOf(n.Inputs())
	dst, reads := in[0], in[1:]
	if c.ends(n.Inputs()[0]) {
		c.at[n.Out(0)] = dst
	} else {
		dst, reads = c.newOutput(n.Out(0)), in
	}
	indices := c.newOperands(1)
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Reads: reads, Writes: []int{dst},
		Run: func(r *machine.Worker, _, _ int) error {
			index, err := r.Operands(indices, in[1:2], []core.Fact{at})
			if err != nil {
				return err
			}
			y, updates := r.Mem[dst], r.Mem[in[2]]
			if dst != in[0] {
				copy(y, r.Mem[in[0]])
			}
			return n.Locate(indexing.EachIndexed(x.Shape, index[0], func(i, at int) {
				to := y[at*line:][:line]
				combine(to, to, updates[i*line:][:line], slice)
			}))
		},
	})
	return true, nil
}

var _ = lowers[indexing.OneHot](lowerOneHot)

// lowerOneHot lowers a OneHot: what is off is filled in, and then what is on.
func lowerOneHot(c *compiler, n *core.Node) (bool, error) {
	indices, out := n.Inputs()[0], n.Outputs()[0]
	size, count := out.Type.Size(), indices.Shape().MustElements()
	if t := indices.Type(); size == 0 || out.Shape.MustElements() == 0 || t != core.I32 && t != core.I64 {
		return false, nil
	}
	axis := axisOf(n.Op().(*indexing.OneHot).Axis, out.Shape)
	inner, depth, wide := out.Shape[axis+1:].MustElements(), out.Shape[axis], indices.Type() == core.I64
	at, on, off := c.buffer(indices), c.buffer(n.Inputs()[2]), c.buffer(n.Inputs()[3])
	dst, row := c.newOutput(n.Out(0)), inner*size
	c.emitUnits(work{
		node: n, kernel: "onehot", units: count / inner, reads: []int{at, on, off}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, o0, o1 int) error {
			movement.Repeat(r.Mem[dst][o0*depth*row:o1*depth*row], r.Mem[off][:size])
			for i := o0 * inner; i < o1*inner; i++ {
				if index := indexAt(r.Mem[at], i, wide); index >= 0 && index < int64(depth) {
					copy(r.Mem[dst][(i/inner*depth+int(index))*row+i%inner*size:], r.Mem[on][:size])
				}
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[indexing.TopK](lowerTopK)

// lowerTopK lowers a TopK.
func lowerTopK(c *compiler, n *core.Node) (bool, error) {
	x, out, indices := n.Inputs()[0].Fact(), n.Outputs()[0], n.Outputs()[1].Type
	columns, k := x.Shape[len(x.Shape)-1], out.Shape[len(out.Shape)-1]
	find, ok := c.topOf(x.Type, columns, k)
	if !ok || out.Shape.MustElements() == 0 || indices != core.I32 && indices != core.I64 || columns > math.MaxInt32 {
		return false, nil
	}
	src, values, places := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), c.newOutput(n.Out(1))
	size := x.Type.Size()
	c.emitUnits(work{
		node: n, kernel: fmt.Sprintf("top_%v_portable", x.Type), units: out.Shape.MustElements() / k, reads: []int{src},
		writes: []int{values, places}, scratch: max(16*k, topBytes(x.Type, columns, k)),
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			for i := i0; i < i1; i++ {
				row := r.Mem[src][i*columns*size:][:columns*size]
				for j, at := range find(row, view.Of[uint64](scratch)) {
					copy(r.Mem[values][(i*k+j)*size:][:size], row[int(at)*size:])
					if indices == core.I32 {
						view.Of[int32](r.Mem[places])[i*k+j] = int32(at)
					} else {
						view.Of[int64](r.Mem[places])[i*k+j] = int64(at)
					}
				}
			}
			return nil
		},
	})
	return true, nil
}

// topBytes is the scratch of what finds the largest number of a row of n reals; 0 for other types.
func topBytes(t core.Type, n, k int) int {
	switch {
	case k != 1 || t != core.F32 && !t.IsHalf():
		return 0
	case t.IsHalf():
		return 8 + reduction.ExtremeBytes + bounds.Product(8, (n+1)/2)
	}
	return 8 + reduction.ExtremeBytes
}

// topOf returns what finds the places of the k largest of the n numbers of a row; false for types that have no order.
// scratch has room for twice as many, and topBytes bytes.
func (c *compiler) topOf(t core.Type, n, k int) (find func(row []byte, scratch []uint64) []uint64, ok bool) {
	typ := machine.TypeOf(t)
	switch {
	case k == 1 && topBytes(t, n, k) > 0:
		return c.largestReal(t, n), true
	case k == 1 && loops.Has(typ) && t != core.Bool:
		largest := loops.ArgExtreme(c.isas, typ, true)
		return func(row []byte, scratch []uint64) []uint64 {
			largest.Run(view.Of[int64](view.Bytes(scratch[:1])), row, n, 1)
			return scratch[:1]
		}, true
	case t == core.F32:
		return func(row []byte, scratch []uint64) []uint64 {
			keys := scratch[:k]
			reduction.Top(keys, scratch[k:][:k], view.Of[float32](row))
			for i, key := range keys {
				keys[i] = uint64(reduction.Index(key))
			}
			return keys
		}, true
	}
	order := reduction.OrderOf(t)
	return func(row []byte, scratch []uint64) []uint64 {
		ranks := reduction.Ranks{Orders: scratch[:k], Places: scratch[k:][:k]}
		ranks.Top(row, n, order)
		return ranks.Places
	}, order != nil
}

// largestReal returns topOf of the largest of float32, bf16 or f16.
func (c *compiler) largestReal(t core.Type, n int) func(row []byte, scratch []uint64) []uint64 {
	e := c.extreme(true)
	widen := func(row, _ []byte) []byte { return row }
	if t.IsHalf() {
		convert, _ := c.halves(t)
		widen = func(row, to []byte) []byte {
			convert.Run(to, row, nil, n, nil)
			return to
		}
	}
	return func(row []byte, scratch []uint64) []uint64 {
		spare := view.Bytes(scratch[1:])
		numbers := widen(row, spare[min(reduction.ExtremeBytes, len(spare)):])
		scratch[0] = uint64(e.Index(numbers[:4*n], spare[:reduction.ExtremeBytes]))
		return scratch[:1]
	}
}
