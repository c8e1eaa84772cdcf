package tf_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// A list of inputs, an operation for each, is bounded.
func TestNodesOfManyInputs(t *testing.T) {
	for op, attr := range map[string]string{"AddN": "", "Pack": "axis"} {
		t.Run(op, func(t *testing.T) {
			g := newGraph().input("x", float32Type, 4)
			inputs := slices.Repeat([]string{"x"}, 1<<16+2)
			g.node("y", op, inputs, "T", float32Type, "N", len(inputs))
			if attr != "" {
				g.proto.Node[1].Attr[attr] = attrValue(0)
			}
			_, err := tf.Translate(g.parse(t), tf.Options{})
			require.EqualError(t, err, `node "y" (`+op+
				`): limit exceeded: becomes more than 65536 operations, which is the limit; want fewer inputs`)
			require.ErrorIs(t, err, graphdef.ErrLimit)
		})
	}
}

// A bias has a number for each channel, and data_format is one that the op knows: TensorFlow
// refuses others, even where the number or the attribute would have no effect.
func TestRefusedAsInTensorFlow(t *testing.T) {
	ranges := []string{"lo", "hi", "lo", "hi"}
	graph := func(bias ...int64) *graphBuilder {
		return newGraph().input("image", quint8Type, 1, 3, 3, 2).input("rows", quint8Type, 3, 2).
			constant("filter", zeroTensor(qint8Type, 2, 2, 2, 4)).constant("matrix", zeroTensor(qint8Type, 2, 4)).
			constant("bias", zeroTensor(float32Type, bias...)).scalar("lo", -1).scalar("hi", 1)
	}
	conv := func(op string, bias ...int64) *graphBuilder {
		return graph(bias...).node("y", op, append([]string{"image", "filter", "bias"}, ranges...), "Tinput", quint8Type,
			"Tfilter", qint8Type, "out_type", qint32Type, "strides", []int64{1, 1, 1, 1}, "padding", "VALID")
	}
	product := func(bias ...int64) *graphBuilder {
		return graph(bias...).node("y", "QuantizedMatMulWithBias", append([]string{"rows", "matrix", "bias"}, ranges...),
			"T1", quint8Type, "T2", qint8Type, "Tbias", float32Type, "Toutput", qint32Type, "input_quant_mode", "SCALED")
	}
	pool := func(format string) *graphBuilder {
		return newGraph().input("x", quint8Type, 1, 3, 3, 3, 2).scalar("lo", -1).scalar("hi", 1).
			node("y", "_QuantizedMaxPool3D", []string{"x", "lo", "hi"}, "T", quint8Type, "ksize", []int64{1, 2, 2, 2, 1},
				"strides", []int64{1, 1, 1, 1, 1}, "padding", "VALID", "data_format", format)
	}
	const withBias, relu = "QuantizedConv2DWithBias", "QuantizedConv2DWithBiasAndRelu"
	for name, tt := range map[string]struct {
		graph *graphBuilder
		want  string // "" if it is taken
	}{
		"convolution": {conv(withBias, 4), ""},
		"convolution, bias of []": {
			conv(withBias),
			`node "y" (QuantizedConv2DWithBias): input 2 (bias): got shape [], want a number for each channel`,
		},
		"convolution and Relu, bias of []": {
			conv(relu),
			`node "y" (QuantizedConv2DWithBiasAndRelu): input 2 (bias): got shape [], want a number for each channel`,
		},
		"product": {product(4), ""},
		"product, bias of []": {
			product(),
			`node "y" (QuantizedMatMulWithBias): input 2 (bias): got shape [], want [4]: a number for each channel`,
		},
		"product, bias of [1]": {
			product(1),
			`node "y" (QuantizedMatMulWithBias): input 2 (bias): got shape [1], want [4]: a number for each channel`,
		},
		"pool NDHWC": {pool("NDHWC"), ""},
		"pool NCDHW": {pool("NCDHW"), ""},
		"pool NHWC": {
			pool("NHWC"),
			`node "y" (_QuantizedMaxPool3D): attribute "data_format": got "NHWC", want one of ["NDHWC" "NCDHW"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tf.Translate(tt.graph.parse(t), tf.Options{})
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}
