package main

import (
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
	OutputFile string   `name:"out-file" short:"o" help:"The file to write; by default the model's name with .ng." placeholder:"FILE"`
	Output     []string `help:"A tensor to compute; by default what no node reads." placeholder:"NAME" sep:"none"`
	Format     string   `help:"ng: a safetensors file with the graph in it; json: the graph alone, to stdout unless -o is given." default:"ng" enum:"ng,json"`
	DumpAfter  string   `help:"Print the graph as it is after a pass (\"translate\" for before all), and write nothing." placeholder:"PASS"`
}

// Help is shown by --help.
func (c *convertCommand) Help() string {
	return "A SavedModel's .ng file has all its signatures.\n\nExample: tf2ng convert frozen.pb -o model.ng"
}

// converted returns the path of the .ng file of a model: beside it, with its name.
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
	path := c.OutputFile
	if path == "" {
		path = converted(c.Model)
	}
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

func dumpAfter(w io.Writer, f *core.Function, pass string) error {
	if pass != "translate" {
		var err error
		if f, err = passes.Run(f, passes.Options{StopAfter: pass}); err != nil {
			return err
		}
	}
	return f.WriteText(w)
}
