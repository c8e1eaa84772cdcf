package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/kernels"
)

type benchCommand struct {
	modelFlags
	engineFlags
	Input   []string      `help:"An input's shape, if the graph does not tell it: NAME:1,224,224,3; or its values: NAME=FILE[:KEY]. By default the values are random numbers." placeholder:"NAME:SHAPE|NAME=FILE" sep:"none"`
	Batch   int           `help:"The size to assume for unknown dimensions." default:"1"`
	Runs    int           `help:"Measure at least this many runs." default:"20"`
	MinTime time.Duration `help:"Measure for at least this long." default:"1s"`
	Nodes   bool          `help:"List each instruction's time on one thread, rate, share of the limit and kernel, the slowest first."`
	Trace   string        `help:"Write a trace of the instructions, which chrome://tracing and Perfetto (ui.perfetto.dev) open." placeholder:"FILE" type:"path"`
}

// Help is shown by --help.
func (c *benchCommand) Help() string {
	return "A trace (--trace) has a track with the instructions in the order in which they run, each as long as the " +
		"median of its runs on one thread, and a track with the runs that were measured on all threads. A click on " +
		"an instruction shows its op, kernel, the bytes of its output, and the rate of its multiplications and " +
		"additions.\n\n" +
		"Example: tf2ng bench frozen.pb --batch 8 --threads 2 --nodes --trace trace.json"
}

// Validate checks the numbers. Kong calls it.
func (c *benchCommand) Validate() error {
	if c.Batch < 1 || c.Runs < 1 {
		return fmt.Errorf("--batch and --runs: got %d and %d, want at least 1", c.Batch, c.Runs)
	}
	return nil
}

// measurement is the result of bench. Times are in milliseconds.
type measurement struct {
	CPU        string             `json:"cpu"`
	Batch      int                `json:"batch"`
	Threads    int                `json:"threads"`
	Runs       int                `json:"runs"`
	Median     float64            `json:"median_ms"`
	P90        float64            `json:"p90_ms"`
	P99        float64            `json:"p99_ms"`
	Throughput float64            `json:"per_second"` // batch elements
	Rate       float64            `json:"gop_per_second"`
	Limit      float64            `json:"limit_gop_per_second"` // how fast the CPU can multiply, on all threads
	Nodes      []kernels.StepTime `json:"nodes,omitempty"`

	times   []float64          // for each run in order, in milliseconds
	profile []kernels.StepTime // for Nodes and the trace
}

// Run is the command.
func (c *benchCommand) Run(o *output) error {
	m, given, err := c.start()
	if err != nil {
		return err
	}
	defer m.Close()
	o.warn(m)
	shapes, err := fullShapes(m.Inputs(), c.Batch, given)
	if err != nil {
		return err
	}
	inputs, err := randomInputs(m.Inputs(), shapes)
	if err != nil {
		return err
	}
	maps.Copy(inputs, given)
	p, err := m.Compile(shapes)
	if err != nil {
		return err
	}
	r, err := c.measure(p, inputs)
	if len(given) < len(inputs) && err != nil {
		return fmt.Errorf("%w; the inputs are random numbers and zeros: give others with --input NAME=FILE", err)
	}
	if err != nil {
		return err
	}
	if c.Trace != "" {
		if err := r.trace(p.Steps()).write(c.Trace); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(o.out, r)
	}
	r.print(o.out)
	return nil
}

// start loads the model, and reads the inputs that are given as files.
func (c *benchCommand) start() (*tf2ng.Model, map[string]*core.Tensor, error) {
	var files []string
	cut := cutFlags{}
	for _, s := range c.Input {
		if strings.Contains(s, "=") {
			files = append(files, s)
		} else {
			cut.Input = append(cut.Input, s)
		}
	}
	cuts, err := cut.cuts()
	if err != nil {
		return nil, nil, err
	}
	r := runFlags{modelFlags: c.modelFlags, engineFlags: c.engineFlags, Input: files}
	m, given, err := r.start(nil, cuts...)
	if err != nil {
		return nil, nil, err
	}
	named := map[string]*core.Tensor{}
	for name, t := range given {
		named[strings.TrimSuffix(name, ":0")] = t
	}
	return m, named, nil
}

