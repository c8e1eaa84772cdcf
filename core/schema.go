package core

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Schema is the version of the JSON form that EncodeJSON writes; DecodeJSON reads OldestSchema
// to Schema. What a program of an older schema would misread raises it: see docs/NGFILE.md.
const (
	Schema       = 2
	OldestSchema = 1
)

// schemaOfFields is the schema from which on a graph or a node may have a field that older ones
// lack.
var schemaOfFields = map[string]int{"signatures": 2, "functions": 2}

// SchemaError reports a graph in a version of the JSON form that this program does not read.
type SchemaError struct{ Got int }

// Error says what to do: convert again, or take a newer program.
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

// schemaOf returns the schema that a graph, which must be valid JSON, names, and the current
// one if it names none. It looks at nothing else: a newer graph may have fields that mean
// nothing here.
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
