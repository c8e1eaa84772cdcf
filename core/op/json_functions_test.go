package op_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// nested is a function with a loop whose body has a branch; the names of two functions are equal.
func nested(t testing.TB) *core.Function {
	l := newLoop(t, whole(), real32(2, 3), real32(3))
	parity := l.body.Apply(&pointwise.FloorMod{}, l.b[0], number(2))
	chosen := l.body.Named("choose", choice(t), parity, l.b[1], l.b[2])
	loop := &control.Loop{Condition: l.below(number(3)), Body: l.body.Results(l.next(), chosen)}
	loop.Condition.Name = "choice0"
	g := testgraph.NewGraph(t, "nested")
	x, y := g.Parameter("x", core.F32, 2, 3), g.Parameter("y", core.F32, 3)
	return g.Results(g.Named("while", loop, number(0), x, y).Node.Out(1))
}

const nestedText = `function "nested"
%0 = Parameter() type=f32 shape=[2,3] : f32[2,3]  # "x"
%1 = Parameter() type=f32 shape=[3] : f32[3]  # "y"
%2 = Constant() [0] : i32[]
%3 = Loop(%2, %0, %1) condition="choice0" body="body" : i32[], f32[2,3]  # "while"
%4 = Result(%3:1) : f32[2,3]  # "0"
function "choice0"
%0 = Parameter() type=i32 shape=[] : i32[]  # "p0"
%1 = Parameter() type=f32 shape=[2,3] : f32[2,3]  # "p1"
%2 = Parameter() type=f32 shape=[3] : f32[3]  # "p2"
%3 = Constant() [3] : i32[]
%4 = Compare(%0, %3) relation=Less : boolean[]  # "Compare"
%5 = Constant() [0] : i32[]
%6 = Compare(%0, %5) relation=GreaterEqual : boolean[]  # "Compare"
%7 = Logical(%4, %6) : boolean[]  # "Logical"
%8 = Result(%7) : boolean[]  # "0"
function "body"
%0 = Parameter() type=i32 shape=[] : i32[]  # "p0"
%1 = Parameter() type=f32 shape=[2,3] : f32[2,3]  # "p1"
%2 = Parameter() type=f32 shape=[3] : f32[3]  # "p2"
%3 = Constant() [1] : i32[]
%4 = Add(%0, %3) : i32[]  # "Add"
%5 = Result(%4) : i32[]  # "0"
%6 = Constant() [2] : i32[]
%7 = FloorMod(%0, %6) : i32[]  # "FloorMod"
%8 = Branch(%7, %1, %2) branch0="choice0#2" branch1="choice1" branch2="choice2" : f32[2,3]  # "choose"
%9 = Result(%8) : f32[2,3]  # "1"
function "choice0#2"
%0 = Parameter() type=f32 shape=[?,3] : f32[?,3]  # "x"
%1 = Parameter() type=f32 shape=[3] : f32[3]  # "y"
%2 = Add(%0, %1) : f32[?,3]  # "Add"
%3 = Result(%2) : f32[?,3]  # "0"
function "choice1"
%0 = Parameter() type=f32 shape=[?,3] : f32[?,3]  # "x"
%1 = Parameter() type=f32 shape=[3] : f32[3]  # "y"
%2 = Multiply(%0, %1) : f32[?,3]  # "Multiply"
%3 = Result(%2) : f32[?,3]  # "0"
function "choice2"
%0 = Parameter() type=f32 shape=[?,3] : f32[?,3]  # "x"
%1 = Parameter() type=f32 shape=[3] : f32[3]  # "y"
%2 = Result(%0) : f32[?,3]  # "0"
`

func TestFunctionsAreWritten(t *testing.T) {
	f := nested(t)
	assert.Equal(t, nestedText, f.Text())
	graph, tensors, err := f.EncodeJSON()
	require.NoError(t, err)
	g, err := core.DecodeJSON(graph, tensors)
	require.NoError(t, err)
	assert.Equal(t, nestedText, g.Text())
	again, _, err := g.EncodeJSON()
	require.NoError(t, err)
	assert.Equal(t, string(graph), string(again))
	inputs := map[string]*core.Tensor{
		"x": tensor(t, core.Shape{2, 3}, float32(1), 2, 3, 4, 5, 6), "y": tensor(t, core.Shape{3}, float32(2), 3, 4),
	}
	for _, h := range []*core.Function{f, g} {
		got, err := h.Eval(inputs)
		require.NoError(t, err)
		assert.Equal(t, []float32{8, 18, 32, 14, 27, 44}, core.Data[float32](got["0"])) // (x+y)*y+y
	}
}

