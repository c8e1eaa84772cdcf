package fusedops

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/postop"
)

// fused describes one of the package's ops.
type fused struct {
	convolution *linear.IntegerConvolution // without post-ops; nil for a dot with filters [N, K]
	bias        bool
	sum         []core.Type // the types of the summand; none without one
	relu        bool
	output      core.Type // f32: not rounded
}

// names returns the names of the inputs in their order.
func (f *fused) names() []string {
	n := []string{"data", "filters"}
	if f.bias {
		n = append(n, "bias")
	}
	if len(f.sum) > 0 {
		return append(n, "sum", "scale", "sum_scale")
	}
	return append(n, "scale")
}

// operands returns the inputs after data and filters by role; nil or zero for those that the op does not have.
type operands[T any] struct{ bias, sum, scale, sumScale T }

func named[T any](f *fused, in []T) operands[T] {
	var o operands[T]
	for i, name := range f.names() {
		switch name {
		case "bias":
			o.bias = in[i]
		case "sum":
			o.sum = in[i]
		case "scale":
			o.scale = in[i]
		case "sum_scale":
			o.sumScale = in[i]
		}
	}
	return o
}

// input returns the number of a named input.
func (f *fused) input(name string) int { return slices.Index(f.names(), name) }

// product infers the fact of the accumulators and the axis of their channels.
func (f *fused) product(in []core.Operand) (fact core.Fact, channelAxis int, err error) {
	if c := f.convolution; c != nil {
		out, err := c.Infer(withZeroPoints(in[0], in[1]))
		if err != nil {
			return core.Fact{}, 0, err
		}
		axis := 1
		if c.Layout == geometry.NHWC {
			axis = len(out[0].Shape) - 1
		}
		return out[0], axis, nil
	}
	for i, o := range in[:2] {
		if o.Shape.Ranked() && len(o.Shape) != 2 {
			return core.Fact{}, 0, core.Violation("C1", i, "got shape %v, want a matrix", o.Shape)
		}
	}
	w, err := (&array.Transpose{}).Infer(in[1:2])
	if err != nil {
		return core.Fact{}, 0, err
	}
	out, err := (&linear.IntegerDot{ReductionAxes: 1}).Infer(withZeroPoints(in[0], core.Operand{Fact: w[0]}))
	if err != nil {
		return core.Fact{}, 0, err
	}
	return out[0], 1, nil
}

func withZeroPoints(data, filters core.Operand) []core.Operand {
	zero := func(o core.Operand) core.Operand {
		return core.Operand{Fact: core.Fact{Type: o.Type, Shape: core.Shape{}}}
	}
	return []core.Operand{data, filters, zero(data), zero(filters)}
}

func (f *fused) infer(in []core.Operand) ([]core.Fact, error) {
	if want := len(f.names()); len(in) != want {
		return nil, core.Violation("", -1, "got %d inputs, want %d", len(in), want)
	}
	acc, axis, err := f.product(in)
	if err != nil {
		if e, ok := err.(*core.OpError); ok {
			e.Constraint = "C1"
		}
		return nil, err
	}
	channels := core.Unknown
	if acc.Shape.Ranked() {
		channels = acc.Shape[axis]
	}
	one, perChannel := core.Shape{1}, core.Shape{channels}
	o := named(f, in)
	if b := o.bias; f.bias && !fits(b.Fact, []core.Type{core.I32}, perChannel) {
		return nil, core.Violation("C2", f.input("bias"), "got %v, want i32%v", b.Fact, perChannel)
	}
	if s := o.scale; !fits(s.Fact, []core.Type{core.F32}, core.Shape{}, one, perChannel) {
		return nil, core.Violation("C3", f.input("scale"), "got %v, want f32 of shape [], [1] or %v", s.Fact,
			perChannel)
	}
	if len(f.sum) > 0 {
		if !fits(o.sum.Fact, f.sum, acc.Shape) {
			return nil, core.Violation("C4", f.input("sum"), "got %v, want one of %v of shape %v", o.sum.Fact, f.sum,
				acc.Shape)
		}
		if !fits(o.sumScale.Fact, []core.Type{core.F32}, core.Shape{}, one) {
			return nil, core.Violation("C5", f.input("sum_scale"), "got %v, want f32 of shape [] or [1]",
				o.sumScale.Fact)
		}
	}
	return []core.Fact{{Type: f.output, Shape: acc.Shape}}, nil
}

// fits reports whether a fact may be one of the types and one of the shapes.
func fits(f core.Fact, types []core.Type, shapes ...core.Shape) bool {
	return (f.Type == core.Dynamic || slices.Contains(types, f.Type)) && slices.ContainsFunc(shapes, f.Shape.Compatible)
}

