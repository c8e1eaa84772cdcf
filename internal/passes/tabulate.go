package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// tabulate replaces a value whose elements are each a function of one byte of one tensor, and would be slow to
// compute, by a lookup in a table of the 256 results. Examples are a dequantized sigmoid or hard-swish, quantized
// again or not. The table is computed with the references of the replaced ops.
func tabulate(f *core.Function, _ Options) (*core.Function, error) {
	return f.Rewrite(tabulated(f).replace)
}

// tabulated finds the values that are functions of bytes.
func tabulated(f *core.Function) *tabulation {
	t := &tabulation{users: f.Users(), functions: map[core.Value]byteFunction{}, now: map[core.Value]core.Value{}}
	for _, n := range f.Nodes() {
		if fn, ok := t.function(n); ok {
			t.functions[n.Out(0)] = fn
		}
	}
	return t
}

// byteFunction is a value of which each element is a function of the element at the same index of of, a tensor of
// bytes with the same shape.
type byteFunction struct {
	of    core.Value
	table *core.Tensor // the results, in the order of the bytes' bits
	cost  int          // of computing an element
}

type tabulation struct {
	users     map[core.Value][]*core.Node
	functions map[core.Value]byteFunction
	now       map[core.Value]core.Value // the new function's values, by those of the old
}

// function returns the first output of a node as a function of bytes; false if it is not one.
func (t *tabulation) function(n *core.Node) (byteFunction, bool) {
	elements := trait.ElementsOf(n.Op())
	if elements == trait.NoElements {
		return byteFunction{}, false
	}
	unary := elements == trait.FirstElements
	fn := byteFunction{cost: cost(n.Op(), n.Outputs()[0].Type)}
	in := make([]*core.Tensor, len(n.Inputs()))
	var singles []*core.Tensor
	for i, v := range n.Inputs() {
		if c := v.Constant(); c != nil {
			if c.Len() != 1 {
				return byteFunction{}, false
			}
			in[i], singles = c, append(singles, c)
			continue
		}
		g, ok := t.argument(v)
		if !ok || fn.of.Node != nil && fn.of != g.of || unary && i > 0 {
			return byteFunction{}, false
		}
		fn.of, fn.cost, in[i] = g.of, min(fn.cost+g.cost, costOfNoKind), g.table
	}
	if fn.of.Node == nil || !unary && !broadcast(singles, fn.of.Shape()) {
		return byteFunction{}, false
	}
	table, err := evalTable(n.Op(), in, unary)
	fn.table = table
	return fn, err == nil // the byte that causes the error may not occur in the data
}

// evalTable runs an op on vectors of the values of all bytes, and on single numbers.
func evalTable(op core.Op, in []*core.Tensor, unary bool) (*core.Tensor, error) {
	for i, c := range in {
		if !unary && len(c.Shape()) > 1 {
			single, err := core.TensorOver(c.Type(), core.Shape{}, c.Bytes())
			if err != nil {
				return nil, err
			}
			in[i] = single
		}
	}
	out, err := core.EvalOp(op, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// argument returns a value as a function of bytes: of its own elements if they are bytes.
func (t *tabulation) argument(v core.Value) (byteFunction, bool) {
	if fn, ok := t.functions[v]; ok {
		return fn, true
	}
	if v.Type() != core.U8 && v.Type() != core.I8 {
		return byteFunction{}, false
	}
	return byteFunction{of: v, table: core.AllBytes(v.Type())}, true
}

// broadcast reports whether broadcasting with single numbers leaves a shape as it is.
func broadcast(singles []*core.Tensor, s core.Shape) bool {
	return !slices.ContainsFunc(singles, func(c *core.Tensor) bool {
		return len(c.Shape()) > 0 && (!s.Ranked() || len(c.Shape()) > len(s))
	})
}

// The costs of computing one element: about tenths of a nanosecond for a chain of AVX2 kernels, or numbers chosen so
// that a table always pays.
const (
	costOfWords  = 6 // a lookup of anything larger than a byte
	costOfBytes  = 2 // a lookup of bytes
	costOfNoKind = 100
)

// cost returns the cost of an op, by the type of its result, without a table.
func cost(op core.Op, result core.Type) int {
	if q, ok := op.(trait.Vectorized); ok {
		if c, ok := q.ElementCost(result); ok {
			return c
		}
	}
	return costOfNoKind
}

// costly reports whether a lookup is cheaper.
func (fn byteFunction) costly() bool {
	if fn.table.Type().Size() == 1 {
		return fn.cost > costOfBytes
	}
	return fn.cost > costOfWords
}

// replace turns a costly function of bytes into a Lookup, unless only such functions read it.
func (t *tabulation) replace(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	for i, v := range n.Inputs() {
		t.now[v] = inputs[i]
	}
	fn := t.functions[n.Out(0)]
	if fn.table == nil || !fn.costly() || !t.isRead(n.Out(0)) {
		return nil, nil
	}
	lookup, err := n.With(&pointwise.Lookup{}, t.now[fn.of], constantOf(n, fn.table))
	if err != nil {
		return nil, err
	}
	values := []core.Value{lookup.Out(0)}
	if len(n.Outputs()) == 1 {
		return values, nil
	}
	kept, err := n.WithInputs(inputs)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(n.Outputs()); i++ {
		values = append(values, kept.Out(i))
	}
	return values, nil
}

// isRead reports whether v has a reader that does not become a Lookup itself.
func (t *tabulation) isRead(v core.Value) bool {
	return slices.ContainsFunc(t.users[v], func(u *core.Node) bool {
		fn, ok := t.functions[u.Out(0)]
		return !ok || !fn.costly()
	})
}
