package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tensorpb "github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// real is a float tensor with given elements, integers an int32 one.
func real(shape dims, v ...float32) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: float32Type, TensorShape: shapeProto(shape...), FloatVal: v}
}

func integers(shape dims, v ...int32) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: int32Type, TensorShape: shapeProto(shape...), IntVal: v}
}

// upTo returns 0, 1, ... n-1.
func upTo(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i)
	}
	return v
}

// TestOps runs ops on a few numbers, whose results are written out by TensorFlow's
// definitions: above all which attribute and which input means what.
func TestOps(t *testing.T) {
	image := real(dims{1, 2, 3, 2}, upTo(12)...)                                 // NHWC
	planes := real(dims{1, 2, 2, 3}, 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11)       // the same, NCHW
	filters := real(dims{1, 2, 2, 3}, 1, 0, 1, 0, 1, 1, -1, 0, 2, 0, -1, 2)      // HWIO
	convolved := []float32{-2, -2, 11, -2, -2, 23, -2, -2, 47, -2, -2, 59}       // VALID, NHWC [1,2,2,3]
	convolvedPlanes := []float32{-2, -2, -2, -2, -2, -2, -2, -2, 11, 23, 47, 59} // NCHW
	for name, c := range map[string]struct {
		op     string
		inputs []*tensorpb.TensorProto
		attrs  []any
		shape  core.Shape
		want   []float32
	}{
		"Conv2D NHWC": {
			"Conv2D",
			list(image, filters),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "VALID"},
			core.Shape{1, 2, 2, 3},
			convolved,
		},
		"Conv2D NCHW": {
			"Conv2D",
			list(planes, filters),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "VALID", "data_format", "NCHW"},
			core.Shape{1, 3, 2, 2},
			convolvedPlanes,
		},
		"Conv2D SAME": {
			"Conv2D", list(real(dims{1, 1, 3, 1}, 1, 2, 3), real(dims{1, 2, 1, 1}, 1, 10)),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "SAME"},
			core.Shape{1, 1, 3, 1},
			[]float32{21, 32, 3},
		},
		"Conv2D EXPLICIT": {
			"Conv2D", list(real(dims{1, 1, 3, 1}, 1, 2, 3), real(dims{1, 2, 1, 1}, 1, 10)),
			[]any{
				"strides",
				[]int64{1, 1, 2, 1},
				"padding",
				"EXPLICIT",
				"explicit_paddings",
				[]int64{0, 0, 0, 0, 1, 0, 0, 0},
			},
			core.Shape{1, 1, 2, 1},
			[]float32{10, 32},
		},
		"Conv2D dilated": {
			"Conv2D", list(real(dims{1, 1, 3, 1}, 1, 2, 3), real(dims{1, 2, 1, 1}, 1, 10)),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "VALID", "dilations", []int64{1, 1, 2, 1}},
			core.Shape{1, 1, 1, 1},
			[]float32{31},
		},
		"DepthwiseConv2dNative": { // channel c and multiplier m give output channel 2*c + m
			"DepthwiseConv2dNative", list(real(dims{1, 1, 1, 2}, 3, 5), real(dims{1, 1, 2, 2}, 1, 2, 10, 20)),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "VALID"},
			core.Shape{1, 1, 1, 4},
			[]float32{3, 6, 50, 100},
		},
		"DepthwiseConv2dNative NCHW": {
			"DepthwiseConv2dNative", list(real(dims{1, 2, 1, 1}, 3, 5), real(dims{1, 1, 2, 2}, 1, 2, 10, 20)),
			[]any{"strides", []int64{1, 1, 1, 1}, "padding", "VALID", "data_format", "NCHW"},
			core.Shape{1, 4, 1, 1},
			[]float32{3, 6, 50, 100},
		},
		"BiasAdd NHWC": {
			"BiasAdd",
			list(real(dims{1, 1, 2, 2}, 1, 2, 3, 4), real(dims{2}, 10, 20)),
			nil,
			core.Shape{1, 1, 2, 2},
			[]float32{11, 22, 13, 24},
		},
		"BiasAdd NCHW": {
			"BiasAdd",
			list(real(dims{1, 2, 1, 2}, 1, 2, 3, 4), real(dims{2}, 10, 20)),
			[]any{"data_format", "NCHW"},
			core.Shape{1, 2, 1, 2},
			[]float32{11, 12, 23, 24},
		},
		"MatMul": {
			"MatMul",
			list(real(dims{1, 2}, 1, 2), real(dims{2, 2}, 1, 10, 100, 1000)),
			nil,
			core.Shape{1, 2},
			[]float32{201, 2010},
		},
		"MatMul b^T": {
			"MatMul",
			list(real(dims{1, 2}, 1, 2), real(dims{2, 2}, 1, 10, 100, 1000)),
			[]any{"transpose_b", true},
			core.Shape{1, 2},
			[]float32{21, 2100},
		},
		"MatMul a^T": {
			"MatMul",
			list(real(dims{2, 1}, 1, 2), real(dims{2, 2}, 1, 10, 100, 1000)),
			[]any{"transpose_a", true},
			core.Shape{1, 2},
			[]float32{201, 2010},
		},
		"MaxPool": {
			"MaxPool",
			list(real(dims{1, 1, 4, 1}, 1, 5, 2, 3)),
			[]any{"ksize", []int64{1, 1, 2, 1}, "strides", []int64{1, 1, 2, 1}, "padding", "VALID"},
			core.Shape{1, 1, 2, 1},
			[]float32{5, 3},
		},
		"AvgPool SAME": {
			"AvgPool",
			list(real(dims{1, 1, 3, 1}, 1, 5, 3)),
			[]any{"ksize", []int64{1, 1, 2, 1}, "strides", []int64{1, 1, 2, 1}, "padding", "SAME"},
			core.Shape{1, 1, 2, 1},
			[]float32{3, 3},
		},
		"Mean": {
			"Mean",
			list(real(dims{2, 2}, 1, 3, 5, 7), integers(dims{1}, 1)),
			nil,
			core.Shape{2},
			[]float32{2, 6},
		},
		"Mean keeps": {
			"Mean",
			list(real(dims{2, 2}, 1, 3, 5, 7), integers(dims{}, -2)),
			[]any{"keep_dims", true},
			core.Shape{1, 2},
			[]float32{3, 5},
		},
		"Pad": {
			"Pad",
			list(real(dims{1, 2}, 1, 2), integers(dims{2, 2}, 0, 1, 2, 0)),
			nil,
			core.Shape{2, 4},
			[]float32{0, 0, 1, 2, 0, 0, 0, 0},
		},
		"PadV2": {
			"PadV2",
			list(real(dims{2}, 1, 2), integers(dims{1, 2}, 1, 1), real(dims{}, 9)),
			nil,
			core.Shape{4},
			[]float32{9, 1, 2, 9},
		},
		"MirrorPad": {
			"MirrorPad",
			list(real(dims{3}, 1, 2, 3), integers(dims{1, 2}, 1, 1)),
			[]any{"mode", "REFLECT"},
			core.Shape{5},
			[]float32{2, 1, 2, 3, 2},
		},
		"Transpose": {
			"Transpose",
			list(real(dims{1, 2, 3}, upTo(6)...), integers(dims{3}, 2, 0, 1)),
			nil,
			core.Shape{3, 1, 2},
			[]float32{0, 3, 1, 4, 2, 5},
		},
		"Reshape": {
			"Reshape",
			list(real(dims{2, 3}, upTo(6)...), integers(dims{2}, 3, -1)),
			nil,
			core.Shape{3, 2},
			upTo(6),
		},
		"ExpandDims": {
			"ExpandDims",
			list(real(dims{2}, 1, 2), integers(dims{}, -1)),
			nil,
			core.Shape{2, 1},
			[]float32{1, 2},
		},
		"Squeeze": {
			"Squeeze",
			list(real(dims{1, 2, 1}, 1, 2)),
			[]any{"squeeze_dims", []int64{-1}},
			core.Shape{1, 2},
			[]float32{1, 2},
		},
		"ConcatV2": {
			"ConcatV2",
			list(real(dims{1, 2}, 1, 2), real(dims{1, 1}, 3), integers(dims{}, 1)),
			[]any{"N", 2},
			core.Shape{1, 3},
			[]float32{1, 2, 3},
		},
		"Concat": {
			"Concat",
			list(integers(dims{}, 0), real(dims{1}, 1), real(dims{2}, 2, 3)),
			[]any{"N", 2},
			core.Shape{3},
			[]float32{1, 2, 3},
		},
		"Pack": {
			"Pack",
			list(real(dims{2}, 1, 2), real(dims{2}, 3, 4)),
			[]any{"N", 2, "axis", 1},
			core.Shape{2, 2},
			[]float32{1, 3, 2, 4},
		},
		"Unpack": {
			"Unpack",
			list(real(dims{2, 2}, 1, 2, 3, 4)),
			[]any{"num", 2, "axis", 1},
			core.Shape{2},
			[]float32{1, 3},
		},
		"Split": {
			"Split",
			list(integers(dims{}, 1), real(dims{1, 4}, 1, 2, 3, 4)),
			[]any{"num_split", 2},
			core.Shape{1, 2},
			[]float32{1, 2},
		},
		"SplitV": {
			"SplitV",
			list(real(dims{4}, 1, 2, 3, 4), integers(dims{2}, 3, -1), integers(dims{}, 0)),
			[]any{"num_split", 2, "Tlen", int32Type},
			core.Shape{3},
			[]float32{1, 2, 3},
		},
		"StridedSlice": {
			"StridedSlice",
			list(real(dims{2, 3}, upTo(6)...), integers(dims{2}, 1, 0), integers(dims{2}, 2, 3),
				integers(dims{2}, 1, 2)),
			[]any{"Index", int32Type, "shrink_axis_mask", 1},
			core.Shape{2},
			[]float32{3, 5},
		},
		"Slice": {
			"Slice",
			list(real(dims{4}, 1, 2, 3, 4), integers(dims{1}, 1), integers(dims{1}, 2)),
			[]any{"Index", int32Type},
			core.Shape{2},
			[]float32{2, 3},
		},
		"GatherV2": {
			"GatherV2",
			list(real(dims{2, 2}, 1, 2, 3, 4), integers(dims{1}, 1), integers(dims{}, 1)),
			[]any{"Tparams", float32Type, "Tindices", int32Type, "Taxis", int32Type},
			core.Shape{2, 1},
			[]float32{2, 4},
		},
		"Tile": {
			"Tile",
			list(real(dims{2}, 1, 2), integers(dims{1}, 2)),
			nil,
			core.Shape{4},
			[]float32{1, 2, 1, 2},
		},
		"Fill": {"Fill", list(integers(dims{2}, 1, 2), real(dims{}, 7)), nil, core.Shape{1, 2}, []float32{7, 7}},
		"OneHot": {
			"OneHot",
			list(integers(dims{2}, 1, 0), integers(dims{}, 2), real(dims{}, 5), real(dims{}, -5)),
			[]any{"TI", int32Type},
			core.Shape{2, 2},
			[]float32{-5, 5, 5, -5},
		},
		"AddN": {
			"AddN",
			list(real(dims{1}, 1), real(dims{1}, 2), real(dims{1}, 4)),
			[]any{"N", 3},
			core.Shape{1},
			[]float32{7},
		},
		"LeakyRelu": {
			"LeakyRelu",
			list(real(dims{2}, -2, 2)),
			[]any{"alpha_is_absent", true},
			core.Shape{2},
			[]float32{-0.4, 2},
		},
		"ClipByValue": {
			"ClipByValue",
			list(real(dims{3}, -2, 0, 2), real(dims{}, -1), real(dims{}, 1)),
			nil,
			core.Shape{3},
			[]float32{-1, 0, 1},
		},
		"Sub":     {"Sub", list(real(dims{2}, 5, 7), real(dims{}, 2)), nil, core.Shape{2}, []float32{3, 5}},
		"RealDiv": {"RealDiv", list(real(dims{2}, 5, 7), real(dims{}, 2)), nil, core.Shape{2}, []float32{2.5, 3.5}},
		"SelectV2": {
			"SelectV2",
			list(truth(true, false), real(dims{2}, 1, 2), real(dims{}, 9)),
			nil,
			core.Shape{2},
			[]float32{1, 9},
		},
		"FusedBatchNormV3": {
			"FusedBatchNormV3",
			list(real(dims{1, 1, 1, 2}, 3, 5), real(dims{2}, 2, 2), real(dims{2}, 1, 1), real(dims{2}, 1, 1),
				real(dims{2}, 3, 0.99)),
			[]any{"U", float32Type, "is_training", false, "epsilon", float32(0.01)},
			core.Shape{1, 1, 1, 2},
			[]float32{3.3055616, 9},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newGraph()
			var inputs []string
			for i, v := range c.inputs {
				in := string(rune('a' + i))
				b.constant(in, v)
				inputs = append(inputs, in)
			}
			attrs := append([]any{"T", float32Type}, c.attrs...)
			f, err := tf.Translate(b.node("op", c.op, inputs, attrs...).parse(t), tf.Options{})
			require.NoError(t, err)
			got, err := f.Eval(nil)
			require.NoError(t, err)
			assert.Equal(t, c.shape, got["op:0"].Shape())
			assert.InDeltaSlice(t, c.want, got["op:0"].Float32s(), 1e-6)
		})
	}
}

func list(v ...*tensorpb.TensorProto) []*tensorpb.TensorProto { return v }

func truth(v ...bool) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: boolType, TensorShape: shapeProto(int64(len(v))), BoolVal: v}
}

// wholes is a vector of int64.
func wholes(v ...int64) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: typespb.DataType_DT_INT64, TensorShape: shapeProto(int64(len(v))), Int64Val: v}
}
