package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/tf2ng/tf2ng"

// platform is where the packages are listed. The public ones are the same on all others: see
// sameEverywhere.
func platform(goos, goarch string, tags ...string) *build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.BuildTags, c.CgoEnabled = goos, goarch, tags, false
	return &c
}

// publicDirs lists the directories of the packages that other modules can import.
func publicDirs(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if p != root {
			_, nested := os.Stat(filepath.Join(p, "go.mod"))
			if name := d.Name(); nested == nil || name == "internal" || name == "testdata" ||
				strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				return filepath.SkipDir
			}
		}
		found, err := platform("linux", "amd64").ImportDir(p, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		if found.Name == "main" {
			return nil
		}
		dir, err := filepath.Rel(root, p)
		dirs = append(dirs, filepath.ToSlash(dir))
		return err
	})
	return dirs, err
}

// sameEverywhere returns an error if the files of a package depend on the platform or on
// build tags: its list would be another one elsewhere.
func sameEverywhere(dir string) error {
	here, err := platform("linux", "amd64").ImportDir(dir, 0)
	if err != nil {
		return err
	}
	if len(here.IgnoredGoFiles) > 0 {
		return fmt.Errorf("%s: %v have build constraints: keep those to internal packages", dir, here.IgnoredGoFiles)
	}
	there, err := platform("windows", "arm64", "purego").ImportDir(dir, 0)
	if err != nil {
		return err
	}
	if !slices.Equal(here.GoFiles, there.GoFiles) {
		return fmt.Errorf("%s: got the files %v, but %v on another platform: keep build constraints to internal "+
			"packages", dir, here.GoFiles, there.GoFiles)
	}
	return nil
}

// foreign lists the types of other modules that public packages name, by their packages.
var foreign = map[string][]string{"google.golang.org/grpc": {"ServerOption", "ServiceRegistrar"}}

// loader type-checks the declarations of the module's packages, without the bodies of their
// functions. Packages of other modules have nothing but the foreign types to it.
type loader struct {
	root     string
	fset     *token.FileSet
	standard types.Importer
	loaded   map[string]*types.Package
}

func newLoader(root string) *loader {
	fset := token.NewFileSet()
	return &loader{
		root:     root,
		fset:     fset,
		standard: importer.ForCompiler(fset, "source", nil),
		loaded:   map[string]*types.Package{},
	}
}

// Import returns a package by its path.
func (l *loader) Import(name string) (*types.Package, error) {
	if dir, ok := strings.CutPrefix(name+"/", module+"/"); ok {
		return l.load(path.Clean("./" + dir))
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return l.standard.Import(name)
	}
	empty := types.NewPackage(name, path.Base(name))
	for _, t := range foreign[name] {
		declared := types.NewTypeName(token.NoPos, empty, t, nil)
		types.NewNamed(declared, types.NewInterfaceType(nil, nil), nil)
		empty.Scope().Insert(declared)
	}
	empty.MarkComplete()
	return empty, nil
}

// load returns the package in a directory below the root.
func (l *loader) load(dir string) (*types.Package, error) {
	if pkg := l.loaded[dir]; pkg != nil {
		return pkg, nil
	}
	found, err := platform("linux", "amd64").ImportDir(filepath.Join(l.root, dir), 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range found.GoFiles {
		f, err := parser.ParseFile(l.fset, filepath.Join(l.root, dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	// What other modules declare is missed; where that matters the list has an invalid type.
	config := types.Config{IgnoreFuncBodies: true, FakeImportC: true, Importer: l, Error: func(error) {}}
	pkg, _ := config.Check(path.Join(module, dir), l.fset, files, nil)
	l.loaded[dir] = pkg
	return pkg, nil
}
