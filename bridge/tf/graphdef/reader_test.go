package graphdef_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

const digits = "../../../testdata/graphdefs/digits_mix_lpot16_tf25.pb"

func parse(t testing.TB, data ...[]byte) *graphdef.Graph {
	t.Helper()
	g, err := graphdef.Parse(bytes.Join(data, nil), graphdef.Limits{})
	require.NoError(t, err)
	return g
}

func TestParseNodes(t *testing.T) {
	g := parse(
		t,
		node("b", "Add", input("a"), input("c:2"), input("d:0"), input("^e"), text(4, "/cpu:0")),
		node("a", "Placeholder"), node("c", "Split"), node("d", "Const"), node("e", "NoOp"),
		message(4, varint(1, 2052), varint(2, 12)),
		message(99, text(1, "unknown fields are skipped")),
	)
	assert.Equal(t, graphdef.Versions{Producer: 2052, MinConsumer: 12}, g.Versions)
	require.Len(t, g.Nodes, 5)
	b, ok := g.Lookup("b")
	require.True(t, ok)
	assert.Equal(t, []string{"b", "Add", "/cpu:0"}, []string{b.Name, b.Op, b.Device})
	assert.Equal(t, "[a c:2 d ^e]", fmt.Sprint(b.Inputs))
	assert.Len(t, b.DataInputs(), 3)
	assert.Equal(t, 2, b.Inputs[1].Port)
	assert.True(t, b.Inputs[3].Control)
	assert.Equal(t, "Split", g.Producer(b.Inputs[1]).Op)
	_, ok = g.Lookup("f")
	assert.False(t, ok)
}

