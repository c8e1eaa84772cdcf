package tf_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// readNPZ reads NumPy's .npz into tensors by name.
func readNPZ(t testing.TB, path string) map[string]*core.Tensor {
	t.Helper()
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	out := map[string]*core.Tensor{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		out[strings.TrimSuffix(f.Name, ".npy")], err = parseNPY(data)
		require.NoError(t, err, "%s: %s", path, f.Name)
	}
	return out
}

var (
	npyHeader = regexp.MustCompile(`'descr': '([^']+)', 'fortran_order': False, 'shape': \(([^)]*)\)`)
	npyTypes  = map[string]core.Type{
		"|b1": core.Bool, "|i1": core.I8, "|u1": core.U8, "<i2": core.I16, "<u2": core.U16, "<i4": core.I32, "<u4": core.U32,
		"<i8": core.I64, "<u8": core.U64, "<f4": core.F32, "<f8": core.F64,
	}
)

// parseNPY reads version 1 of the format.
func parseNPY(data []byte) (*core.Tensor, error) {
	if !bytes.HasPrefix(data, []byte("\x93NUMPY\x01\x00")) || len(data) < 10 {
		return nil, fmt.Errorf("not an npy file of version 1")
	}
	end := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	m := npyHeader.FindSubmatch(data[10:end])
	if m == nil || npyTypes[string(m[1])] == core.Dynamic {
		return nil, fmt.Errorf("npy header %q", data[10:end])
	}
	shape := core.Shape{}
	for _, d := range strings.FieldsFunc(string(m[2]), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(d)
		if err != nil {
			return nil, err
		}
		shape = append(shape, n)
	}
	return core.TensorOver(npyTypes[string(m[1])], shape, data[end:])
}
