package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/tf2ng/tf2ng/core"
)

// TextOptions control the text form of a report.
type TextOptions struct {
	Colour    bool // colour the verdicts with a terminal's escape sequences
	Differing bool // leave out tensors that are equal
}

// WriteText writes the report as text: a table with a line per tensor, and a verdict.
func (r *Report) WriteText(w io.Writer) error { return r.WriteTable(w, TextOptions{}) }

// WriteTable is WriteText with options.
func (r *Report) WriteTable(w io.Writer, o TextOptions) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "TENSOR\tTYPE\tELEMENTS\tDIFFERING\tMAX ABS\tMAX REL\tULP\tWHERE\tSNR\tRANGE\tSATURATED\tUSED\t"+
		"VERDICT")
	for i := range r.Tensors {
		t := &r.Tensors[i]
		switch {
		case o.Differing && t.Equal():
		case t.Problem != "":
			fmt.Fprintf(tw, "%s\t%v\t%d\t-\t-\t-\t-\t-\t-\t-\t-\t-\t%s\n", t.Name, fact(t), t.Elements, t.coloured(o, t.Problem))
		default:
			fmt.Fprintf(tw, "%s\t%v\t%d\t%d\t%.3g\t%.3g\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
				t.Name, fact(t), t.Elements, t.Differing, t.MaxAbsolute, t.MaxRelative, t.ulp(), t.where(), t.snr(),
				t.extent(), t.share(func(e Extent) float64 { return e.Saturated }),
				t.share(func(e Extent) float64 { return e.Used }), t.coloured(o, t.verdict()))
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	r.writeGaps(w)
	if r.First != nil {
		r.First.write(w)
	}
	if r.Answers != nil {
		r.Answers.write(w)
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

// writeGaps writes the gaps: one line per reason, with the first tensor and the number of others.
func (r *Report) writeGaps(w io.Writer) {
	var reasons []string
	first, count := map[string]Gap{}, map[string]int{}
	for _, g := range r.Gaps {
		reason := g.Side + ": " + g.Why
		if count[reason]++; count[reason] == 1 {
			first[reason] = g
			reasons = append(reasons, reason)
		}
	}
	for _, reason := range reasons {
		g, more := first[reason], ""
		if n := count[reason]; n > 1 {
			more = fmt.Sprintf(" (and %d more)", n-1)
		}
		fmt.Fprintf(w, "NOT COMPARED: %s%s%s: %s\n", g.Tensor, inBrackets(g.Op), more, reason)
	}
}

// Verdict sums up the comparison in one line.
func (r *Report) Verdict() string {
	n := plural(len(r.Tensors), "tensor")
	if r.Runs > 0 {
		n += fmt.Sprintf(" of %s", plural(r.Runs, "run"))
	}
	switch {
	case !r.Pass:
		op, fault := "", ""
		for i := range r.Tensors {
			if t := &r.Tensors[i]; t.Name == r.FirstDivergence {
				op, fault = inBrackets(t.Op), faultText(t.Fault)
			}
		}
		return fmt.Sprintf("DIFFERS: %s compared %s; the first that diverges is %s%s%s%s", n, r.tolerance(),
			r.FirstDivergence, op, fault, r.incomplete())
	case r.FirstDifference != "":
		return fmt.Sprintf("same: %s %s", n, r.tolerance()) + r.incomplete()
	case len(r.Tensors) == 0:
		return "nothing was compared" + r.incomplete()
	}
	return fmt.Sprintf("equal: %s, every element", n) + r.incomplete()
}

func (r *Report) incomplete() string {
	if len(r.Gaps) == 0 {
		return ""
	}
	return fmt.Sprintf("; INCOMPLETE: %s not compared", plural(len(r.Gaps), "tensor"))
}

// tolerance describes the limit that reals were compared with.
func (r *Report) tolerance() string {
	for i := range r.Tensors {
		if r.Tensors[i].Rule != "" {
			return "within what rounding explains"
		}
	}
	return fmt.Sprintf("within atol %g + rtol %g", r.Tolerance.Absolute, r.Tolerance.Relative)
}

func faultText(f Fault) string {
	switch f {
	case Own:
		return ", on the other side's inputs, too: the fault is its own"
	case Inherited:
		return ", but not on the other side's inputs: the difference is inherited"
	}
	return ""
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func inBrackets(op string) string {
	if op == "" {
		return ""
	}
	return " (" + op + ")"
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

func (t *Tensor) ulp() string {
	if !t.Type.Part().IsFloat() {
		return "-"
	}
	return fmt.Sprintf("%.3g", t.MaxULP)
}

// extent formats the range of the wanted elements, and the number of NaNs and infinities.
func (t *Tensor) extent() string {
	if t.Values == nil || t.Elements == 0 {
		return "-"
	}
	e := t.Values.Want
	s := fmt.Sprintf("[%.4g, %.4g]", e.Lowest, e.Highest)
	if e.NaN > 0 {
		s += fmt.Sprintf(" %d NaN", e.NaN)
	}
	if e.Infinite > 0 {
		s += fmt.Sprintf(" %d infinite", e.Infinite)
	}
	return s
}

// share formats one of the shares (Saturated or Used) of the wanted side's Extent, which only tensors of
// narrow integers have.
func (t *Tensor) share(of func(Extent) float64) string {
	if t.Values == nil || !narrow(t.Type) {
		return "-"
	}
	return fmt.Sprintf("%.3g %%", 100*of(t.Values.Want))
}

func (t *Tensor) verdict() string {
	switch {
	case t.Equal():
		return "equal"
	case t.Within():
		return "same"
	case t.Fault != "":
		return "DIFFERS " + string(t.Fault)
	}
	return "DIFFERS"
}

// coloured makes a verdict red, yellow or green.
func (t *Tensor) coloured(o TextOptions, verdict string) string {
	if !o.Colour {
		return verdict
	}
	colour := "31"
	switch {
	case t.Equal():
		colour = "32"
	case t.Within() || t.Fault == Inherited:
		colour = "33"
	}
	return "\x1b[" + colour + "m" + verdict + "\x1b[0m"
}
