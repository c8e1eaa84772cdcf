package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// looped is a loop without a frame's name from relu(x) on, behind which y = -sub, sub = relu(loop), and a
// second output z = relu(relu(x)) that needs nothing of it.
func looped() *graphBuilder {
	return newGraph().input("x", float32Type, 2).
		node("a", "Relu", []string{"x"}, "T", float32Type).
		node("enter", "Enter", []string{"a"}, "T", float32Type).
		node("merge", "Merge", []string{"enter", "next"}, "T", float32Type).
		node("cond", "LoopCond", []string{"x"}).
		node("switch", "Switch", []string{"merge", "cond"}, "T", float32Type).
		node("next", "NextIteration", []string{"switch:1"}, "T", float32Type).
		node("exit", "Exit", []string{"switch"}, "T", float32Type).
		node("sub", "Relu", []string{"exit"}, "T", float32Type).
		node("y", "Neg", []string{"sub"}, "T", float32Type).
		node("a2", "Relu", []string{"x"}, "T", float32Type).
		node("z", "Relu", []string{"a2"}, "T", float32Type)
}

func described(list []tf.Endpoint) []string {
	var names []string
	for _, e := range list {
		names = append(names, e.Name+" "+e.Type.String()+e.Shape.String())
	}
	return names
}

// A loop is told with all else in the way, with the graph's ends and the places to cut it.
func TestUnsupportedTellsTheWays(t *testing.T) {
	_, err := tf.Translate(looped().parse(t), tf.Options{})
	var u *tf.UnsupportedError
	require.ErrorAs(t, err, &u)
	const why = "part of a while loop that is not as TensorFlow writes them"
	assert.EqualError(t, err, `unsupported ops: Enter (1 node "enter": `+why+`), Merge (1 node "merge": `+why+
		`), LoopCond (1 node "cond": `+why+`), Switch (1 node "switch": `+why+`), NextIteration (1 node "next": `+why+
		`), Exit (1 node "exit": `+why+`); to do without them, end in front with --output z:0 --output a:0, `+
		`or start behind with --input exit:0`)
	assert.Equal(t, []string{"x f32[2]"}, described(u.Inputs))
	assert.Equal(t, []string{"y:0 f32?", "z:0 f32?"}, described(u.Outputs))

	for _, opts := range []tf.Options{
		{Outputs: u.Front},
		{Inputs: []tf.InputSpec{{Name: u.Behind[0]}}},
		{Inputs: []tf.InputSpec{{Name: "sub"}}, Outputs: []string{"y"}},
	} {
		_, err := tf.Translate(looped().parse(t), opts)
		assert.NoError(t, err, "%v", opts)
	}
}

func TestWays(t *testing.T) {
	branch := func() *graphBuilder {
		return newGraph().input("x", float32Type, 2).constant("c", floats(1)).
			node("a", "Relu", []string{"x"}, "T", float32Type).
			node("b", "Add", []string{"a", "c"}, "T", float32Type).
			node("odd", "Frobnicate", []string{"a", "b", "c"}).
			node("y", "Relu", []string{"odd:1"}, "T", float32Type)
	}
	many := newGraph().input("x", float32Type, 2)
	inputs := []string{"a", "b", "c", "d", "e", "f"}
	for _, name := range inputs {
		many = many.node(name, "Relu", []string{"x"}, "T", float32Type)
	}
	for _, test := range []struct {
		name  string
		graph *graphBuilder
		opts  tf.Options
		want  string
	}{
		{
			"the last in front, not all", branch(),
			tf.Options{},
			`unsupported ops: Frobnicate (1 node "odd"); to do without them, end in front with --output b:0, or start behind ` +
				`with --input odd:1`,
		},
		{
			"an output that is not supported", branch(),
			tf.Options{Outputs: []string{"odd"}},
			`unsupported ops: Frobnicate (1 node "odd"); to do without them, end in front with --output b:0`,
		},
		{
			"nothing in front of an input", branch(),
			tf.Options{Inputs: []tf.InputSpec{{Name: "a"}, {Name: "b"}}},
			`unsupported ops: Frobnicate (1 node "odd"); to do without them, start behind with --input odd:1`,
		},
		{
			"many", many.node("odd", "Frobnicate", inputs),
			tf.Options{},
			`unsupported ops: Frobnicate (1 node "odd"); to do without them, end in front with --output a:0 --output b:0 ` +
				`--output c:0 --output d:0 and 2 more`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tf.Translate(test.graph.parse(t), test.opts)
			assert.EqualError(t, err, test.want)
		})
	}
}

