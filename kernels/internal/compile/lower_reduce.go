package compile

import (
	"bytes"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/reduction"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// reduced is data [before][at][behind] that is reduced along at.
type reduced struct {
	node               *core.Node
	src, dst           int
	before, at, behind int
}

// reducedOf returns the data of a node that is reduced along some axes. If these are not neighbours, it appends an
// instruction that brings them together.
func (c *compiler) reducedOf(n *core.Node, axes []int) *reduced {
	x := n.Inputs()[0]
	s := x.Shape()
	d := &reduced{node: n, src: c.buffer(x)}
	var ok bool
	if d.before, d.at, d.behind, ok = (&reduce.Reduction{Axes: axes}).Sizes(s); !ok {
		d.src = c.gatherAxes(d, s, axes, x.Type().Size())
	}
	d.dst = c.newOutput(n.Out(0))
	return d
}

// gatherAxes sets the sizes of d, and returns a buffer in which the axes stand together, behind all others but the
// last ones of the shape.
func (c *compiler) gatherAxes(d *reduced, s core.Shape, axes []int, size int) int {
	isReduced := make([]bool, len(s))
	last := 0
	for _, a := range axes {
		if a < 0 {
			a += len(s)
		}
		isReduced[a], last = true, max(last, a)
	}
	var before, at, behind []int
	for i := range s {
		switch {
		case isReduced[i]:
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
	c.emitPermutation(d.node, s, slices.Concat(before, at, behind), size, d.src, to)
	return to
}

// fewInRow is the length of the longest row for which a call of a loop is too much.
const fewInRow = 16

// turnShort makes short rows of elements of size bytes columns.
func (c *compiler) turnShort(d *reduced, size int) {
	if d.behind > 1 || d.at > fewInRow {
		return
	}
	turned := c.newScratch(bounds.Product(size, d.before, d.at))
	c.emitPermutation(d.node, core.Shape{d.before, d.at}, []int{1, 0}, size, d.src, turned)
	d.src, d.before, d.behind = turned, 1, d.before
}

// emitReducer appends the instruction of a reduction of elements of size bytes.
func (c *compiler) emitReducer(d *reduced, size int, by reduction.Reducer) {
	from, to := size*d.at*d.behind, size*d.behind
	c.emitUnits(work{
		node: d.node, kernel: by.Kernel, units: d.before, reads: []int{d.src}, writes: []int{d.dst}, scratch: by.Bytes,
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			for i := i0; i < i1; i += by.Block {
				n := min(by.Block, i1-i)
				by.Run(r.Mem[d.dst][i*to:][:n*to], r.Mem[d.src][i*from:][:n*from], scratch)
			}
			return nil
		},
	})
}

// lowerLoop lowers a reduction by a plain loop.
func (c *compiler) lowerLoop(d *reduced, typ dtype.Type, r loops.Reduction) {
	c.turnShort(d, typ.Size())
	loop, size := loops.Reducing(c.isas, typ, r), typ.Size()*d.behind
	c.emitReducer(d, typ.Size(), reduction.Reducer{
		Kernel: loop.Name, Block: d.before, Run: func(y, x, _ []byte) { loop.Run(y, x, len(y)/size, d.at, d.behind) },
	})
}

var (
	_ = lowers[reduce.Max](lowerMax)
	_ = lowers[reduce.Min](lowerMin)
	_ = lowers[reduce.Prod](lowerProd)
	_ = lowers[reduce.Mean](lowerMean)
	_ = lowers[reduce.Sum](lowerSum)
)

func lowerMax(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, n.Op().(*reduce.Max).Axes, loops.Largest), nil
}

func lowerMin(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, n.Op().(*reduce.Min).Axes, loops.Smallest), nil
}

func lowerProd(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, n.Op().(*reduce.Prod).Axes, loops.Product), nil
}

func lowerMean(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, n.Op().(*reduce.Mean).Axes, loops.Mean), nil
}

func lowerSum(c *compiler, n *core.Node) (bool, error) {
	return c.lowerReduction(n, n.Op().(*reduce.Sum).Axes, loops.Sum), nil
}

