package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

var (
	_ = exports(binary[pointwise.Add]("Add"))
	_ = exports(binary[pointwise.Subtract]("Sub"))
	_ = exports(binary[pointwise.Multiply]("Mul"))
	_ = exports(binary[pointwise.Divide]("Div"))
	_ = exports(binary[pointwise.Maximum]("Max"))
	_ = exports(binary[pointwise.Minimum]("Min"))
	_ = exports(exportPower)
	_ = exports(exportFloorDivide)
	_ = exports(exportFloorMod)
	_ = exports(exportSquaredDifference)
	_ = exports(exportUnary)
	_ = exports(exportBinary)
	_ = exports(exportActivate)
	_ = exports(exportConvert)
	_ = exports(exportCompare)
	_ = exports(exportLogical)
	_ = exports(exportLogicalNot)
	_ = exports(exportSelect)
	_ = exports(exportClamp)
	_ = exports(exportIs)
	_ = exports(exportFlushSubnormals)
	_ = exports(exportLookup)
	_ = exports(exportBucketize)

	_ = lacks[pointwise.Betainc]("ONNX has no incomplete functions")
	_ = lacks[pointwise.CountBits]("ONNX has no counts of bits")
	_ = lacks[pointwise.FlipSign]("it is written as a table of bytes, of which its input has none")
	_ = lacks[pointwise.Assert]("ONNX has nothing that fails; leave Asserts out")
	_ = lacks[pointwise.CheckFinite]("ONNX has nothing that fails; leave CheckNumerics out")
)

// elementwise returns the form in which an elementwise op computes its output, and the names of its inputs in that
// form, ready to broadcast.
func (e *exporter) elementwise(n *core.Node) (form, []string, error) {
	y := n.Outputs()[0].Shape
	f := form{}
	for _, v := range n.Inputs() {
		have := e.formOf(v)
		f.first = f.first || v.Constant() == nil && have.first && len(v.Shape()) == len(y)
	}
	if !y.Ranked() {
		f.first = false
	}
	names := make([]string, len(n.Inputs()))
	for i, v := range n.Inputs() {
		name, err := e.broadcast(v, len(y), f.first)
		if err != nil {
			return f, nil, err
		}
		names[i] = name
	}
	return f, names, nil
}

// broadcast writes a value in a shape that broadcasts to an output of the given rank.
func (e *exporter) broadcast(v core.Value, rank int, first bool) (string, error) {
	s := v.Shape()
	if !first || len(s) == rank || len(s) == 0 && s.Ranked() {
		return e.use(v, form{first: first}), nil
	}
	if !s.Ranked() {
		return "", errors.New("the rank of an operand is not known")
	}
	ones := make(core.Shape, rank-len(s))
	for i := range ones {
		ones[i] = 1
	}
	if t := v.Constant(); t != nil && t.Type() != core.String {
		t = over(t.Type(), slices.Concat(ones, s), t.Bytes())
		return e.tensor("operand", permuted(t, channelOrder(rank, true))), nil
	}
	axes := make([]int, len(ones))
	for i := range axes {
		axes[i] = i
	}
	wide := e.emit("Unsqueeze", []string{e.use(v, form{}), e.ints("axes", axes)})
	return e.emit("Transpose", []string{wide}, attribute{"perm", channelOrder(rank, true)}), nil
}

// binary returns the row of an op that ONNX defines as core does.
func binary[T any](op string) func(e *exporter, n *core.Node, _ *T) error {
	return func(e *exporter, n *core.Node, _ *T) error {
		f, names, err := e.elementwise(n)
		if err != nil {
			return err
		}
		if t := n.Outputs()[0].Type; t == core.F16 || t == core.BF16 {
			e.less(LastBits, "the runtime may compute halves in another type")
		}
		e.define(n.Out(0), f, op, names)
		return nil
	}
}

func exportPower(e *exporter, n *core.Node, _ *pointwise.Power) error {
	if !n.Outputs()[0].Type.IsFloat() {
		return errors.New("ONNX leaves open what powers of integers become that overflow")
	}
	e.less(LastBits, "Pow is rounded as the runtime does")
	return binary[pointwise.Power]("Pow")(e, n, nil)
}

