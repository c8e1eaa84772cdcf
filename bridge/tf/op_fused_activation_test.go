package tf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// TestRelu6OfFusedConvolutions: Neural Compressor writes it before Requantize; TensorFlow 2.21
// refuses it, and so does its version here.
func TestRelu6OfFusedConvolutions(t *testing.T) {
	for _, c := range testgolden.LoadRefused(t) {
		if c.ID != "small_fused_QuantizedConv2D_BiasAdd_Relu6_Requantize_quint8_float_quint8_scalar" {
			continue
		}
		_, err := tf.Translate(c.Graph, tf.Options{Outputs: []string{"op:0"}})
		require.NoError(t, err)
		_, err = tf.Translate(c.Graph, tf.Options{Outputs: []string{"op:0"}, TFVersion: "2.21"})
		require.EqualError(t, err, `node "op" (_FusedQuantizedConv2D): attribute "fused_ops": `+
			`got Relu6, which TensorFlow 2.21 refuses; translate for another version, or for none`)
		return
	}
	t.Fatal("no recorded case")
}
