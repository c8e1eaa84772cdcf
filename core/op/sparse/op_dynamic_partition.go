package sparse

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/view"
)

var _ = core.Register[DynamicPartition]("DynamicPartition")

// maxPartitions bounds the outputs of a DynamicPartition.
const maxPartitions = 1 << 16

// DynamicPartition divides rows among outputs, in which they keep their order.
//
//	y[p] = the x[i...] whose part[i...] is p
//
//	Inputs:  x: any type, [i..., r...]
//	         part: i32, [i...]
//	Outputs: Partitions y: the type of x, [how many rows, r...]
//
//	C1: the shape of x begins with that of part
//	C2: part is i32; each is in [0, Partitions)
//	C3: Partitions is in [1, 65536]
//
// It is TensorFlow's DynamicPartition.
type DynamicPartition struct {
	Partitions int `json:"partitions"`
}

// InputNames names the inputs.
func (op *DynamicPartition) InputNames() []string { return []string{"x", "part"} }

// Infer checks C1 and C3, and C2 for constants.
func (op *DynamicPartition) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	if op.Partitions < 1 || op.Partitions > maxPartitions {
		return nil, core.Violation("C3", -1, "partitions: got %d, want 1 to %d", op.Partitions, maxPartitions)
	}
	if !in[1].Type.Compatible(core.I32) {
		return nil, core.Violation("C2", 1, "got type %v, want i32", in[1].Type)
	}
	row, err := rowShape("C1", in, 0, 1)
	if err != nil {
		return nil, err
	}
	var counts []int
	if in[1].Const != nil {
		if counts, err = op.counts(core.Data[int32](in[1].Const)); err != nil {
			return nil, err
		}
	}
	facts := make([]core.Fact, op.Partitions)
	for i := range facts {
		facts[i].Type = in[0].Type
		if row == nil {
			continue
		}
		n := core.Unknown
		if counts != nil {
			n = counts[i]
		}
		facts[i].Shape = infer.JoinedShapes(core.Shape{n}, row)
	}
	return facts, nil
}

// counts returns how many rows each output has.
func (op *DynamicPartition) counts(part []int32) ([]int, error) {
	counts := make([]int, op.Partitions)
	for i, p := range part {
		if uint(p) >= uint(len(counts)) {
			return nil, core.Violation("C2", 1, "got %d at %d, want in [0, %d)", p, i, len(counts))
		}
		counts[p]++
	}
	return counts, nil
}

// Eval copies row by row.
func (op *DynamicPartition) Eval(in, out []*core.Tensor) error {
	if err := allocateAll(op, in, out); err != nil {
		return err
	}
	x, part := in[0], core.Data[int32](in[1])
	n, size := core.Shape(x.Shape()[len(in[1].Shape()):]).MustElements(), x.Type().Size()
	bytes := make([][]byte, len(out))
	for i, y := range out {
		bytes[i] = y.Bytes()
	}
	switch {
	case size == 0:
		y := make([][]string, len(out))
		for i := range y {
			y[i] = out[i].Strings()
		}
		divide(x.Strings(), part, n, y)
	case n == 1 && size == 2:
		divide(view.Of[uint16](x.Bytes()), part, 1, viewed[uint16](bytes))
	case n == 1 && size == 4:
		divide(view.Of[uint32](x.Bytes()), part, 1, viewed[uint32](bytes))
	case n == 1 && size == 8:
		divide(view.Of[uint64](x.Bytes()), part, 1, viewed[uint64](bytes))
	default:
		divide(x.Bytes(), part, n*size, bytes)
	}
	return nil
}

func viewed[T view.Element](list [][]byte) [][]T {
	v := make([][]T, len(list))
	for i, b := range list {
		v[i] = view.Of[T](b)
	}
	return v
}

// divide appends row i of x, of n elements, to y[part[i]].
func divide[T any](x []T, part []int32, n int, y [][]T) {
	if n == 1 {
		next := make([]int, len(y))
		for i, p := range part {
			y[p][next[p]] = x[i]
			next[p]++
		}
		return
	}
	for i, p := range part {
		copy(y[p], x[i*n:(i+1)*n])
		y[p] = y[p][n:]
	}
}
