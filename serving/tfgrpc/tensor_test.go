package tfgrpc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
)

// Complex numbers are lists of real and imaginary parts; the last number is repeated as others are.
func TestComplexMessages(t *testing.T) {
	single, err := tf2ng.TensorOf(tf2ng.Shape{2}, []complex64{1 - 2i, 3i})
	require.NoError(t, err)
	double, err := tf2ng.TensorOf(tf2ng.Shape{1}, []complex128{-0.5 + 4i})
	require.NoError(t, err)
	assert.Equal(t, []float32{1, -2, 0, 3}, protoOf(single).GetScomplexVal())
	assert.Equal(t, []float64{-0.5, 4}, protoOf(double).GetDcomplexVal())
	for _, x := range []*tf2ng.Tensor{single, double} {
		y, err := fieldTensor(x.Type(), x.Shape(), x.Len(), protoOf(x))
		require.NoError(t, err)
		assert.Equal(t, x, y)
	}
	y, err := fieldTensor(tf2ng.C64, tf2ng.Shape{3}, 3, protoOf(single))
	require.NoError(t, err)
	got, err := tf2ng.DataOf[complex64](y)
	require.NoError(t, err)
	assert.Equal(t, []complex64{1 - 2i, 3i, 3i}, got)
}
