package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// tabulate replaces values that are functions of one byte of one tensor, and would be
// computed slowly, by lookups in tables of the 256 results, which the references of the
// replaced ops make: a dequantized sigmoid or hard-swish, quantized again or not.
func tabulate(f *core.Function) (*core.Function, error) {
	t := &tabulation{users: f.Users(), functions: map[core.Value]byteFunction{}, now: map[core.Value]core.Value{}}
	for _, n := range f.Nodes() {
		if fn, ok := t.function(n); ok {
			t.functions[n.Out(0)] = fn
		}
	}
	return f.Rewrite(t.replace)
}

// byteFunction is a value each of whose elements is a function of the same element of of,
// a tensor of bytes of the same shape.
type byteFunction struct {
	of     core.Value
	table  *core.Tensor // the function's values, in the order of the bytes' bits
	costly bool         // no fast kernel computes it
}

type tabulation struct {
	users     map[core.Value][]*core.Node
	functions map[core.Value]byteFunction
	now       map[core.Value]core.Value // values of the old function in the new one
}

// function returns what the first output of a node is as a function of bytes; false if it
// is none.
func (t *tabulation) function(n *core.Node) (byteFunction, bool) {
	unary := core.IsUnary(n.Op())
	if !unary && !core.IsPointwise(n.Op()) {
		return byteFunction{}, false
	}
	fn := byteFunction{costly: isCostly(n.Op())}
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
		fn.of, fn.costly, in[i] = g.of, fn.costly || g.costly, g.table
	}
	if fn.of.Node == nil || !unary && !broadcast(singles, fn.of.Shape()) {
		return byteFunction{}, false
	}
	table, err := evalTable(n.Op(), in, unary)
	fn.table = table
	return fn, err == nil // the data may not have the byte that the error is of
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

// argument returns a value as a function of bytes; of its own if it has bytes.
func (t *tabulation) argument(v core.Value) (byteFunction, bool) {
	if fn, ok := t.functions[v]; ok {
		return fn, true
	}
	if v.Type() != core.U8 && v.Type() != core.I8 {
		return byteFunction{}, false
	}
	table, err := allBytes(v.Type())
	return byteFunction{of: v, table: table}, err == nil
}

// broadcast reports whether single numbers leave a shape as it is.
func broadcast(singles []*core.Tensor, s core.Shape) bool {
	return !slices.ContainsFunc(singles, func(c *core.Tensor) bool { return len(c.Shape()) > 0 && (!s.Ranked() || len(c.Shape()) > len(s)) })
}

// isCostly reports whether a chain of elementwise kernels does not compute an op.
func isCostly(op core.Op) bool {
	switch op := op.(type) {
	case *core.Convert, *core.Dequantize, *core.Quantize, *core.TFDequantize, *core.TFQuantizeV2, *core.FlipSign, *core.TFRequantize, *core.TFQuantizedRelu,
		*core.Add, *core.Subtract, *core.Multiply, *core.Divide, *core.Maximum, *core.Minimum, *core.Clamp:
		return false
	case *core.Activate:
		return op.Activation != core.Identity && op.Activation != core.Relu && op.Activation != core.Relu6
	}
	return true
}

// replace makes a costly function of bytes a Lookup, unless only others read it.
func (t *tabulation) replace(n *core.Node, inputs []core.Value) ([]core.Value, error) {
	for i, v := range n.Inputs() {
		t.now[v] = inputs[i]
	}
	fn := t.functions[n.Out(0)]
	if !fn.costly || !t.readOutside(n.Out(0)) {
		return nil, nil
	}
	lookup, err := core.NewNamedNode(n.Name, &core.Lookup{}, t.now[fn.of], constantOf(n, fn.table))
	if err != nil {
		return nil, err
	}
	lookup.Origin = n.Origin
	values := []core.Value{lookup.Out(0)}
	if len(n.Outputs()) == 1 {
		return values, nil
	}
	kept, err := core.NewNamedNode(n.Name, n.Op(), inputs...)
	if err != nil {
		return nil, err
	}
	kept.Origin = n.Origin
	for i := 1; i < len(n.Outputs()); i++ {
		values = append(values, kept.Out(i))
	}
	return values, nil
}

// readOutside reports whether something reads v that is no function of bytes itself.
func (t *tabulation) readOutside(v core.Value) bool {
	return slices.ContainsFunc(t.users[v], func(u *core.Node) bool {
		_, inside := t.functions[u.Out(0)]
		return !inside
	})
}

// allBytes returns the 256 values of a type of bytes, in the order of their bits.
func allBytes(t core.Type) (*core.Tensor, error) {
	values := make([]byte, 256)
	for i := range values {
		values[i] = byte(i)
	}
	return core.TensorOver(t, core.Shape{256}, values)
}
