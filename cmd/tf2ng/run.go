package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

type runCommand struct {
	runFlags
	Output []string `help:"A tensor to compute, any in the graph; by default the model's outputs." placeholder:"NAME" sep:"none"`
	Out    string   `help:"Write the outputs to an .npz file, under their names." placeholder:"FILE.npz"`
	BF16   bool     `name:"out-bfloat16" help:"Write bf16 outputs as NumPy saves ml_dtypes.bfloat16 (V2); otherwise their bits are written as uint16."`
	Labels string   `help:"Integer labels, one for each row of the first output: print in how many rows the largest element is where the label says." placeholder:"FILE[:KEY]"`
}

// Help is shown by --help.
func (c *runCommand) Help() string {
	return "Example: tf2ng run frozen.pb --input input=images.npz:x --out result.npz"
}

// Run is the command.
func (c *runCommand) Run(o *output) error {
	m, inputs, err := c.start(c.Output)
	if err != nil {
		return err
	}
	defer m.Close()
	o.warn(m)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	results, err := m.Run(ctx, inputs)
	if err != nil {
		return err
	}
	report := map[string]any{}
	if c.Out != "" {
		if err := saveArrays(c.Out, npy.Writer{BFloat16: c.BF16}, results); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		report["out"] = c.Out
	}
	accuracy := ""
	if c.Labels != "" {
		first := m.Outputs()[0].Name
		right, total, err := countLabels(results[first], c.Labels)
		if err != nil {
			return fmt.Errorf("--labels: %w", err)
		}
		accuracy = fmt.Sprintf("%s: %d of %d labels right, accuracy %.3f\n", first, right, total,
			float64(right)/float64(total))
		report["right"], report["labels"] = right, total
	}
	if c.JSON {
		outputs := map[string]any{}
		for name, t := range results {
			outputs[name] = map[string]any{"type": t.Type(), "shape": t.Shape()}
		}
		report["outputs"] = outputs
		return printJSON(o.out, report)
	}
	for _, name := range slices.Sorted(maps.Keys(results)) {
		summarize(o.out, name, results[name])
	}
	fmt.Fprint(o.out, accuracy)
	return nil
}

// summarize prints the range of a tensor's numbers, and its first elements.
func summarize(w io.Writer, name string, t *core.Tensor) {
	fmt.Fprintf(w, "%s: %v", name, t)
	var first []string
	shown := min(t.Len(), 8)
	if t.Type() == core.String {
		for _, s := range t.Strings()[:shown] {
			first = append(first, fmt.Sprintf("%.60q", s))
		}
	} else if v := t.Float64s(); len(v) > 0 {
		lo, hi, at := v[0], v[0], 0
		for i, x := range v {
			lo = min(lo, x)
			if x > hi {
				hi, at = x, i
			}
		}
		fmt.Fprintf(w, ", min %.6g, max %.6g (element %d)", lo, hi, at)
		for _, x := range v[:shown] {
			first = append(first, fmt.Sprintf("%.6g", x))
		}
	}
	if len(first) > 0 {
		fmt.Fprintf(w, "\n   %s", strings.Join(first, " "))
	}
	if t.Len() > shown {
		fmt.Fprint(w, " ...")
	}
	fmt.Fprintln(w)
}

// countLabels counts the rows of t whose largest element is at the index that the label says.
func countLabels(t *core.Tensor, spec string) (right, total int, err error) {
	labels, err := loadArray(spec)
	if err != nil {
		return 0, 0, err
	}
	s := t.Shape()
	if len(s) != 2 || !labels.Type().IsInteger() || !labels.Shape().Equal(core.Shape{s[0]}) || s[0] == 0 || s[1] == 0 {
		return 0, 0, fmt.Errorf("got labels %v for an output %v, want integers of shape [rows] for an output of "+
			"[rows,classes]", labels, t)
	}
	v := t.Float64s()
	for i, label := range labels.Int64s() {
		row := v[i*s[1] : (i+1)*s[1]]
		if slices.Index(row, slices.Max(row)) == int(label) {
			right++
		}
	}
	return right, s[0], nil
}
