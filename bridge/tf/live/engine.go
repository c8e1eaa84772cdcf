//go:build tensorflow

package live

import (
	"context"
	"fmt"

	"github.com/wamuir/graft/tensorflow"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/internal/wire"
)

// Engine opens GraphDefs as Runners. The zero value runs graphs as they are and on one thread, so that the
// order of sums is fixed.
type Engine struct {
	// Optimize lets TensorFlow rewrite graphs before it runs them, as its default session does.
	Optimize bool
	// Threads is the number of threads that TensorFlow uses; 1 if 0.
	Threads int
}

// Name returns the engine's name: "TensorFlow 2.21.0 (in process)".
func (e *Engine) Name() string { return "TensorFlow " + tensorflow.Version() + " (in process)" }

// Version returns TensorFlow's version: "2.21.0".
func (e *Engine) Version() string { return tensorflow.Version() }

// Open loads a GraphDef. The Runner is a *Graph, which the caller must close.
func (e *Engine) Open(_ context.Context, graph []byte) (compare.Runner, error) {
	g := &Graph{graph: tensorflow.NewGraph(), name: e.Name()}
	if err := g.graph.Import(graph, ""); err != nil {
		return nil, fmt.Errorf("TensorFlow refuses it: %w", err)
	}
	var err error
	if g.session, err = tensorflow.NewSession(g.graph, &tensorflow.SessionOptions{Config: e.config()}); err != nil {
		return nil, err
	}
	return g, g.list()
}

// The field numbers of TensorFlow's ConfigProto, GraphOptions, OptimizerOptions and RewriterConfig.
const (
	configIntraThreads  protowire.Number = 2
	configInterThreads  protowire.Number = 5
	configSoftPlacement protowire.Number = 7
	configGraphOptions  protowire.Number = 10

	graphOptimizerOptions protowire.Number = 3
	graphRewriteOptions   protowire.Number = 10

	optimizerLevel         protowire.Number = 3
	rewriteNoMetaOptimizer protowire.Number = 19
)

// config returns an encoded ConfigProto. It is written field by field, since a program can link only one copy
// of TensorFlow's messages.
func (e *Engine) config() []byte {
	threads := int64(max(e.Threads, 1))
	b := wire.AppendInt(nil, configIntraThreads, threads)
	b = wire.AppendInt(b, configInterThreads, threads)
	b = wire.AppendInt(b, configSoftPlacement, 1) // run nodes on the CPU, whatever device the graph names
	if e.Optimize {
		return b
	}
	const unoptimized = -1 // OptimizerOptions.L0
	g := wire.AppendBytes(nil, graphOptimizerOptions, wire.AppendInt(nil, optimizerLevel, unoptimized))
	g = wire.AppendBytes(g, graphRewriteOptions, wire.AppendInt(nil, rewriteNoMetaOptimizer, 1))
	return wire.AppendBytes(b, configGraphOptions, g)
}
