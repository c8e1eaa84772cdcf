package compile

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

var (
	_ = lowers[reduce.ArgMax](lowerArgMax)
	_ = lowers[reduce.ArgMin](lowerArgMin)
)

// extreme finds the largest, or the smallest, number of rows.
type extreme struct {
	combine *elementwise.Variant
	fold    *elementwise.Variant
	matrix  *movement.Variant
	none    float32                 // the extreme of no numbers
	better  func(a, b float32) bool // for numbers other than NaN
}

func (c *compiler) largest() *extreme {
	return &extreme{
		elementwise.Choose(c.isas, elementwise.Maximum), elementwise.Choose(c.isas, elementwise.FoldMaximum),
		movement.Choose(c.isas, 4), float32(math.Inf(-1)), func(a, b float32) bool { return a > b },
	}
}

func (c *compiler) smallest() *extreme {
	return &extreme{
		elementwise.Choose(c.isas, elementwise.Minimum), elementwise.Choose(c.isas, elementwise.FoldMinimum),
		movement.Choose(c.isas, 4), float32(math.Inf(1)), func(a, b float32) bool { return a < b },
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

// lowerExtreme lowers the extremes of float32.
func (c *compiler) lowerExtreme(d *reduction, e *extreme) {
	block, memory, short := 1, 4*foldBlock, d.behind == 1 && d.at <= shortFold
	switch {
	case d.at == 1:
		c.emitCopy(d.node, d.src, d.dst, 0, 4*d.before*d.behind)
		return
	case d.before*d.behind == 1 && d.at >= max(minPart, c.threads*partsOfExtremes):
		c.lowerExtremeOfAll(d, e)
		return
	case short:
		block = shortRows(d.at)
		memory = 4 * block * d.at
	}
	scratch := c.newScratch(productOf(c.threads, memory))
	row, out := 4*d.at*d.behind, 4*d.behind
	c.emit(machine.Instruction{
		Node: d.node, Kernel: e.name(), Splits: d.before > 1,
		Reads: []int{d.src}, Writes: []int{d.dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, end := r.Mem[scratch][r.Thread*memory:][:memory], (part+1)*d.before/parts
			for i := part * d.before / parts; i < end; i += block {
				n := min(block, end-i)
				x, y := r.Mem[d.src][i*row:][:n*row], r.Mem[d.dst][i*out:][:n*out]
				switch {
				case short:
					e.short(y, x, tmp, d.at)
				case d.behind == 1:
					machine.View[float32](y)[0] = e.of(x, tmp)
				default:
					e.columns(y, x, tmp)
				}
			}
			return nil
		},
	})
}

// short stores in y the extremes of rows of n numbers. It transposes them into tmp, so that a call takes the numbers at
// the same place of all rows.
func (e *extreme) short(y, x, tmp []byte, n int) {
	rows, size := len(y)/4, len(y)
	e.matrix.Run(movement.Matrix{Out: tmp, In: x, Rows: rows, Columns: n, OutStride: size, InStride: 4 * n}, 0, rows)
	copy(y, tmp)
	for k := 1; k < n; k++ {
		e.combine.Run(y, y, tmp[k*size:], rows, nil)
	}
}

// partsOfExtremes is into how many parts per thread the search for an extreme of all elements is divided at most. A
// part fills the entries of all smaller parts that it consists of.
const partsOfExtremes = 16

// lowerExtremeOfAll lowers the extreme of all elements: first that of each part, then that of the parts' extremes
// in order.
func (c *compiler) lowerExtremeOfAll(d *reduction, e *extreme) {
	n, elements, src, dst := d.node, d.at, d.src, d.dst
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

func lowerArgMax(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*reduce.ArgMax)
	return c.lowerIndex(n, op.Axis, c.largest()), nil
}

func lowerArgMin(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*reduce.ArgMin)
	return c.lowerIndex(n, op.Axis, c.smallest()), nil
}

// minIndexed is the length of the shortest row of float32 whose extreme is found first.
const minIndexed = 2 * elementwise.Lanes

// lowerIndex lowers the indices of extremes.
func (c *compiler) lowerIndex(n *core.Node, axis int, e *extreme) bool {
	in, out := n.Inputs()[0].Fact(), n.Outputs()[0]
	typ, ok := loopTypes[in.Type]
	if !ok || in.Type == core.Bool || in.Shape.MustElements() == 0 {
		return false
	}
	d := c.reductionOf(n, []int{axis})
	row, size := typ.Size()*d.at*d.behind, out.Type.Size()
	loop, name, memory := loops.ArgExtreme(typ, e.better(1, 0)), fmt.Sprintf("index_%v_portable", typ), 8*d.behind
	real := typ == loops.F32 && d.behind == 1 && d.at >= minIndexed
	if real {
		name, memory = "index_"+e.name(), 4*foldBlock
	}
	scratch, narrow := c.newScratch(productOf(c.threads, memory)), loops.Convert(loops.I64, loops.I32)
	c.emit(machine.Instruction{
		Node: n, Kernel: name, Splits: d.before > 1, Reads: []int{d.src}, Writes: []int{d.dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp := r.Mem[scratch][r.Thread*memory:][:memory]
			for i := part * d.before / parts; i < (part+1)*d.before/parts; i++ {
				x, y := r.Mem[d.src][i*row:][:row], r.Mem[d.dst][i*size*d.behind:][:size*d.behind]
				places := machine.View[int64](tmp)
				if out.Type == core.I64 {
					places = machine.View[int64](y)
				}
				if real {
					places[0] = int64(e.index(x, tmp))
				} else {
					loop(places[:d.behind], x, d.at, d.behind)
				}
				if out.Type == core.I32 {
					narrow(y, tmp, d.behind)
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

// minSearched is the length of the shortest row of booleans that is worth a search.
const minSearched = 32

// lowerFound lowers a search for a boolean in each row: the result is found if value occurs, else the other boolean.
func (c *compiler) lowerFound(n *core.Node, axes []int, value, found byte) bool {
	if n.Inputs()[0].Shape().MustElements() == 0 {
		return false
	}
	d := c.reductionOf(n, axes)
	if d.behind > 1 || d.at < minSearched {
		r := loops.Smallest
		if value == 1 {
			r = loops.Largest
		}
		c.turnShort(d, 1)
		c.emitReducing(d, loopName(r, loops.U8), 1, loops.Reducing(loops.U8, r))
		return true
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: "find_b8_portable", Splits: d.before > 1, Reads: []int{d.src}, Writes: []int{d.dst},
		Run: func(r *machine.Worker, part, parts int) error {
			for i := part * d.before / parts; i < (part+1)*d.before/parts; i++ {
				if r.Mem[d.dst][i] = found ^ 1; bytes.IndexByte(r.Mem[d.src][i*d.at:][:d.at], value) >= 0 {
					r.Mem[d.dst][i] = found
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
	least := row[^uint32(keys[0])]
	for i := len(keys); i < len(row); i++ {
		if row[i] <= least { // what comes later is below its equals
			continue
		}
		if key := keyOf(row[i], i); key > keys[0] {
			sink(keys, key)
			least = row[^uint32(keys[0])]
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

var (
	_ = lowers[reduce.Max](lowerMax)
	_ = lowers[reduce.Min](lowerMin)
	_ = lowers[reduce.Prod](lowerProd)
	_ = lowers[reduce.Mean](lowerMean)
	_ = lowers[reduce.Sum](lowerSum)
)

func lowerMax(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, &n.Op().(*reduce.Max).Reduction, loops.Largest, func(d *reduction) {
		c.lowerExtreme(d, c.largest())
	}), nil
}

func lowerMin(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, &n.Op().(*reduce.Min).Reduction, loops.Smallest, func(d *reduction) {
		c.lowerExtreme(d, c.smallest())
	}), nil
}

func lowerMean(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, &n.Op().(*reduce.Mean).Reduction, loops.Mean, func(d *reduction) {
		c.lowerSums(d, true)
	}), nil
}

func lowerSum(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, &n.Op().(*reduce.Sum).Reduction, loops.Sum, func(d *reduction) {
		c.lowerSums(d, false)
	}), nil
}

func lowerProd(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, &n.Op().(*reduce.Prod).Reduction, loops.Product, c.lowerMultiplied), nil
}

// reduction is a reduction of data [before][at][behind] along at.
type reduction struct {
	node               *core.Node
	src, dst           int
	before, at, behind int
}

// lowerReduction lowers a reduction: real lowers one of float32, and a plain loop computes one of another type.
func (c *compiler) lowerReduction(
	n *core.Node, op *reduce.Reduction, r loops.Reduction, real func(d *reduction),
) bool {
	x := n.Inputs()[0].Fact()
	typ, ok := loopTypes[x.Type]
	if !ok || x.Type == core.Bool || x.Shape.MustElements() == 0 {
		return false
	}
	d := c.reductionOf(n, op.Axes)
	if typ == loops.F32 {
		real(d)
		return true
	}
	if d.at == 1 && x.Type.IsInteger() {
		c.emitCopy(n, d.src, d.dst, 0, typ.Size()*d.before*d.behind)
		return true
	}
	c.turnShort(d, typ.Size())
	c.emitReducing(d, loopName(r, typ), typ.Size(), loops.Reducing(typ, r))
	return true
}

// fewInRow is the length of the longest row for which a call of a loop is too much.
const fewInRow = 16

// turnShort makes short rows of elements of size bytes columns.
func (c *compiler) turnShort(d *reduction, size int) {
	if d.behind > 1 || d.at > fewInRow {
		return
	}
	turned := c.newScratch(productOf(size, d.before, d.at))
	c.emitPermutation(d.node, newPermutation(core.Shape{d.before, d.at}, []int{1, 0}, size), d.src, turned)
	d.src, d.before, d.behind = turned, 1, d.before
}

// reductionOf returns the reduction of a node along some axes. If these are not neighbours, it appends an instruction
// that brings them together.
func (c *compiler) reductionOf(n *core.Node, axes []int) *reduction {
	x := n.Inputs()[0]
	s := x.Shape()
	d := &reduction{node: n, src: c.buffer(x)}
	var ok bool
	if d.before, d.at, d.behind, ok = (&reduce.Reduction{Axes: axes}).Sizes(s); !ok {
		d.src = c.gatherAxes(d, s, axes, x.Type().Size())
	}
	d.dst = c.newOutput(n.Out(0))
	return d
}

// gatherAxes sets the sizes of d, and returns a buffer in which the axes stand together, behind all others but the
// last ones of the shape.
func (c *compiler) gatherAxes(d *reduction, s core.Shape, axes []int, size int) int {
	reduced := make([]bool, len(s))
	last := 0
	for _, a := range axes {
		if a < 0 {
			a += len(s)
		}
		reduced[a], last = true, max(last, a)
	}
	var before, at, behind []int
	for i := range s {
		switch {
		case reduced[i]:
			at = append(at, i)
		case i < last:
			before = append(before, i)
		default:
			behind = append(behind, i)
		}
	}
	product := func(axes []int) int {
		n := 1
		for _, i := range axes {
			n *= s[i]
		}
		return n
	}
	d.before, d.at, d.behind = product(before), product(at), product(behind)
	to := c.newScratch(s.MustElements() * size)
	c.emitPermutation(d.node, newPermutation(s, slices.Concat(before, at, behind), size), d.src, to)
	return to
}

// emitReducing appends the instruction of a reduction by a plain loop.
func (c *compiler) emitReducing(d *reduction, name string, size int, loop loops.Reduce) {
	c.emit(machine.Instruction{
		Node: d.node, Kernel: name, Splits: d.before > 1, Reads: []int{d.src}, Writes: []int{d.dst},
		Run: func(r *machine.Worker, part, parts int) error {
			from, to := size*d.at*d.behind, size*d.behind
			for i := part * d.before / parts; i < (part+1)*d.before/parts; i++ {
				loop(r.Mem[d.dst][i*to:], r.Mem[d.src][i*from:], d.at, d.behind)
			}
			return nil
		},
	})
}

// negativeZero is what can be subtracted from a number to make 0 of -0, as adding it to 0 does.
var negativeZero = float32(math.Copysign(0, -1))

// lowerSums lowers sums or means of float32.
func (c *compiler) lowerSums(d *reduction, divide bool) {
	add := elementwise.Choose(c.isas, elementwise.Add)
	few := d.before < c.threads || d.at < laneCount || d.behind > maxLaneColumns // lanes would have little work
	switch {
	case d.at == 1:
		same := elementwise.Choose(c.isas, elementwise.Shifted)
		c.emitEach(d.node, same, d.src, d.dst, [2]int{4, 4}, d.before*d.behind, elementwise.Numbers{Sub: negativeZero})
	case d.behind == 1:
		f := rowFold{fold: elementwise.Choose(c.isas, elementwise.FoldAdd), combine: add}
		if f.finish = (&elementwise.Numbers{Sub: negativeZero}); divide {
			f.mean = float32(d.at)
		}
		c.lowerRowFolds(d, &f)
	case few && d.behind >= 4 && d.at <= pool.MaxTaps && d.before*d.at <= maxPoolTaps:
		c.lowerPooledSums(d, divide)
	default:
		l := lanes{rows: d.before, taps: d.at, columns: d.behind, combine: add}
		if divide {
			l.mean = elementwise.Choose(c.isas, elementwise.Divide)
		}
		c.lowerLanes(d, l)
	}
}

// lowerPooledSums lowers sums or means as a pooling whose window is as large as the data.
func (c *compiler) lowerPooledSums(d *reduction, divide bool) {
	all := geometry.Axis{In: d.at, Window: d.at, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}
	w := &window{axes: []geometry.Axis{all}, batch: d.before, channels: d.behind, pixels: d.before, taps: d.at}
	count := float32(1)
	if divide {
		count = float32(d.at)
	}
	src := d.src
	if x := d.node.Inputs()[0]; src == c.buffer(x) {
		src = c.bufferInArena(x)
	} else {
		c.buffers[src].Addressed = true
	}
	c.emitPool(d.node, w, pool.MeanF32, slices.Repeat([]float32{count}, d.before), src, d.dst)
}

// lowerMultiplied lowers products of float32.
func (c *compiler) lowerMultiplied(d *reduction) {
	multiply := elementwise.Choose(c.isas, elementwise.Multiply)
	switch {
	case d.at == 1:
		same := elementwise.Choose(c.isas, elementwise.Scaled)
		c.emitEach(d.node, same, d.src, d.dst, [2]int{4, 4}, d.before*d.behind, elementwise.Numbers{Scale: 1})
	case d.behind == 1:
		c.lowerRowFolds(d, &rowFold{
			fold: elementwise.Choose(c.isas, elementwise.FoldMultiply), start: 1, combine: multiply,
		})
	default:
		c.lowerLanes(d, lanes{rows: d.before, taps: d.at, columns: d.behind, start: 1, combine: multiply})
	}
}

// rowFold reduces rows of float32 to one number each, in the order that reduce.Sum documents.
type rowFold struct {
	fold, combine    *elementwise.Variant
	start            float32              // the start value of each lane
	finish           *elementwise.Numbers // of Shifted, applied to the results if it is not nil
	mean             float32              // what results are divided by, 0 for nothing
	shifted, divided *elementwise.Variant
	matrix           *movement.Variant
}

const (
	shortFold = 96 // the length of the longest row that is transposed
	foldRows  = 64 // the longer rows that are folded together
)

// lowerRowFolds appends an instruction that reduces rows.
func (c *compiler) lowerRowFolds(d *reduction, f *rowFold) {
	f.shifted = elementwise.Choose(c.isas, elementwise.Shifted)
	f.divided = elementwise.Choose(c.isas, elementwise.Divided)
	f.matrix = movement.Choose(c.isas, 4)
	block, size := shortRows(d.at), 4*d.at
	memory := productOf(size, block)
	if d.at > shortFold {
		block, memory = foldRows, 2*4*laneCount*foldRows
	}
	scratch, divisor := c.newScratch(productOf(c.threads, memory)), &elementwise.Numbers{Scale: f.mean}
	c.emit(machine.Instruction{
		Node: d.node, Kernel: f.fold.Name, Splits: d.before > 1,
		Reads: []int{d.src}, Writes: []int{d.dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, end := r.Mem[scratch][r.Thread*memory:][:memory], (part+1)*d.before/parts
			for i := part * d.before / parts; i < end; i += block {
				rows := min(block, end-i)
				y, x := r.Mem[d.dst][4*i:][:4*rows], r.Mem[d.src][i*size:][:rows*size]
				if d.at > shortFold {
					f.long(y, x, tmp, d.at)
				} else {
					f.short(y, x, tmp, d.at)
				}
				if f.mean != 0 {
					f.divided.Run(y, y, nil, rows, divisor)
				}
			}
			return nil
		},
	})
}

// shortRows returns how many rows of n numbers are transposed together: whole tiles, within the first-level cache.
func shortRows(n int) int { return max(16, 4096/n&^15) }

// long folds rows of n numbers into lanes, which are short rows. tmp has room for these, twice.
func (f *rowFold) long(y, x, tmp []byte, n int) {
	rows := len(y) / 4
	lanes, rest := tmp[:4*laneCount*rows], tmp[4*laneCount*rows:]
	fill(machine.View[float32](lanes), f.start)
	for i := range rows {
		f.fold.Run(lanes[4*laneCount*i:], x[4*n*i:], nil, n, nil)
	}
	f.short(y, lanes, rest, laneCount)
}

// short reduces rows of n numbers. It transposes them into tmp, so that a call takes the numbers at the same places of
// all rows.
func (f *rowFold) short(y, x, tmp []byte, n int) {
	rows, size := len(y)/4, len(y)
	all := tmp[:len(x)]
	f.matrix.Run(movement.Matrix{Out: all, In: x, Rows: rows, Columns: n, OutStride: size, InStride: 4 * n}, 0, rows)
	for at := laneCount; at < n; at += laneCount {
		f.combine.Run(all, all, all[at*size:], min(laneCount, n-at)*rows, nil)
	}
	lanes := min(n, laneCount)
	for half := laneCount / 2; half > 0; half /= 2 {
		f.combine.Run(all, all, all[min(half, lanes)*size:], max(0, min(lanes-half, half))*rows, nil)
		lanes = min(lanes, half)
	}
	if f.finish == nil {
		copy(y, all)
		return
	}
	f.shifted.Run(y, all, nil, rows, f.finish)
}

// maxLaneColumns bounds the columns that are combined together, so that their lanes stay in a near cache.
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
func (c *compiler) lowerLanes(d *reduction, l lanes) {
	size := productOf(4, laneCount, min(l.columns, maxLaneColumns))
	scratch := c.newScratch(productOf(c.threads, size))
	c.emit(machine.Instruction{
		Node: d.node, Kernel: fmt.Sprintf("pool_f32_mean_lanes_%v", l.combine.ISA), Splits: l.rows > 1,
		Reads: []int{d.src}, Writes: []int{d.dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			lane := r.Mem[scratch][r.Thread*size:][:size]
			row, tap := 4*l.taps*l.columns, 4*l.columns
			for i := part * l.rows / parts; i < (part+1)*l.rows/parts; i++ {
				out, x := r.Mem[d.dst][i*tap:][:tap], r.Mem[d.src][i*row:][:row]
				for at := 0; at < tap; at += 4 * maxLaneColumns {
					l.run(out[at:min(at+4*maxLaneColumns, tap)], x[at:], lane)
				}
			}
			return nil
		},
	})
}

// run reduces as many columns as out has. x begins with the first of them.
func (l *lanes) run(out, x, lane []byte) {
	lane = lane[:laneCount*len(out)]
	fill(machine.View[float32](lane), l.start)
	if len(out) == 4*l.columns {
		for ; len(x) > 0; x = x[min(len(lane), len(x)):] {
			l.combine.Run(lane, lane, x, min(len(lane), len(x))/4, nil)
		}
	} else {
		for k := range l.taps {
			to := lane[k%laneCount*len(out):][:len(out)]
			l.combine.Run(to, to, x[k*4*l.columns:], len(out)/4, nil)
		}
	}
	for half := len(lane) / 2; half >= len(out); half /= 2 {
		l.combine.Run(lane, lane, lane[half:], half/4, nil)
	}
	if l.mean == nil {
		copy(out, lane)
		return
	}
	divisor := lane[len(out):][:len(out)]
	fill(machine.View[float32](divisor), float32(l.taps))
	l.mean.Run(out, lane, divisor, len(out)/4, nil)
}
