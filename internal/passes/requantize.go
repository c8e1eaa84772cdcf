package passes

import (
	"bytes"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// requantize moves quantizations in front of paddings, so that integers are padded, and
// drops those that give back the integers that were dequantized.
func requantize(f *core.Function, _ Evaluate) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if !quantizes(n.Op()) || !constants(inputs[1:]) {
			return nil, nil
		}
		pad, value, ok := constantPad(inputs[0])
		if !ok {
			return unchanged(n, inputs)
		}
		padded, err := core.EvalOp(n.Op(), append([]*core.Tensor{value}, tensors(inputs[1:])...))
		if err != nil {
			return nil, err
		}
		inner := append([]core.Value{inputs[0].Node.Inputs()[0]}, inputs[1:]...)
		outs, err := unchanged(n, inner)
		if err == nil && outs == nil {
			outs, err = remakeAll(n, n.Op(), inner)
		}
		if err != nil {
			return nil, err
		}
		outs[0], err = remake(inputs[0].Node, pad, []core.Value{outs[0], core.NewConstant(padded[0])})
		return outs, err
	})
}

// quantizes reports whether op quantizes all elements alike.
func quantizes(op core.Op) bool {
	switch op := op.(type) {
	case *core.Quantize:
		return len(op.Axes) == 0
	case *core.TFQuantizeV2:
		return op.Axis == -1
	}
	return false
}

// dequantizes reports whether op dequantizes all elements alike.
func dequantizes(op core.Op) bool {
	switch op := op.(type) {
	case *core.Dequantize:
		return len(op.Axes) == 0
	case *core.TFDequantize:
		return op.Axis == -1
	}
	return false
}

func constants(values []core.Value) bool {
	return !slices.ContainsFunc(values, func(v core.Value) bool { return v.Constant() == nil })
}

// tensors returns the tensors of constants.
func tensors(values []core.Value) []*core.Tensor {
	out := make([]*core.Tensor, len(values))
	for i, v := range values {
		out[i] = v.Constant()
	}
	return out
}

// constantPad returns the op and the value of a padding with a constant.
func constantPad(v core.Value) (*core.Pad, *core.Tensor, bool) {
	op, ok := v.Node.Op().(*core.Pad)
	if !ok || op.Mode != core.PadConstant {
		return nil, nil, false
	}
	value := v.Node.Inputs()[1].Constant()
	return op, value, value != nil
}

// unchanged returns the integers that n, a quantization, gives back as they were before
// their dequantization, with n's further outputs; nil if some of the 256 values change.
func unchanged(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	d := inputs[0].Node
	if !dequantizes(d.Op()) || !constants(d.Inputs()[1:]) {
		return nil, nil
	}
	source := d.Inputs()[0]
	if source.Type() != n.Outputs()[0].Type || source.Type().Size() != 1 {
		return nil, nil
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	x, err := core.TensorOver(source.Type(), core.Shape{256}, all)
	if err != nil {
		return nil, err
	}
	real, err := core.EvalOp(d.Op(), append([]*core.Tensor{x}, tensors(d.Inputs()[1:])...))
	if err != nil {
		return nil, err
	}
	q, err := core.EvalOp(n.Op(), append([]*core.Tensor{real[0]}, tensors(inputs[1:])...))
	if err != nil || !bytes.Equal(q[0].Bytes(), all) {
		return nil, err
	}
	outs := []core.Value{source}
	for _, t := range q[1:] {
		outs = append(outs, core.NewConstant(t))
	}
	return outs, nil
}

// remakeAll is remake for nodes with several outputs.
func remakeAll(n *core.Node, op core.Op, inputs []core.Value) ([]core.Value, error) {
	first, err := remake(n, op, inputs)
	if err != nil {
		return nil, err
	}
	var outs []core.Value
	for i := range first.Node.Outputs() {
		outs = append(outs, first.Node.Out(i))
	}
	return outs, nil
}

// absorbPads makes paddings attributes of the integer convolutions that read them, if
// they hold the data's zero point, and of the maximum pools, if they hold the lowest
// value: what both take for padding.
func absorbPads(f *core.Function, _ Evaluate) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if len(inputs) == 0 {
			return nil, nil
		}
		pad, value, ok := constantPad(inputs[0])
		if !ok {
			return nil, nil
		}
		inner := append([]core.Value{inputs[0].Node.Inputs()[0]}, inputs[1:]...)
		switch op := n.Op().(type) {
		case *core.IntegerConvolution:
			zero := inputs[2].Constant()
			s, ok := padded(op.Spatial, pad)
			if !ok || zero == nil || !bytes.Equal(zero.Bytes(), value.Bytes()) {
				return nil, nil
			}
			c := *op
			c.Spatial = s
			return remakeAll(n, &c, inner)
		case *core.MaxPool:
			s, ok := padded(op.Spatial, pad)
			if !ok || !isLowest(value) {
				return nil, nil
			}
			c := *op
			c.Spatial = s
			return remakeAll(n, &c, inner)
		}
		return nil, nil
	})
}

// padded returns s with the padding of pad in addition; false if it cannot have it.
func padded(s core.Spatial, pad *core.Pad) (core.Spatial, bool) {
	n := len(pad.Below) - 2
	if n < 1 || s.PadType == core.PadSameUpper || len(s.DataDilations) != 0 {
		return s, false
	}
	first, channels := 1, n+1
	if s.Layout == core.NCHW {
		first, channels = 2, 1
	}
	if pad.Below[0]+pad.Above[0]+pad.Below[channels]+pad.Above[channels] != 0 {
		return s, false
	}
	below, above := slices.Clone(pad.Below[first:first+n]), slices.Clone(pad.Above[first:first+n])
	if s.PadType == core.PadExplicit && len(s.PadBelow) == n && len(s.PadAbove) == n {
		for i := range below {
			// A negative padding would cut off what pad adds, or not, as well.
			if s.PadBelow[i] < 0 || s.PadAbove[i] < 0 {
				return s, false
			}
			below[i] += s.PadBelow[i]
			above[i] += s.PadAbove[i]
		}
	} else if len(s.PadBelow)+len(s.PadAbove) != 0 && s.PadType == core.PadExplicit {
		return s, false
	}
	s.PadType, s.PadBelow, s.PadAbove = core.PadExplicit, below, above
	return s, true
}

func isLowest(t *core.Tensor) bool {
	switch t.Type() {
	case core.I8, core.U8:
		lo, _ := t.Type().Bounds()
		return t.Int64s()[0] == lo
	case core.F32:
		return math.IsInf(float64(core.Data[float32](t)[0]), -1)
	}
	return false
}
