package core

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Schema is the version of the JSON form that EncodeJSON writes; DecodeJSON reads OldestSchema to Schema. It is
// raised when a program that knows only the older schema would misread a file: see docs/NGFILE.md.
const (
	Schema       = 2
	OldestSchema = 1
)

// schemaOfFields gives, for each field of a graph or a node that did not always exist, the schema that
// introduced it.
var schemaOfFields = map[string]int{"signatures": 2, "functions": 2}

// SchemaError reports a graph in a version of the JSON form that this program does not read.
type SchemaError struct{ Got int }

// Error says what to do: convert the model again, or use a newer program.
func (e *SchemaError) Error() string {
	hint := "the file needs a newer tf2ng"
	if e.Got < OldestSchema {
		hint = "convert the GraphDef again with this tf2ng"
	}
	return fmt.Sprintf("schema version: got %d, want %d to %d: %s", e.Got, OldestSchema, Schema, hint)
}

// CheckSchema returns a *SchemaError for a version that DecodeJSON does not read.
func CheckSchema(version int) error {
	if version < OldestSchema || version > Schema {
		return &SchemaError{version}
	}
	return nil
}

// schemaOf returns the schema that a graph names, or the current one if it names none. The graph must be valid
// JSON. Nothing else is looked at, since a newer graph may have fields that this program does not know.
func schemaOf(graph []byte) (int, error) {
	version := Schema
	err := eachMember(graph, func(name string, value json.RawMessage) error {
		if name != "schema" {
			return nil
		}
		return plain(value, reflect.ValueOf(&version).Elem())
	})
	if err != nil {
		return 0, err
	}
	return version, CheckSchema(version)
}
