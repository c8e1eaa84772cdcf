package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
)

type convertCommand struct {
	modelFlags
	cutFlags
	OutputFile string   `name:"out-file" short:"o" help:"The file to write; by default the model's name with .ng or .onnx." placeholder:"FILE"`
	Output     []string `help:"A tensor to keep as an output; by default every tensor that no node reads." placeholder:"NAME" sep:"none"`
	Format     string   `help:"ng: a safetensors file that holds the graph; json: the graph alone, printed unless -o is given; onnx: an ONNX model." default:"ng" enum:"ng,json,onnx"`
	onnxFlags
	DumpAfter string `help:"Print the graph as it is after a pass (\"translate\": before the first), and write no file." placeholder:"PASS"`
}

// Help is shown by --help.
func (c *convertCommand) Help() string {
	return "A SavedModel's .ng file has all its signatures.\n\nExample: tf2ng convert frozen.pb -o model.ng"
}

// converted returns the path of the .ng file for a model: in the same directory, with the same base name.
func converted(model string) string {
	path := filepath.Clean(model)
	info, err := os.Stat(path)
	switch base := filepath.Base(path); {
	case err != nil || !info.IsDir():
		return strings.TrimSuffix(path, filepath.Ext(path)) + ".ng"
	case base == "." || base == "..":
		return filepath.Join(path, "saved_model.ng")
	}
	return path + ".ng"
}

// Run is the command.
func (c *convertCommand) Run(o *output) error {
	if c.Format != "onnx" && c.given() {
		return errors.New("--opset, --onnx-form, --onnx-sums, --calibrate and --report are for --format onnx")
	}
	opts, err := c.cuts()
	if err != nil {
		return err
	}
	m, err := c.load(append(opts, tf2ng.WithOutputs(c.Output...))...)
	if err != nil {
		return err
	}
	defer m.Close()
	o.warn(m)
	switch {
	case c.DumpAfter != "":
		return dumpAfter(o.out, m.Function(), c.DumpAfter)
	case c.Format == "onnx":
		return c.convertONNX(o, m)
	case c.Format == "json":
		graph, _, err := m.Function().EncodeJSON()
		if err != nil {
			return err
		}
		if c.OutputFile == "" {
			_, err = fmt.Fprintf(o.out, "%s\n", graph)
			return err
		}
		return os.WriteFile(c.OutputFile, append(graph, '\n'), 0o644)
	}
	for _, name := range m.Signatures() {
		if _, err := m.Signature(name); err != nil {
			fmt.Fprintf(o.err, "warning: left out: %v\n", err)
		}
	}
	path := c.path(".ng")
	size, err := writeFile(path, m.WriteNG)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(o.out, map[string]any{
			"file":    path,
			"bytes":   size,
			"inputs":  m.Inputs(),
			"outputs": m.Outputs(),
		})
	}
	fmt.Fprintf(o.out, "%s: %d nodes, %d bytes\n", path, len(m.Function().Nodes()), size)
	printInfos(o.out, "input", m.Inputs())
	printInfos(o.out, "output", m.Outputs())
	return nil
}

// path returns the file to write: by default the model's name with an extension.
func (c *convertCommand) path(extension string) string {
	if c.OutputFile != "" {
		return c.OutputFile
	}
	return strings.TrimSuffix(converted(c.Model), ".ng") + extension
}

func dumpAfter(w io.Writer, f *core.Function, pass string) error {
	if pass != "translate" {
		var err error
		if f, err = passes.Run(f, passes.Options{StopAfter: pass}); err != nil {
			return err
		}
	}
	return f.WriteText(w)
}
