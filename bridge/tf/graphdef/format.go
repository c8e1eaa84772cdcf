package graphdef

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// mistaken lists the files that people pass by mistake for a binary GraphDef. The first row that recognises a file
// names it.
//
// Both SavedModel and ONNX's ModelProto start with a version as a varint in field 1, where a
// GraphDef has a node. The schema version of every SavedModel is 1, and a MetaGraphDef follows in
// field 2; ONNX files in use have 3 and more.
var mistaken = []struct {
	reason    error
	recognise func(data []byte) bool // of data that is not empty
	message   string
}{
	{
		ErrSavedModel,
		startsWith("\x08\x01\x12"),
		"got a SavedModel (saved_model.pb), want a frozen GraphDef: freeze it first, for example with " +
			"convert_variables_to_constants_v2",
	},
	{
		ErrForeign,
		startsWith("\x08"),
		"got a protocol buffer that starts with a number (an ONNX model?), want a frozen GraphDef",
	},
	{ErrForeign, isTFLite, "got a TensorFlow Lite model, want a frozen GraphDef"},
	{
		ErrForeign,
		startsWith("\x89HDF", "PK\x03\x04"),
		"got a Keras model (HDF5, or a zip as .npz is), want a frozen GraphDef: save and freeze it first",
	},
	{ErrForeign, startsWith("\x1f\x8b"), "got a gzip file, want a frozen GraphDef: unpack it first"},
	{
		ErrForeign,
		isMetaGraph,
		"got a graph with its training state (a checkpoint's .meta), want a frozen GraphDef: freeze it with the " +
			"checkpoint first",
	},
	{
		ErrForeign,
		isSortedTable,
		"got the index of a checkpoint (.index), want a frozen GraphDef: freeze the graph with the checkpoint first",
	},
	{
		ErrForeign,
		startsWith("\x93NUMPY"),
		"got an array of NumPy's (.npy), want a frozen GraphDef: arrays are inputs",
	},
	{
		ErrSavedModel,
		textWith("saved_model_schema_version", "meta_graphs"),
		"got a SavedModel in text format (saved_model.pbtxt), want a frozen GraphDef: freeze it first, for example with " +
			"convert_variables_to_constants_v2",
	},
	{
		ErrForeign,
		textWith("meta_info_def", "graph_def"),
		"got a graph with its training state in text format (a checkpoint's .meta), want a frozen GraphDef: freeze it " +
			"with the checkpoint first",
	},
	{
		ErrForeign,
		textWith("model_checkpoint_path"),
		"got the list of a folder's checkpoints (checkpoint), want a frozen GraphDef: freeze the graph with the " +
			"checkpoint first",
	},
	{
		ErrForeign,
		textWith("item"),
		"got a label map (.pbtxt with items), want a frozen GraphDef: it is beside the labels, often as " +
			"frozen_inference_graph.pb",
	},
	{ErrText, looksLikeText, "looks like text format, want a binary GraphDef: ParseText reads it"},
	{ErrForeign, isPlainText, "got a text file (labels?), want a frozen GraphDef"},
}

// Recognise recognises files that people pass by mistake for a binary GraphDef. It returns an [*Error] whose sentinel
// is [ErrText], [ErrSavedModel] or [ErrForeign], or nil if data is none of those, and so may be a GraphDef. It looks
// at few bytes.
//
// No GraphDef that TensorFlow writes is recognised. It starts with the tag of a node or of another
// message, which no signature does, and is no text either: the tag of the node's op, behind its
// name, is a control character.
func Recognise(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	for _, m := range mistaken {
		if m.recognise(data) {
			return errorf(m.reason, "%s", m.message)
		}
	}
	return nil
}

// IsText reports whether data looks like a GraphDef in text format, which [ParseText] reads.
func IsText(data []byte) bool { return errors.Is(Recognise(data), ErrText) }

func startsWith(signatures ...string) func(data []byte) bool {
	return func(data []byte) bool {
		return slices.ContainsFunc(signatures, func(s string) bool { return bytes.HasPrefix(data, []byte(s)) })
	}
}

