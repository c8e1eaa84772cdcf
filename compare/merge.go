package compare

import "fmt"

// Merge sums up the Reports of one comparison that was run with several inputs. The counts of a tensor are
// summed over all Reports; its differences are the largest, and its SNR the smallest; SNRMean is the mean.
// Worst is the index of the Report in which the tensor differs most. First is taken from the first Report
// that has one.
func Merge(reports []*Report) *Report {
	m := &Report{Schema: ReportSchema, Pass: true, Tensors: []Tensor{}, Runs: len(reports)}
	at := map[string]int{}
	gaps := map[string]bool{}
	for run, r := range reports {
		m.Got, m.Want, m.Tolerance, m.Notes = r.Got, r.Want, r.Tolerance, r.Notes
		for _, t := range r.Tensors {
			i, ok := at[t.Name]
			if !ok {
				i = len(m.Tensors)
				at[t.Name] = i
				t.SNRMean, t.Worst, t.Runs = t.SNR, run, 1
				m.Tensors = append(m.Tensors, t)
				continue
			}
			m.Tensors[i].merge(&t, run)
		}
		for _, g := range r.Gaps {
			if key := fmt.Sprint(g); !gaps[key] {
				gaps[key] = true
				m.Gaps = append(m.Gaps, g)
			}
		}
		if m.First == nil {
			m.First = r.First
		}
		if r.Answers != nil {
			if m.Answers == nil {
				m.Answers = &Answers{Changed: []int{}}
			}
			m.Answers.Add(r.Answers)
		}
	}
	tensors := m.Tensors
	m.Tensors = []Tensor{}
	for _, t := range tensors {
		m.add(t)
	}
	return m
}

// merge adds the comparison of the same tensor in another run.
func (t *Tensor) merge(o *Tensor, run int) {
	if t.Problem == "" {
		t.Problem = o.Problem
	}
	t.SNRMean = (t.SNRMean*Number(t.Runs) + o.SNR) / Number(t.Runs+1)
	t.Runs++
	t.Elements += o.Elements
	t.Differing += o.Differing
	t.Outside += o.Outside
	t.MaxRelative, t.MaxULP = max(t.MaxRelative, o.MaxRelative), max(t.MaxULP, o.MaxULP)
	t.SNR = min(t.SNR, o.SNR)
	if o.MaxAbsolute > t.MaxAbsolute || t.Where == nil {
		t.MaxAbsolute, t.Where, t.Got, t.Want, t.Shape = o.MaxAbsolute, o.Where, o.Got, o.Want, o.Shape
		t.Bound, t.Rule, t.Worst = o.Bound, o.Rule, run
	}
	if o.Fault == Own || t.Fault == "" {
		t.Fault = o.Fault
	}
	if t.Alone == nil || o.Alone != nil && !o.Alone.Within() {
		t.Alone, t.AloneProblem = o.Alone, o.AloneProblem
	}
	if t.Values != nil && o.Values != nil {
		v := Values{merged(t.Values.Got, o.Values.Got, t.Runs), merged(t.Values.Want, o.Values.Want, t.Runs)}
		t.Values = &v
	}
}

// merged returns the extent over n runs, given that of the first n-1 and that of the last.
func merged(e, o Extent, n int) Extent {
	return Extent{
		Lowest: least(e.Lowest, o.Lowest, -1), Highest: least(e.Highest, o.Highest, 1), NaN: e.NaN + o.NaN,
		Infinite: e.Infinite + o.Infinite, Saturated: e.Saturated + (o.Saturated-e.Saturated)/float64(n),
		Used: max(e.Used, o.Used),
	}
}

// least returns the larger of two numbers if direction is 1, and the smaller if it is -1. NaN stands for
// an empty range, and the other number is returned.
func least(a, b, direction Number) Number {
	if a != a || b*direction > a*direction {
		return b
	}
	return a
}
