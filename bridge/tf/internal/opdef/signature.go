package opdef

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// MaxValues bounds the values of a list of outputs or arguments, before they are allocated.
const MaxValues = 1 << 16

// Port is an input or output of an op, or a list of them.
type Port struct {
	Name      string
	typ       core.Type // when the signature fixes it
	attr      string    // else the attribute that holds it: a type, or for a list of types a list(type)
	otherwise core.Type // the attribute's default; Dynamic if it has none
	count     string    // the attribute that holds the length of a list of one type
	types     bool      // a list whose types are those of attr
	others    bool      // all further inputs, of any types
}

// Ports are the inputs of an op, or its outputs.
type Ports []Port

// Parse reads "input:T min:float values:N*T rest:[Tlist] -> out:out_type=qint32":
// names with their types, which are TensorFlow's names of types or else attributes,
// maybe with a default; N*T is a list of N, [Tlist] a list with a type for each, * are all
// further inputs.
func Parse(s string) (in, out Ports) {
	before, after, ok := strings.Cut(s, "->")
	if !ok {
		panic("opdef: signature without ->: " + s)
	}
	return parsePorts(before), parsePorts(after)
}

func parsePorts(s string) Ports {
	var ports Ports
	for _, field := range strings.Fields(s) {
		name, typ, ok := strings.Cut(field, ":")
		if !ok {
			panic("opdef: signature: want name:type, got " + field)
		}
		p := Port{Name: name, others: typ == "*"}
		if p.others {
			ports = append(ports, p)
			continue
		}
		if list, isList := strings.CutPrefix(typ, "["); isList {
			p.attr, p.types = strings.TrimSuffix(list, "]"), true
			ports = append(ports, p)
			continue
		}
		if count, elem, isList := strings.Cut(typ, "*"); isList {
			p.count, typ = count, elem
		}
		typ, otherwise, _ := strings.Cut(typ, "=")
		p.otherwise = typeByName[otherwise]
		if p.typ = typeByName[typ]; p.typ == core.Dynamic && !isHandle(typ) {
			p.attr = typ
		}
		ports = append(ports, p)
	}
	return ports
}

// isHandle reports whether a type's values are known to TensorFlow alone: here they may have any
// type.
func isHandle(typ string) bool {
	return typ == graphdef.Resource.String() || typ == graphdef.Variant.String()
}

// Types returns the types of the values of a port; a list may have most of them. That of
// handles is Dynamic.
func (p *Port) Types(n *graphdef.Node, most int) ([]core.Type, error) {
	if p.types {
		return p.listed(n, most)
	}
	t := p.typ
	if p.attr != "" {
		var err error
		if t, err = valueType(n, p.attr, p.otherwise); err != nil {
			return nil, err
		}
	}
	if p.count == "" {
		return []core.Type{t}, nil
	}
	count, err := n.Int(p.count)
	if err != nil {
		return nil, err
	}
	if count < 0 || count > int64(most) {
		return nil, n.Errorf(p.count, "got %d, want the number of inputs, of which the node has %d", count, most)
	}
	return slices.Repeat([]core.Type{t}, int(count)), nil
}

// valueType is TypeAttr for what may be a handle.
func valueType(n *graphdef.Node, attr string, otherwise core.Type) (core.Type, error) {
	if t, err := n.Type(attr); err == nil && isHandle(t.String()) {
		return core.Dynamic, nil
	}
	return TypeAttr(n, attr, otherwise)
}

func (p *Port) listed(n *graphdef.Node, most int) ([]core.Type, error) {
	list, err := n.Types(p.attr)
	if err != nil {
		return nil, err
	}
	if len(list) > most {
		return nil, n.Errorf(p.attr, "got %d types, but the node has %d inputs", len(list), most)
	}
	out := make([]core.Type, len(list))
	for i, t := range list {
		if isHandle(t.String()) {
			continue
		}
		if out[i], err = TypeOf(n, p.attr, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Expand returns the types of all values of the ports of a node that has at most so many
// values, and where each port starts.
func (ports Ports) Expand(n *graphdef.Node, most int) (types []core.Type, starts []int, err error) {
	for i := range ports {
		starts = append(starts, len(types))
		if ports[i].others {
			types = append(types, make([]core.Type, max(most-len(types), 0))...)
			continue
		}
		t, err := ports[i].Types(n, most)
		if err != nil {
			return nil, nil, err
		}
		types = append(types, t...)
	}
	return types, append(starts, len(types)), nil
}

// NameOf returns the name of value i of ports that start as given: "values[2]" in a list.
func (ports Ports) NameOf(starts []int, i int) string {
	k := sort.SearchInts(starts, i+1) - 1
	if k < 0 || k >= len(ports) {
		return ""
	}
	if p := &ports[k]; p.count == "" && !p.types && !p.others {
		return p.Name
	}
	return fmt.Sprintf("%s[%d]", ports[k].Name, i-starts[k])
}

// Listed reports whether a node's attributes list the types of all values.
func (ports Ports) Listed() bool {
	return !slices.ContainsFunc(ports, func(p Port) bool { return !p.types })
}

// Count returns the number of values of an output.
func (p *Port) Count(n *graphdef.Node) (int, error) {
	if p.types {
		types, err := n.Types(p.attr)
		return len(types), err
	}
	if p.count == "" {
		return 1, nil
	}
	count, err := n.Int(p.count)
	if err == nil && (count < 0 || count > MaxValues) {
		err = n.Errorf(p.count, "got %d, want 0 to %d", count, MaxValues)
	}
	return int(count), err
}
