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

// config is the content of config.json, which the Python scripts read, too.
type config struct {
	Models   []model  `json:"models"`
	Layers   []layer  `json:"layers"`
	Families []family `json:"families"`
}

// model is a whole model that has an INT8 graph for TensorFlow.
type model struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	File  string `json:"file"`
}

// layer is a convolution with SAME padding or a matrix product, followed by a ReLU.
type layer struct {
	Name      string `json:"name"`
	Kernel    int64  `json:"kernel"`
	Stride    int64  `json:"stride"`
	In        int64  `json:"in"`
	Out       int64  `json:"out"`
	Side      int64  `json:"side"` // height and width of the input
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

// runtime is a row of the tables: a program, and which of a model's files it runs.
type runtime struct {
	name, title, runs string
	environment       string // the virtual environment of its worker; tf2ng itself has none
	worker            string // the worker's script
	models, layers    string // names of files, in which %d stands for the batch; empty if it runs none
	families, export  string
	kernel            bool // for layers, the time that the runtime reports for its kernel is taken
}

const (
	int8File   = "int8.pb"
	exportFile = "export.onnx"
	bytesFile  = "export_bytes.onnx"
	samePB     = "the INT8 .pb"
	ownExport  = "what tf2ng exports as ONNX"
)

// Environments, each with requirements-NAME.txt, and the workers that run in them.
const (
	tensorflowEnv = "tensorflow"
	openvinoEnv   = "openvino"
	litertEnv     = "litert"
	compressorEnv = "neural_compressor" // makes graphs, but does not run any

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
			name: speed.ONNXBytes, title: "ONNX Runtime, exported with sums of bytes", environment: tensorflowEnv,
			worker: onnxWorker, runs: ownExport + " with --onnx-sums bytes", export: bytesFile,
		},
		{
			name: speed.ViNoExport, title: "OpenVINO, exported", environment: openvinoEnv, worker: vinoWorker,
			runs: ownExport, export: exportFile,
		},
	}
}

// task is a cell of the tables that is to be measured.
type task struct {
	key     speed.Key
	runtime runtime
	path    string  // relative to the directory of models
	seconds float64 // duration of one measurement
	kernel  bool
}

func loadConfig() (*config, error) {
	c := &config{}
	if err := json.Unmarshal(configFile, c); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return c, nil
}

// rows lists the rows of the tables.
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

// setting says how the rows of a section are measured.
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

// tasks lists the cells. For each row and setting, the cells of all runtimes are adjacent.
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

// batchFile inserts the batch into a file's name, if it contains %d.
func batchFile(file string, batch int) string {
	return strings.ReplaceAll(file, "%d", strconv.Itoa(batch))
}
