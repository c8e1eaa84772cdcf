package graphdef_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

func TestTensorBytes(t *testing.T) {
	minus3 := uint64(math.MaxUint64 - 2)
	for _, c := range []struct {
		name  string
		dtype uint64
		shape []byte
		data  []byte
		want  string
	}{
		{
			"float content",
			1,
			dims(1, 2),
			text(4, "\x00\x00\x80\x3f\x00\x00\x00\xc0"),
			"\x00\x00\x80\x3f\x00\x00\x00\xc0",
		},
		{"float scalar", 1, nil, float(5, 1), "\x00\x00\x80\x3f"},
		{"float splat", 1, dims(3), float(5, 1), "\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f"},
		{"float packed", 1, dims(2), text(5, "\x00\x00\x80\x3f\x00\x00\x00\xc0"), "\x00\x00\x80\x3f\x00\x00\x00\xc0"},
		{"float NaN payload is kept", 1, dims(1), text(5, "\x01\x00\xa0\x7f"), "\x01\x00\xa0\x7f"},
		{"double", 2, dims(1), double(6, -2), "\x00\x00\x00\x00\x00\x00\x00\xc0"},
		{
			"int32 last of two repeats",
			3,
			dims(2, 2),
			packed(7, 1, minus3),
			"\x01\x00\x00\x00\xfd\xff\xff\xff\xfd\xff\xff\xff\xfd\xff\xff\xff",
		},
		{"int32 not packed", 3, dims(2), join(varint(7, 1), varint(7, 2)), "\x01\x00\x00\x00\x02\x00\x00\x00"},
		{
			"int32 packed and not",
			3,
			dims(3),
			join(packed(7, 1, 2), varint(7, 3)),
			"\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00",
		},
		{"uint8", 4, dims(2), packed(7, 0, 255), "\x00\xff"},
		{"int16", 5, dims(1), varint(7, minus3), "\xfd\xff"},
		{"int8", 6, dims(1), varint(7, minus3), "\xfd"},
		{"int64", 9, dims(1), varint(10, minus3), "\xfd\xff\xff\xff\xff\xff\xff\xff"},
		{"bool", 10, dims(3), packed(11, 1, 0), "\x01\x00\x00"},
		{"qint8", 11, dims(5), varint(7, minus3), "\xfd\xfd\xfd\xfd\xfd"},
		{"quint8 content", 12, dims(3), text(4, "abc"), "abc"},
		{"quint8 without data is zeros", 12, dims(3), nil, "\x00\x00\x00"},
		{"quint8 with empty content is zeros", 12, dims(3), text(4, ""), "\x00\x00\x00"},
		{"qint32", 13, dims(1), varint(7, minus3), "\xfd\xff\xff\xff"},
		{"bfloat16", 14, dims(1), varint(13, 0x3f80), "\x80\x3f"},
		{"qint16", 15, dims(1), varint(7, minus3), "\xfd\xff"},
		{"quint16", 16, dims(1), varint(7, 65535), "\xff\xff"},
		{"half", 19, dims(2), packed(13, 0x3c00), "\x00\x3c\x00\x3c"},
		{"uint32", 22, dims(1), varint(16, math.MaxUint32), "\xff\xff\xff\xff"},
		{"uint64", 23, dims(1), varint(17, math.MaxUint64), "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"complex64 content", 8, nil, text(4, "12345678"), "12345678"},
		{
			"complex64 repeats", 8, dims(2), join(float(9, 1), float(9, -2)),
			"\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x80\x3f\x00\x00\x00\xc0",
		},
		{
			"complex128", 18, dims(1), join(double(12, -2), double(12, 0)),
			"\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00\x00",
		},
		{"empty", 1, dims(0, 5), nil, ""},
		{"empty list beside content", 3, dims(1), join(text(4, "1234"), packed(7)), "1234"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensor, err := parse(t, constant(c.dtype, c.shape, c.data)).Nodes[0].Tensor("value")
			require.NoError(t, err)
			got, err := tensor.Bytes()
			require.NoError(t, err)
			assert.Equal(t, []byte(c.want), got)
			assert.Equal(t, graphdef.DataType(c.dtype), tensor.Type)
		})
	}
}

