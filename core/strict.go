package core

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// This file reads and writes the JSON of single structs. It maps structs, fields and text marshalers as
// encoding/json does, but writes numbers that are not finite as strings, and is strict when reading: unknown,
// repeated and differently spelled fields are errors, and so are numbers that do not fit.

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

// isEmpty is encoding/json's rule for omitempty, except that a negative zero is not empty.
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

var fieldsOf sync.Map // of []jsonField, by reflect.Type

// jsonFields lists the fields of a struct in their order, those of embedded structs
// among them.
func jsonFields(t reflect.Type) []jsonField {
	if known, ok := fieldsOf.Load(t); ok {
		return known.([]jsonField)
	}
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
	fieldsOf.Store(t, fields)
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
	if simple(data, v) {
		return nil
	}
	err := json.Unmarshal(data, v.Addr().Interface())
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		return fmt.Errorf("got %s, want %s", t.Value, kindName(v))
	}
	return err
}

// simple stores strings without escapes and whole numbers. It returns false for anything else.
func simple(data []byte, v reflect.Value) bool {
	switch k := v.Kind(); {
	case v.Addr().Type().Implements(textUnmarshaler):
		return false
	case k == reflect.String && len(data) > 1 && data[0] == '"' && !bytes.ContainsRune(data, '\\'):
		v.SetString(string(data[1 : len(data)-1]))
		return true
	case k == reflect.Int || k == reflect.Int64:
		n, err := strconv.ParseInt(string(data), 10, 64)
		if err == nil {
			v.SetInt(n)
		}
		return err == nil
	}
	return false
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

// eachMember calls f with each member of a JSON object, which must be valid. Errors name the member.
func eachMember(data []byte, f func(name string, value json.RawMessage) error) error {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' {
		return fmt.Errorf("got %s, want an object", excerpt(data))
	}
	seen := map[string]bool{}
	for i = skipSpace(data, i+1); i < len(data) && data[i] != '}'; i = skipSpace(data, i) {
		var name string
		end := valueEnd(data, i)
		if err := plain(data[i:end], reflect.ValueOf(&name).Elem()); err != nil {
			return err
		}
		i = skipSpace(data, skipSpace(data, end)+1) // behind the colon
		if end = valueEnd(data, i); end <= i {
			return fmt.Errorf("field %q: want a value", name)
		}
		if seen[name] {
			return fmt.Errorf("field %q: given twice", name)
		}
		seen[name] = true
		if err := f(name, data[i:end:end]); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		if i = skipSpace(data, end); i < len(data) && data[i] == ',' {
			i++
		}
	}
	return nil
}

// rawElements returns the elements of a JSON list, which must be valid.
func rawElements(data []byte) ([]json.RawMessage, error) {
	if len(data) == 0 || data[0] != '[' {
		return nil, fmt.Errorf("got %s, want a list", excerpt(data))
	}
	list := []json.RawMessage{}
	for i := skipSpace(data, 1); i < len(data) && data[i] != ']'; i = skipSpace(data, i) {
		end := valueEnd(data, i)
		if end <= i {
			return nil, fmt.Errorf("want a value at %s", excerpt(data[i:]))
		}
		list = append(list, data[i:end:end])
		if i = skipSpace(data, end); i < len(data) && data[i] == ',' {
			i++
		}
	}
	return list, nil
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return min(i, len(data))
}

// valueEnd returns where the value ends that begins at data[i].
func valueEnd(data []byte, i int) int {
	depth := 0
	for ; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(data))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(data)
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