func TestParseErrors(t *testing.T) {
	a, twoAttributes := node("a", "Placeholder"), join(attribute("T"), attribute("T"))
	for _, c := range []struct {
		name   string
		data   []byte
		reason error
		want   string
	}{
		{"empty file", nil, graphdef.ErrEmpty, "empty file, want a GraphDef"},
		{"no nodes", message(4, varint(1, 21)), graphdef.ErrStructure, "graph without nodes"},
		{
			"text",
			[]byte("# a graph\nnode {\n  name: \"x\"\n}\n"),
			graphdef.ErrText,
			"looks like text format, want a binary GraphDef: ParseText reads it",
		},
		{
			"text after an empty line",
			[]byte("\nnode {\n  name: \"x\"\n}\n"),
			graphdef.ErrText,
			"looks like text format, want a binary GraphDef: ParseText reads it",
		},
		{
			"SavedModel",
			join(varint(1, 1), message(2, message(2, a))),
			graphdef.ErrSavedModel,
			"got a SavedModel (saved_model.pb), want a frozen GraphDef: freeze it first, for example with " +
				"convert_variables_to_constants_v2",
		},
		{
			"SavedModel without meta graphs",
			varint(1, 1),
			graphdef.ErrForeign,
			"got a protocol buffer that starts with a number (an ONNX model?), want a frozen GraphDef",
		},
		{
			"ONNX",
			join(varint(1, 8), text(2, "pytorch")),
			graphdef.ErrForeign,
			"got a protocol buffer that starts with a number (an ONNX model?), want a frozen GraphDef",
		},
		{
			"TFLite",
			[]byte("\x1c\x00\x00\x00TFL3\x14\x00"),
			graphdef.ErrForeign,
			"got a TensorFlow Lite model, want a frozen GraphDef",
		},
		{
			"Keras HDF5",
			[]byte("\x89HDF\r\n\x1a\n"),
			graphdef.ErrForeign,
			"got a Keras model (HDF5, or a zip as .npz is), want a frozen GraphDef: save and freeze it first",
		},
		{
			"checkpoint's graph",
			join(message(1, message(2, message(1, text(1, "Add"))), text(5, "1.15.0"), text(6, "v1.15.0-rc3")),
				message(2, message(1, a))),
			graphdef.ErrForeign,
			"got a graph with its training state (a checkpoint's .meta), want a frozen GraphDef: freeze it with the " +
				"checkpoint first",
		},
		{
			"checkpoint's index",
			[]byte("\x00\x00\x08\x08\x01\x12\x02\x08\x01W\xfb\x80\x8b$uG\xdb"),
			graphdef.ErrForeign,
			"got the index of a checkpoint (.index), want a frozen GraphDef: " +
				"freeze the graph with the checkpoint first",
		},
		{
			"gzip",
			[]byte("\x1f\x8b\x08\x00"),
			graphdef.ErrForeign,
			"got a gzip file, want a frozen GraphDef: unpack it first",
		},

		{
			"M20 input missing",
			join(a, node("b", "Relu", input("x"))),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: no node "x" in the graph`,
		},
		{
			"M20 control input missing",
			join(a, node("b", "Relu", input("a"), input("^x"))),
			graphdef.ErrStructure,
			`node "b" (Relu): input 1: no node "x" in the graph`,
		},
		{
			"M20 self edge",
			node("b", "Relu", input("b")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: the node reads itself`,
		},
		{
			"M20 self control edge",
			node("b", "Relu", input("^b")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: the node reads itself`,
		},
		{
			"M20 duplicate name",
			join(a, node("a", "Const")),
			graphdef.ErrStructure,
			`node "a" (Const): another node (Placeholder) has the same name`,
		},
		{"M20 empty name", node("", "Const"), graphdef.ErrStructure, `node "" (Const): empty name (at byte 0)`},
		{"M20 empty op", node("a", ""), graphdef.ErrStructure, `node "a": empty op (at byte 0)`},
		{"M20 empty node", message(1), graphdef.ErrStructure, "node with empty name and op (at byte 0)"},
		{
			"M20 empty input",
			node("b", "Relu", input("")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 empty control input",
			node("b", "Relu", input("^")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "^", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port missing",
			node("b", "Relu", input("a:")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port negative",
			node("b", "Relu", input("a:-1")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:-1", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port signed",
			node("b", "Relu", input("a:+1")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:+1", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port with zeros",
			node("b", "Relu", input("a:01")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:01", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port 2^31",
			node("b", "Relu", input("a:2147483648")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:2147483648", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 port word",
			node("b", "Relu", input("a:out:0")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "a:out:0", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 control input with port",
			node("b", "Relu", input("^a:0")),
			graphdef.ErrStructure,
			`node "b" (Relu): input 0: got "^a:0", want "node", "node:port" or "^node" (at byte 11)`,
		},
		{
			"M20 name like a control input",
			node("^a", "Relu"),
			graphdef.ErrStructure,
			`node "^a" (Relu): a name must not start with "^" or hold ":" (at byte 0)`,
		},
		{
			"M20 name like a port",
			node("a:0", "Relu"),
			graphdef.ErrStructure,
			`node "a:0" (Relu): a name must not start with "^" or hold ":" (at byte 0)`,
		},
		{
			"M20 data after control",
			join(a, node("b", "Add", input("^a"), input("a"))),
			graphdef.ErrStructure,
			`node "b" (Add): input 1: data input "a" after a control input (at byte 32)`,
		},

		{
			"M17 attribute twice",
			node("a", "Relu", twoAttributes),
			graphdef.ErrStructure,
			`node "a" (Relu): attribute "T" stands twice (at byte 0)`,
		},
		{
			"M17 attribute without name",
			node("a", "Relu", attribute("")),
			graphdef.ErrStructure,
			`node "a" (Relu): attribute with an empty name (at byte 11)`,
		},
		{
			"M17 attribute with two values",
			node("a", "Relu", message(5, text(1, "T"), message(2), message(2))),
			graphdef.ErrMalformed,
			`node "a" (Relu): malformed: attribute "T" has 2 values (at byte 11)`,
		},
		{
			"function without name",
			join(a, message(2, message(1))),
			graphdef.ErrStructure,
			"function with an empty name (at byte 20)",
		},
		{
			"function with two signatures",
			join(a, message(2, message(1, message(1, text(1, "f")), message(1, text(1, "f"))))),
			graphdef.ErrMalformed,
			`malformed: function "f" has two signatures (at byte 27)`,
		},
		{
			"function's node without op",
			join(a, message(2, message(1, message(3, text(1, "s"))))),
			graphdef.ErrStructure,
			`node "s": empty op (at byte 22)`,
		},
		{
			"function's input with a word for an index",
			join(a, message(2, message(1, message(3, text(1, "s"), text(2, "R"), text(3, "a:y:z"))))),
			graphdef.ErrStructure,
			`node "s" (R): input 0: got "a:y:z", want "argument", "node:output:index" or "^node" (at byte 30)`,
		},
		{
			"function's input with a negative index",
			join(a, message(2, message(1, message(3, text(1, "s"), text(2, "R"), text(3, "a:y:-1"))))),
			graphdef.ErrStructure,
			`node "s" (R): input 0: got "a:y:-1", want "argument", "node:output:index" or "^node" (at byte 30)`,
		},
		{
			"function returns a control edge",
			join(a, message(2, message(1, message(4, text(1, "o"), text(2, "^s"))))),
			graphdef.ErrStructure,
			`output "o" of a function: got "^s", want "argument" or "node:output:index" (at byte 22)`,
		},
		{
			"function returns nothing",
			join(a, message(2, message(1, message(4, text(1, "o"))))),
			graphdef.ErrStructure,
			`output "o" of a function: got "", want "argument" or "node:output:index" (at byte 22)`,
		},
		{
			"function returns an output twice",
			join(a,
				message(2, message(1, message(4, text(1, "o"), text(2, "a")), message(4, text(1, "o"), text(2, "a"))))),
			graphdef.ErrStructure,
			`output "o" of a function stands twice in ret (at byte 30)`,
		},
		{
			"function's argument of no type",
			join(a, message(2, message(1, message(1, message(2, varint(3, 99)))))),
			graphdef.ErrValue,
			"got type 99, which TensorFlow does not define (at byte 26)",
		},
		{
			"function twice",
			join(a, message(2, message(1, message(1, text(1, "f"))), message(1, message(1, text(1, "f"))))),
			graphdef.ErrStructure,
			`two functions are named "f"`,
		},

		{
			"M23 bad wire type of a known field",
			node("a", "Relu", varint(3, 1)),
			graphdef.ErrMalformed,
			`node "a" (Relu): malformed: an input has wire type 0, want 2 (at byte 11)`,
		},
		{
			"M23 group",
			join(a, []byte{0x53, 0x54}),
			graphdef.ErrMalformed,
			"malformed: field 10 has wire type 3 (at byte 18)",
		},
		{
			"M23 field number 0",
			join(a, []byte{0x02, 0x00}),
			graphdef.ErrMalformed,
			"malformed: invalid field number (at byte 18)",
		},
		{
			"M23 varint of 11 bytes",
			join(a, []byte("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
			graphdef.ErrMalformed,
			"malformed: variable length integer overflow (at byte 18)",
		},
		{
			"M23 length beyond the file",
			join(a, []byte("\x0a\xff\xff\xff\xff\x07")),
			graphdef.ErrMalformed,
			"malformed: unexpected EOF (at byte 18)",
		},
		{
			"M23 length beyond the message",
			message(1, text(1, "a"), []byte("\x12\x7f")),
			graphdef.ErrMalformed,
			"malformed: unexpected EOF (at byte 5)",
		},
		{
			"M23 name is not UTF-8",
			node("\xff\xfe", "Relu"),
			graphdef.ErrMalformed,
			`malformed: name of a node "\xff\xfe" is not UTF-8 (at byte 2)`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := graphdef.Parse(c.data, graphdef.Limits{})
			require.EqualError(t, err, c.want)
			assert.ErrorIs(t, err, c.reason)
			assert.Nil(t, g)
			var typed *graphdef.Error
			assert.ErrorAs(t, err, &typed)
		})
	}
}

// function is f(a) -> o with a node s, whose T is that of the call, and a call of g.
var function = message(
	1,
	message(1, text(1, "f"), message(2, text(1, "a"), text(4, "T")),
		message(3, text(1, "o"), varint(3, 1), text(5, "N"), text(6, "L"))),
	message(3, text(1, "s"), text(2, "Square"), text(3, "a"), attribute("T", text(9, "T"))),
	message(3, text(1, "p"), text(2, "PartitionedCall"), text(3, "s:y:0"), text(3, "s:y"), text(3, "a:1"),
		text(3, "^s"),
		attribute("f",
			message(10, text(1, "g"), message(2, text(1, "S"), message(2, text(9, "T"))),
				message(2, text(1, "K"), message(2, varint(3, 7)))))),
	message(4, text(1, "o"), text(2, "p:output:3")),
)

func TestParseFunctions(t *testing.T) {
	g := parse(t, node("c", "f", attribute("T", varint(6, 1)), attribute("U", varint(6, 3))), node("d", "f"),
		message(2, function))
	f, ok := g.FunctionNamed("f")
	require.True(t, ok)
	_, ok = g.FunctionNamed("g")
	assert.False(t, ok)
	assert.Equal(t, []graphdef.Argument{{Name: "a", TypeAttr: "T"}}, f.Inputs)
	assert.Equal(t, []graphdef.Argument{{
		Name:         "o",
		Type:         graphdef.Float,
		NumberAttr:   "N",
		TypeListAttr: "L",
	}}, f.Outputs)
	assert.Equal(t, map[string]graphdef.Input{"o": {Node: "p", Output: "output", Port: 3}}, f.Returns)
	require.Len(t, f.Nodes, 2)
	assert.Equal(t, []graphdef.Input{{Node: "a", Port: graphdef.All}}, f.Nodes[0].Inputs)
	assert.Equal(t, []graphdef.Input{
		{
			Node:   "s",
			Output: "y",
		}, {Node: "s", Output: "y", Port: graphdef.All}, {Node: "a", Port: 1}, {Node: "s", Control: true},
	}, f.Nodes[1].Inputs)
	assert.Equal(t, "[s:y:0 s:y a:1 ^s]", fmt.Sprint(f.Nodes[1].Inputs))

	kind, err := f.Nodes[0].Kind("T")
	require.NoError(t, err)
	assert.Equal(t, graphdef.KindPlaceholder, kind, "nothing is replaced in the library")
	for i := range f.Nodes {
		n, err := f.Nodes[i].Instance("c/"+f.Nodes[i].Name, &g.Nodes[0])
		require.NoError(t, err)
		assert.Equal(t, "c/"+f.Nodes[i].Name, n.Name)
		assert.Empty(t, n.Inputs)
		attribute := "T"
		if i == 1 {
			called, err := n.Called("f")
			require.NoError(t, err)
			assert.Equal(t, []string{"c/p", "g"}, []string{called.Name, called.Op})
			seven, err := called.Int("K")
			require.NoError(t, err)
			assert.EqualValues(t, 7, seven)
			n, attribute = *called, "S"
		}
		typ, err := n.Type(attribute)
		require.NoError(t, err)
		assert.Equal(t, graphdef.Float, typ)
	}
	_, err = f.Nodes[0].Instance("d/s", &g.Nodes[1])
	assert.EqualError(t, err, `node "d/s" (Square): attribute "T": the call of function "f" has no attribute "T"`)
	assert.ErrorIs(t, err, graphdef.ErrNoAttribute)
	n, err := f.Nodes[1].Instance("d/p", &g.Nodes[1])
	require.NoError(t, err)
	_, err = n.Called("f")
	assert.EqualError(t, err,
		`node "d/p" (PartitionedCall): attribute "S": the call of function "f" has no attribute "T"`)
}

func TestWithNodes(t *testing.T) {
	g := parse(t, node("a", "Placeholder"), node("b", "Relu", input("a")), message(2, function),
		message(4, varint(1, 21)))
	forward := graphdef.Forward("f", "/cpu:0", []graphdef.Input{{Node: "b"}, {Node: "a"}},
		[]graphdef.DataType{graphdef.Float, graphdef.Quint8})
	other, err := g.WithNodes([]graphdef.Node{forward, g.Nodes[1], g.Nodes[0]})
	require.NoError(t, err)
	f, _ := other.Lookup("f")
	assert.Equal(t, []string{"IdentityN", "/cpu:0", "b", "a"},
		[]string{f.Op, f.Device, other.Producer(f.Inputs[0]).Name, other.Producer(f.Inputs[1]).Name})
	types, err := f.Types("T")
	require.NoError(t, err)
	assert.Equal(t, []graphdef.DataType{graphdef.Float, graphdef.Quint8}, types)
	assert.Equal(t, 21, other.Versions.Producer)
	_, ok := other.FunctionNamed("f")
	assert.True(t, ok)
	assert.Equal(t, "a", g.Producer(g.Nodes[1].Inputs[0]).Name, "the graph is as it was")
	_, err = g.WithNodes(g.Nodes[1:])
	assert.EqualError(t, err, `node "b" (Relu): input 0: no node "a" in the graph`)
}

func TestLimits(t *testing.T) {
	two := join(node("a", "Const", attribute("x"), attribute("y")), node("b", "Add", input("a"), input("a")))
	for _, c := range []struct {
		name   string
		limits graphdef.Limits
		want   string
	}{
		{"bytes", graphdef.Limits{Bytes: 10}, fmt.Sprintf("%d bytes, the limit is 10", len(two))},
		{"nodes", graphdef.Limits{Nodes: 1}, "more than 1 nodes, which is the limit (at byte 26)"},
		{"edges", graphdef.Limits{Edges: 1}, "more than 1 inputs in the graph, which is the limit (at byte 28)"},
		{"attributes", graphdef.Limits{Attributes: 1}, "2 attributes, the limit is 1 (at byte 2)"},
		{"name", graphdef.Limits{Name: 4}, `node "a": op of a node of 5 bytes, the limit is 4 (at byte 5)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := graphdef.Parse(two, c.limits)
			require.EqualError(t, err, c.want)
			assert.ErrorIs(t, err, graphdef.ErrLimit)
		})
	}
	called := join(node("a", "f"), message(2, function))
	for most := 1; most < 8; most++ {
		_, err := graphdef.Parse(called, graphdef.Limits{Edges: most})
		require.ErrorIs(t, err, graphdef.ErrLimit, "arguments, inputs and returns count as edges")
	}
	_, err := graphdef.Parse(called, graphdef.Limits{Edges: 8})
	assert.NoError(t, err, "at the limit")
	_, err = graphdef.Parse(two, graphdef.Limits{Bytes: len(two), Nodes: 2, Edges: 2, Attributes: 2, Name: 5})
	assert.NoError(t, err, "at the limits")
}

