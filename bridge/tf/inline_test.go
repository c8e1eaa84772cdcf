package tf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	graphpb "github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// calling is x -> Neg -> call of f -> y, where f has the given text between its braces; the call has one input.
func calling(t testing.TB, op, attrs string, functions ...string) *graphBuilder {
	t.Helper()
	text := `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: 2 } } } } }
		node { name: "n" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
		node { name: "c" op: "` + op + `" input: "n" ` + attrs + ` }
		node { name: "y" op: "Identity" input: "c" attr { key: "T" value { type: DT_FLOAT } } } library {`
	for _, f := range functions {
		text += "function {" + f + "}\n"
	}
	g := &graphpb.GraphDef{}
	require.NoError(t, prototext.Unmarshal([]byte(text+"}"), g))
	return &graphBuilder{g}
}

// Parts of functions.
const (
	oneToOne = `input_arg { name: "a" type: DT_FLOAT } output_arg { name: "o" type: DT_FLOAT } `
	floatT   = ` attr { key: "T" value { type: DT_FLOAT } } `
	square   = `signature { name: "f" ` + oneToOne + `} node_def { name: "s" op: "Square" input: "a"` + floatT +
		`} ret { key: "o" value: "s:y:0" }`
	callsF     = `attr { key: "f" value { func { name: "f" } } } ` + oneInOneUp
	oneInOneUp = `attr { key: "Tin" value { list { type: DT_FLOAT } } } attr { key: "Tout" value { list { type: ` +
		`DT_FLOAT } } }`
)

// bodyNode is a node of a function.
func bodyNode(name, op, inputs, attrs string) string {
	text := fmt.Sprintf(`node_def { name: %q op: %q `, name, op)
	for _, in := range strings.Fields(inputs) {
		text += fmt.Sprintf("input: %q ", in)
	}
	return text + attrs + "} "
}

