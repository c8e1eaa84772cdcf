package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

func TestListsAreCurrent(t *testing.T) {
	want, err := listAll(root)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "api", "*"))
	require.NoError(t, err)
	assert.Len(t, files, len(want), "api holds one list for each public package: run make generate")
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(root, "api", name))
		require.NoError(t, err, "run make generate")
		more, gone := difference(text, string(got)), difference(string(got), text)
		assert.True(t, more == "" && gone == "",
			"api/%s: is this change of the public API meant? Then run make generate.\nnew:\n%sgone:\n%s", name, more,
			gone)
	}
}

// difference returns the lines of a that b has not.
func difference(a, b string) string {
	var out strings.Builder
	for line := range strings.Lines(a) {
		if !strings.Contains("\n"+b, "\n"+line) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// A new public package is a promise: it is added here when it is made, and to CONTRIBUTING.md.
func TestPublicPackages(t *testing.T) {
	dirs, err := publicDirs(root)
	require.NoError(t, err)
	assert.Equal(t,
		[]string{
			".", "bridge/tf", "bridge/tf/graphdef", "bridge/tf/pbtxt", "bridge/tf/savedmodel", "builders",
			"compare", "compare/tensorflow", "core", "core/geometry", "core/numeric", "core/op",
			"core/op/array", "core/op/codec", "core/op/control", "core/op/indexing", "core/op/linear", "core/op/matrix",
			"core/op/normalize", "core/op/parsing", "core/op/pointwise", "core/op/pooling", "core/op/quantization",
			"core/op/random", "core/op/reduce", "core/op/signal", "core/op/sparse", "core/op/tensorflow", "core/op/text",
			"core/op/vision", "core/postop", "core/trait", "export/onnx", "fusedops", "kernels", "serving", "serving/tfgrpc",
		}, dirs)
}

func TestLines(t *testing.T) {
	const source = `package p
import "io"
type inner struct{ Deep int; hidden int }
func (inner) Given() {}
type Base struct{}
func (Base) OfBase() {}
type T struct { A, b int; inner; *Base; F func(name string) (n int, err error) }
func (t *T) Set(name string, more ...[]int) {}
func (t T) Get() (int, error) { return 0, nil }
func (t T) get() {}
type I interface { io.Reader; M(x int) bool; m() }
type Number interface { int8 | ~int16 }
type List[E Number] []E
type E uint8
const ( First E = iota; Second; third )
const Text, Size = "a\"b", 1 << 40
var ErrX error
var errY error
type Alias = T
func Map[K comparable, V any](m map[K]V, f func(k K) *V) chan<- K { return nil }
func local() {}
`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p.go", source, 0)
	require.NoError(t, err)
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil), IgnoreFuncBodies: true}
	pkg, err := config.Check("p", fset, []*ast.File{f}, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		`pkg dir/p, const First E = 0`,
		`pkg dir/p, const Second E = 1`,
		`pkg dir/p, const Size = 1099511627776`,
		`pkg dir/p, const Text = "a\"b"`,
		`pkg dir/p, func Map[K comparable, V any](map[K]V, func(K) *V) chan<- K`,
		`pkg dir/p, method (*T) Set(string, ...[]int)`,
		`pkg dir/p, method (Base) OfBase()`,
		`pkg dir/p, method (T) Get() (int, error)`,
		`pkg dir/p, method (T) Given()`,
		`pkg dir/p, type Alias = T`,
		`pkg dir/p, type Base struct`,
		`pkg dir/p, type E uint8`,
		`pkg dir/p, type I interface`,
		`pkg dir/p, type I interface, M(int) bool`,
		`pkg dir/p, type I interface, embedded io.Reader`,
		`pkg dir/p, type I interface, unexported methods`,
		`pkg dir/p, type List[E Number] []E`,
		`pkg dir/p, type Number interface`,
		`pkg dir/p, type Number interface, embedded int8 | ~int16`,
		`pkg dir/p, type T struct`,
		`pkg dir/p, type T struct, A int`,
		`pkg dir/p, type T struct, Deep int`,
		`pkg dir/p, type T struct, F func(string) (int, error)`,
		`pkg dir/p, type T struct, embedded *Base`,
		`pkg dir/p, var ErrX error`,
	}, lines("dir/p", pkg))
}

// A list must not depend on where it is made.
func TestSameEverywhere(t *testing.T) {
	for _, test := range []struct {
		name, file, source, want string
	}{
		{"plain", "a.go", "package p\n", ""},
		{
			"tag",
			"a.go",
			"//go:build purego\n\npackage p\n",
			"[a.go] have build constraints: keep those to internal packages",
		},
		{
			"negated tag",
			"a.go",
			"//go:build !purego\n\npackage p\n",
			"got the files [a.go b.go], but [b.go] on another platform: keep build constraints to internal packages",
		},
		{
			"name for one",
			"a_amd64.go",
			"package p\n",
			"got the files [a_amd64.go b.go], but [b.go] on another platform: keep build constraints to internal " +
				"packages",
		},
		{
			"name for another",
			"a_arm64.go",
			"package p\n",
			"[a_arm64.go] have build constraints: keep those to internal packages",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, test.file), []byte(test.source), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "b.go"), []byte("package p\n"), 0o600))
			err := sameEverywhere(dir)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, dir+": "+test.want)
		})
	}
}