// bounded runs f and demands that it takes little time and memory.
func bounded(t *testing.T, mib uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	f()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	assert.Less(t, took, time.Minute)
	assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, mib<<20, "bytes allocated")
	t.Logf("%v, %d KiB allocated", took.Round(time.Microsecond), (after.TotalAlloc-before.TotalAlloc)>>10)
}

func TestM22ManyNodes(t *testing.T) {
	var data []byte
	offset := 0 // of the first node beyond the limit
	for i := range 1_000_000 {
		if i == 1<<18 {
			offset = len(data)
		}
		var from []byte
		if i > 0 {
			from = input(fmt.Sprint("n", i-1))
		}
		data = append(data, node(fmt.Sprint("n", i), "Relu", from)...)
	}
	bounded(t, 1, func() {
		_, err := graphdef.Parse(data, graphdef.Limits{})
		require.EqualError(t, err, fmt.Sprintf("more than 262144 nodes, which is the limit (at byte %d)", offset))
	})
	bounded(t, 512, func() {
		g, err := graphdef.Parse(data, graphdef.Limits{Nodes: 1_000_000})
		require.NoError(t, err)
		sorted, err := g.Order("n999999")
		require.NoError(t, err)
		require.Len(t, sorted, 1_000_000)
		require.Equal(t, "n0", sorted[0].Name)
	})
}

