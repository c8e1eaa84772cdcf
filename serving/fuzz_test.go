package serving_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// Whatever a body is, there is an answer, JSON with an error unless it is fine, and the next request
// is answered as ever.
func FuzzREST(f *testing.F) {
	half, two := f.TempDir(), f.TempDir()
	servingtest.Linear(f, half, 1, tf2ng.Shape{tf2ng.Unknown}, 0.5, 2)
	servingtest.Two(f, two, 1)
	m := servingtest.Start(f, serving.Options{Poll: -1},
		serving.ModelConfig{Name: "half", BasePath: half}, serving.ModelConfig{Name: "two", BasePath: two})
	examples := servingtest.Start(f,
		serving.Options{Poll: -1, Source: servingtest.Servables{"examples": servingtest.Examples()}},
		serving.ModelConfig{Name: "examples", BasePath: "examples"})
	handlers := []http.Handler{
		m.Handler(serving.RESTOptions{MaxBody: 1 << 16}), examples.Handler(serving.RESTOptions{MaxBody: 1 << 16}),
	}
	paths := []string{
		"/v1/models/half:predict", "/v1/models/two:predict", "/v1/models/examples:classify", "/v1/models/examples:regress",
	}
	for i := range paths {
		for _, body := range []string{
			`{"instances": [1.0, 2, NaN]}`, `{"inputs": {"a": [[1, 2]], "b": [3]}}`,
			`{"examples": [{"inputs": [1.0, 2.5]}]}`, `{"instances": [{"a": [1, 2.25], "b": 3}]}`,
			`{"instances": [{"b64": "AA=="}]}`, `[[[[`, `{"inputs": "\ud800\""}`, ``,
		} {
			f.Add(i, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		i := (which%len(paths) + len(paths)) % len(paths)
		ask := func(path, body string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			handlers[i/2].ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
			return w
		}
		w := ask(paths[i], string(body))
		if w.Code != http.StatusOK && !strings.HasPrefix(w.Body.String(), "{\n    \"error\": \"") {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if w := ask("/v1/models/half:predict", `{"instances": [1]}`); i < 2 && w.Code != http.StatusOK {
			t.Errorf("the next request: %s", w.Body)
		}
	})
}

// A body that does not come is given up at the timeout; one that is cut off is an error.
func TestSlowAndTruncatedBodies(t *testing.T) {
	s := restServer(t, serving.RESTOptions{Timeout: 200 * time.Millisecond})
	for _, test := range []struct {
		name, rest string
		close      bool
		want       string
	}{
		{"slow", "", false, "504"},
		{"truncated", `{"instances"`, true, "400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			require.NoError(t, err)
			defer c.Close()
			head := "POST /v1/models/half:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
			_, err = c.Write([]byte(head + test.rest))
			require.NoError(t, err)
			if test.close {
				require.NoError(t, c.(*net.TCPConn).CloseWrite())
			}
			require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
			answer := make([]byte, 64)
			n, err := c.Read(answer)
			require.NoError(t, err)
			assert.Contains(t, string(answer[:n]), "HTTP/1.1 "+test.want)
		})
	}
	status, _ := ask(t, s, http.MethodPost, "/v1/models/half:predict", `{"instances": [1]}`)
	assert.Equal(t, 200, status)
}
