package graphdef_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// withAttribute is a node "n" of op "Op" whose attribute "x" is the AttrValue given.
func withAttribute(t *testing.T, value ...[]byte) *graphdef.Node {
	t.Helper()
	return &parse(t, node("n", "Op", attribute("x", value...), attribute("other", varint(3, 7)))).Nodes[0]
}

// result pairs what an accessor returns, for tables.
func result[T any](v T, err error) any {
	if err != nil {
		return err.Error()
	}
	return v
}

func TestAttributes(t *testing.T) {
	negative := uint64(math.MaxUint64) // -1
	for _, c := range []struct {
		name  string
		value []byte
		read  func(*graphdef.Node) any
		want  any
	}{
		{"string", text(2, "SAME"), func(n *graphdef.Node) any { return result(n.Str("x")) }, "SAME"},
		{"string not UTF-8", text(2, "\xff"), func(n *graphdef.Node) any { return result(n.Str("x")) }, "\xff"},
		{"int", varint(3, negative), func(n *graphdef.Node) any { return result(n.Int("x")) }, int64(-1)},
		{"float", float(4, 0.1), func(n *graphdef.Node) any { return result(n.Float("x")) }, float32(0.1)},
		{"bool", varint(5, 1), func(n *graphdef.Node) any { return result(n.Bool("x")) }, true},
		{"type", varint(6, 12), func(n *graphdef.Node) any { return result(n.Type("x")) }, graphdef.Quint8},
		{
			"shape",
			message(7, dims(-1, 8, 0)),
			func(n *graphdef.Node) any { return result(n.Shape("x")) },
			graphdef.Shape{Dims: []int64{-1, 8, 0}},
		},
		{"shape of a scalar", message(7), func(n *graphdef.Node) any { return result(n.Shape("x")) }, graphdef.Shape{}},
		{
			"shape of unknown rank",
			message(7, varint(3, 1)),
			func(n *graphdef.Node) any { return result(n.Shape("x")) },
			graphdef.Shape{UnknownRank: true},
		},
		{"func", message(10, text(1, "f")), func(n *graphdef.Node) any { return result(n.Func("x")) }, "f"},
		{
			"list(string)",
			message(1, text(2, "BiasAdd"), text(2, "Relu")),
			func(n *graphdef.Node) any { return result(n.Strs("x")) },
			[]string{"BiasAdd", "Relu"},
		},
		{
			"list(int) packed",
			message(1, packed(3, 1, negative, 300)),
			func(n *graphdef.Node) any { return result(n.Ints("x")) },
			[]int64{1, -1, 300},
		},
		{
			"list(int) not packed",
			message(1, varint(3, 1), varint(3, 2)),
			func(n *graphdef.Node) any { return result(n.Ints("x")) },
			[]int64{1, 2},
		},
		{
			"list(int) both ways",
			message(1, varint(3, 1), packed(3, 2, 3), packed(3), varint(3, 4)),
			func(n *graphdef.Node) any { return result(n.Ints("x")) },
			[]int64{1, 2, 3, 4},
		},
		{
			"list(float) packed",
			message(1, text(4, "\x00\x00\x80\x3f\x00\x00\x00\xc0")),
			func(n *graphdef.Node) any { return result(n.Floats("x")) },
			[]float32{1, -2},
		},
		{
			"list(float) not packed",
			message(1, float(4, 1), float(4, -2)),
			func(n *graphdef.Node) any { return result(n.Floats("x")) },
			[]float32{1, -2},
		},
		{
			"list(bool)",
			message(1, packed(5, 1, 0)),
			func(n *graphdef.Node) any { return result(n.Bools("x")) },
			[]bool{true, false},
		},
		{
			"list(type)",
			message(1, packed(6, 11, 1)),
			func(n *graphdef.Node) any { return result(n.Types("x")) },
			[]graphdef.DataType{graphdef.Qint8, graphdef.Float},
		},
		{
			"list(shape)",
			message(1, message(7, dims(2)), message(7)),
			func(n *graphdef.Node) any { return result(n.Shapes("x")) },
			[]graphdef.Shape{{Dims: []int64{2}}, {}},
		},
		{"empty list as ints", message(1), func(n *graphdef.Node) any { return result(n.Ints("x")) }, []int64{}},
		{"empty list as strings", message(1), func(n *graphdef.Node) any { return result(n.Strs("x")) }, []string{}},
		{
			"list(int) of the length wanted",
			message(1, packed(3, 1, 2)),
			func(n *graphdef.Node) any { return result(n.IntsOf("x", 2)) },
			[]int64{1, 2},
		},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.read(withAttribute(t, c.value))) })
	}
}

