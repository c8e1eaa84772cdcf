package pbtxt_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/function_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/op_def_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

// The generated messages are the oracle of package graphdef. It is tested here because graphdef's
// own tests must not link them.

// strictness says what graphdef may do with values that protobuf accepts.
type strictness bool

const (
	exactly   strictness = false // every value is read, and is the same
	mayRefuse strictness = true  // a value may be an error, but what is read is the same
)

func TestGraphDefAgreesOnDigits(t *testing.T) {
	data := readDigits(t)
	g, err := graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err)
	want := generated(t, data)
	attributes := 0
	for _, n := range want.GetNode() {
		attributes += len(n.GetAttr())
	}
	require.NotZero(t, attributes)
	assert.Equal(t, attributes, checkGraph(t, want, g, exactly), "attributes compared")
}

// TestGraphDefAgreesOnModels compares all real models.
func TestGraphDefAgreesOnModels(t *testing.T) {
	for _, m := range testmodel.Load(t) {
		t.Run(m.Name(), func(t *testing.T) {
			data, err := os.ReadFile(m.File())
			require.NoError(t, err)
			g, err := graphdef.Parse(data, graphdef.Limits{})
			require.NoError(t, err)
			checkGraph(t, generated(t, data), g, exactly)
		})
	}
}

// TestGraphDefAgreesOnFunctions compares the recorded graphs that have libraries, read from their
// binary form and from text.
func TestGraphDefAgreesOnFunctions(t *testing.T) {
	files, err := filepath.Glob("../../../testdata/goldens/Functions/*.pb")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			want := generated(t, data)
			require.NotEmpty(t, want.GetLibrary().GetFunction())
			g, err := graphdef.Parse(data, graphdef.Limits{})
			require.NoError(t, err)
			checkGraph(t, want, g, exactly)
			text, err := prototext.Marshal(want)
			require.NoError(t, err)
			g, err = graphdef.ParseText(text, graphdef.Limits{})
			require.NoError(t, err)
			checkGraph(t, want, g, exactly)
		})
	}
}

// What graphdef accepts of a damaged file, protobuf reads the same way.
func TestGraphDefAgreesOnBitFlips(t *testing.T) {
	data := readDigits(t)
	accepted := 0
	for bit := 0; bit < len(data)*8; bit += 1009 {
		data[bit/8] ^= 1 << (bit % 8)
		accepted += agree(t, data)
		data[bit/8] ^= 1 << (bit % 8)
	}
	assert.Greater(t, accepted, 50, "flips in the contents of tensors are no errors")
}

