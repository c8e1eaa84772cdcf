package op_test

import (
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A family that package op does not import would be missing from programs that read files.
func TestEveryFamilyIsRegistered(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "op.go", nil, parser.ImportsOnly)
	require.NoError(t, err)
	var imported []string
	for _, i := range parsed.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err)
		imported = append(imported, path)
	}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	families := 0
	for _, e := range entries {
		if e.IsDir() {
			families++
			assert.Contains(t, imported, "github.com/tf2ng/tf2ng/core/op/"+e.Name())
		}
	}
	assert.Greater(t, families, 5, "the families were found")
}
