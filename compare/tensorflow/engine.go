package tensorflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// Options says which TensorFlow to run, and how. With the zero value, one is searched for.
type Options struct {
	// Python is the program to run. If it is empty, the first python3 that has the package tensorflow
	// is run: that of the active virtual environment, or one in PATH.
	Python string
	// TimeLimit is how long one answer may take; DefaultTimeLimit if 0. StartLimit is how long
	// TensorFlow may take to start; DefaultStartLimit if 0.
	TimeLimit, StartLimit time.Duration
	// Optimize lets TensorFlow rewrite graphs before it runs them, as its default session does.
	Optimize bool
	// Threads is the number of threads that TensorFlow uses; 1 if 0. With one thread, the order of its
	// sums is fixed.
	Threads int
	// MaxBytes limits the total size of the tensors in one answer; core.DefaultMaxBytes if 0.
	MaxBytes int64

	// For tests: a command to run instead of Python with the script, and additional environment
	// variables.
	command     []string
	environment []string
}

// The default limits.
const (
	DefaultTimeLimit  = 10 * time.Minute
	DefaultStartLimit = 2 * time.Minute
)

// Engine is a running TensorFlow. It is safe for concurrent use, and runs one graph at a time.
type Engine struct {
	options Options
	command []string

	mu     sync.Mutex
	child  *child // nil after it has ended
	starts int    // children started so far: a graph has to be loaded again into each
	hello  hello
	graphs int
	closed bool
}

// Start starts TensorFlow. The error is an *Error.
func Start(ctx context.Context, o Options) (*Engine, error) {
	o.TimeLimit = orDefault(o.TimeLimit, DefaultTimeLimit)
	o.StartLimit = orDefault(o.StartLimit, DefaultStartLimit)
	o.Threads = orDefault(o.Threads, 1)
	o.MaxBytes = orDefault(o.MaxBytes, core.DefaultMaxBytes)
	commands := [][]string{o.command}
	if o.command == nil {
		commands = nil
		for _, python := range candidates(o.Python) {
			commands = append(commands, []string{python, "-c", script})
		}
	}
	var failed error = failure(Missing, "is not to be had: there is no python3%s", missingHint)
	for i, command := range commands {
		e := &Engine{options: o, command: command}
		err := e.start(ctx)
		if err == nil {
			return e, nil
		}
		if missing := (*Error)(nil); !errors.As(err, &missing) || missing.Failure != Missing {
			return nil, err
		}
		if i == 0 {
			failed = err
		}
	}
	return nil, failed
}

func orDefault[T comparable](v, otherwise T) T {
	if v == *new(T) {
		return otherwise
	}
	return v
}

// start starts a child.
func (e *Engine) start(ctx context.Context) error {
	c, err := start(ctx, e.command, &e.options)
	if err != nil {
		return err
	}
	e.child, e.hello = c, c.hello
	e.starts++
	return nil
}

// Name returns the engine's name: "TensorFlow 2.21.0".
func (e *Engine) Name() string { return "TensorFlow " + e.hello.TensorFlow }

// Version returns TensorFlow's version: "2.21.0".
func (e *Engine) Version() string { return e.hello.TensorFlow }

// Describe describes the running TensorFlow in one line: versions, oneDNN's setting, the CPU's features
// that matter, and whether graphs are rewritten.
func (e *Engine) Describe() string {
	features := "unknown CPU features"
	if e.hello.CPU != nil {
		features = "CPU with " + strings.Join(e.features(), ", ")
		if len(e.features()) == 0 {
			features = "CPU without AVX2 and VNNI"
		}
	}
	rewriting := "graphs as they are"
	if e.options.Optimize {
		rewriting = "graphs rewritten by Grappler"
	}
	return fmt.Sprintf("TensorFlow %s, NumPy %s, Python %s, TF_ENABLE_ONEDNN_OPTS=%s, %s, %s", e.hello.TensorFlow,
		e.hello.NumPy, e.hello.Python, e.hello.OneDNN, features, rewriting)
}

