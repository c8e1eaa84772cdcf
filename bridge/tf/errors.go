package tf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/ops"
	"github.com/tf2ng/tf2ng/core"
)

// Error is an error about a node of the GraphDef. It wraps a *core.OpError if the node was translated and
// an op of package core rejected the result, and a *graphdef.Error if one of the node's attributes is
// wrong.
type Error struct {
	Node, Op  string
	Input     int    // the input at fault; -1 for attributes and for the node as a whole
	InputName string // its name in TensorFlow's documentation
	Msg       string
	Err       error // may be nil; then Msg says it all

	// Graph describes the surrounding graph: this node, and others that cannot be translated because of
	// their own errors, take the place of unsupported ops. It is nil if that is not known.
	Graph *UnsupportedError
}

// Error reads, for example,
//
//	node "conv1" (QuantizedConv2D): input 4 (min_filter): got shape [0], want [], [1] or one element per channel
func (e *Error) Error() string {
	var g *graphdef.Error
	if errors.As(e.Err, &g) {
		return g.Error() // it names the node
	}
	s := fmt.Sprintf("node %q (%s)", e.Node, e.Op)
	if e.Input >= 0 {
		s += fmt.Sprintf(": input %d", e.Input)
		if e.InputName != "" {
			s += " (" + e.InputName + ")"
		}
	}
	return s + ": " + e.Msg
}

// Unwrap returns the error of the package that found it, or nil.
func (e *Error) Unwrap() error { return e.Err }

// within makes err an Error about a node.
func within(n *graphdef.Node, err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	var i *ops.InputError
	if errors.As(err, &i) {
		return &Error{Node: n.Name, Op: n.Op, Input: i.Input, InputName: i.Name, Msg: i.Msg, Err: i.Err}
	}
	return &Error{Node: n.Name, Op: n.Op, Input: -1, Msg: inner(n, err), Err: err}
}

// inner is the text of err without the name of the node.
func inner(n *graphdef.Node, err error) string {
	var o *core.OpError
	if !errors.As(err, &o) {
		return err.Error()
	}
	c := *o
	if c.Node == n.Name {
		c.Node = ""
	} else if role, ok := strings.CutPrefix(c.Node, n.Name+"#"); ok {
		c.Node, c.Op = "", role+" ("+c.Op+")"
	}
	return c.Error()
}