func TestTensorStrings(t *testing.T) {
	for _, c := range []struct {
		name string
		dims []byte
		data []byte
		want string
	}{
		{"scalar", nil, text(8, "cat"), "cat"},
		{"list", dims(2), join(text(8, "cat"), text(8, "")), "cat|"},
		{"last repeats", dims(3), join(text(8, "cat"), text(8, "dog")), "cat|dog|dog"},
		{"no values are empty strings", dims(3), nil, "||"},
		{"content", dims(3), text(4, "\x03\x00\x02catxx"), "cat||xx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensor, err := parse(t, constant(7, c.dims, c.data)).Nodes[0].Tensor("value")
			require.NoError(t, err)
			got, err := tensor.Strings()
			require.NoError(t, err)
			assert.Equal(t, c.want, string(bytes.Join(got, []byte("|"))))
			assert.Len(t, got, tensor.Elements())
			_, err = tensor.Bytes()
			require.EqualError(t, err,
				`node "c" (Const): attribute "value": string tensor has no elements of a fixed size`)
			assert.ErrorIs(t, err, graphdef.ErrTensorType)
		})
	}
}

func TestTensorContentIsBorrowed(t *testing.T) {
	data := constant(12, dims(4), text(4, "abcd"))
	g, err := graphdef.Parse(data, graphdef.Limits{})
	require.NoError(t, err)
	tensor, err := g.Nodes[0].Tensor("value")
	require.NoError(t, err)
	got, err := tensor.Bytes()
	require.NoError(t, err)
	assert.Same(t, &data[bytes.Index(data, []byte("abcd"))], &got[0])
	assert.Equal(t, 4, cap(got), "an append must not write to the file")
}