func exportFloorDivide(e *exporter, n *core.Node, _ *pointwise.FloorDivide) error {
	f, in, err := e.elementwise(n)
	switch {
	case err != nil:
		return err
	case n.Outputs()[0].Type.IsFloat():
		e.define(n.Out(0), f, "Floor", []string{e.emit("Div", in)})
	default:
		return e.rename(n.Out(0), f, e.floorDivided(in[0], in[1], n.Outputs()[0].Type))
	}
	return nil
}

// floorDivided writes the quotient of integers rounded down, since ONNX's Div rounds toward 0.
func (e *exporter) floorDivided(a, b string, t core.Type) string {
	q := e.emit("Div", []string{a, b})
	if !t.IsSigned() {
		return q
	}
	zero := e.scalar(over(t, core.Shape{}, make([]byte, t.Size())))
	rest := e.emit("Sub", []string{a, e.emit("Mul", []string{q, b})})
	other := e.emit("Xor", []string{e.emit("Less", []string{rest, zero}), e.emit("Less", []string{b, zero})})
	down := e.emit("And", []string{other, e.emit("Not", []string{e.emit("Equal", []string{rest, zero})})})
	return e.emit("Sub", []string{q, e.cast(down, t)})
}

func exportFloorMod(e *exporter, n *core.Node, _ *pointwise.FloorMod) error {
	if n.Outputs()[0].Type.IsFloat() {
		return errors.New("in ONNX a remainder of reals has the sign of the dividend")
	}
	return binary[pointwise.FloorMod]("Mod")(e, n, nil)
}

func exportSquaredDifference(e *exporter, n *core.Node, _ *pointwise.SquaredDifference) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	d := e.emit("Sub", in)
	e.define(n.Out(0), f, "Mul", []string{d, d})
	return nil
}

// unaries are the functions that ONNX has, and whether their results are correctly rounded.
var unaries = map[pointwise.UnaryFunction]struct {
	op    string
	exact bool
}{
	pointwise.Abs: {"Abs", true}, pointwise.Negative: {"Neg", true}, pointwise.Sign: {"Sign", true},
	pointwise.Reciprocal: {"Reciprocal", true}, pointwise.Sqrt: {"Sqrt", true}, pointwise.Floor: {"Floor", true},
	pointwise.Ceil: {"Ceil", true}, pointwise.RoundEven: {"Round", true},
	pointwise.Exp: {"Exp", false}, pointwise.Log: {"Log", false}, pointwise.Erf: {"Erf", false},
	pointwise.Softplus: {"Softplus", false}, pointwise.Softsign: {"Softsign", false}, pointwise.Selu: {"Selu", false},
	pointwise.Sin: {"Sin", false}, pointwise.Cos: {"Cos", false}, pointwise.Tan: {"Tan", false},
	pointwise.Asin: {"Asin", false}, pointwise.Acos: {"Acos", false}, pointwise.Atan: {"Atan", false},
	pointwise.Sinh: {"Sinh", false}, pointwise.Cosh: {"Cosh", false}, pointwise.Asinh: {"Asinh", false},
	pointwise.Acosh: {"Acosh", false}, pointwise.Atanh: {"Atanh", false},
}

func exportUnary(e *exporter, n *core.Node, op *pointwise.Unary) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	row, ok := unaries[op.Function]
	whole := n.Outputs()[0].Type.IsInteger()
	if whole && (op.Function == pointwise.Floor || op.Function == pointwise.Ceil || op.Function == pointwise.RoundEven) {
		row.op = "Identity"
	}
	if ok {
		if !row.exact {
			e.less(LastBits, row.op+" is rounded as the runtime does")
		}
		e.define(n.Out(0), f, row.op, in)
		return nil
	}
	switch op.Function {
	case pointwise.Square:
		e.define(n.Out(0), f, "Mul", []string{in[0], in[0]})
	case pointwise.Rsqrt:
		e.less(LastBits, "ONNX rounds the root before the reciprocal")
		e.define(n.Out(0), f, "Reciprocal", []string{e.emit("Sqrt", in)})
	case pointwise.Swish:
		e.less(LastBits, "Sigmoid is rounded as the runtime does")
		e.define(n.Out(0), f, "Mul", []string{in[0], e.emit("Sigmoid", in)})
	default:
		return fmt.Errorf("the function %v has no op in ONNX", op.Function)
	}
	return nil
}

