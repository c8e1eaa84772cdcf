package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// fusedOps reads fused_ops as a set. Each step must be one of the alternatives at its
// place or at a later one: the steps keep their order, and all of them are optional.
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

// reader takes the inputs of a _Fused* op one by one: those on the device, then those on
// the host; their meaning follows from fused_ops alone.
type reader struct {
	*call
	next int
}

func (c *call) reader() *reader { return &reader{call: c} }

// take returns the next input, which plays a role.
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

// typed returns the next input, whose type an attribute tells.
func (r *reader) typed(role, attr string) core.Value {
	v, i := r.take(role)
	want := r.typ(attr, core.Dynamic)
	if r.err == nil && v.Type() != want && v.Type() != core.Dynamic {
		r.failInput(i, "%s: got type %v, want %v as attribute %q says", role, v.Type(), want, attr)
	}
	return v
}

// span takes a min and a max.
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

// end checks that all inputs are taken.
func (r *reader) end() {
	if r.err == nil && r.next != len(r.in) {
		r.keep(fmt.Errorf("got %d inputs, want %d as fused_ops says", len(r.in), r.next))
	}
}

// fusedActivations are those that quantized ops fuse, by their names in fused_ops.
var fusedActivations = map[string]core.Activation{
	"Relu": core.Relu, "Relu6": core.Relu6, "LeakyRelu": core.LeakyRelu, "Elu": core.Elu, "Tanh": core.Tanh,
	"Sigmoid": core.Sigmoid, "GeluApproximate": core.GeluApproximate, "GeluExact": core.GeluExact,
}
