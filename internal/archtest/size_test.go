package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	maxColumns  = 120 // of a line; a tab counts for one
	maxFunction = 80  // lines; a literal, such as a table of tests, counts for one
	maxFolder   = 25  // files, tests aside
)

// No line, function or folder is larger than one can read.
func TestSizes(t *testing.T) {
	assert.Empty(t, oversized(t), "more than %d columns in a line, %d lines in a function or %d files in a folder",
		maxColumns, maxFunction, maxFolder)
}

// oversized lists what does not comply: "lines" and a file, "functions" and a file, "files" and
// a folder. Generated files may be of any size.
func oversized(t *testing.T) []string {
	var found []string
	folders := map[string]int{}
	for _, f := range files(t) {
		source, err := os.ReadFile(filepath.Join("../..", f.path))
		require.NoError(t, err)
		if !isTest(f) {
			folders[f.dir]++
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, f.path, source, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if ast.IsGenerated(parsed) {
			continue
		}
		if longLines(fset, parsed, string(source)) {
			found = append(found, "lines "+f.path)
		}
		if longFunctions(fset, parsed) {
			found = append(found, "functions "+f.path)
		}
	}
	for dir, n := range folders {
		if n > maxFolder {
			found = append(found, "files "+dir)
		}
	}
	slices.Sort(found)
	return found
}

// longLines reports whether a file has a line that is too long and could be broken.
func longLines(fset *token.FileSet, file *ast.File, source string) bool {
	fixed := unbreakable(fset, file)
	n := 0
	for line := range strings.Lines(source) {
		n++
		if utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) > maxColumns && !fixed[n] {
			return true
		}
	}
	return false
}

// unbreakable returns the lines of texts that span several lines, those of the tags of struct
// fields, and those of what examples print.
func unbreakable(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	add := func(n ast.Node) {
		for i := fset.Position(n.Pos()).Line; i <= fset.Position(n.End()).Line; i++ {
			lines[i] = true
		}
	}
	for _, c := range file.Comments {
		if strings.HasPrefix(c.Text(), "Output:") {
			add(c)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if strings.Contains(n.Value, "\n") {
				add(n)
			}
		case *ast.Field:
			if n.Tag != nil {
				add(n.Tag)
			}
		}
		return true
	})
	return lines
}

func longFunctions(fset *token.FileSet, file *ast.File) bool {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && length(fset, f) > maxFunction {
			return true
		}
	}
	return false
}

// length returns the lines of a function, of which a literal takes one.
func length(fset *token.FileSet, f *ast.FuncDecl) int {
	span := func(n ast.Node) int { return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line }
	lines := span(f) + 1
	ast.Inspect(f, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if ok {
			lines -= span(literal)
		}
		return !ok
	})
	return lines
}

func TestOversized(t *testing.T) {
	long := strings.Repeat("x", maxColumns)
	for _, test := range []struct {
		name, source     string
		lines, functions bool
	}{
		{"as long as may be", "//" + long[2:], false, false},
		{"a column more", "//" + long[1:], true, false},
		{"a tab", "//\t" + long[3:], false, false},
		{"text over lines", "const _ = `\n" + long + "x`", false, false},
		{"text in a line", "const _ = `" + long + "`", true, false},
		{"what is printed", "// Output:\n// " + long, false, false},
		{"a tag", "type _ struct {\n\tA int `a:\"" + long + "\"`\n}", false, false},
		{"a function of 80", "func _() {" + strings.Repeat("\n", 79) + "}", false, false},
		{"a function of 81", "func _() {" + strings.Repeat("\n", 80) + "}", false, true},
		{"a table in a function", "func _() {\n_ = []int{" + strings.Repeat("\n1,", 80) + "\n}\n}", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			fset := token.NewFileSet()
			source := "package x\n" + test.source
			parsed, err := parser.ParseFile(fset, "x.go", source, parser.ParseComments|parser.SkipObjectResolution)
			require.NoError(t, err)
			assert.Equal(t, test.lines, longLines(fset, parsed, source))
			assert.Equal(t, test.functions, longFunctions(fset, parsed))
		})
	}
}
