package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/tf2ng/tf2ng/core"
)

// WriteText writes the report for people: a table with a line per tensor, and a verdict.
func (r *Report) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "TENSOR\tTYPE\tELEMENTS\tDIFFERING\tMAX ABS\tMAX REL\tWHERE\tSNR\tVERDICT")
	for i := range r.Tensors {
		t := &r.Tensors[i]
		if t.Problem != "" {
			fmt.Fprintf(tw, "%s\t%v\t%d\t-\t-\t-\t-\t-\t%s\n", t.Name, fact(t), t.Elements, t.Problem)
			continue
		}
		fmt.Fprintf(tw, "%s\t%v\t%d\t%d\t%.3g\t%.3g\t%s\t%s\t%s\n",
			t.Name, fact(t), t.Elements, t.Differing, t.MaxAbsolute, t.MaxRelative, t.where(), t.snr(), t.verdict())
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, r.Verdict())
	return err
}

// Text returns what WriteText writes.
func (r *Report) Text() string {
	var b strings.Builder
	_ = r.WriteText(&b) // a Builder does not fail
	return b.String()
}

// Verdict says in one line how the comparison went.
func (r *Report) Verdict() string {
	n := fmt.Sprintf("%d tensor%s", len(r.Tensors), map[bool]string{true: "", false: "s"}[len(r.Tensors) == 1])
	tolerance := fmt.Sprintf("atol %g + rtol %g", r.Tolerance.Absolute, r.Tolerance.Relative)
	switch {
	case !r.Pass:
		op := ""
		for i := range r.Tensors {
			if t := &r.Tensors[i]; t.Name == r.FirstDivergence && t.Op != "" {
				op = fmt.Sprintf(" (%s)", t.Op)
			}
		}
		return fmt.Sprintf("DIFFERS: %s compared within %s; the first that diverges is %s%s", n, tolerance,
			r.FirstDivergence, op)
	case r.FirstDifference != "":
		return fmt.Sprintf("same: %s within %s", n, tolerance)
	}
	return fmt.Sprintf("equal: %s, every element", n)
}

func fact(t *Tensor) core.Fact { return core.Fact{Type: t.Type, Shape: t.Shape} }

func (t *Tensor) where() string {
	if t.Where == nil {
		return "-"
	}
	at := core.Shape(t.Where).String()
	if t.Type == core.String {
		return at
	}
	return fmt.Sprintf("%s: %.9g, want %.9g", at, t.Got, t.Want)
}

func (t *Tensor) snr() string {
	if t.Type == core.String {
		return "-"
	}
	if math.IsInf(float64(t.SNR), 1) {
		return "inf"
	}
	return fmt.Sprintf("%.1f dB", t.SNR)
}

func (t *Tensor) verdict() string {
	switch {
	case t.Equal():
		return "equal"
	case t.Within():
		return "same"
	}
	return "DIFFERS"
}
