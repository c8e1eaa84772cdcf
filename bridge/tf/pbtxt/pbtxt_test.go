package pbtxt_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

const digits = "../../../testdata/graphdefs/digits_mix_lpot16_tf25.pb"

func readDigits(t testing.TB) []byte {
	data, err := os.ReadFile(digits)
	require.NoError(t, err)
	return data
}

// generated is protobuf's own reading of a binary GraphDef.
func generated(t testing.TB, wire []byte) *graph_go_proto.GraphDef {
	var graph graph_go_proto.GraphDef
	require.NoError(t, proto.Unmarshal(wire, &graph))
	return &graph
}

func TestRoundTripOfDigits(t *testing.T) {
	want := generated(t, readDigits(t))
	text, err := prototext.MarshalOptions{Multiline: true}.Marshal(want)
	require.NoError(t, err)
	wire, err := pbtxt.ToBinary(text)
	require.NoError(t, err)
	require.True(t, proto.Equal(want, generated(t, wire)))
	again, err := pbtxt.ToBinary(text)
	require.NoError(t, err)
	require.Equal(t, wire, again, "the same bytes each time")

	g, err := graphdef.ParseText(text, graphdef.Limits{})
	require.NoError(t, err, "importing pbtxt registers it")
	checkGraph(t, want, g, exactly)
}

func TestToBinaryByHand(t *testing.T) {
	g, err := graphdef.ParseText([]byte(`
		# braces in comments { and strings count for nothing
		node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_QUINT8 } } }
		node: < name: 'c}"{' op: "Const" attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 3 } } int_val: [1, -2] } } } >
		versions { producer: 21 }`), graphdef.Limits{})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 2)
	assert.Equal(t, `c}"{`, g.Nodes[1].Name)
	assert.Equal(t, 21, g.Versions.Producer)
	dtype, err := g.Nodes[0].Type("dtype")
	require.NoError(t, err)
	assert.Equal(t, graphdef.Quint8, dtype)
	tensor, err := g.Nodes[1].Tensor("value")
	require.NoError(t, err)
	data, err := tensor.Bytes()
	require.NoError(t, err)
	assert.Equal(t, "\x01\x00\x00\x00\xfe\xff\xff\xff\xfe\xff\xff\xff", string(data))
}

func TestToBinaryErrors(t *testing.T) {
	const levels = 100_000
	for _, c := range []struct {
		name   string
		text   string
		reason error
		want   string // the start: protobuf's own texts vary from build to build
	}{
		{"binary", string(readDigits(t)), pbtxt.ErrSyntax, "not a GraphDef in text format: "},
		{"unknown field", `node { nome: "x" }`, pbtxt.ErrSyntax, "not a GraphDef in text format: "},
		{"cut", `node { name: "x"`, pbtxt.ErrSyntax, "not a GraphDef in text format: "},
		{"cut in an escape", `node { name: "\`, pbtxt.ErrSyntax, "not a GraphDef in text format: "},
		{"name is not UTF-8", `node { name: "\377" }`, pbtxt.ErrSyntax, "not a GraphDef in text format: "},
		{
			"M22 nesting 10^5",
			"node{\n" + strings.Repeat(`attr{value{func{`, levels),
			graphdef.ErrLimit,
			"limit exceeded: messages nested deeper than 100 in line 2",
		},
		{
			"M22 nesting by angle brackets",
			strings.Repeat("node <", levels),
			graphdef.ErrLimit,
			"limit exceeded: messages nested deeper than 100 in line 1",
		},
		{
			"M22 too many messages",
			strings.Repeat("node{}\n", 1<<20+1),
			graphdef.ErrLimit,
			"limit exceeded: more than 1048576 messages, in line 1048577",
		},
		{
			"too many bytes",
			strings.Repeat("\n", pbtxt.MaxBytes+1),
			graphdef.ErrLimit,
			"limit exceeded: 67108865 bytes of text, the limit is 67108864",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, err := pbtxt.ToBinary([]byte(c.text))
			require.ErrorIs(t, err, c.reason)
			assert.Equal(t, c.want, err.Error()[:min(len(c.want), len(err.Error()))])
			if c.reason == graphdef.ErrLimit {
				assert.EqualError(t, err, c.want)
			}
			assert.Less(t, time.Since(start), time.Minute)
		})
	}
}

func TestParseTextLimits(t *testing.T) {
	_, err := graphdef.ParseText([]byte("node {}"), graphdef.Limits{Bytes: 3})
	assert.EqualError(t, err, "7 bytes of text, the limit is 3")
	_, err = graphdef.ParseText([]byte("node {}"), graphdef.Limits{})
	assert.EqualError(t, err, "node with empty name and op (at byte 0)", "graphdef's checks come after the conversion")
}
