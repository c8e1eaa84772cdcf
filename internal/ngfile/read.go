package ngfile

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/tf2ng/tf2ng/core"
	_ "github.com/tf2ng/tf2ng/core/op" // registers all ops
)

// Read reads a .ng file. The Function borrows data, which must not change and must remain valid as
// long as the Function is in use.
//
// Everything is checked: the header's length and syntax, that the tensors fill the data without gaps
// or overlaps, that each tensor has as many bytes as its type and shape require, and the graph (see
// core.DecodeJSON). Unknown keys of the metadata are ignored, since other tools may add their own.
// Errors wrap ErrFormat. If the file needs another version of the program, they also wrap a
// *core.SchemaError or a *core.UnknownOpError.
func Read(data []byte) (*core.Function, error) {
	f, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return f, nil
}

func read(data []byte) (*core.Function, error) {
	head, body, err := split(data)
	if err != nil {
		return nil, err
	}
	meta, entries, err := parseHeader(head)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if err := checkOffsets(entries, len(body)); err != nil {
		return nil, err
	}
	tensors := make(map[string]*core.Tensor, len(entries))
	for _, e := range entries {
		if tensors[e.name], err = e.tensor(body); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", e.name, err)
		}
	}
	return function(meta, tensors)
}

// split returns the header's JSON and the data.
func split(data []byte) (head, body []byte, err error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("got %d bytes, want at least the 8 of the header's length", len(data))
	}
	n, rest := binary.LittleEndian.Uint64(data), data[8:]
	switch {
	case n > MaxHeaderBytes:
		return nil, nil, fmt.Errorf("got a header of %d bytes, the limit is %d", n, MaxHeaderBytes)
	case n > uint64(len(rest)):
		return nil, nil, fmt.Errorf("got a header of %d bytes in a file of %d: it is cut off", n, len(data))
	}
	return rest[:n], rest[n:], nil
}

type namedEntry struct {
	name string
	entry
}

func parseHeader(head []byte) (meta map[string]string, entries []namedEntry, err error) {
	if len(head) == 0 || head[0] != '{' || !utf8.Valid(head) || !json.Valid(head) {
		return nil, nil, fmt.Errorf("want a JSON object in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(head))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name, _ := t.(string)
		if seen[name] {
			return nil, nil, fmt.Errorf("%q is there twice", name)
		}
		seen[name] = true
		if name == metadata {
			if err := d.Decode(&meta); err != nil {
				return nil, nil, fmt.Errorf("%s: want strings by name: %w", metadata, err)
			}
			continue
		}
		e, err := parseEntry(d)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if entries = append(entries, namedEntry{name, e}); len(entries) > MaxTensors {
			return nil, nil, fmt.Errorf("more than %d tensors, which is the limit", MaxTensors)
		}
	}
	return meta, entries, nil
}

func parseEntry(d *json.Decoder) (entry, error) {
	var raw struct {
		Type    *string  `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return entry{}, err
	}
	strict := json.NewDecoder(bytes.NewReader(value))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&raw); err != nil {
		return entry{}, fmt.Errorf("want dtype, shape and data_offsets: %w", err)
	}
	if raw.Type == nil || raw.Shape == nil || len(raw.Offsets) != 2 {
		return entry{}, fmt.Errorf("want dtype, shape and the two data_offsets")
	}
	return entry{*raw.Type, raw.Shape, [2]uint64(raw.Offsets)}, nil
}

// checkOffsets checks that the tensors' offsets cover the data without gaps or overlaps.
func checkOffsets(entries []namedEntry, size int) error {
	slices.SortStableFunc(entries, func(a, b namedEntry) int {
		return cmp.Or(cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]))
	})
	at := uint64(0)
	for _, e := range entries {
		if e.Offsets[0] != at || e.Offsets[1] < at || e.Offsets[1] > uint64(size) {
			return fmt.Errorf("tensor %q: got the data offsets %d, want the first to be %d and the second at most "+
				"the data's %d bytes", e.name, e.Offsets, at, size)
		}
		at = e.Offsets[1]
	}
	if at != uint64(size) {
		return fmt.Errorf("got %d bytes of data, but the tensors have %d", size, at)
	}
	return nil
}

// tensor returns the tensor, which borrows its part of the data.
func (e *entry) tensor(data []byte) (*core.Tensor, error) {
	t, ok := types[e.Type]
	if !ok {
		return nil, fmt.Errorf("unknown dtype %q", e.Type)
	}
	data = data[e.Offsets[0]:e.Offsets[1]:e.Offsets[1]]
	if t == core.Bool && bytes.ContainsFunc(data, func(r rune) bool { return r > 1 }) {
		return nil, fmt.Errorf("got a boolean that is neither 0 nor 1")
	}
	return core.TensorOver(t, e.Shape, data)
}

func function(meta map[string]string, tensors map[string]*core.Tensor) (*core.Function, error) {
	graph, ok := meta[keyGraph]
	if !ok {
		return nil, fmt.Errorf("a safetensors file without a graph in its %s: not written by tf2ng", metadata)
	}
	if err := checkSchema(meta[keySchema]); err != nil {
		return nil, err
	}
	f, err := core.DecodeJSON([]byte(graph), tensors)
	if err != nil {
		return nil, err
	}
	if f.Meta[keyVersion] != meta[keyVersion] {
		return nil, fmt.Errorf("%s: got %q, but the graph says %q", keyVersion, meta[keyVersion], f.Meta[keyVersion])
	}
	return f, nil
}

// checkSchema checks the schema version in the metadata before the graph is read, which may have fields
// that this program does not know. core.DecodeJSON checks the version in the graph itself.
func checkSchema(text string) error {
	version, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("schema version: got %q, want a number: convert the GraphDef again with this tf2ng", text)
	}
	return core.CheckSchema(version)
}
