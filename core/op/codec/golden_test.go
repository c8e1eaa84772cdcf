package codec_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
)

// A recordedImage is what TensorFlow 2.21 made of a file (scripts/goldens/images.py).
type recordedImage struct {
	File, Op string
	Attrs    struct {
		Channels, Ratio  int
		FancyUpscaling   *bool  `json:"fancy_upscaling"`
		DCTMethod        string `json:"dct_method"`
		TryRecover       bool   `json:"try_recover_truncated"`
		ExpandAnimations *bool  `json:"expand_animations"`
		DType            string
	}
	Window  []int32
	Type    string
	Shape   core.Shape
	SHA256  string
	Refused bool
}

// op returns the op of core, as the bridge makes it.
func (r *recordedImage) op() core.Op {
	a := &r.Attrs
	boxes, accurate := a.FancyUpscaling != nil && !*a.FancyUpscaling, a.DCTMethod == "INTEGER_ACCURATE"
	ratio := max(a.Ratio, 1)
	typ := map[string]core.Type{"": core.U8, "uint8": core.U8, "uint16": core.U16, "float32": core.F32}[a.DType]
	image := &codec.DecodeImage{
		Type: typ, Channels: a.Channels, Ratio: ratio, Boxes: boxes, Accurate: accurate, Recover: a.TryRecover,
	}
	switch r.Op {
	case "DecodeAndCropJpeg":
		return &codec.DecodeJPEGWindow{Channels: a.Channels, Ratio: ratio, Boxes: boxes, Accurate: accurate}
	case "ExtractJpegShape":
		return &codec.JPEGSize{Type: core.I32}
	case "DecodeGif":
		image.Frames, image.Channels = codec.AllFrames, 3
	case "DecodeBmp":
		image.Formats = codec.BMP
	case "DecodeImage":
		image.Formats, image.Frames = codec.AllFormats, codec.Animation
		if a.ExpandAnimations != nil && !*a.ExpandAnimations {
			image.Frames = codec.FirstFrame
		}
	}
	return image
}

func TestImagesAreTensorFlows(t *testing.T) {
	recorded := recordedImages(t)
	require.Greater(t, len(recorded.Cases), 300)
	for _, r := range recorded.Cases {
		attrs, err := json.Marshal(r.Attrs)
		require.NoError(t, err)
		t.Run(fmt.Sprintf("%s %s %s %v", r.File, r.Op, attrs, r.Window), func(t *testing.T) {
			in := []*core.Tensor{file(t, string(recorded.Files[r.File]))}
			if r.Window != nil {
				window, err := core.TensorOf(core.Shape{4}, r.Window)
				require.NoError(t, err)
				in = append(in, window)
			}
			out, err := core.EvalOp(r.op(), in)
			if r.Refused {
				var e *core.OpError
				require.ErrorAs(t, err, &e)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, r.Shape, core.Shape(out[0].Shape()))
			sum := sha256.Sum256(out[0].Bytes())
			assert.Equal(t, r.SHA256, hex.EncodeToString(sum[:]))
		})
	}
}

// recordings is testdata/images/images.json.
type recordings struct {
	Files map[string][]byte
	Cases []recordedImage
}

func recordedImages(t testing.TB) (r recordings) {
	b, err := os.ReadFile("../../../testdata/images/images.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &r))
	return r
}

func file(t testing.TB, s string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{}, []string{s})
	require.NoError(t, err)
	return x
}
