package ops

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFamilyHasTheNameOfItsFile(t *testing.T) {
	files, err := filepath.Glob("op_*.go")
	require.NoError(t, err)
	for _, file := range files {
		family := strings.TrimSuffix(strings.TrimPrefix(file, "op_"), ".go")
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(source), `register("`+family+`",`, file)
	}
	families := map[string]bool{}
	for _, row := range Rows() {
		families[row.Family] = true
	}
	assert.Len(t, families, len(files))
}