func TestM22LongNames(t *testing.T) {
	long := strings.Repeat("n", 1<<20)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"name", node(long, "Relu"), "name of a node of 1048576 bytes, the limit is 16384 (at byte 4)"},
		{"op", node("a", long), `node "a": op of a node of 1048576 bytes, the limit is 16384 (at byte 7)`},
		{
			"input",
			node("a", "Relu", input(long)),
			`node "a" (Relu): an input of 1048576 bytes, the limit is 16384 (at byte 13)`,
		},
		{
			"attribute",
			node("a", "Relu", attribute(long)),
			`node "a" (Relu): name of an attribute of 1048576 bytes, the limit is 16384 (at byte 17)`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			bounded(t, 1, func() {
				_, err := graphdef.Parse(c.data, graphdef.Limits{})
				require.EqualError(t, err, c.want)
			})
		})
	}
	t.Run("error texts are short", func(t *testing.T) {
		_, err := graphdef.Parse(node(long[:1<<14], "Relu", input("x")), graphdef.Limits{})
		require.EqualError(t, err, `node "`+long[:120]+`..." (Relu): input 0: no node "x" in the graph`)
	})
}

func TestM22Nesting(t *testing.T) {
	// Attributes of functions in attributes: each level is func.attr["f"].
	const levels = 100_000
	var prefix []byte // written from the inside, reversed
	size := 0
	wrap := func(number protowire.Number) {
		head := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), uint64(size))
		for i := len(head) - 1; i >= 0; i-- {
			prefix = append(prefix, head[i])
		}
		size += len(head)
	}
	for range levels {
		wrap(10) // AttrValue.func
		wrap(2)  // entry's value
		wrap(2)  // NameAttrList.attr
	}
	inner := make([]byte, len(prefix))
	for i, b := range prefix {
		inner[len(prefix)-1-i] = b
	}
	data := node("a", "Call", attribute("f", message(10, inner)))
	bounded(t, 1, func() {
		g, err := graphdef.Parse(data, graphdef.Limits{})
		require.NoError(t, err)
		kind, err := g.Nodes[0].Kind("f")
		require.NoError(t, err)
		require.Equal(t, graphdef.KindFunc, kind)
	})
	t.Run("groups", func(t *testing.T) {
		groups := bytes.Repeat([]byte{0x83, 0x01}, levels)
		bounded(t, 1, func() {
			_, err := graphdef.Parse(groups, graphdef.Limits{})
			require.EqualError(t, err, "malformed: field 16 has wire type 3 (at byte 0)")
		})
	})
}

