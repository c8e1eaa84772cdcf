package tf2ng

import (
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
)

// FromFunction makes a Model from a graph that the program has built, for example with package
// builders, to run it or to write it with WriteNG. The nodes and tensors of f must not change until
// Close. WithInputs narrows the shapes of f's parameters; WithOutputs chooses among the tensors that f
// names. A graph that is not well formed is a *FunctionError. WithTFVersion is an *OptionError unless f
// came from a GraphDef, since whoever built f has chosen its arithmetic.
func FromFunction(f *core.Function, opts ...Option) (_ *Model, err error) {
	defer guard(&err)
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	if c.tfVersion != "" && f.Meta[tf.MetaVersion] == "" {
		return nil, &OptionError{
			Option: "WithTFVersion",
			Got:    c.tfVersion,
			Want:   "no version for a graph that records none",
		}
	}
	if f, err = c.converted(f); err != nil {
		return nil, err
	}
	return c.model(&translation{Function: f})
}
