package serving_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// Encoded images are the bytes of {"b64": ...}, and the answers are TensorFlow's.
func TestRESTImages(t *testing.T) {
	const recorded = "../testdata/savedmodels/module_images/"
	path := versioned(t, recorded+"model")
	m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "images", BasePath: path})
	s := httptest.NewServer(m.Handler(serving.RESTOptions{}))
	t.Cleanup(s.Close)

	in := testmodel.Array(t, recorded+"recorded.npz", "serving_default.in.images")
	want := testmodel.Array(t, recorded+"recorded.npz", "serving_default.out.scores").Float32s()
	type file struct {
		B64 string `json:"b64"`
	}
	var files []file
	for _, f := range in.Strings() {
		files = append(files, file{base64.StdEncoding.EncodeToString([]byte(f))})
	}
	body, err := json.Marshal(map[string]any{"instances": files})
	require.NoError(t, err)
	status, text := ask(t, s, "POST", "/v1/models/images:predict", string(body))
	require.Equal(t, 200, status, text)
	var answer struct{ Predictions [][]float32 }
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	require.Len(t, answer.Predictions, len(files))
	for i, scores := range answer.Predictions {
		assert.InDeltaSlice(t, want[5*i:5*i+5], scores, 1e-5, fmt.Sprint(i))
	}

	status, text = ask(t, s, "POST", "/v1/models/images:predict", `{"instances": [{"b64": "/9j/4AA="}]}`)
	assert.Equal(t, 400, status, text)
	assert.Contains(t, text, "DecodeJpeg")
	assert.Contains(t, text, "input 0 (contents): the file is cut short (DecodeImage-C5)")
}

// versioned returns a directory whose version 1 is a model.
func versioned(t *testing.T, model string) string {
	base := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(base, "1"), os.DirFS(model)))
	return base
}