// features lists those of the CPU's features that change TensorFlow's results.
func (e *Engine) features() []string {
	var list []string
	for _, f := range []string{"avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "avx512_bf16"} {
		if slices.Contains(e.hello.CPU, f) {
			list = append(list, f)
		}
	}
	return list
}

// SaturatesSums reports whether TensorFlow's sums of two u8*s8 products saturate at 16 bits on this CPU:
// without VNNI, oneDNN multiplies with VPMADDUBSW.
func (e *Engine) SaturatesSums() bool {
	return e.hello.CPU != nil && !slices.Contains(e.hello.CPU, "avx512_vnni") && !slices.Contains(e.hello.CPU, "avx_vnni")
}

// Warnings returns a sentence about each property of the CPU and the environment that makes TensorFlow's
// results differ from those that tf2ng reproduces.
func (e *Engine) Warnings() []string {
	var list []string
	if e.SaturatesSums() {
		list = append(list, "the CPU has no VNNI: TensorFlow's sums of two products of u8 and s8 saturate at 16 bits, so "+
			"its quantized convolutions and matrix products may be wrong here")
	}
	if e.hello.OneDNN == "0" {
		list = append(list, "TF_ENABLE_ONEDNN_OPTS=0: TensorFlow refuses ops that it has in oneDNN only, and computes "+
			"others in another order")
	}
	return list
}

// Open loads a GraphDef. Closing the Runner frees what TensorFlow holds for it.
func (e *Engine) Open(ctx context.Context, graph []byte) (compare.Runner, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.graphs++
	r := &Runner{engine: e, id: e.graphs, graph: graph}
	return r, r.load(ctx)
}

// SavedModel says which signature of which SavedModel to run.
type SavedModel struct {
	Dir       string
	Tags      []string // tags of the graph; if empty, "serve", or else those of the only graph
	Signature string   // if empty, "serving_default", or else the only signature
}

// OpenSavedModel loads a SavedModel as TensorFlow does. The Runner's inputs and outputs are named as in the
// signature, and no other tensors can be fetched. For those, Freeze makes a GraphDef.
func (e *Engine) OpenSavedModel(ctx context.Context, m SavedModel) (*Runner, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.graphs++
	r := &Runner{engine: e, id: e.graphs, saved: m}
	return r, r.load(ctx)
}

// Close ends TensorFlow's process, and with it all Runners.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.child != nil {
		e.child.quit()
		e.child = nil
	}
	return nil
}

// request is the header of a frame to the child.
type request struct {
	Do         string      `json:"do"`
	Graph      int         `json:"graph"`
	SavedModel string      `json:"saved_model,omitempty"` // its directory
	Tags       []string    `json:"tags,omitempty"`
	Signature  string      `json:"signature,omitempty"`
	Optimize   bool        `json:"optimize"`
	Threads    int         `json:"threads"`
	Feeds      []described `json:"feeds"`
	Fetches    []string    `json:"fetches"`
}

// answer is the header of a frame from the child.
type answer struct {
	Error   string      `json:"error"`
	Kind    string      `json:"kind"`
	Tensors []described `json:"tensors"`
	Inputs  []described `json:"inputs"`
	Outputs []described `json:"outputs"`
	Names   *Names      `json:"names"`
}

// Names maps the names in a signature to the tensors of a frozen graph ("x:0").
type Names struct {
	Inputs  map[string]string `json:"inputs"`
	Outputs map[string]string `json:"outputs"`
}

// call sends a request to the child and returns the answer and its payload. If the child ended, e.child
// becomes nil.
func (e *Engine) call(ctx context.Context, r request, parts ...[]byte) (*answer, []byte, error) {
	a := &answer{}
	payload, err := e.child.call(ctx, &e.options, r, a, parts...)
	if err != nil {
		e.child = nil
		return nil, nil, err
	}
	if a.Error != "" {
		return nil, nil, failure(Refused, "refuses it: %s: %s", a.Kind, oneLine(a.Error))
	}
	return a, payload, nil
}