// TestInlinedCalls runs graphs that call functions on x = [2, -3], of which the call gets the negative.
func TestInlinedCalls(t *testing.T) {
	node := bodyNode
	typed := func(attr, name string) string {
		return `attr { key: "` + attr + `" value { placeholder: "` + name + `" } } `
	}
	for name, c := range map[string]struct {
		graph *graphBuilder
		names []string // tensors within the call
		want  []float32
	}{
		"PartitionedCall": {
			calling(t, "PartitionedCall", callsF, square),
			[]string{"c/s:0", "c:0"},
			[]float32{4, 9},
		},
		"StatefulPartitionedCall": {
			calling(t, "StatefulPartitionedCall", callsF, square),
			[]string{"c/s:0"},
			[]float32{4, 9},
		},
		"op is the function": {calling(t, "f", "", square), []string{"c/s:0"}, []float32{4, 9}},
		"output is an argument": {
			calling(t, "f", "", `signature { name: "f" `+oneToOne+`} ret { key: "o" value: "a" }`),
			[]string{"c:0"},
			[]float32{-2, 3},
		},
		"output is indexed": {
			calling(t, "f", "", `signature { name: "f" `+oneToOne+`} ret { key: "o" value: "a:0" }`),
			[]string{"c:0"},
			[]float32{-2, 3},
		},
		"nodes in any order, control inputs": {
			calling(t, "f", "",
				`signature { name: "f" `+oneToOne+`} `+node("e", "Exp", "s:z:0 ^z ^a", floatT)+
					node("s", "Sub", "a a:0", floatT)+node("z", "NoOp", "", "")+` ret { key: "o" value: "e:y" }`),
			[]string{"c/e:0", "c/s:0"},
			[]float32{1, 1},
		},
		"nested": {
			calling(t, "PartitionedCall", callsF, `signature { name: "f" `+oneToOne+`} `+
				node("p", "PartitionedCall", "a", strings.Replace(callsF, `name: "f"`, `name: "g"`, 1))+
				node("q", "g", "p:output:0", "")+` ret { key: "o" value: "q:o:0" }`,
				strings.Replace(square, `name: "f"`, `name: "g"`, 1)),
			[]string{"c/p/s:0", "c/q/s:0", "c/p:0"},
			[]float32{16, 81},
		},
		"placeholders of the call": {
			calling(t, "f", `attr { key: "X" value { type: DT_FLOAT } }`,
				`signature { name: "f" input_arg { name: "a" type_attr: "X" } `+
					`output_arg { name: "o" type_attr: "X" } } `+
					node("s", "Square", "a", typed("T", "X"))+` ret { key: "o" value: "s:y:0" }`),
			[]string{"c/s:0"},
			[]float32{4, 9},
		},
		"placeholders of the call of the call": {
			calling(t, "PartitionedCall",
				`attr { key: "f" value { func { name: "f" attr { key: "X" value { type: DT_FLOAT } } } } } `+oneInOneUp,
				`signature { name: "f" `+oneToOne+`} `+
					node("p", "PartitionedCall", "a",
						oneInOneUp+`attr { key: "f" value { func { name: "g" attr { key: "Y" value { placeholder: `+
							`"X" } } } } }`)+` ret { key: "o" value: "p:output:0" }`,
				`signature { name: "g" input_arg { name: "a" type_attr: "Y" } `+
					`output_arg { name: "o" type_attr: "Y" } } `+
					node("s", "Square", "a", typed("T", "Y"))+` ret { key: "o" value: "s:y:0" }`),
			[]string{"c/p/s:0"},
			[]float32{4, 9},
		},
		"outputs after a list": {
			calling(t, "f", "", `signature { name: "f" `+oneToOne+`} `+
				node("g", "g", "a a", `attr { key: "N" value { i: 2 } } attr { key: "M" value { i: 3 } }`)+
				node("s", "AddN", "g:all", floatT+`attr { key: "N" value { i: 3 } }`)+
				node("u", "Mul", "s:sum:0 g:one:0", floatT)+` ret { key: "o" value: "u:z:0" }`,
				`signature { name: "g" input_arg { name: "v" type: DT_FLOAT number_attr: "N" } output_arg { name: `+
					`"all" type: DT_FLOAT number_attr: "M" } output_arg { name: "one" type: DT_FLOAT } } `+
					node("s", "AddN", "v", floatT+typed("N", "N"))+
					node("i", "IdentityN", "v s:sum:0",
						`attr { key: "T" value { list { type: DT_FLOAT type: DT_FLOAT type: DT_FLOAT } } }`)+
					` ret { key: "one" value: "v:1" } ret { key: "all" value: "i:output" }`),
			[]string{"c/g/s:0", "c/g/i:2", "c/g:3"},
			[]float32{16, 36},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := c.graph.parse(t)
			f, err := tf.Translate(g, tf.Options{})
			require.NoError(t, err)
			assert.Equal(t, []string{"y:0"}, names(f.Results), "nodes within calls are not outputs")
			x, err := core.TensorOf(core.Shape{2}, []float32{2, -3})
			require.NoError(t, err)
			out, err := f.Eval(map[string]*core.Tensor{"x": x})
			require.NoError(t, err)
			assert.Equal(t, c.want, core.Data[float32](out["y:0"]))
			for _, tensor := range c.names {
				assert.Contains(t, f.Names, tensor)
				_, err := tf.Translate(g, tf.Options{Outputs: []string{tensor}})
				assert.NoError(t, err, "%s as the output", tensor)
			}
		})
	}
}

// TestInlinedNameIsFree calls a function whose node's name another node has.
func TestInlinedNameIsFree(t *testing.T) {
	g := calling(t, "f", "", square).node("c/s", "Neg", []string{"y"}, "T", float32Type)
	f, err := tf.Translate(g.parse(t), tf.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"c/s:0"}, names(f.Results))
	assert.Equal(t, core.Origin{Node: "c/s_1", Op: "Square"}, f.Names["c/s_1:0"].Node.Origin)
	assert.Equal(t, core.Origin{Node: "c/s", Op: "Neg"}, f.Names["c/s:0"].Node.Origin)
}

