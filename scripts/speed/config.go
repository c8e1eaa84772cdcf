package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/internal/speed"
)

//go:embed config.json
var configFile []byte

// config is config.json, which the Python scripts read, too.
type config struct {
	Models   []model  `json:"models"`
	Layers   []layer  `json:"layers"`
	Families []family `json:"families"`
}

// model is a whole model, of which there is an INT8 graph for TensorFlow.
type model struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	File  string `json:"file"`
}

// layer is a convolution with SAME padding, or a matrix product, with a ReLU.
type layer struct {
	Name      string `json:"name"`
	Kernel    int64  `json:"kernel"`
	Stride    int64  `json:"stride"`
	In        int64  `json:"in"`
	Out       int64  `json:"out"`
	Side      int64  `json:"side"` // of the input
	Depthwise bool   `json:"depthwise"`
}

// family is a model that families.py builds.
type family struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// operations counts a layer's multiplications and additions at batch 1.
func (l *layer) operations() int64 {
	side := (l.Side + l.Stride - 1) / l.Stride
	n := 2 * side * side * l.Kernel * l.Kernel * l.Out
	if !l.Depthwise {
		n *= l.In
	}
	return n
}

// runtime is a row of the tables: a program, and which of a model's files it gets.
type runtime struct {
	name, title, runs string
	environment       string // of its worker; tf2ng itself has none
	worker            string // its script
	models, layers    string // files, %d being the batch; empty if it has none
	families, export  string
	kernel            bool // layers are timed by what it says of its kernel
}

const (
	int8File   = "int8.pb"
	exportFile = "export.onnx"
	samePB     = "the INT8 .pb"
	ownExport  = "what tf2ng exports as ONNX"
)

// Environments, each with requirements-NAME.txt, and the workers that run in them.
const (
	tensorflowEnv = "tensorflow"
	openvinoEnv   = "openvino"
	litertEnv     = "litert"
	compressorEnv = "neural_compressor" // makes graphs, and runs none

	onnxWorker = "worker_onnxruntime.py"
	vinoWorker = "worker_openvino.py"
)

func runtimes() []runtime {
	return []runtime{
		{name: speed.Ours, title: "tf2ng", runs: samePB, models: int8File, layers: int8File, families: int8File},
		{
			name: "openvino", title: "OpenVINO, NNCF", environment: openvinoEnv, worker: vinoWorker,
			runs:   "its own quantization of the float parent, by NNCF; layers as QDQ",
			models: "openvino_b%d.xml", layers: "qdq.onnx", kernel: true,
		},
		{
			name: "openvino_qdq", title: "OpenVINO, QDQ", environment: openvinoEnv, worker: vinoWorker,
			runs: "ONNX Runtime's QDQ quantization of the float parent", models: "qdq.onnx",
		},
		{
			name: speed.ONNXOwn, title: "ONNX Runtime", environment: tensorflowEnv, worker: onnxWorker,
			runs:   "its own quantization of the float parent, QOperator, u8s8",
			models: "qoperator.onnx", layers: "qoperator.onnx",
		},
		{
			name: speed.ONNXOwnQDQ, title: "ONNX Runtime, QDQ", environment: tensorflowEnv, worker: onnxWorker,
			runs: "its own quantization of the float parent, QDQ, u8s8", models: "qdq.onnx",
		},
		{
			name: "litert", title: "LiteRT", environment: litertEnv, worker: "worker_litert.py",
			runs:   "TensorFlow Lite's own quantization of the float parent",
			models: "b%d.tflite", layers: "b%d.tflite",
		},
		{
			name: speed.TensorFlow, title: "TensorFlow", environment: tensorflowEnv, worker: "worker_tensorflow.py",
			runs: samePB, models: int8File, layers: int8File, families: int8File,
		},
		{
			name: speed.ONNXExport, title: "ONNX Runtime, exported", environment: tensorflowEnv, worker: onnxWorker,
			runs: ownExport, export: exportFile,
		},
		{
			name: speed.ViNoExport, title: "OpenVINO, exported", environment: openvinoEnv, worker: vinoWorker,
			runs: ownExport, export: exportFile,
		},
	}
}

// task is a cell to be measured.
type task struct {
	key     speed.Key
	runtime runtime
	path    string  // below the directory of models
	seconds float64 // of one measurement
	kernel  bool
}

func loadConfig() (*config, error) {
	c := &config{}
	if err := json.Unmarshal(configFile, c); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

// rows lists what is measured.
func (c *config) rows() []*speed.Row {
	var rows []*speed.Row
	for _, section := range []string{speed.Models, speed.Exported} {
		for _, m := range c.Models {
			rows = append(rows, &speed.Row{Section: section, Name: m.Name, Title: m.Title, File: m.File})
		}
	}
	for _, l := range c.Layers {
		rows = append(rows, &speed.Row{
			Section: speed.Layers, Name: l.Name, Title: l.Name, Operations: l.operations(),
		})
	}
	for _, f := range c.Families {
		rows = append(rows, &speed.Row{Section: speed.Families, Name: f.Name, Title: f.Title})
	}
	return rows
}

// setting is what a section's rows are measured with.
type setting struct {
	batch, threads int
	seconds        float64
}

func settings(section string) []setting {
	const long, short = 0.5, 0.08
	switch section {
	case speed.Models:
		return []setting{{1, 1, long}, {8, 1, long}, {1, 2, long}, {8, 2, long}}
	case speed.Layers:
		return []setting{{1, 1, short}, {8, 1, short}}
	case speed.Families:
		return []setting{{8, 1, long / 2}}
	}
	return []setting{{1, 1, long}}
}

// tasks lists the cells in an order in which the runtimes of a row follow one another.
func (c *config) tasks() []task {
	var tasks []task
	layers := 0
	for _, row := range c.rows() {
		folder := row.Name
		switch row.Section {
		case speed.Layers:
			folder = fmt.Sprintf("layers/%d", layers)
			layers++
		case speed.Families:
			folder = "families/" + row.Name
		}
		for _, s := range settings(row.Section) {
			for _, t := range runtimes() {
				if file := t.file(row.Section); file != "" {
					k := speed.Key{Section: row.Section, Row: row.Name, Runtime: t.name, Batch: s.batch, Threads: s.threads}
					tasks = append(tasks, task{
						key: k, runtime: t, path: filepath.Join(folder, batchFile(file, s.batch)), seconds: s.seconds,
						kernel: t.kernel && row.Section == speed.Layers,
					})
				}
			}
		}
	}
	return tasks
}

func (t *runtime) file(section string) string {
	return map[string]string{
		speed.Models: t.models, speed.Layers: t.layers, speed.Families: t.families, speed.Exported: t.export,
	}[section]
}

// batchFile puts the batch into a file's name, where it has a place for it.
func batchFile(file string, batch int) string {
	return strings.ReplaceAll(file, "%d", strconv.Itoa(batch))
}
