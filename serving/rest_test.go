package serving_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
	"github.com/tf2ng/tf2ng/serving/internal/servingtest"
)

// restServer serves half (versions 1 and 2: y = x/2 + the version), two and examples.
func restServer(t *testing.T, o serving.RESTOptions) *httptest.Server {
	half, two := t.TempDir(), t.TempDir()
	servingtest.Linear(t, half, 1, tf2ng.Shape{tf2ng.Unknown}, 0.5, 1)
	servingtest.Linear(t, half, 2, tf2ng.Shape{tf2ng.Unknown}, 0.5, 2)
	servingtest.Two(t, two, 7)
	m := servingtest.Start(t, serving.Options{},
		serving.ModelConfig{
			Name: "half", BasePath: half, Policy: serving.Policy{All: true}, Labels: map[string]int64{"stable": 1},
		},
		serving.ModelConfig{Name: "two", BasePath: two})
	s := httptest.NewServer(m.Handler(o))
	t.Cleanup(s.Close)
	return s
}

// ask sends a request and returns the status and the body of the answer.
func ask(t *testing.T, s *httptest.Server, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// The answers are byte for byte what rapidjson's PrettyWriter makes of the calls in TensorFlow Serving.
func TestREST(t *testing.T) {
	s := restServer(t, serving.RESTOptions{})
	for _, test := range []struct{ name, path, body, want string }{
		{
			"rows", "/v1/models/half:predict", `{"instances": [1.0, 2, 5]}`,
			"{\n    \"predictions\": [2.5, 3.0, 4.5\n    ]\n}",
		},
		{
			"columns", "/v1/models/half:predict", `{"inputs": [1.0, 2]}`,
			"{\n    \"outputs\": [\n        2.5,\n        3.0\n    ]\n}",
		},
		{"a version", "/v1/models/half/versions/1:predict", `{"inputs": {"x": []}}`, "{\n    \"outputs\": []\n}"},
		{
			"a label", "/v1/models/half/labels/stable:predict", `{"signature_name": "serving_default", "instances": [1]}`,
			"{\n    \"predictions\": [1.5\n    ]\n}",
		},
		{"a path in other letters", "/V1/Models/half:PREDICT", `{"inputs": []}`, "{\n    \"outputs\": []\n}"},
		{
			"no numbers", "/v1/models/half:predict", `{"instances": [NaN, Infinity, -Infinity, Inf, -Inf]}`,
			"{\n    \"predictions\": [NaN, Infinity, -Infinity, Infinity, -Infinity\n    ]\n}",
		},
		{
			"named rows", "/v1/models/two:predict", `{"instances": [{"a": [1, 2.25], "b": 3}, {"b": -1, "a": [0, 1e-9]}]}`,
			`{
    "predictions": [
        {
            "next": 4,
            "twice": [2.0, 4.5]
        },
        {
            "next": 0,
            "twice": [0.0, 2e-09]
        }
    ]
}`,
		},
		{
			"named columns", "/v1/models/two:predict", `{"inputs": {"a": [[1, 2]], "b": [41]}}`,
			`{
    "outputs": {
        "next": [
            42
        ],
        "twice": [
            [
                2.0,
                4.0
            ]
        ]
    }
}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := ask(t, s, http.MethodPost, test.path, test.body)
			assert.Equal(t, 200, status, body)
			assert.Equal(t, test.want, body)
		})
	}
}

// What is wrong with a request, with the status and the phrases of TensorFlow Serving.
func TestRESTErrors(t *testing.T) {
	s := restServer(t, serving.RESTOptions{MaxBody: 1 << 12})
	const half, two = "/v1/models/half:predict", "/v1/models/two:predict"
	for _, test := range []struct {
		name, path, body string
		kind             fault.Kind
		more             string // of the message, beside the kind's phrase
	}{
		{"no model", "/v1/models/none:predict", `{"instances": [1]}`, fault.NoModel, "none)"},
		{
			"no version", "/v1/models/half/versions/9:predict", `{"instances": [1]}`, fault.NoVersion, "half, 9)",
		},
		{
			"no label", "/v1/models/half/labels/none:predict", `{"instances": [1]}`, fault.NoLabel, "none",
		},
		{
			"no number", "/v1/models/half/versions/99999999999999999999:predict", `{}`, fault.VersionNumber,
			"99999999999999999999 to numeric.",
		},
		{"no such path", "/v1/foo", `{}`, fault.Malformed, "POST /v1/foo"},
		{
			"no signature", half, `{"signature_name": "none", "instances": [1]}`, fault.NoSignatureREST, `"none"`,
		},
		{"signature of a number", half, `{"signature_name": 100}`, fault.JSONSignature, ""},
		{"nothing", half, ``, fault.JSONSyntax, "The document is empty. at offset: 0"},
		{"no JSON", half, `instances = [1, 2]`, fault.JSONSyntax, "Invalid value. at offset: 0"},
		{"cut off", half, `{"instances": [1, 2`, fault.JSONSyntax, "Missing a comma or ] after an array element."},
		{"more behind it", half, `{"instances": [1]} 2`, fault.JSONSyntax, "must not be followed by other values."},
		{"a list", half, `[1]`, fault.JSONNotObject, "JSON Value: [1]"},
		{"neither form", half, `{}`, fault.JSONNeitherForm, ""},
		{"both forms", half, `{"inputs": [1], "instances": [1]}`, fault.JSONBothForms, ""},
		{"no list", half, `{"instances": 1}`, fault.JSONInstancesNoList, "Excepting 'instances'"},
		{"an empty list", half, `{"instances": []}`, fault.JSONInstancesEmpty, ""},
		{
			"a string", half, `{"instances": ["x"]}`, fault.JSONElement,
			`INVALID_ARGUMENT: JSON Value: "x" Type: String is not of expected type: float`,
		},
		{"too large a number", half, `{"instances": [1e99]}`, fault.JSONLossy, "1e99 to float"},
		{"too large an integer", half, `{"instances": [16777217]}`, fault.JSONLossy, ""},
		{"rows of two sizes", half, `{"instances": [[1], [1, 2]]}`, fault.JSONSize, "1 but got: 2"},
		{"rows of two shapes", half, `{"instances": [[1], [[1]]]}`, fault.JSONShape, "[1] but got: [1,1]"},
		{
			"a ragged row", half, `{"instances": [[[1, 2], [3]]]}`, fault.JSONListSize, "1 at level: 1 expected size: 2",
		},
		{"a list among numbers", half, `{"inputs": [1, [2]]}`, fault.JSONListLevel, "1 expected < 1"},
		{
			"a number among lists", half, `{"inputs": [[1], 2]}`, fault.JSONLevel, "2 in the JSON DOM. Expected at level: 2",
		},
		{"a wrong rank", half, `{"instances": [[1]]}`, fault.InputShape, `input "x": got shape [1,1], want [?]`},
		{"base64 for numbers", half, `{"instances": [{"b64": "AAAA"}]}`, fault.JSONType, "float"},
		{
			"a plain list for two inputs", two, `{"instances": [1]}`, fault.JSONInstancesPlain, "but expecting list of objects",
		},
		{
			"a plain column for two inputs", two, `{"inputs": [1]}`, fault.JSONInputsPlain, ", but expecting an object",
		},
		{"a row without an input", two, `{"instances": [{"a": [1, 2]}]}`, fault.JSONInstancesKeys, "a,b"},
		{"a column without an input", two, `{"inputs": {"a": [[1, 2]]}}`, fault.JSONInputMissing, "b in 'inputs' object."},
		{"an unknown input", two, `{"instances": [{"c": 1}]}`, fault.JSONUnknownInput, "c"},
		{
			"a list among objects", two, `{"instances": [{"a": [1, 2], "b": 1}, 2]}`, fault.JSONInstancesMixed, "at item 1",
		},
		{
			"an object among numbers", half, `{"instances": [1, {"x": 1}]}`, fault.JSONInstancesObject, "at item 1",
		},
		{"a real for an integer", two, `{"inputs": {"a": [[1, 2]], "b": [1.5]}}`, fault.JSONType, "int64"},
		{"a wrong dimension", two, `{"inputs": {"a": [[1, 2, 3]], "b": [1]}}`, fault.InputShape, `[1,3], want [?,2]`},
		{
			"a method that the signature is not for", "/v1/models/half:classify", `{"examples": [{"x": 1}]}`,
			fault.ClassifyInputs, "[x]",
		},
		{"no examples", "/v1/models/half:regress", `{}`, fault.JSONNoExamples, "and was not found"},
		{
			"a large body", half, `{"instances": [` + strings.Repeat("1,", 3000) + `1]}`, fault.BodyTooLarge, "4096 bytes",
		},
		{"deep lists", half, strings.Repeat(`[`, 4000), fault.JSONSyntax, "Values are nested too deeply."},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := ask(t, s, http.MethodPost, test.path, test.body)
			wantError(t, test.kind, test.more, status, body)
		})
	}
	status, _ := ask(t, s, http.MethodPost, "/v2/models", `{}`)
	assert.Equal(t, http.StatusNotFound, status, "a path of no API")
}

// wantError holds an answer against the table of errors.
func wantError(t *testing.T, kind fault.Kind, more string, status int, body string) {
	t.Helper()
	row := fault.Rows()[kind]
	assert.Equal(t, row.Code.HTTP(), status, body)
	var answer struct{ Error string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	assert.Contains(t, answer.Error, row.Phrase)
	assert.Contains(t, answer.Error, more)
}

func TestRESTStatus(t *testing.T) {
	s := restServer(t, serving.RESTOptions{})
	status, body := ask(t, s, http.MethodGet, "/v1/models/half", "")
	assert.Equal(t, 200, status)
	assert.Equal(t, `{
 "model_version_status": [
  {
   "version": "1",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  },
  {
   "version": "2",
   "state": "AVAILABLE",
   "status": {
    "error_code": "OK",
    "error_message": ""
   }
  }
 ]
}`, body)
	for _, test := range []struct {
		path, want string
		status     int
	}{
		{"/v1/models/half/versions/2", `"version": "2"`, 200},
		{"/v1/models/half/labels/stable", `"version": "1"`, 200},
		{"/v1/models/half/versions/3", "Could not find version 3 of model half", 404},
		{"/v1/models/none", "Could not find any versions of model none", 404},
		{"/v1/models", "Missing model name in request.", 400},
		{"/v1/models/half:predict", "Malformed request: GET /v1/models/half:predict", 400},
	} {
		status, body := ask(t, s, http.MethodGet, test.path, "")
		assert.Equal(t, test.status, status, test.path)
		assert.Contains(t, body, test.want, test.path)
	}
}

func TestRESTMetadata(t *testing.T) {
	s := restServer(t, serving.RESTOptions{})
	status, body := ask(t, s, http.MethodGet, "/v1/models/two/metadata", "")
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{
		"model_spec": {"name": "two", "signature_name": "", "version": "7"},
		"metadata": {"signature_def": {"signature_def": {"serving_default": {
			"inputs": {
				"a": {"dtype": "DT_FLOAT", "name": "a:0", "tensor_shape": {"unknown_rank": false,
					"dim": [{"size": "-1", "name": ""}, {"size": "2", "name": ""}]}},
				"b": {"dtype": "DT_INT64", "name": "b:0", "tensor_shape": {"unknown_rank": false,
					"dim": [{"size": "-1", "name": ""}]}}
			},
			"outputs": {
				"next": {"dtype": "DT_INT64", "name": "next:0", "tensor_shape": {"unknown_rank": false,
					"dim": [{"size": "-1", "name": ""}]}},
				"twice": {"dtype": "DT_FLOAT", "name": "twice:0", "tensor_shape": {"unknown_rank": false,
					"dim": [{"size": "-1", "name": ""}, {"size": "2", "name": ""}]}}
			},
			"method_name": "tensorflow/serving/predict", "defaults": {}
		}}}}}`, body)
}

// examplesServer serves servingtest.Examples.
func examplesServer(t *testing.T, o serving.Options) *httptest.Server {
	o.Source = servingtest.Servables{"examples": servingtest.Examples()}
	m := servingtest.Start(t, o, serving.ModelConfig{Name: "examples", BasePath: "examples"})
	s := httptest.NewServer(m.Handler(serving.RESTOptions{}))
	t.Cleanup(s.Close)
	return s
}

func TestRESTExamples(t *testing.T) {
	s := examplesServer(t, serving.Options{})
	for _, test := range []struct {
		name, method, body string
		want               string
	}{
		{
			"classes", "classify", `{"examples": [{"inputs": [1.0, 2.5]}, {"inputs": [0.125, 4.0]}]}`,
			"{\n    \"results\": [[[\"a\", 1.0], [\"b\", 2.5]], [[\"a\", 0.125], [\"b\", 4.0]]\n    ]\n}",
		},
		{
			"context", "classify", `{"context": {"inputs": [7, 8]}, "examples": [{}, {"inputs": [1, 2]}]}`,
			"{\n    \"results\": [[[\"a\", 7.0], [\"b\", 8.0]], [[\"a\", 1.0], [\"b\", 2.0]]\n    ]\n}",
		},
		{
			"values", "regress", `{"signature_name": "regress", "examples": [{"inputs": [1.0, 2.5]}]}`,
			"{\n    \"results\": [3.5]\n}",
		},
		{ // features { feature { key: "x" value { float_list { value: 1.5 } } } }: 17 bytes in TensorFlow
			"serialized", "classify", `{"signature_name": "of_text", "examples": [{"x": 1.5}]}`,
			"{\n    \"results\": [[[\"\", 17.0]]\n    ]\n}",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := ask(t, s, http.MethodPost, "/v1/models/examples:"+test.method, test.body)
			assert.Equal(t, http.StatusOK, status, body)
			assert.Equal(t, test.want, body)
		})
	}
}

func TestRESTExamplesErrors(t *testing.T) {
	s := examplesServer(t, serving.Options{})
	for _, test := range []struct {
		name, method, body string
		kind               fault.Kind
		more               string
	}{
		{"an empty list", "classify", `{"examples": []}`, fault.JSONExamplesEmpty, ""},
		{"no list", "classify", `{"examples": 1}`, fault.JSONExamplesNoList, "to be an list/array"},
		{"no object", "classify", `{"examples": [1]}`, fault.JSONExampleNoObject, "but got JSON Number"},
		{"null", "classify", `{"examples": [{"inputs": null}]}`, fault.JSONFeature, "Null"},
		{
			"a list in a list", "classify", `{"examples": [{"inputs": [[1]]}]}`, fault.JSONFeature, "Array",
		},
		{"two kinds", "classify", `{"examples": [{"inputs": ["a", 1]}]}`, fault.JSONFeatureMixed, "inputs"},
		{"no feature", "classify", `{"examples": [{"y": [1, 2]}]}`, fault.ExampleFeature, `"inputs"`},
		{
			"no signature", "regress", `{"signature_name": "none", "examples": [{}]}`, fault.ClassifySignature, "none",
		},
		{"another method", "regress", `{"examples": [{}]}`, fault.RegressCount, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := ask(t, s, http.MethodPost, "/v1/models/examples:"+test.method, test.body)
			wantError(t, test.kind, test.more, status, body)
		})
	}
}

// Signatures that are declared for nothing serve each method that their inputs and outputs fit, unless
// the methods are checked.
func TestRESTMethods(t *testing.T) {
	examples := servingtest.Examples()
	for _, s := range examples.Signatures {
		s.Method = ""
	}
	source := servingtest.Servables{"examples": examples}
	for _, test := range []struct {
		name, path, body string
		check            bool
		kind             fault.Kind
		want             string // 200 if it is there
	}{
		{"classify", ":classify", `{"examples": [{"inputs": [1, 2]}]}`, false, 0, `["a", 1.0]`},
		{
			"regress", ":regress", `{"signature_name": "regress", "examples": [{"inputs": [1, 2]}]}`, false, 0, "3.0",
		},
		{"predict", ":predict", `{"instances": [[1, 2]]}`, false, 0, `"scores"`},
		{"classify, checked", ":classify", `{"examples": [{"inputs": [1, 2]}]}`, true, fault.ClassifyMethod, ""},
		{
			"regress, checked", ":regress", `{"signature_name": "regress", "examples": [{"inputs": [1, 2]}]}`, true,
			fault.RegressMethod, "",
		},
		{"predict, checked", ":predict", `{"instances": [[1, 2]]}`, true, fault.PredictMethod, ""},
		{
			"regress where classes are", ":classify", `{"signature_name": "regress", "examples": [{"inputs": [1, 2]}]}`,
			false, fault.ClassifyOutputs, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := servingtest.Start(t, serving.Options{Source: source, CheckMethods: test.check},
				serving.ModelConfig{Name: "examples", BasePath: "examples"})
			s := httptest.NewServer(m.Handler(serving.RESTOptions{}))
			defer s.Close()
			status, body := ask(t, s, http.MethodPost, "/v1/models/examples"+test.path, test.body)
			if test.want != "" {
				assert.Equal(t, http.StatusOK, status, body)
				assert.Contains(t, body, test.want)
				return
			}
			wantError(t, test.kind, "", status, body)
		})
	}
}

// A scalar has a rank, which is 0.
func TestRESTScalar(t *testing.T) {
	base := t.TempDir()
	servingtest.Linear(t, base, 1, tf2ng.Shape{}, 2, 1)
	m := servingtest.Start(t, serving.Options{}, serving.ModelConfig{Name: "m", BasePath: base})
	s := httptest.NewServer(m.Handler(serving.RESTOptions{}))
	defer s.Close()
	status, body := ask(t, s, http.MethodPost, "/v1/models/m:predict", `{"inputs": 4}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, "{\n    \"outputs\": 9.0\n}", body)
}

func TestRESTGzip(t *testing.T) {
	s := restServer(t, serving.RESTOptions{})
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(`{"instances": [` + strings.Repeat("1,", 999) + `1]}`))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	r, err := http.NewRequest(http.MethodPost, s.URL+"/v1/models/half:predict", &b)
	require.NoError(t, err)
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
	text, err := gzip.NewReader(answer.Body)
	require.NoError(t, err)
	var got struct{ Predictions []float32 }
	require.NoError(t, json.NewDecoder(text).Decode(&got))
	assert.Len(t, got.Predictions, 1000)
	assert.Equal(t, float32(2.5), got.Predictions[999])
}

func TestRESTMetrics(t *testing.T) {
	s := restServer(t, serving.RESTOptions{Metrics: "/monitoring/prometheus/metrics"})
	ask(t, s, http.MethodPost, "/v1/models/half:predict", `{"instances": [1]}`)
	ask(t, s, http.MethodPost, "/v1/models/half:predict", `{"instances": [[1]]}`)
	status, body := ask(t, s, http.MethodGet, "/monitoring/prometheus/metrics", "")
	assert.Equal(t, 200, status)
	for _, want := range []string{
		"# TYPE :tensorflow:serving:request_count counter\n",
		":tensorflow:serving:request_count{model_name=\"half\",status=\"OK\"} 1\n",
		":tensorflow:serving:request_count{model_name=\"half\",status=\"INVALID_ARGUMENT\"} 1\n",
		":tensorflow:serving:request_latency_count{model_name=\"half\",API=\"Predict\",entrypoint=\"REST\"} 2\n",
		":tf2ng:serving:version_state{model_name=\"half\",version=\"2\"} 30\n",
		"go_goroutines ",
	} {
		assert.Contains(t, body, want)
	}
}
