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
	all := map[string]Signature{}
	for name, s := range f.Signatures {
		all[name] = Signature{orEmpty(s.Inputs), orEmpty(s.Outputs)}
		inputs, outputs := slices.Collect(maps.Keys(s.Inputs)), slices.Collect(maps.Keys(s.Outputs))
		for _, text := range slices.Concat([]string{name}, inputs, outputs) {
			if !utf8.ValidString(text) {
				return nil, &FunctionError{fmt.Sprintf("signature %q", name), fmt.Sprintf("%q is not UTF-8", text)}
			}
		}
	}
	return appendPlain(nil, reflect.ValueOf(all))
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
