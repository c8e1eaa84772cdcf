package tf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

func TestOriginsTellWhatEachOpBecame(t *testing.T) {
	g, err := graphdef.ParseText([]byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "min" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: -1 } } } }
node { name: "max" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
node { name: "i" op: "Identity" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "a" op: "QuantizeV2" input: "i" input: "min" input: "max" attr { key: "T" value { type: DT_QUINT8 } } }
node { name: "b" op: "Dequantize" input: "a" input: "a:1" input: "a:2" attr { key: "T" value { type: DT_QUINT8 } } }
node { name: "c" op: "Abs" input: "b" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "d" op: "Abs" input: "c" attr { key: "T" value { type: DT_FLOAT } } }`), graphdef.Limits{})
	require.NoError(t, err)
	f, err := tf.Translate(g, tf.Options{})
	require.NoError(t, err)
	got := tf.Origins(f)
	assert.Equal(t, &tf.OpSummary{Nodes: 2, Core: []string{"Unary"}}, got["Abs"])
	assert.Equal(t, []string{"ScaledQuantize"}, got["QuantizeV2"].Builders)
	assert.Equal(t, []string{"ScaledDequantize"}, got["Dequantize"].Builders)
	assert.NotContains(t, got, "Identity", "it leaves nothing behind")

	got["Abs"].Add(&tf.OpSummary{Nodes: 3, Core: []string{"Zero", "A", "Unary"}, Builders: []string{"B"}})
	assert.Equal(t, &tf.OpSummary{Nodes: 5, Core: []string{"A", "Unary", "Zero"}, Builders: []string{"B"}}, got["Abs"])
}

func TestOpsHaveTheFamilyOfTheirFile(t *testing.T) {
	family := map[string]string{}
	for _, o := range tf.Supported() {
		family[o.Name] = o.Family
	}
	for op, want := range map[string]string{
		"MaxPool":                 "image",
		"QuantizedMatMul":         "quantized_matmul",
		"FakeQuantWithMinMaxArgs": "quantize",
	} {
		assert.Equal(t, want, family[op], op)
	}
}

func TestQuantizedOpsAreKnownByTheirNames(t *testing.T) {
	for op, want := range map[string]bool{
		"Dequantize": true, "Requantize": true, "RequantizationRange": true, "UniformQuantizedDot": true,
		"_QuantizedMatMul":        true,
		"FakeQuantWithMinMaxArgs": true, "Quantile": false, "MatMul": false,
	} {
		assert.Equal(t, want, tf.IsQuantized(op), op)
	}
}

func TestUnsupportedOpsHaveReasons(t *testing.T) {
	list := tf.Unsupported()
	assert.Contains(t, list, tf.UnsupportedOp{
		Op:  "_QuantizedConv3D",
		Why: "TensorFlow 2.21 does not register this op; Intel's builds of TensorFlow did",
	})
	for _, o := range list {
		assert.NotEmpty(t, o.Why, o.Op)
	}
}
