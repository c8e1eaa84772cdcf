package serving

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// DefaultMaxBody is the limit in bytes that a RESTOptions.MaxBody of 0 stands for.
const DefaultMaxBody = 1 << 30

// RESTOptions configure a Handler. The zero value is ready to use.
type RESTOptions struct {
	Timeout time.Duration // how long a request may take; 0: 30 seconds; negative: no limit
	MaxBody int64         // the most bytes of a body, compressed and decompressed; 0: DefaultMaxBody
	CORS    bool          // allow requests from web pages of other origins
	Metrics string        // the path that serves the metrics; empty: they are not served
}

// Handler returns a handler for TensorFlow Serving's REST API. Below /v1/models/NAME[/versions/N|/labels/L],
// POST requests with the suffix :predict, :classify or :regress compute; a GET request of the path itself
// returns the status, and of /metadata the metadata.
func (m *Manager) Handler(o RESTOptions) http.Handler {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	return &restHandler{m, o}
}

type restHandler struct {
	manager *Manager
	options RESTOptions
}

// pattern returns a regular expression that is compiled when it is first used, since a program may link
// this package and serve nothing.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var (
	callPath = pattern(
		`^(?i)/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?:(classify|regress|predict)$`)
	statusPath = pattern(
		`^(?i)/v1/models(?:/([^/:]+))?(?:/versions/(\d+)|/labels/([^/:]+))?(?:/(metadata))?$`)
)

// ServeHTTP answers a request.
func (h *restHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if h.options.Metrics != "" && path == h.options.Metrics && r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = h.manager.WriteMetrics(w)
		return
	}
	if !strings.HasPrefix(strings.ToLower(path), "/v1/") {
		http.NotFound(w, r)
		return
	}
	if h.options.CORS {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "POST, GET")
		w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		if r.Method == http.MethodOptions {
			return
		}
	}
	answer, err := h.answer(w, r, path)
	status := http.StatusOK
	if err != nil {
		status, answer = CodeOf(err).HTTP(), errorJSON(err.Error())
	}
	h.write(w, r, status, answer)
}

// write sends an answer, compressed if it is not small and the client accepts gzip.
func (h *restHandler) write(w http.ResponseWriter, r *http.Request, status int, answer []byte) {
	w.Header().Set("Content-Type", "application/json")
	if len(answer) < 1024 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.WriteHeader(status)
		_, _ = w.Write(answer)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := gzip.NewWriter(w)
	_, _ = z.Write(answer)
	_ = z.Close()
}

func (h *restHandler) answer(w http.ResponseWriter, r *http.Request, path string) ([]byte, error) {
	ctx := r.Context()
	if h.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.options.Timeout)
		defer cancel()
	}
	if found := callPath().FindStringSubmatch(path); found != nil && r.Method == http.MethodPost {
		spec, err := restSpec(found)
		if err != nil {
			return nil, err
		}
		lease, err := h.manager.Begin()
		if err != nil {
			return nil, err
		}
		defer lease.End()
		body, err := h.body(ctx, w, r, lease)
		if err != nil {
			return nil, err
		}
		return h.call(ctx, strings.ToLower(found[4]), spec, body, lease)
	}
	if found := statusPath().FindStringSubmatch(path); found != nil && r.Method == http.MethodGet {
		spec, err := restSpec(found)
		if err != nil {
			return nil, err
		}
		if spec.Model == "" {
			return nil, fault.New(fault.StatusNoName)
		}
		if found[4] != "" {
			return h.metadata(spec)
		}
		return h.status(spec)
	}
	return nil, fault.New(fault.Malformed, r.Method, path)
}

// restSpec returns the Spec for the model, version and label that were matched in a path.
func restSpec(found []string) (s Spec, err error) {
	if s.Model, err = url.PathUnescape(found[1]); err != nil {
		return s, fault.New(fault.Malformed, "model", found[1])
	}
	if s.Label, err = url.PathUnescape(found[3]); err != nil {
		return s, fault.New(fault.Malformed, "label", found[3])
	}
	if found[2] != "" {
		s.HasVersion = true
		if s.Version, err = strconv.ParseInt(found[2], 10, 64); err != nil {
			return s, fault.New(fault.VersionNumber, found[2])
		}
	}
	return s, nil
}

