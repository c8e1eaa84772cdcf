package core_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

func TestFunctionCheck(t *testing.T) {
	node := func(name string, op core.Op, in ...core.Value) *core.Node {
		n, err := core.NewNamedNode(name, op, in...)
		require.NoError(t, err)
		return n
	}
	of := func(s ...int) *core.Parameter { return &core.Parameter{Type: core.F32, Shape: s} }
	x, y := node("x", of(2)), node("y", of(2))
	sum := node("sum", &pointwise.Add{}, x.Out(0), y.Out(0))
	out := node("out", &core.Result{}, sum.Out(0))
	both := []*core.Node{x, y}
	for _, test := range []struct {
		name string
		f    *core.Function
		want string
	}{
		{
			"fine",
			&core.Function{Parameters: both, Results: []*core.Node{out}, Names: map[string]core.Value{"sum:0": sum.Out(0)}},
			"",
		},
		{"empty", &core.Function{}, ""},
		{"none", nil, "function: got none"},
		{
			"nil parameter", &core.Function{Parameters: []*core.Node{x, nil}},
			"function: parameter 1: got no node, want Parameter",
		},
		{"empty node", &core.Function{Results: []*core.Node{{Name: "r"}}}, "function: result 0: got no node, want Result"},
		{
			"no parameter", &core.Function{Parameters: []*core.Node{x, sum}},
			"function: parameter 1: got op Add, want Parameter",
		},
		{
			"no result", &core.Function{Parameters: both, Results: []*core.Node{sum}},
			"function: result 0: got op Add, want Result",
		},
		{
			"no name", &core.Function{Parameters: []*core.Node{node("", of(2))}},
			`function: parameter 0: got the name "", want one that no other parameter has`,
		},
		{
			"a name twice", &core.Function{Parameters: both, Results: []*core.Node{out, out}},
			`function: result 1: got the name "out", want one that no other result has`,
		},
		{
			"type", &core.Function{Parameters: []*core.Node{node("z", &core.Parameter{Type: 77})}},
			"function: parameter 0: got type(77), want one of the element types",
		},
		{
			"shape", &core.Function{Parameters: []*core.Node{node("z", of(-2))}},
			"function: parameter 0: got dimension -2, want >= 0, or -1 if it is unknown",
		},
		{
			"large shape", &core.Function{Parameters: []*core.Node{node("z", of(1<<30, 1<<30))}},
			"function: parameter 0: shape [1073741824,1073741824] has more than 1099511627776 elements",
		},
		{
			"missing parameter", &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{out}},
			`function: node "y" (Parameter) is read, but is not among the parameters`,
		},
		{"nothing named", &core.Function{Names: map[string]core.Value{"a:0": {}}}, `function: name "a:0": got no node`},
		{
			"signature's input",
			&core.Function{
				Parameters: both, Signatures: map[string]core.Signature{"s": {Inputs: map[string]string{"a": "sum"}}},
			},
			`function: signature "s": input "a": got "sum", want a parameter`,
		},
		{
			"signature's output",
			&core.Function{
				Parameters: both, Signatures: map[string]core.Signature{"s": {Outputs: map[string]string{"a": "sum"}}},
			},
			`function: signature "s": output "a": got "sum", want a result or a name of a tensor`,
		},
		{
			"no such output", &core.Function{Parameters: both, Names: map[string]core.Value{"sum:1": {Node: sum, Index: 1}}},
			`function: name "sum:1": got output 1 of node "sum", want one of its 1`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.f.Check()
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
			var typed *core.FunctionError
			assert.ErrorAs(t, err, &typed)
		})
	}
}

// What is not there is an error of the op that should read it.
func TestValuesAndTensorsThatAreNotThere(t *testing.T) {
	x := core.NewConstant(core.Scalar[float32](1))
	for _, test := range []struct {
		name string
		call func() error
		want string
	}{
		{
			"no node", func() error { return second(core.NewNode(&pointwise.Add{}, x, core.Value{})) },
			"Add: input 1: is not connected",
		},
		{"no such output", func() error {
			return second(core.NewNamedNode("a", &pointwise.Add{}, core.Value{Node: x.Node, Index: 3}, x))
		}, `node "a" (Add): input 0: got output 3 of node "Constant", want one of its 1`},
		{
			"negative output",
			func() error { return second(core.NewNode(&pointwise.Add{}, core.Value{Node: x.Node, Index: -1}, x)) },
			`Add: input 0: got output -1 of node "Constant", want one of its 1`,
		},
		{
			"no tensor", func() error {
				return second(core.EvalOp(&pointwise.Add{}, []*core.Tensor{core.Scalar[float32](1), nil}))
			},
			"Add: input 1: got no tensor",
		},
		{"no input", func() error {
			p, err := core.NewNamedNode("p", &core.Parameter{Type: core.F32})
			require.NoError(t, err)
			return second((&core.Function{Parameters: []*core.Node{p}}).Eval(map[string]*core.Tensor{"p": nil}))
		}, `input "p" (f32?): missing`},
	} {
		t.Run(test.name, func(t *testing.T) { assert.EqualError(t, test.call(), test.want) })
	}
}

func second[T any](_ T, err error) error { return err }