// chain is a function that calls others so deep.
func chain(t testing.TB, deep int) *core.Function {
	g := testgraph.NewGraph(t, fmt.Sprintf("f%d", deep))
	x := g.Parameter("x", core.F32)
	if deep > 0 {
		x = g.Named("call", &control.Branch{Branches: []*core.Function{chain(t, deep-1)}}, number(0), x)
	}
	return g.Results(x)
}

func TestFunctionsThatCannotBeRead(t *testing.T) {
	graph, tensors, err := nested(t).EncodeJSON()
	require.NoError(t, err)
	valid := string(graph)
	const (
		body   = `node 3: "while" (Loop): function "body": `
		choose = body + `node 8: "choose" (Branch): `
	)
	for _, test := range []struct{ name, old, new, want string }{
		{
			"missing", `"choice2":{`, `"choice3":{`,
			choose + `no function "choice2"`,
		},
		{
			"itself", `"functions":["choice0#2","choice1","choice2"]`, `"functions":["choice0#2","choice1","body"]`,
			choose + `function "body" calls itself`,
		},
		{
			"unused", `"choice2":{`, `"other":{"nodes":[],"parameters":[],"results":[]},"choice2":{`,
			`function "other": no node names it`,
		},
		{"no name", `"choice2":{`, `"":{`, `field "functions": field "": got a function without a name`},
		{"no object", `"choice2":{`, `"choice2":7,"x":{`, choose + `function "choice2": got 7, want an object`},
		{
			"no results", `"choice2":{"parameters":[0,1],"results":[2],`, `"choice2":{"parameters":[0,1],`,
			choose + `function "choice2": want the fields nodes, parameters and results`,
		},
		{
			"names", `"choice2":{`, `"choice2":{"names":{},`,
			choose + `function "choice2": field "names": unknown field`,
		},
		{
			"parameter not listed", `"choice1":{"parameters":[0,1]`, `"choice1":{"parameters":[0]`,
			choose + `function "choice1": ` +
				`function: node "y" (Parameter) is read, but is not among the parameters`,
		},
		{
			"too few", `"functions":["choice0","body"]`, `"functions":["choice0"]`,
			`node 3: "while" (Loop): got 1 functions, want ["condition" "body"]`,
		},
		{
			"of another op", `"op":"FloorMod",`, `"op":"FloorMod","functions":["choice2"],`,
			body + `node 7: "FloorMod" (FloorMod): got functions, which the op does not call`,
		},
		{
			"schema 1", `"schema":2`, `"schema":1`, `field "functions": unknown field in schema 1: want schema 2`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Contains(t, valid, test.old)
			_, err := core.DecodeJSON([]byte(strings.Replace(valid, test.old, test.new, 1)), tensors)
			require.ErrorIs(t, err, core.ErrJSON)
			assert.EqualError(t, err, "invalid graph JSON: "+test.want)
		})
	}
}

