package kernels

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/gemm"
)

// epilogue is a post-op list in the form of the kernels.
type epilogue struct {
	gemm.Epilogue
	sum core.Value // the summand, if there is one
}

// matchEpilogue puts a post-op list into the kernels' chain of steps
//
//	Add, Mul, Add, MulAdd, Relu, Mul, RoundSaturate
//
// each of which may be absent. It fails for any other list, for operands that are
// not constants per tensor or per channel, and for sums that are not the output's
// shape.
func matchEpilogue(posts []core.PostOp, operands []core.Value, out core.Fact, channels int) (e epilogue, ok bool) {
	if len(posts) == 0 {
		e.Out = gemm.S32
		return e, true
	}
	e.Out = gemm.F32
	next := func() core.Value {
		v := operands[0]
		operands = operands[1:]
		return v
	}
	stage := 0
	// reach moves on to a stage of the chain; false if it is behind.
	reach := func(s int) bool {
		if stage > s {
			return false
		}
		stage = s + 1
		return true
	}
	for _, p := range posts {
		var v []float32
		switch p.Kind {
		case core.PostAdd, core.PostMul:
			if v = perChannel(next(), channels); v == nil {
				return e, false
			}
		}
		switch {
		case p.Kind == core.PostAdd && reach(0):
			e.Pre = v
		case p.Kind == core.PostMul && reach(1):
			e.Scale = v
		case p.Kind == core.PostAdd && reach(2):
			e.Bias = v
		case p.Kind == core.PostMulAdd && reach(3):
			e.sum = next()
			scale := perChannel(next(), 1)
			if scale == nil || !e.sum.Shape().Equal(out.Shape) {
				return e, false
			}
			e.SumScale = scale[0]
			if e.Sum, ok = sumType(e.sum.Type()); !ok {
				return e, false
			}
		case p.Kind == core.PostActivation && p.Activation == core.Relu && reach(4):
			e.Relu = true
		case p.Kind == core.PostMul && reach(5):
			e.Post = v
		case p.Kind == core.PostRoundSaturate && p.Round == core.RoundNearestTowardEven && p.Type != core.I32:
			zero := int64(0)
			if p.ZeroPoint {
				z := next().Constant()
				if z == nil || z.Len() != 1 {
					return e, false
				}
				zero = int64(z.Float64s()[0])
			}
			switch {
			case zero == 0 && p.Type == core.U8:
				e.Out = gemm.U8
			case zero == 0:
				e.Out = gemm.I8
			case zero == 128 && p.Type == core.U8:
				e.Out, e.Flip = gemm.I8, true
			default:
				return e, false
			}
			e.Lo, e.Hi = int32(p.Lo-zero), int32(p.Hi-zero)
		default:
			return e, false
		}
	}
	return e, true
}

// perChannel returns a constant operand as one float32 per channel, or nil.
func perChannel(v core.Value, channels int) []float32 {
	t := v.Constant()
	if t == nil || t.Len() != 1 && (len(t.Shape()) != 1 || t.Len() != channels) {
		return nil
	}
	in := t.Float32s()
	out := make([]float32, channels)
	for i := range out {
		out[i] = in[min(i, len(in)-1)]
	}
	return out
}

func sumType(t core.Type) (gemm.SumType, bool) {
	switch t {
	case core.U8:
		return gemm.SumU8, true
	case core.I8:
		return gemm.SumI8, true
	case core.I32:
		return gemm.SumI32, true
	case core.F32:
		return gemm.SumF32, true
	}
	return gemm.NoSum, false
}
