package kernels

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/gemm"
)

// zeroPoint is the zero point of u8 data: a constant, or a value in a buffer of which
// flip inverts the topmost bit (for i8 data that became u8).
type zeroPoint struct {
	constant uint8
	buffer   int // -1: the constant
	flip     uint8
}

func (z zeroPoint) computed() bool { return z.buffer >= 0 }

func (z zeroPoint) get(r *run) uint8 {
	if z.buffer < 0 {
		return z.constant
	}
	return r.mem[z.buffer][0] ^ z.flip
}

// operandSet are the operands of a packed product whose values are computed when it
// runs; O is the family's form of them.
type operandSet[O any] struct {
	node     *core.Node
	computed []computedOperand
	zero     zeroPoint
	slope    []int32 // what each step of a computed zero point adds to the start values

	new     func() O
	set     func(o O, which gemm.Operand, v []float32)
	setInit func(o O, v []int32)
}

// prepare appends an instruction that stores the operands, and zero points in the buffer
// padding if that is not -1, and returns what finds the operands of a run: the zero O
// if all are constant.
func prepare[O any](c *compiler, s operandSet[O], padding int) func(*run) O {
	if len(s.computed) == 0 && !s.zero.computed() {
		return func(*run) (none O) { return none }
	}
	type state struct {
		operands O
		floats   []float32
		init     []int32
	}
	longest := 1
	buffers := make([]int, len(s.computed))
	for i, v := range s.computed {
		buffers[i] = c.read(v.value)
		longest = max(longest, v.value.Shape().MustElements())
	}
	if s.zero.computed() {
		c.readBuffer(s.zero.buffer)
	}
	index := c.newState(func() any {
		return &state{operands: s.new(), floats: make([]float32, longest), init: make([]int32, len(s.slope))}
	})
	c.emit(instruction{node: s.node, kernel: "operands", run: func(r *worker, _, _ int) error {
		st := r.state[index].(*state)
		for i, v := range s.computed {
			f := st.floats[:v.value.Shape().MustElements()]
			loadFloats(f, v.value.Type(), r.mem[buffers[i]], 0)
			s.set(st.operands, v.which, f)
		}
		if s.zero.computed() {
			zero := s.zero.get(r.run)
			for i, v := range s.slope {
				st.init[i] = int32(zero) * v
			}
			s.setInit(st.operands, st.init)
			if padding >= 0 {
				fill(r.mem[padding][:cap(r.mem[padding])], zero)
			}
		}
		return nil
	}})
	return func(r *run) O { return r.state[index].(*state).operands }
}
