package kernels

import (
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// What files of this package do for which core ops, by the ops' Go types. It changes only
// while the package is initialized.
var (
	lowerings    = map[reflect.Type]lowering{}
	matchers     = map[reflect.Type]matcher{}
	channelsLast = map[reflect.Type]bool{}
)

// lowers makes f the kernel of an op. Called once for the op, from the kernel's file.
func lowers[T any, P interface {
	*T
	core.Op
}](f lowering) struct{} {
	t := reflect.TypeFor[P]()
	if lowerings[t] != nil {
		panic("kernels: " + t.String() + " has two lowerings")
	}
	lowerings[t] = f
	return struct{}{}
}

// wantsLast has withChannelsLast give the kernel of an op the channels last. Called once for
// the op, from the kernel's file.
func wantsLast[T any, P interface {
	*T
	core.Layouted
}]() struct{} {
	channelsLast[reflect.TypeFor[P]()] = true
	return struct{}{}
}

// matcher makes the nodes of an op parts of elementwise chains.
type matcher struct {
	kind  elementKind
	match func(e element) (element, bool) // see matchElement
}

// matches makes an op a part of elementwise chains, as far as match says. Called once for the
// op, from the file of match.
func matches[T any, P interface {
	*T
	core.Op
}](kind elementKind, match func(e element, op P) (element, bool)) struct{} {
	matchers[reflect.TypeFor[P]()] = matcher{kind, func(e element) (element, bool) { return match(e, e.node.Op().(P)) }}
	return struct{}{}
}

// chains makes an op a part of elementwise chains which no other kernel computes.
func chains[T any, P interface {
	*T
	core.Op
}](kind elementKind, match func(e element, op P) (element, bool)) struct{} {
	matches[T](kind, match)
	return lowers[T, P](lowerElementwise)
}

// loweringOf returns the kernel of an op; nil if it has none.
func loweringOf(op core.Op) lowering { return lowerings[reflect.TypeOf(op)] }

// Ops lists the core ops that have kernels, sorted.
func Ops() []string {
	var names []string
	for t := range lowerings {
		names = append(names, core.OpName(reflect.New(t.Elem()).Interface().(core.Op)))
	}
	slices.Sort(names)
	return names
}
