package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/testdocs"
)

// TestMain makes the test's own binary the program where a shell calls it by the program's name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tf2ng" {
		os.Exit(doMain(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// sandbox has this program on its path. Without a shell it is NOT RUN.
func sandbox(t *testing.T) *testdocs.Sandbox {
	for _, needed := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(needed); err != nil {
			fmt.Printf("NOT RUN: the commands of the pages and of --help, there is no %s\n", needed)
			t.SkipNow()
		}
	}
	program, err := os.Executable()
	require.NoError(t, err)
	return testdocs.NewSandbox(t, testdocs.Root, program)
}

// The commands of a page run in its order, and exit as it says.
func TestCommandsOfPages(t *testing.T) {
	for _, p := range testdocs.Pages(t, testdocs.Root) {
		t.Run(p.Path, func(t *testing.T) {
			t.Parallel()
			var s *testdocs.Sandbox
			for _, c := range p.Commands() {
				if where, why := c.Runs(); where != testdocs.Here {
					t.Logf("%s:%d: %s: elsewhere: %s", p.Path, c.Line, c.Text, why)
					continue
				}
				if s == nil {
					s = sandbox(t)
				}
				s.Run(c)
			}
		})
	}
}

// commands returns the program's commands, as its parser knows them.
func commands(t *testing.T) []*kong.Node {
	parser, err := kong.New(&cli{}, kong.Vars{"version": ""}, kong.Writers(io.Discard, io.Discard))
	require.NoError(t, err)
	return parser.Model.Leaves(true)
}

// The help of each command has an example, and its examples run.
func TestExamplesOfHelp(t *testing.T) {
	example := regexp.MustCompile(`(?m)^Example: (.*)$`)
	shown := map[string]bool{}
	for _, p := range testdocs.Pages(t, testdocs.Root) {
		for _, c := range p.Commands() {
			text, _, _ := strings.Cut(c.Text, " #")
			shown[strings.TrimSpace(text)] = true
		}
	}
	for _, node := range commands(t) {
		found := example.FindAllStringSubmatch(node.Detail, -1)
		assert.NotEmpty(t, found, "%s --help shows no example", node.Name)
		for _, m := range found {
			t.Run(m[1], func(t *testing.T) {
				c := testdocs.Command{Text: m[1]}
				where, why := c.Runs()
				if where == testdocs.Here {
					sandbox(t).Run(c)
					return
				}
				t.Log("elsewhere, as a command of a page:", why)
				assert.True(t, shown[c.Text], "%s: no page has it, so make test-tensorflow does not run it", c.Text)
			})
		}
	}
}

// The commands of make demo, which the README shows first.
func TestCommandsOfTheDemo(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(testdocs.Root, "Makefile"))
	require.NoError(t, err)
	variables := strings.NewReplacer("$(DATA)", "testdata/graphdefs", "$(MODEL)", "digits_mix_lpot16_tf25")
	s := sandbox(t)
	s.Link("testdata")
	_, rest, ok := strings.Cut(string(makefile), "\ndemo:")
	require.True(t, ok)
	recipe, _, _ := strings.Cut(rest, "\n\n")
	found := regexp.MustCompile(`(?m)^\t(bin/tf2ng .*)$`).FindAllStringSubmatch(recipe, -1)
	require.Len(t, found, 3)
	for _, m := range found {
		s.Run(testdocs.Command{Text: variables.Replace(m[1])})
	}
}

// others are flags in the pages that are not this program's.
var others = map[string]string{
	"seed": "make fuzz-tensorflow", "work": "scripts/peers", "cases": "scripts/fuzz", "depth": "git",
}

// A flag that a page names is one of the program's.
func TestFlagsOfPagesExist(t *testing.T) {
	known := map[string]bool{"help": true}
	for _, node := range commands(t) {
		for _, group := range node.AllFlags(false) {
			for _, f := range group {
				known[f.Name], known["no-"+f.Name] = true, true
				for _, alias := range f.Aliases {
					known[alias] = true
				}
			}
		}
	}
	flag := regexp.MustCompile(`(?:^|[\s"(])--([a-z][a-z0-9_-]*)`)
	for _, p := range testdocs.Pages(t, testdocs.Root) {
		if p.Path == "CHANGELOG.md" { // history names what was
			continue
		}
		texts := p.Code()
		for _, c := range p.Commands() {
			if strings.HasPrefix(c.Text, "tf2ng ") {
				texts = append(texts, c.Text)
			}
		}
		for _, text := range texts {
			for _, m := range flag.FindAllStringSubmatch(text, -1) {
				assert.True(t, known[m[1]] || others[m[1]] != "", "%s: --%s is no flag: %s", p.Path, m[1], text)
			}
		}
	}
}
