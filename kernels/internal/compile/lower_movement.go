package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// emitLines appends an instruction that moves bytes from one buffer to lines of another one.
func (c *compiler) emitLines(n *core.Node, kernel string, lines, src, dst int, run func(out, in []byte, l0, l1 int)) {
	c.emitUnits(work{
		node: n, kernel: kernel, units: lines, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, l0, l1 int) error {
			run(r.Mem[dst], r.Mem[src], l0, l1)
			return nil
		},
	})
}

// emitPermutation appends the instruction of a transposition, to the given order of axes, of elements of size bytes.
func (c *compiler) emitPermutation(n *core.Node, s core.Shape, order []int, size, src, dst int) {
	p := movement.NewPermutation(c.isas, s, order, size)
	c.emitLines(n, p.Kernel, p.Tiles, src, dst, p.Run)
}

// emitCopy appends an instruction that copies bytes of src, from offset from on, to dst.
func (c *compiler) emitCopy(n *core.Node, src, dst, from, bytes int) {
	c.emitLines(n, "copy", bytes, src, dst, func(out, in []byte, i0, i1 int) { copy(out[i0:i1], in[from+i0:]) })
}

var (
	_ = lowers[array.Transpose](lowerTranspose)
	_ = lowers[array.SpaceToDepth](lowerPermutation)
	_ = lowers[array.DepthToSpace](lowerPermutation)
)

// lowerTranspose leaves a transpose to the products that read it, if they can.
func lowerTranspose(c *compiler, n *core.Node) (bool, error) {
	if c.absorbedTranspose(n.Out(0)) {
		return true, nil // no code: its readers read the data
	}
	return lowerPermutation(c, n)
}

// lowerPermutation lowers ops that reshape their input and then permute its axes.
func lowerPermutation(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	if size == 0 || x.Shape().MustElements() == 0 {
		return false, nil
	}
	op := n.Op().(interface {
		Permutation(x core.Shape) (core.Shape, []int, error)
	})
	in, order, err := op.Permutation(x.Shape())
	if err != nil {
		return false, err
	}
	c.emitPermutation(n, in, order, size, c.buffer(x), c.newOutput(n.Out(0)))
	return true, nil
}

var (
	_ = lowers[array.Concat](lowerConcat)
	_ = lowers[array.Split](lowerSplit)
)

// joined is a tensor in lines, which have the axes from the joined one on. A line consists of one run of bytes of each
// piece.
type joined struct {
	lines, line int // the number of lines, and the bytes of each
	pieces      []piece
}

type piece struct{ buffer, bytes int }

// newJoined returns a tensor without pieces; false if it has no bytes.
func newJoined(f core.Fact, axis int) (*joined, bool) {
	lines := f.Shape[:axisOf(axis, f.Shape)].MustElements()
	bytes := f.Shape.MustElements() * f.Type.Size()
	if bytes == 0 {
		return nil, false
	}
	return &joined{lines: lines, line: bytes / lines}, true
}

// axisOf returns the number of an axis, which may be counted from the end.
func axisOf(axis int, s core.Shape) int {
	if axis < 0 {
		return axis + len(s)
	}
	return axis
}

func (j *joined) add(f core.Fact, buffer int) {
	j.pieces = append(j.pieces, piece{buffer, f.Shape.MustElements() * f.Type.Size() / j.lines})
}

// lowerConcat lowers concatenation.
func lowerConcat(c *compiler, n *core.Node) (bool, error) {
	j, ok := newJoined(n.Outputs()[0], n.Op().(*array.Concat).Axis)
	if !ok {
		return false, nil
	}
	reads := c.buffersOf(n.Inputs())
	for i, v := range n.Inputs() {
		j.add(v.Fact(), reads[i])
	}
	dst := c.newOutput(n.Out(0))
	c.emitUnits(work{
		node: n, kernel: "concat", units: j.lines, reads: reads, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, l0, l1 int) error {
			at := l0 * j.line
			for _, p := range j.pieces {
				movement.CopyRuns(r.Mem[dst][at:], r.Mem[p.buffer][l0*p.bytes:], l1-l0, p.bytes, j.line, p.bytes)
				at += p.bytes
			}
			return nil
		},
	})
	return true, nil
}

