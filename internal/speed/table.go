package speed

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

const notRun = "NOT RUN"

// The names of runtimes that the tables refer to. Ours is tf2ng.
const (
	Ours       = "tf2ng"
	TensorFlow = "tensorflow"
	OpenVINO   = "openvino"
	LiteRT     = "litert"
	ONNXOwn    = "onnxruntime"
	ONNXOwnQDQ = "onnxruntime_qdq"
	ONNXExport = "onnxruntime_export"
	ONNXBytes  = "onnxruntime_export_bytes"
	ViNoExport = "openvino_export"
)

// products names what each kind of CPU multiplies bytes with.
var products = map[string]string{AMX: "AMX", VNNI: "AVX-512 VNNI", VNNIIntel: "AVX-512 VNNI, no AMX", AVX2: "AVX2"}

// Picture returns the path of the results' plot within docs.
func (r *Results) Picture() string { return "performance-" + r.Kind() + ".svg" }

// Tables returns the part of docs/PERFORMANCE.md that shows the results.
func (r *Results) Tables() string {
	var b strings.Builder
	r.head(&b)
	r.modelTables(&b)
	r.layerTables(&b)
	r.familyTable(&b)
	r.exportTable(&b)
	r.reasons(&b)
	return b.String()
}

// Summary returns a table of whole models, batch 1, one thread, for README.md.
func Summary(list []*Results) string {
	shown := []string{Ours, TensorFlow, OpenVINO, ONNXOwn, LiteRT}
	var b strings.Builder
	header := []string{"", "CPU"}
	for _, name := range shown {
		header = append(header, list[0].Runtime(name).Title)
	}
	table(&b, header)
	for _, m := range list[0].rows(Models) {
		for i, r := range list {
			line := []string{m.Title, fmt.Sprintf("%s, %s", r.CPU, products[r.Kind()])}
			if i > 0 {
				line[0] = ""
			}
			for _, name := range shown {
				line = append(line, r.milliseconds(Key{Models, m.Name, name, 1, 1}))
			}
			row(&b, line...)
		}
	}
	return b.String()
}

func (r *Results) head(b *strings.Builder) {
	if r.Date == "" {
		b.WriteString("Nothing was measured yet: `make bench-peers`.\n")
		return
	}
	fmt.Fprintf(b, "## With %s\n\n![Time of INT8 models in tf2ng and other runtimes](%s)\n\n",
		products[r.Kind()], r.Picture())
	fmt.Fprintf(b, "%s, %s, %d CPUs. Medians of %s, in each of which every runtime had its turn; "+
		"in brackets the distance between the slowest and the fastest round. The fastest is in bold.\n",
		r.Date, r.CPU, r.CPUs, count(r.roundsDone(), "round"))
	if n := r.roundsDone(); n < r.Rounds {
		fmt.Fprintf(b, "\nThis run is not complete: it has %d of %d rounds.\n", n, r.Rounds)
	}
	b.WriteString("\n| runtime | version | what it runs |\n|---|---|---|\n")
	for _, t := range r.Runtimes {
		version := t.Version
		if version == "" {
			version = notRun
		}
		row(b, t.Title, version, t.Runs)
	}
}

// roundsDone returns the least number of rounds among the cells that have any.
func (r *Results) roundsDone() int {
	least := math.MaxInt
	for _, c := range r.Cells {
		if n := len(c.MS); n > 0 {
			least = min(least, n)
		}
	}
	if least == math.MaxInt {
		return 0
	}
	return least
}

func (r *Results) modelTables(b *strings.Builder) {
	settings := r.settings(Models)
	for _, m := range r.rows(Models) {
		fmt.Fprintf(b, "\n### %s\n\nINT8, 224x224, float32 in and out, ms for each call. TensorFlow and tf2ng run %s.\n\n",
			m.Title, m.File)
		header := []string{"runtime"}
		for _, s := range settings {
			header = append(header, fmt.Sprintf("batch %d, %s", s.Batch, count(s.Threads, "thread")))
		}
		table(b, header)
		for _, t := range r.runtimes(Models) {
			line := []string{t.Title}
			for _, s := range settings {
				k := Key{Models, m.Name, t.Name, s.Batch, s.Threads}
				line = append(line, mark(r.text(k), r.fastest(k, r.runtimes(Models)) == t.Name))
			}
			row(b, line...)
		}
	}
}

func (r *Results) layerTables(b *strings.Builder) {
	for _, s := range r.settings(Layers) {
		fmt.Fprintf(b, "\n### Single layers, batch %d, %s\n\nGOP/s, a multiply-add being two operations",
			s.Batch, count(s.Threads, "thread"))
		if r.Limit > 0 {
			fmt.Fprintf(b, "; tf2ng's share is that of the %.0f GOP/s that the CPU's multiplications reach in a loop "+
				"over registers", r.Limit)
		}
		b.WriteString(". A layer is its window (dw: depthwise), stride, channels and the side of its input. " +
			"Integers in and out. OpenVINO's times are those of its kernels, which its counters tell; " +
			"the others' are whole calls.\n\n")
		runtimes := r.runtimes(Layers)
		header := []string{"layer"}
		for _, t := range runtimes {
			header = append(header, t.Title)
		}
		table(b, append(header, "tf2ng's share"))
		for _, l := range r.rows(Layers) {
			line := []string{l.Title}
			for _, t := range runtimes {
				k := Key{Layers, l.Name, t.Name, s.Batch, s.Threads}
				line = append(line, mark(r.rate(k, l), r.fastest(k, runtimes) == t.Name))
			}
			row(b, append(line, r.share(Key{Layers, l.Name, Ours, s.Batch, s.Threads}, l))...)
		}
	}
}

