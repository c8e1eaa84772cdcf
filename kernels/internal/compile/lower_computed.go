package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// maxComputedWeights bounds the number of weights that are packed in each run.
const maxComputedWeights = 1 << 24

// computedWeights are weights that are not constant, or whose zero points are not.
type computedWeights struct {
	columns, products int // products is the number of products per sum
	channels          int // the zero points repeat after that many columns
	typ, zeroType     core.Type
	values, zeros     int // buffers
}

// weightState is the state in which one run packs weights.
type weightState struct {
	values []int8 // [products][columns+1], the last column has ones
	zeros  []int32
	start  []int32
	packed *gemm.Packed
}

// newComputedWeights returns the weights of an IntegerConvolution or IntegerDot with the given number of
// columns, to which the channels are assigned in turn; false if there are too many weights to pack in each run.
func newComputedWeights(c *compiler, n *core.Node, columns, channels int) (computedWeights, bool) {
	w, z := n.Inputs()[1], n.Inputs()[3]
	elements := w.Shape().MustElements()
	if elements == 0 || elements > maxComputedWeights {
		return computedWeights{}, false
	}
	return computedWeights{
		columns: columns, products: elements / columns, channels: channels, typ: w.Type(), zeroType: z.Type(),
		values: c.buffer(w), zeros: c.buffer(z),
	}, true
}

// signed returns the weight of a byte as it is packed: u8 weights become signed by subtracting 128.
func (w *computedWeights) signed(b byte) int8 {
	if w.typ == core.U8 {
		b ^= 0x80
	}
	return int8(b)
}

// fill converts the weights and zero points of a run to the form that is packed.
func (w *computedWeights) fill(s *weightState, values, zeros []byte, dataZero int32) {
	count := len(zeros) / w.zeroType.Size()
	for j := range s.zeros {
		s.zeros[j] = zeroAt(zeros, w.zeroType, j%w.channels%count)
		if w.typ == core.U8 {
			s.zeros[j] -= 128
		}
		s.start[j] = int32(w.products) * s.zeros[j]
	}
	for i := range w.products {
		row := s.values[i*(w.columns+1):][:w.columns]
		for j, b := range values[i*w.columns:][:w.columns] {
			row[j] = w.signed(b)
			s.start[j] -= int32(row[j])
		}
		s.values[i*(w.columns+1)+w.columns] = 1
	}
	for j := range s.zeros {
		s.start[j] *= dataZero
	}
}

// lowerComputedProduct appends an instruction that packs the weights in each run, the product that computes
// raw accumulators and the sums of the data, and the post-ops.
func (c *compiler) lowerComputedProduct(m *matmul, w computedWeights) error {
	n, rows := m.node, m.rows
	spec := gemm.Spec{N: w.columns + 1, Taps: m.taps, TapBytes: m.tapBytes}
	variant := gemm.Choose(c.isas, spec)
	empty, err := gemm.Pack(variant, spec, make([]int8, w.products*spec.N), nil)
	if err != nil {
		return fmt.Errorf("node %q (%s): %w", n.Name, n.OpName(), err)
	}
	state := c.newState(func() any {
		return &weightState{
			values: make([]int8, w.products*spec.N), zeros: make([]int32, w.columns), start: make([]int32, spec.N),
		}
	})
	padding := m.padding
	c.emit(machine.Instruction{
		Node: n, Kernel: "pack", Reads: []int{w.values, w.zeros, m.zero.buffer}, Writes: []int{padding},
		Run: func(r *machine.Worker, _, _ int) (err error) {
			s, zero := r.State[state].(*weightState), m.zero.get(r.Run)
			w.fill(s, r.Mem[w.values], r.Mem[w.zeros], zero)
			if padding >= 0 {
				machine.Fill(r.Mem[padding][:cap(r.Mem[padding])], byte(zero))
			}
			s.packed, err = gemm.Pack(variant, spec, s.values, s.start)
			return err
		},
	})
	perThread := empty.Scratch()
	scratch, acc := c.newScratch(perThread*c.threads), c.newScratch(productOf(rows, spec.N, 4))
	offsets := c.matmulOffsets(m, spec, 0)
	c.emit(machine.Instruction{
		Node: n, Kernel: variant.Name, Splits: true, Operations: machine.Operations(n),
		Reads: m.reads, Writes: []int{acc}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			packed := r.State[state].(*weightState).packed
			a := gemm.Args{
				A: r.Arena, Offsets: *offsets, C: r.Mem[acc], LDC: 4 * spec.N,
				Scratch: r.Mem[scratch][r.Thread*perThread : (r.Thread+1)*perThread],
			}
			d := division{rows, packed.Panels(), variant.MR, w.products * w.columns, nil}
			m0, m1, p0, p1 := d.part(part, parts)
			packed.Run(&a, m0, m1, p0, p1)
			return nil
		},
	})
	return c.lowerUnfused(&unfused{
		node: n, acc: acc, rows: rows, columns: w.columns, stride: spec.N, rowSums: w.columns, less: -1,
		posts: m.posts, operands: m.operands,
		computedZeros: func(r *machine.Run) []int32 { return r.State[state].(*weightState).zeros },
	})
}
