package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmodel"
)

// digits is a model, and what TensorFlow made of eight digits with it.
type digits struct {
	file    []byte
	request string // the digits
	want    *tf2ng.Tensor
}

func readDigits(t *testing.T, name string) digits {
	base := filepath.Join(testmodel.Directory(t), name)
	file, err := os.ReadFile(base + ".pb")
	require.NoError(t, err)
	x := testmodel.Array(t, base+".tf221.npz", "x8")
	request, err := json.Marshal(map[string]array{"input": {x.Shape(), core.Data[float32](x)}})
	require.NoError(t, err)
	return digits{file, string(request), testmodel.Array(t, base+".tf221.npz", "y8")}
}

// both returns two models that recognize digits, with the same inputs and other outputs.
func both(t *testing.T) [2]digits {
	d := [2]digits{readDigits(t, "digits_mix_lpot16_tf25"), readDigits(t, "digits_mix_nc26_tf215")}
	require.Equal(t, d[0].request, d[1].request)
	require.False(t, same(d[0].want, d[1].want))
	return d
}

// tolerance is for the softmax, whose last bits may differ from TensorFlow's.
var tolerance = compare.Tolerance{Absolute: 1e-6, Relative: 1e-6}

// same tells whether outputs are TensorFlow's.
func same(got, want *tf2ng.Tensor) bool {
	return compare.Compare([]compare.Pair{{Got: got, Want: want}}, tolerance).Pass
}

// replace writes a model file as the package's document wants it.
func replace(t *testing.T, path string, data []byte) {
	require.NoError(t, os.WriteFile(path+".new", data, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// start returns a server of a model, and the path of its file.
func start(t *testing.T, data []byte, options ...tf2ng.Option) (s *server, path string) {
	path = filepath.Join(t.TempDir(), "model.pb")
	replace(t, path, data)
	s, err := newServer(path, 4, time.Minute, options...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.close()) })
	return s, path
}

// post returns the status and the body of the answer.
func post(url, body string) (code int, answer string, err error) {
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return r.StatusCode, string(text), err
}

// recognize asks for the digits.
func recognize(url string, d digits) (*tf2ng.Tensor, error) {
	code, answer, err := post(url+"/run", d.request)
	if err != nil || code != http.StatusOK {
		return nil, errors.Join(err, fmt.Errorf("status %d: %s", code, answer))
	}
	var outputs map[string]array
	if err := json.Unmarshal([]byte(answer), &outputs); err != nil {
		return nil, err
	}
	return tf2ng.TensorOf(outputs["Identity:0"].Shape, outputs["Identity:0"].Values)
}

// Eight clients are answered while the model is replaced ten times: each answer is that of
// one of the two models, and after a replacement it is the new one's.
func TestModelsAreReplacedUnderLoad(t *testing.T) {
	const clients, requests, swaps, between = 8, 40, 10, 24
	d := both(t)
	s, path := start(t, d[0].file)
	web := httptest.NewServer(s.handler())
	defer web.Close()

	answered := make(chan struct{}, clients*requests)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range requests {
				y, err := recognize(web.URL, d[0])
				if assert.NoError(t, err) {
					assert.True(t, same(y, d[0].want) || same(y, d[1].want), "the answer is neither model's")
				}
				answered <- struct{}{}
			}
		})
	}
	for i := range swaps {
		for range between {
			<-answered
		}
		next := d[(i+1)%2]
		replace(t, path, next.file)
		code, answer, err := post(web.URL+"/reload", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusNoContent, code, answer)
		y, err := recognize(web.URL, next)
		require.NoError(t, err)
		require.True(t, same(y, next.want), "the answer after a replacement is the old model's")
	}
	wg.Wait()
}

// A file that cannot be loaded replaces nothing.
func TestBrokenModelReplacesNothing(t *testing.T) {
	d := readDigits(t, "digits_mix_lpot16_tf25")
	s, path := start(t, d.file)
	web := httptest.NewServer(s.handler())
	defer web.Close()
	replace(t, path, d.file[:1000])
	code, answer, err := post(web.URL+"/reload", "")
	require.NoError(t, err)
	assert.Equal(t, http.StatusInternalServerError, code)
	assert.Equal(t, "the new model cannot be loaded; the old one stays\n", answer)
	y, err := recognize(web.URL, d)
	require.NoError(t, err)
	assert.True(t, same(y, d.want))
}

// serve replaces the model when it is told to, and ends with its context.
func TestServe(t *testing.T) {
	d := both(t)
	s, path := start(t, d[0].file)
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	reload, ended := make(chan os.Signal), make(chan error)
	go func() { ended <- serve(ctx, l, s, reload) }()

	replace(t, path, d[1].file)
	reload <- syscall.SIGHUP
	reload <- syscall.SIGHUP // is taken when the first is done
	y, err := recognize("http://"+l.Addr().String(), d[1])
	require.NoError(t, err)
	assert.True(t, same(y, d[1].want))

	replace(t, path, []byte("no model"))
	reload <- syscall.SIGHUP
	y, err = recognize("http://"+l.Addr().String(), d[1])
	require.NoError(t, err)
	assert.True(t, same(y, d[1].want))

	stop()
	assert.NoError(t, <-ended)
}

