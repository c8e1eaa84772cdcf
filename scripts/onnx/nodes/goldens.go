package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx"
	"github.com/tf2ng/tf2ng/internal/npy"
)

type feed struct {
	Tensor string `json:"tensor"`
	Array  string `json:"npz"`
	Type   string `json:"dtype"`
}

type fetch struct {
	Tensor string `json:"tensor"`
}

// golden is a recorded graph of testdata/goldens.
type golden struct {
	ID      string  `json:"id"`
	Op      string  `json:"op"`
	PB      string  `json:"pb"`
	NPZ     string  `json:"npz"`
	Feeds   []feed  `json:"feeds"`
	Fetches []fetch `json:"fetches"`
	Refused bool    `json:"expected_error"`

	options []tf2ng.Option
}

// report is the content of a case.json: graphs, their feeds and their fetches.
type report struct {
	Runs []struct {
		Model  string                     `json:"model"`
		Feeds  map[string]string          `json:"feeds"`  // by tensor, as FILE:ARRAY
		Expect map[string]string          `json:"expect"` // by tensor
		Set    map[string]json.RawMessage `json:"set"`    // values of placeholders
		Fails  string                     `json:"fails"`
	} `json:"runs"`
}

// goldens returns the recorded graphs in a directory: those listed in its index.json, or in the case.json of each
// subdirectory.
func goldens(root string) ([]*golden, error) {
	var file struct {
		Cases []*golden `json:"cases"`
	}
	err := readJSON(filepath.Join(root, "index.json"), &file)
	if !errors.Is(err, os.ErrNotExist) {
		return file.Cases, err
	}
	paths, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		var r report
		if err := readJSON(path, &r); err != nil {
			return nil, err
		}
		file.Cases = append(file.Cases, r.goldens(filepath.Base(filepath.Dir(path)))...)
	}
	return file.Cases, nil
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// goldens returns the runs of a case.
func (r *report) goldens(name string) []*golden {
	var list []*golden
	for i, run := range r.Runs {
		g := &golden{
			ID: fmt.Sprintf("%s/%s#%d", name, run.Model, i), PB: filepath.Join(name, run.Model),
			Refused: run.Fails != "",
		}
		for tensor, where := range run.Feeds {
			file, array, _ := strings.Cut(where, ":")
			g.NPZ = filepath.Join(name, file)
			g.Feeds = append(g.Feeds, feed{Tensor: tensor, Array: array})
		}
		for tensor := range run.Expect {
			g.Fetches = append(g.Fetches, fetch{Tensor: tensor})
		}
		for placeholder, text := range run.Set {
			g.options = append(g.options, tf2ng.WithConstantText(placeholder, string(text)))
		}
		list = append(list, g)
	}
	return list
}

// recorded writes the recorded graphs that can be exported to ONNX, with their inputs and the outputs that tf2ng
// computes.
func recorded(root, form, dir string) error {
	cases, err := goldens(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	index, refused := []node{}, 0
	for i, g := range cases {
		if g.Refused {
			continue
		}
		entry, err := g.write(root, form, dir, strconv.Itoa(i))
		var unsupported *onnx.UnsupportedError
		switch {
		case errors.As(err, &unsupported):
			refused++
			if os.Getenv("WHY") != "" {
				for _, r := range unsupported.Reasons {
					fmt.Println("WHY", g.Op, "|", r.Op, "|", r.Why)
				}
			}
		case err != nil && !errors.Is(err, errNotRun):
			return fmt.Errorf("%s: %w", g.ID, err)
		case err == nil:
			index = append(index, entry)
		}
	}
	fmt.Printf("%d recorded graphs have a form in ONNX, %d have none\n", len(index), refused)
	return writeIndex(index, dir)
}

// errNotRun reports a graph that tf2ng does not run, or whose inputs cannot be inputs of an ONNX model.
var errNotRun = errors.New("not run")

func (g *golden) write(root, form, dir, file string) (node, error) {
	entry := node{File: file, Name: g.ID, Op: g.Op, Inputs: []string{}}
	graph, err := os.ReadFile(filepath.Join(root, g.PB))
	if err != nil {
		return entry, err
	}
	var outputs []string
	for _, f := range g.Fetches {
		outputs = append(outputs, f.Tensor)
	}
	m, err := tf2ng.LoadBytes(graph, append(g.options, tf2ng.WithOutputs(outputs...))...)
	if err != nil {
		return entry, errors.Join(errNotRun, err)
	}
	defer m.Close()
	inputs, arrays, err := g.inputs(m, filepath.Join(root, g.NPZ), &entry)
	if err != nil {
		return entry, errors.Join(errNotRun, err)
	}
	out, err := m.Run(context.Background(), inputs)
	if err != nil {
		return entry, errors.Join(errNotRun, err)
	}
	for i, r := range m.Function().Results {
		if out[r.Name] == nil || out[r.Name].Type() == core.String || out[r.Name].Type() == core.BF16 {
			return entry, errNotRun
		}
		entry.Outputs = append(entry.Outputs, r.Name)
		arrays = append(arrays, npy.Array{Name: fmt.Sprintf("y%d", i), Tensor: out[r.Name]})
	}
	return entry.write(m.Function(), form, arrays, dir)
}

// inputs returns the recorded inputs of a model.
func (g *golden) inputs(
	m *tf2ng.Model, path string, entry *node,
) (map[string]*core.Tensor, []npy.Array, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	archive, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	inputs := map[string]*core.Tensor{}
	var arrays []npy.Array
	for _, f := range g.Feeds {
		name := strings.TrimSuffix(f.Tensor, ":0")
		t, err := archive.Read(f.Array)
		if err != nil || t.Type() == core.BF16 || strings.Contains(f.Type, "bfloat16") {
			return nil, nil, errors.Join(errNotRun, err)
		}
		for _, p := range m.Function().Parameters {
			if p.Name == name {
				inputs[name] = t
				entry.Inputs = append(entry.Inputs, name+":0")
				arrays = append(arrays, npy.Array{Name: fmt.Sprintf("x%d", len(arrays)), Tensor: t})
			}
		}
	}
	return inputs, arrays, nil
}
