package tf2ng

import (
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/kernels"
)

// Option configures Load.
type Option func(*config)

type config struct {
	kernels   kernels.Options
	inputs    []tf.InputSpec
	outputs   []string
	tfVersion string
	limits    graphdef.Limits
}

// WithThreads sets the goroutines that one Run uses; the default is 1. Results do not
// depend on it.
func WithThreads(n int) Option { return func(c *config) { c.kernels.Threads = n } }

// WithoutISA forbids instruction sets that the CPU may have. Results do not depend on it.
func WithoutISA(isas ...kernels.ISA) Option {
	return func(c *config) { c.kernels.Without = append(c.kernels.Without, isas...) }
}

// WithEngine selects what computes the ops; the default is kernels.Kernels. Results do
// not depend on it.
func WithEngine(e kernels.Engine) Option { return func(c *config) { c.kernels.Engine = e } }

// WithoutQDQFusion keeps convolutions and matrix products of dequantized tensors in float32,
// as the graph has them. By default those whose operands were all quantized become integer:
// faster, and an int8 tensor behind them may differ by one step in few places, since float
// sums are rounded and integer ones are not.
func WithoutQDQFusion() Option { return func(c *config) { c.kernels.WithoutQDQ = true } }

// WithMemoryLimit bounds the bytes of the tensors that one Run holds at once. More is a
// *core.MemoryError, which names the node, before anything is allocated. The default is
// core.DefaultMaxBytes.
func WithMemoryLimit(bytes int64) Option { return func(c *config) { c.kernels.MaxBytes = bytes } }

// WithPreparedShapes bounds what a Model keeps prepared for sets of input shapes: their
// number, and the bytes that they take beside what all of them share. The least recently used
// go first; the last one always stays. The defaults are kernels.DefaultMaxPrograms and
// kernels.DefaultMaxProgramBytes.
func WithPreparedShapes(n int, bytes int64) Option {
	return func(c *config) { c.kernels.MaxPrograms, c.kernels.MaxProgramBytes = n, bytes }
}

// WithInputs gives inputs shapes, or makes inner tensors inputs (GraphDefs only).
func WithInputs(specs ...tf.InputSpec) Option {
	return func(c *config) { c.inputs = append(c.inputs, specs...) }
}

// WithOutputs names the tensors that Run computes, "conv1" or "conv1:0"; any tensor of
// the graph will do. Without it they are the graph's own outputs.
func WithOutputs(names ...string) Option {
	return func(c *config) { c.outputs = append(c.outputs, names...) }
}

// WithTFVersion names the version of TensorFlow whose arithmetic is followed, from "1.15" to
// "2.21". The default, "auto", is 2.21 but for two of its defects (see Model.Warnings). A
// .ng file has its version recorded; another one is then an error.
func WithTFVersion(v string) Option { return func(c *config) { c.tfVersion = v } }

// WithLimits bounds what is accepted of a GraphDef.
func WithLimits(l graphdef.Limits) Option { return func(c *config) { c.limits = l } }
