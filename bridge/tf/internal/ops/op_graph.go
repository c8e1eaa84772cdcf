package ops

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

var _ = register("graph",
	op{name: "Const", signature: "-> output:dtype", translate: constant},
	op{name: "HostConst", signature: "-> output:dtype", translate: constant},
	op{name: "Placeholder", signature: "-> output:dtype", translate: unfedPlaceholder},
	op{name: "PlaceholderWithDefault", signature: "input:dtype -> output:dtype", translate: passThrough},
	op{name: "Identity", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "Snapshot", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "StopGradient", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "PreventGradient", signature: "input:T -> output:T", translate: passThrough, passes: true},
	op{name: "CheckNumerics", signature: "tensor:T -> output:T", translate: checkNumerics},
	op{name: "IdentityN", signature: "input:[T] -> output:[T]", translate: passThrough},
	op{name: "NoOp", signature: "->", translate: passThrough},
	op{name: "Assert", signature: "condition:bool data:[T] ->", translate: nothing},
)

// constant translates Const and HostConst. The content is not copied from the file.
func constant(c *call) []core.Value {
	t, err := opdef.Tensor(c.node, "value")
	c.keep(err)
	if c.err != nil {
		return nil
	}
	if want := c.typ("dtype", core.Dynamic); c.err == nil && t.Type() != want {
		declared, _ := c.node.Type("dtype")
		got, _ := c.node.Tensor("value")
		c.failAttr("value", "got a %v tensor, want %v as attribute \"dtype\" says", got.Type, declared)
	}
	return c.emit(&core.Constant{Value: t})
}

// passThrough translates the ops that return their inputs.
func passThrough(c *call) []core.Value { return c.in }

// checkNumerics refuses NaN and infinities when the graph runs.
func checkNumerics(c *call) []core.Value {
	return c.emit(&pointwise.CheckFinite{Message: c.strOr("message", "")}, c.in...)
}

// nothing translates the ops without outputs.
func nothing(*call) []core.Value { return nil }

// unfedPlaceholder is never reached for a Placeholder that the outputs need, since those are inputs.
func unfedPlaceholder(c *call) []core.Value {
	c.keep(fmt.Errorf("is not among the inputs"))
	return nil
}
