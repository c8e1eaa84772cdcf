package text

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[ToNumber]("StringToNumber")

// ToNumber reads numbers. White space may be around them; reals may be decimal, hexadecimal, inf or nan.
//
//	Inputs:  x: string, any shape
//	Outputs: y: Type, the shape of x
//
//	C1: x has strings
//	C2: Type is f32, f64, i32, i64, u32 or u64
//	C3: each string is a number, and integers are of the type; larger reals are infinite
//
// It is TensorFlow's StringToNumber.
type ToNumber struct {
	Type core.Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *ToNumber) Infer(in []core.Operand) ([]core.Fact, error) {
	switch op.Type {
	case core.F32, core.F64, core.I32, core.I64, core.U32, core.U64:
		return inferEach(in, op.Type)
	}
	return nil, core.Violation("C2", -1, "got %v, want f32, f64, i32, i64, u32 or u64", op.Type)
}

// Eval reads the numbers, and checks C3.
func (op *ToNumber) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	for i, s := range in[0].Strings() {
		if !op.store(out[0], i, strings.Trim(s, space)) {
			return core.Violation("C3", 0, "got %.40q at %d, want a number of %v", s, i, op.Type)
		}
	}
	return nil
}

// store stores the number that a text stands for as element i; false if it stands for none.
func (op *ToNumber) store(y *core.Tensor, i int, s string) bool {
	switch op.Type {
	case core.F32:
		v, ok := realOf(s, 32)
		core.Data[float32](y)[i] = float32(v)
		return ok
	case core.F64:
		v, ok := realOf(s, 64)
		core.Data[float64](y)[i] = v
		return ok
	case core.I32:
		v, err := strconv.ParseInt(s, 10, 32)
		core.Data[int32](y)[i] = int32(v)
		return err == nil
	case core.I64:
		v, err := strconv.ParseInt(s, 10, 64)
		core.Data[int64](y)[i] = v
		return err == nil
	case core.U32:
		v, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 32)
		core.Data[uint32](y)[i] = uint32(v)
		return err == nil
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 64)
	core.Data[uint64](y)[i] = v
	return err == nil
}

// realOf reads a real of so many bits.
func realOf(s string, bits int) (float64, bool) {
	digits := strings.ToLower(strings.TrimLeft(s, "+-"))
	if len(s)-len(digits) > 1 || strings.Contains(s, "_") {
		return 0, false
	}
	if rest, ok := strings.CutPrefix(digits, "nan"); ok {
		return math.NaN(), rest == "" || strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")")
	}
	if strings.HasPrefix(digits, "0x") && !strings.Contains(digits, "p") {
		s += "p0"
	}
	v, err := strconv.ParseFloat(s, bits)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}
