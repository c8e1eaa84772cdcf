package tf_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
)

const noBuilder = ""

// builderOf says through which builder each quantized op goes. Ops that keep their
// input's range, and those that only TensorFlow computes, have none: they are one core op.
var builderOf = map[string]string{
	"QuantizeV2":                                           "ScaledQuantize",
	"Dequantize":                                           "ScaledDequantize",
	"QuantizedConv2D":                                      "ScaledQuantizedConvolution",
	"QuantizedConv2DPerChannel":                            "ScaledQuantizedConvolution",
	"QuantizedConv2DAndRequantize":                         "ScaledQuantizedConvolution",
	"QuantizedConv2DAndRelu":                               "ScaledQuantizedConvolutionRelu",
	"QuantizedConv2DAndReluAndRequantize":                  "ScaledQuantizedConvolutionRelu",
	"QuantizedConv2DWithBias":                              "ScaledQuantizedConvolutionBias",
	"QuantizedConv2DWithBiasAndRelu":                       "ScaledQuantizedConvolutionBias",
	"QuantizedConv2DWithBiasAndRequantize":                 "ScaledQuantizedConvolutionBias",
	"QuantizedConv2DWithBiasAndReluAndRequantize":          "ScaledQuantizedConvolutionBias",
	"QuantizedConv2DWithBiasSumAndRelu":                    "ScaledQuantizedConvolutionBiasAdd",
	"QuantizedConv2DWithBiasSumAndReluAndRequantize":       "ScaledQuantizedConvolutionBiasAdd",
	"QuantizedConv2DWithBiasSignedSumAndReluAndRequantize": "ScaledQuantizedConvolutionBiasSignedAdd",
	"QuantizedDepthwiseConv2D":                             "ScaledQuantizedConvolution",
	"QuantizedDepthwiseConv2DWithBias":                     "ScaledQuantizedConvolutionBias",
	"QuantizedDepthwiseConv2DWithBiasAndRelu":              "ScaledQuantizedConvolutionBias",
	"QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize": "ScaledQuantizedConvolutionBias",
	"_FusedQuantizedConv2D":                                "ScaledQuantizedConvolution",
	"_FusedQuantizedDepthwiseConv2D":                       "ScaledQuantizedConvolution",
	"QuantizedMatMul":                                      "ScaledQuantizedDot",
	"QuantizedMatMulWithBias":                              "ScaledQuantizedDotBias",
	"QuantizedMatMulWithBiasAndRelu":                       "ScaledQuantizedDotBias",
	"QuantizedMatMulWithBiasAndRequantize":                 "ScaledQuantizedDotBias",
	"QuantizedMatMulWithBiasAndReluAndRequantize":          "ScaledQuantizedDotBias",
	"QuantizedMatMulWithBiasAndDequantize":                 "ScaledQuantizedDotBias",
	"_QuantizedMatMul":                                     "ScaledQuantizedDotBias",
	"QuantizedConcat":                                      "ScaledQuantizedConcat",
	"QuantizedConcatV2":                                    "ScaledQuantizedConcat",

	"QuantizedMaxPool":        noBuilder,
	"_QuantizedMaxPool3D":     noBuilder,
	"XlaConvV2":               noBuilder,
	"XlaDotV2":                noBuilder,
	"QuantizedAvgPool":        noBuilder,
	"QuantizedReshape":        noBuilder,
	"QuantizedRelu":           noBuilder,
	"QuantizedRelu6":          noBuilder,
	"QuantizedReluX":          noBuilder,
	"QuantizedAdd":            noBuilder,
	"QuantizedMul":            noBuilder,
	"QuantizedBiasAdd":        noBuilder,
	"QuantizedInstanceNorm":   noBuilder,
	"QuantizedResizeBilinear": noBuilder,
	"QuantizedBatchNormWithGlobalNormalization": noBuilder,
	"QuantizeAndDequantize":                     noBuilder,
	"QuantizeAndDequantizeV2":                   noBuilder,
	"QuantizeAndDequantizeV3":                   noBuilder,
	"QuantizeAndDequantizeV4":                   noBuilder,
	"QuantizeDownAndShrinkRange":                noBuilder,

	// These have scales and zero points, no ranges.
	"UniformQuantize":                   noBuilder,
	"UniformDequantize":                 noBuilder,
	"UniformRequantize":                 noBuilder,
	"UniformQuantizedAdd":               noBuilder,
	"UniformQuantizedClipByValue":       noBuilder,
	"UniformQuantizedDot":               noBuilder,
	"UniformQuantizedDotHybrid":         noBuilder,
	"UniformQuantizedConvolution":       noBuilder,
	"UniformQuantizedConvolutionHybrid": noBuilder,
}

// TestBuilders asserts that each quantized op goes through its builder, and that every
// node tells where it came from.
func TestBuilders(t *testing.T) {
	for _, o := range tf.Supported() {
		if strings.Contains(o.Name, "Quantize") && !strings.HasPrefix(o.Name, "FakeQuant") {
			_, listed := builderOf[o.Name]
			assert.True(t, listed, "%s is not in the table", o.Name)
		}
	}
	seen := map[string]bool{}
	for _, c := range goldens(t) {
		f, err := tf.Translate(c.Graph, tf.Options{Outputs: c.outputs()})
		require.NoError(t, err, c.ID)
		for _, n := range f.Nodes() {
			require.NotEmpty(t, n.Origin.Node, "%s: %v", c.ID, n)
			require.NotEmpty(t, n.Origin.Op, "%s: %v", c.ID, n)
			want, quantized := builderOf[n.Origin.Op]
			if !quantized || n.OpName() == "Result" || n.OpName() == "Parameter" || n.Name != n.Origin.Node {
				continue
			}
			seen[n.Origin.Op] = true
			if want == noBuilder {
				assert.Empty(t, n.Origin.Builder, "%s: node %v", c.ID, n)
			} else {
				assert.True(t, strings.HasPrefix(n.Origin.Builder, want), "%s: node %v came from %q, want %s", c.ID, n,
					n.Origin.Builder, want)
			}
		}
	}
	for op, builder := range builderOf {
		assert.True(t, seen[op] || builder == noBuilder, "%s is in no recorded case", op)
	}
}
