package compare

import (
	"fmt"
	"io"

	"github.com/tf2ng/tf2ng/core"
)

// Answers compares the answers of two classifiers: the index of the largest element in each row of their
// outputs.
type Answers struct {
	Rows    int   `json:"rows"`
	Changed []int `json:"changed"` // the rows whose answers differ
	// Labels is the number of rows that have a label; GotRight and WantRight are the numbers of rows in
	// which the side's answer is the label.
	Labels    int `json:"labels,omitempty"`
	GotRight  int `json:"got_right,omitempty"`
	WantRight int `json:"want_right,omitempty"`
}

// CompareAnswers compares the answers in two matrices of shape [rows, classes]. labels are integers of shape
// [rows], or nil.
func CompareAnswers(got, want, labels *core.Tensor) (*Answers, error) {
	s := got.Shape()
	if len(s) != 2 || s[1] == 0 || !s.Equal(want.Shape()) || got.Type() == core.String || want.Type() == core.String {
		return nil, fmt.Errorf("answers: got %v and %v, want numbers of one shape [rows,classes]", got, want)
	}
	if labels != nil && (!labels.Type().IsInteger() || !labels.Shape().Equal(core.Shape{s[0]})) {
		return nil, fmt.Errorf("labels: got %v for an output %v, want integers of shape [rows]", labels, got)
	}
	a := &Answers{Rows: s[0], Changed: []int{}}
	g, w := got.Float64s(), want.Float64s()
	var right []int64 // the label of each row
	if labels != nil {
		right = labels.Int64s()
	}
	for i := range s[0] {
		x, y := place(g[i*s[1]:(i+1)*s[1]]), place(w[i*s[1]:(i+1)*s[1]])
		if x != y {
			a.Changed = append(a.Changed, i)
		}
		if labels == nil {
			continue
		}
		a.Labels++
		switch label := right[i]; {
		case int64(x) == label && int64(y) == label:
			a.GotRight++
			a.WantRight++
		case int64(x) == label:
			a.GotRight++
		case int64(y) == label:
			a.WantRight++
		}
	}
	return a, nil
}

// place returns the index of the first largest element.
func place(row []float64) int {
	at := 0
	for i, x := range row {
		if x > row[at] {
			at = i
		}
	}
	return at
}

// Add appends the rows of another comparison. Their numbers in Changed go on after those of a.
func (a *Answers) Add(more *Answers) {
	for _, i := range more.Changed {
		a.Changed = append(a.Changed, a.Rows+i)
	}
	a.Rows += more.Rows
	a.Labels += more.Labels
	a.GotRight += more.GotRight
	a.WantRight += more.WantRight
}

// write writes the answers as text.
func (a *Answers) write(w io.Writer) {
	fmt.Fprintf(w, "answers: %d of %d the same", a.Rows-len(a.Changed), a.Rows)
	if n := len(a.Changed); n > 0 {
		const most = 10
		fmt.Fprintf(w, "; others in rows %v", a.Changed[:min(n, most)])
		if n > most {
			fmt.Fprintf(w, " and %d more", n-most)
		}
	}
	fmt.Fprintln(w)
	if a.Labels > 0 {
		n := float64(a.Labels)
		fmt.Fprintf(w, "accuracy: %.3f, beside %.3f\n", float64(a.GotRight)/n, float64(a.WantRight)/n)
	}
}
