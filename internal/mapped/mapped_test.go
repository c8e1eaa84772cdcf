package mapped

import (
	"errors"
	"os"
	"path/filepath"
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
	assert.EqualError(t, err, large+": got 68719476737 bytes, the limit is 68719476736")
}

// What has no size is read, and not beyond the limit.
func TestRead(t *testing.T) {
	f, err := read("pipe", strings.NewReader("12345"), 5)
	require.NoError(t, err)
	assert.Equal(t, "12345", string(f.Data))
	require.NoError(t, f.Close())

	_, err = read("pipe", strings.NewReader("123456789"), 5)
	var e *SizeError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, SizeError{"pipe", 6, 5}, *e)

	broken := errors.New("broken pipe")
	_, err = read("pipe", iotest.ErrReader(broken), 5)
	assert.ErrorIs(t, err, broken)
}