// A cycle of supported ops is no loop.
func TestCycle(t *testing.T) {
	g := newGraph().input("x", float32Type, 2).
		node("a", "Add", []string{"x", "b"}, "T", float32Type).
		node("b", "Relu", []string{"a"}, "T", float32Type).
		node("y", "Relu", []string{"b"}, "T", float32Type)
	_, err := tf.Translate(g.parse(t), tf.Options{})
	require.ErrorIs(t, err, graphdef.ErrCycle)
	assert.EqualError(t, err, `node "a" (Add): is on a cycle, a -> b -> a`)
	_, err = tf.Translate(g.parse(t), tf.Options{Inputs: []tf.InputSpec{{Name: "b"}}})
	assert.NoError(t, err)
}

// The outputs that are found are all of a node's; those that an op does not give, and those on a
// branch that is not taken, are left out. An Exit that nothing reads is none.
func TestFindsAllOutputs(t *testing.T) {
	for _, test := range []struct {
		name  string
		graph *graphBuilder
		want  []string
	}{
		{
			"several",
			newGraph().input("x", float32Type, 4).constant("k", integers(dims{}, 2)).
				node("y", "TopKV2", []string{"x", "k"}, "T", float32Type),
			[]string{"y:0", "y:1"},
		},
		{
			"a call with three results", callAlone(t),
			[]string{"c:0", "c:1", "c:2"},
		},
		{
			"the branch taken",
			newGraph().input("x", float32Type, 4).constant("p", boolean(true)).
				node("y", "Switch", []string{"x", "p"}, "T", float32Type),
			[]string{"y:1"},
		},
		{
			"behind the branch taken",
			newGraph().input("x", float32Type, 4).constant("p", boolean(true)).
				node("s", "Switch", []string{"x", "p"}, "T", float32Type).
				node("no", "Relu", []string{"s:0"}, "T", float32Type).
				node("yes", "Relu", []string{"s:1"}, "T", float32Type),
			[]string{"yes:0"},
		},
		{
			"an Exit",
			newGraph().input("x", float32Type, 4).node("e", "Exit", []string{"x"}, "T", float32Type).
				node("y", "Relu", []string{"x"}, "T", float32Type),
			[]string{"y:0"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := tf.Translate(test.graph.parse(t), tf.Options{})
			require.NoError(t, err)
			var got []string
			for _, r := range f.Results {
				got = append(got, r.Name)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// callAlone is a graph that ends in a call of a function with three results.
func callAlone(t *testing.T) *graphBuilder {
	g := calling(t, "f", "", `signature { name: "f" input_arg { name: "a" type: DT_FLOAT }
		output_arg { name: "o" type: DT_FLOAT } output_arg { name: "p" type: DT_FLOAT } output_arg { name: "q" type: DT_FLOAT } }
		node_def { name: "s" op: "Square" input: "a"`+floatT+`}
		ret { key: "o" value: "s:y:0" } ret { key: "p" value: "a" } ret { key: "q" value: "s:y:0" }`)
	g.proto.Node = g.proto.Node[:len(g.proto.Node)-1] // without what reads the first
	return g
}

// What is found is bounded.
func TestTooManyOutputs(t *testing.T) {
	g := newGraph().input("x", float32Type, 1<<16).constant("axis", integers(dims{}, 0))
	for _, name := range []string{"a", "b"} {
		g = g.node(name, "Split", []string{"axis", "x"}, "T", float32Type, "num_split", 1<<15+1)
	}
	_, err := tf.Translate(g.parse(t), tf.Options{})
	require.ErrorIs(t, err, graphdef.ErrLimit)
	assert.EqualError(t, err, "limit exceeded: more than 65536 outputs found: name those that are wanted")
}

// Nodes that are malformed are told with the graph around them, as unsupported ops are.
func TestMalformedTellsTheWays(t *testing.T) {
	graph := newGraph().input("x", float32Type, 2).
		node("a", "Relu", []string{"x"}, "T", float32Type).
		node("m", "MatMul", []string{"a", "a"}, "T", float32Type).
		node("y", "Relu", []string{"m"}, "T", float32Type).
		node("p", "Softmax", []string{"x"}, "T", float32Type).
		node("n", "MatMul", []string{"p", "x"}, "T", float32Type)
	_, err := tf.Translate(graph.parse(t), tf.Options{})
	var e *tf.Error
	require.ErrorAs(t, err, &e)
	assert.EqualError(t, err, `node "m" (MatMul): input 0 (a): got shape [2], want rank 2: a matrix`)
	require.NotNil(t, e.Graph)
	assert.EqualError(t, e.Graph, `unsupported ops: MatMul (1 node "m": input 0 (a): got shape [2], want rank 2: a `+
		`matrix), MatMul (1 node "n": input 0 (a): got shape [2], want rank 2: a matrix); to do without them, `+
		`end in front with --output a:0 --output p:0`)
	assert.Equal(t, []string{"x f32[2]"}, described(e.Graph.Inputs))
	assert.Equal(t, []string{"y:0 f32?", "n:0 f32?"}, described(e.Graph.Outputs))
	assert.Equal(t, map[string]int{"Placeholder": 1, "Relu": 2, "Softmax": 1}, e.Graph.Supported)
}
