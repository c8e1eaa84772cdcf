package graphdef_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

func TestNewNode(t *testing.T) {
	n := graphdef.NewNode("n", "Op", []graphdef.Input{{Node: "x"}}, graphdef.TypeAttribute("T", graphdef.Half),
		graphdef.TypesAttribute("Tin", []graphdef.DataType{graphdef.Int8, graphdef.Resource}),
		graphdef.IntAttribute("axis", -3))
	assert.Equal(t, []string{"T", "Tin", "axis"}, n.Attributes())
	assert.Equal(t, graphdef.Half, result(n.Type("T")))
	assert.Equal(t, []graphdef.DataType{graphdef.Int8, graphdef.Resource}, result(n.Types("Tin")))
	assert.Equal(t, int64(-3), result(n.Int("axis")))
}

// With replaces attributes and adds some; the node itself stays as it is.
func TestNodeWith(t *testing.T) {
	n := withAttribute(t, varint(6, 20))
	m := n.With(graphdef.TypeAttribute("x", graphdef.Float), graphdef.IntAttribute("more", 5))
	assert.Equal(t, []string{"more", "other", "x"}, m.Attributes())
	assert.Equal(t, graphdef.Float, result(m.Type("x")))
	assert.Equal(t, int64(7), result(m.Int("other")))
	assert.Equal(t, int64(5), result(m.Int("more")))
	assert.Equal(t, graphdef.Resource, result(n.Type("x")))
	assert.Equal(t, []string{"other", "x"}, n.Attributes())
}

func TestNewConst(t *testing.T) {
	data := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	n, err := graphdef.NewConst("c", graphdef.Float, []int64{2, 1}, data)
	require.NoError(t, err)
	assert.Equal(t, "Const", n.Op)
	assert.Equal(t, graphdef.Float, result(n.Type("dtype")))
	x, err := n.Tensor("value")
	require.NoError(t, err)
	assert.Equal(t, []int64{2, 1}, x.Shape)
	assert.Equal(t, 2, x.Elements())
	got, err := x.Bytes()
	require.NoError(t, err)
	assert.Same(t, &data[0], &got[0], "borrowed")

	n, err = graphdef.NewConst("c", graphdef.Int64, []int64{0, 3}, nil)
	require.NoError(t, err)
	x, err = n.Tensor("value")
	require.NoError(t, err)
	got, err = x.Bytes()
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestNewConstErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		typ   graphdef.DataType
		shape []int64
		bytes int
		want  string
	}{
		{"too few", graphdef.Float, []int64{2}, 7, `node "c" (Const): attribute "value": got 7 bytes, want float [2]`},
		{"strings", graphdef.String, []int64{2}, 8, `node "c" (Const): attribute "value": got 8 bytes, want string [2]`},
		{
			"too many elements", graphdef.Int8,
			[]int64{1 << 20, 1 << 20},
			0,
			`node "c" (Const): attribute "value": got shape [1048576,1048576], want at most 2147483648 elements`,
		},
		{
			"negative", graphdef.Int8,
			[]int64{-1},
			0,
			`node "c" (Const): attribute "value": got shape [?], want at most 2147483648 elements`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := graphdef.NewConst("c", test.typ, test.shape, make([]byte, test.bytes))
			assert.EqualError(t, err, test.want)
		})
	}
}

// Functions lists what the attributes of a node name, in lists too.
func TestNodeFunctions(t *testing.T) {
	g := parse(t, node("n", "Case", attribute("branches", message(1, message(9, text(1, "A")), message(9, text(1, "B")))),
		attribute("f", message(10, text(1, "C"))), attribute("x", varint(3, 1))))
	assert.Equal(t, []string{"A", "B", "C"}, g.Nodes[0].Functions())
}

// A graph of other nodes and functions is linked anew.
func TestGraphWith(t *testing.T) {
	g := parse(t, node("n", "Op"))
	h, err := g.With([]graphdef.Node{graphdef.NewNode("a", "Op", nil), graphdef.NewNode("b", "F",
		[]graphdef.Input{{Node: "a"}})}, []graphdef.Function{{Name: "F"}})
	require.NoError(t, err)
	_, ok := h.FunctionNamed("F")
	assert.True(t, ok)
	b, ok := h.Lookup("b")
	require.True(t, ok)
	assert.Equal(t, "a", h.Producer(b.Inputs[0]).Name)
	_, err = g.With([]graphdef.Node{graphdef.NewNode("b", "F", []graphdef.Input{{Node: "a"}})}, nil)
	assert.ErrorIs(t, err, graphdef.ErrStructure)
}