// body reads the body of a request, and takes its memory from the lease.
func (h *restHandler) body(ctx context.Context, w http.ResponseWriter, r *http.Request, lease *Lease) ([]byte, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = http.NewResponseController(w).SetReadDeadline(deadline) // a client may send its body slowly
	}
	limit := h.options.MaxBody
	if r.ContentLength > limit {
		return nil, fault.New(fault.BodyTooLarge, limit)
	}
	var from io.Reader = r.Body
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(io.LimitReader(r.Body, limit+1))
		if err != nil {
			return nil, fault.New(fault.BodyUnreadable, err)
		}
		from = z
	}
	var body []byte
	for {
		if len(body) == cap(body) {
			grown := min(max(2*int64(cap(body)), 4096), limit+1)
			if err := lease.Take(grown - int64(cap(body))); err != nil {
				return nil, err
			}
			body = append(make([]byte, 0, grown), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, fault.New(fault.BodyTooLarge, limit)
		case errors.Is(err, io.EOF):
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, fault.New(fault.Timeout)
		case err != nil:
			return nil, fault.New(fault.BodyUnreadable, err)
		}
	}
}

func (h *restHandler) call(ctx context.Context, method string, s Spec, body []byte, lease *Lease) ([]byte, error) {
	switch method {
	case "classify":
		r, err := parseExamples(body)
		if err != nil {
			return nil, err
		}
		r.Spec, r.Entry = withSignature(s, r.Signature), "REST"
		c, err := h.manager.Classify(ctx, *r)
		if err != nil {
			return nil, err
		}
		return classesJSON(c.Results), nil
	case "regress":
		r, err := parseExamples(body)
		if err != nil {
			return nil, err
		}
		r.Spec, r.Entry = withSignature(s, r.Signature), "REST"
		c, err := h.manager.Regress(ctx, *r)
		if err != nil {
			return nil, err
		}
		return valuesJSON(c.Results), nil
	}
	return h.predict(ctx, s, body, lease)
}

func withSignature(s Spec, name string) Spec {
	s.Signature = name
	return s
}

func (h *restHandler) predict(ctx context.Context, s Spec, doc []byte, lease *Lease) ([]byte, error) {
	body, err := parsePredict(doc)
	if err != nil {
		return nil, err
	}
	s, release, err := h.manager.Pin(s)
	if err != nil {
		return nil, err
	}
	defer release()
	s.Signature = cmp.Or(body.signature, DefaultSignature)
	sig := s.pinned.loaded.Signatures[s.Signature]
	if sig == nil {
		return nil, s.pinned.loaded.noSignature(fault.NoSignatureREST, s.Signature)
	}
	if err := lease.Take(4 * int64(len(doc))); err != nil { // 2 bytes of text, "1,", can be an element of 8 bytes
		return nil, err
	}
	in, err := body.tensors(sig.Inputs)
	if err != nil {
		return nil, err
	}
	p, err := h.manager.Predict(ctx, Request{Spec: s, Inputs: in, Entry: "REST"})
	if err != nil {
		return nil, err
	}
	if body.rows != nil {
		return rowsJSON(p.Outputs)
	}
	return columnsJSON(p.Outputs)
}

// parseExamples reads the body of a Classify or Regress request.
func parseExamples(doc []byte) (*ExamplesRequest, error) {
	v, err := parseJSON(doc)
	if err != nil {
		return nil, err
	}
	r := &ExamplesRequest{}
	if r.Signature, err = jsonSignature(v); err != nil {
		return nil, err
	}
	if c := v.member("context"); c != nil {
		if r.Context, err = jsonExample(c); err != nil {
			return nil, err
		}
	}
	list := v.member("examples")
	switch {
	case list == nil:
		return nil, fault.New(fault.JSONNoExamples, v.short())
	case list[0] != '[':
		return nil, fault.New(fault.JSONExamplesNoList, v.short())
	}
	err = list.each(func(e jsonValue) error {
		x, err := jsonExample(e)
		r.Examples = append(r.Examples, x)
		return err
	})
	if err == nil && len(r.Examples) == 0 {
		err = fault.New(fault.JSONExamplesEmpty, v.short())
	}
	return r, err
}

func jsonExample(v jsonValue) (Example, error) {
	if v[0] != '{' {
		return nil, fault.New(fault.JSONExampleNoObject, v.kind())
	}
	e := Example{}
	err := v.members(func(name string, m jsonValue) error {
		var f Feature
		var err error
		if m[0] == '[' {
			err = m.each(func(x jsonValue) error { return f.add(name, x) })
		} else {
			err = f.add(name, m)
		}
		e[name] = f
		return err
	})
	return e, err
}

