package tf_test

import (
	"fmt"
	"strconv"
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

// switchN is z = x+1, x+2 or x+3, chosen by p as a _SwitchN does, and where, the input that the Merge took.
func switchN(count int) *graphBuilder {
	b := newGraph().input("x", float32Type).input("p", int32Type).
		node("s", "_SwitchN", []string{"x", "p"}, "T", float32Type, "num_outs", count)
	var sums []string
	for i := range count {
		n := strconv.Itoa(i)
		b.scalar("c"+n, float32(i+1)).node("sum"+n, "Add", []string{"s:" + n, "c" + n}, "T", float32Type)
		sums = append([]string{"sum" + n}, sums...)
	}
	return b.node("m", "Merge", sums, "T", float32Type, "N", count).
		node("z", "Identity", []string{"m"}, "T", float32Type).node("where", "Identity", []string{"m:1"}, "T", int32Type)
}

// TestSwitchN chooses among three branches; a number of none chooses the last. The Merge has the
// branches in reverse order.
func TestSwitchN(t *testing.T) {
	for index, want := range map[int32]float32{-1: 3, 0: 1, 1: 2, 2: 3, 3: 3, 1 << 30: 3, -1 << 31: 3} {
		x := core.Scalar(float32(10))
		for name, c := range map[string]struct {
			opts  tf.Options
			feeds map[string]*core.Tensor
		}{
			"computed": {tf.Options{}, map[string]*core.Tensor{"x": x, "p": core.Scalar(index)}},
			"constant": {
				tf.Options{Constants: []tf.ConstantSpec{{Name: "p", Value: core.Scalar(index)}}}, map[string]*core.Tensor{"x": x},
			},
		} {
			t.Run(fmt.Sprint(name, " ", index), func(t *testing.T) {
				c.opts.Outputs = []string{"z", "where"}
				f, err := tf.Translate(switchN(3).parse(t), c.opts)
				require.NoError(t, err)
				out, err := f.Eval(c.feeds)
				require.NoError(t, err)
				assert.Equal(t, []float32{10 + want}, core.Data[float32](out["z:0"]))
				assert.Equal(t, []int32{3 - int32(want)}, core.Data[int32](out["where:0"]))
			})
		}
	}
}

// TestSwitchErrors refuses Switches that TensorFlow does not make.
func TestSwitchErrors(t *testing.T) {
	for name, c := range map[string]struct {
		graph *graphBuilder
		want  string
	}{
		"a negated number": {
			newGraph().input("x", float32Type).constant("p", integers(dims{}, 2)).
				node("not", "LogicalNot", []string{"p"}).
				node("s", "_SwitchN", []string{"x", "not"}, "T", float32Type, "num_outs", 3).
				node("y", "Merge", []string{"s", "s:1", "s:2"}, "T", float32Type, "N", 3),
			`node "not" (LogicalNot): input 0 (x): got type i32 from "p", want boolean as the node's attributes say`,
		},
		"no Merge": {
			newGraph().input("x", float32Type).input("p", boolType).
				node("s", "Switch", []string{"x", "p"}, "T", float32Type).
				node("y", "Identity", []string{"s:1"}, "T", float32Type),
			`no Merge joins it with the other`,
		},
		"a Merge of one branch and what stands on none": {
			newGraph().input("x", float32Type).input("p", boolType).
				node("s", "Switch", []string{"x", "p"}, "T", float32Type).
				node("y", "Merge", []string{"s:1", "x"}, "T", float32Type, "N", 2),
			`node "y" (Merge)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(c.graph.parse(t), tf.Options{Outputs: []string{"y"}})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestPredicates chooses x+1 or x+2 by two predicates, one within the other.
func TestPredicates(t *testing.T) {
	b := newGraph().input("x", float32Type).input("p", boolType).input("q", boolType).
		scalar("one", 1).scalar("two", 2).scalar("three", 3)
	add := func(name, x, y string) { b.node(name, "Add", []string{x, y}, "T", float32Type) }
	cut := func(name, x, p string, typ typespb.DataType) { b.node(name, "Switch", []string{x, p}, "T", typ) }
	cut("s", "x", "p", float32Type)
	cut("inner", "q", "p", boolType)
	cut("t", "s:1", "inner:1", float32Type)
	add("outside", "s", "one")
	add("no", "t", "two")
	add("yes", "t:1", "three")
	b.node("m", "Merge", []string{"no", "yes"}, "T", float32Type, "N", 2).
		node("y", "Merge", []string{"outside", "m"}, "T", float32Type, "N", 2)
	f, err := tf.Translate(b.parse(t), tf.Options{Outputs: []string{"y"}})
	require.NoError(t, err)
	for _, c := range []struct {
		p, q bool
		want float32
	}{{false, false, 11}, {false, true, 11}, {true, false, 12}, {true, true, 13}} {
		out, err := f.Eval(map[string]*core.Tensor{
			"x": core.Scalar(float32(10)), "p": core.Scalar(c.p), "q": core.Scalar(c.q),
		})
		require.NoError(t, err)
		assert.Equal(t, []float32{c.want}, core.Data[float32](out["y:0"]), "%v", c)
	}
}
