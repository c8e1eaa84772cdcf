package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[DynamicPartition]("DynamicPartition")

// maxPartitions is how many outputs a DynamicPartition may have.
const maxPartitions = 1 << 16

// DynamicPartition divides slices among outputs.
//
//	y[p] = x[i...] for all i... with parts[i...] = p, in row-major order
//
//	Inputs:  x: any type, [i..., r...]
//	         parts: i32, [i...]
//	Outputs: Count outputs: the type of x, [how many there are, r...]
//
//	C1: Count is in [1, 65536]
//	C2: parts are i32; their shape is the beginning of that of x
//	C3: parts are in [0, Count)
//
// It is TensorFlow's DynamicPartition.
type DynamicPartition struct {
	Count int `json:"count"`
}

// InputNames names the inputs.
func (op *DynamicPartition) InputNames() []string { return []string{"x", "parts"} }

// Infer checks C1 and C2, and C3 for constants.
func (op *DynamicPartition) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if op.Count < 1 || op.Count > maxPartitions {
		return nil, core.Violation("C1", -1, "count: got %d, want in [1, %d]", op.Count, maxPartitions)
	}
	x, at := in[0].Shape, in[1].Shape
	if !in[1].Type.Compatible(core.I32) ||
		x.Ranked() && at.Ranked() && (len(at) > len(x) || !x[:len(at)].Compatible(at)) {
		return nil, core.Violation("C2", 1, "got %v, want i32 of the beginning of %v", in[1].Fact, x)
	}
	out := core.Fact{Type: in[0].Type}
	if x.Ranked() && at.Ranked() {
		out.Shape = infer.JoinedShapes(core.Shape{core.Unknown}, x[len(at):])
	}
	facts := make([]core.Fact, op.Count)
	for i := range facts {
		facts[i] = out
	}
	parts := in[1].Const
	if parts == nil || out.Shape == nil {
		return facts, nil
	}
	counts, err := op.counts(core.Data[int32](parts))
	for i, n := range counts {
		facts[i].Shape = infer.JoinedShapes(core.Shape{n}, out.Shape[1:])
	}
	return facts, err
}

// counts returns how many slices each output has. It checks C3.
func (op *DynamicPartition) counts(parts []int32) ([]int, error) {
	counts := make([]int, op.Count)
	for i, p := range parts {
		if p < 0 || int(p) >= op.Count {
			return nil, core.Violation("C3", 1, "got %d at element %d, want in [0, %d)", p, i, op.Count)
		}
		counts[p]++
	}
	return counts, nil
}

// Eval copies slice by slice.
func (op *DynamicPartition) Eval(in, out []*core.Tensor) error {
	x, parts := in[0], core.Data[int32](in[1])
	counts, err := op.counts(parts)
	if err != nil {
		return err
	}
	rest := core.Shape(x.Shape()[len(in[1].Shape()):])
	size, next := rest.MustElements(), make([]int, op.Count)
	for p, n := range counts {
		if err := elements.Ensure(out, p, x.Type(), infer.JoinedShapes(core.Shape{n}, rest)); err != nil {
			return err
		}
	}
	for i, p := range parts {
		elements.CopyUnit(out[p], next[p], x, i*size, size)
		next[p] += size
	}
	return nil
}
