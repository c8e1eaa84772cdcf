package compile

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/product"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
	"github.com/tf2ng/tf2ng/kernels/internal/window"
)

// This file makes what the kernels of products read: data as unsigned bytes, padding, packed weights, and operands that
// each run computes.

// zeroPoint is the zero point of u8 data, with the buffer of the op's input if it is computed, else -1.
type zeroPoint struct {
	product.ZeroPoint

	buffer int
}

// get returns the zero point in a run.
func (z zeroPoint) get(r *machine.Run) int32 {
	if z.buffer < 0 {
		return z.Constant
	}
	return z.Of(r.Mem[z.buffer])
}

// unsignedData returns a buffer in the arena that has the data of an IntegerConvolution or IntegerDot as unsigned
// bytes, and the zero point of these bytes.
func (c *compiler) unsignedData(n *core.Node) (src int, zero zeroPoint) {
	zero = zeroPoint{product.ZeroPointOf(n), -1}
	if data := n.Inputs()[0]; data.Type() == core.I8 {
		src = c.flipped(n, c.buffer(data))
	} else {
		src = c.bufferInArena(data)
	}
	if zero.Computed {
		zero.buffer = c.buffer(n.Inputs()[2])
	}
	return src, zero
}

// paddingFor returns a buffer of size zero points. For a constant zero point it is filled and lives as long as the
// arena; for a computed one an instruction must fill it.
func (c *compiler) paddingFor(zero zeroPoint, size int) int {
	if zero.Computed {
		return c.newScratch(size)
	}
	return c.paddingRun(uint8(zero.Constant), size)
}

// paddingRun returns a buffer of at least size zero points that lives as long as the arena.
func (c *compiler) paddingRun(zero uint8, size int) int {
	b, ok := c.padding[zero]
	if !ok {
		b = c.filledRun(size, func(run []byte) { machine.Fill(run, zero) })
		c.padding[zero] = b
	}
	c.buffers[b].Size = max(c.buffers[b].Size, size)
	return b
}

// zeroRun returns a buffer of zeros (-0 for float32) that lives as long as the arena.
func (c *compiler) zeroRun(kind pool.Kind, size int) int {
	if kind.Size() == 1 {
		return c.paddingRun(0, size)
	}
	return c.filledRun(size, func(run []byte) {
		if kind.Size() == 8 {
			machine.Fill(view.Of[float64](run), math.Copysign(0, -1))
		} else {
			machine.Fill(view.Of[float32](run), float32(math.Copysign(0, -1)))
		}
	})
}

// filledRun returns a buffer that lives as long as the arena and is filled once.
func (c *compiler) filledRun(size int, fill func(run []byte)) int {
	b := c.newScratch(size)
	buf := c.buffers[b]
	buf.Whole = true
	c.onArena = append(c.onArena, func(arena []byte) { fill(arena[buf.Offset : buf.Offset+buf.Reserved()]) })
	return b
}

// padImage appends an instruction that copies images into a new buffer with padding around them, and returns that
// buffer.
func (c *compiler) padImage(n *core.Node, src int, p *window.Padded, zero zeroPoint) int {
	dst, lines := c.newScratch(bounds.Product(p.Lines, p.Bytes)), p.Lines
	c.emit(machine.Instruction{
		Node: n, Kernel: "pad", Splits: true, Reads: []int{src, zero.buffer}, Writes: []int{dst},
		Run: func(r *machine.Worker, part, parts int) error {
			p.Run(r.Mem[dst], r.Mem[src], byte(zero.get(r.Run)), part*lines/parts, (part+1)*lines/parts)
			return nil
		},
	})
	return dst
}

// packedWeights are weights packed for one kernel, with the slope of their start values, see product.Weights.
type packedWeights[P any] struct {
	packed P
	slope  []int32
}

// sized is implemented by the packed weights of all kernel families.
type sized interface{ Bytes() int64 }

// packed returns the packed weights that pack makes. The first plan that needs them makes them for all plans. The key k
// must contain everything that they depend on.
func packed[P sized](c *compiler, k *share.Key, pack func() (P, []int32, error)) (packedWeights[P], error) {
	w, err := share.Kept(c.keep, k.String(), func() (packedWeights[P], int64, error) {
		p, slope, err := pack()
		if err != nil {
			return packedWeights[P]{}, 0, err
		}
		c.packs = true
		return packedWeights[P]{p, slope}, p.Bytes() + 4*int64(len(slope)), nil
	})
	return w, c.locate(err)
}

// tellPacked calls Options.Packed for the constants of a node whose lowering has packed constants.
func (c *compiler) tellPacked(n *core.Node) {
	tell := c.assembler.options.Packed
	if c.packs && tell != nil {
		for _, v := range n.Inputs() {
			if k, ok := v.Node.Op().(*core.Constant); ok {
				tell(k.Value.Bytes())
			}
		}
	}
	c.packs = false
}

// operandSet describes the operands of a packed product that are computed at run time. O is the type in which the
// kernel family takes operands.
type operandSet[O any] struct {
	node     *core.Node
	computed []product.Operand
	zero     zeroPoint
	slope    []int32 // what a computed zero point is multiplied by to give the start values

	new     func() O
	set     func(o O, which gemm.Operand, v []float32)
	setInit func(o O, v []int32)
}

// prepare appends an instruction that stores the computed operands, and fills the buffer padding with zero points if
// that is not -1. It returns a function that returns the operands of a run: the zero O if all operands are constant.
func prepare[O any](c *compiler, s operandSet[O], padding int) func(*machine.Run) O {
	if len(s.computed) == 0 && !s.zero.Computed {
		return func(*machine.Run) (none O) { return none }
	}
	type state struct {
		operands O
		floats   []float32
		init     []int32
	}
	longest := 1
	buffers := make([]int, len(s.computed))
	for i, v := range s.computed {
		buffers[i] = c.buffer(v.Value)
		longest = max(longest, v.Value.Shape().MustElements())
	}
	index := c.newState(func() any {
		return &state{operands: s.new(), floats: make([]float32, longest), init: make([]int32, len(s.slope))}
	})
	reads := append(slices.Clone(buffers), s.zero.buffer)
	c.emit(machine.Instruction{
		Node: s.node, Kernel: "operands", Reads: reads, Writes: []int{padding},
		Run: func(r *machine.Worker, _, _ int) error {
			st := r.State[index].(*state)
			for i, v := range s.computed {
				f := st.floats[:v.Value.Shape().MustElements()]
				machine.LoadFloats(f, v.Value.Type(), r.Mem[buffers[i]], 0)
				s.set(st.operands, v.Which, f)
			}
			if s.zero.Computed {
				zero := s.zero.get(r.Run)
				for i, v := range s.slope {
					st.init[i] = zero * v
				}
				s.setInit(st.operands, st.init)
				if padding >= 0 {
					machine.Fill(r.Mem[padding][:cap(r.Mem[padding])], byte(zero))
				}
			}
			return nil
		},
	})
	return func(r *machine.Run) O { return r.State[index].(*state).operands }
}