func TestM22SelfRecursiveFunction(t *testing.T) {
	f := message(1, message(1, text(1, "f")), message(3, text(1, "again"), text(2, "f")),
		message(3, text(1, "x"), text(2, "Relu")))
	g := parse(
		t, message(2, f),
		node("direct", "f"), node("indirect", "PartitionedCall", attribute("f", message(10, text(1, "f")))),
		node("neither", "Relu", attribute("T", varint(6, 1)), attribute("f", message(10, text(1, "g")))),
	)
	require.Len(t, g.Functions, 1)
	require.Len(t, g.Functions[0].Nodes, 2)
	for i, want := range []bool{true, true, false} {
		callee, ok := g.Callee(&g.Nodes[i])
		assert.Equal(t, want, ok, g.Nodes[i].Name)
		assert.Equal(t, want, callee == &g.Functions[0], g.Nodes[i].Name)
	}
}

// Each truncation of a real model is an error or a smaller graph, and the bytes behind the end are never read.
func TestM23Truncated(t *testing.T) {
	data, err := os.ReadFile(digits)
	require.NoError(t, err)
	whole := parse(t, data)
	for n := 0; n < len(data); n += 23 {
		g, err := graphdef.Parse(bytes.Clone(data[:n]), graphdef.Limits{})
		if err != nil {
			var typed *graphdef.Error
			require.ErrorAs(t, err, &typed)
			continue
		}
		require.Less(t, len(g.Nodes), len(whole.Nodes))
		touch(g)
	}
	_, err = graphdef.Parse(data[:len(data)-1], graphdef.Limits{})
	assert.ErrorIs(t, err, graphdef.ErrMalformed)
}

