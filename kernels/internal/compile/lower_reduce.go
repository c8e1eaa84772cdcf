package compile

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

var (
	_ = lowers[reduce.Max](lowerMax)
	_ = lowers[reduce.Min](lowerMin)
	_ = lowers[reduce.Prod](lowerProd)
	_ = lowers[reduce.ArgMax](lowerArgMax)
	_ = lowers[reduce.ArgMin](lowerArgMin)
	_ = lowers[reduce.Mean](lowerMean)
	_ = lowers[reduce.Sum](lowerSum)
)

// extreme finds the largest, or the smallest, number of rows.
type extreme struct {
	combine *elementwise.Variant
	fold    *elementwise.Variant
	none    float32                 // the extreme of no numbers
	better  func(a, b float32) bool // for numbers other than NaN
}

func (c *compiler) largest() *extreme {
	return &extreme{
		elementwise.Choose(c.isas, elementwise.Maximum), elementwise.Choose(c.isas, elementwise.FoldMaximum),
		float32(math.Inf(-1)), func(a, b float32) bool { return a > b },
	}
}

func (c *compiler) smallest() *extreme {
	return &extreme{
		elementwise.Choose(c.isas, elementwise.Minimum), elementwise.Choose(c.isas, elementwise.FoldMinimum),
		float32(math.Inf(1)), func(a, b float32) bool { return a < b },
	}
}

func (e *extreme) name() string { return fmt.Sprintf("extremes_f32_%v", e.combine.ISA) }

// foldBlock is how many partial results a row is folded into at a time.
const foldBlock = 1024

// of returns the extreme of a row of float32, with the bits that comparing the numbers in order gives. tmp has room
// for foldBlock numbers.
func (e *extreme) of(row, tmp []byte) float32 {
	if len(row) < 2*4*elementwise.Lanes {
		return e.inOrder(machine.View[float32](row))
	}
	lanes, rest := tmp[:4*elementwise.Lanes], row[4*elementwise.Lanes:]
	if len(row) >= 2*len(tmp) {
		copy(tmp, row)
		for x := row[len(tmp):]; len(x) > 0; x = x[min(len(tmp), len(x)):] {
			e.combine.Run(tmp, tmp, x, min(len(tmp), len(x))/4, nil)
		}
		rest = tmp[len(lanes):]
	} else {
		copy(lanes, row)
	}
	e.fold.Run(lanes, rest, nil, len(rest)/4, nil)
	m := e.inOrder(machine.View[float32](lanes))
	if m == 0 || m != m { // the sign of a zero and the bits of a NaN depend on the order
		return e.inOrder(machine.View[float32](row))
	}
	return m
}

// columns stores in to the extreme of each column of x, whose rows are as long as to. It combines several rows at a
// time. tmp has room for foldBlock numbers.
func (e *extreme) columns(to, x, tmp []byte) {
	row := len(to)
	rows := len(x) / row
	together := min(len(tmp)/row, rows/2)
	if together < 2 {
		copy(to, x)
		for x = x[row:]; len(x) > 0; x = x[row:] {
			e.combine.Run(to, to, x, row/4, nil)
		}
		return
	}
	acc := tmp[:together*row]
	copy(acc, x)
	for rest := x[len(acc):]; len(rest) > 0; rest = rest[min(len(acc), len(rest)):] {
		e.combine.Run(acc, acc, rest, min(len(acc), len(rest))/4, nil)
	}
	for together > 1 {
		half := together / 2
		e.combine.Run(acc, acc, acc[(together-half)*row:], half*row/4, nil)
		together -= half
	}
	copy(to, acc)
	for i, m := range machine.View[float32](to) {
		if m == 0 || m != m { // the sign of a zero and the bits of a NaN depend on the order
			machine.View[float32](to)[i] = e.inColumn(machine.View[float32](x)[i:], row/4)
		}
	}
}

// inColumn is inOrder for every stride-th number of x.
func (e *extreme) inColumn(x []float32, stride int) float32 {
	m := e.none
	for i := 0; i < len(x); i += stride {
		if v := x[i]; !e.better(m, v) && m == m {
			m = v
		}
	}
	return m
}

// inOrder returns the extreme of a row, comparing the numbers in order.
func (e *extreme) inOrder(row []float32) float32 {
	m := e.none
	for _, v := range row {
		if !e.better(m, v) && m == m {
			m = v
		}
	}
	return m
}

