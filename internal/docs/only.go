package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// only returns the generated part of README.md: what tf2ng does and other tools do not. The counts come from
// package peers. The other claims are written here by hand, from documentation and measurements.
func (c *collection) only() string {
	n := c.counts()
	v := c.peers.Versions
	of := fmt.Sprintf("of %d", n.models)
	var b strings.Builder
	b.WriteString("\n")
	row(&b, "", "tf2ng", "TensorFlow "+v.TensorFlow, "TensorFlow Serving", "OpenVINO "+v.OpenVINO,
		"tf2onnx "+v.TF2ONNX)
	row(&b, "---", "---", "---", "---", "---", "---")
	row(&b, fmt.Sprintf("[quantized ops](docs/OPS.md) that it takes, of %d", n.ops), fmt.Sprint(n.ops),
		fmt.Sprint(n.tensorflow), "TensorFlow's", n.openvino.short(), n.tf2onnx.short())
	row(&b, "INT8 models that it takes as they are, as a .pb", fmt.Sprintf("%d %s", n.models, of),
		fmt.Sprintf("%d %s", n.models, of), "none: it loads SavedModels", fmt.Sprintf("%d %s", n.openvinoModels, of),
		fmt.Sprintf("%d %s", n.tf2onnxModels, of))
	row(&b, "exact sums of bytes [on a CPU without VNNI](docs/EXACT.md)", "yes", "no: they saturate", "no: TensorFlow's",
		"no: its manual has weights of 7 bits instead", "its runtime decides")
	row(&b, "[names the node](docs/START-DIFF.md) that differs from TensorFlow", "yes", "no", "no", "no", "no")
	row(&b, "the arithmetic of an older TensorFlow", "1.15 to 2.21, by a flag", "by installing it", "by installing it",
		"no", "no")
	row(&b, "answers [TensorFlow Serving's clients](docs/START-SERVING.md)", "yes", "no", "yes", "by its Model Server",
		"no")
	row(&b, "what it needs to run", "one static file, 32 MB (40 with DWARF)", "Python, 1.3 GB", "a server of its own",
		"shared libraries", "TensorFlow to convert, a runtime to run")
	row(&b, "start to first ResNet-50 result, each measured by itself", "0.09 s, 60 MiB", "5.1 s, 893 MiB", "not measured",
		"0.47 s, 165 MiB (of its own INT8 model)", "0.26 s, 118 MiB (ONNX Runtime, likewise)")
	return b.String()
}

// short returns a text such as "5, none of them exactly".
func (t taken) short() string {
	exactly := "none of them"
	if t.exactly > 0 {
		exactly = fmt.Sprint(t.exactly)
	}
	return fmt.Sprintf("%d, %s exactly", t.ops, exactly)
}

// picture is a part of README.md that shows a file once it is there.
type picture struct {
	begin, end string
	file       string // path below the module's root
	about      string
}

// pictures returns the pictures of README.md, of which plot, a file of docs, is one.
func pictures(plot string) []picture {
	return []picture{
		{
			"<!-- diff-report:begin -->\n", "<!-- diff-report:end -->\n", "docs/diff-report.png",
			"A report of tf2ng diff: the graph in colours, and a histogram of a tensor on both sides",
		},
		{
			"<!-- performance:begin -->\n", "<!-- performance:end -->\n", "docs/" + plot,
			"Milliseconds of tf2ng and other runtimes, INT8 models",
		},
	}
}

// show inserts a picture between its marks, if its file exists.
func (p picture) show(root, text string) (string, error) {
	part := ""
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(p.file))); err == nil {
		part = fmt.Sprintf("<img alt=%q src=%q>\n", p.about, p.file)
	}
	return replace(text, p.begin, p.end, part)
}
