package core

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// This file is the JSON of Functions one level down: encoding/json's mapping of
// structs, fields and text marshalers, but with non-finite numbers as strings, and
// strict on reading. Unknown, repeated and differently spelled fields are errors, and
// so are numbers that do not fit.

var (
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// appendJSON appends v to b.
func appendJSON(b []byte, v reflect.Value) ([]byte, error) {
	switch k := v.Kind(); {
	case v.Type().Implements(textMarshaler):
		return appendPlain(b, v)
	case k == reflect.Pointer && !v.IsNil():
		return appendJSON(b, v.Elem())
	case k == reflect.Struct:
		return appendStruct(b, v)
	case k == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 && !v.IsNil():
		b = append(b, '[')
		for i := range v.Len() {
			var err error
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case k == reflect.Float32 || k == reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Appendf(b, "%q", fmt.Sprint(f)), nil
		}
	}
	return appendPlain(b, v)
}

func appendPlain(b []byte, v reflect.Value) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSpace(buf.Bytes())...), nil
}

func appendStruct(b []byte, v reflect.Value) ([]byte, error) {
	b = append(b, '{')
	first := true
	for _, f := range jsonFields(v.Type()) {
		value := v.FieldByIndex(f.index)
		if f.omitEmpty && isEmpty(value) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = fmt.Appendf(b, "%q:", f.name)
		var err error
		if b, err = appendJSON(b, value); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return append(b, '}'), nil
}

// isEmpty is encoding/json's rule for omitempty, but keeps the zero of floats that is negative.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

type jsonField struct {
	name      string
	index     []int
	omitEmpty bool
}

// jsonFields lists the fields of a struct in their order, those of embedded structs
// among them.
func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		if tag == "-" || f.Anonymous && tag == "" || !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		fields = append(fields, jsonField{name, f.Index, strings.Contains(options, "omitempty")})
	}
	return fields
}

// parseJSON stores data in v, which must be settable.
func parseJSON(data []byte, v reflect.Value) error {
	switch k := v.Kind(); {
	case v.Addr().Type().Implements(textUnmarshaler):
		return plain(data, v)
	case k == reflect.Struct:
		return parseStruct(data, v)
	case k == reflect.Pointer && string(data) != "null":
		v.Set(reflect.New(v.Type().Elem()))
		return parseJSON(data, v.Elem())
	case k == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 && string(data) != "null":
		return parseSlice(data, v)
	case k == reflect.Array:
		return parseArray(data, v)
	case (k == reflect.Float32 || k == reflect.Float64) && len(data) > 0 && data[0] == '"':
		return parseNonFinite(data, v)
	case string(data) == "null" && k != reflect.Slice && k != reflect.Pointer && k != reflect.Map:
		return fmt.Errorf("got null, want %s", v.Type())
	}
	return plain(data, v)
}

func plain(data []byte, v reflect.Value) error {
	if string(data) == "null" && v.Kind() != reflect.Slice && v.Kind() != reflect.Pointer {
		return fmt.Errorf("got null, want %s", kindName(v))
	}
	err := json.Unmarshal(data, v.Addr().Interface())
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Errorf("got %s, want %s", t.Value, kindName(v))
	}
	return err
}

func kindName(v reflect.Value) string {
	if v.Addr().Type().Implements(textUnmarshaler) {
		return "a string"
	}
	return v.Type().String()
}

func parseNonFinite(data []byte, v reflect.Value) error {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if string(data) == fmt.Sprintf("%q", fmt.Sprint(f)) {
			v.SetFloat(f)
			return nil
		}
	}
	return fmt.Errorf(`got %s, want a number, "NaN", "+Inf" or "-Inf"`, data)
}

func parseStruct(data []byte, v reflect.Value) error {
	fields := jsonFields(v.Type())
	return eachMember(data, func(name string, value json.RawMessage) error {
		for _, f := range fields {
			if f.name == name {
				return parseJSON(value, v.FieldByIndex(f.index))
			}
		}
		return fmt.Errorf("unknown field")
	})
}

// eachMember calls f with the members of a JSON object. Its errors tell the member's name.
func eachMember(data []byte, f func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("got %s, want an object", excerpt(data))
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name := t.(string) // a decoder gives no other token here
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("field %q: given twice", name)
		}
		seen[name] = true
		if err := f(name, value); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

func rawElements(data []byte) ([]json.RawMessage, error) {
	if len(data) == 0 || data[0] != '[' {
		return nil, fmt.Errorf("got %s, want a list", excerpt(data))
	}
	var list []json.RawMessage
	err := json.Unmarshal(data, &list)
	return list, err
}

func parseSlice(data []byte, v reflect.Value) error {
	list, err := rawElements(data)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, e := range list {
		if err := parseJSON(e, v.Index(i)); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

func parseArray(data []byte, v reflect.Value) error {
	list, err := rawElements(data)
	if err != nil {
		return err
	}
	if len(list) != v.Len() {
		return fmt.Errorf("got %d elements, want %d", len(list), v.Len())
	}
	for i, e := range list {
		if err := parseJSON(e, v.Index(i)); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// excerpt shortens data for an error text.
func excerpt(data []byte) string {
	const most = 40
	if len(data) <= most {
		return string(data)
	}
	return string(data[:most]) + "..."
}