// index returns the first index of the extreme of a row, ignoring NaN.
func (e *extreme) index(row, tmp []byte) int {
	numbers := machine.View[float32](row)
	if len(row) >= 2*4*elementwise.Lanes {
		if m := e.of(row, tmp); m == m {
			return slices.Index(numbers, m)
		}
	}
	best := 0
	for i, v := range numbers {
		if b := numbers[best]; e.better(v, b) || b != b && v == v {
			best = i
		}
	}
	return best
}

func lowerMax(c *compiler, n *core.Node) (bool, error) {
	return c.lowerExtreme(n, &n.Op().(*reduce.Max).Reduction, c.largest()), nil
}

func lowerMin(c *compiler, n *core.Node) (bool, error) {
	return c.lowerExtreme(n, &n.Op().(*reduce.Min).Reduction, c.smallest()), nil
}

// lowerExtreme lowers the extremes of float32 along neighbouring axes.
func (c *compiler) lowerExtreme(n *core.Node, op *reduce.Reduction, e *extreme) bool {
	before, at, behind, ok := op.Sizes(n.Inputs()[0].Shape())
	if !ok || n.Outputs()[0].Type != core.F32 || before*at*behind == 0 || behind > 1 && behind < minColumns {
		return false
	}
	if before*behind == 1 && at >= max(minPart, c.threads*partsOfExtremes) {
		c.lowerExtremeOfAll(n, at, e)
		return true
	}
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	scratch := c.newScratch(productOf(c.threads, 4*foldBlock))
	c.emit(machine.Instruction{
		Node: n, Kernel: e.name(), Splits: before > 1, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			x, y := r.Mem[src], machine.View[float32](r.Mem[dst])
			tmp := r.Mem[scratch][r.Thread*4*foldBlock:][:4*foldBlock]
			for i := part * before / parts; i < (part+1)*before/parts; i++ {
				if behind == 1 {
					y[i] = e.of(x[4*i*at:][:4*at], tmp)
					continue
				}
				e.columns(r.Mem[dst][4*i*behind:][:4*behind], x[4*i*at*behind:][:4*at*behind], tmp)
			}
			return nil
		},
	})
	return true
}

// partsOfExtremes is into how many parts per thread the search for an extreme of all elements is divided at most. A
// part fills the entries of all smaller parts that it consists of.
const partsOfExtremes = 16

func fill[T any](entries []T, v T) {
	for i := range entries {
		entries[i] = v
	}
}

// lowerExtremeOfAll lowers the extreme of all elements: first that of each part, then that of the parts' extremes
// in order.
func (c *compiler) lowerExtremeOfAll(n *core.Node, elements int, e *extreme) {
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	most := c.threads * partsOfExtremes
	scratch := c.newScratch(productOf(c.threads, 4*foldBlock))
	state := c.newState(func() any { return make([]float32, most) })
	c.emit(machine.Instruction{
		Node: n, Kernel: e.name(), Splits: true, MostParts: most, Reads: []int{src}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, v := r.Mem[scratch][r.Thread*4*foldBlock:][:4*foldBlock], r.State[state].([]float32)
			x := e.of(r.Mem[src][4*(part*elements/parts):4*((part+1)*elements/parts)], tmp)
			fill(v[part*most/parts:(part+1)*most/parts], x)
			return nil
		},
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: e.name(), Writes: []int{dst},
		Run: func(r *machine.Worker, _, _ int) error {
			machine.View[float32](r.Mem[dst])[0] = e.inOrder(r.State[state].([]float32))
			return nil
		},
	})
}

// minColumns is the least number of columns for which whole rows are combined.
const minColumns = 16

func lowerArgMax(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*reduce.ArgMax)
	return c.lowerIndex(n, op.Axis, c.largest()), nil
}

func lowerArgMin(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*reduce.ArgMin)
	return c.lowerIndex(n, op.Axis, c.smallest()), nil
}

// lowerIndex lowers the indices of the extremes of float32 along the last axis.
func (c *compiler) lowerIndex(n *core.Node, axis int, e *extreme) bool {
	in, out := n.Inputs()[0].Fact(), n.Outputs()[0]
	last := len(in.Shape) - 1
	if in.Type != core.F32 || axis != last && axis != -1 || in.Shape.MustElements() == 0 {
		return false
	}
	columns := in.Shape[last]
	rows := in.Shape.MustElements() / columns
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	scratch := c.newScratch(productOf(c.threads, 4*foldBlock))
	c.emit(machine.Instruction{
		Node: n, Kernel: "index_" + e.name(), Splits: rows > 1,
		Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			x, tmp := r.Mem[src], r.Mem[scratch][r.Thread*4*foldBlock:][:4*foldBlock]
			for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
				at := e.index(x[4*i*columns:][:4*columns], tmp)
				if out.Type == core.I32 {
					machine.View[int32](r.Mem[dst])[i] = int32(at)
				} else {
					machine.View[int64](r.Mem[dst])[i] = int64(at)
				}
			}
			return nil
		},
	})
	return true
}

