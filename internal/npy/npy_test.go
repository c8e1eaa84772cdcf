package npy_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// file makes a .npy file from its parts.
func file(version byte, dict string, data ...byte) []byte {
	b := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(dict)))
	}
	return append(append(b, dict...), data...)
}

func dict(descr, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
}

func TestWriteIsNumPysFormat(t *testing.T) {
	// The expected headers are those of numpy.save.
	for _, test := range []struct {
		typ         core.Type
		shape       core.Shape
		descr, dims string
	}{
		{core.F32, core.Shape{2, 3}, "<f4", "(2, 3)"},
		{core.U8, core.Shape{5}, "|u1", "(5,)"},
		{core.I8, core.Shape{}, "|i1", "()"},
		{core.Bool, core.Shape{1, 0, 2}, "|b1", "(1, 0, 2)"},
		{core.BF16, core.Shape{2}, "<u2", "(2,)"},
		{core.F16, core.Shape{2}, "<f2", "(2,)"},
		{core.I64, core.Shape{1}, "<i8", "(1,)"},
		{core.C64, core.Shape{2}, "<c8", "(2,)"},
		{core.C128, core.Shape{1, 2}, "<c16", "(1, 2)"},
	} {
		t.Run(test.typ.String()+test.shape.String(), func(t *testing.T) {
			x, err := core.NewTensor(test.typ, test.shape)
			require.NoError(t, err)
			for i := range x.Bytes() {
				x.Bytes()[i] = byte(i % 2)
			}
			var b bytes.Buffer
			require.NoError(t, npy.Write(&b, x))
			want := dict(test.descr, test.dims)
			assert.Equal(t, want, string(b.Bytes()[10:10+len(want)]))
			header := b.Len() - len(x.Bytes())
			assert.Zero(t, header%64)
			assert.Equal(t, byte('\n'), b.Bytes()[header-1])
			assert.Equal(t, header-10, int(binary.LittleEndian.Uint16(b.Bytes()[8:])))

			y, err := npy.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
			require.NoError(t, err)
			assert.Equal(t, x.Bytes(), y.Bytes())
			assert.Equal(t, test.shape, y.Shape())
			if test.typ != core.BF16 {
				assert.Equal(t, test.typ, y.Type())
			}
		})
	}
}

// The files are those of numpy.savez and numpy.savez_compressed, of NumPy 2.4.6.
func TestReadsWhatNumPyWrites(t *testing.T) {
	for _, file := range []string{"savez.npz", "savez_compressed.npz"} {
		data, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		z, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		want := []struct {
			name, tensor string
			values       any
		}{
			{"bool", "boolean[2,2]", []bool{true, false, false, true}},
			{"int8", "i8[2]", []int8{-128, 127}},
			{"uint8", "u8[2]", []uint8{0, 255}},
			{"int16", "i16[2]", []int16{-32768, 32767}},
			{"uint16", "u16[2]", []uint16{0, 65535}},
			{"int32", "i32[2]", []int32{math.MinInt32, math.MaxInt32}},
			{"uint32", "u32[2]", []uint32{0, math.MaxUint32}},
			{"int64", "i64[2]", []int64{math.MinInt64, math.MaxInt64}},
			{"uint64", "u64[2]", []uint64{0, math.MaxUint64}},
			{"float16", "f16[2]", []uint16{0x3800, 0xfbff}}, // 0.5, -65504
			{"float32", "f32[1,1,3]", []float32{1.5, -2.25, 3e38}},
			{"float64", "f64[1]", []float64{1e300}},
			{"scalar", "i32[]", []int32{7}},
			{"empty", "f32[2,0,3]", []float32{}},
		}
		require.Len(t, z.Names(), len(want))
		for _, test := range want {
			t.Run(file+"/"+test.name, func(t *testing.T) {
				x, err := z.Read(test.name)
				require.NoError(t, err)
				assert.Equal(t, test.tensor, x.String())
				bits, err := binary.Append(nil, binary.LittleEndian, test.values)
				require.NoError(t, err)
				assert.Equal(t, bits, append([]byte(nil), x.Bytes()...))
			})
		}
	}
}

// The file is numpy.savez's, of NumPy 2.4.6 with ml_dtypes 0.6.0: `saved` is an array of
// ml_dtypes.bfloat16, `loaded` one that numpy.load had given back, `bits` what it was made of.
// Written again, both have the bytes of `saved`.
func TestReadsAndWritesBFloat16AsNumPyDoes(t *testing.T) {
	data, err := os.ReadFile("testdata/savez_bfloat16.npz")
	require.NoError(t, err)
	z, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	bits, err := z.Read("bits")
	require.NoError(t, err)
	require.Equal(t, "u16[2,3]", bits.String())
	zipped, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	saved, err := fs.ReadFile(zipped, "saved.npy")
	require.NoError(t, err)
	for _, name := range []string{"saved", "loaded"} {
		t.Run(name, func(t *testing.T) {
			x, err := z.Read(name)
			require.NoError(t, err)
			assert.Equal(t, "bf16[2,3]", x.String())
			assert.Equal(t, bits.Bytes(), x.Bytes())
			assert.Equal(t, []float32{0, 1, -2.5, 3.140625, float32(math.Inf(1)), 9.183549615799121e-41}, x.Float32s())
			var again bytes.Buffer
			require.NoError(t, npy.Writer{BFloat16: true}.Write(&again, x))
			assert.Equal(t, payload(t, saved), payload(t, again.Bytes()))
		})
	}
}

