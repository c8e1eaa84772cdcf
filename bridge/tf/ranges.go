package tf

import (
	"errors"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
)

// span returns a range of one min and one max, of shape [] or [1] each. It is checked
// as far as it is known, by core's own rule, so that errors name TensorFlow's inputs.
func (c *call) span(min, max string) builders.Range {
	return c.ranged(c.index(min), c.index(max), false)
}

// spans is span for filters, whose range may hold one element per output channel.
func (c *call) spans(min, max string) builders.Range {
	return c.ranged(c.index(min), c.index(max), true)
}

func (c *call) ranged(min, max int, perChannel bool) builders.Range {
	r := builders.Range{Min: c.in[min], Max: c.in[max]}
	if c.err != nil {
		return r
	}
	want := "[] or [1]"
	if perChannel {
		want += ", or one element per channel"
	}
	for _, i := range []int{min, max} {
		s := c.in[i].Shape()
		single := s.Compatible(core.Shape{}) || s.Compatible(core.Shape{1})
		if !single && !(perChannel && len(s) == 1 && s[0] != 0) {
			c.failInput(i, "got shape %v, want %s", s, want)
			return r
		}
	}
	if !perChannel || !r.Min.Shape().Compatible(r.Max.Shape()) {
		r = builders.Range{Min: c.scalar(min), Max: c.scalar(max)}
	}
	rule := &core.RangeToScale{Type: core.U8}
	_, err := rule.Infer([]core.Operand{operand(r.Min), operand(r.Max)})
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

func operand(v core.Value) core.Operand { return core.Operand{Fact: v.Fact(), Const: v.Constant()} }

// scalar returns input i, brought from shape [1] to [].
func (c *call) scalar(i int) core.Value {
	v := c.in[i]
	if !v.Shape().Equal(core.Shape{1}) {
		return v
	}
	role := portOf(c.op.in, c.starts, i)
	if t := v.Constant(); t != nil {
		s, err := t.Reshaped(core.Shape{})
		return c.literal(role, s, err)
	}
	return c.helper(role, &core.Squeeze{Axes: []int{0}}, v)
}
