// Command testsummary reads the output of go test -json and prints what matters: go
// test's closing line of every package, all output of tests that failed, what was
// skipped or not run, and totals. It exits with 1 if a test failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() { os.Exit(summarize(os.Stdin, os.Stdout)) }

// event is a line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	broken                  bool            // a package failed
	tests                   map[string]*log // of the tests under way
	packages                map[string]*log // output beside the tests
	notRun                  []string
}

type log struct{ lines []string }

func (l *log) print(w io.Writer) {
	for _, s := range l.lines {
		fmt.Fprint(w, s)
	}
}

func summarize(in io.Reader, out io.Writer) int {
	s := &summary{out: out, tests: map[string]*log{}, packages: map[string]*log{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text()) // go itself speaks
			continue
		}
		s.take(e)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "reading the tests' output:", err)
		return 1
	}
	for _, line := range s.notRun {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "tests: %d passed, %d failed, %d skipped, %d lines NOT RUN\n", s.passed, s.failed, s.skipped,
		len(s.notRun))
	if s.failed > 0 || s.broken {
		return 1
	}
	return 0
}

func (s *summary) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		s.output(e, key)
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
			return
		}
		s.endTest(e, key)
		delete(s.tests, key)
	}
}

func (s *summary) output(e event, key string) {
	if line := strings.TrimSpace(e.Output); strings.Contains(line, "NOT RUN") {
		s.notRun = append(s.notRun, fmt.Sprintf("%s (%s)", line, e.Package))
	}
	logs := s.tests
	if e.Test == "" {
		logs, key = s.packages, e.Package
	}
	if logs[key] == nil {
		logs[key] = &log{}
	}
	logs[key].lines = append(logs[key].lines, e.Output)
}

func (s *summary) endTest(e event, key string) {
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		fmt.Fprintf(s.out, "=== %s %s\n", e.Package, e.Test)
		if l := s.tests[key]; l != nil {
			l.print(s.out)
		}
	case "skip":
		s.skipped++
		fmt.Fprintf(s.out, "skipped: %s %s\n", e.Package, e.Test)
	}
}

// endPackage prints the package's closing line, and all that it said if it failed.
func (s *summary) endPackage(e event) {
	l := s.packages[e.Package]
	delete(s.packages, e.Package)
	if e.Action == "fail" {
		s.broken = true
		for key, test := range s.tests { // tests that a crash cut off
			if strings.HasPrefix(key, e.Package+" ") {
				test.print(s.out)
				delete(s.tests, key)
			}
		}
		if l != nil {
			l.print(s.out)
		}
		return
	}
	if l != nil && len(l.lines) > 0 {
		fmt.Fprint(s.out, l.lines[len(l.lines)-1])
	}
}
