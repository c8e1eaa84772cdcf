package compile

import (
	"reflect"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// lowering appends the instructions that compute a node; false if it computes no such node.
type lowering func(c *compiler, n *core.Node) (bool, error)

// What files of this package do for which core ops, by the ops' Go types. It changes only
// while the package is initialized.
var (
	lowerings    = map[reflect.Type]lowering{}
	channelsLast = map[reflect.Type]bool{}
)

// lowers makes f the kernel of an op. Called once for the op, from the kernel's file.
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

// wantsChannelsLast reports whether the kernel of an op wants the channels last.
func wantsChannelsLast(op core.Op) bool { return channelsLast[reflect.TypeOf(op)] }

// wantsLast has the passes give the kernel of an op the channels last. Called once for the op,
// from the kernel's file.
func wantsLast[T any, P interface {
	*T
	trait.Layouted
}]() struct{} {
	channelsLast[reflect.TypeFor[P]()] = true
	return struct{}{}
}

// loweringOf returns the kernel of an op by itself; nil if it has none.
func loweringOf(op core.Op) lowering { return lowerings[reflect.TypeOf(op)] }
