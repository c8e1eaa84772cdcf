package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// unsigned makes the data of integer convolutions and dots u8. If the data is produced by such an op with an i8
// RoundSaturate, that op stores u8 itself; any other i8 value goes through a FlipSign, which all its readers share.
func unsigned(f *core.Function, _ Options) (*core.Function, error) {
	u := &unsignedPass{users: f.Users(), flipped: map[core.Value]core.Value{}}
	return f.Rewrite(u.visit)
}

type unsignedPass struct {
	users   map[core.Value][]*core.Node // of the function before the pass
	flipped map[core.Value]core.Value   // i8 value -> the same value as u8
}

func (u *unsignedPass) visit(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	if !isIntegerProduct(n.Op()) {
		return nil, nil
	}
	zp := inputs[2].Constant()
	if inputs[0].Type() != core.I8 || zp == nil {
		return nil, nil
	}
	data, err := u.flip(n.Inputs()[0], inputs[0])
	if err != nil {
		return nil, err
	}
	moved := zp.Int64s()[0] + 128
	shifted := core.NewConstant(core.Scalar(uint8(moved)))
	if zp.Type() == core.I32 {
		shifted = core.NewConstant(core.Scalar(int32(moved)))
	}
	v, err := remake(n, n.Op(), append([]core.Value{data, inputs[1], shifted}, inputs[3:]...))
	return []core.Value{v}, err
}

// flip returns v, which replaces the value before of the old function, as u8.
func (u *unsignedPass) flip(before, v core.Value) (core.Value, error) {
	if f, ok := u.flipped[v]; ok {
		return f, nil
	}
	var f core.Value
	var err error
	if u.onlyMultiplied(before) {
		f, err = u.producer(v)
	}
	if err == nil && f.Node == nil {
		f, err = flipSign(v)
	}
	u.flipped[v] = f
	return f, err
}

// onlyMultiplied reports whether all readers of v multiply it, as their data.
func (u *unsignedPass) onlyMultiplied(v core.Value) bool {
	for _, n := range u.users[v] {
		if !isIntegerProduct(n.Op()) {
			return false
		}
		for i, in := range n.Inputs() {
			if in == v && i != 0 {
				return false
			}
		}
	}
	return true
}

// producer returns v's node rebuilt to store u8, if it can.
func (u *unsignedPass) producer(v core.Value) (core.Value, error) {
	if _, ok := v.Node.Op().(*array.Concat); ok {
		return u.parts(v)
	}
	p, ok := v.Node.Op().(trait.IntegerProduct)
	if !ok {
		return core.Value{}, nil
	}
	steps := unsignedSteps(p.Steps())
	if steps == nil {
		return core.Value{}, nil
	}
	offset := core.NewConstant(core.Scalar(float32(128)))
	return remake(v.Node, p.WithSteps(steps), append(slices.Clone(v.Node.Inputs()), offset))
}

// parts returns a concatenation of parts that are u8 each.
func (u *unsignedPass) parts(v core.Value) (core.Value, error) {
	parts := slices.Clone(v.Node.Inputs())
	for i, part := range parts {
		f, ok := u.flipped[part]
		if !ok {
			var err error
			if f, err = flipSign(part); err != nil {
				return core.Value{}, err
			}
			u.flipped[part] = f
		}
		parts[i] = f
	}
	return remake(v.Node, v.Node.Op(), parts)
}

// flipSign returns v, which is i8, as u8.
func flipSign(v core.Value) (core.Value, error) {
	f, err := core.Apply(&pointwise.FlipSign{}, v)
	if err == nil {
		f.Node.Name, f.Node.Origin = v.Node.Name, v.Node.Origin
	}
	return f, err
}

// unsignedSteps returns steps that end in u8 with a zero point, for steps that end in i8 without one; nil for any
// others.
func unsignedSteps(steps []postop.Step) []postop.Step {
	if len(steps) == 0 {
		return nil
	}
	steps = slices.Clone(steps)
	last := &steps[len(steps)-1]
	if last.Kind != postop.RoundSaturate || last.Type != core.I8 || last.ZeroPoint {
		return nil
	}
	last.Type, last.Lo, last.Hi, last.ZeroPoint = core.U8, last.Lo+128, last.Hi+128, true
	return steps
}

func isIntegerProduct(op core.Op) bool {
	_, ok := op.(trait.IntegerProduct)
	return ok
}

// remake returns the output of a copy of n with another op or other inputs.
func remake(n *core.Node, op core.Op, inputs []core.Value) (core.Value, error) {
	m, err := n.With(op, inputs...)
	if err != nil {
		return core.Value{}, err
	}
	return m.Out(0), nil
}