func exportBinary(e *exporter, n *core.Node, op *pointwise.Binary) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	whole := !n.Outputs()[0].Type.IsFloat()
	switch {
	case op.Function == pointwise.TruncateDivide && whole:
		e.define(n.Out(0), f, "Div", in)
	case op.Function == pointwise.TruncateMod:
		e.define(n.Out(0), f, "Mod", in, attribute{"fmod", 1})
	case op.Function == pointwise.BitwiseAnd && e.opts.Opset >= 18:
		e.define(n.Out(0), f, "BitwiseAnd", in)
	case op.Function == pointwise.BitwiseOr && e.opts.Opset >= 18:
		e.define(n.Out(0), f, "BitwiseOr", in)
	case op.Function == pointwise.BitwiseXor && e.opts.Opset >= 18:
		e.define(n.Out(0), f, "BitwiseXor", in)
	case op.Function == pointwise.DivideNoNan:
		return e.unlessZero(n, f, "Div", in, in[1])
	case op.Function == pointwise.MultiplyNoNan:
		return e.unlessZero(n, f, "Mul", in, in[1])
	case op.Function == pointwise.Xdivy:
		return e.unlessZero(n, f, "Div", in, in[0])
	default:
		return fmt.Errorf("the function %v has no op in ONNX's opset %d", op.Function, e.opts.Opset)
	}
	return nil
}

// unlessZero writes an op of two reals whose result is 0 where x, one of the two, is 0.
func (e *exporter) unlessZero(n *core.Node, f form, op string, in []string, x string) error {
	t := n.Outputs()[0].Type
	if t != core.F32 && t != core.F64 {
		return fmt.Errorf("it is of %v, want f32 or f64", t)
	}
	zero := e.scalar(over(t, core.Shape{}, make([]byte, t.Size())))
	e.define(n.Out(0), f, "Where", []string{e.equal(x, zero), zero, e.emit(op, in)})
	return nil
}

func exportActivate(e *exporter, n *core.Node, op *pointwise.Activate) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	t := n.Outputs()[0].Type
	if t.IsFloat() && op.Activation == numeric.Relu {
		e.define(n.Out(0), f, "Relu", in)
		return nil
	}
	if t != core.F32 {
		return fmt.Errorf("it is of %v, want f32", t)
	}
	y, err := e.activate(op.Activation, op.Alpha, in[0])
	if err != nil {
		return err
	}
	return e.rename(n.Out(0), f, y)
}

func exportConvert(e *exporter, n *core.Node, op *pointwise.Convert) error {
	from := n.Inputs()[0].Type()
	if op.Truncate {
		return errors.New("it cuts bits off, where ONNX rounds")
	}
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	if from.IsFloat() && op.Type.IsInteger() {
		// ONNX does not specify the conversion of numbers that are outside the type's range.
		if op.Type.Size() > 4 || op.Type == core.U32 {
			return fmt.Errorf("reals outside of %v have no result in ONNX", op.Type)
		}
		lo, hi := op.Type.Bounds()
		x := e.cast(in[0], core.F64)
		x = e.emit("Clip", []string{x, e.scalar(core.Scalar(float64(lo))), e.scalar(core.Scalar(float64(hi)))})
		e.define(n.Out(0), f, "Cast", []string{x}, attribute{"to", int(dataTypes[op.Type])})
		return nil
	}
	e.define(n.Out(0), f, "Cast", in, attribute{"to", int(dataTypes[op.Type])})
	return nil
}

// relations are the comparison ops, and whether their results are negated.
var relations = [...]struct {
	op  string
	not bool
}{
	pointwise.Equal: {"Equal", false}, pointwise.NotEqual: {"Equal", true}, pointwise.Less: {"Less", false},
	pointwise.LessEqual: {"LessOrEqual", false}, pointwise.Greater: {"Greater", false},
	pointwise.GreaterEqual: {"GreaterOrEqual", false},
}

