package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// The files of a recording.
const (
	recordingIndex  = "recording.json"
	recordingFeeds  = "inputs.npz"
	recordingValues = "tensors.npz"

	// RecordingSchema is the version of the recording format that this package writes and reads.
	RecordingSchema = 1

	maxIndex = 64 << 20 // bytes of a recording's index
)

// recordingFile is the content of recording.json. Numbers are in the .npz archives; strings are here,
// because the archives cannot hold them.
type recordingFile struct {
	Schema  int                     `json:"schema"`
	Name    string                  `json:"name"`
	Outputs []Port                  `json:"outputs"`
	Types   map[string]int32        `json:"tensorflow_types,omitempty"`
	Texts   map[string]recordedText `json:"strings,omitempty"`
	Fed     map[string]recordedText `json:"string_inputs,omitempty"`
	Types16 map[string]core.Type    `json:"types_of_16_bits,omitempty"` // real types of arrays stored as u16
}

type recordedText struct {
	Shape  core.Shape `json:"shape"`
	Values [][]byte   `json:"values"`
}

// WriteDir writes a recording to a directory, which is created if it is missing: recording.json, and the
// tensors as inputs.npz and tensors.npz, which NumPy can read. Existing files of these names are replaced.
func (r *Recorded) WriteDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f := recordingFile{
		Schema: RecordingSchema, Name: r.Title, Outputs: r.Outputs(), Types: r.Types,
		Texts: texts(r.Results), Fed: texts(r.Feeds), Types16: map[string]core.Type{},
	}
	for name, t := range r.Results {
		if t.Type().IsHalf() {
			f.Types16[name] = t.Type()
		}
	}
	if err := writeArchive(filepath.Join(dir, recordingFeeds), r.Feeds); err != nil {
		return err
	}
	if err := writeArchive(filepath.Join(dir, recordingValues), r.Results); err != nil {
		return err
	}
	data, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, recordingIndex), append(data, '\n'), 0o644)
}

// ReadDir reads what WriteDir wrote.
func ReadDir(dir string) (*Recorded, error) {
	r, err := readDir(dir)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", dir, err)
	}
	return r, nil
}

func readDir(dir string) (*Recorded, error) {
	info, err := os.Stat(filepath.Join(dir, recordingIndex))
	if err != nil {
		return nil, fmt.Errorf("%w: want what tf2ng diff --record wrote", err)
	}
	if info.Size() > maxIndex {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", recordingIndex, info.Size(), maxIndex)
	}
	data, err := os.ReadFile(filepath.Join(dir, recordingIndex))
	if err != nil {
		return nil, err
	}
	var f recordingFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", recordingIndex, err)
	}
	if f.Schema != RecordingSchema {
		return nil, fmt.Errorf("%s: got schema %d, want %d", recordingIndex, f.Schema, RecordingSchema)
	}
	r := &Recorded{Title: f.Name, Ports: f.Outputs, Types: f.Types}
	if r.Feeds, err = ReadArchive(filepath.Join(dir, recordingFeeds)); err != nil {
		return nil, err
	}
	if r.Results, err = ReadArchive(filepath.Join(dir, recordingValues)); err != nil {
		return nil, err
	}
	for name, t := range r.Results {
		if real, ok := f.Types16[name]; ok && t.Type() == core.U16 {
			if r.Results[name], err = core.TensorOver(real, t.Shape(), t.Bytes()); err != nil {
				return nil, err
			}
		}
	}
	return r, errors.Join(addTexts(r.Results, f.Texts), addTexts(r.Feeds, f.Fed))
}

func texts(tensors Tensors) map[string]recordedText {
	all := map[string]recordedText{}
	for name, t := range tensors {
		if t.Type() != core.String {
			continue
		}
		text := recordedText{Shape: t.Shape()}
		for _, s := range t.Strings() {
			text.Values = append(text.Values, []byte(s))
		}
		all[name] = text
	}
	return all
}

func addTexts(tensors Tensors, texts map[string]recordedText) error {
	for name, text := range texts {
		list := make([]string, len(text.Values))
		for i, b := range text.Values {
			list[i] = string(b)
		}
		t, err := core.StringTensor(text.Shape, list)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors[name] = t
	}
	return nil
}

// ReadArchive reads all arrays of an .npz file, by name.
func ReadArchive(path string) (_ Tensors, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	a, err := npy.OpenArchive(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tensors := Tensors{}
	for _, name := range a.Names() {
		if tensors[name], err = a.Read(name); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return tensors, nil
}

// writeArchive writes all tensors but those of strings as an .npz file.
func writeArchive(path string, tensors Tensors) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return npy.WriteArchive(f, arrays(tensors))
}

func arrays(tensors Tensors) []npy.Array {
	var list []npy.Array
	for _, p := range ports(tensors) {
		if p.Type != core.String {
			list = append(list, npy.Array{Name: p.Name, Tensor: tensors[p.Name]})
		}
	}
	return list
}
