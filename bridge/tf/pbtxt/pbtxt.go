// Package pbtxt converts GraphDefs and SavedModels from text format, as people write and read them, to
// the binary form that packages graphdef and savedmodel read. Import it for its side effect to let a
// program load .pbtxt files:
//
//	import _ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
//
// It is a separate package because it links TensorFlow's generated messages, and protobuf panics at start-up if a
// program links two copies of them, as serving code may well do.
package pbtxt

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
)

// Limits of ToBinary. A message takes far more memory than its few characters of text, so messages are counted before
// any is created.
const (
	MaxBytes    = 64 << 20 // of text
	MaxMessages = 1 << 20  // nodes, attributes, shapes, dimensions and so on
	MaxDepth    = 100      // of messages in messages; no dimension of a tensor is deeper than 9
)

// These are wrapped by the errors about text that is not valid.
var (
	ErrSyntax           = errors.New("not a GraphDef in text format")
	ErrSavedModelSyntax = errors.New("not a SavedModel in text format")
)

func init() {
	graphdef.RegisterText(ToBinary)
	savedmodel.RegisterText(SavedModelToBinary)
}

// ToBinary converts a GraphDef from text format to its binary form. The result depends on the text
// alone: equal texts give equal bytes. Unknown fields are errors.
func ToBinary(text []byte) ([]byte, error) {
	return convert(text, &graph_go_proto.GraphDef{}, ErrSyntax)
}

// SavedModelToBinary is ToBinary for a SavedModel, a saved_model.pbtxt.
func SavedModelToBinary(text []byte) ([]byte, error) {
	return convert(text, &for_core_protos_go_proto.SavedModel{}, ErrSavedModelSyntax)
}

// convert converts a message; syntax is wrapped by the error about text that is none.
func convert(text []byte, m proto.Message, syntax error) ([]byte, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes of text, the limit is %d", graphdef.ErrLimit, len(text), MaxBytes)
	}
	if err := checkMessages(text); err != nil {
		return nil, err
	}
	if err := prototext.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%w: %w", syntax, err)
	}
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", syntax, err)
	}
	return wire, nil
}

// checkMessages counts the messages in the text and how deep they nest, without parsing more of it
// than strings and comments.
func checkMessages(text []byte) error {
	messages, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			i = endOfString(text, i)
		case '#':
			i = endOfLine(text, i)
		case '}', '>':
			depth--
		case '{', '<':
			messages++
			depth++
		}
		if depth > MaxDepth {
			return fmt.Errorf("%w: messages nested deeper than %d in line %d", graphdef.ErrLimit, MaxDepth,
				line(text, i))
		}
		if messages > MaxMessages {
			return fmt.Errorf("%w: more than %d messages, in line %d", graphdef.ErrLimit, MaxMessages, line(text, i))
		}
	}
	return nil
}

// endOfString is the position of the quote that ends the string that starts at i, or the end of the text.
func endOfString(text []byte, i int) int {
	quote := text[i]
	for i++; i < len(text) && text[i] != quote; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

func endOfLine(text []byte, i int) int {
	for i < len(text) && text[i] != '\n' {
		i++
	}
	return i
}

func line(text []byte, i int) int { return 1 + bytes.Count(text[:i], []byte("\n")) }