// payload returns the dictionary and the elements of a .npy file, without what aligns them.
func payload(t *testing.T, npy []byte) string {
	t.Helper()
	require.Greater(t, len(npy), 10)
	dictionary, elements, ok := strings.Cut(string(npy[10:]), "\n")
	require.True(t, ok)
	return strings.TrimRight(dictionary, " ") + elements
}

func TestReadVersionsAndSpellings(t *testing.T) {
	for _, data := range [][]byte{
		file(1, dict("|u1", "(2,)"), 7, 8),
		file(2, dict("|u1", "(2, )"), 7, 8),
		file(3, `{"shape":(2L,),"fortran_order":False,"descr":"|u1"}`, 7, 8),
		file(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2,), }", 7, 8),
	} {
		x, err := npy.Read(bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		assert.Equal(t, "u8[2]", x.String())
		assert.Equal(t, []byte{7, 8}, x.Bytes())
	}
}

func TestReadErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "header: EOF"},
		{"other", []byte("GIF89a  "), `does not start with \x93NUMPY`},
		{"version", file(9, ""), "version: got 9, want 1, 2 or 3"},
		{"cut header", file(1, dict("|u1", "(2,)"))[:20], "header: unexpected EOF"},
		{
			"huge header",
			append([]byte("\x93NUMPY\x02\x00"), 0xff, 0xff, 0xff, 0xff),
			"header of 4294967295 bytes, the limit is 65536",
		},
		{
			"no dictionary",
			file(1, "hello"),
			`header: want a dictionary with descr, fortran_order and shape, got "hello"`,
		},
		{
			"big-endian",
			file(1, dict(">f4", "(1,)"), 0, 0, 0, 0),
			`dtype ">f4": want booleans, integers, reals, complex numbers or strings, little-endian`,
		},
		{
			"objects", file(1, dict("|O", "(1,)"), 0),
			`dtype "|O": want booleans, integers, reals, complex numbers or strings, little-endian`,
		},
		{
			"record",
			file(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"),
			`dtype "": want booleans, integers, reals, complex numbers or strings, little-endian`,
		},
		{
			"Fortran",
			file(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2), }", 1, 2),
			"the array is in Fortran's order: save it with numpy.ascontiguousarray",
		},
		{"huge", file(1, dict("<f4", "(1000000, 1000)")), "f32[1000000,1000] takes 4000000000 bytes, the file has 78"},
		{
			"overflow",
			file(1, dict("<f4", "(4294967296, 4294967296)")),
			"shape [4294967296,4294967296] has more than 1099511627776 elements",
		},
		{
			"dimension",
			file(1, dict("<f4", "(99999999999999999999,)")),
			`shape (99999999999999999999,): "99999999999999999999" is not a dimension`,
		},
		{"cut data", file(1, dict("|u1", "(3,)"), 1, 2), "data of u8[3]: unexpected EOF"},
		{"more data", file(1, dict("|u1", "(1,)"), 1, 2), "more data than u8[1] has"},
		{"boolean", file(1, dict("|b1", "(1,)"), 2), "got a boolean that is neither 0 nor 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := npy.Read(bytes.NewReader(test.data), int64(len(test.data)))
			require.ErrorIs(t, err, npy.ErrFormat)
			assert.EqualError(t, err, "invalid .npy data: "+test.want)
		})
	}
}

func TestArchive(t *testing.T) {
	a, err := core.TensorOf(core.Shape{3}, []float32{1, 2, 3})
	require.NoError(t, err)
	b := core.Scalar(int32(7))
	var buf bytes.Buffer
	require.NoError(t, npy.WriteArchive(&buf, []npy.Array{{"conv1/Relu:0", a}, {"b", b}}))
	z, err := npy.OpenArchive(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	require.NoError(t, err)
	assert.Equal(t, []string{"conv1/Relu:0", "b"}, z.Names())
	got, err := z.Read("conv1/Relu:0")
	require.NoError(t, err)
	assert.Equal(t, a.Float32s(), got.Float32s())
	_, err = z.Read("c")
	assert.EqualError(t, err, `no array "c", want one of ["conv1/Relu:0" "b"]`)
	_, err = npy.OpenArchive(bytes.NewReader([]byte("PK")), 2)
	assert.ErrorIs(t, err, npy.ErrFormat)
}

func TestArchiveCompressed(t *testing.T) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.Create("zeros.npy")
	require.NoError(t, err)
	_, err = f.Write(file(1, dict("|u1", "(100000,)"), make([]byte, 100000)...))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	z, err := npy.OpenArchive(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	require.NoError(t, err)
	x, err := z.Read("zeros")
	require.NoError(t, err)
	assert.Equal(t, 100000, x.Len())
}

func FuzzRead(f *testing.F) {
	f.Add(file(1, dict("<f4", "(2, 1)"), 0, 1, 2, 3, 4, 5, 6, 7))
	f.Add(file(3, dict("|b1", "()"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := npy.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			require.ErrorIs(t, err, npy.ErrFormat)
			return
		}
		var b bytes.Buffer
		require.NoError(t, npy.Writer{BFloat16: true}.Write(&b, x))
		y, err := npy.Read(&b, int64(b.Len()))
		require.NoError(t, err)
		require.Equal(t, x, y)
	})
}
