package tf2ng_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// What people give in place of a model is named, with what to do.
func TestLoadNamesWhatIsNoModel(t *testing.T) {
	const onlyFrozen = ", want a frozen GraphDef"
	const want = onlyFrozen + " (.pb, .pbtxt), a SavedModel or a converted model (.ng): "
	for _, test := range []struct {
		name   string
		path   string // what is given; "" for the directory
		files  map[string]string
		reason error
		text   string
	}{
		{
			"checkpoint directory",
			"",
			map[string]string{"checkpoint": ""},
			graphdef.ErrForeign,
			"got a directory with a checkpoint" + want + "freeze the graph with the checkpoint first",
		},
		{
			"directory",
			"",
			map[string]string{"frozen.pb": ""},
			graphdef.ErrForeign,
			"got a directory" + want + "name the file in it",
		},
		{
			"SavedModel without a graph",
			"saved_model.pb",
			map[string]string{"saved_model.pb": "\x08\x01\x12\x00"},
			graphdef.ErrEmpty,
			"graph of the SavedModel: empty file, want a GraphDef",
		},
		{
			"directory of a SavedModel without graphs",
			"",
			map[string]string{"saved_model.pb": "\x08\x01"},
			graphdef.ErrStructure,
			"a SavedModel without MetaGraphs",
		},
		{
			"directory of a cut SavedModel",
			"",
			map[string]string{"saved_model.pb": "\x08\x01\x12\x05"},
			graphdef.ErrMalformed,
			"unexpected EOF",
		},
		{
			"ONNX",
			"m.onnx",
			map[string]string{"m.onnx": "\x08\x08\x12\x07pytorch"},
			graphdef.ErrForeign,
			"got a protocol buffer that starts with a number (an ONNX model?)" + onlyFrozen,
		},
		{
			"TFLite",
			"m.tflite",
			map[string]string{"m.tflite": "\x1c\x00\x00\x00TFL3\x14\x00"},
			graphdef.ErrForeign,
			"got a TensorFlow Lite model" + onlyFrozen,
		},
		{
			"HDF5",
			"m.h5",
			map[string]string{"m.h5": "\x89HDF\r\n\x1a\n"},
			graphdef.ErrForeign,
			"got a Keras model (HDF5, or a zip as .npz is)" + onlyFrozen + ": save and freeze it first",
		},
		{
			"zip",
			"m.keras",
			map[string]string{"m.keras": "PK\x03\x04"},
			graphdef.ErrForeign,
			"got a Keras model (HDF5, or a zip as .npz is)" + onlyFrozen + ": save and freeze it first",
		},
		{
			"gzip",
			"m.pb.gz",
			map[string]string{"m.pb.gz": "\x1f\x8b\x08\x00"},
			graphdef.ErrForeign,
			"got a gzip file" + onlyFrozen + ": unpack it first",
		},
		{
			"checkpoint's graph",
			"m.meta",
			map[string]string{"m.meta": "\x0a\x08\x2a\x061.15.0\x12\x00"},
			graphdef.ErrForeign,
			"got a graph with its training state (a checkpoint's .meta)" + onlyFrozen +
				": freeze it with the checkpoint first",
		},
		{
			"checkpoint's index",
			"m.index",
			map[string]string{"m.index": "\x00\x00\x08W\xfb\x80\x8b$uG\xdb"},
			graphdef.ErrForeign,
			"got the index of a checkpoint (.index)" + onlyFrozen + ": freeze the graph with the checkpoint first",
		},
		{
			"checkpoint's data",
			"m.data-00000-of-00001",
			map[string]string{"m.data-00000-of-00001": "\x00\x00\x80\x3f"},
			graphdef.ErrForeign,
			"got the variables of a checkpoint (.data)" + want + "freeze the graph with the checkpoint first",
		},
		{
			"SavedModel in text that is not linked",
			"saved_model.pbtxt",
			map[string]string{"saved_model.pbtxt": "# mine\nsaved_model_schema_version: 1\nmeta_graphs {\n}\n"},
			graphdef.ErrText,
			"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt",
		},
		{
			"checkpoint's graph in text format",
			"m.meta",
			map[string]string{"m.meta": "meta_info_def {\n}\n"},
			graphdef.ErrForeign,
			"got a graph with its training state in text format (a checkpoint's .meta)" + onlyFrozen +
				": freeze it with the checkpoint first",
		},
		{
			"list of checkpoints",
			"checkpoint",
			map[string]string{"checkpoint": "model_checkpoint_path: \"model.ckpt-1\"\n"},
			graphdef.ErrForeign,
			"got the list of a folder's checkpoints (checkpoint)" + onlyFrozen +
				": freeze the graph with the checkpoint first",
		},
		{
			"label map",
			"labels.pbtxt",
			map[string]string{"labels.pbtxt": "item {\n  id: 1\n  name: \"cat\"\n}\n"},
			graphdef.ErrForeign,
			"got a label map (.pbtxt with items)" + onlyFrozen +
				": it is beside the labels, often as frozen_inference_graph.pb",
		},
		{
			"labels",
			"labels.txt",
			map[string]string{"labels.txt": "background\ntench\ngoldfish\n"},
			graphdef.ErrForeign,
			"got a text file (labels?)" + onlyFrozen,
		},
		{
			"array",
			"x.npy",
			map[string]string{"x.npy": "\x93NUMPY\x01\x00"},
			graphdef.ErrForeign,
			"got an array of NumPy's (.npy)" + onlyFrozen + ": arrays are inputs",
		},
		{
			"text that is not linked",
			"m.pbtxt",
			map[string]string{"m.pbtxt": "\nnode {}"},
			graphdef.ErrText,
			"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt",
		},
		{
			"another's safetensors",
			"m.safetensors",
			map[string]string{"m.safetensors": "\x02\x00\x00\x00\x00\x00\x00\x00{}"},
			ngfile.ErrFormat,
			"invalid .ng file: a safetensors file without a graph in its __metadata__: not written by tf2ng",
		},
		{"empty file", "m.pb", map[string]string{"m.pb": ""}, graphdef.ErrEmpty, "empty file, want a GraphDef"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			}
			path := filepath.Join(dir, test.path)
			_, err := tf2ng.Load(path)
			require.ErrorIs(t, err, test.reason)
			assert.EqualError(t, err, path+": "+test.text)
		})
	}
}

// A name does not decide where the content does.
func TestLoadOfAGraphDefWithAnotherName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"m.index", "m.meta", "saved_model.pb", "m.onnx", "m.data-00000-of-00001"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, read(t, digits), 0o600))
		m, err := tf2ng.Load(path)
		require.NoError(t, err, name)
		require.NoError(t, m.Close())
	}
}

func TestLoadTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.pb") // sparse: it takes no space
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	if err := f.Truncate(1<<36 + 1); err != nil {
		t.Skipf("no sparse files: %v", err)
	}
	_, err = tf2ng.Load(path)
	var size *tf2ng.SizeError
	require.ErrorAs(t, err, &size)
	assert.Equal(t, tf2ng.SizeError{Name: path, Size: 1<<36 + 1, Limit: 1 << 36}, *size)
}
