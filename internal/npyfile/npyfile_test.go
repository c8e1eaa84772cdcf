package npyfile

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

func TestSaveThenLoad(t *testing.T) {
	f, err := core.TensorOf(core.Shape{2, 1, 3}, []float32{1, 2, 3, 4, 5, -6})
	require.NoError(t, err)
	q, err := core.TensorOf(core.Shape{3}, []int8{-128, 0, 127})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.npz")
	want := map[string]*core.Tensor{"a:0": f, "q": q, "s": core.Scalar(int64(7))}
	require.NoError(t, Save(path, want))
	for name, w := range want {
		got, err := Load(path + ":" + name)
		require.NoError(t, err)
		require.Equal(t, w.String(), got.String())
		require.Equal(t, w.Bytes(), got.Bytes())
	}
	_, err = Load(path + ":b")
	require.ErrorContains(t, err, `no array "b": want FILE:KEY with one of ["a:0" "q" "s"]`)
	single := filepath.Join(t.TempDir(), "x.npy")
	require.NoError(t, Save(single, map[string]*core.Tensor{"q": q}))
	got, err := Load(single)
	require.NoError(t, err)
	require.Equal(t, q.Bytes(), got.Bytes())
	require.ErrorContains(t, Save(single, want), "holds one array, got 3")
}
