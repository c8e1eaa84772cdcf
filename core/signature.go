package core

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// boundaryNames are the names that signatures may use.
type boundaryNames struct{ parameters, tensors map[string]bool }

func (f *Function) boundaryNames() boundaryNames {
	b := boundaryNames{map[string]bool{}, make(map[string]bool, len(f.Names))}
	for _, p := range f.Parameters {
		b.parameters[p.Name] = true
	}
	for _, r := range f.Results {
		b.tensors[r.Name] = true
	}
	for name := range f.Names {
		b.tensors[name] = true
	}
	return b
}

func (b boundaryNames) check(s Signature) error {
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		if !b.parameters[s.Inputs[name]] {
			return fmt.Errorf("input %q: got %q, want a parameter", name, s.Inputs[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Defaults)) {
		if _, ok := s.Inputs[name]; !ok || s.Defaults[name] == nil {
			return fmt.Errorf("default of %q: want a tensor, for an input of the signature", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Outputs)) {
		if !b.tensors[s.Outputs[name]] {
			return fmt.Errorf("output %q: got %q, want a result or a name of a tensor", name, s.Outputs[name])
		}
	}
	return nil
}

// checkSignatures returns a *FunctionError unless everything that the signatures refer to exists.
func (f *Function) checkSignatures() error {
	b := f.boundaryNames()
	for _, name := range slices.Sorted(maps.Keys(f.Signatures)) {
		if err := b.check(f.Signatures[name]); err != nil {
			return &FunctionError{fmt.Sprintf("signature %q", name), err.Error()}
		}
	}
	return nil
}

// keepSignatures sets f's signatures to those for which f has all inputs and outputs.
func (f *Function) keepSignatures(all map[string]Signature) {
	b := f.boundaryNames()
	for name, s := range all {
		if b.check(s) != nil {
			continue
		}
		if f.Signatures == nil {
			f.Signatures = map[string]Signature{}
		}
		f.Signatures[name] = s
	}
}

// encodeSignatures checks the signatures and returns their JSON.
func (f *Function) encodeSignatures() (json.RawMessage, error) {
	if len(f.Signatures) == 0 {
		return nil, nil
	}
	if err := f.checkSignatures(); err != nil {
		return nil, err
	}
	all := map[string]signatureJSON{}
	for name, s := range f.Signatures {
		all[name] = signatureJSON{orEmpty(s.Inputs), orEmpty(s.Outputs), s.Method, defaultsJSON(s.Defaults)}
		inputs, outputs := slices.Collect(maps.Keys(s.Inputs)), slices.Collect(maps.Keys(s.Outputs))
		for _, text := range slices.Concat([]string{name, s.Method}, inputs, outputs) {
			if !utf8.ValidString(text) {
				return nil, &FunctionError{fmt.Sprintf("signature %q", name), fmt.Sprintf("%q is not UTF-8", text)}
			}
		}
	}
	return appendPlain(nil, reflect.ValueOf(all))
}

// signatureJSON is a Signature in a file.
type signatureJSON struct {
	Inputs   map[string]string     `json:"inputs"`
	Outputs  map[string]string     `json:"outputs"`
	Method   string                `json:"method,omitempty"`
	Defaults map[string]tensorJSON `json:"defaults,omitempty"`
}

// tensorJSON is a small tensor in JSON: its bytes, little-endian, or its strings, in base64.
type tensorJSON struct {
	Type    Type     `json:"type"`
	Shape   []int    `json:"shape"`
	Data    []byte   `json:"data,omitempty"`
	Strings [][]byte `json:"strings,omitempty"`
}

func defaultsJSON(defaults map[string]*Tensor) map[string]tensorJSON {
	all := make(map[string]tensorJSON, len(defaults))
	for name, t := range defaults {
		j := tensorJSON{Type: t.typ, Shape: append([]int{}, t.shape...)}
		if t.typ == String {
			for _, s := range t.Strings() {
				j.Strings = append(j.Strings, []byte(s))
			}
		} else {
			j.Data = t.Bytes()
		}
		all[name] = j
	}
	return all
}

// parseDefaults reads what defaultsJSON made.
func parseDefaults(value json.RawMessage) (map[string]*Tensor, error) {
	all := map[string]*Tensor{}
	err := eachMember(value, func(name string, value json.RawMessage) error {
		t, err := parseTensor(value)
		if all[name] = t; err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		return nil
	})
	return all, err
}

func parseTensor(value json.RawMessage) (*Tensor, error) {
	var j tensorJSON
	err := eachMember(value, func(name string, value json.RawMessage) error {
		switch name {
		case "type":
			return plain(value, reflect.ValueOf(&j.Type).Elem())
		case "shape":
			return plain(value, reflect.ValueOf(&j.Shape).Elem())
		case "data":
			return plain(value, reflect.ValueOf(&j.Data).Elem())
		case "strings":
			return plain(value, reflect.ValueOf(&j.Strings).Elem())
		}
		return fmt.Errorf("%q: unknown field", name)
	})
	switch {
	case err != nil:
		return nil, err
	case j.Type != String:
		return TensorOver(j.Type, append(Shape{}, j.Shape...), j.Data)
	}
	elements := make([]string, len(j.Strings))
	for i, s := range j.Strings {
		elements[i] = string(s)
	}
	return StringTensor(append(Shape{}, j.Shape...), elements)
}

// orEmpty returns a map that JSON writes as an object even if names is nil.
func orEmpty(names map[string]string) map[string]string {
	if names == nil {
		return map[string]string{}
	}
	return names
}

// parseSignatures reads what encodeSignatures wrote. Whether it fits the graph is checked once the graph has
// been read.
func parseSignatures(value json.RawMessage) (map[string]Signature, error) {
	all := map[string]Signature{}
	err := eachMember(value, func(name string, value json.RawMessage) error {
		s, err := parseSignature(value)
		all[name] = s
		return err
	})
	return all, err
}

func parseSignature(value json.RawMessage) (Signature, error) {
	var s Signature
	err := eachMember(value, func(name string, value json.RawMessage) (err error) {
		switch name {
		case "inputs":
			s.Inputs, err = parseStrings(value)
		case "outputs":
			s.Outputs, err = parseStrings(value)
		case "method":
			err = plain(value, reflect.ValueOf(&s.Method).Elem())
		case "defaults":
			s.Defaults, err = parseDefaults(value)
		default:
			err = fmt.Errorf("unknown field")
		}
		return err
	})
	if err == nil && (s.Inputs == nil || s.Outputs == nil) {
		err = fmt.Errorf("want the fields inputs and outputs")
	}
	return s, err
}

// parseStrings reads an object whose values are strings.
func parseStrings(value json.RawMessage) (map[string]string, error) {
	all := map[string]string{}
	err := eachMember(value, func(name string, text json.RawMessage) error {
		var s string
		err := plain(text, reflect.ValueOf(&s).Elem())
		all[name] = s
		return err
	})
	return all, err
}
