package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// many is an input whose values are given as many files.
type many struct {
	name  string
	files []string
}

// inputFiles separates inputs that are a single array from inputs that are images, directories or patterns.
// The files of the latter are sorted by name.
func inputFiles(args []string) (single []string, several []many, err error) {
	for _, s := range args {
		name, path, ok := strings.Cut(s, "=")
		info, statErr := os.Stat(path)
		isDir := statErr == nil && info.IsDir()
		isImage := slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(path)))
		if !ok || !isDir && !isImage && !strings.ContainsAny(path, "*?[") {
			single = append(single, s)
			continue
		}
		pattern := path
		if isDir {
			pattern = filepath.Join(path, "*")
		}
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, nil, fmt.Errorf("--input %q: %w", s, err)
		}
		files = slices.DeleteFunc(files, func(f string) bool {
			return !slices.Contains([]string{".npy", ".npz", ".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(f)))
		})
		if len(files) == 0 {
			return nil, nil, fmt.Errorf("--input %q: no .npy, .npz, .png or .jpg file", s)
		}
		several = append(several, many{strings.TrimSuffix(name, ":0"), files})
	}
	return single, several, nil
}

// sets returns the inputs of each run. The arrays of files are joined along their first axis until they have
// as many rows as --batch says.
func (d *diff) sets(m *tf2ng.Model, several []many) ([]compare.Tensors, error) {
	how, ok := preprocessings()[d.command.Preprocess]
	if !ok {
		return nil, fmt.Errorf("--preprocess: got %q, want none, caffe, tf or torch", d.command.Preprocess)
	}
	var sets []compare.Tensors
	for n, in := range several {
		i := slices.IndexFunc(m.Inputs(), func(p tf2ng.TensorInfo) bool { return p.Name == in.name })
		if i < 0 {
			return nil, fmt.Errorf("--input %s: files are for an input of the model, and it has no such", in.name)
		}
		want := core.Fact{Type: m.Inputs()[i].Type, Shape: m.Inputs()[i].Shape}
		var batches []*core.Tensor
		var open []*core.Tensor
		rows := 0
		for k, file := range in.files {
			t, err := d.file(file, want, how)
			if err != nil {
				return nil, fmt.Errorf("--input %s: %w", in.name, err)
			}
			open = append(open, t)
			if len(t.Shape()) > 0 {
				rows += t.Shape()[0]
			}
			if rows < d.command.Batch && k < len(in.files)-1 && len(t.Shape()) > 0 {
				continue
			}
			joined, err := join(open)
			if err != nil {
				return nil, fmt.Errorf("--input %s: %s: %w", in.name, file, err)
			}
			batches, open, rows = append(batches, joined), nil, 0
		}
		if n == 0 {
			sets = make([]compare.Tensors, len(batches))
		}
		if len(batches) != len(sets) {
			return nil, fmt.Errorf("--input %s: got files for %d runs, but those of %s are for %d", in.name, len(batches),
				several[0].name, len(sets))
		}
		for k, t := range batches {
			if sets[k] == nil {
				sets[k] = compare.Tensors{}
			}
			sets[k][in.name] = t
		}
	}
	return sets, nil
}

// file reads an array or an image.
func (d *diff) file(path string, want core.Fact, how preprocessing) (*core.Tensor, error) {
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".npy" || ext == ".npz" {
		return loadArray(path)
	}
	return loadImage(path, want, how)
}

// join joins tensors along their first axis.
func join(list []*core.Tensor) (*core.Tensor, error) {
	if len(list) == 1 {
		return list[0], nil
	}
	shape := list[0].Shape().Clone()
	shape[0] = 0
	var data []byte
	for _, t := range list {
		s := t.Shape()
		if t.Type() != list[0].Type() || t.Type() == core.String || len(s) != len(shape) || !s[1:].Equal(shape[1:]) {
			return nil, fmt.Errorf("got %v, which cannot be joined with %v", t, list[0])
		}
		shape[0] += s[0]
		data = append(data, t.Bytes()...)
	}
	return core.TensorOver(list[0].Type(), shape, data)
}

// each calls one for each set of inputs, and merges the reports.
func (d *diff) each(ctx context.Context, one func() (*compare.Report, error)) (*compare.Report, error) {
	if len(d.many) == 0 {
		return one()
	}
	var reports []*compare.Report
	fixed := d.feeds
	for i, set := range d.many {
		feeds := compare.Tensors{}
		maps.Copy(feeds, fixed)
		maps.Copy(feeds, set)
		d.feeds = feeds
		r, err := one()
		if err != nil {
			return nil, fmt.Errorf("run %d: %w", i, err)
		}
		reports = append(reports, r)
		if d.command.FailFast && !r.Pass || ctx.Err() != nil {
			break
		}
	}
	return compare.Merge(reports), ctx.Err()
}
