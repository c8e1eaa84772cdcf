package serving

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
)

// Source finds the versions of models and loads them. Directories is a Source; a program may use its own.
type Source interface {
	// Versions lists the versions of the model at a base path, in ascending order of their numbers.
	Versions(ctx context.Context, basePath string) ([]Version, error)

	// Open loads a version. It may take long, but should return early when ctx is done.
	Open(ctx context.Context, v Version) (*Servable, error)
}

// Version is a version of a model that a Source has found.
type Version struct {
	Number int64  // larger is newer
	Path   string // where the version is; only the Source interprets it
	State  string // identifies the content: while it changes, the version is not loaded; may be empty
}

// Directories is the Source for base paths in the file system. A base path is a directory with one entry
// for each version, named by the version's number: a directory that holds a SavedModel, a GraphDef (.pb,
// .pbtxt) or a converted model (.ng), such as 3/saved_model.pb or 3/model.ng; or a file that is a GraphDef
// or a converted model, such as 3.ng.
type Directories struct {
	Options []tf2ng.Option // for tf2ng.Load

	// Warmup reads the warm-up requests of a version from its file
	// assets.extra/tf_serving_warmup_requests, which is at path. If it is nil, the file is ignored.
	// tfgrpc.ReadWarmup is such a function.
	Warmup func(path string) ([]Request, error)

	// Batching reads the batching parameters of a version from the file batching_params.pbtxt beside
	// its model. If it is nil, the file is ignored. tfgrpc.ReadBatching is such a function.
	Batching func(path string) (*Batching, error)
}

// warmupFile is the file of a SavedModel that holds the requests to answer before it serves.
const warmupFile = "assets.extra/tf_serving_warmup_requests"

// batchingFile is the file in which a version may have batching parameters of its own.
const batchingFile = "batching_params.pbtxt"

var versionFile = pattern(`^(\d+)\.(pb|pbtxt|ng)$`)

// Versions lists the entries of a base path that are named by a version number.
func (d *Directories) Versions(_ context.Context, basePath string) ([]Version, error) {
	entries, err := os.ReadDir(basePath)
	if err != nil {
		return nil, err
	}
	var list []Version
	for _, e := range entries {
		digits := e.Name()
		if m := versionFile().FindStringSubmatch(digits); m != nil {
			digits = m[1]
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || digits[0] == '+' || n < 0 {
			continue
		}
		path := filepath.Join(basePath, e.Name())
		if slices.ContainsFunc(list, func(v Version) bool { return v.Number == n }) {
			return nil, fmt.Errorf("%s: version %d is there twice", basePath, n)
		}
		list = append(list, Version{Number: n, Path: path, State: state(path)})
	}
	slices.SortFunc(list, func(a, b Version) int { return cmp.Compare(a.Number, b.Number) })
	return list, nil
}

// state returns a text that changes when the files of a version do: their names, sizes and modification
// times.
func state(path string) string {
	var b strings.Builder
	_ = filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		info, statErr := os.Stat(p)
		if err != nil || statErr != nil {
			fmt.Fprintf(&b, "%s: gone\n", p)
			return nil
		}
		fmt.Fprintf(&b, "%s %d %d\n", p, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	return b.String()
}

// Open loads the model of a version.
func (d *Directories) Open(_ context.Context, v Version) (*Servable, error) {
	path, err := modelFile(v.Path)
	if err != nil {
		return nil, err
	}
	s, err := d.load(path)
	if err != nil {
		return nil, err
	}
	if now := state(v.Path); v.State != "" && now != v.State {
		return nil, errors.Join(fmt.Errorf("%s: files changed while they were read: are they still being copied?",
			v.Path), s.Close())
	}
	if err := d.addFiles(s, v.Path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (d *Directories) load(path string) (*Servable, error) {
	m, err := tf2ng.Load(path, d.Options...)
	if err != nil {
		m, err = d.loadAny(path, err)
	}
	if err != nil {
		return nil, err
	}
	s, err := FromModel(m)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), m.Close())
	}
	return s, nil
}

// loadAny loads a model that Load could not load with its default signature. It tries the model's other
// signatures; the first that loads is enough, since FromModel then serves all that can be translated.
func (d *Directories) loadAny(path string, why error) (*tf2ng.Model, error) {
	by := func(name string) (*tf2ng.Model, error) {
		return tf2ng.Load(path, append(slices.Clone(d.Options), tf2ng.WithSignature(name))...)
	}
	m, err := by("\x00") // no model has this signature: the error lists those that there are
	if err == nil {
		return m, nil
	}
	if choice := (*tf2ng.SignatureError)(nil); errors.As(err, &choice) {
		for _, name := range choice.Have {
			if m, err := by(name); err == nil {
				return m, nil
			}
		}
	}
	return nil, why
}

// addFiles reads the warm-up requests and batching parameters that a version's directory may hold.
func (d *Directories) addFiles(s *Servable, version string) (err error) {
	path := filepath.Join(version, filepath.FromSlash(warmupFile))
	if d.Warmup != nil && exists(path) {
		if s.Warmup, err = d.Warmup(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	path = filepath.Join(version, batchingFile)
	if d.Batching != nil && exists(path) {
		if s.Batching, err = d.Batching(path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// modelFile returns the path to pass to Load for a version: the directory of a SavedModel, or a file.
func modelFile(version string) (string, error) {
	info, err := os.Stat(version)
	if err != nil || !info.IsDir() {
		return version, err
	}
	entries, err := os.ReadDir(version)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "saved_model.pb" || name == "saved_model.pbtxt":
			return version, nil
		case slices.Contains([]string{".pb", ".pbtxt", ".ng"}, filepath.Ext(name)) && !e.IsDir():
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s: want saved_model.pb, or one file *.pb, *.pbtxt or *.ng, got %q", version, found)
	}
	return filepath.Join(version, found[0]), nil
}
