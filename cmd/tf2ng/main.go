// Command tf2ng converts, runs, compares and inspects TensorFlow graphs with INT8 ops.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/alecthomas/kong"

	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt" // text GraphDefs
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/version"
)

// Exit codes.
const (
	exitOK      = 0
	exitDiffers = 1 // diff found a difference beyond the tolerance
	exitCannot  = 2 // anything that kept the command from doing its work
)

// errDiffers is what diff returns for exitDiffers; the report has been printed.
var errDiffers = errors.New("outputs differ")

func main() { os.Exit(doMain(os.Args[1:], os.Stdout, os.Stderr)) }

type cli struct {
	Version kong.VersionFlag `help:"Print the version of the program and of the .ng files that it writes."`

	Convert convertCommand `cmd:"" help:"Translate a GraphDef to a .ng file."`
	Run     runCommand     `cmd:"" help:"Run a model on inputs from .npy or .npz files."`
	Diff    diffCommand    `cmd:"" help:"Run a model and compare its outputs with recorded ones."`
	Inspect inspectCommand `cmd:"" help:"Tell what is in a model and what runs it."`
	Bench   benchCommand   `cmd:"" help:"Measure a model on random inputs."`
	Kernels kernelsCommand `cmd:"" help:"List the instruction sets and kernel variants."`
}

// exited is the panic by which kong's --help leaves.
type exited struct{ code int }

// doMain is the whole program as a function.
func doMain(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if e, ok := recover().(exited); ok {
			code = e.code
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("tf2ng"),
		kong.Description("Runs TensorFlow graphs with INT8 ops without TensorFlow, bit for bit."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited{code}) }),
		kong.Bind(&output{stdout, stderr}),
		kong.Vars{"version": versionLine()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fail(stderr, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(args)
	if err != nil {
		return fail(stderr, err)
	}
	switch err := ctx.Run(); {
	case errors.Is(err, errDiffers):
		return exitDiffers
	case err != nil:
		return fail(stderr, err)
	}
	return exitOK
}

// versionLine tells what a report of a defect should say.
func versionLine() string {
	return fmt.Sprintf("tf2ng %s, %s %s/%s, .ng files of schema %d (reads %d to %d)",
		version.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH, core.Schema, core.OldestSchema, core.Schema)
}

// fail prints an error as one line.
func fail(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "error: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return exitCannot
}

// output is where a command prints.
type output struct{ out, err io.Writer }