func TestFunctionsCallEachOtherSoDeepAtMost(t *testing.T) {
	f := chain(t, core.MaxCallDepth)
	require.NoError(t, f.Check())
	graph, tensors, err := f.EncodeJSON()
	require.NoError(t, err)
	_, err = core.DecodeJSON(graph, tensors)
	require.NoError(t, err)

	one := core.NewConstant(core.Scalar(float32(1)))
	_, err = core.NewNode(&control.Branch{Branches: []*core.Function{f}}, number(0), one)
	assert.EqualError(t, err, "Branch: branch 0: function: functions call each other deeper than 8 (Branch-C1)")
	deeper := strings.Replace(string(graph), `"functions":["f0"]`, `"functions":["more"]`, 1)
	deeper = strings.Replace(deeper, `"f0":{`, `"more":{"parameters":[0],"results":[3],"nodes":[`+
		`{"op":"Parameter","name":"x","attributes":{"type":"f32","shape":[]},`+
		`"outputs":[{"type":"f32","shape":[]}],"origin":{}},`+
		`{"op":"Convert","attributes":{"type":"i32"},"inputs":[[0,0]],"outputs":[{"type":"i32","shape":[]}],"origin":{}},`+
		`{"op":"Branch","functions":["f0"],"inputs":[[1,0],[0,0]],"outputs":[{"type":"f32","shape":[]}],"origin":{}},`+
		`{"op":"Result","name":"0","inputs":[[2,0]],"outputs":[{"type":"f32","shape":[]}],"origin":{}}]},"f0":{`, 1)
	_, err = core.DecodeJSON([]byte(deeper), tensors)
	assert.ErrorContains(t, err, `function "f0": functions call each other deeper than 8`)
}

// Functions that call others many times are as many functions.
func TestCallsMultiplyNodes(t *testing.T) {
	f := chain(t, 0)
	var err error
	for deep := 1; deep <= core.MaxCallDepth && err == nil; deep++ {
		g := testgraph.NewGraph(t, fmt.Sprintf("f%d", deep))
		x := g.Parameter("x", core.F32)
		for range 16 {
			var n *core.Node
			if n, err = core.NewNode(&control.Branch{Branches: []*core.Function{f}}, number(0), x); err != nil {
				break
			}
			x = n.Out(0)
		}
		f = g.Results(x)
	}
	assert.ErrorContains(t, err, "it calls functions of more than 1048576 nodes (Branch-C1)")
}

// A file with many calls of one function is refused before each is checked.
func TestCallsOfAFileAreBounded(t *testing.T) {
	b, g := testgraph.NewGraph(t, "big"), testgraph.NewGraph(t, "main")
	big := b.Results(b.Apply(&pointwise.Unary{Function: pointwise.Negative}, b.Parameter("x", core.F32)))
	x, i := g.Parameter("x", core.F32), g.Parameter("i", core.I32)
	f := g.Results(g.Named("call", &control.Branch{Branches: []*core.Function{big}}, i, x))
	graph, tensors, err := f.EncodeJSON()
	require.NoError(t, err)
	text := string(graph)
	call := `{"name":"call","op":"Branch","inputs":[[1,0],[0,0]],"functions":["big"],` +
		`"outputs":[{"type":"f32","shape":[]}],"origin":{}}`
	require.Contains(t, text, call)
	const nodes, calls = 5000, 300 // more than core.MaxCalledNodes
	negative := `{"op":"Unary","attributes":{"function":"Negative"},"inputs":[[0,0]],` +
		`"outputs":[{"type":"f32","shape":[]}],"origin":{}}`
	text = strings.Replace(text, "\n],\n", strings.Repeat(",\n"+call, calls)+"\n],\n", 1)
	text = strings.Replace(text, "\n]}", strings.Repeat(",\n"+negative, nodes)+"\n]}", 1)
	_, err = core.DecodeJSON([]byte(text), tensors)
	assert.ErrorContains(t, err, `"call" (Branch): function "big": more than 1048576 nodes are called`)
}

// What takes long to infer is refused: the inferences of loops in loops multiply.
func TestNestedLoopsAreBounded(t *testing.T) {
	l := newLoop(t, whole(core.Unknown))
	x := l.b[0]
	for range 10_000 {
		x = l.body.Apply(&pointwise.Add{}, x, x)
	}
	var err error
	f := l.body.Results(x)
	for range core.MaxCallDepth - 1 {
		outer := newLoop(t, whole(core.Unknown))
		yes := outer.condition.Results(core.NewConstant(core.Scalar(true)))
		var n *core.Node
		if n, err = core.NewNode(&control.Loop{Condition: yes, Body: f}, outer.b[0]); err != nil {
			break
		}
		f = outer.body.Results(n.Out(0))
	}
	assert.ErrorContains(t, err, "it takes the inference of more than 8388608 nodes of nested functions (Loop-C1)")
}
