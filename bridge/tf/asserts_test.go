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

// asserted is y = relu(x) with a control input on guard, what TensorFlow evaluates with it, if
// all of x are at least 0.
func asserted(guard string) *graphBuilder {
	b := newGraph().input("x", float32Type, 2).scalar("zero", 0).constant("axes", integers(dims{1}, 0)).
		constant("text", text("x is negative")).
		node("ge", "GreaterEqual", []string{"x", "zero"}, "T", float32Type).
		node("all", "All", []string{"ge", "axes"}, "Tidx", int32Type)
	if guard == "" {
		return b.node("y", "Relu", []string{"x"}, "T", float32Type)
	}
	return b.node("y", "Relu", []string{"x", "^" + guard}, "T", float32Type)
}

func text(s string) *tensorpb.TensorProto {
	return &tensorpb.TensorProto{
		Dtype: typespb.DataType_DT_STRING, TensorShape: shapeProto(), StringVal: [][]byte{[]byte(s)},
	}
}

// TestAsserts has the ways in which TensorFlow writes an Assert. Each is listed when it is left
// out, and fails the function when it is checked and x has a negative element.
func TestAsserts(t *testing.T) {
	types := []typespb.DataType{typespb.DataType_DT_STRING}
	for _, test := range []struct {
		name, node string
		graph      *graphBuilder
	}{
		{
			"of the node", "assert",
			asserted("assert").node("assert", "Assert", []string{"all", "text"}, "T", types),
		},
		{
			"behind other nodes", "assert",
			asserted("group").node("assert", "Assert", []string{"all", "text"}, "T", types).
				node("group", "NoOp", []string{"^assert"}),
		},
		{
			"of a conditional", "guard/Assert",
			asserted("guard/Merge").
				node("guard/Switch", "Switch", []string{"all", "all"}, "T", typespb.DataType_DT_BOOL).
				node("guard/f", "Identity", []string{"guard/Switch"}, "T", typespb.DataType_DT_BOOL).
				node("guard/t", "Identity", []string{"guard/Switch:1"}, "T", typespb.DataType_DT_BOOL).
				node("guard/cond", "Switch", []string{"all", "all"}, "T", typespb.DataType_DT_BOOL).
				node("guard/Assert", "Assert", []string{"guard/cond", "text", "^guard/f"}, "T", types).
				node("guard/no", "Identity", []string{"guard/f", "^guard/Assert"}, "T", typespb.DataType_DT_BOOL).
				node("guard/Merge", "Merge", []string{"guard/no", "guard/t"}, "T", typespb.DataType_DT_BOOL),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := tf.Translate(test.graph.parse(t), tf.Options{Outputs: []string{"y"}})
			require.NoError(t, err)
			assert.Equal(t, []string{test.node}, tf.LeftOut(f))
			_, err = run(f, -1, 2)
			require.NoError(t, err)

			f, err = tf.Translate(test.graph.parse(t), tf.Options{Outputs: []string{"y"}, CheckAsserts: true})
			require.NoError(t, err)
			assert.Empty(t, tf.LeftOut(f))
			y, err := run(f, 0, 2)
			require.NoError(t, err)
			assert.Equal(t, []float32{0, 2}, y)
			_, err = run(f, -1, 2)
			var o *core.OpError
			require.ErrorAs(t, err, &o)
			assert.Equal(t, test.node, o.Node)
			assert.EqualError(t, err, `node "`+test.node+`" (Assert): input 1: the assertion does not hold: x is negative `+
				`(Assert-C3)`)
		})
	}
}

// An Assert that TensorFlow does not evaluate for the outputs is not listed, nor checked.
func TestAssertsOfOtherOutputs(t *testing.T) {
	types := []typespb.DataType{typespb.DataType_DT_STRING}
	g := asserted("").node("assert", "Assert", []string{"all", "text"}, "T", types)
	for _, check := range []bool{false, true} {
		f, err := tf.Translate(g.parse(t), tf.Options{Outputs: []string{"y"}, CheckAsserts: check})
		require.NoError(t, err)
		assert.Empty(t, tf.LeftOut(f))
		_, err = run(f, -1, 2)
		require.NoError(t, err)
	}
}

// run evaluates a function of x with two elements.
func run(f *core.Function, x ...float32) ([]float32, error) {
	in, err := core.TensorOf(core.Shape{2}, x)
	if err != nil {
		return nil, err
	}
	out, err := f.Eval(map[string]*core.Tensor{"x": in})
	if err != nil {
		return nil, err
	}
	return out["y:0"].Float32s(), nil
}
