// Package archtest holds the rules about the tree that no compiler checks: which
// package imports which, and what packages may be called.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/tf2ng/tf2ng"

// stages lists the directories in the way of the data, the last stage first. A package
// imports only what stands below it, or beside it in its own stage.
var stages = [][]string{
	{"cmd/tf2ng"},
	{"serving/tfgrpc"},
	{"serving/tfgrpc/internal/stubs"},
	{"serving"},
	{"serving/internal/fault"},
	{"."},
	{"compare/tensorflow", "bridge/tf/live"},
	{"compare"},
	{"export/onnx"},
	{"export/onnx/internal/calibrate"},
	{"export/onnx/internal/affine"},
	{"compare/internal/excerpt"},
	{"bridge/tf/pbtxt"},
	{"bridge/tf/savedmodel"},
	{"bridge/tf"},
	{"bridge/tf/internal/ops"},
	{"bridge/tf/internal/opdef"},
	{"bridge/tf/savedmodel/internal/bundle"},
	{"bridge/tf/savedmodel/internal/wire"},
	{"bridge/tf/graphdef"},
	{"builders"},
	{"fusedops"},
	{"kernels"},
	{"kernels/internal/compile"},
	{
		"kernels/internal/product", "kernels/internal/normalization", "kernels/internal/resize", "kernels/internal/broadcast",
	},
	{"kernels/internal/window", "kernels/internal/segments", "kernels/internal/regions", "kernels/internal/reduction"},
	{"kernels/internal/machine", "kernels/internal/match", "kernels/internal/share"},
	{"internal/passes", "internal/ngfile", "internal/npy"},
	{"core/op"},
	{"core/op/linear", "core/op/tensorflow", "core/op/vision"},
	{
		"core/op/array", "core/op/codec", "core/op/control", "core/op/indexing", "core/op/matrix", "core/op/normalize",
		"core/op/parsing", "core/op/pointwise", "core/op/pooling", "core/op/quantization", "core/op/random",
		"core/op/reduce", "core/op/signal", "core/op/sparse", "core/op/text",
	},
	{"core/op/codec/internal/jpeg", "core/op/codec/internal/raster"},
	{"core/internal/interpolate", "core/internal/pool", "core/trait"},
	{"core/internal/elements", "core/postop"},
	{"core/internal/infer", "core/internal/arithmetic", "core/geometry"},
	{"core"},
	{"core/numeric", "internal/fourier"},
	{"core/internal/enum"},
	{
		"kernels/internal/gemm", "kernels/internal/sgemm", "kernels/internal/depthwise", "kernels/internal/sdepthwise",
		"kernels/internal/pool", "kernels/internal/elementwise", "kernels/internal/movement", "kernels/internal/loops",
	},
	{"kernels/internal/variant"},
	{
		"kernels/internal/isa", "kernels/internal/bounds", "kernels/internal/pages", "kernels/internal/dtype",
		"internal/activation", "internal/transcendental", "internal/testmode", "internal/mapped", "internal/version",
		"internal/view", "internal/wire",
	},
}

// stage returns the number of a directory's stage, counted from the last; -1 if it has none.
func stage(dir string) int {
	return slices.IndexFunc(stages, func(s []string) bool { return slices.Contains(s, dir) })
}

// A file of the tree.
type file struct {
	path    string
	dir     string // of its package, below the module's root
	pkg     string
	imports []string
}

// files parses the imports of every Go file of the module.
func files(t *testing.T) []file {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	var list []file
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root {
			_, nested := os.Stat(filepath.Join(p, "go.mod"))
			if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || nested == nil {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f := file{path: filepath.ToSlash(rel), dir: path.Dir(filepath.ToSlash(rel)), pkg: parsed.Name.Name}
		for _, i := range parsed.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, p)
		}
		list = append(list, f)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(list), 100, "the walk found the tree")
	return list
}

