package jpeg

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
		f.Add(file, byte(0))
	}
	f.Fuzz(func(t *testing.T, file []byte, how byte) {
		o := Options{
			Channels: []int{0, 1, 3, 0}[how&3], Ratio: 1 << (how >> 2 & 3), Boxes: how&16 != 0, Accurate: how&32 != 0,
			Recover: how&64 != 0,
		}
		if how&128 != 0 {
			o.Window = &Window{1, 2, 3, 4}
		}
		size := -1
		err := Decode(file, o, func(s Size, working int64) ([]byte, error) {
			if size = s.Height * s.Width * s.Channels; size > 1<<16 || working > 1<<20 {
				return nil, errLarge
			}
			return make([]byte, size), nil
		})
		if err == nil {
			require.Positive(t, size)
		}
		_, _ = SizeOf(file, func(int64) error { return errLarge })
	})
}