// add adds a JSON value to a feature.
func (f *Feature) add(name string, v jsonValue) error {
	kind := ""
	switch v.kind() {
	case "True", "False":
		x := int64(0)
		if v[0] == 't' {
			x = 1
		}
		kind, f.Ints = "int64", append(f.Ints, x)
	case "String", "Object":
		s, err := jsonBytes(v)
		if err != nil {
			return fault.New(fault.JSONFeature, name, v.kind())
		}
		kind, f.Bytes = "bytes", append(f.Bytes, s)
	case "Number":
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			kind, f.Ints = "int64", append(f.Ints, n)
			break
		}
		x, err := jsonFloat32(v)
		if err != nil {
			return err
		}
		kind, f.Floats = "float", append(f.Floats, x)
	default:
		return fault.New(fault.JSONFeature, name, v.kind())
	}
	kinds := 0
	for _, n := range []int{len(f.Bytes), len(f.Floats), len(f.Ints)} {
		if n > 0 {
			kinds++
		}
	}
	if kinds > 1 {
		return fault.New(fault.JSONFeatureMixed, name, kind)
	}
	return nil
}

// The JSON forms of TensorFlow Serving's messages, with the names of their fields.
type (
	statusJSON struct {
		Versions []versionJSON `json:"model_version_status"`
	}
	versionJSON struct {
		Version string     `json:"version"`
		State   string     `json:"state"`
		Status  resultJSON `json:"status"`
	}
	resultJSON struct {
		Code    string `json:"error_code"`
		Message string `json:"error_message"`
	}
	metadataJSON struct {
		Spec struct {
			Name      string `json:"name"`
			Signature string `json:"signature_name"`
			Version   string `json:"version"`
		} `json:"model_spec"`
		Metadata struct {
			Signatures struct {
				Signatures map[string]signatureJSON `json:"signature_def"`
			} `json:"signature_def"`
		} `json:"metadata"`
	}
	signatureJSON struct {
		Inputs   map[string]portJSON `json:"inputs"`
		Outputs  map[string]portJSON `json:"outputs"`
		Method   string              `json:"method_name"`
		Defaults struct{}            `json:"defaults"`
	}
	portJSON struct {
		Type  string    `json:"dtype"`
		Shape shapeJSON `json:"tensor_shape"`
		Name  string    `json:"name"`
	}
	shapeJSON struct {
		Dims    []dimJSON `json:"dim"`
		Unknown bool      `json:"unknown_rank"`
	}
	dimJSON struct {
		Size string `json:"size"`
		Name string `json:"name"`
	}
)

func (h *restHandler) status(s Spec) ([]byte, error) {
	list, err := h.manager.Status(s)
	if err != nil {
		return nil, err
	}
	var out statusJSON
	for _, v := range list {
		j := versionJSON{Version: strconv.FormatInt(v.Version, 10), State: v.State.String()}
		j.Status.Code = CodeOf(v.Err).String()
		if v.Err != nil {
			j.Status.Message = v.Err.Error()
		}
		out.Versions = append(out.Versions, j)
	}
	return json.MarshalIndent(out, "", " ")
}

func (h *restHandler) metadata(s Spec) ([]byte, error) {
	d, err := h.manager.Metadata(s)
	if err != nil {
		return nil, err
	}
	var out metadataJSON
	out.Spec.Name, out.Spec.Version = d.Model, strconv.FormatInt(d.Version, 10)
	out.Metadata.Signatures.Signatures = map[string]signatureJSON{}
	for name, sig := range d.Signatures {
		out.Metadata.Signatures.Signatures[name] = signatureJSON{
			Inputs: portsJSON(sig.Inputs), Outputs: portsJSON(sig.Outputs), Method: sig.Method,
		}
	}
	return json.MarshalIndent(out, "", " ")
}

func portsJSON(ports []Port) map[string]portJSON {
	out := map[string]portJSON{}
	for _, p := range ports {
		j := portJSON{Type: "DT_" + strings.ToUpper(p.typeName()), Name: p.Name}
		j.Shape.Dims = []dimJSON{}
		j.Shape.Unknown = !p.Shape.Ranked()
		for _, d := range p.Shape {
			size := strconv.Itoa(d)
			if d == tf2ng.Unknown {
				size = "-1"
			}
			j.Shape.Dims = append(j.Shape.Dims, dimJSON{Size: size})
		}
		out[p.Alias] = j
	}
	return out
}