// ours returns the directory of one of the module's packages.
func ours(imported string) (dir string, ok bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func isTest(f file) bool { return strings.HasSuffix(f.path, "_test.go") }

// internal reports whether a directory serves development only.
func internal(dir string) bool {
	return strings.HasPrefix(dir, "internal/") && stage(dir) < 0 || strings.HasPrefix(dir, "scripts/") ||
		strings.HasSuffix(dir, "test")
}

// example reports whether a directory holds an example.
func example(dir string) bool { return strings.HasPrefix(dir, "examples/") }

// An example is what a user could write: of ours it knows what other modules may import.
func TestExamplesImportPublicPackagesOnly(t *testing.T) {
	found := map[string]bool{}
	for _, f := range files(t) {
		if !example(f.dir) || isTest(f) {
			continue
		}
		found[f.dir] = true
		for _, imported := range f.imports {
			if dir, ok := ours(imported); ok {
				assert.NotContains(t, strings.Split(dir, "/"), "internal", "%s imports %s", f.path, dir)
			}
		}
	}
	assert.NotEmpty(t, found)
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range files(t) {
		if isTest(f) || internal(f.dir) || example(f.dir) {
			continue
		}
		from := stage(f.dir)
		if !assert.GreaterOrEqual(t, from, 0, "%s: directory %s has no place in the way of the data", f.path, f.dir) {
			continue
		}
		for _, imported := range f.imports {
			dir, ok := ours(imported)
			if !ok {
				continue
			}
			assert.False(t, internal(dir), "%s imports %s, which serves development only", f.path, dir)
			to := stage(dir)
			assert.True(t, to > from || to == from && dir != f.dir, "%s imports %s, which does not stand below it",
				f.path, dir)
		}
	}
}

// Only the root knows both the bridge and the kernels, and the command and the examples above it.
func TestBridgeAndKernelsMeetAtTheRoot(t *testing.T) {
	knows := map[string]map[string]bool{}
	for _, f := range files(t) {
		if isTest(f) || internal(f.dir) || example(f.dir) || f.dir == "." || f.dir == "cmd/tf2ng" {
			continue
		}
		for _, imported := range f.imports {
			dir, _ := ours(imported)
			for _, side := range []string{"bridge", "kernels"} {
				if strings.HasPrefix(dir+"/", side+"/") {
					if knows[f.dir] == nil {
						knows[f.dir] = map[string]bool{}
					}
					knows[f.dir][side] = true
				}
			}
		}
	}
	for dir, sides := range knows {
		assert.Less(t, len(sides), 2, "%s imports both bridge and kernels", dir)
	}
}

// The micro-kernels, which stand below core, are slices and structs: of ours they know the CPU's
// features, the table of variants, the bounds of what they read and write, large pages, the types of numbers, memory as
// numbers, the epilogue of package gemm, which is that of every integer product, and the functions of
// internal/activation and internal/transcendental.
func TestFamiliesImportNothingOfOurs(t *testing.T) {
	below := []string{
		"kernels/internal/isa", "kernels/internal/variant", "kernels/internal/bounds", "kernels/internal/pages",
		"kernels/internal/dtype", "kernels/internal/gemm", "internal/activation", "internal/transcendental", "internal/view",
	}
	for _, f := range files(t) {
		if !strings.HasPrefix(f.dir, "kernels/internal/") || stage(f.dir) < stage("core") || internal(f.dir) || isTest(f) {
			continue
		}
		for _, imported := range f.imports {
			if dir, ok := ours(imported); ok {
				assert.Contains(t, below, dir, "%s imports %s", f.path, dir)
			}
		}
	}
}

func TestCoreNeedsNoProtobufMessages(t *testing.T) {
	for _, f := range files(t) {
		if f.dir == "bridge/tf/pbtxt" || f.dir == "bridge/tf/live" || speaksGRPC(f.dir) || isTest(f) || internal(f.dir) {
			continue
		}
		for _, imported := range f.imports {
			assert.False(t, strings.HasPrefix(imported, "google.golang.org/grpc") && f.dir != "cmd/tf2ng" && !example(f.dir),
				"%s imports %s, which only programs that use it are to build", f.path, imported)
			assert.False(t, strings.HasPrefix(imported, "github.com/wamuir/graft"),
				"%s imports %s: a program can link one copy of TensorFlow's messages only", f.path, imported)
			assert.NotEqual(t, "C", imported, "%s uses cgo", f.path)
		}
	}
}

// speaksGRPC reports whether a directory has the gRPC services, which are TensorFlow's messages.
func speaksGRPC(dir string) bool { return strings.HasPrefix(dir+"/", "serving/tfgrpc/") }

func TestPackagesHaveNamesThatSaySomething(t *testing.T) {
	for _, f := range files(t) {
		for _, name := range append(strings.Split(f.dir, "/"), f.pkg) {
			assert.NotContains(t, []string{"util", "utils", "common", "helper", "helpers", "misc", "shared"}, name,
				f.path)
		}
	}
}
