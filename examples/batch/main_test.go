package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

const name = "digits_mix_lpot16_tf25"

// directory writes the 500 digits, one a file, and returns what TensorFlow says of each.
func directory(t *testing.T) (dir string, labels []int64, classes []int) {
	data := testmodel.Directory(t)
	x := testmodel.Array(t, filepath.Join(data, "digits_data.npz"), "xv")
	y := testmodel.Array(t, filepath.Join(data, "digits_y500.tf221.npz"), name)
	dir = t.TempDir()
	i := 0
	for digit := range slices.Chunk(x.Bytes(), x.Len()*4/500) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.f32", i)), digit, 0o600))
		i++
	}
	for row := range slices.Chunk(core.Data[float32](y), 10) {
		classes = append(classes, slices.Index(row, slices.Max(row)))
	}
	return dir, testmodel.Array(t, filepath.Join(data, "digits_data.npz"), "yv").Int64s(), classes
}

// 500 digits are 7 batches of 64 and one of 52: each has the class that TensorFlow gives it.
func TestClassesAreTensorFlows(t *testing.T) {
	dir, labels, classes := directory(t)
	var out bytes.Buffer
	model := filepath.Join(testmodel.Directory(t), name+".pb")
	require.NoError(t, run(context.Background(), []string{"-model", model, "-threads", "2", dir}, &out))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, 500)
	right := 0
	for i, line := range lines {
		var file string
		var class int
		var value float32
		_, err := fmt.Sscan(line, &file, &class, &value)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%03d.f32", i), file)
		assert.Equal(t, classes[i], class, file)
		if int64(class) == labels[i] {
			right++
		}
	}
	assert.Equal(t, 493, right, "labels")
}

func TestErrors(t *testing.T) {
	dir, _, _ := directory(t)
	model := filepath.Join(testmodel.Directory(t), name+".pb")
	short := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(short, "a.f32"), make([]byte, 255), 0o600))
	empty := t.TempDir()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		args []string
		want string
	}{
		"no directory": {
			context.Background(),
			[]string{"-model", model},
			"want one directory, and at least one example in a batch",
		},
		"size": {
			context.Background(),
			[]string{"-model", model, "-size", "0", dir},
			"want one directory, and at least one example in a batch",
		},
		"no files": {context.Background(), []string{"-model", model, empty}, empty + ": no files *.f32"},
		"a file's bytes": {
			context.Background(),
			[]string{"-model", model, short},
			filepath.Join(short, "a.f32") + ": got 255 bytes, want 256 for f32[8,8,1]",
		},
		"interrupted": {gone, []string{"-model", model, dir}, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.EqualError(t, run(test.ctx, test.args, &bytes.Buffer{}), test.want)
		})
	}
}
