package ops

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// port returns the position in the signature of the input with a name; -1 if there is none.
func (c *call) port(name string) int {
	return slices.IndexFunc(c.op.in, func(p opdef.Port) bool { return p.Name == name })
}

// mustPort is like port for a name that the signature has.
func (c *call) mustPort(name string) int {
	i := c.port(name)
	if i < 0 {
		panic("ops: " + c.op.name + " has no input " + name)
	}
	return i
}

// has reports whether the signature has an input with that name.
func (c *call) has(name string) bool { return c.port(name) >= 0 }

// index returns the number of the input with a name in the signature.
func (c *call) index(name string) int { return c.starts[c.mustPort(name)] }

// value returns the input with a name in the signature.
func (c *call) value(name string) core.Value { return c.in[c.index(name)] }

// list returns the values of an input that is a list.
func (c *call) list(name string) []core.Value {
	i := c.mustPort(name)
	return c.in[c.starts[i]:c.starts[i+1]]
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

// granularity says what a range applies to.
type granularity bool

const (
	perTensor  granularity = false
	perChannel granularity = true // it may have one element for each channel
)

// span returns a range of one min and one max, each of shape [] or [1]. As far as it is known, it is checked here by
// core's own rule, so that errors name TensorFlow's inputs.
func (c *call) span(min, max string) builders.Range {
	return c.ranged(c.index(min), c.index(max), perTensor)
}

// spans is like span for filters, whose range may have one element per output channel.
func (c *call) spans(min, max string) builders.Range {
	return c.ranged(c.index(min), c.index(max), perChannel)
}

func (c *call) ranged(min, max int, g granularity) builders.Range {
	r := builders.Range{Min: c.in[min], Max: c.in[max]}
	if c.err != nil {
		return r
	}
	want := "[] or [1]"
	if g == perChannel {
		want += ", or one element per channel"
	}
	for _, i := range []int{min, max} {
		s := c.in[i].Shape()
		single := s.Compatible(core.Shape{}) || s.Compatible(core.Shape{1})
		if !single && !(g == perChannel && len(s) == 1 && s[0] != 0) {
			c.failInput(i, "got shape %v, want %s", s, want)
			return r
		}
	}
	if g == perTensor || !r.Min.Shape().Compatible(r.Max.Shape()) {
		r = builders.Range{Min: c.scalar(min), Max: c.scalar(max)}
	}
	rule := &quantization.RangeToScale{Type: core.U8}
	_, err := rule.Infer(core.Operands([]core.Value{r.Min, r.Max}))
	var o *core.OpError
	switch {
	case err == nil:
	case errors.As(err, &o) && o.Input == 0:
		c.failInput(min, "%s", o.Msg)
	case errors.As(err, &o) && o.Input == 1:
		c.failInput(max, "%s", o.Msg)
	default:
		c.failInput(min, "%s", o.Msg)
	}
	return r
}

// scalar returns input i, reshaped from [1] to [] if necessary.
func (c *call) scalar(i int) core.Value {
	v := c.in[i]
	if !v.Shape().Equal(core.Shape{1}) {
		return v
	}
	role := c.nameOf(i)
	if t := v.Constant(); t != nil {
		s, err := t.Reshaped(core.Shape{})
		return c.literal(role, s, err)
	}
	return c.helper(role, &array.Squeeze{Axes: []int{0}}, v)
}

// fusedOps reads fused_ops as a set. All steps are optional but must keep their order: each must be one of the
// alternatives at its position or at a later one.
func (c *call) fusedOps(places [][]string) map[string]bool {
	got := c.strs("fused_ops")
	set := map[string]bool{}
	next := 0
	for _, step := range got {
		at := slices.IndexFunc(places[next:], func(p []string) bool { return slices.Contains(p, step) })
		if at < 0 {
			c.failAttr("fused_ops", "got [%s], want steps of %s in this order", strings.Join(got, ","),
				describe(places))
			return set
		}
		set[step] = true
		next += at + 1
	}
	for _, sum := range []string{"Sum", "Add"} {
		if set[sum] && !set["BiasAdd"] {
			c.failAttr("fused_ops", "got [%s], want BiasAdd before %s", strings.Join(got, ","), sum)
		}
	}
	return set
}

// describe writes "BiasAdd, Relu|Elu, Requantize".
func describe(places [][]string) string {
	parts := make([]string, len(places))
	for i, p := range places {
		parts[i] = strings.Join(p, "|")
	}
	return strings.Join(parts, ", ")
}

// reader reads the inputs of a _Fused* op one after the other: those on the device, then those on the host. Their
// meaning follows from fused_ops alone.
type reader struct {
	*call
	next int
}

func (c *call) reader() *reader { return &reader{call: c} }

// take returns the next input, which has the given role.
func (r *reader) take(role string) (core.Value, int) {
	if r.next >= len(r.in) && r.err == nil {
		r.fail("got %d inputs, want one more: %s", len(r.in), role)
	}
	if r.err != nil {
		return core.Value{}, -1
	}
	r.next++
	return r.in[r.next-1], r.next - 1
}

// typed returns the next input, whose type is in an attribute.
func (r *reader) typed(role, attr string) core.Value {
	v, i := r.take(role)
	want := r.typ(attr, core.Dynamic)
	if r.err == nil && v.Type() != want && v.Type() != core.Dynamic {
		r.failInput(i, "%s: got type %v, want %v as attribute %q says", role, v.Type(), want, attr)
	}
	return v
}

// span reads a min and a max.
func (r *reader) span(role string, g granularity) builders.Range {
	_, min := r.take("min_" + role)
	_, max := r.take("max_" + role)
	if r.err != nil {
		return builders.Range{}
	}
	for _, i := range []int{min, max} {
		if t := r.in[i].Type(); t != core.F32 && t != core.Dynamic {
			r.failInput(i, "%s: got type %v, want f32", role, t)
		}
	}
	return r.ranged(min, max, g)
}

// end checks that all inputs have been read.
func (r *reader) end() {
	if r.err == nil && r.next != len(r.in) {
		r.keep(fmt.Errorf("got %d inputs, want %d as fused_ops says", len(r.in), r.next))
	}
}

// fusedActivations are those that quantized ops fuse, by their names in fused_ops.
var fusedActivations = map[string]numeric.Activation{
	"Relu": numeric.Relu, "Relu6": numeric.Relu6, "LeakyRelu": numeric.LeakyRelu, "Elu": numeric.Elu, "Tanh": numeric.Tanh,
	"Sigmoid": numeric.Sigmoid, "GeluApproximate": numeric.GeluApproximate, "GeluExact": numeric.GeluExact,
}