// lowerReduction lowers a reduction of numbers.
func (c *compiler) lowerReduction(n *core.Node, axes []int, r loops.Reduction) bool {
	x := n.Inputs()[0].Fact()
	typ := machine.TypeOf(x.Type)
	if !loops.Has(typ) || x.Type == core.Bool || x.Shape.MustElements() == 0 {
		return false
	}
	d := c.reducedOf(n, axes)
	isExtreme := r == loops.Largest || r == loops.Smallest
	switch {
	case d.at == 1 && (isExtreme || x.Type.IsInteger()):
		c.emitCopy(n, d.src, d.dst, 0, typ.Size()*d.before*d.behind)
	case isExtreme && typ == dtype.F32:
		c.lowerExtreme(d, c.extreme(r == loops.Largest))
	case isExtreme || x.Type.IsInteger():
		c.lowerLoop(d, typ, r)
	default:
		c.lowerFold(d, x.Type, r)
	}
	return true
}

// lowerExtreme lowers the extreme of float32.
func (c *compiler) lowerExtreme(d *reduced, e *reduction.Extreme) {
	if d.before*d.behind == 1 && d.at >= max(minPart, c.threads*partsPerThread) {
		c.lowerExtremeOfAll(d, e)
		return
	}
	c.emitReducer(d, 4, e.Reducer(d.at, d.behind))
}

// lowerFold lowers a sum, a mean or a product of float32 or float64.
func (c *compiler) lowerFold(d *reduced, t core.Type, r loops.Reduction) {
	if d.at == 1 { // each number is a row
		d.before, d.behind = d.before*d.behind, 1
	}
	by := reduction.Sum
	switch {
	case r == loops.Product:
		by = reduction.Product
	case t == core.F32 && c.poolsSums(d):
		c.lowerPooledSums(d, r == loops.Mean)
		return
	case r == loops.Mean:
		by = reduction.Mean
	}
	c.emitReducer(d, t.Size(), by(c.isas, t, d.at, d.behind))
}

// extreme returns what finds the largest, or the smallest, numbers.
func (c *compiler) extreme(largest bool) *reduction.Extreme {
	if largest {
		return reduction.Largest(c.isas)
	}
	return reduction.Smallest(c.isas)
}

// lowerExtremeOfAll lowers the extreme of all elements: first that of each part, then that of the parts' extremes
// in order.
func (c *compiler) lowerExtremeOfAll(d *reduced, e *reduction.Extreme) {
	extremes := emitPartials(c, work{
		node: d.node, kernel: e.Kernel(), units: d.at, reads: []int{d.src}, scratch: reduction.ExtremeBytes,
	}, func(r *machine.Worker, scratch []byte, i0, i1 int) float32 {
		return e.Of(r.Mem[d.src][4*i0:4*i1], scratch)
	})
	c.emit(machine.Instruction{
		Node: d.node, Kernel: e.Kernel(), Writes: []int{d.dst},
		Run: func(r *machine.Worker, _, _ int) error {
			view.Of[float32](r.Mem[d.dst])[0] = e.InOrder(extremes(r.Run))
			return nil
		},
	})
}

// poolsSums reports whether sums are better computed by a pooling, as lanes would have little work.
func (c *compiler) poolsSums(d *reduced) bool {
	few := d.before < c.threads || d.at < reduction.Lanes || d.behind > reduction.MaxColumns
	return few && d.behind >= 4 && d.at <= pool.MaxTaps && d.before*d.at <= maxPoolTaps
}