// isTFLite finds the identifier of a flat buffer behind the offset of its root, which is a multiple of 4.
func isTFLite(data []byte) bool {
	return len(data) >= 8 && data[0]%4 == 0 && string(data[4:8]) == "TFL3"
}

// isSortedTable finds the number at the end of LevelDB's tables, which checkpoints have for an
// index. They start with a key that shares 0 bytes with the one before.
func isSortedTable(data []byte) bool {
	return data[0] == 0 && bytes.HasSuffix(data, []byte("\x57\xfb\x80\x8b\x24\x75\x47\xdb"))
}

// isMetaGraph reports whether data starts as a MetaGraphDef: with a MetaInfoDef that has the
// version of TensorFlow in field 5, where a GraphDef's node has attributes.
func isMetaGraph(data []byte) bool {
	const metaInfo, tensorFlowVersion = 1, 5
	number, wire, n := protowire.ConsumeTag(data)
	if n < 0 || number != metaInfo || wire != protowire.BytesType {
		return false
	}
	info, n := protowire.ConsumeBytes(data[n:])
	for n >= 0 && len(info) > 0 {
		number, wire, k := protowire.ConsumeTag(info)
		if k < 0 {
			return false
		}
		if number == tensorFlowVersion && wire == protowire.BytesType {
			version, k := protowire.ConsumeBytes(info[k:])
			return k >= 0 && isVersion(version)
		}
		if n = protowire.ConsumeFieldValue(number, wire, info[k:]); n >= 0 {
			info = info[k+n:]
		}
	}
	return false
}

// isVersion reports whether text reads like 1.15.0 or 2.5.0-rc1.
func isVersion(text []byte) bool {
	return len(text) >= 3 && len(text) < 64 && text[0] >= '1' && text[0] <= '9' && bytes.IndexByte(text, '.') > 0 &&
		!bytes.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// textWith finds text format whose first field is one of the names.
func textWith(fields ...string) func(data []byte) bool {
	return func(data []byte) bool {
		if !looksLikeText(data) {
			return false
		}
		rest := bytes.TrimSpace(data[:min(len(data), 512)])
		for bytes.HasPrefix(rest, []byte("#")) {
			_, rest, _ = bytes.Cut(rest, []byte("\n"))
			rest = bytes.TrimSpace(rest)
		}
		end := bytes.IndexAny(rest, " \t\r\n:{")
		return end > 0 && slices.Contains(fields, string(rest[:end]))
	}
}

// looksLikeText reports whether data starts as a GraphDef in text format may.
func looksLikeText(data []byte) bool {
	return isPlainText(data) && bytes.ContainsAny(data[:min(len(data), 512)], "{:#")
}

// isPlainText reports whether data starts with characters that are printed.
func isPlainText(data []byte) bool {
	start := data[:min(len(data), 512)]
	for len(start) > 0 {
		r, n := utf8.DecodeRune(start)
		if r == utf8.RuneError && n == 1 && (len(start) >= utf8.UTFMax || len(data) <= 512) {
			return false
		}
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f {
			return false
		}
		start = start[n:]
	}
	return true
}

// textToBinary is the function passed to RegisterText; nil in a program without package pbtxt.
var textToBinary func(text []byte) ([]byte, error)

// RegisterText provides the conversion of a GraphDef from text format to its binary form, which
// ParseText needs. It is called from an init function: that of
// github.com/tf2ng/tf2ng/bridge/tf/pbtxt, which a program imports for that effect. This package
// does not import it, because the conversion needs TensorFlow's generated messages, of which a
// program can link only one copy.
func RegisterText(decode func(text []byte) ([]byte, error)) { textToBinary = decode }

// ParseText reads a GraphDef in text format with the function that [RegisterText] was given. Offsets in errors refer
// to the binary form.
func ParseText(text []byte, limits Limits) (*Graph, error) {
	if textToBinary == nil {
		return nil, errorf(ErrText,
			"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt")
	}
	if most := limits.withDefaults().Bytes; len(text) > most {
		return nil, errorf(ErrLimit, "%d bytes of text, the limit is %d", len(text), most)
	}
	wire, err := textToBinary(text)
	if err != nil {
		return nil, err
	}
	return Parse(wire, limits)
}