func TestM23BitFlips(t *testing.T) {
	data, err := os.ReadFile(digits)
	require.NoError(t, err)
	data = data[:len(data):len(data)]
	for bit := 0; bit < len(data)*8; bit += 131 {
		data[bit/8] ^= 1 << (bit % 8)
		if g, err := graphdef.Parse(data, graphdef.Limits{}); err == nil {
			touch(g)
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
}

// touch reads whatever the graph holds. Reads may fail, but only with typed errors.
func touch(g *graphdef.Graph) {
	note := func(err error) {
		var typed *graphdef.Error
		if err != nil && (!errors.As(err, &typed) || typed.Err == nil || err.Error() == "") {
			panic(fmt.Sprintf("untyped error %v", err))
		}
	}
	_, err := g.Order()
	note(err)
	_, err = g.Order(g.Nodes[len(g.Nodes)-1].Name, "absent")
	note(err)
	for i := range g.Functions {
		f := &g.Functions[i]
		if same, ok := g.FunctionNamed(f.Name); !ok || same != f {
			panic("wrong function")
		}
		for k := range f.Nodes {
			for c := range g.Nodes {
				instance, err := f.Nodes[k].Instance("instance", &g.Nodes[c])
				note(err)
				for _, name := range append(instance.Attributes(), "absent") {
					touchAttribute(&instance, name, note)
				}
			}
		}
	}
	again, err := g.WithNodes(g.Nodes)
	if err != nil || len(again.Nodes) != len(g.Nodes) {
		panic("other nodes")
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		g.Callee(n)
		for _, in := range n.Inputs {
			if g.Producer(in).Name != in.Node {
				panic("wrong producer")
			}
		}
		for _, name := range append(n.Attributes(), "absent") {
			touchAttribute(n, name, note)
		}
	}
}

func touchAttribute(n *graphdef.Node, name string, note func(error)) {
	read := func(_ any, err error) { note(err) }
	kind, err := n.Kind(name)
	note(err)
	switch kind {
	case graphdef.KindString:
		read(n.Str(name))
	case graphdef.KindInt:
		read(n.Int(name))
	case graphdef.KindFloat:
		read(n.Float(name))
	case graphdef.KindBool:
		read(n.Bool(name))
	case graphdef.KindType:
		read(n.Type(name))
	case graphdef.KindShape:
		read(n.Shape(name))
	case graphdef.KindTensor:
		touchTensor(n, name, note)
	case graphdef.KindFunc:
		read(n.Func(name))
		read(n.Called(name))
	case graphdef.ListString:
		read(n.Strs(name))
	case graphdef.ListInt:
		read(n.Ints(name))
	case graphdef.ListFloat:
		read(n.Floats(name))
	case graphdef.ListBool:
		read(n.Bools(name))
	case graphdef.ListType:
		read(n.Types(name))
	case graphdef.ListShape:
		read(n.Shapes(name))
	default: // none of the accessors may take it, but for an empty list those of lists
		read(n.Int(name))
		read(n.Ints(name))
	}
}

func touchTensor(n *graphdef.Node, name string, note func(error)) {
	tensor, err := n.Tensor(name)
	note(err)
	if err != nil {
		return
	}
	_, err = tensor.Strings()
	note(err)
	data, err := tensor.Bytes()
	note(err)
	if err == nil && len(data) != tensor.Elements()*tensor.Type.Size() {
		panic(fmt.Sprintf("%d bytes for %d elements of %v", len(data), tensor.Elements(), tensor.Type))
	}
}

// FuzzParse demands that no input panics or takes more than its limits, and that whatever is
// accepted keeps its promises.
func FuzzParse(f *testing.F) {
	f.Add(node("a", "Placeholder", attribute("dtype", varint(6, 1)), attribute("shape", message(7, dims(-1, 3)))))
	f.Add(join(node("b", "Relu", input("a:1"), input("^a")), node("a", "Split")))
	f.Add(constant(12, dims(2, 3), text(4, "abcdef")))
	f.Add(constant(13, dims(5), packed(7, 1, 2, 3)))
	f.Add(constant(1, dims(5), float(5, 1), float(5, 2)))
	f.Add(constant(19, nil, varint(13, 0x3c00)))
	f.Add(constant(7, dims(3), text(8, "cat"), text(8, "dog")))
	f.Add(constant(7, dims(2), text(4, "\x01\x02abb")))
	f.Add(node("a", "Conv2D", attribute("strides", message(1, packed(3, 1, 2, 2, 1))),
		attribute("padding", text(2, "SAME"))))
	f.Add(node("a", "X", attribute("l", message(1, float(4, 1), float(4, 2))),
		attribute("s", message(1, message(7, dims(1, 2))))))
	f.Add(join(node("call", "f"), message(2, message(1, message(1, text(1, "f"))))))
	f.Add(join(node("call", "f", attribute("T", varint(6, 1))), message(2, function)))
	f.Add(join(varint(1, 1), message(2)))
	limits := graphdef.Limits{Bytes: 1 << 16, Nodes: 64, Edges: 256, Expanded: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		original := bytes.Clone(data)
		if g, err := graphdef.Parse(data, limits); err == nil {
			touch(g)
		}
		require.Equal(t, original, data, "the file was written to")
	})
}

// BenchmarkParse reads the real models in the folder TF2NG_MODELS.
func BenchmarkParse(b *testing.B) {
	folder := os.Getenv("TF2NG_MODELS")
	if folder == "" {
		b.Skip("TF2NG_MODELS is not set")
	}
	data, err := os.ReadFile(folder + "/resnet50_lpot16_tf25.pb")
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := graphdef.Parse(data, graphdef.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// This package's tests do not import pbtxt.
// No real GraphDef passes for something else.
func TestRecogniseNoGraphDef(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/*/*.pb")
	require.NoError(t, err)
	goldens, err := filepath.Glob("../../../testdata/goldens/*/*.pb")
	require.NoError(t, err)
	files = append(files, goldens...)
	require.Greater(t, len(files), 500)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.NoError(t, graphdef.Recognise(data), path)
		assert.False(t, graphdef.IsText(data), path)
	}
	assert.NoError(t, graphdef.Recognise(nil))
	for n := range 16 { // as short as they come
		_ = graphdef.Recognise(make([]byte, n))
		_ = graphdef.Recognise(bytes.Repeat([]byte{0x0a}, n))
	}
}

func TestParseTextNotLinked(t *testing.T) {
	_, err := graphdef.ParseText([]byte("node {}"), graphdef.Limits{})
	require.EqualError(t, err,
		"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt")
	assert.ErrorIs(t, err, graphdef.ErrText)
}
