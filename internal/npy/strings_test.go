package npy_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// The headers and the data are those of numpy.save, of NumPy 2.4.6.
func TestStrings(t *testing.T) {
	for _, test := range []struct {
		name, dict, data string
		shape            core.Shape
		want             []string
		again            string // the type as which it is written
	}{
		{
			"characters", dict("<U3", "(4,)"),
			"6300000061000000740000000000000000000000000000007a0000006f000000eb000000610000000000000062000000",
			core.Shape{4},
			[]string{"cat", "", "zoë", "a\x00b"},
			"|S4",
		},
		{"bytes", dict("|S3", "(2, 1)"), "636174000000", core.Shape{2, 1}, []string{"cat", ""}, "|S3"},
		{"scalar", dict("<U1", "()"), "78000000", core.Shape{}, []string{"x"}, "|S1"},
		{"bytes of any value", dict("|S3", "(1,)"), "0061ff", core.Shape{1}, []string{"\x00a\xff"}, "|S3"},
		{"none", dict("|S7", "(0,)"), "", core.Shape{0}, nil, "|S1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, err := hex.DecodeString(test.data)
			require.NoError(t, err)
			f := file(1, test.dict, data...)
			for range 2 {
				x, err := npy.Read(bytes.NewReader(f), int64(len(f)))
				require.NoError(t, err)
				assert.Equal(t, core.Fact{Type: core.String, Shape: test.shape}, x.Fact())
				assert.ElementsMatch(t, test.want, x.Strings())
				var b bytes.Buffer
				require.NoError(t, npy.Write(&b, x))
				f = b.Bytes()
				assert.Contains(t, string(f), "'descr': '"+test.again+"'")
			}
		})
	}
}

func TestStringsThatFilesCannotHold(t *testing.T) {
	x, err := core.StringTensor(core.Shape{2}, []string{"x", "y\x00"})
	require.NoError(t, err)
	assert.EqualError(t, npy.Write(&bytes.Buffer{}, x), `.npy files cannot hold strings that end with zeros: "y\x00"`)
	for _, test := range []struct {
		name, want string
		data       []byte
	}{
		{
			"no width", `dtype "|S0": want booleans, integers, reals, complex numbers or strings, little-endian`,
			file(1, dict("|S0", "(1000000000,)")),
		},
		{"huge", "string[1000000] takes 4000000000 bytes, the file has 76", file(1, dict("<U1000", "(1000000,)"))},
		{"cut", "data of string[2]: unexpected EOF", file(1, dict("|S3", "(2,)"), 'c', 'a', 't', 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := npy.Read(bytes.NewReader(test.data), int64(len(test.data)))
			assert.EqualError(t, err, "invalid .npy data: "+test.want)
		})
	}
}
