package onnx

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
)

const (
	// messageLimit is how many bytes of tensors fit into one protobuf message, with room left for the
	// graph.
	messageLimit = 2<<30 - 64<<20
	// externalFrom is the size in bytes from which on a tensor is stored in the file of external data,
	// if there is one.
	externalFrom = 1 << 10
	// externalAlignment is the alignment of tensors in that file, so that they can be mapped.
	externalAlignment = 4096
)

// externalData collects the tensors for the file of external data. A nil externalData takes no tensors.
type externalData struct {
	file    string // the file's name, relative to the model's directory
	tensors []*core.Tensor
	offsets []int64
	end     int64
}

func (x *externalData) takes(t *core.Tensor) bool { return x != nil && len(t.Bytes()) >= externalFrom }

// add assigns a tensor its place in the file, and returns the entries of TensorProto.external_data.
func (x *externalData) add(t *core.Tensor) [][2]string {
	at := (x.end + externalAlignment - 1) / externalAlignment * externalAlignment
	x.tensors, x.offsets = append(x.tensors, t), append(x.offsets, at)
	x.end = at + int64(len(t.Bytes()))
	return [][2]string{
		{"location", x.file},
		{"offset", strconv.FormatInt(at, 10)},
		{"length", strconv.Itoa(len(t.Bytes()))},
	}
}

func (x *externalData) write(path string) error {
	return writeWhole(path, func(w *bufio.Writer) error {
		var at int64
		for i, t := range x.tensors {
			if _, err := w.Write(make([]byte, x.offsets[i]-at)); err != nil {
				return err
			}
			if _, err := w.Write(t.Bytes()); err != nil {
				return err
			}
			at = x.offsets[i] + int64(len(t.Bytes()))
		}
		return nil
	})
}

// dataBytes returns the total size of the tensors in a graph and in the subgraphs of its nodes.
func (g *graphMessage) dataBytes() int64 {
	var n int64
	for _, t := range g.initializers {
		n += int64(len(t.tensor.Bytes()))
	}
	for _, node := range g.nodes {
		for _, a := range node.attrs {
			if sub, ok := a.value.(*graphMessage); ok {
				n += sub.dataBytes()
			}
		}
	}
	return n
}

// Bytes returns the model encoded as one message.
func (m *Model) Bytes() []byte { return m.message.encode(nil) }

// WriteFile writes the model to a file, atomically, and returns the number of bytes written. The tensors of
// a model of more than 2 GiB go into a second file, path.data.
func (m *Model) WriteFile(path string) (int64, error) {
	return m.writeFile(path, messageLimit)
}

func (m *Model) writeFile(path string, limit int64) (int64, error) {
	var external *externalData
	if m.message.graph.dataBytes() > limit {
		external = &externalData{file: filepath.Base(path) + ".data"}
	}
	b := m.message.encode(external)
	written := int64(len(b))
	if external != nil {
		if err := external.write(path + ".data"); err != nil {
			return 0, err
		}
		written += external.end
	}
	err := writeWhole(path, func(w *bufio.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil && external != nil {
		err = errors.Join(err, os.Remove(path+".data"))
	}
	return written, err
}

// writeWhole writes a temporary file in the same directory, and renames it once it is complete.
func writeWhole(path string, write func(w *bufio.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