func TestAttributeDefaults(t *testing.T) {
	n := withAttribute(t, varint(3, 5))
	assert.True(t, n.Has("x"))
	assert.False(t, n.Has("y"))
	assert.Equal(t, []string{"other", "x"}, n.Attributes())
	assert.Equal(t, int64(5), result(n.IntOr("x", 9)), "present")
	assert.Equal(t, int64(9), result(n.IntOr("y", 9)))
	assert.Equal(t, "NHWC", result(n.StrOr("y", "NHWC")))
	assert.Equal(t, float32(0.5), result(n.FloatOr("y", 0.5)))
	assert.Equal(t, true, result(n.BoolOr("y", true)))
	assert.Equal(t, graphdef.Half, result(n.TypeOr("y", graphdef.Half)))
	assert.Equal(t, graphdef.Shape{UnknownRank: true}, result(n.ShapeOr("y", graphdef.Shape{UnknownRank: true})))
	assert.Equal(t, []string{"a"}, result(n.StrsOr("y", []string{"a"})))
	assert.Equal(t, []int64{1}, result(n.IntsOr("y", []int64{1})))
	assert.Equal(t, []float32{1}, result(n.FloatsOr("y", []float32{1})))
	assert.Equal(t, `node "n" (Op): attribute "x": got int, want bool`, result(n.BoolOr("x", true)),
		"present but of another kind")
}

