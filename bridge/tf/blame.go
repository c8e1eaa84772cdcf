package tf

import (
	"errors"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// blame turns a core op's error about one of its inputs into one about the node's input
// that went there.
func (c *call) blame(err error, in []core.Value) error {
	var o *core.OpError
	if !errors.As(err, &o) || o.Input < 0 || o.Input >= len(in) {
		return err
	}
	i := o.Input
	if i >= len(c.in) || c.in[i] != in[i] {
		i = slices.Index(c.in, in[o.Input])
	}
	if i < 0 {
		return err
	}
	msg := o.Msg
	if o.Constraint != "" {
		msg += " (" + o.Constraint + ")"
	}
	return &Error{Node: c.node.Name, Op: c.node.Op, Input: i, InputName: portOf(c.op.in, c.starts, i), Msg: msg, Err: err}
}