var (
	_ = lowers[indexing.TopK](lowerTopK)
	_ = lowers[reduce.Any](lowerAny)
	_ = lowers[reduce.All](lowerAll)
)

func lowerAny(c *compiler, n *core.Node) (bool, error) {
	return c.lowerFound(n, n.Op().(*reduce.Any).Axes, 1, 1), nil
}

func lowerAll(c *compiler, n *core.Node) (bool, error) {
	return c.lowerFound(n, n.Op().(*reduce.All).Axes, 0, 0), nil
}

// lowerFound lowers a search for a boolean in each row: the result is found if value occurs, else the other boolean.
func (c *compiler) lowerFound(n *core.Node, axes []int, value, found byte) bool {
	before, at, behind, ok := (&reduce.Reduction{Axes: axes}).Sizes(n.Inputs()[0].Shape())
	if !ok || behind != 1 || before*at == 0 {
		return false
	}
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emit(machine.Instruction{
		Node: n, Kernel: "find_b8_portable", Splits: before > 1, Reads: []int{src}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			for i := part * before / parts; i < (part+1)*before/parts; i++ {
				if r.Mem[dst][i] = found ^ 1; bytes.IndexByte(r.Mem[src][i*at:][:at], value) >= 0 {
					r.Mem[dst][i] = found
				}
			}
			return nil
		},
	})
	return true
}

var _ = lowers[pointwise.CheckFinite](lowerCheckFinite)

// lowerCheckFinite lowers a CheckFinite of float32. If a number is not finite, its reference makes the error.
func lowerCheckFinite(c *compiler, n *core.Node) (bool, error) {
	elements := n.Outputs()[0].Shape.MustElements()
	if n.Outputs()[0].Type != core.F32 || elements == 0 {
		return false, nil
	}
	finite := elementwise.Choose(c.isas, elementwise.IsFinite)
	src, dst, scratch := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), c.newScratch(productOf(c.threads, foldBlock))
	shape := n.Inputs()[0].Shape()
	c.emit(machine.Instruction{
		Node: n, Kernel: finite.Name, Splits: true, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			holds := r.Mem[scratch][r.Thread*foldBlock:][:foldBlock]
			i0, i1 := splitElements(elements, part, parts)
			for i := i0; i < i1; i += foldBlock {
				k := min(foldBlock, i1-i)
				from, to := r.Mem[src][4*i:][:4*k], r.Mem[dst][4*i:][:4*k]
				if finite.Run(holds, from, nil, k, nil); bytes.IndexByte(holds[:k], 0) >= 0 {
					x, err := core.TensorOver(core.F32, shape, r.Mem[src])
					if err != nil {
						return n.Locate(err)
					}
					return n.Locate(n.Op().Eval([]*core.Tensor{x}, make([]*core.Tensor, 1)))
				}
				copy(to, from)
			}
			return nil
		},
	})
	return true, nil
}

// lowerTopK lowers a TopK of rows of float32.
func lowerTopK(c *compiler, n *core.Node) (bool, error) {
	x, out, indices := n.Inputs()[0].Fact(), n.Outputs()[0], n.Outputs()[1].Type
	if x.Type != core.F32 || out.Shape.MustElements() == 0 || indices != core.I32 && indices != core.I64 {
		return false, nil
	}
	columns, k := x.Shape[len(x.Shape)-1], out.Shape[len(out.Shape)-1]
	if columns > math.MaxInt32 {
		return false, nil
	}
	rows := out.Shape.MustElements() / k
	src, values, places := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), c.newOutput(n.Out(1))
	scratch := c.newScratch(productOf(c.threads, 8, k))
	c.emit(machine.Instruction{
		Node: n, Kernel: "top_f32_portable", Splits: rows > 1,
		Reads: []int{src}, Writes: []int{values, places}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			keys := machine.View[uint64](r.Mem[scratch][r.Thread*8*k:])[:k]
			for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
				row := machine.View[float32](r.Mem[src])[i*columns:][:columns]
				largestKeys(keys, row)
				for j := range k {
					at := int(^uint32(keys[k-1-j]))
					machine.View[float32](r.Mem[values])[i*k+j] = row[at]
					if indices == core.I32 {
						machine.View[int32](r.Mem[places])[i*k+j] = int32(at)
					} else {
						machine.View[int64](r.Mem[places])[i*k+j] = int64(at)
					}
				}
			}
			return nil
		},
	})
	return true, nil
}

