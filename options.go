package tf2ng

import (
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/kernels"
)

// Option configures a Model. What has no meaning, as 0 threads, is an *OptionError of the
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
	err    error // of the first option without a meaning
}

// configure applies the options in their order.
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

// wrong records the value of an option that has no meaning.
func (c *config) wrong(option string, got any, want string) {
	if c.err == nil {
		c.err = &OptionError{Option: option, Got: got, Want: want}
	}
}

// WithThreads sets the goroutines that one Run uses, from 1 to MaxThreads; the default is 1.
// Results do not depend on it.
func WithThreads(n int) Option {
	return func(c *config) {
		if n < 1 || n > MaxThreads {
			c.wrong("WithThreads", n, fmt.Sprintf("1 to %d", MaxThreads))
		}
		c.kernels.Threads = n
	}
}

// WithoutISA forbids instruction sets that the CPU may have. Results do not depend on it.
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

// take records an error of package kernels about one of its options under the name of
// this package's.
func (c *config) take(option string, o kernels.Options) {
	if err, ok := o.Check().(*OptionError); ok {
		c.wrong(option, err.Got, err.Want)
	}
}

// WithoutQDQFusion keeps convolutions and matrix products of dequantized tensors in float32,
// as the graph has them. By default those whose operands were all quantized become integer:
// faster, and an int8 tensor behind them may differ by one step in few places, since float
// sums are rounded and integer ones are not.
func WithoutQDQFusion() Option { return func(c *config) { c.kernels.WithoutQDQ = true } }

// WithMemoryLimit bounds the bytes of the tensors that one Run holds at once. More is a
// *MemoryError, which names the node, before anything is allocated. The default is
// DefaultMaxBytes.
func WithMemoryLimit(bytes int64) Option {
	return func(c *config) {
		if bytes < 1 {
			c.wrong("WithMemoryLimit", bytes, "at least 1 byte")
		}
		c.kernels.MaxBytes = bytes
	}
}

// WithTensorLimit bounds the bytes of each tensor that a node of the model computes: a few bytes
// of a model can ask for as many as they like. More is a *MemoryError, which names the node,
// before anything is allocated. The default is DefaultMaxTensorBytes. Inputs and constants may
// be larger.
func WithTensorLimit(bytes int64) Option {
	return func(c *config) {
		if bytes < 1 {
			c.wrong("WithTensorLimit", bytes, "at least 1 byte")
		}
		c.kernels.MaxTensorBytes = bytes
	}
}

// WithPreparedShapes bounds what a Model keeps prepared for sets of input shapes: their
// number, and the bytes that they take beside what all of them share. The least recently used
// go first; the last one always stays. The defaults are kernels.DefaultMaxPrograms and
// kernels.DefaultMaxProgramBytes.
func WithPreparedShapes(n int, bytes int64) Option {
	return func(c *config) {
		if n < 1 || bytes < 1 {
			c.wrong("WithPreparedShapes", fmt.Sprintf("%d shapes, %d bytes", n, bytes), "at least 1 of each")
		}
		c.kernels.MaxPrograms, c.kernels.MaxProgramBytes = n, bytes
	}
}

// WithInputs gives inputs shapes, or makes inner tensors inputs (GraphDefs and SavedModels only).
func WithInputs(specs ...InputSpec) Option {
	return func(c *config) {
		for _, s := range specs {
			c.checkInput(s)
		}
		c.inputs = append(c.inputs, specs...)
	}
}

// WithConstant gives a Placeholder a value, of its type, when the model is loaded: it is no
// input, and where it switches parts of the graph, as phase_train does, those that it turns
// off are not there (GraphDefs only).
func WithConstant(name string, value *Tensor) Option {
	return func(c *config) {
		if value == nil {
			c.wrong("WithConstant", name, "a tensor")
		}
		c.constants = append(c.constants, tf.ConstantSpec{Name: name, Value: value})
	}
}

// WithConstantText is WithConstant with a value in JSON, "false" or "[1,2]": it becomes a tensor of
// the Placeholder's type.
func WithConstantText(name, value string) Option {
	return func(c *config) {
		c.constants = append(c.constants, tf.ConstantSpec{Name: name, Text: value})
	}
}

// checkInput records an input without a meaning.
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

// WithOutputs names the tensors that Run computes, "conv1" or "conv1:0"; any tensor of
// the graph will do. Without it they are the graph's own outputs.
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

// WithSignature names the signature of a SavedModel, or of a .ng file that was made of one, whose
// names the inputs and outputs have. By default it is "serving_default", or the only one; if there is
// neither, Load fails with a *SignatureError. Model.Signature gives the others.
func WithSignature(name string) Option {
	return func(c *config) {
		if name == "" {
			c.wrong("WithSignature", `""`, "the name of a signature")
		}
		c.signature = name
	}
}

// WithTags names the tags of the graph of a SavedModel that is to be read, in any order. By default it
// is that with the one tag "serve", or the only one; any other case is a *TagsError.
func WithTags(tags ...string) Option {
	return func(c *config) {
		if len(tags) == 0 {
			c.wrong("WithTags", "no tags", "at least one")
		}
		c.tags = tags
	}
}

// WithTFVersion names the version of TensorFlow whose arithmetic is followed, from "1.15" to
// "2.21". The default, "auto", is 2.21 but for two of its defects (see Model.Warnings). A
// .ng file has its version recorded; another one is then an error.
func WithTFVersion(v string) Option { return func(c *config) { c.tfVersion = v } }

// WithAssertsChecked makes the Asserts that TensorFlow would evaluate for the outputs fail a Run
// when their conditions are false: with an *OpError of the op Assert, which has the name of the
// TensorFlow node and its text. All other ops are computed first. By default Asserts are left out,
// and Model.Warnings lists them. A .ng file has what it was converted with.
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
