// Command apilist writes api/*.txt: every name that the public packages export, one a line.
//
//	apilist ROOT
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:generate go run . ../..

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: apilist ROOT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "apilist:", err)
		os.Exit(1)
	}
}

// write replaces the lists of the module at root.
func write(root string) error {
	lists, err := listAll(root)
	if err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(root, "api", "*.txt"))
	if err != nil {
		return err
	}
	for _, path := range stale {
		if _, ok := lists[filepath.Base(path)]; !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "api"), 0o755); err != nil {
		return err
	}
	for name, text := range lists {
		if err := os.WriteFile(filepath.Join(root, "api", name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// listAll returns the content of each list by the name of its file.
func listAll(root string) (map[string]string, error) {
	dirs, err := publicDirs(root)
	if err != nil {
		return nil, err
	}
	lists := map[string]string{}
	l := newLoader(root)
	for _, dir := range dirs {
		if err := sameEverywhere(filepath.Join(root, dir)); err != nil {
			return nil, err
		}
		pkg, err := l.load(dir)
		if err != nil {
			return nil, err
		}
		name := dir
		if dir == "." {
			name = pkg.Name()
		}
		text := strings.Join(lines(name, pkg), "\n") + "\n"
		if strings.Contains(text, "invalid type") {
			return nil, fmt.Errorf("%s: an exported name has a type of neither this module nor the standard "+
				"library:\n%s", dir, text)
		}
		lists[strings.ReplaceAll(name, "/", "_")+".txt"] = text
	}
	return lists, nil
}
