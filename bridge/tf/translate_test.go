package tf_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	typespb "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// small is x -> relu -> sum -> y, with a placeholder of unknown batch.
func small() *graphBuilder {
	return newGraph().
		input("x", float32Type, -1, 3).
		node("relu", "Relu", []string{"x"}, "T", float32Type).
		scalar("one", 1).
		node("sum", "AddV2", []string{"relu", "one"}, "T", float32Type).
		node("y", "Identity", []string{"sum"}, "T", float32Type)
}

func names(nodes []*core.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.Name)
	}
	return out
}

func TestTranslateFindsInputsAndOutputs(t *testing.T) {
	g := small().
		node("nothing", "NoOp", nil).
		node("after", "NoOp", []string{"^y"}).
		scalar("unused", 2)
	f, err := tf.Translate(g.parse(t), tf.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"x"}, names(f.Parameters))
	assert.Equal(t, []string{"y:0"}, names(f.Results))
	assert.Equal(t, "f32[?,3]", f.Results[0].Outputs()[0].String(), "an unknown batch stays unknown")
	assert.Equal(t, core.Origin{Node: "sum", Op: "AddV2"}, f.Names["sum:0"].Node.Origin)
	for _, name := range []string{"x:0", "relu:0", "one:0", "sum:0", "y:0"} {
		assert.Contains(t, f.Names, name)
	}
	assert.Equal(t, "auto", f.Meta[tf.MetaVersion])
}

func TestTranslateWantedOutputs(t *testing.T) {
	f, err := tf.Translate(small().parse(t), tf.Options{Outputs: []string{"relu", "sum:0"}, TFVersion: "2.12.1"})
	require.NoError(t, err)
	assert.Equal(t, []string{"relu:0", "sum:0"}, names(f.Results))
	assert.NotContains(t, f.Names, "y:0", "what no output needs is left out")
	assert.Equal(t, "2.13", f.Meta[tf.MetaVersion])
}

func TestTranslateCuts(t *testing.T) {
	g := newGraph().
		node("decode", "DecodeWebP", nil).
		node("sum", "AddV2", []string{"decode", "decode"}, "T", float32Type).
		node("parts", "Unpack", []string{"sum"}, "T", float32Type, "num", 2, "axis", 0).
		node("y", "Mul", []string{"parts", "parts:1"}, "T", float32Type).
		parse(t)
	for name, c := range map[string]struct {
		input tf.InputSpec
		want  []string
		fact  string
	}{
		"an op without translator, type from its reader": {
			tf.InputSpec{Name: "decode", Shape: core.Shape{2, 5}},
			[]string{"decode"},
			"f32[2,5]",
		},
		"a node": {tf.InputSpec{Name: "sum:0"}, []string{"sum"}, "f32?"},
		"a type": {
			tf.InputSpec{Name: "sum", Type: core.F32, Shape: core.Shape{2, core.Unknown}},
			[]string{"sum"},
			"f32[2,?]",
		},
		"all outputs": {tf.InputSpec{Name: "y"}, []string{"y"}, "f32?"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := tf.Translate(g, tf.Options{Inputs: []tf.InputSpec{c.input}})
			require.NoError(t, err)
			assert.Equal(t, c.want, names(f.Parameters))
			assert.Equal(t, c.fact, f.Parameters[0].Outputs()[0].String())
		})
	}
	f, err := tf.Translate(g, tf.Options{Inputs: []tf.InputSpec{{Name: "parts:1"}, {Name: "parts"}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"parts:1", "parts"}, names(f.Parameters))
}

func TestPlaceholderWithDefault(t *testing.T) {
	training := func(b *graphBuilder) *graphBuilder {
		return b.scalar("default", 7).
			node("d", "PlaceholderWithDefault", []string{"default"}, "dtype", float32Type, "shape", dims{}).
			node("y", "Neg", []string{"d"}, "T", float32Type)
	}
	alone, err := tf.Translate(training(newGraph()).parse(t), tf.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"d"}, names(alone.Parameters), "the only input")

	beside, err := tf.Translate(training(newGraph().input("x", float32Type, 1)).
		node("z", "Add", []string{"y", "x"}, "T", float32Type).parse(t), tf.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"x"}, names(beside.Parameters), "beside a Placeholder it has its default")
}

