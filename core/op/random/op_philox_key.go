package random

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[PhiloxKey]("PhiloxKey")

// PhiloxKey makes the key and the counter of a Philox of two seeds: words 0 and 1, and 2 and 3, of the block that the
// key 0x3ec8f720, 0x02461e29 gives for the seeds.
//
//	Inputs:  seed: i32 or i64, [2]
//	Outputs: key: u64, [1]
//	         counter: u64, [2]
//
//	C1: seed is i32 or i64 of shape [2]
//
// It is TensorFlow's StatelessRandomGetKeyCounter.
type PhiloxKey struct{}

// Infer checks C1.
func (op *PhiloxKey) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if o := in[0]; o.Type != core.I32 && o.Type != core.I64 && o.Type != core.Dynamic ||
		!o.Shape.Compatible(core.Shape{2}) {
		return nil, core.Violation("C1", 0, "got %v, want i32 or i64 of shape [2]", o.Fact)
	}
	return []core.Fact{{Type: core.U64, Shape: core.Shape{1}}, {Type: core.U64, Shape: core.Shape{2}}}, nil
}

// Eval computes one block.
func (op *PhiloxKey) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	seed := in[0].Int64s()
	p := scrambled([2]uint64{uint64(seed[0]), uint64(seed[1])})
	core.Data[uint64](out[0])[0] = uint64(p.key[0]) | uint64(p.key[1])<<32
	copy(core.Data[uint64](out[1]), p.counter[:])
	return nil
}
