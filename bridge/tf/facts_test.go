package tf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

// The places of summands are those of TensorFlow's op definitions, and in fused ops those that its kernels
// count: mkl_quantized_conv_ops.cc and mkl_conv_ops.cc forward the input behind the bias.
func TestFacts(t *testing.T) {
	none := tf.Facts{AddsTo: -1}
	for _, test := range []struct {
		op     string
		inputs int
		fused  string
		want   tf.Facts
	}{
		{"Relu", 1, "", none},
		{"NoSuchOp", 1, "", none},
		{"Identity", 1, "", tf.Facts{AddsTo: -1, Passes: true}},
		{"Enter", 1, "", tf.Facts{AddsTo: -1, Passes: true}},
		{"TensorArrayV3", 1, "", tf.Facts{AddsTo: -1, Flow: true}},
		{"TensorArrayWriteV3", 4, "", tf.Facts{AddsTo: -1, Flow: true}},
		{"TensorArrayReadV3", 3, "", none},
		{"QuantizeV2", 3, "", tf.Facts{AddsTo: -1, Quantized: true}},
		{"QuantizedConv2DWithBias", 7, "", tf.Facts{AddsTo: -1, Quantized: true}},
		{"QuantizedConv2DWithBiasSumAndRelu", 8, "", tf.Facts{AddsTo: 7, Quantized: true}},
		{"QuantizedConv2DWithBiasSumAndReluAndRequantize", 12, "", tf.Facts{AddsTo: 9, Quantized: true}},
		{"QuantizedConv2DWithBiasSignedSumAndReluAndRequantize", 12, "", tf.Facts{AddsTo: 9, Quantized: true}},
		{"QuantizedConv2DWithBiasSumAndRelu", 3, "", tf.Facts{AddsTo: -1, Quantized: true}},
		{"_FusedQuantizedConv2D", 9, "BiasAdd Relu", tf.Facts{AddsTo: -1, Quantized: true}},
		{"_FusedQuantizedConv2D", 9, "BiasAdd Sum Relu", tf.Facts{AddsTo: 3, Quantized: true}},
		{"_QuantizedMatMul", 8, "BiasAdd Add Dequantize", tf.Facts{AddsTo: 3, Quantized: true}},
		{"_FusedConv2D", 4, "BiasAdd Add Relu", tf.Facts{AddsTo: 3}},
		{"_FusedConv2D", 7, "FusedBatchNorm Add", tf.Facts{AddsTo: 6}},
		{"_FusedMatMul", 3, "Add", tf.Facts{AddsTo: 2}},
		{"_FusedMatMul", 3, "BiasAdd", none},
	} {
		t.Run(test.op+" "+test.fused, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(`node { name: "x" op: "Placeholder" } node { name: "n" op: "` + test.op + `" `)
			for range test.inputs {
				b.WriteString(`input: "x" `)
			}
			if test.fused != "" {
				b.WriteString(`attr { key: "fused_ops" value { list { `)
				for step := range strings.FieldsSeq(test.fused) {
					fmt.Fprintf(&b, "s: %q ", step)
				}
				b.WriteString(`} } } `)
			}
			data, err := pbtxt.ToBinary([]byte(b.String() + "}"))
			require.NoError(t, err)
			g, err := graphdef.Parse(data, graphdef.Limits{})
			require.NoError(t, err)
			n, ok := g.Lookup("n")
			require.True(t, ok)
			assert.Equal(t, test.want, tf.FactsOf(n))
		})
	}
}
