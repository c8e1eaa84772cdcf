package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// listNode adds a node with the attributes of a list op. element is the name of a shape.
func listNode(b *graphBuilder, name, op string, inputs ...string) *graphBuilder {
	return b.node(name, op, inputs, "element_dtype", float32Type, "shape_type", int32Type, "dtype", float32Type, "T",
		float32Type)
}

// listGraph is a graph of constants that list ops take.
func listGraph() *graphBuilder {
	return newGraph().constant("shape", integers(dims{1}, 2)).constant("any", integers(dims{}, -1)).
		constant("0", integers(dims{}, 0)).constant("1", integers(dims{}, 1)).constant("2", integers(dims{}, 2)).
		constant("3", integers(dims{}, 3)).constant("-1", integers(dims{}, -1)).
		constant("a", real(dims{2}, 1, 2)).constant("b", real(dims{2}, 3, 4)).constant("long", real(dims{3}, 5, 6, 7)).
		constant("rows", real(dims{2, 2}, 1, 2, 3, 4)).constant("0_1", integers(dims{2}, 0, 1)).
		constant("2_0", integers(dims{2}, 2, 0)).constant("none", integers(dims{0})).
		constant("lengths", wholes(1, 1)).constant("unlike", wholes(1, 2))
}

// TestLists runs ops on lists. What they give is written out by TensorFlow's definitions.
func TestLists(t *testing.T) {
	add := listNode
	reserved := func(shape, count string) *graphBuilder {
		return add(listGraph(), "l", "TensorListReserve", shape, count)
	}
	two := func() *graphBuilder { return add(listGraph(), "l", "TensorListFromTensor", "rows", "shape") }
	array := func(size string, attrs ...any) *graphBuilder {
		return listGraph().node("l", "TensorArrayV3", []string{size}, append([]any{"dtype", float32Type}, attrs...)...)
	}
	grows := []any{"dynamic_size", true}
	for name, c := range map[string]struct {
		graph  *graphBuilder
		output string
		shape  core.Shape
		want   []float32
		err    string
	}{
		"reserve, stack": {
			add(reserved("shape", "2"), "y", "TensorListStack", "l", "shape"), "y", core.Shape{2, 2}, []float32{0, 0, 0, 0}, "",
		},
		"set, stack": {
			add(add(reserved("any", "2"), "s", "TensorListSetItem", "l", "1", "a"), "y", "TensorListStack", "s", "any"), "y",
			core.Shape{2, 2},
			[]float32{0, 0, 1, 2},
			"",
		},
		"stack of unset elements of an unknown shape": {
			add(reserved("any", "2"), "y", "TensorListStack", "l", "any"), "y", nil, nil,
			`node "y" (TensorListStack): input 0 (input_handle): ` +
				`is a list none of whose elements has been set, and their shape is not known`,
		},
		"stack of another shape": {
			add(two(), "y", "TensorListStack", "l", "0_1"), "y", nil, nil,
			`node "y" (TensorListStack): input 0 (input_handle): got shape [2,2], want [?,0,1]`,
		},
		"stack of another number": {
			two().node("y", "TensorListStack", []string{"l", "shape"}, "element_dtype", float32Type, "num_elements", 3), "y",
			nil, nil, `node "y" (TensorListStack): input 0 (input_handle): got shape [2,2], want [3,2]`,
		},
		"set, wrong index": {
			add(two(), "y", "TensorListSetItem", "l", "2", "a"), "y", nil, nil,
			`node "y" (SetRow): input 1: index: got 2, want one of the 2 rows (SetRow-C1)`,
		},
		"set, wrong shape": {
			add(two(), "y", "TensorListSetItem", "l", "1", "long"), "y", nil, nil,
			`node "y" (TensorListSetItem): input 2 (item): row: got shape [3], want [2]`,
		},
		"set behind the last, which grows": {
			add(two().node("s", "TensorListSetItem", []string{"l", "3", "a"}, "element_dtype", float32Type,
				"resize_if_index_out_of_bounds", true), "y", "TensorListStack", "s", "shape"), "y",
			core.Shape{4, 2},
			[]float32{1, 2, 3, 4, 0, 0, 1, 2},
			"",
		},
		"get": {add(two(), "y", "TensorListGetItem", "l", "1", "shape"), "y", core.Shape{2}, []float32{3, 4}, ""},
		"get, wrong index": {
			add(two(), "y", "TensorListGetItem", "l", "2", "shape"), "y", nil, nil,
			`node "y" (TensorListGetItem): input 1 (index): got index 2, want in [0, 2)`,
		},
		"gather, wrong index": {
			add(two(), "y", "TensorListGather", "l", "2_0", "shape"), "y", nil, nil,
			`node "y" (TensorListGather): input 1 (indices): got index 2, want in [0, 2)`,
		},
		"push, stack": {
			add(add(add(add(listGraph(), "l", "EmptyTensorList", "any", "-1"), "p", "TensorListPushBack", "l", "b"), "q",
				"TensorListPushBack", "p", "a"), "y", "TensorListStack", "q", "any"), "y",
			core.Shape{2, 2},
			[]float32{3, 4, 1, 2},
			"",
		},
		"push, wrong shape": {
			add(two(), "y", "TensorListPushBack", "l", "long"), "y", nil, nil,
			`node "y" (TensorListPushBack): `,
		},
		"pop": {add(two(), "y", "TensorListPopBack", "l", "shape"), "y:1", core.Shape{2}, []float32{3, 4}, ""},
		"pop, what stays": {
			add(add(two(), "p", "TensorListPopBack", "l", "shape"), "y", "TensorListStack", "p", "shape"), "y",
			core.Shape{1, 2},
			[]float32{1, 2},
			"",
		},
		"pop of none": {
			add(add(listGraph(), "l", "EmptyTensorList", "shape", "-1"), "y", "TensorListPopBack", "l", "shape"), "y:1", nil,
			nil,
			`node "y#item" (Gather): input 1 (indices): got index -1, want in [0, 0) (Gather-C3)`,
		},
		"concat": {
			add(two().constant("leading", wholes(0)), "y", "TensorListConcatV2", "l", "any", "leading"), "y",
			core.Shape{4},
			[]float32{1, 2, 3, 4},
			"",
		},
		"scatter": {
			add(add(listGraph(), "l", "TensorListScatterV2", "rows", "2_0", "shape", "-1"), "y", "TensorListStack", "l",
				"shape"), "y",
			core.Shape{3, 2},
			[]float32{3, 4, 0, 0, 1, 2},
			"",
		},
		"scatter, the number is no scalar": {
			add(add(listGraph(), "l", "TensorListScatterV2", "rows", "2_0", "shape", "none"), "y", "TensorListStack", "l",
				"shape"), "y", nil, nil, `node "l" (TensorListScatterV2): `,
		},
		"scatter into": {
			add(add(reserved("any", "3"), "s", "TensorListScatterIntoExistingList", "l", "rows", "2_0"), "y", "TensorListStack",
				"s", "any"), "y",
			core.Shape{3, 2},
			[]float32{3, 4, 0, 0, 1, 2},
			"",
		},
		"split": {
			add(add(listGraph(), "l", "TensorListSplit", "rows", "any", "lengths"), "y", "TensorListStack", "l", "any"), "y",
			core.Shape{2, 1, 2},
			[]float32{1, 2, 3, 4},
			"",
		},
		"split, unlike lengths": {
			add(add(listGraph(), "l", "TensorListSplit", "rows", "any", "unlike"), "y", "TensorListStack", "l", "any"), "y",
			nil, nil,
			`node "l" (TensorListSplit): input 2 (lengths): got [1 2], want one length: the elements of a list have one shape`,
		},
		"resize, longer": {
			add(add(two(), "r", "TensorListResize", "l", "3"), "y", "TensorListStack", "r", "any"), "y",
			core.Shape{3, 2},
			[]float32{1, 2, 3, 4, 0, 0},
			"",
		},
		"resize, shorter": {
			add(add(two(), "r", "TensorListResize", "l", "1"), "y", "TensorListStack", "r", "any"), "y",
			core.Shape{1, 2},
			[]float32{1, 2},
			"",
		},
		"resize of unset elements": {
			add(add(add(reserved("any", "1"), "r", "TensorListResize", "l", "2"), "s", "TensorListSetItem", "r", "1", "a"), "y",
				"TensorListStack", "s", "any"), "y",
			core.Shape{2, 2},
			[]float32{0, 0, 1, 2},
			"",
		},
		"array: write, read": {
			add(add(array("2"), "w", "TensorArrayWriteV3", "l", "1", "a", "l:1"), "y", "TensorArrayReadV3", "l", "1", "w"), "y",
			core.Shape{2},
			[]float32{1, 2},
			"",
		},
		"array: write behind the last": {
			add(add(array("2"), "v", "TensorArrayWriteV3", "l", "0", "a", "l:1"), "y", "TensorArrayWriteV3", "l", "2", "a", "v"),
			"y", nil, nil,
			`node "y" (SetRow): input 1: index: got 2, want one of the 2 rows (SetRow-C1)`,
		},
		"array: write behind the last, which grows": {
			add(add(array("0", grows...), "w", "TensorArrayWriteV3", "l", "1", "a", "l:1"), "y", "TensorArrayGatherV3", "l",
				"0_1", "w"), "y",
			core.Shape{2, 2},
			[]float32{0, 0, 1, 2},
			"",
		},
		"array: scatter of fewer than it has, which grows": {
			add(add(add(array("3", grows...), "w", "TensorArrayScatterV3", "l", "0_1", "rows", "l:1"), "size",
				"TensorArraySizeV3", "l", "w"), "y", "TensorArrayReadV3", "l", "2", "w"), "y",
			core.Shape{2},
			[]float32{0, 0},
			"",
		},
		"array: scatter of other rows than indices": {
			add(array("2").constant("three", real(dims{3, 1}, 1, 2, 3)), "y", "TensorArrayScatterV3", "l", "0_1", "three",
				"l:1"), "y", nil, nil,
			`node "y" (TensorArrayScatterV3): input 2 (value): got shape [3,1], want [2,1]`,
		},
		"array: concat": {
			add(add(array("2"), "w", "TensorArrayScatterV3", "l", "0_1", "rows", "l:1"), "y", "TensorArrayConcatV3", "l", "w"),
			"y",
			core.Shape{4},
			[]float32{1, 2, 3, 4},
			"",
		},
		"array: concat of scalars": {
			add(add(array("2"), "w", "TensorArrayScatterV3", "l", "0_1", "a", "l:1"), "y", "TensorArrayConcatV3", "l", "w"),
			"y", nil, nil,
			`node "y" (TensorArrayConcatV3): got a list of shape [2], want elements with one axis at least, of known rank`,
		},
		"array: split": {
			add(add(array("2"), "w", "TensorArraySplitV3", "l", "rows", "lengths", "l:1"), "y", "TensorArrayReadV3", "l", "1",
				"w"), "y",
			core.Shape{1, 2},
			[]float32{3, 4},
			"",
		},
		"array: a handle that is none": {
			add(array("2").node("h", "Const", nil, "dtype", typespb.DataType_DT_BOOL, "value",
				zeroTensor(typespb.DataType_DT_BOOL, 0)), "y", "TensorArrayWriteV3", "h", "1", "a", "l:1"), "y", nil, nil,
			`node "y" (TensorArrayWriteV3): input 0 (handle): `,
		},
		"array: read of none": {
			add(array("2"), "y", "TensorArrayReadV3", "l", "1", "l:1"), "y", nil, nil,
			`node "y" (TensorArrayReadV3): input 2 (flow_in): ` +
				`is a list none of whose elements has been set, and their shape is not known`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := tf.Translate(c.graph.parse(t), tf.Options{Outputs: []string{c.output}})
			var out map[string]*core.Tensor
			if err == nil {
				out, err = f.Eval(nil)
			}
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			y := out[f.Results[0].Name]
			assert.Equal(t, c.shape, y.Shape())
			assert.Equal(t, c.want, core.Data[float32](y))
		})
	}
}
