package compile

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// zeroPoint is the zero point of u8 data: a constant, or the value in a buffer plus shift. shift is 128 for i8 data
// that is stored as u8, else 0.
type zeroPoint struct {
	constant int32
	buffer   int // -1 if the zero point is the constant
	typ      core.Type
	shift    int32
}

func (z zeroPoint) computed() bool { return z.buffer >= 0 }

// isByte reports whether the zero point is certain to be a byte, so that padding can hold it.
func (z zeroPoint) isByte() bool {
	if z.computed() {
		return z.typ != core.I32
	}
	return z.constant >= 0 && z.constant <= math.MaxUint8
}

func (z zeroPoint) get(r *machine.Run) int32 {
	if z.buffer < 0 {
		return z.constant
	}
	return zeroAt(r.Mem[z.buffer], z.typ, 0) + z.shift
}

// addTo appends to a key all that packing depends on in the data's zero point.
func (z zeroPoint) addTo(k *share.Key) *share.Key {
	if z.computed() {
		return k.Text("computed")
	}
	return k.Numbers(int(z.constant))
}

// zeroAt returns element i of zero points of type t.
func zeroAt(mem []byte, t core.Type, i int) int32 {
	switch t {
	case core.I32:
		return machine.View[int32](mem)[i]
	case core.I8:
		return int32(int8(mem[i]))
	}
	return int32(mem[i])
}

// zeroPointOf returns the zero point that the data of an IntegerConvolution or IntegerDot has as u8. If it is
// computed, the caller must set its buffer.
func zeroPointOf(n *core.Node) zeroPoint {
	z := zeroPoint{buffer: -1, typ: n.Inputs()[2].Type()}
	if n.Inputs()[0].Type() == core.I8 {
		z.shift = 128
	}
	if t := n.Inputs()[2].Constant(); t != nil {
		z.constant = int32(t.Int64s()[0]) + z.shift
	} else {
		z.buffer = 0
	}
	return z
}

// operandSet describes the operands of a packed product that are computed at run time. O is the type in which the
// kernel family takes operands.
type operandSet[O any] struct {
	node     *core.Node
	computed []computedOperand
	zero     zeroPoint
	slope    []int32 // what a computed zero point is multiplied by to give the start values

	new     func() O
	set     func(o O, which gemm.Operand, v []float32)
	setInit func(o O, v []int32)
}

// prepare appends an instruction that stores the computed operands, and fills the buffer padding with zero points if
// that is not -1. It returns a function that returns the operands of a run: the zero O if all operands are constant.
func prepare[O any](c *compiler, s operandSet[O], padding int) func(*machine.Run) O {
	if len(s.computed) == 0 && !s.zero.computed() {
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
		buffers[i] = c.buffer(v.value)
		longest = max(longest, v.value.Shape().MustElements())
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
				f := st.floats[:v.value.Shape().MustElements()]
				machine.LoadFloats(f, v.value.Type(), r.Mem[buffers[i]], 0)
				s.set(st.operands, v.which, f)
			}
			if s.zero.computed() {
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
