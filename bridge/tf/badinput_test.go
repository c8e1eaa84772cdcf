package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	attrpb "github.com/wamuir/graft/tensorflow/core/framework/attr_value_go_proto"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	nodepb "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// graphBuilder makes GraphDefs for tests.
type graphBuilder struct{ proto *graphpb.GraphDef }

func newGraph() *graphBuilder { return &graphBuilder{&graphpb.GraphDef{}} }

// node adds a node; attrs alternate between names and values.
func (b *graphBuilder) node(name, op string, inputs []string, attrs ...any) *graphBuilder {
	n := &nodepb.NodeDef{Name: name, Op: op, Input: inputs, Attr: map[string]*attrpb.AttrValue{}}
	for i := 0; i < len(attrs); i += 2 {
		n.Attr[attrs[i].(string)] = attrValue(attrs[i+1])
	}
	b.proto.Node = append(b.proto.Node, n)
	return b
}

func attrValue(v any) *attrpb.AttrValue {
	switch v := v.(type) {
	case typespb.DataType:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_Type{Type: v}}
	case string:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_S{S: []byte(v)}}
	case int:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_I{I: int64(v)}}
	case float32:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_F{F: v}}
	case bool:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_B{B: v}}
	case []int64:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: &attrpb.AttrValue_ListValue{I: v}}}
	case []typespb.DataType:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: &attrpb.AttrValue_ListValue{Type: v}}}
	case []string:
		list := &attrpb.AttrValue_ListValue{}
		for _, s := range v {
			list.S = append(list.S, []byte(s))
		}
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_List{List: list}}
	case dims:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_Shape{Shape: shapeProto(v...)}}
	case *tensorpb.TensorProto:
		return &attrpb.AttrValue{Value: &attrpb.AttrValue_Tensor{Tensor: v}}
	}
	panic("no such attribute")
}

// dims is a shape attribute.
type dims []int64

const (
	float32Type = typespb.DataType_DT_FLOAT
	quint8Type  = typespb.DataType_DT_QUINT8
	qint8Type   = typespb.DataType_DT_QINT8
	qint32Type  = typespb.DataType_DT_QINT32
	int32Type   = typespb.DataType_DT_INT32
	boolType    = typespb.DataType_DT_BOOL
)

func (b *graphBuilder) input(name string, typ typespb.DataType, shape ...int64) *graphBuilder {
	return b.node(name, "Placeholder", nil, "dtype", typ, "shape", dims(shape))
}

func (b *graphBuilder) constant(name string, v *tensorpb.TensorProto) *graphBuilder {
	return b.node(name, "Const", nil, "dtype", v.Dtype, "value", v)
}

func (b *graphBuilder) scalar(name string, v float32) *graphBuilder {
	return b.constant(name, floats(v))
}

func zeroTensor(typ typespb.DataType, shape ...int64) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: typ, TensorShape: shapeProto(shape...)}
}

func (b *graphBuilder) parse(t testing.TB) *graphdef.Graph {
	t.Helper()
	raw, err := proto.Marshal(b.proto)
	require.NoError(t, err)
	g, err := graphdef.Parse(raw, graphdef.Limits{})
	require.NoError(t, err)
	return g
}

// quantizedConv is a graph of one QuantizedConv2DWithBiasAndRequantize on [1,4,4,2] data
// with filters [3,3,2,4]; change damages it.
func quantizedConv(change func(b *graphBuilder)) *graphBuilder {
	b := newGraph().
		input("x", quint8Type, 1, 4, 4, 2).
		constant("w", zeroTensor(qint8Type, 3, 3, 2, 4)).
		constant("bias", zeroTensor(float32Type, 4)).
		scalar("min_x", 0).scalar("max_x", 1).scalar("min_w", -1).scalar("max_w", 1).scalar("min_y", -1).
		scalar("max_y", 1).
		node("conv", "QuantizedConv2DWithBiasAndRequantize",
			[]string{"x", "w", "bias", "min_x", "max_x", "min_w", "max_w", "min_y", "max_y"},
			"Tinput", quint8Type, "Tfilter", qint8Type, "Tbias", float32Type, "out_type", qint8Type,
			"strides", []int64{1, 1, 1, 1}, "padding", "VALID")
	if change != nil {
		change(b)
	}
	return b
}

// attr returns a change of an attribute of the node under test.
func attr(name string, v any) func(*graphBuilder) {
	return func(b *graphBuilder) { nodeOf(b.proto, "conv").Attr[name] = attrValue(v) }
}

// replaced returns a change of a constant.
func replaced(name string, v *tensorpb.TensorProto) func(*graphBuilder) {
	return func(b *graphBuilder) { setConst(name, v)(b.proto) }
}

func wired(i int, input string) func(*graphBuilder) {
	return func(b *graphBuilder) { nodeOf(b.proto, "conv").Input[i] = input }
}

