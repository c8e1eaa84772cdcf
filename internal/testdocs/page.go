// Package testdocs reads the repository's Markdown pages, so that tests can check the commands, the Go code
// and the links in them.
package testdocs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// Root is the path of the module's root, relative to this package and to any other package two folders deep.
const Root = "../.."

// Page is a Markdown file.
type Page struct {
	Path   string // below the module's root, with slashes
	Blocks []Block
	Prose  string // the page with its fenced blocks blanked, so that it has as many lines as the page
}

// Block is a fenced block of a page.
type Block struct {
	Lang string // sh, go, text, ...: the word after the opening fence
	Line int    // the number of its first line, counted from 1
	Text string
}

// Command is one command of a block of language sh.
type Command struct {
	Text string
	Line int
	Code int // the exit code that the page states, as "# exit code 1"; 0 if it states none
}

// Pages returns the Markdown pages at the root and in docs.
func Pages(t testing.TB, root string) []Page {
	t.Helper()
	var pages []Page
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			path, err := filepath.Rel(root, file)
			require.NoError(t, err)
			pages = append(pages, parse(filepath.ToSlash(path), string(data)))
		}
	}
	require.Greater(t, len(pages), 8, "pages were found")
	return pages
}

func parse(path, text string) Page {
	p := Page{Path: path}
	var prose strings.Builder
	open := -1 // the block that is being read
	for i, line := range strings.Split(text, "\n") {
		lang, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open < 0:
			p.Blocks = append(p.Blocks, Block{Lang: lang, Line: i + 2})
			open = len(p.Blocks) - 1
		case fence:
			open = -1
		case open >= 0:
			p.Blocks[open].Text += line + "\n"
		default:
			prose.WriteString(line)
		}
		prose.WriteByte('\n')
	}
	p.Prose = prose.String()
	return p
}

var exitCode = regexp.MustCompile(`# exit code (\d)`)

// Commands returns the commands of a page, in order. A line that ends with a backslash is continued on the
// next one.
func (p *Page) Commands() []Command {
	var list []Command
	for _, b := range p.Blocks {
		if b.Lang != "sh" {
			continue
		}
		more := false
		for i, line := range strings.Split(b.Text, "\n") {
			line = strings.TrimSpace(line)
			rest, goesOn := strings.CutSuffix(line, `\`)
			switch {
			case more:
				list[len(list)-1].Text += rest
			case line == "" || strings.HasPrefix(line, "#"):
				continue
			default:
				list = append(list, Command{Text: rest, Line: b.Line + i})
			}
			if m := exitCode.FindStringSubmatch(line); m != nil {
				list[len(list)-1].Code = int(m[1][0] - '0')
			}
			more = goesOn
		}
	}
	return list
}

var (
	code  = regexp.MustCompile("`[^`]*`")
	links = []*regexp.Regexp{
		regexp.MustCompile(`\]\(([^)\s]+)\)`),
		regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`),
	}
	comments = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// Code returns the texts between backquotes in the prose.
func (p *Page) Code() []string {
	var list []string
	for _, c := range code.FindAllString(p.Prose, -1) {
		list = append(list, strings.Trim(c, "`"))
	}
	return list
}

// Links returns the targets of the links and images of a page.
func (p *Page) Links() []string {
	var list []string
	prose := code.ReplaceAllString(comments.ReplaceAllString(p.Prose, ""), "")
	for _, link := range links {
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			list = append(list, m[1])
		}
	}
	return list
}

// Anchors returns the anchors of the page's headings, as GitHub makes them.
func (p *Page) Anchors() map[string]bool {
	anchors := map[string]bool{}
	for _, line := range strings.Split(p.Prose, "\n") {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		anchors[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))] = true
	}
	return anchors
}
