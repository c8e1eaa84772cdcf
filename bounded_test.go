package tf2ng

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadBounded(t *testing.T) {
	got, err := readBounded(strings.NewReader("12345"), "", 5)
	require.NoError(t, err)
	assert.Equal(t, "12345", string(got))

	_, err = readBounded(strings.NewReader("123456"), "", 5)
	assert.EqualError(t, err, "the stream has more bytes than may be read, the limit is 5")
	_, err = readBounded(endless{}, "m.pb", 1000)
	assert.EqualError(t, err, `"m.pb" has more bytes than may be read, the limit is 1000`)
	var size *SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, SizeError{Name: "m.pb", Limit: 1000}, *size)
}
