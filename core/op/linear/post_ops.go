package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
)

// inferPostOps validates a list and its operands for an output of a (maybe
// partial) shape, and returns the output's type. first is the input number of the
// first operand.
//
//	C10: RoundSaturate is the last step, its type an integer type, Lo <= Hi within it
//	C11: one operand per step that needs one (two for MulAdd and Linear)
//	C12: operands are numbers of shape [], [channels] or the output's shape
func inferPostOps(
	posts []postop.Step, operands []core.Operand, first int, out core.Shape, channelAxis int,
) (core.Type, error) {
	typ := core.I32
	if len(posts) > 0 {
		typ = core.F32
	}
	need := 0
	for i, p := range posts {
		need += p.Operands()
		switch {
		case !p.Kind.Valid():
			return 0, core.Violation("C10", -1, "post-op %d: unknown kind %d", i, p.Kind)
		case p.Kind == postop.Activation && !p.Activation.Valid():
			return 0, core.Violation("C10", -1, "post-op %d: unknown activation %d", i, p.Activation)
		case p.Kind != postop.RoundSaturate:
			continue
		case i != len(posts)-1:
			return 0, core.Violation("C10", -1, "post-op %d: RoundSaturate must be the last step", i)
		case p.Type != core.I8 && p.Type != core.U8 && p.Type != core.I32:
			return 0, core.Violation("C10", -1, "post-op %d: got type %v, want i8, u8 or i32", i, p.Type)
		}
		if lo, hi := p.Type.Bounds(); p.Lo < lo || p.Hi > hi || p.Lo > p.Hi || !p.Round.Valid() {
			return 0, core.Violation("C10", -1,
				"post-op %d: got bounds [%d, %d], want within those of %v", i, p.Lo, p.Hi, p.Type)
		}
		typ = p.Type
	}
	if need != len(operands) {
		return 0, core.Violation("C11", -1, "got %d post-op operands, want %d", len(operands), need)
	}
	for i, v := range operands {
		if v.Type == core.String || v.Type == core.Bool || v.Type.IsComplex() {
			return 0, core.Violation("C12", first+i, "got %v, want numbers", v.Fact)
		}
		if !v.Shape.Ranked() || len(v.Shape) == 0 || !out.Ranked() {
			continue
		}
		if perChannel := (core.Shape{out[channelAxis]}); v.Shape.Compatible(perChannel) || v.Shape.Compatible(out) {
			continue
		}
		return 0, core.Violation("C12", first+i, "got post-op operand %v, want shape [], [%d] or %v",
			v.Fact, out[channelAxis], out)
	}
	return typ, nil
}

// postOps applies a list of steps to accumulators: the reference.
type postOps struct {
	steps []postop.Step
	read  []func(out, channel int) float64 // one per operand
	acc   []int32                          // the output, if it is the raw accumulators
	real  []float32                        // the output, if it is f32
	set   func(out int, v int64)           // writes the output, if RoundSaturate made it
}

// apply applies the steps to one accumulator and stores the result.
func (p *postOps) apply(out, channel int, acc int32) {
	if p.acc != nil {
		p.acc[out] = acc
		return
	}
	f := float32(acc)
	next := 0
	operand := func() float64 {
		next++
		return p.read[next-1](out, channel)
	}
	for _, s := range p.steps {
		switch s.Kind {
		case postop.Add:
			f = f + float32(operand())
		case postop.Mul:
			f = float32(f * float32(operand()))
		case postop.MulAdd:
			v, scale := float32(operand()), float32(operand())
			f = numeric.FMA32(v, scale, f)
		case postop.Linear:
			scale, v := float32(operand()), float32(operand())
			f = numeric.FMA32(f, scale, v)
		case postop.Activation:
			f = s.Activation.Apply(f, s.Alpha)
		case postop.RoundSaturate:
			r := s.Round.Round(float64(f))
			if s.ZeroPoint {
				r += operand()
			}
			p.set(out, numeric.Saturate(r, s.Lo, s.Hi))
			return
		}
	}
	p.real[out] = f
}

func newPostOps(steps []postop.Step, operands []*core.Tensor, out *core.Tensor) *postOps {
	p := &postOps{steps: steps}
	for _, t := range operands {
		p.read = append(p.read, operandReader(t, len(out.Shape())))
	}
	switch {
	case len(steps) == 0:
		p.acc = core.Data[int32](out)
	case out.Type() == core.F32:
		p.real = core.Data[float32](out)
	default:
		p.set = elements.IntSetter(out)
	}
	return p
}

// operandReader returns a function that reads an operand of shape [], [channels] or
// the output's, for an output of the given rank.
func operandReader(t *core.Tensor, rank int) func(out, channel int) float64 {
	v := t.Float64s()
	switch {
	case len(t.Shape()) == 0:
		return func(_, _ int) float64 { return v[0] }
	case len(t.Shape()) == 1 && rank != 1:
		return func(_, channel int) float64 { return v[channel] }
	default:
		return func(out, _ int) float64 { return v[out] }
	}
}
