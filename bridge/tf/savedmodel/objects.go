package savedmodel

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/bundle"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Bounds of an object graph.
const (
	MaxObjects  = 1 << 18
	MaxChildren = 1 << 20 // total over all objects
)

// objectGraphKey is the key under which a bundle has its object graph.
const objectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH"

// valueAttribute is the name of the attribute that holds a variable's value, in a bundle's object graph.
const valueAttribute = "VARIABLE_VALUE"

// Field numbers of SavedObjectGraph and TrackableObjectGraph. For objects and their children, both have the
// same numbers.
const (
	graphObject    protowire.Number = 1
	graphFunctions protowire.Number = 2

	objectChild     protowire.Number = 1
	objectAttribute protowire.Number = 2 // in a TrackableObject only

	childID   protowire.Number = 1
	childName protowire.Number = 2

	attributeName protowire.Number = 1
	attributeKey  protowire.Number = 3

	functionBound protowire.Number = 2
)

// object is an object of either object graph.
type object struct {
	children []child
	key      string // the key of its value in the bundle; empty if it has none
}

type child struct {
	name string
	id   int64
}

// byObjects returns where the bundle has the values of variables that functions capture, keyed by the
// variables' names. Variables that the object graphs do not describe, or describe incorrectly, are left out.
func (m *SavedModel) byObjects(b *bundle.Bundle) map[string]source {
	sources := map[string]source{}
	if len(m.objects) == 0 || !b.Has(objectGraphKey) {
		return sources
	}
	list, err := b.Strings(objectGraphKey)
	if err != nil || len(list) != 1 {
		return sources
	}
	saved, bound, err := readObjects(m.objects)
	if err != nil {
		return sources
	}
	stored, _, err := readObjects(list[0])
	if err != nil {
		return sources
	}
	keys := match(saved, stored)
	for i := range m.graph.Nodes {
		n := &m.graph.Nodes[i]
		f, ok := m.graph.Callee(n)
		if !ok {
			continue
		}
		data, ids := n.DataInputs(), bound[f.Name]
		if len(ids) > len(data) {
			continue
		}
		for k, in := range data[len(data)-len(ids):] {
			producer, ok := m.graph.Lookup(in.Node)
			if key := keys[ids[k]]; ok && isVariable(producer) && key != "" {
				sources[producer.SharedName()] = source{key: key}
			}
		}
	}
	return sources
}

// match returns the bundle keys for the objects of the SavedModel, keyed by the objects' ids. An object of
// saved has the key of the object of stored that is on the same path from the root.
func match(saved, stored []object) map[int64]string {
	keys := map[int64]string{}
	if len(saved) == 0 || len(stored) == 0 {
		return keys
	}
	seen := map[int64]bool{0: true}
	pairs := [][2]int64{{0, 0}}
	for len(pairs) > 0 {
		p := pairs[0]
		pairs = pairs[1:]
		s, c := saved[p[0]], stored[p[1]]
		if c.key != "" {
			keys[p[0]] = c.key
		}
		byName := make(map[string]int64, len(c.children))
		for _, other := range c.children {
			byName[other.name] = other.id
		}
		for _, next := range s.children {
			id, ok := byName[next.name]
			if ok && !seen[next.id] && inside(next.id, saved) && inside(id, stored) {
				seen[next.id] = true
				pairs = append(pairs, [2]int64{next.id, id})
			}
		}
	}
	return keys
}

func inside(id int64, list []object) bool { return id >= 0 && id < int64(len(list)) }

// readObjects reads an object graph: its objects, and, in a SavedObjectGraph, the ids of the objects that
// each function captures.
func readObjects(message []byte) (list []object, bound map[string][]int64, err error) {
	bound = map[string][]int64{}
	children := 0
	for f, err := range wire.Fields(message) {
		if err != nil {
			return nil, nil, err
		}
		switch f.Number {
		case graphObject:
			var o object
			if o, err = readObject(f, &children); err == nil && len(list) == MaxObjects {
				err = wire.Errorf(graphdef.ErrLimit, "more than %d objects, which is the limit", MaxObjects)
			}
			list = append(list, o)
		case graphFunctions:
			var name string
			var function []byte
			if name, function, err = f.MapEntry("concrete_functions"); err == nil {
				bound[name], err = readBound(function, &children)
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return list, bound, nil
}

// readObject reads a SavedObject or a TrackableObject.
func readObject(f wire.Field, children *int) (object, error) {
	var o object
	message, err := f.Message("an object")
	if err != nil {
		return o, err
	}
	for f, err := range wire.Fields(message) {
		if err == nil {
			switch f.Number {
			case objectChild:
				var c child
				if c, err = readChild(f); err == nil {
					err = take(children)
				}
				o.children = append(o.children, c)
			case objectAttribute:
				err = o.attribute(f)
			}
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// take counts a child, and returns an error if there are too many.
func take(children *int) error {
	if *children++; *children > MaxChildren {
		return wire.Errorf(graphdef.ErrLimit, "more than %d children of objects, which is the limit", MaxChildren)
	}
	return nil
}

func readChild(f wire.Field) (child, error) {
	var c child
	for f, err := range wire.Fields(f.Bytes) {
		if err == nil {
			switch f.Number {
			case childID:
				c.id, err = f.Int("node_id")
			case childName:
				c.name, err = f.Text("local_name")
			}
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

func (o *object) attribute(f wire.Field) error {
	name, key := "", ""
	for f, err := range wire.Fields(f.Bytes) {
		if err == nil {
			switch f.Number {
			case attributeName:
				name, err = f.Text("name of an attribute")
			case attributeKey:
				key, err = f.Text("checkpoint_key")
			}
		}
		if err != nil {
			return err
		}
	}
	if name == valueAttribute {
		o.key = key
	}
	return nil
}

// readBound reads the ids of the objects that a SavedConcreteFunction captures, which may be packed.
func readBound(message []byte, children *int) ([]int64, error) {
	var ids []int64
	for f, err := range wire.Fields(message) {
		if err != nil {
			return nil, err
		}
		if f.Number != functionBound {
			continue
		}
		values := f.Bytes
		if f.Type == protowire.VarintType {
			values = protowire.AppendVarint(nil, f.Bits)
		}
		for len(values) > 0 {
			v, n := protowire.ConsumeVarint(values)
			if n < 0 {
				return nil, wire.Errorf(graphdef.ErrMalformed, "bound_inputs of a function")
			}
			if err := take(children); err != nil {
				return nil, err
			}
			ids, values = append(ids, int64(v)), values[n:]
		}
	}
	return ids, nil
}
