package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// writeImage writes an image of the given pixels in rows, by the ending of its name.
func writeImage(t *testing.T, path string, width int, pixels ...color.RGBA) string {
	img := image.NewRGBA(image.Rect(0, 0, width, len(pixels)/width))
	for i, p := range pixels {
		img.SetRGBA(i%width, i/width, p)
	}
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	if filepath.Ext(path) == ".png" {
		require.NoError(t, png.Encode(f, img))
	} else {
		require.NoError(t, jpeg.Encode(f, img, &jpeg.Options{Quality: 100}))
	}
	return path
}

func rgb(r, g, b uint8) color.RGBA { return color.RGBA{r, g, b, 255} }

func TestImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	writeImage(t, path, 2, rgb(255, 0, 0), rgb(0, 255, 0), rgb(0, 0, 255), rgb(100, 50, 20))
	for _, test := range []struct {
		how    string
		height int
		width  int
		depth  int
		want   []float32
	}{
		{"none", 2, 2, 3, []float32{255, 0, 0, 0, 255, 0, 0, 0, 255, 100, 50, 20}},
		{"none", core.Unknown, core.Unknown, core.Unknown, []float32{255, 0, 0, 0, 255, 0, 0, 0, 255, 100, 50, 20}},
		{"none", 1, 1, 3, []float32{88.75, 76.25, 68.75}}, // the mean of the four
		{"none", 2, 1, 3, []float32{127.5, 127.5, 0, 50, 25, 137.5}},
		{"none", 2, 2, 1, []float32{76.245, 149.685, 29.07, 61.53}}, // 0.299 red + 0.587 green + 0.114 blue
		{"tf", 2, 2, 3, []float32{1, -1, -1, -1, 1, -1, -1, -1, 1, -0.21568628, -0.60784316, -0.84313726}},
		{"caffe", 1, 1, 3, []float32{68.75 - 103.939, 76.25 - 116.779, 88.75 - 123.68}},
		{"torch", 1, 1, 3, []float32{(88.75/255 - 0.485) / 0.229, (76.25/255 - 0.456) / 0.224, (68.75/255 - 0.406) / 0.225}},
	} {
		t.Run(fmt.Sprintf("%s to %dx%dx%d", test.how, test.height, test.width, test.depth), func(t *testing.T) {
			want := core.Fact{Type: core.F32, Shape: core.Shape{core.Unknown, test.height, test.width, test.depth}}
			x, err := loadImage(path, want, preprocessings()[test.how])
			require.NoError(t, err)
			assert.InDeltaSlice(t, test.want, x.Float32s(), 1e-4)
		})
	}
	bytes8, err := loadImage(path, core.Fact{Type: core.U8, Shape: core.Shape{1, 2, 2, 3}}, preprocessings()["none"])
	require.NoError(t, err)
	assert.Equal(t, []uint8{255, 0, 0, 0, 255, 0, 0, 0, 255, 100, 50, 20}, core.Data[uint8](bytes8))

	_, err = loadImage(path, core.Fact{Type: core.F32, Shape: core.Shape{1, 10}}, preprocessings()["none"])
	assert.ErrorContains(t, err, "an image is for an input of f32 or u8 [batch,height,width,channels], not f32[1,10]")
	_, err = loadImage(path, core.Fact{Type: core.F32, Shape: core.Shape{1, 2, 2, 7}}, preprocessings()["none"])
	assert.ErrorContains(t, err, "an image has 1 or 3 channels, not 7")
}

// Images of a directory run in batches, and the results are summed up.
func TestDiffOfManyInputs(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		var pixels []color.RGBA
		for k := range 64 {
			v := uint8(k * i % 256)
			pixels = append(pixels, rgb(v, v, v))
		}
		ending := map[bool]string{true: ".png", false: ".jpg"}[i%2 == 0]
		writeImage(t, filepath.Join(dir, fmt.Sprintf("%d%s", i, ending)), 8, pixels...)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no image"), 0o600))
	out := must(t, "diff", small, "--input", "input="+dir, "--batch", "2", "--preprocess", "tf", "--nodes", "--b",
		"engine=reference", "--json")
	var r compare.Report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	assert.Equal(t, 3, r.Runs, "of two, two and one")
	assert.Len(t, r.Tensors, 29)
	last := r.Tensors[28]
	assert.Equal(t, "Identity:0", last.Name)
	assert.Equal(t, 50, last.Elements)
	assert.Equal(t, 3, last.Runs)

	labels, err := core.TensorOf(core.Shape{5}, []int64{0, 1, 2, 3, 4})
	require.NoError(t, err)
	out = must(t, "diff", small, "--input", "input="+dir+"/*", "--b", "engine=reference", "--labels",
		write(t, "labels.npy", labels))
	assert.Contains(t, out, "equal: 1 tensor of 5 runs, every element\n")
	assert.Contains(t, out, "answers: 5 of 5 the same\naccuracy: ")

	for want, args := range map[string][]string{
		"no .npy, .npz, .png or .jpg file":                        {"--input", "input=" + t.TempDir()},
		"files are for an input of the model, and it has no such": {"--input", "image=" + dir},
		"--preprocess: got \"keras\"":                             {"--input", "input=" + dir, "--preprocess", "keras"},
		"notes.png: image: unknown format":                        {"--input", "input=" + write(t, "notes.png", labels)},
	} {
		code, _, stderr := program(append([]string{"diff", small, "--b", "engine=reference"}, args...)...)
		assert.Equal(t, exitCannot, code)
		assert.Contains(t, stderr, want)
	}
}
