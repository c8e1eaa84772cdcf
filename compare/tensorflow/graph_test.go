package tensorflow

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

var noLimits = graphdef.Limits{}

// chain is the graph that the fake TensorFlow has: x -> good -> bad -> more.
func chain(t *testing.T) []byte {
	data, err := pbtxt.ToBinary([]byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "good" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "bad" op: "Relu" input: "good" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "more" op: "Relu" input: "bad" attr { key: "T" value { type: DT_FLOAT } } }`))
	require.NoError(t, err)
	return data
}