func TestAttributeErrors(t *testing.T) {
	const at = `node "n" (Op): attribute "x": `
	negative := uint64(math.MaxUint64 - 1) // -2
	manyDims := make([]int64, 255)
	for _, c := range []struct {
		name   string
		value  []byte
		read   func(*graphdef.Node) error
		reason error
		want   string
	}{
		{
			"M17 missing",
			varint(3, 1),
			func(n *graphdef.Node) error { _, err := n.Ints("y"); return err },
			graphdef.ErrNoAttribute,
			`node "n" (Op): attribute "y": missing, want list(int)`,
		},
		{
			"M17 kind of missing",
			varint(3, 1),
			func(n *graphdef.Node) error { _, err := n.Kind("y"); return err },
			graphdef.ErrNoAttribute,
			`node "n" (Op): attribute "y": missing`,
		},
		{"M17 no value", nil, readInt, graphdef.ErrKind, at + "got nothing, want int"},
		{"M17 string for int", text(2, "1"), readInt, graphdef.ErrKind, at + "got string, want int"},
		{"M17 list(int) for int", message(1, packed(3, 1)), readInt, graphdef.ErrKind, at + "got list(int), want int"},
		{"M17 empty list for int", message(1), readInt, graphdef.ErrKind, at + "got an empty list, want int"},
		{"M17 placeholder for int", text(9, "N"), readInt, graphdef.ErrKind, at + "got placeholder, want int"},
		{"M17 int for list(int)", varint(3, 1), readInts, graphdef.ErrKind, at + "got int, want list(int)"},
		{
			"M17 list(float) for list(int)",
			message(1, float(4, 1)),
			readInts,
			graphdef.ErrKind,
			at + "got list(float), want list(int)",
		},
		{"M17 func for tensor", message(10, text(1, "f")), readTensor, graphdef.ErrKind, at + "got func, want tensor"},
		{
			"M14 list(int) of length 3",
			message(1, packed(3, 1, 1, 1)),
			func(n *graphdef.Node) error { _, err := n.IntsOf("x", 4); return err },
			graphdef.ErrValue,
			at + "got list(int) of length 3, want 4",
		},
		{
			"M17 two kinds of value",
			join(varint(3, 1), float(4, 1)),
			readInt,
			graphdef.ErrMalformed,
			at + "malformed: more than one value (at byte 18)",
		},
		{
			"M17 two kinds of list",
			message(1, packed(3, 1), float(4, 1)),
			readInts,
			graphdef.ErrMalformed,
			at + "malformed: both list(int) and list(float) (at byte 21)",
		},
		{
			"M17 wire type of a value",
			text(3, "1"),
			readInt,
			graphdef.ErrMalformed,
			at + "malformed: int has wire type 2, want 0 (at byte 16)",
		},
		{
			"M17 bool of 2",
			varint(5, 2),
			func(n *graphdef.Node) error { _, err := n.Bool("x"); return err },
			graphdef.ErrValue,
			at + "got 2, want a bool of 0 or 1 (at byte 16)",
		},
		{"M17 dtype enum 0", varint(6, 0), readType, graphdef.ErrValue, at + "got type 0 (invalid) (at byte 16)"},
		{
			"M17 dtype enum 99",
			varint(6, 99),
			readType,
			graphdef.ErrValue,
			at + "got type 99, which TensorFlow does not define (at byte 16)",
		},
		{
			"M17 dtype enum 101",
			varint(6, 101),
			readType,
			graphdef.ErrValue,
			at + "got type 101 (float_ref), a reference to a variable: freeze the graph first (at byte 16)",
		},
		{
			"M17 dtype enum 10000",
			varint(6, 10000),
			readType,
			graphdef.ErrValue,
			at + "got type 10000, which TensorFlow does not define (at byte 16)",
		},
		{
			"M17 dtype enum -2",
			varint(6, negative),
			readType,
			graphdef.ErrValue,
			at + "got type -2, which TensorFlow does not define (at byte 16)",
		},
		{
			"M17 dtype enum 101 in a list",
			message(1, packed(6, 1, 101)),
			func(n *graphdef.Node) error { _, err := n.Types("x"); return err },
			graphdef.ErrValue,
			at + "got type 101 (float_ref), a reference to a variable: freeze the graph first (at byte 18)",
		},
		{
			"M10 dimension -2",
			message(7, dims(1, -2)),
			readShape,
			graphdef.ErrValue,
			at + "got a dimension of -2, want -1 or more (at byte 22)",
		},
		{
			"M10 255 dimensions",
			message(7, dims(manyDims...)),
			readShape,
			graphdef.ErrLimit,
			at + "more than 254 dimensions, which is the limit (at byte 1038)",
		},
		{
			"M10 dimensions of unknown rank",
			message(7, dims(1), varint(3, 1)),
			readShape,
			graphdef.ErrValue,
			at + "got 1 dimensions in a shape of unknown rank (at byte 16)",
		},
		{
			"M23 list(int) cut",
			message(1, text(3, "\x01\x80")),
			readInts,
			graphdef.ErrMalformed,
			at + "malformed: unexpected EOF (at byte 21)",
		},
		{
			"M23 value cut",
			[]byte{0x3a, 0x05},
			readShape,
			graphdef.ErrMalformed,
			at + "malformed: unexpected EOF (at byte 16)",
		},
		{
			"list beyond the limit",
			message(1, text(3, string(make([]byte, 1<<16+1)))),
			readInts,
			graphdef.ErrLimit,
			at + "more than 65536 values in a list, which is the limit (at byte 26)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.read(withAttribute(t, c.value))
			require.EqualError(t, err, c.want)
			assert.ErrorIs(t, err, c.reason)
			var typed *graphdef.Error
			require.ErrorAs(t, err, &typed)
			assert.Equal(t, []string{"n", "Op"}, []string{typed.Node, typed.Op})
		})
	}
}

func readInt(n *graphdef.Node) error    { _, err := n.Int("x"); return err }
func readInts(n *graphdef.Node) error   { _, err := n.Ints("x"); return err }
func readType(n *graphdef.Node) error   { _, err := n.Type("x"); return err }
func readShape(n *graphdef.Node) error  { _, err := n.Shape("x"); return err }
func readTensor(n *graphdef.Node) error { _, err := n.Tensor("x"); return err }

func TestNames(t *testing.T) {
	for number, want := range map[graphdef.DataType]string{
		0: "invalid", 1: "float", 11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16",
		19:  "half",
		101: "float_ref", 112: "quint8_ref", 99: "DataType(99)", 10000: "DataType(10000)",
	} {
		assert.Equal(t, want, number.String())
	}
	assert.Equal(t, "[?,3]", graphdef.Shape{Dims: []int64{-1, 3}}.String())
	assert.Equal(t, "[]", graphdef.Shape{}.String())
	assert.Equal(t, "unknown", graphdef.Shape{UnknownRank: true}.String())
	assert.Equal(t, "list(func)", graphdef.ListFunc.String())
}
