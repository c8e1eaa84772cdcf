package excerpt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
	"github.com/tf2ng/tf2ng/compare/internal/excerpt"
	"github.com/tf2ng/tf2ng/core"
)

const graph = `
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "c" op: "Const" attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
node { name: "k" op: "Neg" input: "c" }
node { name: "a" op: "Split" input: "k" input: "x" attr { key: "num_split" value { i: 2 } } }
node { name: "b" op: "Mul" input: "a:1" input: "k" input: "^x" device: "/cpu:0"
  attr { key: "_class" value { list { s: "loc:@x" } } } attr { key: "T" value { type: DT_FLOAT } } }
node { name: "y" op: "Add" input: "b" input: "a:1" }
versions { producer: 27 }
library { function { signature { name: "f" } } }`

func load(t *testing.T, text string) *excerpt.Graph {
	data, err := pbtxt.ToBinary([]byte(text))
	require.NoError(t, err)
	g, err := graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err)
	e, err := excerpt.New(data, g)
	require.NoError(t, err)
	return e
}

func fed(string) (excerpt.Fed, error) {
	return excerpt.Fed{Type: graphdef.Quint8, Shape: core.Shape{2, 0}}, nil
}

func never(string) bool { return false }

// nodes writes a graph's nodes as "name=op(inputs)".
func nodes(g *graphdef.Graph) string {
	var list []string
	for i := range g.Nodes {
		var inputs []string
		for _, in := range g.Nodes[i].Inputs {
			inputs = append(inputs, in.String())
		}
		list = append(list, g.Nodes[i].Name+"="+g.Nodes[i].Op+"("+strings.Join(inputs, ",")+")")
	}
	return strings.Join(list, " ")
}

func TestExcerpts(t *testing.T) {
	for name, test := range map[string]struct {
		nodes  []string
		inner  []string
		want   string
		inputs []string
	}{
		"a node": {
			[]string{"b"},
			nil,
			"input/a/1=Placeholder() c=Const() k=Neg(c) b=Mul(input/a/1,k)",
			[]string{"a:1"},
		},
		"a node that reads one tensor twice": {
			[]string{"y"},
			nil,
			"input/b/0=Placeholder() input/a/1=Placeholder() y=Add(input/b/0,input/a/1)",
			[]string{"b:0", "a:1"},
		},
		"two nodes apart": {
			[]string{"b", "y"},
			nil,
			"input/a/1=Placeholder() c=Const() k=Neg(c) b=Mul(input/a/1,k) input/b/0=Placeholder() y=Add(input/b/0,input/a/1)",
			[]string{"a:1", "b:0"},
		},
		"two nodes together": {
			[]string{"y"},
			[]string{"b:0"},
			"input/a/1=Placeholder() c=Const() k=Neg(c) b=Mul(input/a/1,k) y=Add(b,input/a/1)",
			[]string{"a:1"},
		},
		"behind the graph's own input": {
			[]string{"a"}, nil, "c=Const() k=Neg(c) input/x/0=Placeholder() a=Split(k,input/x/0)", []string{"x:0"},
		},
		"what is constant": {[]string{"k"}, nil, "c=Const() k=Neg(c)", nil},
	} {
		t.Run(name, func(t *testing.T) {
			inner := func(tensor string) bool { return strings.Contains(strings.Join(test.inner, " "), tensor) }
			data, inputs, err := load(t, graph).Of(test.nodes, inner, fed)
			require.NoError(t, err)
			g, err := graphdef.Parse(data, graphdef.Limits{})
			require.NoError(t, err)
			assert.Equal(t, test.want, nodes(g))
			assert.Equal(t, test.inputs, inputs)
			assert.Equal(t, 27, g.Versions.Producer)
			assert.Len(t, g.Functions, 1)
		})
	}
}

func TestAttributesComeAlong(t *testing.T) {
	data, _, err := load(t, graph).Of([]string{"b"}, never, fed)
	require.NoError(t, err)
	g, err := graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err)
	b, _ := g.Lookup("b")
	assert.Equal(t, []string{"T"}, b.Attributes(), "but not the place of a node that is not there")
	assert.Equal(t, "/cpu:0", b.Device)
	in, _ := g.Lookup("input/a/1")
	typ, err := in.Type("dtype")
	require.NoError(t, err)
	assert.Equal(t, graphdef.Quint8, typ)
	shape, err := in.Shape("shape")
	require.NoError(t, err)
	assert.Equal(t, "[2,0]", shape.String())
	c, _ := g.Lookup("c")
	assert.True(t, c.Has("value"))
}

func TestExcerptErrors(t *testing.T) {
	e := load(t, graph)
	_, _, err := e.Of([]string{"none"}, never, fed)
	assert.EqualError(t, err, `no node "none" in the graph`)
	none := func(string) (excerpt.Fed, error) { return excerpt.Fed{}, errors.New("no value") }
	_, _, err = e.Of([]string{"b"}, never, none)
	assert.EqualError(t, err, "no value")
	taken := load(t, graph+` node { name: "input/a/1" op: "NoOp" }`)
	_, _, err = taken.Of([]string{"b"}, never, fed)
	assert.EqualError(t, err, `the graph has a node "input/a/1" already`)
}

func TestConstants(t *testing.T) {
	e := load(t, graph)
	for node, want := range map[string]bool{"c": true, "k": true, "x": false, "a": false, "b": false} {
		assert.Equal(t, want, e.Constant(node), node)
	}
	assert.Equal(t, []string{"a:1"}, e.Reads("b"))
	assert.Nil(t, e.Reads("none"))
}
