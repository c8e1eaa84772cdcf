package tf2ng_test

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
)

func TestLoadFS(t *testing.T) {
	graph := read(t, digits)
	var ng bytes.Buffer
	require.NoError(t, tf2ng.Convert(&ng, graph))
	fsys := fstest.MapFS{"models/digits.pb": {Data: graph}, "models/digits.ng": {Data: ng.Bytes()}}
	x := images(t, 2)
	want := run(t, load(t), x)
	for name := range fsys {
		t.Run(name, func(t *testing.T) {
			m, err := tf2ng.LoadFS(fsys, name)
			require.NoError(t, err)
			defer m.Close()
			assert.Equal(t, want.Bytes(), run(t, m, x).Bytes())
		})
	}
}

// sized is a file system whose one file says that it has some size, and has none.
type sized struct{ bytes int64 }

func (s sized) Open(string) (fs.File, error) { return file{s}, nil }

type file struct{ sized }

func (f file) Stat() (fs.FileInfo, error) { return info{size: f.bytes}, nil }
func (file) Read([]byte) (int, error)     { return 0, errBroken }
func (file) Close() error                 { return nil }

type info struct {
	fs.FileInfo
	size int64
}

func (info) IsDir() bool   { return false }
func (i info) Size() int64 { return i.size }

func TestLoadFSErrors(t *testing.T) {
	fsys := fstest.MapFS{"models/empty.pb": {}, "models/onnx.pb": {Data: []byte{8, 7}}}
	for _, test := range []struct {
		name string
		fsys fs.FS
		path string
		is   error
		want string
	}{
		{"missing", fsys, "models/no.pb", fs.ErrNotExist, "open models/no.pb: file does not exist"},
		{"directory", fsys, "models", nil, "read models: is a directory, want a file"},
		{"empty", fsys, "models/empty.pb", tf2ng.ErrEmpty, "models/empty.pb: empty file, want a GraphDef"},
		{
			"foreign", fsys, "models/onnx.pb", tf2ng.ErrForeign,
			"models/onnx.pb: got a protocol buffer that starts with a number (an ONNX model?), want a frozen GraphDef",
		},
		{"too large", sized{1<<36 + 1}, "m.pb", nil, `"m.pb" has 68719476737 bytes, the limit is 68719476736`},
		{"broken", sized{5}, "m.pb", errBroken, "broken pipe"},
		{"no file system", nil, "m.pb", nil, "open m.pb: got no file system"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := tf2ng.LoadFS(test.fsys, test.path)
			require.EqualError(t, err, test.want)
			assert.Nil(t, m)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
		})
	}
	_, err := tf2ng.LoadFS(sized{1 << 40}, "m.pb")
	var size *tf2ng.SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, tf2ng.SizeError{Name: "m.pb", Size: 1 << 40, Limit: 1 << 36}, *size)
	_, err = tf2ng.LoadFS(fsys, "models")
	var path *fs.PathError
	assert.ErrorAs(t, err, &path)
}

func TestLoadReaderWithoutAReader(t *testing.T) {
	_, err := tf2ng.LoadReader(nil)
	assert.EqualError(t, err, "got no reader")
}