func (r *Results) familyTable(b *strings.Builder) {
	for _, s := range r.settings(Families) {
		fmt.Fprintf(b, "\n### Other families beside TensorFlow, batch %d, %s\n\n", s.Batch, count(s.Threads, "thread"))
		b.WriteString("Both run the same .pb, which scripts/speed/families.py builds: quantized layers with the float " +
			"ops of the family between them. ms for each call.\n\n")
		table(b, []string{"family", "tf2ng", "TensorFlow", "ratio"})
		for _, f := range r.rows(Families) {
			ours := Key{Families, f.Name, Ours, s.Batch, s.Threads}
			theirs := Key{Families, f.Name, TensorFlow, s.Batch, s.Threads}
			row(b, f.Title, r.text(ours), r.text(theirs), r.ratio(ours, theirs))
		}
	}
}

func (r *Results) exportTable(b *strings.Builder) {
	for _, s := range r.settings(Exported) {
		fmt.Fprintf(b, "\n### What tf2ng exports as ONNX, batch %d, %s\n\n", s.Batch, count(s.Threads, "thread"))
		b.WriteString("`tf2ng convert --format onnx` of the same .pb, beside what ONNX Runtime's own tool makes of the " +
			"float parent. ms for each call.\n\n")
		header := []string{
			"model", "exported, ONNX Runtime", "its own QOperator", "ratio", "its own QDQ", "ratio", "exported, OpenVINO",
		}
		bytes := r.Runtime(ONNXBytes) != nil // older results are without it
		if bytes {
			header = append(header, "with `--onnx-sums bytes`, ONNX Runtime", "to its QOperator", "to its QDQ")
		}
		table(b, header)
		for _, m := range r.rows(Exported) {
			key := func(section, runtime string) Key { return Key{section, m.Name, runtime, s.Batch, s.Threads} }
			exported, own, qdq := key(Exported, ONNXExport), key(Models, ONNXOwn), key(Models, ONNXOwnQDQ)
			line := []string{
				m.Title, r.text(exported), r.text(own), r.ratio(exported, own), r.text(qdq), r.ratio(exported, qdq),
				r.text(key(Exported, ViNoExport)),
			}
			if sums := key(Exported, ONNXBytes); bytes {
				line = append(line, r.text(sums), r.ratio(sums, own), r.ratio(sums, qdq))
			}
			row(b, line...)
		}
	}
}

// reasons writes a list of the reasons why cells were not run.
func (r *Results) reasons(b *strings.Builder) {
	var list []string
	for _, c := range r.Cells {
		if len(c.MS) == 0 && c.NotRun != "" {
			if t := r.Runtime(c.Runtime); t != nil {
				list = append(list, fmt.Sprintf("- %s, %s: %s\n", t.Title, c.Row, c.NotRun))
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > 0 {
		fmt.Fprintf(b, "\n%s:\n\n%s", notRun, strings.Join(list, ""))
	}
}

// text returns a cell's median and spread as text.
func (r *Results) text(k Key) string {
	c := r.Cell(k)
	if c.Median() == 0 {
		return notRun
	}
	return fmt.Sprintf("%s (%.0f %%)", digits(c.Median()), 100*c.Spread())
}

// milliseconds returns a cell's median as text with its unit.
func (r *Results) milliseconds(k Key) string {
	if ms := r.Cell(k).Median(); ms > 0 {
		return digits(ms) + " ms"
	}
	return notRun
}

// digits formats a time with three significant digits, or with more if the integer part has more.
func digits(ms float64) string {
	if ms >= 100 {
		return fmt.Sprintf("%.0f", ms)
	}
	return fmt.Sprintf("%.3g", ms)
}

func (r *Results) rate(k Key, l *Row) string {
	ms := r.Cell(k).Median()
	if ms == 0 {
		return notRun
	}
	return fmt.Sprintf("%.0f", gops(l, k.Batch, ms))
}

func (r *Results) share(k Key, l *Row) string {
	ms := r.Cell(k).Median()
	if ms == 0 || r.Limit == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", gops(l, k.Batch, ms)/r.Limit)
}

func gops(l *Row, batch int, ms float64) float64 {
	return float64(l.Operations) * float64(batch) / ms / 1e6
}

// ratio returns the ratio of two cells' times as text.
func (r *Results) ratio(a, b Key) string {
	x, y := r.Cell(a).Median(), r.Cell(b).Median()
	if x == 0 || y == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", x/y)
}

// fastest returns the name of the runtime, among those given, with the smallest median for the row and the
// setting of k; empty if none has one.
func (r *Results) fastest(k Key, runtimes []*Runtime) string {
	least, name := math.Inf(1), ""
	for _, t := range runtimes {
		k.Runtime = t.Name
		if ms := r.Cell(k).Median(); ms > 0 && ms < least {
			least, name = ms, t.Name
		}
	}
	return name
}

func mark(text string, best bool) string {
	if best {
		return "**" + text + "**"
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "one " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func table(b *strings.Builder, header []string) {
	row(b, header...)
	row(b, slices.Repeat([]string{"---"}, len(header))...)
}

func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}
