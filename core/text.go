package core

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// WriteText writes the function for people: one line per node, inputs before users.
//
//	%2 = IntegerConvolution(%0, %1) strides=[2 2] pad_type=SAME_UPPER : u8[?,4,4,16]  # "conv1" QuantizedConv2D
//
// Attributes that are zero are left out; constants of up to eight elements are shown with their elements. After
// the nodes come a line for each signature, and then each function that nodes call.
func (f *Function) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "function %q", f.Name)
	for _, key := range slices.Sorted(maps.Keys(f.Meta)) {
		fmt.Fprintf(b, " %s=%s", key, f.Meta[key])
	}
	b.WriteByte('\n')
	functions := f.namedFunctions()
	writeNodes(b, f.Nodes(), functions)
	for _, name := range slices.Sorted(maps.Keys(f.Signatures)) {
		fmt.Fprintf(b, "signature %q: %v\n", name, f.Signatures[name])
	}
	for _, g := range functions.order {
		fmt.Fprintf(b, "function %q\n", functions.names[g])
		writeNodes(b, g.body(), functions)
	}
	return b.Flush()
}

func writeNodes(b *bufio.Writer, nodes []*Node, functions *functionNames) {
	number := map[*Node]int{}
	for i, n := range nodes {
		number[n] = i
		fmt.Fprintf(b, "%%%d = %s(%s)", i, n.OpName(), textInputs(n, number))
		for k, name := range functions.of(n) {
			fmt.Fprintf(b, " %s=%q", strings.ReplaceAll(n.op.(Caller).FunctionNames()[k], " ", ""), name)
		}
		fmt.Fprintf(b, "%s :", textAttributes(n.op))
		for k, out := range n.outputs {
			fmt.Fprintf(b, "%s %v", []string{"", ","}[boolInt(k > 0)], out)
		}
		b.WriteString(textOrigin(n))
		b.WriteByte('\n')
	}
}

// Text returns what WriteText writes.
func (f *Function) Text() string {
	var b strings.Builder
	_ = f.WriteText(&b) // a Builder does not fail
	return b.String()
}

func textInputs(n *Node, number map[*Node]int) string {
	parts := make([]string, len(n.inputs))
	for i, v := range n.inputs {
		parts[i] = fmt.Sprintf("%%%d", number[v.Node])
		if v.Index > 0 {
			parts[i] += fmt.Sprintf(":%d", v.Index)
		}
	}
	return strings.Join(parts, ", ")
}

// textConstant is the largest number of elements for which WriteText shows a constant.
const textConstant = 8

func textAttributes(op Op) string {
	if c, ok := op.(*Constant); ok {
		switch t := c.Value.Parts(); {
		case t.Len() > textConstant:
			return ""
		case t.Type() == String:
			return fmt.Sprintf(" %q", t.strings)
		case t.Type().IsFloat() && t.Type() != F64:
			return fmt.Sprintf(" %v", t.Float32s())
		case t.Type() == F64:
			return fmt.Sprintf(" %v", t.Float64s())
		default:
			return fmt.Sprintf(" %v", t.Int64s())
		}
	}
	var b strings.Builder
	v := reflect.ValueOf(op).Elem()
	for _, f := range jsonFields(v.Type()) {
		if a := v.FieldByIndex(f.index); !a.IsZero() {
			fmt.Fprintf(&b, " %s=%v", f.name, a.Interface())
		}
	}
	return b.String()
}

func textOrigin(n *Node) string {
	if n.Name == "" && n.Origin == (Origin{}) {
		return ""
	}
	s := fmt.Sprintf("  # %q", n.Name)
	if n.Origin.Node != n.Name && n.Origin.Node != "" {
		s += fmt.Sprintf(" of %q", n.Origin.Node)
	}
	for _, part := range []string{n.Origin.Op, n.Origin.Builder} {
		if part != "" {
			s += " " + part
		}
	}
	return s
}
