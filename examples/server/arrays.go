package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tf2ng/tf2ng/core"
)

// array is the JSON form of a float32 tensor. Finite numbers keep every bit; NaN and the infinities cannot be
// written in JSON.
type array struct {
	Shape  core.Shape `json:"shape"`
	Values []float32  `json:"values"`
}

// readInputs reads tensors, keyed by name. Errors are of type *requestError.
func readInputs(r io.Reader) (map[string]*core.Tensor, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, &requestError{err}
	}
	var arrays map[string]array
	if err := json.Unmarshal(body, &arrays); err != nil {
		return nil, &requestError{err}
	}
	inputs := make(map[string]*core.Tensor, len(arrays))
	for name, a := range arrays {
		t, err := core.TensorOf(a.Shape, a.Values)
		if err != nil {
			return nil, &requestError{fmt.Errorf("input %q: %w", name, err)}
		}
		inputs[name] = t
	}
	return inputs, nil
}

// encodeOutputs encodes tensors, keyed by name, as JSON.
func encodeOutputs(outputs map[string]*core.Tensor) ([]byte, error) {
	arrays := make(map[string]array, len(outputs))
	for name, t := range outputs {
		if t.Type() != core.F32 {
			return nil, fmt.Errorf("output %q: got %v, want f32", name, t)
		}
		arrays[name] = array{t.Shape(), core.Data[float32](t)}
	}
	return json.Marshal(arrays)
}
