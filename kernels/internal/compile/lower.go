package compile

import (
	"reflect"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// lowering appends the instructions that compute a node; false if it does not support the node.
type lowering func(c *compiler, n *core.Node) (bool, error)

// The tables of lowerings, by the ops' Go types. The files of this package register theirs. The tables change
// only while the package is initialized.
var (
	lowerings    = map[reflect.Type]lowering{}
	channelsLast = map[reflect.Type]bool{}
)

// lowers registers f as the lowering of an op. It is called once for the op, in the file of the lowering.
func lowers[T any, P interface {
	*T
	core.Op
}](f lowering) struct{} {
	t := reflect.TypeFor[P]()
	if lowerings[t] != nil {
		panic("compile: " + t.String() + " has two lowerings")
	}
	lowerings[t] = f
	return struct{}{}
}

// wantsChannelsLast reports whether the lowering of an op needs the channels last.
func wantsChannelsLast(op core.Op) bool { return channelsLast[reflect.TypeOf(op)] }

// wantsLast has the passes convert an op to the layout with the channels last. It is called once for the op,
// in the file of the lowering.
func wantsLast[T any, P interface {
	*T
	trait.Layouted
}]() struct{} {
	channelsLast[reflect.TypeFor[P]()] = true
	return struct{}{}
}

// loweringOf returns the lowering registered for an op; nil if there is none.
func loweringOf(op core.Op) lowering { return lowerings[reflect.TypeOf(op)] }
