package kernels

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/compile"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/share"
)

// Engine says what computes the ops.
type Engine uint8

// The engines. All give the same bits.
const (
	Kernels   Engine = iota // the fastest kernels that the CPU can run
	Portable                // the same program, with the kernels in plain Go
	Reference               // each op's reference in package core; qdq is the only pass that runs
)

var engineNames = []string{"kernels", "portable", "reference"}

// String returns the engine's name.
func (e Engine) String() string {
	if int(e) < len(engineNames) {
		return engineNames[e]
	}
	return fmt.Sprintf("engine(%d)", uint8(e))
}

// ParseEngine returns the engine with the given name.
func ParseEngine(name string) (Engine, error) {
	for i, n := range engineNames {
		if n == name {
			return Engine(i), nil
		}
	}
	return 0, fmt.Errorf("unknown engine %q: want one of %s", name, strings.Join(engineNames, ", "))
}

// MaxThreads bounds the goroutines of a Run.
const MaxThreads = 1024

// Options of a compilation. The zero value means one thread and every instruction set.
type Options struct {
	Threads int   // goroutines per Run, at most MaxThreads; 0 means 1
	Without []ISA // instruction sets not to use even if the CPU has them, nor those that include them
	Engine  Engine
	// WithoutQDQ keeps convolutions and matrix products of dequantized tensors in float32,
	// summed in the order that linear.Convolution and linear.Dot define. Without it all engines
	// compute them as integers (pass qdq), which is faster and can change a last digit.
	WithoutQDQ bool
	// MaxBytes bounds the tensors that one Run holds at once: intermediate values and
	// results. 0 means core.DefaultMaxBytes. A *core.MemoryError names the node for which
	// that is not enough. Independently of it, the kernels' intermediate values must fit into 2 GiB.
	MaxBytes int64
	// MaxTensorBytes bounds each tensor that a node computes. 0 means
	// core.DefaultMaxTensorBytes. A *core.MemoryError with OneTensor set names the node that exceeds it.
	MaxTensorBytes int64
	// MaxPrograms and MaxProgramBytes bound the Programs that a Prepared keeps, one for each set of
	// input shapes: their number, and the bytes that they hold, not counting what all of them share. In
	// each Program they bound likewise what is compiled for shapes that depend on data.
	// 0 means DefaultMaxPrograms and DefaultMaxProgramBytes.
	MaxPrograms     int
	MaxProgramBytes int64
	// Packed, if not nil, is called with the bytes of each constant of a node whose weights were packed.
	// The bytes must stay valid and unchanged, but Runs read the packed copy instead. So pages that are
	// filled again on access, such as those of a mapped file, may be released. Packed may be called by
	// several goroutines at once.
	Packed func(bytes []byte)
}

// The default bounds of the Programs that a Prepared keeps.
const (
	DefaultMaxPrograms     = 32
	DefaultMaxProgramBytes = 64 << 20
)

// programs returns the bounds of the Programs.
func (o Options) programs() share.Bounds {
	b := share.Bounds{Most: DefaultMaxPrograms, Bytes: DefaultMaxProgramBytes}
	if o.MaxPrograms != 0 {
		b.Most = o.MaxPrograms
	}
	if o.MaxProgramBytes != 0 {
		b.Bytes = o.MaxProgramBytes
	}
	return b
}

// OptionError reports an invalid value of an option. Nothing was read or computed.
type OptionError struct {
	Option string // the field of Options, or the function that makes the option
	Got    any
	Want   string
}

// Error writes: option Threads: got -3, want 0 to 1024.
func (e *OptionError) Error() string {
	return fmt.Sprintf("option %s: got %v, want %s", e.Option, e.Got, e.Want)
}

// Check returns an *OptionError for the first option whose value is invalid. Compile calls it.
func (o Options) Check() error {
	switch {
	case o.Threads < 0 || o.Threads > MaxThreads:
		return &OptionError{"Threads", o.Threads, fmt.Sprintf("0 to %d", MaxThreads)}
	case int(o.Engine) >= len(engineNames):
		return &OptionError{"Engine", o.Engine, "one of " + strings.Join(engineNames, ", ")}
	case o.MaxBytes < 0:
		return &OptionError{"MaxBytes", o.MaxBytes, "0 or more bytes"}
	case o.MaxTensorBytes < 0:
		return &OptionError{"MaxTensorBytes", o.MaxTensorBytes, "0 or more bytes"}
	case o.MaxPrograms < 0:
		return &OptionError{"MaxPrograms", o.MaxPrograms, "0 or more"}
	case o.MaxProgramBytes < 0:
		return &OptionError{"MaxProgramBytes", o.MaxProgramBytes, "0 or more bytes"}
	}
	for _, i := range o.Without {
		if !slices.Contains(ISAs(), i) {
			return &OptionError{"Without", i, fmt.Sprintf("some of %v", ISAs())}
		}
	}
	return nil
}

// check validates the arguments of Compile except the shapes.
func check(f *core.Function, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	return f.Check()
}

func (o Options) memory() core.MemoryLimits {
	limits := core.DefaultMemoryLimits()
	if o.MaxBytes != 0 {
		limits.Bytes = o.MaxBytes
	}
	if o.MaxTensorBytes != 0 {
		limits.TensorBytes = o.MaxTensorBytes
	}
	return limits
}

// compilation returns these options in the form that package compile takes.
func (o Options) compilation() compile.Options {
	return compile.Options{
		ISAs: o.isas(), Threads: max(o.Threads, 1), Memory: o.memory(), WithoutQDQ: o.WithoutQDQ,
		Reference: o.Engine == Reference, Packed: o.Packed, Kept: o.programs(),
	}
}

func (o Options) isas() isa.Set {
	if o.Engine == Portable {
		return 0
	}
	return isa.Available().Without(o.Without...)
}