// measure runs the program at least --runs times and at least for --min-time.
func (c *benchCommand) measure(p *kernels.Program, inputs map[string]*core.Tensor) (*measurement, error) {
	outputs, err := p.Run(context.Background(), inputs, nil)
	if err != nil {
		return nil, err
	}
	engine, err := kernels.ParseEngine(c.Engine)
	if err != nil {
		return nil, err
	}
	limit := kernels.Limit(kernels.Options{Engine: engine})
	var times []float64
	for begin := time.Now(); len(times) < c.Runs || time.Since(begin) < c.MinTime; {
		start := time.Now()
		if _, err := p.Run(context.Background(), inputs, outputs); err != nil {
			return nil, err
		}
		times = append(times, float64(max(time.Since(start), 1).Nanoseconds())/1e6)
	}
	inTurn := slices.Clone(times)
	slices.Sort(times)
	limit = max(limit, kernels.Limit(kernels.Options{Engine: engine})) // other programs may have slowed down either one
	at := func(q float64) float64 { return times[min(int(q*float64(len(times))), len(times)-1)] }
	r := &measurement{
		CPU: cpuid.CPU.BrandName, Batch: c.Batch, Threads: c.Threads, Runs: len(times),
		Median: at(0.5), P90: at(0.9), P99: at(0.99), Throughput: float64(c.Batch) / at(0.5) * 1e3,
		Rate: float64(p.Operations()) / at(0.5) / 1e6, Limit: limit * float64(c.Threads),
		times: inTurn,
	}
	if engine == kernels.Reference { // the limit does not apply to its way of multiplying
		r.Rate = 0
	}
	if c.Nodes || c.Trace != "" {
		r.profile, err = p.Profile(context.Background(), inputs, min(c.Runs, 20))
	}
	if c.Nodes {
		r.Nodes = r.profile
	}
	return r, err
}

func (r *measurement) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d thread(s), batch %d: median %.3f ms, p90 %.3f, p99 %.3f over %d runs; %.1f per second\n",
		r.CPU, r.Threads, r.Batch, r.Median, r.P90, r.P99, r.Runs, r.Throughput)
	if r.Rate > 0 {
		fmt.Fprintf(w,
			"%.0f GOP/s in integer convolutions and matrix products, %.2f of the limit of %.0f: what their "+
				"multiplications alone reach in a loop over registers\n",
			r.Rate, r.Rate/r.Limit, r.Limit)
	}
	for _, n := range r.Nodes {
		rate, share := "", ""
		if n.Operations > 0 {
			gops := float64(n.Operations) / n.Time.Seconds() / 1e9
			rate, share = fmt.Sprintf("%.1f GOP/s", gops), fmt.Sprintf("%.2f", gops*float64(r.Threads)/r.Limit)
		}
		fmt.Fprintf(w, "%9.1f us  %-13s %-5s %-18s %-20v %-42s %s\n", float64(n.Time.Nanoseconds())/1e3, rate, share,
			n.Op, n.Output, n.Kernel, n.Node)
	}
}

// randomInputs fills inputs with noise from a fixed seed: floats in [-1, 1), bytes over their whole range. Wider
// integers and booleans stay 0, which indices, lengths and choices may always be.
func randomInputs(infos []tf2ng.TensorInfo, shapes map[string]core.Shape) (map[string]*core.Tensor, error) {
	r := rand.New(rand.NewPCG(1, 2))
	number := func() float32 { return r.Float32()*2 - 1 }
	inputs := map[string]*core.Tensor{}
	for _, in := range infos {
		t, err := core.NewTensor(in.Type, shapes[in.Name])
		if err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
		switch in.Type {
		case core.F32:
			fill(core.Data[float32](t), number)
		case core.F64:
			fill(core.Data[float64](t), func() float64 { return float64(number()) })
		case core.F16:
			fill(core.Data[uint16](t), func() uint16 { return activation.F32ToF16(number()) })
		case core.BF16:
			fill(core.Data[uint16](t), func() uint16 { return activation.F32ToBF16(number()) })
		case core.U8, core.I8:
			fill(t.Bytes(), func() byte { return byte(r.Uint32()) })
		}
		inputs[in.Name] = t
	}
	return inputs, nil
}

func fill[T any](list []T, next func() T) {
	for i := range list {
		list[i] = next()
	}
}

type kernelsCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Help is shown by --help.
func (c *kernelsCommand) Help() string {
	return "TF2NG_DISABLE_ISA=avx512vnni switches an instruction set off, and those that include it.\n\n" +
		"Example: tf2ng kernels"
}

// Run is the command.
func (c *kernelsCommand) Run(o *output) error {
	variants := kernels.Variants(kernels.AvailableISAs())
	if c.JSON {
		return printJSON(o.out, map[string]any{
			"cpu":       cpuid.CPU.BrandName,
			"detected":  kernels.DetectedISAs().String(),
			"available": kernels.AvailableISAs().String(),
			"variants":  variants,
		})
	}
	fmt.Fprintf(o.out, "%s: has %s; kernels may use %s\n", cpuid.CPU.BrandName, kernels.DetectedISAs(),
		kernels.AvailableISAs())
	for _, v := range variants {
		use := "not used"
		if v.Used {
			use = "used"
		}
		fmt.Fprintf(o.out, "%-46s %-8s  %s\n", v.Name, use, v.Why)
	}
	return nil
}
