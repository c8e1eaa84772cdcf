package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
)

func TestConstraints(t *testing.T) {
	window := func(v ...int32) *core.Tensor {
		x, err := core.TensorOf(core.Shape{len(v)}, v)
		require.NoError(t, err)
		return x
	}
	two, err := core.StringTensor(core.Shape{2}, []string{"", ""})
	require.NoError(t, err)
	decode := func(channels, ratio int) *codec.DecodeImage {
		return &codec.DecodeImage{Type: core.U8, Channels: channels, Ratio: ratio}
	}
	part := &codec.DecodeJPEGWindow{Ratio: 1}
	const header = "\xff\xd8\xff\xc0\x00\x0b\x08\xff\x00\xff\x00\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
	for _, test := range []struct {
		name string
		op   core.Op
		in   []*core.Tensor
		want string
	}{
		{"C1", decode(0, 1), []*core.Tensor{two}, `DecodeImage: input 0 (contents): got shape [2], want [] (DecodeImage-C1)`},
		{
			"C1 of a number", decode(0, 1),
			[]*core.Tensor{window(1)},
			`DecodeImage: input 0 (contents): got type i32, want string (DecodeImage-C1)`,
		},
		{
			"C2", &codec.DecodeImage{Type: core.I8, Ratio: 1},
			[]*core.Tensor{file(t, "")},
			`DecodeImage: type: got i8, want u8, u16 or f32 (DecodeImage-C2)`,
		},
		{
			"C3", decode(2, 1),
			[]*core.Tensor{file(t, "")},
			`DecodeImage: channels: got 2, want 0, 1, 3 or 4 (DecodeImage-C3)`,
		},
		{"C4", decode(0, 3), []*core.Tensor{file(t, "")}, `DecodeImage: ratio: got 3, want 1, 2, 4 or 8 (DecodeImage-C4)`},
		{
			"C5", decode(0, 1),
			[]*core.Tensor{file(t, "GIF")},
			`DecodeImage: input 0 (contents): the file has another format, want JPEG, PNG or GIF (DecodeImage-C5)`,
		},
		{
			"C5 of a short file", decode(0, 1),
			[]*core.Tensor{file(t, "\xff\xd8\xff")},
			`DecodeImage: input 0 (contents): the file has no image (DecodeImage-C5)`,
		},
		{
			"C5 of a large image", decode(0, 1),
			[]*core.Tensor{file(t, header)},
			`DecodeImage: input 0 (contents): the file has 65280 by 65280 pixels of 1 components, want less than 536870912 ` +
				`samples (DecodeImage-C5)`,
		},
		{
			"window C2", part,
			[]*core.Tensor{file(t, ""), window(1, 2)},
			`DecodeJPEGWindow: input 1 (window): got i32[2], want i32[4] (DecodeJPEGWindow-C2)`,
		},
		{
			"window C3", &codec.DecodeJPEGWindow{Channels: 4, Ratio: 1},
			[]*core.Tensor{file(t, ""), window(0, 0, 1, 1)},
			`DecodeJPEGWindow: channels: got 4, want 0, 1 or 3 (DecodeJPEGWindow-C3)`,
		},
		{
			"window C5", part,
			[]*core.Tensor{file(t, "BM"), window(0, 0, 1, 1)},
			`DecodeJPEGWindow: input 0 (contents): the file has another format, want JPEG (DecodeJPEGWindow-C5)`,
		},
		{
			"window C6", &codec.DecodeJPEGWindow{Ratio: 8},
			[]*core.Tensor{file(t, header), window(8159, 0, 2, 1)},
			`DecodeJPEGWindow: input 1 (window): got 2 by 1 pixels at row 8159 and column 0, but the image has 8160 by 8160 ` +
				`(DecodeJPEGWindow-C6)`,
		},
		{
			"size C2", &codec.JPEGSize{Type: core.F32},
			[]*core.Tensor{file(t, "")},
			`JPEGSize: type: got f32, want i32 or i64 (JPEGSize-C2)`,
		},
		{
			"size C3", &codec.JPEGSize{Type: core.I32},
			[]*core.Tensor{file(t, "GIF89a")},
			`JPEGSize: input 0 (contents): the file starts with 0x4749, which is no JPEG (JPEGSize-C3)`,
		},
		{
			"encode C1", &codec.EncodeBase64{},
			[]*core.Tensor{window(1)},
			`EncodeBase64: input 0: got type i32, want string (EncodeBase64-C1)`,
		},
		{
			"decode C2", &codec.DecodeBase64{},
			[]*core.Tensor{file(t, "AB\n")},
			`DecodeBase64: input 0: got "AB\n" at 0: want no line breaks (DecodeBase64-C2)`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := core.EvalOp(test.op, test.in)
			assert.EqualError(t, err, test.want)
		})
	}
}

// A progressive file of a few bytes does not take gigabytes.
func TestWorkingMemoryIsBounded(t *testing.T) {
	const header = "\xff\xd8\xff\xdb\x00\x43\x00"
	quantization := strings.Repeat("\x01", 64)
	huffman := "\xff\xc4\x00\x14\x00\x01" + strings.Repeat("\x00", 15) + "\x00"
	const frame = "\xff\xc2\x00\x0b\x08\xff\x00\xff\x00\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"
	in := []*core.Tensor{file(t, header+quantization+huffman+frame)}
	for _, op := range []core.Op{&codec.DecodeImage{Type: core.U8, Ratio: 8}, &codec.JPEGSize{Type: core.I32}} {
		_, err := core.EvalOp(op, in)
		var e *core.MemoryError
		require.ErrorAs(t, err, &e)
		assert.Greater(t, e.Bytes, int64(8_500_000_000))
		assert.EqualValues(t, 1<<31, e.Limit)
	}
}

// The values are those that TensorFlow 2.21 computes.
func TestBase64(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "AB": "\x00", "ABC": "\x00\x10", "ABCD": "\x00\x10\x83", "AA==": "\x00", "AAA=": "\x00\x00",
		"AA-_": "\x00\x0f\xbf", "AR": "\x01",
	} {
		out, err := core.EvalOp(&codec.DecodeBase64{}, []*core.Tensor{file(t, in)})
		require.NoError(t, err, in)
		assert.Equal(t, want, out[0].Strings()[0], in)
	}
	for _, in := range []string{"A", "AB=", "A===", "ABCDE", "AA+/", "A A=", "ABC==", "====", "ABCD====", "=", "AB=C"} {
		_, err := core.EvalOp(&codec.DecodeBase64{}, []*core.Tensor{file(t, in)})
		assert.ErrorContains(t, err, "DecodeBase64-C2", in)
	}
	for pad, want := range map[bool]string{false: "-_8", true: "-_8="} {
		out, err := core.EvalOp(&codec.EncodeBase64{Pad: pad}, []*core.Tensor{file(t, "\xfb\xff")})
		require.NoError(t, err)
		assert.Equal(t, want, out[0].Strings()[0])
	}
}
