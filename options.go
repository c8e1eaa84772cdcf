package tf2ng

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/kernels"
)

// Option configures a Model. An invalid value, such as 0 threads, is an *OptionError, returned by the
// function that takes the option.
type Option func(*config)

type config struct {
	kernels   kernels.Options
	inputs    []tf.InputSpec
	outputs   []string
	constants []tf.ConstantSpec
	tfVersion string
	signature string
	tags      []string

	checkAsserts bool

	limits graphdef.Limits
	err    error // of the first option with an invalid value
}

// configure applies the options in order.
func configure(opts []Option) (*config, error) {
	c := &config{kernels: kernels.Options{Threads: 1}}
	for i, o := range opts {
		if o == nil {
			return nil, &OptionError{Option: fmt.Sprintf("number %d", i+1), Want: "what a function With... returns"}
		}
		if o(c); c.err != nil {
			return nil, c.err
		}
	}
	return c, nil
}

// wrong records an option with an invalid value.
func (c *config) wrong(option string, got any, want string) {
	if c.err == nil {
		c.err = &OptionError{Option: option, Got: got, Want: want}
	}
}

// WithThreads sets how many threads one Run uses, from 1 to MaxThreads; the default is 1. Results do not
// depend on it.
func WithThreads(n int) Option {
	return func(c *config) {
		if n < 1 || n > MaxThreads {
			c.wrong("WithThreads", n, fmt.Sprintf("1 to %d", MaxThreads))
		}
		c.kernels.Threads = n
	}
}

// WithoutISA forbids the use of instruction sets, and of those that include them, even if the CPU has them. Results do
// not depend on it.
func WithoutISA(isas ...ISA) Option {
	return func(c *config) {
		c.take("WithoutISA", kernels.Options{Without: isas})
		c.kernels.Without = append(c.kernels.Without, isas...)
	}
}

// WithEngine selects what computes the ops; the default is Kernels. Results do not depend
// on it.
func WithEngine(e Engine) Option {
	return func(c *config) {
		c.take("WithEngine", kernels.Options{Engine: e})
		c.kernels.Engine = e
	}
}

// take records an error that package kernels returned for one of its options, under the name of this
// package's option.
func (c *config) take(option string, o kernels.Options) {
	if err, ok := o.Check().(*OptionError); ok {
		c.wrong(option, err.Got, err.Want)
	}
}

// WithoutQDQFusion keeps convolutions and matrix products of dequantized tensors in float32, as the
// graph has them. By default, those whose operands were all quantized are computed in integers. That is
// faster, but an int8 tensor behind them may differ by one step in a few places, since sums of floats
// are rounded and sums of integers are exact.
func WithoutQDQFusion() Option { return func(c *config) { c.kernels.WithoutQDQ = true } }

// WithMemoryLimit bounds the bytes of all tensors that one Run holds at the same time. If they would
// exceed it, the Run fails before anything is allocated, with a *MemoryError that names the node. The
// default is DefaultMaxBytes.
func WithMemoryLimit(bytes int64) Option {
	return func(c *config) {
		if bytes < 1 {
			c.wrong("WithMemoryLimit", bytes, "at least 1 byte")
		}
		c.kernels.MaxBytes = bytes
	}
}

// WithTensorLimit bounds the bytes of each single tensor that a node computes, since a few bytes of a
// model can ask for a tensor of any size. If one would exceed it, the Run fails before anything is
// allocated, with a *MemoryError that names the node. The default is DefaultMaxTensorBytes. Inputs and
// constants may be larger.
func WithTensorLimit(bytes int64) Option {
	return func(c *config) {
		if bytes < 1 {
			c.wrong("WithTensorLimit", bytes, "at least 1 byte")
		}
		c.kernels.MaxTensorBytes = bytes
	}
}

// WithPreparedShapes bounds for how many sets of input shapes a Model stays prepared, and the bytes that
// these take beyond what all of them share. The least recently used set is dropped first; the most
// recent one always stays. The defaults are kernels.DefaultMaxPrograms and
// kernels.DefaultMaxProgramBytes.
func WithPreparedShapes(n int, bytes int64) Option {
	return func(c *config) {
		if n < 1 || bytes < 1 {
			c.wrong("WithPreparedShapes", fmt.Sprintf("%d shapes, %d bytes", n, bytes), "at least 1 of each")
		}
		c.kernels.MaxPrograms, c.kernels.MaxProgramBytes = n, bytes
	}
}

