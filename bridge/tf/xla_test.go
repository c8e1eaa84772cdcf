package tf_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
)

// xlaProduct is XlaDotV2 of [2,3] and [3,4], of a type, with dimension numbers.
func xlaProduct(typ typespb.DataType, numbers string) *graphBuilder {
	return newGraph().input("x", typ, 2, 3).input("y", typ, 3, 4).node("op", "XlaDotV2", []string{"x", "y"},
		"LhsT", typ, "RhsT", typ, "preferred_element_type", int32Type, "precision_config", "", "dimension_numbers", numbers)
}

// xlaConv is XlaConvV2 of an image [1,4,4,2] and filters [2,2,2,3] in NHWC and HWIO.
func xlaConv(batchGroups int, strides, padding []int32, groups int32) *graphBuilder {
	const numbers = "\x18\x02\x20\x03\x32\x02\x00\x01\x40\x03\x50\x03\x5a\x02\x01\x02\x62\x02\x01\x02"
	int8Type := typespb.DataType_DT_INT8
	rows := int64(len(padding) / 2)
	return newGraph().input("x", int8Type, 1, 4, 4, 2).constant("w", zeroTensor(int8Type, 2, 2, 2, 3)).
		constant("strides", integers(dims{int64(len(strides))}, strides...)).
		constant("padding", integers(dims{rows, 2}, padding...)).
		constant("ones", integers(dims{2}, 1, 1)).constant("groups", integers(dims{}, groups)).
		node("op", "XlaConvV2", []string{"x", "w", "strides", "padding", "ones", "ones", "groups"},
			"LhsT", int8Type, "RhsT", int8Type, "Tindices", int32Type, "preferred_element_type", int32Type,
			"precision_config", "", "dimension_numbers", numbers, "batch_group_count", batchGroups)
}

func TestXlaErrors(t *testing.T) {
	const dot, conv = `node "op" (XlaDotV2): `, `node "op" (XlaConvV2): `
	int8Type, two, none := typespb.DataType_DT_INT8, []int32{1, 1}, []int32{0, 0, 0, 0}
	for name, tt := range map[string]struct {
		graph *graphBuilder
		want  string // "" if it is taken
	}{
		"product":         {xlaProduct(int8Type, "\x0a\x01\x01\x12\x01\x00"), ""},
		"product of real": {xlaProduct(float32Type, ""), dot + `attribute "LhsT": got f32, want one of [i8]`},
		"product of batches": {
			xlaProduct(int8Type, "\x1a\x01\x00\x22\x01\x00"),
			dot + `attribute "dimension_numbers": got the batch axes [0] and [0], which are not supported, want none`,
		},
		"product along an axis that is not there": {
			xlaProduct(int8Type, "\x0a\x01\x05\x12\x01\x00"),
			dot + `attribute "dimension_numbers": got the contracting axes [5], want each once, of shape [2,3]`,
		},
		"product along more axes of one": {
			xlaProduct(int8Type, "\x0a\x01\x01"),
			dot + `attribute "dimension_numbers": got the contracting axes [1] and [], want as many`,
		},
		"no message": {
			xlaProduct(int8Type, "\xff"),
			dot + `attribute "dimension_numbers": is no serialized DotDimensionNumbers`,
		},
		"convolution": {xlaConv(1, two, none, 1), ""},
		"convolution of groups of batches": {
			xlaConv(2, two, none, 1),
			conv + `attribute "batch_group_count": got 2, which is not supported, want 1`,
		},
		"convolution of no groups": {
			xlaConv(1, two, none, 0),
			conv + `input 6 (feature_group_count): got 0, want 1 or more`,
		},
		"convolution with one stride": {
			xlaConv(1, two[:1], none, 1),
			conv + `input 2 (window_strides): got 1 numbers, want 2`,
		},
		"convolution with half a padding": {
			xlaConv(1, two, none[:2], 1),
			conv + `input 3 (padding): got shape [1,2], want [2,2]: before and after each spatial dimension`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(tt.graph.parse(t), tf.Options{})
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}