// lowerSplit lowers a Split.
func lowerSplit(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	j, ok := newJoined(x.Fact(), n.Op().(*array.Split).Axis)
	if !ok {
		return false, nil
	}
	src := c.buffer(x)
	var writes []int
	for i, f := range n.Outputs() {
		writes = append(writes, c.newOutput(n.Out(i)))
		j.add(f, writes[i])
	}
	c.emitUnits(work{
		node: n, kernel: "split", units: j.lines, reads: []int{src}, writes: writes,
		run: func(r *machine.Worker, _ []byte, l0, l1 int) error {
			from := l0 * j.line
			for _, p := range j.pieces {
				movement.CopyRuns(r.Mem[p.buffer][l0*p.bytes:], r.Mem[src][from:], l1-l0, p.bytes, p.bytes, j.line)
				from += p.bytes
			}
			return nil
		},
	})
	return true, nil
}

var (
	_ = lowers[array.Pad](lowerPad)
	_ = lowers[array.Tile](lowerTaking)
	_ = lowers[array.BroadcastTo](lowerBroadcastTo)
	_ = lowers[array.Reverse](lowerTaking)
	_ = lowers[array.Roll](lowerTaking)
)

// lowerPad lowers padding.
func lowerPad(c *compiler, n *core.Node) (bool, error) {
	op := n.Op().(*array.Pad)
	if op.Mode != array.PadConstant {
		return lowerTaking(c, n)
	}
	value := n.Inputs()[1].Constant()
	if value == nil || len(value.Bytes()) == 0 || n.Outputs()[0].Shape.MustElements() == 0 {
		return false, nil
	}
	x := n.Inputs()[0]
	p := movement.NewPadding(x.Shape(), op.Below, op.Above, value.Bytes())
	c.emitLines(n, "pad", p.Lines, c.buffer(x), c.newOutput(n.Out(0)), p.Run)
	return true, nil
}

// lowerBroadcastTo lowers the repetition of one element to a fill, and any other broadcast to a taking.
func lowerBroadcastTo(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size, elements := out.Type.Size(), out.Shape.MustElements()
	if size == 0 || elements == 0 || x.Shape().MustElements() != 1 {
		return lowerTaking(c, n)
	}
	src, dst := c.buffer(x), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: "fill", units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			movement.Repeat(r.Mem[dst][i0*size:i1*size], r.Mem[src][:size])
			return nil
		},
	})
	return true, nil
}

// maxPlaces bounds the number of positions for all axes of an output together, and fewPlaces those of an output that
// does not have many times as many elements.
const (
	fewPlaces = 1 << 16
	maxPlaces = 1 << 20
)

func hasManyPlaces(out core.Shape) bool {
	sum := 0
	for _, d := range out {
		sum += min(d, maxPlaces+1)
	}
	return sum > maxPlaces || sum > max(fewPlaces, out.MustElements()/3)
}

// lowerTaking lowers ops that copy elements of their first input and choose them axis by axis (trait.Taking).
func lowerTaking(c *compiler, n *core.Node) (bool, error) {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size := out.Type.Size()
	if size == 0 || out.Shape.MustElements() == 0 || x.Shape().MustElements() == 0 || hasManyPlaces(out.Shape) {
		return false, nil
	}
	places, ok := n.Op().(trait.Taking).Places(x.Shape(), out.Shape)
	if !ok {
		return false, nil
	}
	c.emitTaking(n, c.buffer(n.Inputs()[0]), places)
	return true, nil
}

// emitTaking appends an instruction that copies elements of a buffer to a node's output.
func (c *compiler) emitTaking(n *core.Node, src int, places trait.Places) {
	t := movement.NewTaking(places.In, places.At, n.Outputs()[0].Type.Size())
	c.emitLines(n, "take", t.Lines, src, c.newOutput(n.Out(0)), t.Run)
}

var (
	_ = lowers[indexing.Slice](lowerSlice)
	_ = lowers[indexing.StridedSlice](lowerSlice)
)

