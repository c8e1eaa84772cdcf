package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tf2ng/tf2ng"
)

// array is the JSON form of a float32 tensor. Finite numbers keep every bit; NaN and the infinities cannot be
// written in JSON.
type array struct {
	Shape  tf2ng.Shape `json:"shape"`
	Values []float32   `json:"values"`
}

// readInputs reads tensors, keyed by name. Errors are of type *requestError.
func readInputs(r io.Reader) (map[string]*tf2ng.Tensor, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, &requestError{err}
	}
	var arrays map[string]array
	if err := json.Unmarshal(body, &arrays); err != nil {
		return nil, &requestError{err}
	}
	inputs := make(map[string]*tf2ng.Tensor, len(arrays))
	for name, a := range arrays {
		t, err := tf2ng.TensorOf(a.Shape, a.Values)
		if err != nil {
			return nil, &requestError{fmt.Errorf("input %q: %w", name, err)}
		}
		inputs[name] = t
	}
	return inputs, nil
}

// encodeOutputs encodes tensors, keyed by name, as JSON.
func encodeOutputs(outputs map[string]*tf2ng.Tensor) ([]byte, error) {
	arrays := make(map[string]array, len(outputs))
	for name, t := range outputs {
		values, err := tf2ng.DataOf[float32](t)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", name, err)
		}
		arrays[name] = array{t.Shape(), values}
	}
	return json.Marshal(arrays)
}