func TestTensorErrors(t *testing.T) {
	const at = `node "c" (Const): attribute "value": `
	manyDims := make([]int64, 255)
	for _, c := range []struct {
		name   string
		data   []byte
		reason error
		want   string
	}{
		{
			"M17 no dtype",
			node("c", "Const", attribute("value", message(8))),
			graphdef.ErrValue,
			at + "got type 0 (invalid) (at byte 23)",
		},
		{
			"M17 dtype 99",
			constant(99, nil),
			graphdef.ErrValue,
			at + "got type 99, which TensorFlow does not define (at byte 23)",
		},
		{
			"M17 dtype 101",
			constant(101, nil),
			graphdef.ErrValue,
			at + "got type 101 (float_ref), a reference to a variable: freeze the graph first (at byte 23)",
		},
		{
			"M17 dtype 10000",
			constant(10000, nil),
			graphdef.ErrValue,
			at + "got type 10000, which TensorFlow does not define (at byte 23)",
		},
		{
			"M21 content shorter",
			constant(1, dims(2), text(4, "1234")),
			graphdef.ErrValue,
			at + "got 4 bytes of tensor_content, want 8 (float [2]) (at byte 23)",
		},
		{
			"M21 content longer",
			constant(1, dims(2), text(4, "1234123412")),
			graphdef.ErrValue,
			at + "got 10 bytes of tensor_content, want 8 (float [2]) (at byte 23)",
		},
		{
			"M21 content not a multiple",
			constant(3, dims(2), text(4, "1234123")),
			graphdef.ErrValue,
			at + "got 7 bytes of tensor_content, want 8 (int32 [2]) (at byte 23)",
		},
		{
			"M21 content of an empty tensor",
			constant(3, dims(0), text(4, "1234")),
			graphdef.ErrValue,
			at + "got 4 bytes of tensor_content, want 0 (int32 [0]) (at byte 23)",
		},
		{
			"M21 int_val splat of 2^40",
			constant(13, dims(1<<20, 1<<20), varint(7, 1)),
			graphdef.ErrLimit,
			at + "got a tensor of shape [1048576,1048576], want known dimensions whose product is at most " +
				"2147483648 (at byte 23)",
		},
		{
			"M21 int_val splat of 2^30",
			constant(13, dims(1<<30), varint(7, 1)),
			graphdef.ErrLimit,
			at + "qint32 [1073741824] takes 4294967292 bytes more than the file holds of it, the limit for the " +
				"graph is 268435456",
		},
		{
			"M21 zeros of 2^30",
			constant(12, dims(1<<30)),
			graphdef.ErrLimit,
			at + "quint8 [1073741824] takes 1073741824 bytes more than the file holds of it, the limit for the " +
				"graph is 268435456",
		},
		{
			"M21 half_val in quint8",
			constant(12, dims(1), varint(13, 1)),
			graphdef.ErrValue,
			at + "got a quint8 tensor as half_val, want int_val (at byte 23)",
		},
		{
			"M21 resource_handle_val",
			constant(20, dims(1), text(14, "")),
			graphdef.ErrValue,
			at + "got a resource tensor as resource_handle_val, which is not supported (at byte 23)",
		},
		{
			"M21 more values than elements",
			constant(3, dims(2), packed(7, 1, 2, 3)),
			graphdef.ErrValue,
			at + "got 3 values in int_val, want at most 2 (int32 [2]) (at byte 23)",
		},
		{
			"M21 values of an empty tensor",
			constant(3, dims(0), packed(7, 1)),
			graphdef.ErrValue,
			at + "got 1 values in int_val, want at most 0 (int32 [0]) (at byte 23)",
		},
		{
			"M21 content and values",
			constant(3, dims(1), text(4, "1234"), varint(7, 1)),
			graphdef.ErrValue,
			at + "got both tensor_content and int_val (at byte 23)",
		},
		{
			"M21 two lists of values",
			constant(3, dims(1), varint(7, 1), float(5, 1)),
			graphdef.ErrValue,
			at + "got both int_val and float_val (at byte 35)",
		},
		{
			"M21 quint8 of 256",
			constant(12, dims(2), packed(7, 255, 256)),
			graphdef.ErrValue,
			at + "got the value 256, want quint8 (at byte 33)",
		},
		{
			"M21 qint8 of 128",
			constant(11, nil, varint(7, 128)),
			graphdef.ErrValue,
			at + "got the value 128, want qint8 (at byte 29)",
		},
		{
			"M21 qint32 of 2^32",
			constant(13, nil, varint(7, 1<<32)),
			graphdef.ErrValue,
			at + "got the value 4294967296, want qint32 (at byte 29)",
		},
		{
			"M21 half of 65536",
			constant(19, nil, varint(13, 65536)),
			graphdef.ErrValue,
			at + "got the value 65536, want half (at byte 29)",
		},
		{
			"M21 bool of 2",
			constant(10, nil, varint(11, 2)),
			graphdef.ErrValue,
			at + "got the value 2, want bool (at byte 29)",
		},
		{
			"M10 unknown dimension",
			constant(1, dims(-1)),
			graphdef.ErrLimit,
			at + "got a tensor of shape [?], want known dimensions whose product is at most 2147483648 (at byte 23)",
		},
		{
			"M10 dimension -2",
			constant(1, dims(-2)),
			graphdef.ErrValue,
			at + "got a dimension of -2, want -1 or more (at byte 29)",
		},
		{
			"M10 unknown rank",
			constant(1, varint(3, 1)),
			graphdef.ErrValue,
			at + "got a tensor of unknown rank (at byte 27)",
		},
		{
			"M10 product overflows to 0",
			constant(1, dims(1<<32, 1<<32)),
			graphdef.ErrLimit,
			at + "got a tensor of shape [4294967296,4294967296], want known dimensions whose product is at most " +
				"2147483648 (at byte 23)",
		},
		{
			"M10 overflow hidden by a 0",
			constant(1, dims(0, 1<<32, 1<<32)),
			graphdef.ErrLimit,
			at + "got a tensor of shape [0,4294967296,4294967296], want known dimensions whose product is at most " +
				"2147483648 (at byte 23)",
		},
		{
			"M10 dimension 2^62",
			constant(1, dims(1<<62)),
			graphdef.ErrLimit,
			at + "got a tensor of shape [4611686018427387904], want known dimensions whose product is at most " +
				"2147483648 (at byte 23)",
		},
		{
			"M10 255 dimensions",
			constant(1, dims(manyDims...)),
			graphdef.ErrLimit,
			at + "more than 254 dimensions, which is the limit (at byte 1050)",
		},
		{
			"two shapes",
			constant(1, dims(1), message(2, dims(2))),
			graphdef.ErrMalformed,
			at + "malformed: 2 shapes (at byte 23)",
		},
		{
			"M23 values cut",
			constant(3, dims(1), text(7, "\x80")),
			graphdef.ErrMalformed,
			at + "malformed: unexpected EOF (at byte 35)",
		},
		{
			"M23 packed floats of 5 bytes",
			constant(1, dims(2), text(5, "12345")),
			graphdef.ErrMalformed,
			at + "malformed: unexpected EOF (at byte 39)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := parse(t, c.data)
			bounded(t, 1, func() {
				tensor, err := g.Nodes[0].Tensor("value")
				if err == nil {
					_, err = tensor.Bytes()
				}
				require.EqualError(t, err, c.want)
				assert.ErrorIs(t, err, c.reason)
			})
		})
	}
}

