package tf

import (
	"fmt"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// op is a row of the table of TensorFlow ops.
type op struct {
	name      string
	signature string // see parseSignature
	translate func(*call) []core.Value

	family  string // that of its file, op_<family>.go
	in, out []port
}

// port is an input or output of an op, or a list of them.
type port struct {
	name      string
	typ       core.Type // when the signature fixes it
	attr      string    // else the attribute that holds it: a type, or for a list of types a list(type)
	otherwise core.Type // the attribute's default; Dynamic if it has none
	count     string    // the attribute that holds the length of a list of one type
	types     bool      // a list whose types are those of attr
	others    bool      // all further inputs, of any types
}

var table = map[string]*op{}

// register adds rows to the table; each file of translators calls it once.
func register(rows ...op) struct{} {
	_, file, _, _ := runtime.Caller(1)
	family := strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "op_"), ".go")
	for i := range rows {
		row := &rows[i]
		if _, dup := table[row.name]; dup {
			panic("tf: op registered twice: " + row.name)
		}
		row.family = family
		row.in, row.out = parseSignature(row.signature)
		table[row.name] = row
	}
	return struct{}{}
}

// listsOutputs reports whether the node's attributes list the types of all outputs.
func (o *op) listsOutputs() bool {
	return !slices.ContainsFunc(o.out, func(p port) bool { return !p.types })
}

// parseSignature reads "input:T min:float values:N*T rest:[Tlist] -> out:out_type=qint32":
// names with their types, which are TensorFlow's names of types or else attributes,
// maybe with a default; N*T is a list of N, [Tlist] a list with a type for each, * are all
// further inputs.
func parseSignature(s string) (in, out []port) {
	before, after, ok := strings.Cut(s, "->")
	if !ok {
		panic("tf: signature without ->: " + s)
	}
	return parsePorts(before), parsePorts(after)
}

func parsePorts(s string) []port {
	var ports []port
	for _, field := range strings.Fields(s) {
		name, typ, ok := strings.Cut(field, ":")
		if !ok {
			panic("tf: signature: want name:type, got " + field)
		}
		p := port{name: name, others: typ == "*"}
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
		if p.typ = typeByName[typ]; p.typ == core.Dynamic {
			p.attr = typ
		}
		ports = append(ports, p)
	}
	return ports
}

// arity is the number of values of a port, and their types.
func (p *port) arity(n *graphdef.Node, most int) ([]core.Type, error) {
	if p.types {
		return p.listed(n, most)
	}
	t := p.typ
	if p.attr != "" {
		var err error
		if t, err = typeAttr(n, p.attr, p.otherwise); err != nil {
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

func (p *port) listed(n *graphdef.Node, most int) ([]core.Type, error) {
	list, err := n.Types(p.attr)
	if err != nil {
		return nil, err
	}
	if len(list) > most {
		return nil, n.Errorf(p.attr, "got %d types, but the node has %d inputs", len(list), most)
	}
	out := make([]core.Type, len(list))
	for i, t := range list {
		if out[i], err = typeOf(n, p.attr, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// expand returns the types of all values of a list of ports, and where each port starts.
func expand(ports []port, n *graphdef.Node, most int) (types []core.Type, starts []int, err error) {
	for i := range ports {
		starts = append(starts, len(types))
		if ports[i].others {
			types = append(types, make([]core.Type, max(most-len(types), 0))...)
			continue
		}
		t, err := ports[i].arity(n, most)
		if err != nil {
			return nil, nil, err
		}
		types = append(types, t...)
	}
	return types, append(starts, len(types)), nil
}

// portOf returns the name of value i of ports that start as given: "values[2]" in a list.
func portOf(ports []port, starts []int, i int) string {
	k := sort.SearchInts(starts, i+1) - 1
	if k < 0 || k >= len(ports) {
		return ""
	}
	if p := &ports[k]; p.count == "" && !p.types && !p.others {
		return p.name
	}
	return fmt.Sprintf("%s[%d]", ports[k].name, i-starts[k])
}

// OpInfo describes a TensorFlow op that this package translates.
type OpInfo struct {
	Name      string   `json:"name"`
	Family    string   `json:"family"` // of the translators in op_<family>.go
	Quantized bool     `json:"quantized"`
	Inputs    []string `json:"inputs"`  // as "input:Tinput": a name, and a type or the attribute that holds it
	Outputs   []string `json:"outputs"` // likewise
	// Kernels are the types for which TensorFlow 2.21 has CPU kernels, as alternatives: of
	// each attribute any of the types.
	Kernels []map[string][]string `json:"kernels,omitempty"`
}

// Supported lists the TensorFlow ops that Translate knows, by name.
func Supported() []OpInfo {
	var list []OpInfo
	for _, row := range table {
		before, after, _ := strings.Cut(row.signature, "->")
		info := OpInfo{Name: row.name, Family: row.family, Quantized: IsQuantized(row.name), Inputs: strings.Fields(before), Outputs: strings.Fields(after)}
		if k := kernelTypesOf()[row.name]; k != nil {
			info.Kernels = k.kernels
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b OpInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// IsQuantized reports whether an op computes with quantized types or makes or simulates
// them. TensorFlow's names say so.
func IsQuantized(op string) bool {
	return strings.Contains(strings.ToLower(op), "quantiz") || strings.HasPrefix(op, "FakeQuant")
}

// Unsupported lists the ops that Translate refuses for a reason that it knows, by name.
func Unsupported() []UnsupportedOp {
	var list []UnsupportedOp
	for name, w := range why {
		if _, supported := table[name]; !supported {
			list = append(list, UnsupportedOp{Op: name, Why: w})
		}
	}
	slices.SortFunc(list, func(a, b UnsupportedOp) int { return strings.Compare(a.Op, b.Op) })
	return list
}
