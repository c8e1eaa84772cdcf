package speed

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The plot's dimensions, in units of the picture. It has one narrow column, so that its text is readable on
// a phone.
const (
	width     = 400
	left      = 132 // where the bars begin
	right     = 58  // space to the right of the longest bar, for its time
	barHeight = 13
	barStep   = 16
	groupGap  = 34
)

const style = `<style>
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .small { font-size: 11px; fill: #59636e }
  .ours { fill: #0969da }
  .other { fill: #afb8c1 }
  .me { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .ours { fill: #4493f8 }
    .other { fill: #656c76 }
  }
</style>
`

// Plot draws the results of whole models as an SVG picture. For each model, batch and number of threads there
// is a bar for each runtime, whose length is proportional to its time.
func (r *Results) Plot() string {
	var b strings.Builder
	y := 20
	text(&b, 0, y, "title", "", "Time for each call, ms: shorter is faster")
	y += 17
	note := "nothing was measured yet"
	if r.Date != "" {
		note = fmt.Sprintf("INT8, 224x224; %s, %d CPUs; %s", r.CPU, r.CPUs, r.Date)
	}
	text(&b, 0, y, "small", "", note)
	for _, m := range r.rows(Models) {
		for _, s := range r.settings(Models) {
			y += groupGap
			title := fmt.Sprintf("%s, batch %d, %s", m.Title, s.Batch, count(s.Threads, "thread"))
			text(&b, 0, y, "title", "", title)
			y = r.bars(&b, y+7, Key{Section: Models, Row: m.Name, Batch: s.Batch, Threads: s.Threads})
		}
	}
	height := y + 12
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" `+
		`role="img" aria-label="Time of INT8 models in tf2ng and other runtimes">
%s%s</svg>
`, width, height, style, b.String())
}

// bars draws the bars of one setting, and returns the y coordinate at which they end.
func (r *Results) bars(b *strings.Builder, y int, k Key) int {
	longest := 0.0
	for _, t := range r.runtimes(Models) {
		k.Runtime = t.Name
		longest = max(longest, r.Cell(k).Median())
	}
	for _, t := range r.runtimes(Models) {
		k.Runtime = t.Name
		ms := r.Cell(k).Median()
		bar, name := "other", ""
		if t.Name == Ours {
			bar, name = "ours", "me"
		}
		text(b, left-6, y+barHeight-2, name, "end", t.Title)
		length, label := 0.0, notRun
		if ms > 0 {
			length, label = float64(width-left-right)*ms/longest, digits(ms)
			fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n",
				bar, left, y, length, barHeight)
		}
		text(b, left+int(length)+5, y+barHeight-2, name, "", label)
		y += barStep
	}
	return y
}

func text(b *strings.Builder, x, y int, class, anchor, s string) {
	attributes := ""
	if class != "" {
		attributes += fmt.Sprintf(" class=%q", class)
	}
	if anchor != "" {
		attributes += fmt.Sprintf(" text-anchor=%q", anchor)
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\"%s>", x, y, attributes)
	_ = xml.EscapeText(b, []byte(s)) // writing to a Builder does not fail
	b.WriteString("</text>\n")
}
