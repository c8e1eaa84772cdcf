// Command tf2ng converts, runs, compares and inspects TensorFlow graphs with INT8 ops.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"

	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt" // to read GraphDefs in text format
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/version"
)

// Exit codes.
const (
	exitOK      = 0
	exitDiffers = 1 // diff found a difference beyond the tolerance
	exitCannot  = 2 // the command could not do its work, or diff could do only a part of it
)

// errDiffers is returned by diff for exitDiffers. The report has already been printed.
var errDiffers = errors.New("outputs differ")

func main() { os.Exit(doMain(os.Args[1:], os.Stdout, os.Stderr)) }

type cli struct {
	Version kong.VersionFlag `help:"Print the version of the program and of the .ng files that it writes."`

	Convert convertCommand `cmd:"" help:"Translate a GraphDef or a SavedModel to a .ng file."`
	Run     runCommand     `cmd:"" help:"Run a model on inputs from .npy or .npz files."`
	Diff    diffCommand    `cmd:"" help:"Compare a model's tensors with TensorFlow's, another engine's or recorded ones."`
	Inspect inspectCommand `cmd:"" help:"Say what is in a model, and what runs it."`
	Bench   benchCommand   `cmd:"" help:"Measure the speed of a model on random inputs."`
	Kernels kernelsCommand `cmd:"" help:"List the instruction sets and kernel variants."`
	Serve   serveCommand   `cmd:"" help:"Serve models to TensorFlow Serving's clients."`
}

// doMain is the whole program as a function; it returns the exit code. A panic is reported as a bug of this
// program, with exitCannot. Tests use more to add options.
func doMain(args []string, stdout, stderr io.Writer, more ...kong.Option) (code int) {
	defer func() {
		if p := recover(); p != nil {
			code = fail(stderr, core.Recovered(nil, p))
		}
	}()
	left := false // whether a flag such as --help has done the whole work
	options := append([]kong.Option{
		kong.Name("tf2ng"),
		kong.Description("Runs TensorFlow graphs with INT8 ops without TensorFlow, bit for bit."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { left, code = true, c }),
		kong.Bind(&output{stdout, stderr}),
		kong.Vars{"version": versionLine()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	}, more...)
	parser, err := kong.New(commandLine(args), options...)
	if err != nil {
		return fail(stderr, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if left {
		return code
	}
	if err != nil {
		return fail(stderr, misused(err))
	}
	switch err := ctx.Run(); {
	case errors.Is(err, errDiffers):
		return exitDiffers
	case err != nil:
		return fail(stderr, err)
	}
	return exitOK
}

// commandLine returns the cli for the parser. It contains only the command that args name, since parsing the
// struct tags of all commands takes longer than reading some models.
func commandLine(args []string) any {
	all := reflect.TypeFor[cli]()
	version, _ := all.FieldByName("Version")
	for i := range all.NumField() {
		f := all.Field(i)
		if _, command := f.Tag.Lookup("cmd"); command && len(args) > 0 && args[0] == strings.ToLower(f.Name) {
			return reflect.New(reflect.StructOf([]reflect.StructField{version, f})).Interface()
		}
	}
	return &cli{}
}

// versionLine returns the version information that a bug report should include.
func versionLine() string {
	return fmt.Sprintf("tf2ng %s, %s %s/%s, .ng files of schema %d (reads %d to %d)",
		version.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH, core.Schema, core.OldestSchema, core.Schema)
}

// misused adds to an error a hint at the help of the command.
func misused(err error) error {
	command := ""
	if e := (*kong.ParseError)(nil); errors.As(err, &e) {
		if node := e.Context.Selected(); node != nil {
			command = " " + node.Name
		}
	}
	return fmt.Errorf("%w: see tf2ng%s --help", err, command)
}

// advice returns what a user of the command can do about an error of the library; "" if there is nothing to
// add.
func advice(err error) string {
	memory, tensor := (*core.MemoryError)(nil), (*core.TensorError)(nil)
	switch {
	case errors.As(err, &memory) && !memory.OneTensor:
		return ": allow more with --memory-limit MIB, or run a smaller batch"
	case errors.As(err, &tensor) && tensor.Problem == core.Missing && !tensor.Output:
		return fmt.Sprintf(": give it with --input %s=FILE.npy", tensor.Name)
	}
	return ""
}

// fail prints an error on one line, followed by the stack if it is a *core.InternalError. It returns
// exitCannot.
func fail(stderr io.Writer, err error) int {
	text, stack := err.Error()+advice(err), ""
	if e := (*core.InternalError)(nil); errors.As(err, &e) {
		stack = string(e.Stack)
		text = strings.Replace(text, stack, "", 1)
	}
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	fmt.Fprintf(stderr, "error: %s\n%s", strings.Join(lines, "; "), stack)
	return exitCannot
}

// output is where a command prints.
type output struct{ out, err io.Writer }