func exportCompare(e *exporter, n *core.Node, op *pointwise.Compare) error {
	if n.Inputs()[0].Type() == core.String {
		return errors.New("it compares strings, which ONNX does since opset 19 only")
	}
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	r := relations[op.Relation]
	if r.not {
		e.define(n.Out(0), f, "Not", []string{e.emit(r.op, in)})
	} else {
		e.define(n.Out(0), f, r.op, in)
	}
	return nil
}

var logicals = map[pointwise.LogicalFunction]string{
	pointwise.And: "And", pointwise.Or: "Or", pointwise.Xor: "Xor",
}

func exportLogical(e *exporter, n *core.Node, op *pointwise.Logical) error {
	name := logicals[op.Function]
	if name == "" {
		return fmt.Errorf("the function %v has no op in ONNX", op.Function)
	}
	return binary[pointwise.Logical](name)(e, n, op)
}

func exportLogicalNot(e *exporter, n *core.Node, op *pointwise.LogicalNot) error {
	return binary[pointwise.LogicalNot]("Not")(e, n, op)
}

func exportSelect(e *exporter, n *core.Node, op *pointwise.Select) error {
	return binary[pointwise.Select]("Where")(e, n, op)
}

func exportClamp(e *exporter, n *core.Node, op *pointwise.Clamp) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	if t := n.Outputs()[0].Type; t != core.F32 {
		return fmt.Errorf("it is of %v, want f32", t)
	}
	e.define(n.Out(0), f, "Clip", []string{in[0], e.real(float32(op.Lo)), e.real(float32(op.Hi))})
	return nil
}

func exportIs(e *exporter, n *core.Node, op *pointwise.Is) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	switch op.Class {
	case pointwise.NaN:
		e.define(n.Out(0), f, "IsNaN", in)
	case pointwise.Infinite:
		e.define(n.Out(0), f, "IsInf", in)
	default:
		either := e.emit("Or", []string{e.emit("IsNaN", in), e.emit("IsInf", in)})
		e.define(n.Out(0), f, "Not", []string{either})
	}
	return nil
}

func exportFlushSubnormals(e *exporter, n *core.Node, _ *pointwise.FlushSubnormals) error {
	f, in, err := e.elementwise(n)
	if err != nil {
		return err
	}
	small := e.emit("Less", []string{e.emit("Abs", in), e.real(0x1p-126)})
	e.define(n.Out(0), f, "Where", []string{small, e.emit("Mul", []string{in[0], e.real(0)}), in[0]})
	return nil
}

func exportLookup(e *exporter, n *core.Node, _ *pointwise.Lookup) error {
	x, t := n.Inputs()[0], n.Inputs()[1].Constant()
	if t == nil || t.Type() == core.String {
		return errors.New("its table is computed")
	}
	f := e.formOf(x)
	f.bytes = true
	if x.Type() == core.I8 {
		t = rotated(t)
	}
	e.lookUp(n.Out(0), f.first, t, e.use(x, f))
	return nil
}

// exportBucketize subtracts the number of boundaries above an element, of which a NaN has none, from that of all.
func exportBucketize(e *exporter, n *core.Node, op *pointwise.Bucketize) error {
	x := n.Inputs()[0]
	name, shape := e.use(x, form{}), core.Shape{len(op.Boundaries)}
	boundaries := tensorOf(shape, op.Boundaries)
	if x.Type() != core.F32 {
		name, boundaries = e.f64(name), tensorOf(shape, boundaries.Float64s())
	}
	at := []string{e.emit("Unsqueeze", []string{name, e.ints("last", []int{-1})}), e.tensor("boundaries", boundaries)}
	above := e.cast(e.emit("Less", at), core.I32)
	above = e.emit("ReduceSum", []string{above, e.ints("last", []int{-1})}, attribute{"keepdims", 0})
	e.define(n.Out(0), form{}, "Sub", []string{e.scalar(core.Scalar(int32(len(op.Boundaries)))), above})
	return nil
}