// WithInputs sets the shapes of inputs, or makes tensors inside the graph inputs (GraphDefs and
// SavedModels only).
func WithInputs(specs ...InputSpec) Option {
	return func(c *config) {
		for _, s := range specs {
			c.checkInput(s)
		}
		c.inputs = append(c.inputs, specs...)
	}
}

// WithConstant fixes the value of a Placeholder, of its type, when the model is loaded. It is no longer an
// input, and if it switches parts of the graph, as phase_train does, the parts that it turns off are left
// out (GraphDefs only).
func WithConstant(name string, value *Tensor) Option {
	return func(c *config) {
		if value == nil {
			c.wrong("WithConstant", name, "a tensor")
		}
		c.constants = append(c.constants, tf.ConstantSpec{Name: name, Value: value})
	}
}

// WithConstantText is like WithConstant with a value in JSON, such as "false" or "[1,2]". It becomes a
// tensor of the Placeholder's type.
func WithConstantText(name, value string) Option {
	return func(c *config) {
		c.constants = append(c.constants, tf.ConstantSpec{Name: name, Text: value})
	}
}

// checkInput records an invalid input.
func (c *config) checkInput(s InputSpec) {
	const option = "WithInputs"
	if s.Name == "" {
		c.wrong(option, `a spec of ""`, "the name of a tensor")
	}
	if s.Type > String {
		c.wrong(option, fmt.Sprintf("%q of %v", s.Name, s.Type), "one of the types, or Dynamic for the graph's own")
	}
	for _, d := range s.Shape {
		if d < 0 && d != Unknown {
			c.wrong(option, fmt.Sprintf("%q of shape %v", s.Name, s.Shape), "dimensions of 0 or more, or Unknown")
		}
	}
}

// WithOutputs names the tensors that Run computes, "conv1" or "conv1:0". Any tensor of the graph can be
// an output. Without this option, the graph's own outputs are computed.
func WithOutputs(names ...string) Option {
	return func(c *config) {
		for _, n := range names {
			if n == "" {
				c.wrong("WithOutputs", `""`, "the name of a tensor")
			}
		}
		c.outputs = append(c.outputs, names...)
	}
}

// WithSignature chooses the signature, of a SavedModel or of a .ng file made from one, that names the
// inputs and outputs. By default it is "serving_default", or else the only one; if there is neither, Load
// fails with a *SignatureError. Model.Signature returns the others.
func WithSignature(name string) Option {
	return func(c *config) {
		if name == "" {
			c.wrong("WithSignature", `""`, "the name of a signature")
		}
		c.signature = name
	}
}

// WithTags chooses the graph of a SavedModel by all of its tags, in any order. By default it is the graph
// whose only tag is "serve", or else the only graph; if there is neither, Load fails with a *TagsError.
func WithTags(tags ...string) Option {
	return func(c *config) {
		if len(tags) == 0 {
			c.wrong("WithTags", "no tags", "at least one")
		}
		c.tags = tags
	}
}

// WithTFVersion sets the version of TensorFlow whose arithmetic is followed, from "1.15" to "2.21". The
// default, "auto", is 2.21 without two of its defects (see Model.Warnings). A .ng file records its
// version, and asking for another one is an error.
func WithTFVersion(v string) Option { return func(c *config) { c.tfVersion = v } }

// WithAssertsChecked makes a Run check the Asserts that TensorFlow would evaluate for the outputs. If a
// condition is false, the Run fails with an *OpError of the op Assert, which has the name of the
// TensorFlow node and its message. All other ops are computed first. By default, Asserts are left out and
// listed by Model.Warnings. A .ng file keeps the choice that it was converted with.
func WithAssertsChecked() Option { return func(c *config) { c.checkAsserts = true } }

// WithLimits bounds what is accepted of a GraphDef. A field of 0 means its default.
func WithLimits(l Limits) Option {
	return func(c *config) {
		for _, f := range []struct {
			name  string
			value int64
		}{
			{"Bytes", int64(l.Bytes)},
			{"Nodes", int64(l.Nodes)},
			{"Edges", int64(l.Edges)},
			{"Attributes", int64(l.Attributes)},
			{"Name", int64(l.Name)},
			{"Dims", int64(l.Dims)},
			{"List", int64(l.List)},
			{"Elements", l.Elements},
			{"Expanded", l.Expanded},
		} {
			if f.value < 0 {
				c.wrong("WithLimits", fmt.Sprintf("%s %d", f.name, f.value), "0 or more")
			}
		}
		c.limits = l
	}
}