// keyOf returns a key that orders numbers as TopK does: by value, with both zeros equal and NaN below everything,
// and then by index, the lowest index being the greatest.
func keyOf(v float32, at int) uint64 {
	b := math.Float32bits(v + 0)
	b ^= uint32(int32(b)>>31) | 1<<31
	if v != v {
		b = 0
	}
	return uint64(b)<<32 | uint64(^uint32(at))
}

// largestKeys stores the largest keys of a row in keys, in ascending order.
func largestKeys(keys []uint64, row []float32) {
	// keys is a heap with the least key on top.
	for i, v := range row[:len(keys)] {
		keys[i] = keyOf(v, i)
	}
	slices.Sort(keys)
	for i := len(keys); i < len(row); i++ {
		if key := keyOf(row[i], i); key > keys[0] {
			sink(keys, key)
		}
	}
	slices.Sort(keys)
}

// sink replaces the least key of a heap.
func sink(heap []uint64, key uint64) {
	at := 0
	for {
		child := 2*at + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if key <= heap[child] {
			break
		}
		heap[at] = heap[child]
		at = child
	}
	heap[at] = key
}

func lowerMean(c *compiler, n *core.Node) (bool, error) {
	return lowerSums(c, n, &n.Op().(*reduce.Mean).Reduction, true)
}

func lowerSum(c *compiler, n *core.Node) (bool, error) {
	return lowerSums(c, n, &n.Op().(*reduce.Sum).Reduction, false)
}

// lowerProd lowers the products of float32 along neighbouring axes.
func lowerProd(c *compiler, n *core.Node) (bool, error) {
	before, at, behind, ok := n.Op().(*reduce.Prod).Sizes(n.Inputs()[0].Shape())
	if !ok || n.Outputs()[0].Type != core.F32 || before*at*behind == 0 {
		return false, nil
	}
	if behind == 1 {
		c.lowerRowFolds(n, before, at, rowFold{
			fold: elementwise.Choose(c.isas, elementwise.FoldMultiply), start: 1,
			combine: func(a, b float32) float32 { return a * b },
		})
		return true, nil
	}
	if behind < 4 || behind > maxLaneColumns {
		return false, nil
	}
	c.lowerLanes(n, lanes{
		rows: before, taps: at, columns: behind, start: 1, combine: elementwise.Choose(c.isas, elementwise.Multiply),
	})
	return true, nil
}

// maxLaneColumns bounds the columns of a reduction, so that its lanes stay in a near cache.
const maxLaneColumns = 1024

// lanes are reductions in the order of reduce.Sum, of data [rows][taps][columns] along the taps.
type lanes struct {
	rows, taps, columns int
	start               float32 // the start value of each lane
	combine             *elementwise.Variant
	mean                *elementwise.Variant // divides by the number of taps; nil for a sum
}

// laneCount is the number of partial results of each column.
const laneCount = 16

// lowerLanes appends the instruction of the reductions. Consecutive taps go to the lanes in turn, so that the data
// is read sequentially.
func (c *compiler) lowerLanes(n *core.Node, l lanes) {
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	size := productOf(4, laneCount, l.columns)
	scratch := c.newScratch(productOf(c.threads, size))
	c.emit(machine.Instruction{
		Node: n, Kernel: fmt.Sprintf("pool_f32_mean_lanes_%v", l.combine.ISA), Splits: l.rows > 1,
		Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			lane := r.Mem[scratch][r.Thread*size:][:size]
			row, tap := 4*l.taps*l.columns, 4*l.columns
			for i := part * l.rows / parts; i < (part+1)*l.rows/parts; i++ {
				l.run(r.Mem[dst][i*tap:][:tap], r.Mem[src][i*row:][:row], lane)
			}
			return nil
		},
	})
}

func (l *lanes) run(out, x, lane []byte) {
	fillRow(machine.View[float32](lane), l.start)
	for ; len(x) > 0; x = x[min(len(lane), len(x)):] {
		l.combine.Run(lane, lane, x, min(len(lane), len(x))/4, nil)
	}
	for half := len(lane) / 2; half >= len(out); half /= 2 {
		l.combine.Run(lane, lane, lane[half:], half/4, nil)
	}
	if l.mean == nil {
		copy(out, lane)
		return
	}
	divisor := lane[len(out):][:len(out)]
	fillRow(machine.View[float32](divisor), float32(l.taps))
	l.mean.Run(out, lane, divisor, len(out)/4, nil)
}
