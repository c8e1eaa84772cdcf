// Package speed has the measured speed of tf2ng and of other runtimes, taken side by side in one run on each
// kind of CPU, and generates the tables of README.md and docs/PERFORMANCE.md and the plots from it.
//
// The measurements are in the folder measured, which scripts/speed writes (make bench-peers).
package speed

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed measured/*.json
var measured embed.FS

// Kinds of CPUs, by what they multiply bytes with.
const (
	AMX  = "amx"
	VNNI = "vnni"
	AVX2 = "avx2"
	// VNNI on Intel's CPUs, whose server cores start two multiplications of 512 bits in each cycle.
	VNNIIntel = "vnni-intel"
)

// Kinds lists the kinds of CPUs in the order in which they are shown.
func Kinds() []string { return []string{AMX, VNNI, VNNIIntel, AVX2} }

// Sections of the measurements.
const (
	Models   = "models"   // whole models
	Layers   = "layers"   // one layer each
	Families = "families" // models of other kinds, compared with TensorFlow only
	Exported = "onnx"     // models that tf2ng exported as ONNX, in other runtimes
)

// Results is one run of scripts/speed, complete or not.
type Results struct {
	Date   string  `json:"date"` // when the last round was measured
	CPU    string  `json:"cpu"`
	CPUs   int     `json:"cpus"`
	VNNI   bool    `json:"vnni"`
	AMX    bool    `json:"amx"`
	Binary string  `json:"binary"` // the hash of the tf2ng that was measured
	Limit  float64 `json:"limit"`  // GOP/s of one thread that multiplies values in registers; 0 if unknown
	Rounds int     `json:"rounds"` // the number of rounds of a complete run

	Runtimes []*Runtime `json:"runtimes"`
	Rows     []*Row     `json:"rows"`
	Cells    []*Cell    `json:"cells"`
}

// Runtime is a program that was measured, with a particular way of giving it models.
type Runtime struct {
	Name    string `json:"name"` // Cell.Runtime refers to it
	Title   string `json:"title"`
	Version string `json:"version"` // empty if it never ran
	Runs    string `json:"runs"`    // what it runs: the same file, or its own quantization
}

// Row is a model or a layer that is measured.
type Row struct {
	Section    string `json:"section"`
	Name       string `json:"name"`
	Title      string `json:"title"`
	File       string `json:"file,omitempty"`       // for a whole model: the file that TensorFlow and tf2ng run
	Operations int64  `json:"operations,omitempty"` // for a layer at batch 1: its multiplications and additions
}

// Cell is the measurement of a row in a runtime, with a batch size and a number of threads.
type Cell struct {
	Section string    `json:"section"`
	Row     string    `json:"row"`
	Runtime string    `json:"runtime"`
	Batch   int       `json:"batch"`
	Threads int       `json:"threads"`
	MS      []float64 `json:"ms"`              // for each round, the median time of its calls in milliseconds
	NotRun  string    `json:"error,omitempty"` // why nothing was measured
}

// Key identifies a cell.
type Key struct {
	Section, Row, Runtime string
	Batch, Threads        int
}

// Key returns the cell's key.
func (c *Cell) Key() Key { return Key{c.Section, c.Row, c.Runtime, c.Batch, c.Threads} }

// Median returns the median of the rounds in milliseconds; 0 if the cell was not run.
func (c *Cell) Median() float64 {
	if c == nil || len(c.MS) == 0 {
		return 0
	}
	ms := slices.Sorted(slices.Values(c.MS))
	half := len(ms) / 2
	if len(ms)%2 == 1 {
		return ms[half]
	}
	return (ms[half-1] + ms[half]) / 2
}

// Spread returns the difference between the slowest and the fastest round, divided by the median.
func (c *Cell) Spread() float64 {
	if c.Median() == 0 {
		return 0
	}
	return (slices.Max(c.MS) - slices.Min(c.MS)) / c.Median()
}

// Cell returns the cell with the given key, or nil.
func (r *Results) Cell(k Key) *Cell {
	for _, c := range r.Cells {
		if c.Key() == k {
			return c
		}
	}
	return nil
}

// Runtime returns the runtime with the given name, or nil.
func (r *Results) Runtime(name string) *Runtime {
	for _, t := range r.Runtimes {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// rows returns the rows of a section.
func (r *Results) rows(section string) []*Row {
	var rows []*Row
	for _, row := range r.Rows {
		if row.Section == section {
			rows = append(rows, row)
		}
	}
	return rows
}

// runtimes returns the runtimes that have cells in a section.
func (r *Results) runtimes(section string) []*Runtime {
	var list []*Runtime
	for _, t := range r.Runtimes {
		if slices.ContainsFunc(r.Cells, func(c *Cell) bool { return c.Section == section && c.Runtime == t.Name }) {
			list = append(list, t)
		}
	}
	return list
}

// settings returns the combinations of batch and threads that a section has, as Keys.
func (r *Results) settings(section string) []Key {
	seen := map[Key]bool{}
	var list []Key
	for _, c := range r.Cells {
		if k := (Key{Batch: c.Batch, Threads: c.Threads}); c.Section == section && !seen[k] {
			seen[k] = true
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Batch, b.Batch), cmp.Compare(a.Threads, b.Threads))
	})
	return list
}

// Load returns the results that the module has, one for each kind of CPU that was measured, in the order of Kinds.
func Load() ([]*Results, error) {
	var list []*Results
	for _, kind := range Kinds() {
		name := path.Join("measured", kind+".json")
		data, err := measured.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r, err := decode(data, name)
		if err != nil {
			return nil, err
		}
		if r.Kind() != kind {
			return nil, fmt.Errorf("%s was measured on a CPU of kind %s", name, r.Kind())
		}
		list = append(list, r)
	}
	return list, nil
}

// Kind returns the kind of the CPU.
func (r *Results) Kind() string {
	switch {
	case r.AMX:
		return AMX
	case r.VNNI && strings.HasPrefix(r.CPU, "Intel"):
		return VNNIIntel
	case r.VNNI:
		return VNNI
	}
	return AVX2
}

// Read reads results from a file.
func Read(path string) (*Results, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return decode(data, path)
}

func decode(data []byte, name string) (*Results, error) {
	r := &Results{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Write writes results to a file, completely or not at all. Each cell is on a line of its own, so that diffs
// are readable.
func (r *Results) Write(path string) error {
	data, err := r.encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func (r *Results) encode() ([]byte, error) {
	head := *r
	head.Runtimes, head.Rows, head.Cells = nil, nil, nil
	data, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	out := []byte("{\n")
	for _, name := range []string{"date", "cpu", "cpus", "vnni", "amx", "binary", "limit", "rounds"} {
		out = fmt.Appendf(out, "  %q: %s,\n", name, fields[name])
	}
	for _, list := range []struct {
		name  string
		lines []any
		end   string
	}{{"runtimes", anys(r.Runtimes), ","}, {"rows", anys(r.Rows), ","}, {"cells", anys(r.Cells), ""}} {
		out = fmt.Appendf(out, "  %q: [", list.name)
		for i, v := range list.lines {
			line, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			out = fmt.Appendf(out, "%s\n    %s", map[bool]string{true: ","}[i > 0], line)
		}
		out = fmt.Appendf(out, "\n  ]%s\n", list.end)
	}
	return append(out, "}\n"...), nil
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
