package testdocs

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	p := parse("p.md", "# A (b) c\n\nSee [x](y.md#z), `[no](no)`.\n```sh\n# why\nmake it \\\n  so\n"+
		"false  # exit code 1\n```\n<img src=\"i.png\">\n```go\nx\n```\n")
	want := []Command{{Text: "make it so", Line: 6}, {Text: "false  # exit code 1", Line: 8, Code: 1}}
	assert.Equal(t, want, p.Commands())
	assert.Equal(t, []string{"y.md#z", "i.png"}, p.Links())
	assert.Equal(t, map[string]bool{"a-b-c": true}, p.Anchors())
	assert.Equal(t, []string{"[no](no)"}, p.Code())
	assert.Equal(t, Block{Lang: "go", Line: 12, Text: "x\n"}, p.Blocks[1])
}

// outside are the places on the web that pages lead to. No test asks the network for them.
var outside = map[string]bool{
	"https://github.com/huggingface/safetensors": true,
	"https://go.dev/doc/install":                 true,
	"https://keepachangelog.com/en/1.1.0/":       true,
	"https://semver.org":                         true,
}

func TestLinksLeadSomewhere(t *testing.T) {
	pages := Pages(t, Root)
	byPath := map[string]*Page{}
	for i := range pages {
		byPath[pages[i].Path] = &pages[i]
	}
	used := map[string]bool{}
	for _, p := range pages {
		for _, link := range p.Links() {
			if strings.Contains(link, "://") {
				assert.True(t, outside[link], "%s: %s is not among the places on the web that are known", p.Path, link)
				used[link] = true
				continue
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := p.Path
			if file != "" {
				target = path.Join(path.Dir(p.Path), file)
				_, err := os.Stat(filepath.Join(Root, filepath.FromSlash(target)))
				assert.NoError(t, err, "%s: %s", p.Path, link)
			}
			if to := byPath[target]; anchor != "" && assert.NotNil(t, to, "%s: %s", p.Path, link) {
				assert.True(t, to.Anchors()[anchor], "%s: %s: %s has no such heading", p.Path, link, target)
			}
		}
	}
	for link := range outside {
		assert.True(t, used[link], "no page leads to %s any more", link)
	}
}

func TestEveryPageIsInTheIndex(t *testing.T) {
	pages := Pages(t, Root)
	linked := map[string]bool{"docs/README.md": true, "README.md": true}
	for _, p := range pages {
		if p.Path == "docs/README.md" {
			for _, link := range p.Links() {
				file, _, _ := strings.Cut(link, "#")
				linked[path.Join("docs", file)] = true
			}
		}
	}
	for _, p := range pages {
		assert.True(t, linked[p.Path], "docs/README.md does not lead to %s", p.Path)
	}
}

// A command outside a block of language sh would be run by no test.
func TestCommandsAreInBlocks(t *testing.T) {
	hidden := regexp.MustCompile(`(?m)^( {4,}|\t)(\$ )?(bin/)?(tf2ng|make|go|git|docker|curl|python3?) .*`)
	languages := map[string]bool{"sh": true, "go": true, "text": true, "json": true, "mermaid": true}
	for _, p := range Pages(t, Root) {
		for _, found := range hidden.FindAllString(p.Prose, -1) {
			assert.Fail(t, "a command that is not in a block of language sh", "%s: %s", p.Path, found)
		}
		for _, b := range p.Blocks {
			assert.True(t, languages[b.Lang], "%s:%d: a block of language %q", p.Path, b.Line, b.Lang)
			if b.Lang == "text" || b.Lang == "json" {
				assert.NotRegexp(t, `(?m)^(\$ )?(tf2ng|make) `, b.Text, "%s:%d: a command, not in sh", p.Path, b.Line)
			}
		}
	}
}

// What the pages ask make for is there.
func TestTargetsOfMakeExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(Root, "Makefile"))
	require.NoError(t, err)
	word := regexp.MustCompile(`^make ([a-z][a-z0-9-]*)`)
	for _, p := range Pages(t, Root) {
		texts := p.Code()
		for _, c := range p.Commands() {
			texts = append(texts, c.Text)
		}
		for _, text := range texts {
			if m := word.FindStringSubmatch(text); m != nil {
				assert.Regexp(t, `(?m)^`+m[1]+`:`, string(makefile), "%s: %s", p.Path, text)
			}
		}
	}
}

// Each row of the list of commands that the plain tests do not run is there for some page.
func TestNoReasonIsLeftOver(t *testing.T) {
	used := map[string]bool{}
	for _, p := range Pages(t, Root) {
		for _, c := range p.Commands() {
			if where, why := c.Runs(); where != Here {
				used[why] = true
			}
		}
	}
	for _, e := range elsewhere {
		assert.True(t, used[e.why], "no page has a command for which %q holds: %s", e.why, e.pattern)
	}
}

// imports are the packages that a fragment of Go may name.
var imports = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "log": "log", "os": "os",
	"tf2ng": "github.com/tf2ng/tf2ng", "core": "github.com/tf2ng/tf2ng/core",
	"compare": "github.com/tf2ng/tf2ng/compare", "onnx": "github.com/tf2ng/tf2ng/export/onnx",
	"serving": "github.com/tf2ng/tf2ng/serving", "kernels": "github.com/tf2ng/tf2ng/kernels",
}

// library makes a file of a block: a fragment becomes the body of a function that has a context and
// returns an error, and no file is package main, which would be linked.
func library(text string) string {
	if _, rest, ok := strings.Cut(text, "package main\n"); ok {
		return "package block\n" + rest
	}
	if strings.HasPrefix(text, "package ") {
		return text
	}
	var head strings.Builder
	head.WriteString("package block\n")
	for name, from := range imports {
		if regexp.MustCompile(`\b`+name+`\.`).MatchString(text) || name == "context" {
			fmt.Fprintf(&head, "import %q\n", from)
		}
	}
	end := "\nreturn nil\n}\n"
	last := text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:]
	if strings.HasPrefix(last, "return ") {
		end = "}\n"
	}
	return head.String() + "func fragment(ctx context.Context) error {\n" + text + end
}

func TestBlocksOfGoCompile(t *testing.T) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	dir := t.TempDir()
	var packages []string
	for _, p := range Pages(t, Root) {
		for _, b := range p.Blocks {
			if b.Lang != "go" {
				continue
			}
			name := fmt.Sprintf("block%s_%d", strings.NewReplacer("/", "_", ".", "_").Replace(p.Path), b.Line)
			file := filepath.Join(dir, name+".go")
			require.NoError(t, os.WriteFile(file, []byte(library(b.Text)), 0o600))
			at, err := filepath.Abs(filepath.Join(Root, "examples", name, "main.go"))
			require.NoError(t, err)
			overlay.Replace[at] = file
			packages = append(packages, "./examples/"+name)
		}
	}
	require.NotEmpty(t, packages)
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	cmd := exec.Command("go", append([]string{"build", "-overlay", file}, packages...)...)
	cmd.Dir = Root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
