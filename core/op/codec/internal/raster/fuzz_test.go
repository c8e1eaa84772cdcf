package raster

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var errLarge = errors.New("is large")

// Whatever a file has, it is decoded or refused.
func FuzzDecode(f *testing.F) {
	b, err := os.ReadFile("../../../../../testdata/images/images.json")
	require.NoError(f, err)
	var recorded struct{ Files map[string][]byte }
	require.NoError(f, json.Unmarshal(b, &recorded))
	for _, file := range recorded.Files {
		f.Add(string(file), byte(0))
	}
	f.Fuzz(func(t *testing.T, file string, how byte) {
		depth := 8 << (how >> 3 & 1)
		channels := []int{0, 1, 3, 4}[how>>4&3]
		size := -1
		allocate := func(s Size) ([]byte, error) {
			if size = s.Frames * s.Height * s.Width * s.Channels; size > 1<<16 {
				return nil, errLarge
			}
			return make([]byte, size*depth/8), nil
		}
		var err error
		switch how & 3 {
		case 0:
			err = DecodePNG(file, channels, depth, allocate)
		case 1:
			err = DecodeGIF(file, channels, how&4 != 0, allocate)
		default:
			err = DecodeBMP(file, channels, allocate)
		}
		if err == nil {
			require.Positive(t, size)
		}
	})
}