func FuzzGraphDefAgrees(f *testing.F) {
	for _, seed := range []string{
		"\n\x1b\n\x01a\x12\x05Const*\x0f\n\x05value\x12\x06B\x04\x08\x03:\x00",
		"\n\x1d\n\x01a\x12\x05Const*\x11\n\x05value\x12\x08B\x06\x08\x0c\x12\x02\x12\x00",
		"\n\x0b\n\x01b\x12\x03Add\x1a\x01a\n\x06\n\x01a\x12\x01x\"\x03\x08\x95\x10",
		"\n\x06\n\x01a\x12\x01f\x12\x2c\n\x2a\n\x12\n\x01f\x12\x05\n\x01x\x18\x01\x1a\x06\n\x01y*\x01T" +
			"\x1a\x0b\n\x01a\x12\x01A\x1a\x03b:c\x22\x07\n\x01y\x12\x02x:",
		"\n\x16\n\x01a\x12\x06Conv2D*\x09\n\x01s\x12\x04\n\x02\x1a\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, data) })
}

// agree compares the two readings, where both exist, and returns how many it compared, 0 or 1.
func agree(t *testing.T, data []byte) int {
	g, err := graphdef.Parse(data, graphdef.Limits{Expanded: 1 << 20})
	if err != nil {
		return 0
	}
	var want graph_go_proto.GraphDef
	if proto.Unmarshal(data, &want) != nil {
		return 0 // in a part that graphdef skips, or does not read yet
	}
	checkGraph(t, &want, g, mayRefuse)
	return 1
}

// checkGraph compares all that a graph holds and returns the number of attributes that were compared.
func checkGraph(t *testing.T, want *graph_go_proto.GraphDef, g *graphdef.Graph, mode strictness) (attributes int) {
	t.Helper()
	require.Equal(t, int(want.GetVersions().GetProducer()), g.Versions.Producer)
	require.Equal(t, int(want.GetVersions().GetMinConsumer()), g.Versions.MinConsumer)
	require.Len(t, g.Nodes, len(want.GetNode()))
	require.Len(t, g.Functions, len(want.GetLibrary().GetFunction()))
	for i, f := range want.GetLibrary().GetFunction() {
		attributes += checkFunction(t, f, &g.Functions[i], mode)
	}
	for i, n := range want.GetNode() {
		attributes += checkNode(t, n, &g.Nodes[i], mode)
	}
	return attributes
}

func checkFunction(
	t *testing.T, want *function_go_proto.FunctionDef, f *graphdef.Function, mode strictness,
) (attributes int) {
	t.Helper()
	require.Equal(t, want.GetSignature().GetName(), f.Name)
	checkArguments(t, want.GetSignature().GetInputArg(), f.Inputs)
	checkArguments(t, want.GetSignature().GetOutputArg(), f.Outputs)
	require.Len(t, f.Returns, len(want.GetRet()))
	for name, raw := range want.GetRet() {
		requireInput(t, raw, f.Returns[name])
	}
	require.Len(t, f.Nodes, len(want.GetNodeDef()))
	for i, n := range want.GetNodeDef() {
		attributes += checkNode(t, n, &f.Nodes[i], mode)
	}
	return attributes
}

func checkArguments(t *testing.T, want []*op_def_go_proto.OpDef_ArgDef, got []graphdef.Argument) {
	t.Helper()
	require.Len(t, got, len(want))
	for i, a := range want {
		require.Equal(t, graphdef.Argument{
			Name:         a.GetName(),
			Type:         graphdef.DataType(a.GetType()),
			TypeAttr:     a.GetTypeAttr(),
			NumberAttr:   a.GetNumberAttr(),
			TypeListAttr: a.GetTypeListAttr(),
		}, got[i])
	}
}

func checkNode(t *testing.T, want *node_def_go_proto.NodeDef, n *graphdef.Node, mode strictness) (attributes int) {
	t.Helper()
	require.Equal(t, []string{want.GetName(), want.GetOp(), want.GetDevice()}, []string{n.Name, n.Op, n.Device})
	require.Len(t, n.Inputs, len(want.GetInput()))
	for i, raw := range want.GetInput() {
		requireInput(t, raw, n.Inputs[i])
	}
	require.Len(t, n.Attributes(), len(want.GetAttr()))
	for _, name := range n.Attributes() {
		value, ok := want.GetAttr()[name]
		require.True(t, ok, name)
		got, err := read(n, name, value)
		if err != nil && mode == mayRefuse {
			continue
		}
		require.NoError(t, err)
		require.Equal(t, plain(value), got, "%s: %s", n.Name, name)
		attributes++
	}
	return attributes
}

// requireInput compares an input with its text, in which index 0 may be left out.
func requireInput(t *testing.T, want string, input graphdef.Input) {
	t.Helper()
	got := input.String()
	require.True(t, want == got || want == got+":0", "got %s, want %s", got, want)
}

// read reads an attribute as what the generated message says that it is, with floats as their bits.
func read(n *graphdef.Node, name string, value *attr_value_go_proto.AttrValue) (any, error) {
	switch v := value.GetValue().(type) {
	case *attr_value_go_proto.AttrValue_S:
		return n.Str(name)
	case *attr_value_go_proto.AttrValue_I:
		return n.Int(name)
	case *attr_value_go_proto.AttrValue_F:
		f, err := n.Float(name)
		return math.Float32bits(f), err
	case *attr_value_go_proto.AttrValue_B:
		return n.Bool(name)
	case *attr_value_go_proto.AttrValue_Type:
		t, err := n.Type(name)
		return int32(t), err
	case *attr_value_go_proto.AttrValue_Shape:
		s, err := n.Shape(name)
		return s.String(), err
	case *attr_value_go_proto.AttrValue_Func:
		return n.Func(name)
	case *attr_value_go_proto.AttrValue_Tensor:
		return readTensor(n, name)
	case *attr_value_go_proto.AttrValue_List:
		return readList(n, name, v.List)
	default:
		kind, err := n.Kind(name)
		return kind.String(), err
	}
}

func readTensor(n *graphdef.Node, name string) (any, error) {
	t, err := n.Tensor(name)
	if err != nil {
		return nil, err
	}
	out := plainTensor{Type: int32(t.Type), Shape: graphdef.Shape{Dims: t.Shape}.String()}
	if t.Type == graphdef.String {
		all, err := t.Strings()
		for _, s := range all {
			out.Strings = append(out.Strings, string(s))
		}
		return out, err
	}
	data, err := t.Bytes()
	out.Data = string(data)
	return out, err
}

func readList(n *graphdef.Node, name string, list *attr_value_go_proto.AttrValue_ListValue) (any, error) {
	switch {
	case len(list.GetS()) > 0:
		return n.Strs(name)
	case len(list.GetI()) > 0:
		return n.Ints(name)
	case len(list.GetF()) > 0:
		floats, err := n.Floats(name)
		return each(floats, math.Float32bits), err
	case len(list.GetB()) > 0:
		return n.Bools(name)
	case len(list.GetType()) > 0:
		types, err := n.Types(name)
		return each(types, func(t graphdef.DataType) int32 { return int32(t) }), err
	case len(list.GetShape()) > 0:
		shapes, err := n.Shapes(name)
		return each(shapes, graphdef.Shape.String), err
	default:
		kind, err := n.Kind(name)
		return kind.String(), err
	}
}

// plain is the same from the generated message.
func plain(value *attr_value_go_proto.AttrValue) any {
	switch v := value.GetValue().(type) {
	case *attr_value_go_proto.AttrValue_S:
		return string(v.S)
	case *attr_value_go_proto.AttrValue_I:
		return v.I
	case *attr_value_go_proto.AttrValue_F:
		return math.Float32bits(v.F)
	case *attr_value_go_proto.AttrValue_B:
		return v.B
	case *attr_value_go_proto.AttrValue_Type:
		return int32(v.Type)
	case *attr_value_go_proto.AttrValue_Shape:
		return shapeText(v.Shape)
	case *attr_value_go_proto.AttrValue_Func:
		return v.Func.GetName()
	case *attr_value_go_proto.AttrValue_Tensor:
		return expand(v.Tensor)
	case *attr_value_go_proto.AttrValue_List:
		return plainList(v.List)
	case *attr_value_go_proto.AttrValue_Placeholder:
		return "placeholder"
	default:
		return "nothing"
	}
}

func plainList(list *attr_value_go_proto.AttrValue_ListValue) any {
	switch {
	case len(list.GetS()) > 0:
		return each(list.GetS(), func(b []byte) string { return string(b) })
	case len(list.GetI()) > 0:
		return list.GetI()
	case len(list.GetF()) > 0:
		return each(list.GetF(), math.Float32bits)
	case len(list.GetB()) > 0:
		return list.GetB()
	case len(list.GetType()) > 0:
		return each(list.GetType(), func(t types_go_proto.DataType) int32 { return int32(t) })
	case len(list.GetShape()) > 0:
		return each(list.GetShape(), shapeText)
	case len(list.GetTensor()) > 0:
		return "list(tensor)"
	case len(list.GetFunc()) > 0:
		return "list(func)"
	default:
		return "an empty list"
	}
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

func shapeText(s *tensor_shape_go_proto.TensorShapeProto) string {
	if s.GetUnknownRank() {
		return "unknown"
	}
	sizes := each(s.GetDim(), func(d *tensor_shape_go_proto.TensorShapeProto_Dim) string {
		if d.GetSize() == -1 {
			return "?"
		}
		return fmt.Sprint(d.GetSize())
	})
	return "[" + strings.Join(sizes, ",") + "]"
}

type plainTensor struct {
	Type    int32
	Shape   string
	Data    string
	Strings []string
}

// expand is a plain reading of tensor.proto: content, or values of which the last repeats, or zeros.
func expand(t *tensor_go_proto.TensorProto) plainTensor {
	out := plainTensor{Type: int32(t.GetDtype()), Shape: shapeText(t.GetTensorShape())}
	elements := 1
	for _, d := range t.GetTensorShape().GetDim() {
		elements *= int(d.GetSize())
	}
	if out.Type == int32(types_go_proto.DataType_DT_STRING) {
		out.Strings = expandStrings(t, elements)
		return out
	}
	if len(t.GetTensorContent()) > 0 {
		out.Data = string(t.GetTensorContent())
		return out
	}
	values, size := valuesOf(t)
	if len(values) == 0 {
		values = []uint64{0}
	}
	var data strings.Builder
	for i := range elements {
		var element [8]byte
		binary.LittleEndian.PutUint64(element[:], values[min(i, len(values)-1)])
		data.WriteString(string(element[:min(size, 8)]))
		data.WriteString(strings.Repeat("\x00", size-min(size, 8)))
	}
	out.Data = data.String()
	return out
}

func expandStrings(t *tensor_go_proto.TensorProto, elements int) []string {
	var out []string
	if content := t.GetTensorContent(); len(content) > 0 {
		lengths := make([]uint64, elements)
		for i := range lengths {
			length, n := binary.Uvarint(content)
			lengths[i], content = length, content[n:]
		}
		for _, length := range lengths {
			out, content = append(out, string(content[:length])), content[length:]
		}
		return out
	}
	values := t.GetStringVal()
	for i := range elements {
		s := ""
		if len(values) > 0 {
			s = string(values[min(i, len(values)-1)])
		}
		out = append(out, s)
	}
	return out
}

// valuesOf returns the list of values that tensor.proto documents for the type, as bits, and the bytes of one element.
func valuesOf(t *tensor_go_proto.TensorProto) (values []uint64, size int) {
	switch t.GetDtype() {
	case types_go_proto.DataType_DT_FLOAT:
		return each(t.GetFloatVal(), func(v float32) uint64 { return uint64(math.Float32bits(v)) }), 4
	case types_go_proto.DataType_DT_DOUBLE:
		return each(t.GetDoubleVal(), math.Float64bits), 8
	case types_go_proto.DataType_DT_INT32, types_go_proto.DataType_DT_QINT32:
		return each(t.GetIntVal(), func(v int32) uint64 { return uint64(v) }), 4
	case types_go_proto.DataType_DT_INT16, types_go_proto.DataType_DT_UINT16,
		types_go_proto.DataType_DT_QINT16, types_go_proto.DataType_DT_QUINT16:
		return each(t.GetIntVal(), func(v int32) uint64 { return uint64(v) }), 2
	case types_go_proto.DataType_DT_INT8, types_go_proto.DataType_DT_UINT8,
		types_go_proto.DataType_DT_QINT8, types_go_proto.DataType_DT_QUINT8:
		return each(t.GetIntVal(), func(v int32) uint64 { return uint64(v) }), 1
	case types_go_proto.DataType_DT_HALF, types_go_proto.DataType_DT_BFLOAT16:
		return each(t.GetHalfVal(), func(v int32) uint64 { return uint64(v) }), 2
	case types_go_proto.DataType_DT_INT64:
		return each(t.GetInt64Val(), func(v int64) uint64 { return uint64(v) }), 8
	case types_go_proto.DataType_DT_UINT64:
		return t.GetUint64Val(), 8
	case types_go_proto.DataType_DT_UINT32:
		return each(t.GetUint32Val(), func(v uint32) uint64 { return uint64(v) }), 4
	case types_go_proto.DataType_DT_BOOL:
		return each(t.GetBoolVal(), func(v bool) uint64 {
			if v {
				return 1
			}
			return 0
		}), 1
	case types_go_proto.DataType_DT_COMPLEX64:
		return nil, 8
	case types_go_proto.DataType_DT_COMPLEX128:
		return nil, 16
	default:
		return nil, 1
	}
}
