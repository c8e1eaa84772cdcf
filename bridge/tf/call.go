package tf

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// call is what a translator gets: the node, its attributes and its inputs. The first
// error stays, and what follows it does nothing; so a translator needs no checks
// between its steps.
type call struct {
	node *graphdef.Node
	op   *op
	in   []core.Value // the data inputs
	err  error

	arithmetic     builders.Arithmetic
	starts         []int  // of op.in in in
	role           string // what emit makes, if that is not yet the node's output
	constantInputs bool   // no input depends on an input of the graph
}

// call checks a node's inputs against its op's signature: how many, and their types.
func (t *translation) call(n *graphdef.Node) (*call, error) {
	c := &call{node: n, op: table[n.Op], arithmetic: t.arithmetic}
	if err := checkKernel(n); err != nil {
		return nil, err
	}
	data := n.DataInputs()
	types, starts, err := expand(c.op.in, n, len(data))
	if err != nil {
		return nil, err
	}
	if len(types) != len(data) {
		return nil, fmt.Errorf("got %d inputs, want %d", len(data), len(types))
	}
	c.starts = starts
	for i, in := range data {
		v, err := t.read(tensorName{in.Node, in.Port})
		if err != nil {
			return nil, c.inputError(i, "%v", err)
		}
		if got := v.Type(); got != types[i] && got != core.Dynamic && types[i] != core.Dynamic {
			return nil, c.inputError(i, "got type %v from %q, want %v as the node's attributes say", got, in, types[i])
		}
		c.in = append(c.in, v)
	}
	c.constantInputs = t.constantInputs(n)
	return c, nil
}

// checkOutputs checks what a translator made against the op's signature.
func (c *call) checkOutputs(out []core.Value) error {
	types, _, err := expand(c.op.out, c.node, maxParts)
	if err != nil {
		return err
	}
	if c.op.listsOutputs() && len(out) != len(types) {
		return fmt.Errorf("the op gives %d output(s), but the node's attributes list %d", len(out), len(types))
	}
	for i, v := range out {
		if v.Node == nil || i >= len(types) {
			continue
		}
		if got := v.Type(); got != types[i] && got != core.Dynamic {
			return fmt.Errorf("output %d: the op gives %v, but the node's attributes say %v", i, got, types[i])
		}
	}
	return nil
}

// inputError is an Error about input i.
func (c *call) inputError(i int, format string, args ...any) error {
	return &Error{
		Node: c.node.Name, Op: c.node.Op, Input: i, InputName: portOf(c.op.in, c.starts, i), Msg: fmt.Sprintf(format, args...),
	}
}

func (c *call) keep(err error) {
	if c.err == nil && err != nil {
		c.err = within(c.node, err)
	}
}

// fail records an error about the node as a whole.
func (c *call) fail(format string, args ...any) {
	c.keep(fmt.Errorf(format, args...))
}

// failAttr records an error about an attribute.
func (c *call) failAttr(attr, format string, args ...any) {
	c.keep(c.node.Errorf(attr, format, args...))
}

// failInput records an error about input i.
func (c *call) failInput(i int, format string, args ...any) {
	c.keep(c.inputError(i, format, args...))
}

// index returns the number of the input of a name in the signature.
func (c *call) index(name string) int {
	for i := range c.op.in {
		if c.op.in[i].name == name {
			return c.starts[i]
		}
	}
	panic("tf: " + c.op.name + " has no input " + name)
}

// has reports whether the signature has an input of that name.
func (c *call) has(name string) bool {
	for i := range c.op.in {
		if c.op.in[i].name == name {
			return true
		}
	}
	return false
}

// value returns the input of a name in the signature.
func (c *call) value(name string) core.Value { return c.in[c.index(name)] }

// list returns the values of an input that is a list.
func (c *call) list(name string) []core.Value {
	for i := range c.op.in {
		if c.op.in[i].name == name {
			return c.in[c.starts[i]:c.starts[i+1]]
		}
	}
	panic("tf: " + c.op.name + " has no input " + name)
}

// constant returns the value of input i, which must follow from constants and known shapes.
func (c *call) constant(i int) *core.Tensor {
	if t := c.in[i].Folded(); t != nil {
		return t
	}
	c.failInput(i, "is computed, want a constant")
	return nil
}

