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

// conditional is y = x+1 if the predicate is true, else x*5 by an op that is not supported
// where it is true, and the number of the branch.
func conditional(b *graphBuilder, predicate string) *graphBuilder {
	return b.input("x", float32Type, 1).
		node("switch", "Switch", []string{"x", predicate}, "T", float32Type).
		node("pivot", "Switch", []string{predicate, predicate}, "T", typespb.DataType_DT_BOOL).
		node("switch_t", "Identity", []string{"pivot:1"}, "T", typespb.DataType_DT_BOOL).
		node("one", "Const", []string{"^switch_t"}, "dtype", float32Type, "value", floats(1)).
		node("sum", "Add", []string{"switch:1", "one"}, "T", float32Type).
		node("drop", "FancyDropout", []string{"switch"}, "T", float32Type).
		node("merge", "Merge", []string{"drop", "sum"}, "T", float32Type).
		node("y", "Identity", []string{"merge"}, "T", float32Type).
		node("branch", "Identity", []string{"merge:1"}, "T", int32Type)
}

func boolean(v bool) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{Dtype: typespb.DataType_DT_BOOL, TensorShape: shapeProto(), BoolVal: []bool{v}}
}

// TestConditionals translates conditionals whose predicate is known and refuses others.
func TestConditionals(t *testing.T) {
	learning := func() *graphBuilder {
		return newGraph().constant("false", boolean(false)).
			node("phase", "PlaceholderWithDefault", []string{"false"}, "dtype", typespb.DataType_DT_BOOL, "shape",
				dims{})
	}
	for name, c := range map[string]struct {
		graph *graphBuilder
		want  string // of the error; without one the sum is taken
	}{
		"a constant": {conditional(newGraph().constant("p", boolean(true)), "p"), ""},
		"a negated default": {
			conditional(learning().node("p", "LogicalNot", []string{"phase"}), "p"), "",
		},
		"the other branch": {
			conditional(newGraph().constant("p", boolean(false)), "p"), `unsupported ops: FancyDropout (1 node "drop")`,
		},
		"an input": {
			conditional(newGraph().input("p", typespb.DataType_DT_BOOL), "p"),
			`unsupported ops: FancyDropout (1 node "drop"); to do without them, end in front with --output sum:0`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := tf.Translate(c.graph.parse(t), tf.Options{Outputs: []string{"y", "branch"}})
			if c.want != "" {
				require.EqualError(t, err, c.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, []string{"x"}, names(f.Parameters))
			x, err := core.TensorOf(core.Shape{1}, []float32{2})
			require.NoError(t, err)
			out, err := f.Eval(map[string]*core.Tensor{"x": x})
			require.NoError(t, err)
			assert.Equal(t, []float32{3}, core.Data[float32](out["y:0"]))
			assert.Equal(t, []int32{1}, core.Data[int32](out["branch:0"]))
		})
	}
	_, err := tf.Translate(conditional(newGraph().constant("p", boolean(true)), "p").parse(t),
		tf.Options{Outputs: []string{"switch:0"}})
	require.EqualError(t, err, `node "switch" (Switch): output 0 leads to the branch that is not taken`)
}