func TestRunEndsWithItsContext(t *testing.T) {
	model := filepath.Join(testmodel.Directory(t), "digits_mix_lpot16_tf25.pb")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	assert.NoError(t, run(ctx, []string{"-model", model, "-addr", "localhost:0"}, nil))
	assert.EqualError(t, run(ctx, []string{"-model", model, "-runs", "0"}, nil), "-runs: got 0, want at least 1")
	assert.EqualError(t, run(ctx, []string{"-model", model, "-memory", "17592186044416"}, nil),
		"-memory: got 17592186044416, want 1 to 1073741824")
	assert.ErrorIs(t, run(ctx, []string{"-model", "no/such.pb"}, nil), os.ErrNotExist)
	assert.Error(t, run(ctx, []string{"-model", model, "-addr", "nowhere"}, nil))
}

func TestModelIsDescribed(t *testing.T) {
	s, _ := start(t, readDigits(t, "digits_mix_lpot16_tf25").file)
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/model", nil))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"inputs": [{"name": "input", "type": "f32", "shape": [-1, 8, 8, 1]}],
		"outputs": [{"name": "Identity:0", "type": "f32", "shape": [-1, 10]}]}`, w.Body.String())
}

func TestRequestsAreRefused(t *testing.T) {
	d := readDigits(t, "digits_mix_lpot16_tf25")
	for _, test := range []struct {
		name, body string
		change     func(*server)
		code       int
		want       string
	}{
		{"no JSON", "{", nil, http.StatusBadRequest, "the request: unexpected end of JSON input"},
		{
			"more than JSON", "{} {}", nil, http.StatusBadRequest,
			"the request: invalid character '{' after top-level value",
		},
		{
			"no shape", `{"input": {"values": [1]}}`, nil, http.StatusBadRequest,
			`the request: input "input": shape ? has no element count: its rank is unknown`,
		},
		{
			"values are missing", `{"input": {"shape": [1,8,8,1], "values": [1]}}`, nil, http.StatusBadRequest,
			`the request: input "input": a f32 tensor of shape [1,8,8,1] has 64 elements of 4 bytes, got 4 bytes`,
		},
		{
			"a shape beyond all", `{"input": {"shape": [2147483647,2147483647], "values": []}}`, nil,
			http.StatusBadRequest,
			`the request: input "input": shape [2147483647,2147483647] has more than 1099511627776 elements`,
		},
		{
			"another shape", `{"input": {"shape": [2], "values": [1,2]}}`, nil, http.StatusBadRequest,
			`input "input": got f32[2], want f32[?,8,8,1]`,
		},
		{"memory", d.request, func(s *server) {
			require.NoError(t, s.close())
			m, err := tf2ng.Load(s.path, tf2ng.WithMemoryLimit(1000))
			require.NoError(t, err)
			s.model.Store(m)
		}, http.StatusRequestEntityTooLarge, "want at most 1000"},
		{
			"time",
			d.request,
			func(s *server) { s.timeout = 0 },
			http.StatusServiceUnavailable,
			"context deadline exceeded",
		},
		{"others run", d.request, func(s *server) {
			s.timeout = time.Millisecond
			s.slots = make(chan struct{})
		}, http.StatusServiceUnavailable, "context deadline exceeded"},
		{
			"closed",
			d.request,
			func(s *server) { require.NoError(t, s.close()) },
			http.StatusServiceUnavailable,
			"the model is closed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _ := start(t, d.file)
			if test.change != nil {
				test.change(s)
			}
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/run", strings.NewReader(test.body)))
			assert.Equal(t, test.code, w.Code)
			assert.Contains(t, w.Body.String(), test.want)
			assert.Equal(t, 1, strings.Count(w.Body.String(), "\n"))
		})
	}
}

func TestStatus(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"tensor":         {&tf2ng.TensorError{Name: "x", Problem: core.WrongType}, http.StatusBadRequest},
		"op":             {core.Violation("C1", 0, "got a scalar"), http.StatusBadRequest},
		"memory":         {&tf2ng.MemoryError{Op: "Add"}, http.StatusRequestEntityTooLarge},
		"body":           {&requestError{&http.MaxBytesError{Limit: maxBody}}, http.StatusRequestEntityTooLarge},
		"client is gone": {context.Canceled, http.StatusServiceUnavailable},
		"closed":         {tf2ng.ErrClosed, http.StatusServiceUnavailable},
		"panic":          {&tf2ng.InternalError{Value: "torn"}, http.StatusInternalServerError},
		"anything":       {io.ErrUnexpectedEOF, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, status(fmt.Errorf("somewhere: %w", test.err)))
		})
	}
}

// What an internal error says stays in the log.
func TestInternalErrorsAreNotShown(t *testing.T) {
	w := httptest.NewRecorder()
	fail(w, &tf2ng.InternalError{Value: "torn", Stack: []byte("goroutine 1\n")})
	assert.Equal(t, "internal error\n", w.Body.String())
}

func TestArraysKeepEveryBit(t *testing.T) {
	x, err := tf2ng.TensorOf(tf2ng.Shape{4}, []float32{0.1, -2.5, 1e-45, 3.4028235e38})
	require.NoError(t, err)
	text, err := encodeOutputs(map[string]*tf2ng.Tensor{"x": x})
	require.NoError(t, err)
	y, err := readInputs(bytes.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, x.Bytes(), y["x"].Bytes())

	_, err = encodeOutputs(map[string]*tf2ng.Tensor{"x": core.Scalar(int32(1))})
	assert.EqualError(t, err, `output "x": got a tensor of i32, want f32`)
}
