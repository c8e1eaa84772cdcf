package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pooling"
)

var _ = register("pool",
	op{name: "MaxPool", signature: "input:T=float -> output:T=float", translate: maxPool(2, "explicit_paddings")},
	op{name: "AvgPool", signature: "value:T -> output:T", translate: avgPool(2)},
	op{name: "MaxPool3D", signature: "input:T -> output:T", translate: maxPool(3, "")},
	op{name: "AvgPool3D", signature: "input:T -> output:T", translate: avgPool(3)},
)

func maxPool(n int, explicit string) func(*call) []core.Value {
	return func(c *call) []core.Value {
		s, window := c.window(n, c.layout(n), explicit)
		return c.emit(&pooling.MaxPool{Spatial: s, Window: window}, c.in...)
	}
}

func avgPool(n int) func(*call) []core.Value {
	return func(c *call) []core.Value {
		s, window := c.window(n, c.layout(n), "")
		return c.emit(&pooling.AvgPool{Spatial: s, Window: window}, c.in...)
	}
}

// window reads the attributes of a pooling op.
func (c *call) window(n int, layout geometry.Layout, explicit string) (geometry.Spatial, []int) {
	s := geometry.Spatial{Layout: layout, Strides: c.perDimension("strides", n, layout, 0)}
	window := c.perDimension("ksize", n, layout, 0)
	c.padding(&s, n, explicit)
	return s, window
}