// lowerSlice lowers a slice with constant limits.
func lowerSlice(c *compiler, n *core.Node) (bool, error) {
	if done, err := lowerCut(c, n); done || err != nil {
		return done, err
	}
	out := n.Outputs()[0]
	if out.Type.Size() == 0 || out.Shape.MustElements() == 0 || hasManyPlaces(out.Shape) {
		return false, nil
	}
	places, ok := n.Op().(trait.Slicing).Slices(core.Operands(n.Inputs()))
	if ok {
		c.emitTaking(n, c.buffer(n.Inputs()[0]), places)
	}
	return ok, nil
}

// lowerCut lowers ops that copy a contiguous run of elements that begins at a known index (trait.Cutting).
func lowerCut(c *compiler, n *core.Node) (bool, error) {
	x := n.Inputs()[0]
	size := x.Type().Size()
	bytes := n.Outputs()[0].Shape.MustElements() * size
	first, ok := n.Op().(trait.Cutting).Cut(core.Operands(n.Inputs()))
	if !ok || bytes == 0 {
		return false, nil
	}
	src := c.buffer(x)
	c.emitCopy(n, src, c.newOutput(n.Out(0)), first*size, bytes)
	return true, nil
}

var (
	_ = lowers[array.SpaceToBatch](lowerSpaceToBatch)
	_ = lowers[array.BatchToSpace](lowerBatchToSpace)
)

// lowerSpaceToBatch lowers a SpaceToBatch with known lists to a padding and a transposition.
func lowerSpaceToBatch(c *compiler, n *core.Node) (bool, error) {
	x, block, pads := n.Inputs()[0], n.Inputs()[1].Constant(), n.Inputs()[2].Constant()
	size := x.Type().Size()
	if block == nil || pads == nil || n.Outputs()[0].Shape.MustElements()*size == 0 {
		return false, nil
	}
	s, src, lists := x.Shape().Clone(), c.buffer(x), pads.Int64s()
	below, above := make([]int, len(s)), make([]int, len(s))
	for i := range block.Len() {
		below[i+1], above[i+1] = int(lists[2*i]), int(lists[2*i+1])
		s[i+1] += below[i+1] + above[i+1]
	}
	if !s.Equal(x.Shape()) {
		p, padded := movement.NewPadding(x.Shape(), below, above, make([]byte, size)), c.newScratch(s.MustElements()*size)
		c.emitLines(n, "pad", p.Lines, src, padded, p.Run)
		src = padded
	}
	parts, blocks, rest := s[:1:1], []int(nil), []int{0}
	for i, b := range block.Int64s() {
		parts = append(parts, s[i+1]/int(b), int(b))
		blocks, rest = append(blocks, 2*i+2), append(rest, 2*i+1)
	}
	for _, d := range s[block.Len()+1:] {
		rest, parts = append(rest, len(parts)), append(parts, d)
	}
	c.emitPermutation(n, parts, append(blocks, rest...), size, src, c.newOutput(n.Out(0)))
	return true, nil
}

// lowerBatchToSpace lowers a BatchToSpace with known lists to a transposition and a taking.
func lowerBatchToSpace(c *compiler, n *core.Node) (bool, error) {
	x, block, crops := n.Inputs()[0], n.Inputs()[1].Constant(), n.Inputs()[2].Constant()
	out, size := n.Outputs()[0].Shape, x.Type().Size()
	if block == nil || crops == nil || out.MustElements()*size == 0 || hasManyPlaces(out) {
		return false, nil
	}
	s, m, lists := x.Shape(), block.Len(), crops.Int64s()
	var parts core.Shape
	full, order := s.Clone(), []int{m}
	full[0] = out[0]
	for i, b := range block.Int64s() {
		parts, order = append(parts, int(b)), append(order, m+1+i, i)
		full[i+1] *= int(b)
	}
	parts = append(parts, out[0])
	for i, d := range s[1:] {
		if parts = append(parts, d); i >= m {
			order = append(order, m+1+i)
		}
	}
	if full.Equal(out) {
		c.emitPermutation(n, parts, order, size, c.buffer(x), c.newOutput(n.Out(0)))
		return true, nil
	}
	whole := c.newScratch(full.MustElements() * size)
	c.emitPermutation(n, parts, order, size, c.buffer(x), whole)
	c.emitTaking(n, whole, trait.NewPlaces(full, out, func(axis, i int) int {
		if axis > 0 && axis <= m {
			i += int(lists[2*(axis-1)])
		}
		return i
	}))
	return true, nil
}
