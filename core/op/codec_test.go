package op_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
)

// codecBaselines are those of the ops on files of images, and on texts that stand for bytes.
func codecBaselines(t *testing.T) []baseline {
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	grey := label(t, greyJPEG(t))
	window := tensor(t, core.Shape{4}, int32(1), 2, 5, 4)
	return []baseline{
		{&codec.DecodeImage{Type: core.U8, Ratio: 1}, in(grey)},
		{
			&codec.DecodeImage{
				Type: core.F32, Ratio: 2, Channels: 3, Accurate: true, Boxes: true, Formats: codec.AllFormats,
				Frames: codec.Animation,
			},
			in(grey),
		},
		{&codec.DecodeJPEGWindow{Ratio: 1}, in(grey, window)},
		{&codec.JPEGSize{Type: core.I32}, in(grey)},
		{&codec.EncodeBase64{Pad: true}, in(texts(t, "cat", "Äh"))},
		{&codec.DecodeBase64{}, in(texts(t, "Y2F0", "w4Ro"))},
	}
}

// greyJPEG is a file of 9 by 8 grey pixels that TensorFlow encoded.
func greyJPEG(t testing.TB) string {
	b, err := base64.StdEncoding.DecodeString("" +
		"/9j/4AAQSkZJRgABAQEBLAEsAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H///" +
		"/6/+b9//j/wAALCAAJAAgBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAQP/xAAfEAEAAgEDBQAAAAAAAAAAAAABAjERAAMEMjOBsdH/2gAIAQEA" +
		"AD8AFlGS0RUiyektwjdZv7fj93b8+jX/2Q==")
	require.NoError(t, err)
	return string(b)
}
