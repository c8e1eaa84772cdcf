package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tf2ng/tf2ng"
)

// maxBody bounds the bytes of one request.
const maxBody = 64 << 20

// server runs one model at a time. Its methods may be called from any number of goroutines.
type server struct {
	path    string
	options []tf2ng.Option
	timeout time.Duration
	slots   chan struct{} // holds an element for each run in progress; its capacity is the most runs at once

	swap  sync.Mutex // held while the model is being replaced
	model atomic.Pointer[tf2ng.Model]
}

// newServer loads the model.
func newServer(path string, runs int, timeout time.Duration, options ...tf2ng.Option) (*server, error) {
	s := &server{path: path, options: options, timeout: timeout, slots: make(chan struct{}, runs)}
	m, err := tf2ng.Load(path, options...)
	if err != nil {
		return nil, err
	}
	s.model.Store(m)
	return s, nil
}

// reload loads the file again and replaces the old model by the new one. Closing the old model waits for its
// runs. If the file cannot be loaded, the old model stays.
func (s *server) reload() error {
	s.swap.Lock()
	defer s.swap.Unlock()
	m, err := tf2ng.Load(s.path, s.options...)
	if err != nil {
		return err
	}
	return s.model.Swap(m).Close()
}

// close closes the model. The server must not be used after that.
func (s *server) close() error {
	s.swap.Lock()
	defer s.swap.Unlock()
	return s.model.Load().Close()
}

// run runs the model. If the model is replaced between Load and Run, Run returns ErrClosed, and the inputs
// are given to the new model.
func (s *server) run(ctx context.Context, inputs map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		m := s.model.Load()
		outputs, err := m.Run(ctx, inputs)
		if errors.Is(err, tf2ng.ErrClosed) && m != s.model.Load() {
			continue
		}
		return outputs, err
	}
}

// handler returns the handler for the requests that the package comment lists.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", s.handleRun)
	mux.HandleFunc("POST /reload", s.handleReload)
	mux.HandleFunc("GET /model", s.handleModel)
	return mux
}

func (s *server) handleRun(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	inputs, err := readInputs(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, err)
		return
	}
	outputs, err := s.run(ctx, inputs)
	if err != nil {
		fail(w, err)
		return
	}
	body, err := encodeOutputs(outputs)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, body)
}

func (s *server) handleReload(w http.ResponseWriter, _ *http.Request) {
	if err := s.reload(); err != nil {
		log.Printf("reload: %v; the model stays", err)
		http.Error(w, "the new model cannot be loaded; the old one stays", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) handleModel(w http.ResponseWriter, _ *http.Request) {
	m := s.model.Load()
	body, err := json.Marshal(map[string][]tf2ng.TensorInfo{"inputs": m.Inputs(), "outputs": m.Outputs()})
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, body)
}

// answer writes JSON. Errors are ignored: they mean that the client is gone.
func answer(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// fail answers with the status of an error and a text. The text says what the client did wrong; about an
// internal error it gives no details.
func fail(w http.ResponseWriter, err error) {
	code := status(err)
	text := err.Error()
	if code == http.StatusInternalServerError {
		log.Print(err) // with the stack, if it was a panic
		text = "internal error"
	}
	http.Error(w, text, code)
}

// status returns the HTTP status for an error. It shows whose fault the error is: the client's, nobody's (try
// again), or the server's.
func status(err error) int {
	var (
		request *requestError
		tensor  *tf2ng.TensorError
		op      *tf2ng.OpError
		memory  *tf2ng.MemoryError
		body    *http.MaxBytesError
	)
	switch {
	case errors.As(err, &memory), errors.As(err, &body):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &request), errors.As(err, &tensor), errors.As(err, &op):
		return http.StatusBadRequest
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, tf2ng.ErrClosed):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError // a *tf2ng.InternalError, or an unexpected error
}

// requestError says that the body of a request cannot be read as tensors.
type requestError struct{ err error }

func (e *requestError) Error() string { return fmt.Sprintf("the request: %v", e.err) }
func (e *requestError) Unwrap() error { return e.err }
