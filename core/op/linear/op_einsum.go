package linear

import (
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

var _ = core.Register[Einsum]("Einsum")

// Einsum is a sum of products by Einstein's convention, of one or two tensors:
//
//	"bij,bjk->bik"  y[b,i,k] = sum over j of x0[b,i,j] * x1[b,j,k]
//
// Every dimension of an input has a letter; "..." stands for further dimensions, which are aligned at the last
// one and broadcast. Letters that do not occur in the output are summed: first those of only one input, as Sum
// does, then those of both, in the order of the first input, with the products and sums of BatchDot.
//
//	Inputs:  x0, maybe x1: f32, f64, i32 or i64
//	Outputs: y: the type of x0
//
//	C1: the equation has one or two inputs and an output; in each a letter stands once, and
//	    "..." at most once; the output's letters stand in the inputs
//	C2: the inputs are of one type, f32, f64, i32 or i64
//	C3: the ranks are those of the equation; dimensions of one letter are equal
//
// It is TensorFlow's Einsum, and OpenVINO's.
type Einsum struct {
	Equation string `json:"equation"`
}

// rest is the label of "..." in a parsed equation. The dimensions that it stands for have the labels -1 (the
// last one), -2, and so on.
const rest = 0

// maxEquation is the largest number of characters in an equation.
const maxEquation = 1024

// terms parses the equation: the labels of the inputs and of the output.
func (op *Einsum) terms(inputs int) (in [][]int, out []int, err error) {
	left, right, ok := strings.Cut(op.Equation, "->")
	list := strings.Split(left, ",")
	if !ok || len(list) > 2 || len(list) != inputs || len(op.Equation) > maxEquation {
		return nil, nil, core.Violation("C1", -1,
			"equation: got %.100q for %d inputs, want one or two, and an output behind ->",
			op.Equation, inputs)
	}
	known := map[int]bool{rest: true}
	for _, s := range append(list, right) {
		labels, err := op.labels(s)
		if err != nil {
			return nil, nil, err
		}
		in = append(in, labels)
	}
	for _, labels := range in[:inputs] {
		for _, l := range labels {
			known[l] = true
		}
	}
	out = in[inputs]
	for _, l := range out {
		if !known[l] {
			return nil, nil, core.Violation("C1", -1, "equation: got %.100q, whose output has %q, which no input has",
				op.Equation, string(rune(l)))
		}
	}
	return in[:inputs], out, nil
}

func (op *Einsum) labels(s string) ([]int, error) {
	labels := []int{}
	for len(s) > 0 {
		label, n := int(s[0]), 1
		if strings.HasPrefix(s, "...") {
			label, n = rest, 3
		} else if !(s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z') {
			return nil, core.Violation("C1", -1, "equation: got %.100q, want letters, ',', '...' and '->'", op.Equation)
		}
		if slices.Contains(labels, label) {
			return nil, core.Violation("C1", -1, "equation: got %.100q, want each letter once in an input, and in the output",
				op.Equation)
		}
		labels, s = append(labels, label), s[n:]
	}
	return labels, nil
}

// einsum is an equation with the dimensions of its inputs.
type einsum struct {
	in   [][]int
	out  []int
	dims map[int]int
}

// resolve assigns a label to every dimension and a size to every label; nil if a rank is not known.
func (op *Einsum) resolve(shapes []core.Shape) (*einsum, error) {
	in, out, err := op.terms(len(shapes))
	if err != nil {
		return nil, err
	}
	e := &einsum{dims: map[int]int{}}
	most, ranked := 0, true
	for i, labels := range in {
		s := shapes[i]
		dots := slices.Index(labels, rest)
		if !s.Ranked() {
			ranked = false
			continue
		}
		more := len(s) - len(labels)
		if dots >= 0 {
			more++
		}
		if more < 0 || dots < 0 && more > 0 {
			return nil, core.Violation("C3", i, "got shape %v, want the dimensions of %.100q", s, op.Equation)
		}
		if dots >= 0 {
			labels, most = expandRest(labels, more), max(most, more)
		}
		e.in = append(e.in, labels)
		for k, l := range labels {
			if err := e.bind(i, l, s[k]); err != nil {
				return nil, err
			}
		}
	}
	e.out = expandRest(out, most)
	if !ranked {
		return nil, nil
	}
	return e, nil
}

// bind sets the dimension of a label, or checks it if it is set.
func (e *einsum) bind(input, label, d int) error {
	have, bound := e.dims[label]
	switch {
	case !bound || have == core.Unknown, label < 0 && have == 1:
		e.dims[label] = d
	case d == core.Unknown || d == have || label < 0 && d == 1:
	default:
		return core.Violation("C3", input, "got %d for a dimension that is %d in the other input", d, have)
	}
	return nil
}

// expandRest replaces rest by the labels of some dimensions.
func expandRest(labels []int, n int) []int {
	out := []int{}
	for _, l := range labels {
		if l != rest {
			out = append(out, l)
			continue
		}
		for k := n; k > 0; k-- {
			out = append(out, -k)
		}
	}
	return out
}

// Infer checks C1 to C3.
func (op *Einsum) Infer(in []core.Operand) ([]core.Fact, error) {
	if len(in) < 1 || len(in) > 2 {
		return nil, core.Violation("C1", -1, "got %d inputs, want one or two", len(in))
	}
	t, err := summedType([]core.Operand{in[0], in[len(in)-1]}, core.F32, core.F64, core.I32, core.I64)
	if err != nil {
		return nil, &core.OpError{Constraint: "C2", Input: -1, Msg: err.(*core.OpError).Msg}
	}
	e, err := op.resolve(infer.ShapesOf(in))
	if err != nil || e == nil {
		return []core.Fact{{Type: t}}, err
	}
	s, err := infer.CheckedShape(e.shape(e.out))
	return []core.Fact{{Type: t, Shape: s}}, err
}

func (e *einsum) shape(labels []int) core.Shape {
	s := core.Shape{}
	for _, l := range labels {
		s = append(s, e.dims[l])
	}
	return s
}

// Eval evaluates the decomposition.
func (op *Einsum) Eval(in, out []*core.Tensor) error {
	f := &core.Function{}
	given := map[string]*core.Tensor{}
	var values []core.Value
	for i, t := range in {
		name := string(rune('a' + i))
		p, err := core.NewNamedNode(name, &core.Parameter{Type: t.Type(), Shape: t.Shape()})
		if err != nil {
			return err
		}
		f.Parameters, values, given[name] = append(f.Parameters, p), append(values, p.Out(0)), t
	}
	y, err := op.Decompose(values)
	if err != nil {
		return err
	}
	r, err := core.NewNamedNode("y", &core.Result{}, y[0])
	if err != nil {
		return err
	}
	f.Results = []*core.Node{r}
	results, err := f.Eval(given)
	if err != nil {
		return err
	}
	elements.Fill(out, results["y"])
	return nil
}

// Decompose returns a BatchDot between transpositions and reshapes or, for one input, a Sum. It returns nothing
// while shapes are not known.
func (op *Einsum) Decompose(in []core.Value) ([]core.Value, error) {
	shapes := make([]core.Shape, len(in))
	for i, v := range in {
		if shapes[i] = v.Shape(); !shapes[i].Static() {
			return nil, nil
		}
	}
	e, err := op.resolve(shapes)
	if err != nil {
		return nil, err
	}
	b := &einsumBuilder{einsum: e}
	b.reduce(in)
	v := b.values[0]
	labels := e.in[0]
	if len(in) == 2 {
		v, labels = b.multiply()
	}
	v = b.transpose(v, labels, e.out)
	if b.err != nil {
		return nil, b.err
	}
	return []core.Value{v}, nil
}

// einsumBuilder creates the nodes of a decomposition, and keeps the first error.
type einsumBuilder struct {
	*einsum
	values []core.Value
	err    error
}

func (b *einsumBuilder) apply(op core.Op, in ...core.Value) core.Value {
	if b.err != nil {
		return core.Value{}
	}
	v, err := core.Apply(op, in...)
	b.err = err
	return v
}

// reduce sums over the labels that only one input has.
func (b *einsumBuilder) reduce(in []core.Value) {
	for i, v := range in {
		sum := &reduce.Sum{}
		kept := []int{}
		for k, l := range b.in[i] {
			if slices.Contains(b.out, l) || len(in) == 2 && slices.Contains(b.in[1-i], l) {
				kept = append(kept, l)
			} else {
				sum.Axes = append(sum.Axes, k)
			}
		}
		if len(sum.Axes) > 0 {
			v = b.apply(sum, v)
			b.in[i] = kept
		}
		b.values = append(b.values, v)
	}
}

// multiply returns the product of both inputs and its labels.
func (b *einsumBuilder) multiply() (core.Value, []int) {
	var batch, left, right, summed []int
	for _, l := range b.in[0] {
		switch both, kept := slices.Contains(b.in[1], l), slices.Contains(b.out, l); {
		case both && kept:
			batch = append(batch, l)
		case both:
			summed = append(summed, l)
		default:
			left = append(left, l)
		}
	}
	for _, l := range b.in[1] {
		if !slices.Contains(b.in[0], l) {
			right = append(right, l)
		}
	}
	x := b.matrices(0, batch, left, summed)
	y := b.matrices(1, batch, summed, right)
	v := b.apply(&BatchDot{}, x, y)
	labels := slices.Concat(batch, left, right)
	return b.reshape(v, b.shape(labels)), labels
}

// matrices returns an input as [batch..., rows, columns].
func (b *einsumBuilder) matrices(i int, batch, rows, columns []int) core.Value {
	v := b.transpose(b.values[i], b.in[i], slices.Concat(batch, rows, columns))
	if b.err != nil {
		return v
	}
	s := infer.JoinedShapes(v.Shape()[:len(batch)])
	for _, labels := range [][]int{rows, columns} {
		n, err := b.shape(labels).Elements()
		if err != nil {
			b.err = core.Violation("C3", i, "%v", err)
			return v
		}
		s = append(s, n)
	}
	return b.reshape(v, s)
}

func (b *einsumBuilder) reshape(v core.Value, s core.Shape) core.Value {
	if b.err != nil || v.Shape().Equal(s) {
		return v
	}
	dims := make([]int64, len(s))
	for i, d := range s {
		dims[i] = int64(d)
	}
	to, err := core.TensorOf(core.Shape{len(s)}, dims)
	if err != nil {
		b.err = err
		return v
	}
	return b.apply(&array.Reshape{}, v, core.NewConstant(to))
}

// transpose changes the order of labels.
func (b *einsumBuilder) transpose(v core.Value, from, to []int) core.Value {
	if slices.Equal(from, to) {
		return v
	}
	order := make([]int, len(to))
	for i, l := range to {
		order[i] = slices.Index(from, l)
	}
	return b.apply(&array.Transpose{Order: order}, v)
}
