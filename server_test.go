package tf2ng_test

// This file imports one package of this module: a server needs no other.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
)

// server answers requests for what one model makes of an input.
type server struct{ model *tf2ng.Model }

// jsonTensor is a tensor in a request or an answer.
type jsonTensor struct {
	Shape  tf2ng.Shape `json:"shape"`
	Values []float32   `json:"values"`
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	inputs := map[string]jsonTensor{}
	if err := json.NewDecoder(r.Body).Decode(&inputs); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	outputs, err := s.run(r.Context(), inputs)
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	_ = json.NewEncoder(w).Encode(outputs)
}

func (s server) run(ctx context.Context, inputs map[string]jsonTensor) (map[string]jsonTensor, error) {
	in := map[string]*tf2ng.Tensor{}
	for name, a := range inputs {
		t, err := tf2ng.TensorOf(a.Shape, a.Values)
		if err != nil {
			return nil, badRequest{fmt.Errorf("input %q: %w", name, err)}
		}
		in[name] = t
	}
	out, err := s.model.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	outputs := map[string]jsonTensor{}
	for name, t := range out {
		values, err := tf2ng.NumbersOf[float32](t)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", name, err)
		}
		outputs[name] = jsonTensor{t.Shape(), values}
	}
	return outputs, nil
}

type badRequest struct{ error }

// status tells the caller's mistakes from those of the model and of this program.
func status(err error) int {
	var bad badRequest
	var tensor *tf2ng.TensorError
	var memory *tf2ng.MemoryError
	var op *tf2ng.OpError
	switch {
	case errors.As(err, &bad), errors.As(err, &tensor):
		return http.StatusBadRequest
	case errors.As(err, &memory):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &op):
		return http.StatusUnprocessableEntity
	case errors.Is(err, tf2ng.ErrClosed):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func TestServer(t *testing.T) {
	m, err := tf2ng.LoadFS(os.DirFS("testdata/graphdefs"), "digits_mix_lpot16_tf25.pb",
		tf2ng.WithThreads(2), tf2ng.WithEngine(tf2ng.Portable), tf2ng.WithoutISA(tf2ng.AVX512VNNI),
		tf2ng.WithMemoryLimit(tf2ng.DefaultMaxBytes), tf2ng.WithLimits(tf2ng.Limits{Nodes: 1000}),
		tf2ng.WithInputs(tf2ng.InputSpec{Name: "input", Shape: tf2ng.Shape{tf2ng.Unknown, 8, 8, 1}, Type: tf2ng.F32}))
	require.NoError(t, err)
	defer m.Close()
	require.Equal(t, []tf2ng.TensorInfo{{Name: "input", Type: tf2ng.F32, Shape: tf2ng.Shape{-1, 8, 8, 1}}}, m.Inputs())

	post := func(inputs map[string]jsonTensor) *httptest.ResponseRecorder {
		body, err := json.Marshal(inputs)
		require.NoError(t, err)
		w := httptest.NewRecorder()
		server{m}.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body)))
		return w
	}
	w := post(map[string]jsonTensor{"input": {tf2ng.Shape{2, 8, 8, 1}, make([]float32, 128)}})
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var outputs map[string]jsonTensor
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &outputs))
	require.Contains(t, outputs, "Identity:0")
	probabilities := outputs["Identity:0"]
	assert.Equal(t, tf2ng.Shape{2, 10}, probabilities.Shape)
	require.Len(t, probabilities.Values, 20)
	assert.Equal(t, probabilities.Values[:10], probabilities.Values[10:], "both images are empty")

	w = post(map[string]jsonTensor{"input": {tf2ng.Shape{2, 8, 8, 1}, make([]float32, 5)}})
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, "input \"input\": a f32 tensor of shape [2,8,8,1] has 128 elements of 4 bytes, got 20 bytes\n",
		w.Body.String())
}

func TestServerTellsErrorsApart(t *testing.T) {
	for want, errs := range map[int][]error{
		http.StatusBadRequest:            {&tf2ng.TensorError{Name: "x", Problem: tf2ng.WrongShape}},
		http.StatusRequestEntityTooLarge: {&tf2ng.MemoryError{Op: "Tile", Bytes: 2, Limit: 1}},
		http.StatusUnprocessableEntity:   {&tf2ng.OpError{Op: "Gather", Input: 1}},
		http.StatusServiceUnavailable:    {tf2ng.ErrClosed},
		http.StatusInternalServerError: {
			&tf2ng.InternalError{Value: "x"},
			&tf2ng.TypeError{Got: tf2ng.String, Want: []tf2ng.Type{tf2ng.F32}},
		},
	} {
		for _, err := range errs {
			assert.Equal(t, want, status(fmt.Errorf("run: %w", err)), "%T", err)
		}
	}
}

// The errors of Load have types and names in the root package, too.
func TestServerTellsErrorsOfLoadApart(t *testing.T) {
	for _, test := range []struct {
		name string
		data string
		is   error
	}{
		{"empty", "", tf2ng.ErrEmpty},
		{"saved model", "\x08\x01\x12", tf2ng.ErrMalformed},
		{"foreign", "\x08\x07", tf2ng.ErrForeign},
		{"malformed", "\x0a\xff", tf2ng.ErrMalformed},
		{"damaged .ng", "\x02\x00\x00\x00\x00\x00\x00\x00{}", tf2ng.ErrFormat},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tf2ng.LoadBytes([]byte(test.data))
			assert.ErrorIs(t, err, test.is)
		})
	}
	graph, err := os.ReadFile("testdata/graphdefs/digits_mix_lpot16_tf25.pb")
	require.NoError(t, err)
	_, err = tf2ng.LoadBytes(graph, tf2ng.WithLimits(tf2ng.Limits{Nodes: 5}))
	assert.ErrorIs(t, err, tf2ng.ErrLimit)
	var g *tf2ng.GraphError
	assert.ErrorAs(t, err, &g)
	_, err = tf2ng.LoadBytes(bytes.ReplaceAll(graph, []byte("\x12\x07MaxPool"), []byte("\x12\x07MaxPoop")))
	var unsupported *tf2ng.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
	assert.Equal(t, "MaxPoop", unsupported.Ops[0].Op)
}