func TestStringTensorErrors(t *testing.T) {
	const at = `node "c" (Const): attribute "value": `
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"M06 not strings", constant(1, dims(1), float(5, 1)), at + "got a float tensor, want string"},
		{
			"M21 more strings than elements",
			constant(7, dims(1), text(8, "a"), text(8, "b")),
			at + "got 2 values in string_val, want at most 1 (string [1]) (at byte 23)",
		},
		{
			"M21 splat of 2^30",
			constant(7, dims(1<<30), text(8, "a")),
			at + "string [1073741824] takes 25769803776 bytes more than the file holds of it, the limit for the " +
				"graph is 268435456",
		},
		{
			"M21 content with too few lengths",
			constant(7, dims(4), text(4, "\x00\x00")),
			at + "got 2 bytes of tensor_content, want 4 strings",
		},
		{
			"M21 content with a cut length",
			constant(7, dims(1), text(4, "\x80")),
			at + "malformed: length of string 0: unexpected EOF",
		},
		{
			"M21 content ends in a string",
			constant(7, dims(2), text(4, "\x01\x02ab")),
			at + "string 1: got 1 bytes of tensor_content, want 2",
		},
		{
			"M21 content goes on",
			constant(7, dims(1), text(4, "\x01ab")),
			at + "got 1 bytes of tensor_content after the last string",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensor, err := parse(t, c.data).Nodes[0].Tensor("value")
			if err == nil {
				_, err = tensor.Strings()
			}
			require.EqualError(t, err, c.want)
		})
	}
}

// Many small splats must not add up to more than one big one may have.
func TestExpandedIsForTheWholeGraph(t *testing.T) {
	data := constant(12, dims(1000), varint(7, 1))
	g, err := graphdef.Parse(data, graphdef.Limits{Expanded: 2500})
	require.NoError(t, err)
	tensor, err := g.Nodes[0].Tensor("value")
	require.NoError(t, err)
	for range 2 {
		got, err := tensor.Bytes()
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("\x01", 1000), string(got))
	}
	_, err = tensor.Bytes()
	require.EqualError(t, err,
		`node "c" (Const): attribute "value": quint8 [1000] takes 999 bytes more than the file holds of it, the `+
			`limit for the graph is 2500`)
	assert.ErrorIs(t, err, graphdef.ErrLimit)
}

// A complex number is two values of its list.
func TestHalfAComplexNumberIsRefused(t *testing.T) {
	_, err := graphdef.Parse(constant(8, dims(2), float(9, 1)), graphdef.Limits{})
	if err == nil {
		_, err = parse(t, constant(8, dims(2), float(9, 1))).Nodes[0].Tensor("value")
	}
	require.ErrorContains(t, err, "got 1 values in scomplex_val, want 2 for each element")
	assert.ErrorIs(t, err, graphdef.ErrValue)
}
