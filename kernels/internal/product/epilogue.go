package product

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Epilogue is a list of post-ops in the form that the kernels take.
type Epilogue struct {
	gemm.Epilogue
	Summand  core.Value // if there is one, see gemm.Epilogue.Sum
	Operands []Operand  // those that are not constant, see gemm.Epilogue.Computed
}

// Operand is an operand that is not a constant.
type Operand struct {
	Which gemm.Operand
	Value core.Value
}

// Raw returns the epilogue of products whose accumulators are stored.
func Raw() *Epilogue { return &Epilogue{Epilogue: gemm.Epilogue{Out: gemm.S32}} }

// AddTo appends to a key all that packing depends on in the epilogue.
func (e *Epilogue) AddTo(k *share.Key) *share.Key {
	k.Floats(e.Pre).Floats(e.Scale).Floats(e.Bias).Floats(e.Post)
	rest := e.Epilogue
	rest.Pre, rest.Scale, rest.Bias, rest.Post = nil, nil, nil, nil
	return k.Text(fmt.Sprintf("%#v", rest))
}

// Columns are the columns of an output that one kernel computes: Count of them, starting at First. Column i takes the
// per-channel operands of channel i mod Channels.
type Columns struct{ First, Count, Channels int }

// PostOpsOf returns the post-ops of an IntegerConvolution or IntegerDot, and their operands.
func PostOpsOf(n *core.Node) (steps []postop.Step, operands []core.Value) {
	return n.Op().(trait.PostOpped).Steps(), n.Inputs()[4:]
}

// EpilogueOf returns the post-ops of an IntegerConvolution or IntegerDot as a list that the kernels' chain has:
//
//	Add, Mul, Add, MulAdd, Relu, Mul, RoundSaturate
//
// each of which may be absent. It fails for any other list, for operands that are neither per tensor nor per
// channel, and for summands that do not have the output's shape.
func EpilogueOf(n *core.Node, cols Columns) (e Epilogue, ok bool) {
	posts, operands := PostOpsOf(n)
	out := n.Outputs()[0].Shape
	if len(posts) == 0 {
		return *Raw(), true
	}
	e.Out = gemm.F32
	next := func() core.Value {
		v := operands[0]
		operands = operands[1:]
		return v
	}
	stage := 0
	// reach moves on to a stage of the chain; false if the chain is already past it.
	reach := func(s int) bool {
		if stage > s {
			return false
		}
		stage = s + 1
		return true
	}
	for _, p := range posts {
		ok := false
		switch {
		case p.Kind == postop.Add && reach(0):
			ok = e.operand(gemm.Pre, next(), cols)
		case p.Kind == postop.Mul && reach(1):
			ok = e.operand(gemm.Scale, next(), cols)
		case p.Kind == postop.Add && reach(2):
			ok = e.operand(gemm.Bias, next(), cols)
		case p.Kind == postop.MulAdd && reach(3):
			e.Summand = next()
			ok = e.Summand.Shape().Equal(out) && e.setSumType() && e.operand(gemm.SumScale, next(), Columns{0, 1, 1})
		case p.Kind == postop.Activation && p.Activation == numeric.Relu && reach(4):
			e.Relu, ok = true, true
		case p.Kind == postop.Mul && reach(5):
			ok = e.operand(gemm.Post, next(), cols)
		case p.Kind == postop.RoundSaturate:
			ok = e.round(p, &operands)
		}
		if !ok {
			return e, false
		}
	}
	return e, true
}

// operand takes a value as one of the operands; false if it is not per tensor or per channel.
func (e *Epilogue) operand(which gemm.Operand, v core.Value, cols Columns) bool {
	s, t := v.Shape(), v.Constant()
	if perChannel := len(s) == 1 && s[0] == cols.Channels; !perChannel && s.MustElements() != 1 {
		return false
	}
	if t == nil {
		if len(s) > 0 && cols.Count%cols.Channels != 0 { // the values of a group would have to be extracted first
			return false
		}
		e.Computed = e.Computed.With(which)
		e.Operands = append(e.Operands, Operand{which, v})
		return true
	}
	in := t.Float32s()
	out := make([]float32, cols.Count)
	for i := range out {
		out[i] = in[(cols.First+i)%cols.Channels%len(in)]
	}
	switch which {
	case gemm.Pre:
		e.Pre = out
	case gemm.Scale:
		e.Scale = out
	case gemm.Bias:
		e.Bias = out
	case gemm.Post:
		e.Post = out
	case gemm.SumScale:
		e.SumScale = out[0]
	}
	return true
}

// round takes the last step, RoundSaturate, if it rounds half to even, to 8 bits, or to i32 with an upper bound
// that the kernels support.
func (e *Epilogue) round(p postop.Step, operands *[]core.Value) bool {
	if p.Round != numeric.RoundNearestTowardEven {
		return false
	}
	zero := 0.0
	if p.ZeroPoint {
		z := (*operands)[0].Constant()
		if z == nil || z.Len() != 1 {
			return false
		}
		zero = z.Float64s()[0]
	}
	switch {
	case p.Type == core.I32:
		if lo, _ := core.I32.Bounds(); zero != 0 || p.Lo != lo || !gemm.IsWordEnd(p.Hi) {
			return false
		}
		e.Out = gemm.I32
	case zero == 0 && p.Type == core.U8:
		e.Out = gemm.U8
	case zero == 0:
		e.Out = gemm.I8
	case zero == 128 && p.Type == core.U8:
		e.Out, e.Flip = gemm.I8, true
	default:
		return false
	}
	e.Lo, e.Hi = int32(p.Lo-int64(zero)), int32(p.Hi-int64(zero))
	return true
}

func (e *Epilogue) setSumType() (ok bool) {
	e.Sum, ok = map[core.Type]gemm.SumType{
		core.U8: gemm.SumU8, core.I8: gemm.SumI8, core.I32: gemm.SumI32, core.F32: gemm.SumF32,
	}[e.Summand.Type()]
	return ok
}

// ChannelsOf returns the length of a shape's last axis, or 1 if there is one column.
func ChannelsOf(s core.Shape, columns int) int {
	if len(s) == 0 || columns == 1 {
		return 1
	}
	return s[len(s)-1]
}
