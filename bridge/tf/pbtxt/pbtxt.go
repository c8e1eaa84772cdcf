// Package pbtxt converts GraphDefs from text format, as people write and read them, to the binary form that graphdef reads.
// Import it for its side effect to let a program load .pbtxt files:
//
//	import _ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
//
// It is a package of its own because it links TensorFlow's generated messages, and protobuf panics at start when a program
// links two copies of them, as serving glue may well do.
package pbtxt

import (
	"errors"
	"fmt"

	"github.com/wamuir/graft/tensorflow/core/framework/graph_go_proto"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

const (
	// MaxBytes is the longest text that ToBinary takes. Text takes some four bytes for one of binary, and parsing it some ten
	// times its length in memory.
	MaxBytes = 256 << 20

	// maxDepth is how deep messages may nest. A tensor in a list in an attribute of a function's node is at depth 9.
	maxDepth = 100
)

// ErrSyntax is wrapped by the errors about text that is not a GraphDef in text format.
var ErrSyntax = errors.New("not a GraphDef in text format")

func init() { graphdef.RegisterText(ToBinary) }

// ToBinary converts a GraphDef from text format to its binary form. The result depends on the text alone: equal texts give equal
// bytes. Unknown fields are errors.
func ToBinary(text []byte) ([]byte, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes of text, the limit is %d", graphdef.ErrLimit, len(text), MaxBytes)
	}
	var graph graph_go_proto.GraphDef
	if err := (prototext.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(text, &graph); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(&graph)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return wire, nil
}