// TestErrors asserts the text of errors about a quantized convolution: where, what was
// got, what was wanted.
func TestErrors(t *testing.T) {
	const in = `node "conv" (QuantizedConv2DWithBiasAndRequantize): `
	for name, c := range map[string]struct {
		change func(*graphBuilder)
		want   string
	}{
		"M01 empty range": {
			replaced("min_x", zeroTensor(float32Type, 0)),
			in + `input 3 (min_input): got shape [0], want [] or [1]`,
		},
		"M03 range of shape [2]": {
			replaced("max_x", floats(1, 2)),
			in + `input 4 (max_input): got shape [2], want [] or [1]`,
		},
		"M04 range of rank 2": {
			replaced("min_w", floats(1, 1, 1)),
			in + `input 5 (min_filter): got shape [1,1], want [] or [1], or one element per channel`,
		},
		"M05 range NaN": {
			func(b *graphBuilder) { b.nan("min_w") },
			in + `input 5 (min_filter): got NaN, want a finite number`,
		},
		"M05 min above max": {
			replaced("min_y", floats(2)),
			in + `input 7 (min_freezed_output): got min 2 > max 1, want min <= max`,
		},
		"M05 range of width 0": {
			replaced2("min_y", "max_y"),
			in + `output_scale (RangeToScale): got the range [0, 0], whose scale 0 cannot divide; want a wider one ` +
				`(RangeToScale-C5)`,
		},
		"M06 range of type int32": {
			replaced("min_x", zeroTensor(int32Type)),
			in + `input 3 (min_input): got type i32 from "min_x", want f32 as the node's attributes say`,
		},
		"M11 filters for 3 channels": {
			replaced("w", zeroTensor(qint8Type, 3, 3, 3, 4)),
			in + `IntegerConvolution: input 1 (filters): got filters [3,3,3,4] for 2 input channels in 1 group(s), ` +
				`want 2 input channels a group, got 3`,
		},
		"M08 filters of rank 3": {
			replaced("w", zeroTensor(qint8Type, 3, 3, 2)),
			in + `input 1 (filter): got shape [3,3,2], want rank 4: height, width, input channels, output channels`,
		},
		"M13 3 ranges for 4 channels": {func(b *graphBuilder) {
			setConst("min_w", floats(-1, 3))(b.proto)
			setConst("max_w", floats(1, 3))(b.proto)
		}, in + `ScaledQuantizedConvolutionBias: min_filter: got shape [3], want [], [1] or [4] (one element per ` +
			`output channel)`},
		"M13 min and max differ": {
			replaced("max_w", floats(1, 4)),
			in + `input 6 (max_filter): got shape [4], want min's []`,
		},
		"M14 three strides": {
			attr("strides", []int64{1, 1, 1}),
			in + `attribute "strides": got list(int) of length 3, want 4`,
		},
		"M14 stride 0": {
			attr("strides", []int64{1, 0, 1, 1}),
			in + `attribute "strides": got [1 0 1 1], want numbers in [1, 2^31)`,
		},
		"M14 stride of the batch": {
			attr("strides", []int64{2, 1, 1, 1}),
			in + `attribute "strides": got [2 1 1 1], want 1 for batch and channels`,
		},
		"M14 dilation 0": {
			attr("dilations", []int64{1, 0, 0, 1}),
			in + `attribute "dilations": got [1 0 0 1], want numbers in [1, 2^31)`,
		},
		"M15 filters larger than data": {
			replaced("w", zeroTensor(qint8Type, 5, 5, 2, 4)),
			in + `IntegerConvolution: spatial dimension 0: the window spans 5, more than the padded input's 4`,
		},
		"M16 unknown padding": {
			attr("padding", "FULL"),
			in + `attribute "padding": got "FULL", want SAME, VALID, EXPLICIT`,
		},
		"M16 explicit without list": {
			attr("padding", "EXPLICIT"),
			in + `attribute "padding_list": got none, want 8 numbers for padding EXPLICIT`,
		},
		"M16 list of 4": {
			attr("padding_list", []int64{1, 1, 1, 1}),
			in + `attribute "padding_list": got 4 numbers, want 8: before and after each dimension`,
		},
		"M17 no strides": {
			func(b *graphBuilder) { delete(nodeOf(b.proto, "conv").Attr, "strides") },
			in + `attribute "strides": missing, want list(int)`,
		},
		"M17 strides as int": {attr("strides", 1), in + `attribute "strides": got int, want list(int)`},
		"M20 port 9": {
			wired(0, "x:9"),
			in + `input 0 (input): node "x" (Placeholder): has 1 output(s), but "x:9" is wanted`,
		},
		"M20 input missing": {
			func(b *graphBuilder) { n := nodeOf(b.proto, "conv"); n.Input = n.Input[:8] },
			in + `got 8 inputs, want 9`,
		},
		"M24 Tinput is another": {
			attr("Tinput", qint8Type),
			in + `input 0 (input): got type u8 from "x", want i8 as the node's attributes say`,
		},
		"M24 out_type qint32": {
			attr("out_type", qint32Type),
			in + `attribute "out_type": got qint32, for which TensorFlow 2.21 has no CPU kernel, want qint8`,
		},
		"M24 out_type float": {
			attr("out_type", float32Type),
			in + `attribute "out_type": got float, for which TensorFlow 2.21 has no CPU kernel, want qint8`,
		},
		"M24 out_type complex64": {
			attr("out_type", typespb.DataType_DT_COMPLEX64),
			in + `attribute "out_type": got complex64, for which TensorFlow 2.21 has no CPU kernel, want qint8`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(quantizedConv(c.change).parse(t), tf.Options{})
			assert.EqualError(t, err, c.want)
		})
	}
}

func (b *graphBuilder) nan(name string) {
	v := zeroTensor(float32Type)
	v.TensorContent = []byte{0, 0, 0xc0, 0x7f}
	setConst(name, v)(b.proto)
}

func replaced2(min, max string) func(*graphBuilder) {
	return func(b *graphBuilder) {
		setConst(min, floats(0))(b.proto)
		setConst(max, floats(0))(b.proto)
	}
}
