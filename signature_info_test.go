package tf2ng_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
)

// What a SavedModel says of its signatures, and what of that is left in a .ng file.
func TestSignatureInfo(t *testing.T) {
	m, err := tf2ng.Load(savedModels + "/tf1_estimator/model")
	require.NoError(t, err)
	defer m.Close()
	for name, method := range map[string]string{
		"serving_default": "tensorflow/serving/classify", "predict": "tensorflow/serving/predict",
		"regression": "tensorflow/serving/regress",
	} {
		info, err := m.SignatureInfo(name)
		require.NoError(t, err)
		assert.Equal(t, method, info.Method)
		assert.Equal(t, tf2ng.SignatureTensor{
			Name: "input_tensor:0", Type: "float", Shape: tf2ng.Shape{tf2ng.Unknown, 10},
		}, info.Inputs["inputs"])
	}
	_, err = m.SignatureInfo("none")
	assert.ErrorContains(t, err, `no signature "none": the model has the signatures "predict", "regression", `)

	var b bytes.Buffer
	require.NoError(t, m.WriteNG(&b))
	c, err := tf2ng.LoadBytes(b.Bytes())
	require.NoError(t, err)
	defer c.Close()
	info, err := c.SignatureInfo("regression")
	require.NoError(t, err)
	assert.Equal(t, tf2ng.SignatureInfo{Method: "tensorflow/serving/regress"}, info)
}

// An input with a default may be left out or given, of a SavedModel and of the .ng file made of it.
func TestDefaultInputs(t *testing.T) {
	m, err := tf2ng.Load(savedModels + "/module_defaults/model")
	require.NoError(t, err)
	defer m.Close()
	var b bytes.Buffer
	require.NoError(t, m.WriteNG(&b))
	c, err := tf2ng.LoadBytes(b.Bytes())
	require.NoError(t, err)
	defer c.Close()
	x, err := tf2ng.TensorOf(tf2ng.Shape{1, 3}, []float32{1, 1, 1})
	require.NoError(t, err)
	for _, m := range []*tf2ng.Model{m, c} {
		got, err := m.Run(context.Background(), map[string]*tf2ng.Tensor{"x": x})
		require.NoError(t, err)
		assert.Equal(t, []float32{8, 9, 7.5}, got["y"].Float32s())
		got, err = m.Run(context.Background(), map[string]*tf2ng.Tensor{"x": x, "shift:0": tf2ng.Scalar(int32(0))})
		require.NoError(t, err)
		assert.Equal(t, []float32{1, 2, 0.5}, got["y"].Float32s())
		_, err = m.Run(context.Background(), nil)
		assert.ErrorContains(t, err, `"x"`)
		info, err := m.SignatureInfo("serving_default")
		require.NoError(t, err)
		assert.Len(t, info.Defaults, 2)
	}
}
