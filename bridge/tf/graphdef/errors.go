package graphdef

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// These say what an [Error] is about. Use errors.Is.
var (
	ErrEmpty       = errors.New("empty file")
	ErrText        = errors.New("text format")
	ErrSavedModel  = errors.New("saved model")
	ErrForeign     = errors.New("file of another format")
	ErrMalformed   = errors.New("malformed protocol buffer")
	ErrLimit       = errors.New("limit exceeded")
	ErrStructure   = errors.New("invalid graph") // names, inputs and edges
	ErrCycle       = errors.New("cycle in the graph")
	ErrNoNode      = errors.New("no such node")
	ErrNoAttribute = errors.New("missing attribute")
	ErrKind        = errors.New("kind of attribute")    // got an int, want a list(int)
	ErrValue       = errors.New("invalid value")        // an attribute's or a tensor's
	ErrTensorType  = errors.New("wrong kind of tensor") // bytes of a string tensor, strings of a float tensor
)

// Error is every error of this package. Its text says where (node, op, attribute, place in the
// file), what was got and what was wanted; Unwrap gives the sentinel that classifies it.
type Error struct {
	Node, Op  string // empty outside a node
	Attribute string // empty outside an attribute
	Offset    int    // place in the file; -1 when the error has none
	Msg       string
	Err       error // one of this package's sentinels
}

// Error reads, for instance,
//
//	node "conv1" (QuantizedConv2D): attribute "strides": got int, want list(int)
func (e *Error) Error() string {
	var b strings.Builder
	if e.Node != "" || e.Op != "" {
		fmt.Fprintf(&b, "node %s", quote(e.Node))
		if e.Op != "" {
			fmt.Fprintf(&b, " (%s)", clip(e.Op))
		}
		b.WriteString(": ")
	}
	if e.Attribute != "" {
		fmt.Fprintf(&b, "attribute %s: ", quote(e.Attribute))
	}
	b.WriteString(e.Msg)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " (at byte %d)", e.Offset)
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// errorAt makes an error with a place in the file; its node and attribute are filled in by the callers that know
// them.
func errorAt(offset int, reason error, format string, args ...any) *Error {
	return &Error{Offset: offset, Msg: fmt.Sprintf(format, args...), Err: reason}
}

// errorf makes an error without a place.
func errorf(reason error, format string, args ...any) *Error {
	return errorAt(-1, reason, format, args...)
}

// in names the node and the attribute, where err does not name them yet.
func in(err error, node *Node, attribute string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Node == "" && e.Op == "" {
		e.Node, e.Op = node.Name, node.Op
	}
	if e.Attribute == "" {
		e.Attribute = attribute
	}
	return err
}

// clip shortens a name for an error text: names may be as long as [Limits] allows.
func clip(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

func quote(s string) string { return strconv.Quote(clip(s)) }