// TestCallsNotInlined asserts what is said of calls that cannot be inlined.
func TestCallsNotInlined(t *testing.T) {
	signature := `signature { name: "f" ` + oneToOne + `} `
	s := bodyNode("s", "Square", "a", floatT)
	reads := func(inputs string) string {
		return signature + bodyNode("s", "Square", inputs, floatT) + `ret { key: "o" value: "s:y:0" }`
	}
	returns := func(ret string) string { return signature + s + ret }
	var chain []string
	for i := range 70 {
		chain = append(chain,
			fmt.Sprintf(`signature { name: "f%d" %s} %s ret { key: "o" value: "s:o:0" }`, i, oneToOne,
				bodyNode("s", fmt.Sprintf("f%d", i+1), "a", "")))
	}
	chain = append(chain, strings.Replace(square, `"f"`, `"f70"`, 1))
	var tree []string
	for i := range 30 {
		next := fmt.Sprintf("f%d", i+1)
		tree = append(tree,
			fmt.Sprintf(`signature { name: "f%d" %s} %s %s ret { key: "o" value: "t:o:0" }`, i, oneToOne,
				bodyNode("s", next, "a", ""), bodyNode("t", next, "s:o:0", "")))
	}
	tree = append(tree, strings.Replace(square, `"f"`, `"f30"`, 1))
	for name, c := range map[string]struct {
		graph *graphBuilder
		want  string
	}{
		"no function named": {
			calling(t, "PartitionedCall", "", square),
			`node "c" (PartitionedCall): attribute "f": missing, want func`,
		},
		"function is missing": {
			calling(t, "PartitionedCall", callsF),
			`node "c" (PartitionedCall): function "f" is not in the graph's library`,
		},
		"two inputs wanted": {
			calling(t, "f", "",
				strings.Replace(square, "input_arg {", `input_arg { name: "b" type: DT_FLOAT } input_arg {`, 1)),
			`node "c" (f): function "f": got 1 inputs, want 2`,
		},
		"Tin of two": {
			calling(t, "PartitionedCall", strings.Replace(callsF, "type: DT_FLOAT", "type: DT_FLOAT type: DT_FLOAT", 1),
				square),
			`node "c" (PartitionedCall): attribute "Tin": got [float float], want [float] as function "f" has it`,
		},
		"Tout of another type": {
			calling(t, "PartitionedCall",
				`attr { key: "f" value { func { name: "f" } } } attr { key: "Tin" value { list { type: DT_FLOAT } } `+
					`} attr { key: "Tout" value { list { type: DT_INT32 } } }`, square),
			`node "c" (PartitionedCall): attribute "Tout": got [int32], want [float] as function "f" has it`,
		},
		"output not in ret": {
			calling(t, "f", "", returns("")),
			`node "c" (f): function "f": ret does not say what output "o" is`,
		},
		"output of no node": {
			calling(t, "f", "", returns(`ret { key: "o" value: "q:y:0" }`)),
			`node "c" (f): function "f": output "o": reads "q:y:0", which is neither an argument nor the output ` +
				`of a node`,
		},
		"output without its name": {
			calling(t, "f", "", returns(`ret { key: "o" value: "s" }`)),
			`node "c" (f): function "f": output "o": reads "s", which is neither an argument nor the output of a node`,
		},
		"output of another name": {
			calling(t, "f", "", returns(`ret { key: "o" value: "s:z:0" }`)),
			`node "c" (f): function "f": output "o": reads "s:z:0", but Square has no output "z"`,
		},
		"output beyond the list": {
			calling(t, "f", "", returns(`ret { key: "o" value: "s:y:1" }`)),
			`node "c" (f): function "f": output "o": reads "s:y:1", but the output has 1 value(s)`,
		},
		"argument beyond the list": {
			calling(t, "f", "", reads("a:1")),
			`node "c" (f): function "f": node "s" (Square): reads "a:1", but the argument has 1 value(s)`,
		},
		"input of no node": {
			calling(t, "f", "", reads("b")),
			`node "c" (f): function "f": node "s" (Square): reads "b", which is neither an argument nor the output ` +
				`of a node`,
		},
		"control input of no node": {
			calling(t, "f", "", reads("a ^b")),
			`node "c" (f): function "f": node "s" (Square): reads "^b", which is neither an argument nor the output ` +
				`of a node`,
		},
		"node twice": {
			calling(t, "f", "", signature+s+s),
			`node "c" (f): function "f": two nodes are named "s"`,
		},
		"argument twice": {
			calling(t, "f", "",
				strings.Replace(square, "input_arg {", `input_arg { name: "a" type: DT_FLOAT } input_arg {`, 1)),
			`node "c" (f): function "f": two arguments are named "a"`,
		},
		"argument without a type": {
			calling(t, "f", "", strings.Replace(square, "type: DT_FLOAT", "", 1)),
			`node "c" (f): function "f": argument "a" has no type`,
		},
		"placeholder not given": {
			calling(t, "f", "", strings.Replace(square, "type: DT_FLOAT } } }", `placeholder: "X" } } }`, 1)),
			`node "c/s" (Square): attribute "T": the call of function "f" has no attribute "X"`,
		},
		"type not given": {
			calling(t, "f", "", strings.Replace(square, "type: DT_FLOAT", `type_attr: "X"`, 1)),
			`node "c" (f): attribute "X": missing, want type`,
		},
		"length of a list is huge": {
			calling(t, "f", `attr { key: "N" value { i: 1099511627776 } }`,
				strings.Replace(square, "type: DT_FLOAT", `type: DT_FLOAT number_attr: "N"`, 1)),
			`node "c" (f): function "f": argument "a": got 1099511627776 values, want at most 65536`,
		},
		"calls itself": {
			calling(t, "f", "", signature+bodyNode("s", "f", "a", "")+`ret { key: "o" value: "s:o:0" }`),
			`node "c/s" (f): function "f" calls itself: f -> f`,
		},
		"calls itself by PartitionedCall": {
			calling(t, "f", "", signature+bodyNode("s", "g", "a", "")+`ret { key: "o" value: "s:o:0" }`,
				`signature { name: "g" `+oneToOne+`} `+bodyNode("p", "PartitionedCall", "a", callsF)+
					`ret { key: "o" value: "p:output:0" }`),
			`node "c/s/p" (PartitionedCall): function "f" calls itself: f -> g -> f`,
		},
		"nested too deep": {
			calling(t, "f0", "", chain...),
			`node "c` + strings.Repeat("/s", 64) + `" (f64): function "f64": calls are nested deeper than 64`,
		},
		"doubles at each level": {
			calling(t, "f0", "", tree...),
			`limit exceeded: inlining the calls of functions makes more than 262144 nodes, 4194304 inputs and ` +
				`attributes or 67108864 bytes of names`,
		},
		"an op within is unsupported": {
			calling(t, "f", "", strings.Replace(square, "Square", "Foo", 1)),
			`unsupported ops: Foo (1 node "c/s"); to do without them, end in front with --output n:0, or ` +
				`start behind with --input c/s:0`,
		},
		"control flow within": {
			calling(t, "f", "", strings.Replace(square, "Square", "StatelessWhile", 1)),
			`node "c/s" (StatelessWhile): attribute "T": got type, want list(type)`,
		},
		"an error within": {
			calling(t, "f", "", strings.Replace(square, "DT_FLOAT } } }", "DT_INT32 } } }", 1)),
			`node "c/s" (Square): input 0 (x): got type f32 from "n", want i32 as the node's attributes say`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := c.graph.parse(t)
			_, err := tf.Translate(g, tf.Options{})
			require.Error(t, err)
			if strings.HasPrefix(c.want, "limit exceeded") {
				require.ErrorIs(t, err, graphdef.ErrLimit)
				assert.Contains(t, err.Error(), c.want)
				return
			}
			assert.EqualError(t, err, c.want)
			var e *tf.Error
			var u *tf.UnsupportedError
			assert.True(t, errors.As(err, &e) || errors.As(err, &u), "%T", err)
			_, err = tf.Translate(g, tf.Options{Outputs: []string{"n"}})
			assert.NoError(t, err, "what no output needs is no error")
		})
	}
}
