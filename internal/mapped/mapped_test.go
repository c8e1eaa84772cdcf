package mapped

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"", "x", strings.Repeat("0123456789", 1000)} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		f, err := Open(path)
		require.NoError(t, err)
		assert.Equal(t, content, string(f.Data))
		require.NoError(t, f.Close())
		require.NoError(t, f.Close(), "again")
		assert.Nil(t, f.Data)
	}
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	dir := t.TempDir()
	_, err = Open(dir)
	assert.EqualError(t, err, dir+" is a directory, want a file")

	large := filepath.Join(dir, "large") // sparse: it takes no space
	f, err := os.Create(large)
	require.NoError(t, err)
	defer f.Close()
	if err := f.Truncate(MaxBytes + 1); err != nil {
		t.Skipf("no sparse files: %v", err)
	}
	_, err = Open(large)
	assert.EqualError(t, err, strconv.Quote(large)+" has 68719476737 bytes, the limit is 68719476736")
}

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// What has no size is read, and not beyond the limit.
func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader("12345"), "", 5)
	require.NoError(t, err)
	assert.Equal(t, "12345", string(got))

	_, err = Read(strings.NewReader("123456"), "", 5)
	assert.EqualError(t, err, "the stream has more bytes than may be read, the limit is 5")
	_, err = Read(endless{}, "m.pb", 1000)
	assert.EqualError(t, err, `"m.pb" has more bytes than may be read, the limit is 1000`)
	var size *SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, SizeError{Name: "m.pb", Limit: 1000}, *size)

	broken := errors.New("broken pipe")
	_, err = Read(iotest.ErrReader(broken), "pipe", 5)
	assert.ErrorIs(t, err, broken)
}

// What was dropped is there again when it is read; what is no part of the file stays.
func TestDrop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := strings.Repeat("0123456789abcdef", 1<<14)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	f, err := Open(path)
	require.NoError(t, err)
	own := []byte(content)
	for _, part := range [][]byte{
		f.Data, f.Data[:0], f.Data[1:2], f.Data[100 : len(f.Data)-100], f.Data[len(f.Data):], nil, own, own[5000:],
	} {
		f.Drop(part)
		assert.Equal(t, content, string(f.Data))
		assert.Equal(t, content, string(own))
	}
	require.NoError(t, f.Close())
}