// lowerPooledSums lowers sums or means as a pooling whose window is as large as the data.
func (c *compiler) lowerPooledSums(d *reduced, divide bool) {
	all := geometry.Axis{In: d.at, Window: d.at, Out: 1, Stride: 1, Dilation: 1, DataDilation: 1}
	w := &window.Window{Axes: []geometry.Axis{all}, Batch: d.before, Pixel: 4 * d.behind}
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

var (
	_ = lowers[reduce.ArgMax](lowerArgMax)
	_ = lowers[reduce.ArgMin](lowerArgMin)
)

func lowerArgMax(c *compiler, n *core.Node) (bool, error) {
	return c.lowerIndex(n, n.Op().(*reduce.ArgMax).Axis, true), nil
}

func lowerArgMin(c *compiler, n *core.Node) (bool, error) {
	return c.lowerIndex(n, n.Op().(*reduce.ArgMin).Axis, false), nil
}

// minIndexed is the length of the shortest row of float32 whose extreme is found first.
const minIndexed = 2 * elementwise.Lanes

// mostIndexed is how many indices are found at a time, unless a matrix has more columns.
const mostIndexed = 512

// lowerIndex lowers the indices of the largest, or the smallest, elements.
func (c *compiler) lowerIndex(n *core.Node, axis int, largest bool) bool {
	in, out := n.Inputs()[0].Fact(), n.Outputs()[0]
	typ := machine.TypeOf(in.Type)
	if !loops.Has(typ) || in.Type == core.Bool || in.Shape.MustElements() == 0 {
		return false
	}
	d := c.reducedOf(n, []int{axis})
	loop := loops.ArgExtreme(c.isas, typ, largest)
	block := max(1, mostIndexed/d.behind) // matrices at a time
	w := work{
		node: n, kernel: loop.Name, units: d.before, reads: []int{d.src},
		writes: []int{d.dst}, scratch: 8 * d.behind * block,
	}
	index := func(places []int64, x, _ []byte) { loop.Run(places, x, d.at, d.behind) }
	if typ == dtype.F32 && d.behind == 1 && d.at >= minIndexed {
		e := c.extreme(largest)
		block, w.kernel, w.scratch = 1, "index_"+e.Kernel(), reduction.ExtremeBytes
		index = func(places []int64, x, scratch []byte) { places[0] = int64(e.Index(x, scratch)) }
	}
	row, size, narrow := typ.Size()*d.at*d.behind, out.Type.Size(), loops.Convert(c.isas, dtype.I64, dtype.I32).Run
	w.run = func(r *machine.Worker, scratch []byte, i0, i1 int) error {
		for i := i0; i < i1; i += block {
			m := min(block, i1-i)
			x, y := r.Mem[d.src][i*row:][:m*row], r.Mem[d.dst][i*size*d.behind:][:m*size*d.behind]
			if out.Type == core.I64 {
				index(view.Of[int64](y), x, scratch)
				continue
			}
			index(view.Of[int64](scratch)[:m*d.behind], x, scratch)
			narrow(y, scratch, m*d.behind)
		}
		return nil
	}
	c.emitUnits(w)
	return true
}

var (
	_ = lowers[reduce.Any](lowerAny)
	_ = lowers[reduce.All](lowerAll)
)

func lowerAny(c *compiler, n *core.Node) (bool, error) {
	return c.lowerFound(n, n.Op().(*reduce.Any).Axes, 1), nil
}

func lowerAll(c *compiler, n *core.Node) (bool, error) {
	return c.lowerFound(n, n.Op().(*reduce.All).Axes, 0), nil
}

// minSearched is the length of the shortest row of booleans that is worth a search.
const minSearched = 32

// lowerFound lowers a search for a boolean in each row: the result is value if it occurs, else the other boolean.
func (c *compiler) lowerFound(n *core.Node, axes []int, value byte) bool {
	if n.Inputs()[0].Shape().MustElements() == 0 {
		return false
	}
	d := c.reducedOf(n, axes)
	switch {
	case d.behind == 1 && d.at >= minSearched:
		c.emitReducer(d, 1, reduction.Reducer{Kernel: "find_b8_portable", Block: d.before, Run: func(y, x, _ []byte) {
			for i := range y {
				if y[i] = value ^ 1; bytes.IndexByte(x[i*d.at:][:d.at], value) >= 0 {
					y[i] = value
				}
			}
		}})
	case value == 1:
		c.lowerLoop(d, dtype.U8, loops.Largest)
	default:
		c.lowerLoop(d, dtype.U8, loops.Smallest)
	}
	return true
}

var (
	_ = lowers[reduce.CumSum](lowerCumSum)
	_ = lowers[reduce.CumProd](lowerCumProd)
)

func lowerCumSum(c *compiler, n *core.Node) (bool, error) {
	return c.lowerCumulative(n, &n.Op().(*reduce.CumSum).Cumulative, false), nil
}

func lowerCumProd(c *compiler, n *core.Node) (bool, error) {
	return c.lowerCumulative(n, &n.Op().(*reduce.CumProd).Cumulative, true), nil
}

// lowerCumulative lowers running sums or products along an axis.
func (c *compiler) lowerCumulative(n *core.Node, op *reduce.Cumulative, product bool) bool {
	x := n.Inputs()[0].Fact()
	typ := machine.TypeOf(x.Type)
	if !loops.Has(typ) || x.Type == core.Bool || x.Shape.MustElements() == 0 {
		return false
	}
	axis := axisOf(op.Axis, x.Shape)
	at, inner := x.Shape[axis], x.Shape[axis+1:].MustElements()
	size, scan := at*inner*typ.Size(), loops.Scanning(typ, product)
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitUnits(work{
		node: n, kernel: scan.Name, units: x.Shape[:axis].MustElements(), reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			for i := i0; i < i1; i++ {
				scan.Run(r.Mem[dst][i*size:][:size], r.Mem[src][i*size:][:size], at, inner, op.Exclusive, op.Reverse)
			}
			return nil
		},
	})
	return true
}