// accumulators computes the exact sums of products, and the axis of their channels.
func (f *fused) accumulators(in []*core.Tensor) (*core.Tensor, int, error) {
	data, filters := in[0], in[1]
	facts := []core.Operand{{Fact: data.Fact()}, {Fact: filters.Fact()}}
	_, axis, err := f.product(facts)
	if err != nil {
		return nil, 0, err
	}
	var op core.Op = &linear.IntegerDot{ReductionAxes: 1}
	if f.convolution != nil {
		op = f.convolution
	} else {
		t, err := core.EvalOp(&array.Transpose{}, in[1:2])
		if err != nil {
			return nil, 0, err
		}
		filters = t[0]
	}
	args := []*core.Tensor{data, filters}
	for _, t := range args[:2] {
		zero, err := core.NewTensor(t.Type(), core.Shape{})
		if err != nil {
			return nil, 0, err
		}
		args = append(args, zero)
	}
	out, err := core.EvalOp(op, args)
	if err != nil {
		return nil, 0, err
	}
	return out[0], axis, nil
}

func (f *fused) eval(in []*core.Tensor, out *core.Tensor) error {
	acc, axis, err := f.accumulators(in)
	if err != nil {
		return err
	}
	o := named(f, in)
	scale := core.Data[float32](o.scale)
	s := acc.Shape()
	inner := s[axis+1:].MustElements()
	for i, a := range core.Data[int32](acc) {
		channel := i / inner % s[axis]
		v := float32(a)
		if f.bias {
			v += float32(core.Data[int32](o.bias)[channel])
		}
		v = float32(v * scale[channel%len(scale)])
		if len(f.sum) > 0 {
			v = numeric.FMA32(float32(element(o.sum, i)), core.Data[float32](o.sumScale)[0], v)
		}
		if f.relu && !(v > 0) {
			v = 0
		}
		store(out, i, v)
	}
	return nil
}

// element returns element i of an i8 or u8 tensor.
func element(t *core.Tensor, i int) int {
	if t.Type() == core.I8 {
		return int(core.Data[int8](t)[i])
	}
	return int(core.Data[uint8](t)[i])
}

// store writes a result to an i8 or u8 tensor, rounded and saturated, or unchanged to an f32 tensor.
func store(out *core.Tensor, i int, v float32) {
	r := math.RoundToEven(float64(v))
	switch out.Type() {
	case core.I8:
		core.Data[int8](out)[i] = int8(numeric.Saturate(r, math.MinInt8, math.MaxInt8))
	case core.U8:
		core.Data[uint8](out)[i] = uint8(numeric.Saturate(r, 0, math.MaxUint8))
	default:
		core.Data[float32](out)[i] = v
	}
}

func (f *fused) decompose(in []core.Value) ([]core.Value, error) {
	if want := len(f.names()); len(in) != want {
		return nil, core.Violation("", -1, "got %d inputs, want %d", len(in), want)
	}
	o := named(f, in)
	var posts []postop.Step
	var args []core.Value
	add := func(p postop.Step, v ...core.Value) {
		posts = append(posts, p)
		args = append(args, v...)
	}
	if f.bias {
		add(postop.Step{Kind: postop.Add}, o.bias)
	}
	scale, err := array.ScalarOf(o.scale)
	if err != nil {
		return nil, err
	}
	add(postop.Step{Kind: postop.Mul}, scale)
	if len(f.sum) > 0 {
		sumScale, err := array.ScalarOf(o.sumScale)
		if err != nil {
			return nil, err
		}
		add(postop.Step{Kind: postop.MulAdd}, o.sum, sumScale)
	}
	if f.relu {
		add(postop.Step{Kind: postop.Activation, Activation: numeric.Relu})
	}
	if f.output != core.F32 {
		add(postop.RoundSaturateTo(f.output))
	}
	return f.integerProduct(in[0], in[1], posts, args)
}

// integerProduct returns the IntegerConvolution or IntegerDot with the post-ops.
func (f *fused) integerProduct(data, filters core.Value, posts []postop.Step, args []core.Value) ([]core.Value, error) {
	var op core.Op
	if f.convolution != nil {
		c := *f.convolution
		c.PostOps = posts
		op = &c
	} else {
		op = &linear.IntegerDot{ReductionAxes: 1, PostOps: posts}
		var err error
		if filters, err = core.Apply(&array.Transpose{Order: []int{1, 0}}, filters); err != nil {
			return nil, err
		}
	}
	all := []core.Value{data, filters}
	for _, v := range all[:2] {
		zero, err := core.NewTensor(v.Type(), core.Shape{})
		if err != nil {
			return nil, err
		}
		all = append(all, core.NewConstant(zero))
	}
	out, err := core.Apply(op, append(all, args...)...)
	return []core.Value{out}, err
}