// integers returns input i, a constant vector or scalar of integers.
func (c *call) integers(i int) []int {
	t := c.constant(i)
	if t == nil {
		return nil
	}
	if !t.Type().IsInteger() || len(t.Shape()) > 1 {
		c.failInput(i, "got %v, want a list of integers", t)
		return nil
	}
	values := t.Int64s()
	out := make([]int, len(values))
	for k, v := range values {
		out[k] = int(v)
	}
	return out
}

// integer returns input i, a constant integer.
func (c *call) integer(i int) int {
	list := c.integers(i)
	if c.err == nil && len(list) != 1 {
		c.failInput(i, "got %d numbers, want one", len(list))
	}
	if c.err != nil {
		return 0
	}
	return list[0]
}

// Attributes, with TensorFlow's default where the op has one.

func (c *call) str(name string) string {
	v, err := c.node.Str(name)
	c.keep(err)
	return v
}

func (c *call) strOr(name, otherwise string) string {
	v, err := c.node.StrOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) intOr(name string, otherwise int64) int64 {
	v, err := c.node.IntOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) floatOr(name string, otherwise float32) float32 {
	v, err := c.node.FloatOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) boolOr(name string, otherwise bool) bool {
	v, err := c.node.BoolOr(name, otherwise)
	c.keep(err)
	return v
}

func (c *call) strs(name string) []string {
	v, err := c.node.StrsOr(name, nil)
	c.keep(err)
	return v
}

// intsOr reads a list(int) of a length; otherwise stands for one that is absent.
func (c *call) intsOr(name string, length int, otherwise []int64) []int {
	list := otherwise
	if otherwise == nil || c.node.Has(name) {
		var err error
		list, err = c.node.IntsOf(name, length)
		c.keep(err)
	}
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}

// typ reads a type attribute; otherwise, if not Dynamic, is its default.
func (c *call) typ(name string, otherwise core.Type) core.Type {
	t, err := typeAttr(c.node, name, otherwise)
	c.keep(err)
	return t
}

// choice reads a string attribute that must be one of a list; the first is the default.
func choice[T any](c *call, name string, names []string, values []T) T {
	s := c.strOr(name, names[0])
	for i, n := range names {
		if n == s {
			return values[i]
		}
	}
	c.failAttr(name, "got %q, want one of %q", s, names)
	return values[0]
}

// scope is what the builders need to know.
func (c *call) scope() builders.Scope {
	return builders.Scope{Arithmetic: c.arithmetic, Node: c.node.Name, Op: c.node.Op}
}

// built returns a builder's output as the node's: the value, and its range if it has one.
func (c *call) built(o builders.Output, err error) []core.Value {
	c.keep(err)
	if c.err != nil {
		return nil
	}
	if o.Min.Node == nil {
		return []core.Value{o.Value}
	}
	return []core.Value{o.Value, o.Min, o.Max}
}

// emit applies an op and returns its outputs as the node's.
func (c *call) emit(op core.Op, in ...core.Value) []core.Value { return c.emitAs(c.role, op, in...) }

// helper applies an op on the way to the node's output and returns its first output.
func (c *call) helper(role string, op core.Op, in ...core.Value) core.Value {
	if out := c.emitAs("#"+role, op, in...); len(out) > 0 {
		return out[0]
	}
	return core.Value{}
}

func (c *call) emitAs(suffix string, op core.Op, in ...core.Value) []core.Value {
	if c.err != nil {
		return nil
	}
	n, err := core.NewNamedNode(c.node.Name+suffix, op, in...)
	if err != nil {
		c.keep(c.blame(err, in))
		return nil
	}
	n.Origin = core.Origin{Node: c.node.Name, Op: c.node.Op}
	out := make([]core.Value, len(n.Outputs()))
	for i := range out {
		out[i] = n.Out(i)
	}
	return out
}

// literal returns a constant on the way to the node's output.
func (c *call) literal(role string, t *core.Tensor, err error) core.Value {
	c.keep(err)
	if c.err != nil {
		return core.Value{}
	}
	v := core.NewConstant(t)
	v.Node.Name, v.Node.Origin = c.node.Name+"#"+role, core.Origin{Node: c.node.Name, Op: c.node.Op}
	return v
}
