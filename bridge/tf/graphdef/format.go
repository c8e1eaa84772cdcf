package graphdef

import (
	"bytes"
	"sync/atomic"
	"unicode/utf8"
)

// recognise says what data is that is not a binary GraphDef, or nil.
func recognise(data []byte) error {
	// Both SavedModel and ONNX's ModelProto start with a version as a varint in field 1, where a GraphDef has a node. The
	// schema version of every SavedModel is 1, and a MetaGraphDef follows in field 2; ONNX files in use have 3 and more.
	switch {
	case bytes.HasPrefix(data, []byte{0x08, 0x01, 0x12}):
		return errorf(ErrSavedModel, "got a SavedModel (saved_model.pb), want a frozen GraphDef: freeze it first, for example with "+
			"convert_variables_to_constants_v2")
	case data[0] == 0x08:
		return errorf(ErrForeign, "got a protocol buffer that starts with a number (an ONNX model?), want a frozen GraphDef")
	case len(data) >= 8 && string(data[4:8]) == "TFL3":
		return errorf(ErrForeign, "got a TensorFlow Lite model, want a frozen GraphDef")
	case bytes.HasPrefix(data, []byte("\x89HDF")), bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return errorf(ErrForeign, "got a Keras model (HDF5 or zip), want a frozen GraphDef: save and freeze it first")
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return errorf(ErrForeign, "got a gzip file, want a frozen GraphDef: unpack it first")
	case looksLikeText(data):
		return errorf(ErrText, "looks like text format, want a binary GraphDef: name the file .pbtxt to have it read as text")
	}
	return nil
}

// looksLikeText reports whether data starts as a GraphDef in text format may. Only data that is no binary GraphDef is asked
// about: the start of a binary one may look like text too.
func looksLikeText(data []byte) bool {
	start := data[:min(len(data), 512)]
	for len(start) > 0 {
		r, n := utf8.DecodeRune(start)
		if r == utf8.RuneError && n == 1 && len(start) >= utf8.UTFMax {
			return false
		}
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f {
			return false
		}
		start = start[n:]
	}
	return bytes.ContainsAny(data[:min(len(data), 512)], "{:#")
}

// textDecoder is what RegisterText was given.
var textDecoder atomic.Pointer[func(text []byte) ([]byte, error)]

// RegisterText provides the conversion of a GraphDef in text format to its binary form. Importing
// github.com/tf2ng/tf2ng/bridge/tf/pbtxt for its side effect calls it; this package does not, because the conversion needs
// TensorFlow's generated messages, of which a program can link only one copy.
func RegisterText(decode func(text []byte) ([]byte, error)) { textDecoder.Store(&decode) }

// ParseText reads a GraphDef in text format by what [RegisterText] provided. Offsets in errors are those of the binary form.
func ParseText(text []byte, limits Limits) (*Graph, error) {
	decode := textDecoder.Load()
	if decode == nil {
		return nil, errorf(ErrText, "text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt")
	}
	if most := limits.withDefaults().Bytes; len(text) > most {
		return nil, errorf(ErrLimit, "%d bytes of text, the limit is %d", len(text), most)
	}
	wire, err := (*decode)(text)
	if err != nil {
		return nil, err
	}
	return Parse(wire, limits)
}
