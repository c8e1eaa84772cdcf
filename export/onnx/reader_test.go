package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// A reader of ONNX's messages that knows nothing of the writer: fields by their numbers in
// onnx.proto.

// message is a message: the values of each field, in order.
type message map[protowire.Number][]value

type value struct {
	number uint64
	bytes  []byte
}

func parse(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		field, typ, n := protowire.ConsumeTag(b)
		require.NoError(t, protowire.ParseError(n))
		b = b[n:]
		var v value
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(b)
			v.number = uint64(bits)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		default:
			require.Fail(t, "no field of ONNX has this wire type", typ)
		}
		require.NoError(t, protowire.ParseError(n))
		m[field] = append(m[field], v)
		b = b[n:]
	}
	return m
}

func (m message) text(field protowire.Number) string {
	if len(m[field]) == 0 {
		return ""
	}
	return string(m[field][0].bytes)
}

func (m message) number(field protowire.Number) int64 {
	if len(m[field]) == 0 {
		return 0
	}
	return int64(m[field][0].number)
}

func (m message) messages(t *testing.T, field protowire.Number) (list []message) {
	t.Helper()
	for _, v := range m[field] {
		list = append(list, parse(t, v.bytes))
	}
	return list
}

var typeNames = map[int64]string{
	1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
	10: "float16", 11: "double", 12: "uint32", 13: "uint64", 16: "bfloat16",
}

// readText writes a model for people: inputs, constants, nodes, outputs.
func readText(t *testing.T, model []byte) string {
	t.Helper()
	m := parse(t, model)
	graphs := m.messages(t, 7)
	require.Len(t, graphs, 1)
	g := graphs[0]
	var b strings.Builder
	opset := m.messages(t, 8)[0]
	fmt.Fprintf(&b, "ir %d, opset %d, by %s\n", m.number(1), opset.number(2), m.text(2))
	b.WriteString(graphText(t, g, ""))
	return b.String()
}

// graphText writes a graph, and behind a node the graphs among its attributes.
func graphText(t *testing.T, g message, indent string) string {
	t.Helper()
	var b strings.Builder
	for _, v := range g.messages(t, 11) {
		fmt.Fprintf(&b, "%sinput %s\n", indent, infoText(t, v))
	}
	for _, c := range g.messages(t, 5) {
		fmt.Fprintf(&b, "%s%s\n", indent, constantText(c))
	}
	for _, n := range g.messages(t, 1) {
		fmt.Fprintf(&b, "%s%s\n", indent, nodeText(t, n))
		for _, a := range n.messages(t, 5) {
			for _, sub := range a.messages(t, 6) {
				fmt.Fprintf(&b, "%s  %s %s\n%s", indent, a.text(1), sub.text(2), graphText(t, sub, indent+"    "))
			}
		}
	}
	for _, v := range g.messages(t, 12) {
		fmt.Fprintf(&b, "%soutput %s\n", indent, infoText(t, v))
	}
	return b.String()
}

func infoText(t *testing.T, v message) string {
	t.Helper()
	tensor := v.messages(t, 2)[0].messages(t, 1)[0]
	if len(tensor[2]) == 0 {
		return fmt.Sprintf("%q %s", v.text(1), typeNames[tensor.number(1)])
	}
	var dims []string
	for _, d := range tensor.messages(t, 2)[0].messages(t, 1) {
		switch {
		case len(d[1]) > 0:
			dims = append(dims, fmt.Sprint(d.number(1)))
		case d.text(2) != "":
			dims = append(dims, d.text(2))
		default:
			dims = append(dims, "?")
		}
	}
	return fmt.Sprintf("%q %s[%s]", v.text(1), typeNames[tensor.number(1)], strings.Join(dims, ","))
}

// constantText shows up to eight elements.
func constantText(c message) string {
	var dims []string
	count := 1
	for _, d := range c[1] {
		dims = append(dims, fmt.Sprint(d.number))
		count *= int(d.number)
	}
	typ := typeNames[c.number(2)]
	head := fmt.Sprintf("const %q %s[%s]", c.text(8), typ, strings.Join(dims, ","))
	if c.number(14) == 1 {
		return head + " external"
	}
	var shown []string
	for i := range min(count, 8) {
		shown = append(shown, elementText(typ, c[9][0].bytes, i))
	}
	if count > 8 {
		shown = append(shown, "...")
	}
	return head + " = " + strings.Join(shown, " ")
}

func elementText(typ string, raw []byte, i int) string {
	switch typ {
	case "float":
		return fmt.Sprint(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	case "double":
		return fmt.Sprint(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
	case "int32":
		return fmt.Sprint(int32(binary.LittleEndian.Uint32(raw[4*i:])))
	case "int64":
		return fmt.Sprint(int64(binary.LittleEndian.Uint64(raw[8*i:])))
	case "int8":
		return fmt.Sprint(int8(raw[i]))
	}
	return fmt.Sprint(raw[i])
}

func nodeText(t *testing.T, n message) string {
	t.Helper()
	list := func(field protowire.Number) string {
		var names []string
		for _, v := range n[field] {
			names = append(names, fmt.Sprintf("%q", v.bytes))
		}
		return strings.Join(names, ", ")
	}
	var attrs []string
	for _, a := range n.messages(t, 5) {
		attrs = append(attrs, a.text(1)+"="+attributeText(a))
	}
	text := fmt.Sprintf("%s = %s(%s)", list(2), n.text(4), list(1))
	if len(attrs) > 0 {
		text += " " + strings.Join(attrs, " ")
	}
	return text + fmt.Sprintf("  # %s", n.text(3))
}

func attributeText(a message) string {
	switch a.number(20) {
	case 1:
		return fmt.Sprint(math.Float32frombits(uint32(a.number(2))))
	case 2:
		return fmt.Sprint(a.number(3))
	case 3:
		return a.text(4)
	case 5:
		return "below"
	case 7:
		var list []string
		for _, v := range a[8] {
			list = append(list, fmt.Sprint(int64(v.number)))
		}
		return "[" + strings.Join(list, " ") + "]"
	}
	return fmt.Sprintf("<type %d>", a.number(20))
}