func TestTranslateErrors(t *testing.T) {
	loop := newGraph().input("x", float32Type, 1).
		node("a/b", "Foo", []string{"x"}).node("a/c", "Foo", []string{"a/b"}).
		node("c", "_QuantizedConv3D", []string{"a/c"}).node("s", "Switch", []string{"c"}).
		node("v", "VariableV2", nil).node("p", "PartitionedCall", []string{"s", "v"}).node("w", "While", []string{"p"})
	for name, c := range map[string]struct {
		graph *graphBuilder
		opts  tf.Options
		want  string
	}{
		"all unsupported ops at once": {loop, tf.Options{}, `unsupported ops: Foo (2 nodes, first "a/b"), ` +
			`_QuantizedConv3D (1 node "c": TensorFlow 2.21 does not register this op; Intel's builds of TensorFlow ` +
			`did), VariableV2 (1 node "v": a variable: freeze the graph first)`},
		"why quantized ops are unsupported": {
			newGraph().input("x", float32Type, 1).node("a", "_MklQuantizeV2", []string{"x"}).
				node("b", "_ITEXQuantizedConv2DV2", []string{"a"}).
				node("c", "QuantizedLeakyRelu", []string{"b"}).
				node("d", "FakeQuantWithMinMaxArgsGradient", []string{"c"}).node("e", "XlaDequantize", []string{"d"}),
			tf.Options{},
			`unsupported ops: _MklQuantizeV2 (1 node "a": it is made while a graph runs: take the graph ` +
				`as it was before), ` +
				`_ITEXQuantizedConv2DV2 (1 node "b": it is made while a graph runs: take the graph ` +
				`as it was before), ` +
				`QuantizedLeakyRelu (1 node "c": TensorFlow 2.21 does not register this op), ` +
				`FakeQuantWithMinMaxArgsGradient (1 node "d": training), ` +
				`XlaDequantize (1 node "e": TensorFlow runs it in clusters that XLA compiles, nowhere else)`,
		},
		"no such output": {
			small(),
			tf.Options{Outputs: []string{"z"}},
			`output "z": no node "z" in the graph; it has the inputs [x] and the outputs [y:0]`,
		},
		"no such output, similar": {
			small().node("deep/z", "Identity", []string{"x"}, "T", float32Type),
			tf.Options{Outputs: []string{"z:0"}},
			`output "z:0": no node "z" in the graph (did you mean "deep/z"?); ` +
				`it has the inputs [x] and the outputs [y:0 deep/z:0]`,
		},
		"output twice": {small(), tf.Options{Outputs: []string{"y", "y:0"}}, `output "y:0": given twice`},
		"output port": {
			small(),
			tf.Options{Outputs: []string{"y:1"}},
			`node "y" (Identity): has 1 output(s), but "y:1" is wanted`,
		},
		"control output": {
			small(),
			tf.Options{Outputs: []string{"^y"}},
			`output: tensor "^y": want NAME or NAME:PORT`,
		},
		"no such input": {
			small(),
			tf.Options{Inputs: []tf.InputSpec{{Name: "q"}}},
			`input "q": no node "q" in the graph; it has the inputs [x] and the outputs [y:0]`,
		},
		"input twice": {
			small(),
			tf.Options{Inputs: []tf.InputSpec{{Name: "x"}, {Name: "x:0"}}},
			`input "x:0": given twice`,
		},
		"input of no type": {
			loop,
			tf.Options{Inputs: []tf.InputSpec{{Name: "a/b"}}},
			`input "a/b:0": its element type is not known, since neither Foo nor an op that reads it is supported; ` +
				`name it behind the tensor, a/b:0:f32 for example`,
		},
		"shape contradicts": {
			small(),
			tf.Options{Inputs: []tf.InputSpec{{Name: "x", Shape: core.Shape{2, 4}}}},
			`input "x": got shape [2,4], but the graph says [?,3]`,
		},
		"unknown version": {
			small(),
			tf.Options{TFVersion: "3.0"},
			`version of TensorFlow: got "3.0", want auto or a version from 1.15 to 2.21`,
		},
		"constants alone": {
			newGraph().scalar("one", 1),
			tf.Options{},
			`no outputs found: every node is a constant, an input, or read by another; name the outputs`,
		},
		"broadcast": {
			small().constant("c", floats(1, 7)).node("z", "Mul", []string{"y", "c"}, "T", float32Type),
			tf.Options{},
			`node "z" (Mul): input 1 (y): got shape [7], which does not broadcast with the others: [[?,3] [7]] ` +
				`(Multiply-C3)`,
		},
		"a list's input": {
			small().constant("axis", zeroTensor(int32Type)).
				node("z", "ConcatV2", []string{"y", "one", "axis"}, "T", float32Type, "N", 2),
			tf.Options{},
			`node "z" (ConcatV2): input 1 (values[1]): got shape [], want the rank of the others, at least 1: ` +
				`[[?,3] []] (Concat-C3)`,
		},
		"N beyond inputs": {
			small().node("z", "AddN", []string{"y"}, "T", float32Type, "N", 1<<40),
			tf.Options{},
			`node "z" (AddN): attribute "N": got 1099511627776, want the number of inputs, of which the node has 1`,
		},
		"computed constant": {
			small().input("perm", int32Type, 2).node("z", "Transpose", []string{"y", "perm"}, "T", float32Type),
			tf.Options{},
			`node "z" (Transpose): input 1 (perm): is computed, want a constant`,
		},
		"dtype of a constant": {
			newGraph().node("c", "Const", nil, "dtype", qint8Type, "value", floats(1)).
				node("z", "Identity", []string{"c"}, "T", qint8Type),
			tf.Options{},
			`node "c" (Const): attribute "value": got a float tensor, want qint8 as attribute "dtype" says`,
		},
		"strings into floats": {
			small().constant("s", zeroTensor(typespb.DataType_DT_STRING)).
				node("z", "Mul", []string{"y", "s"}, "T", float32Type),
			tf.Options{},
			`node "z" (Mul): input 1 (y): got type string from "s", want f32 as the node's attributes say`,
		},
		"huge placeholder": {
			newGraph().input("x", float32Type, -1, 1<<30, 1<<30).node("y", "Neg", []string{"x"}, "T", float32Type),
			tf.Options{},
			`node "x" (Placeholder): got shape [?,1073741824,1073741824], want at most 1099511627776 elements`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(c.graph.parse(t), c.opts)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestErrorTypes(t *testing.T) {
	_, err := tf.Translate(quantizedConv(attr("strides", []int64{1})).parse(t), tf.Options{})
	var e *tf.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "conv", e.Node)
	assert.Equal(t, "QuantizedConv2DWithBiasAndRequantize", e.Op)
	_, err = tf.Translate(quantizedConv(replaced("min_y", zeroTensor(float32Type, 0))).parse(t), tf.Options{})
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 7, e.Input)
	assert.Equal(t, "min_freezed_output", e.InputName)
	_, err = tf.Translate(quantizedConv(replaced("w", zeroTensor(qint8Type, 5, 5, 2, 4))).parse(t), tf.Options{})
	var o *core.OpError
	require.ErrorAs(t, err, &o)
	assert.Equal(t, "IntegerConvolution", o.Op)
}

func TestParseInputSpec(t *testing.T) {
	for text, want := range map[string]string{
		"x":         `{x ? dynamic}`,
		"a/x:0":     `{a/x:0 ? dynamic}`,
		"x:1,8,8,3": `{x [1,8,8,3] dynamic}`,
		"x:?,8":     `{x [?,8] dynamic}`,
		"x:-1,8":    `{x [?,8] dynamic}`,
		"x:[5]":     `{x [5] dynamic}`,
		"x:[]":      `{x [] dynamic}`,
		"x:2:[5]":   `{x:2 [5] dynamic}`,
		"x:2:5,6":   `{x:2 [5,6] dynamic}`,
		"x:f32":     `{x ? f32}`,
		"x:1:u8":    `{x:1 ? u8}`,
		"x:i8:[5]":  `{x [5] i8}`,
		"x:0:f16:?": `{x:0 [?] f16}`,
		"":          `input "": want NAME, NAME:SHAPE or NAME:TYPE`,
		":3,4":      `input ":3,4": want NAME, NAME:SHAPE or NAME:TYPE`,
		"x:f32:":    `input "x:f32:": got dimension "", want a number, ? or -1`,
		"x:[5":      `input "x:[5": shape "[5" has one bracket`,
		"x:a,2":     `input "x:a,2": got dimension "a", want a number, ? or -1`,
		"x:-2,2":    `input "x:-2,2": got dimension "-2", want a number, ? or -1`,
		"x:":        `input "x:": got dimension "", want a number, ? or -1`,
		"x:1,":      `input "x:1,": got dimension "", want a number, ? or -1`,
		"x:99999999999999999999,1": `input "x:99999999999999999999,1": got dimension "99999999999999999999", want a ` +
			`number, ? or -1`,
	} {
		t.Run(text, func(t *testing.T) {
			got, err := tf.ParseInputSpec(text)
			if err != nil {
				assert.EqualError(t, err, want)
				return
			}
			assert.Equal(t, want, fmt.Sprint(got))
		})
	}
}

// TestSupported asserts that the slice of ops that the real models need is there.
func TestSupported(t *testing.T) {
	list := tf.Supported()
	have := map[string]tf.OpInfo{}
	for i, o := range list {
		have[o.Name] = o
		if i > 0 {
			assert.Less(t, list[i-1].Name, o.Name)
		}
	}
	assert.Equal(t, []string{"input:T", "min_range:float", "max_range:float"}, have["Dequantize"].Inputs)
	assert.Equal(t, []string{"output:dtype=float"}, have["Dequantize"].Outputs)
	assert.Contains(t, have, "FusedBatchNormV3")
}

// TestDeepGraph translates a chain that recursion would not survive.
func TestDeepGraph(t *testing.T) {
	b := newGraph().input("n0", float32Type, 1)
	const depth = 100_000
	for i := range depth {
		b.node(fmt.Sprintf("n%d", i+1), "Neg", []string{fmt.Sprintf("n%d", i)}, "T", float32Type)
	}
	f, err := tf.Translate(b.parse(t), tf.Options{})
	require.NoError(t, err)
	assert.Len(t, f.Nodes(), depth+2)
}

// TestFusedOps asserts what is said of lists of fused ops that TensorFlow has no kernel for.
func TestFusedOps(t *testing.T) {
	for _, c := range []struct {
		op    string
		fused []string
		want  string
	}{
		{
			"_FusedQuantizedConv2D",
			[]string{"Relu", "BiasAdd"},
			`got [Relu,BiasAdd], want steps of BiasAdd, Sum, Relu, Requantize in this order`,
		},
		{
			"_FusedQuantizedConv2D",
			[]string{"BiasAdd", "BiasAdd"},
			`got [BiasAdd,BiasAdd], want steps of BiasAdd, Sum, Relu, Requantize in this order`,
		},
		{"_FusedQuantizedConv2D", []string{"Sum", "Relu"}, `got [Sum,Relu], want BiasAdd before Sum`},
		{"_FusedQuantizedConv2D", []string{"BiasAdd", "Sum", "Requantize"}, `got Sum without Relu, want both`},
		{
			"_FusedQuantizedDepthwiseConv2D",
			[]string{"Elu"},
			`got [Elu], want steps of BiasAdd, Sum, Relu, Requantize in this order`,
		},
		{"_QuantizedMatMul", []string{
			"BiasAdd",
			"Elu",
			"Tanh",
		}, `got [BiasAdd,Elu,Tanh], want steps of BiasAdd, Add, ` +
			`Relu|Relu6|LeakyRelu|GeluApproximate|GeluExact|Tanh|Sigmoid|Elu, Dequantize|Requantize in this order`},
	} {
		b := newGraph().input("x", quint8Type, 1, 2).
			node("z", c.op, []string{"x"}, "Tdevice_inputs", []typespb.DataType{quint8Type},
				"Thost_inputs", []typespb.DataType{}, "Tdevice_outputs", []typespb.DataType{qint8Type}, "Thost_outputs",
				[]typespb.DataType{},
				"fused_ops", c.fused)
		_, err := tf.Translate(b.parse(t), tf.Options{})
		assert.EqualError(t, err, fmt.Sprintf(`node "z" (%s): attribute "fused_ops": %s`, c.op, c.want))
	}
}
