package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/tf2ng/tf2ng/internal/speed"
)

type runCommand struct {
	places
	Rounds   int           `help:"How often every runtime has its turn." default:"5"`
	Sections []string      `help:"Sections to measure: models, onnx, layers, families." default:"models,onnx,layers,families"`
	Runtimes []string      `help:"Runtimes to measure; by default all."`
	Rows     []string      `help:"Rows to measure; by default all."`
	Brief    float64       `help:"Part of the time to give to each measurement: 0.1 for a trial." default:"1"`
	Idle     time.Duration `help:"How long to wait for idle CPUs before each measurement, at most." default:"2s"`
	Fresh    bool          `help:"Forget the results that are there."`
}

// Run measures round by round. It writes the results after each row, and resumes where an earlier run stopped.
func (c *runCommand) Run() error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	r, err := c.begin(cfg)
	if err != nil {
		return err
	}
	tasks := slices.DeleteFunc(cfg.tasks(), func(t task) bool { return !c.wanted(t) })
	m := &meter{command: c, results: r, idle: waitIdle, report: os.Stdout}
	for round := range c.Rounds {
		for _, threads := range []int{1, 2} {
			begin := time.Now()
			n, err := m.round(round, threads, pending(r, tasks, round, threads))
			if err != nil {
				return err
			}
			if n > 0 {
				took := time.Since(begin).Seconds()
				fmt.Printf("round %d, threads %d: %d cells in %.0f s\n", round+1, threads, n, took)
			}
		}
	}
	if m.busy > 0 {
		fmt.Printf("%d measurements began while other programs ran: repeat them on an idle machine\n", m.busy)
	}
	return nil
}

func (c *runCommand) wanted(t task) bool {
	in := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	return in(c.Sections, t.key.Section) && in(c.Runtimes, t.key.Runtime) && in(c.Rows, t.key.Row)
}

// begin reads the results of an earlier run, or creates empty ones.
func (c *runCommand) begin(cfg *config) (*speed.Results, error) {
	binary, err := hash(c.TF2NG)
	if err != nil {
		return nil, err
	}
	r := &speed.Results{}
	if !c.Fresh {
		old, err := speed.Read(c.results())
		if err == nil && old.Binary != binary {
			return nil, fmt.Errorf("%s is of another tf2ng than %s: --fresh forgets it", c.results(), c.TF2NG)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if err == nil {
			r = old
		}
	}
	r.Binary, r.Rounds, r.CPU, r.CPUs = binary, c.Rounds, cpuid.CPU.BrandName, cpuid.CPU.LogicalCores
	r.VNNI = cpuid.CPU.Has(cpuid.AVX512VNNI) || cpuid.CPU.Has(cpuid.AVXVNNI)
	r.AMX = cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXINT8)
	r.Rows = cfg.rows()
	old := r.Runtimes
	r.Runtimes = nil
	for _, t := range runtimes() {
		version := ""
		if i := slices.IndexFunc(old, func(o *speed.Runtime) bool { return o.Name == t.name }); i >= 0 {
			version = old[i].Version
		}
		r.Runtimes = append(r.Runtimes, &speed.Runtime{Name: t.name, Title: t.title, Runs: t.runs, Version: version})
	}
	for _, t := range cfg.tasks() {
		if r.Cell(t.key) == nil {
			k := t.key
			r.Cells = append(r.Cells, &speed.Cell{
				Section: k.Section, Row: k.Row, Runtime: k.Runtime, Batch: k.Batch, Threads: k.Threads, MS: []float64{},
			})
		}
	}
	return r, nil
}

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:16], nil
}

// pending lists, by row, the tasks of a round that have not been measured with so many threads. Every second round
// goes through the runtimes of a row in reverse, so that none always follows the same other one.
func pending(r *speed.Results, tasks []task, round, threads int) [][]task {
	var rows [][]task
	for _, t := range tasks {
		c := r.Cell(t.key)
		if t.key.Threads != threads || c == nil || len(c.MS) > round {
			continue
		}
		same := func(last task) bool {
			return last.key.Section == t.key.Section && last.key.Row == t.key.Row && last.key.Batch == t.key.Batch
		}
		if n := len(rows); n > 0 && same(rows[n-1][0]) {
			rows[n-1] = append(rows[n-1], t)
		} else {
			rows = append(rows, []task{t})
		}
	}
	if round%2 == 1 {
		for _, row := range rows {
			slices.Reverse(row)
		}
	}
	return rows
}

// meter measures rows. Its worker processes live for one round.
type meter struct {
	command *runCommand
	results *speed.Results
	idle    func(longest time.Duration) bool
	report  io.Writer // told what could not be measured
	busy    int       // number of measurements that began on a busy machine
}

// round measures rows, and returns the number of cells measured.
func (m *meter) round(round, threads int, rows [][]task) (cells int, err error) {
	workers := map[string]measurer{}
	broken := map[string]error{}
	defer func() {
		for _, w := range workers {
			w.close()
		}
	}()
	for _, row := range rows {
		for _, t := range row {
			m.cell(t, threads, workers, broken)
			cells++
		}
		m.results.Date = time.Now().Format(time.DateOnly)
		if err := m.results.Write(m.command.places.results()); err != nil {
			return cells, err
		}
	}
	return cells, nil
}

// cell measures one cell. If that is not possible, the cell holds the reason.
func (m *meter) cell(t task, threads int, workers map[string]measurer, broken map[string]error) {
	cell := m.results.Cell(t.key)
	w, err := m.worker(t, threads, workers, broken)
	if err == nil {
		m.results.Runtime(t.runtime.name).Version = w.version()
		var a answer
		if !m.idle(m.command.Idle) {
			m.busy++
		}
		a, err = w.measure(request{
			Path: m.command.path(t), Batch: t.key.Batch, Seconds: t.seconds * m.command.Brief, Kernel: t.kernel,
		})
		if err == nil {
			cell.MS, cell.NotRun = append(cell.MS, a.MS), ""
			m.results.Limit = max(m.results.Limit, a.Limit)
			return
		}
		var no refused
		if !errors.As(err, &no) { // the process has ended
			w.close()
			delete(workers, t.runtime.worker)
			broken[t.runtime.worker] = err
		}
	}
	cell.NotRun = err.Error()
	fmt.Fprintf(m.report, "NOT RUN: %s, %s: %v\n", t.runtime.title, t.key.Row, err)
}

// worker returns the worker of a task's runtime, and starts it if necessary.
func (m *meter) worker(t task, threads int, workers map[string]measurer, broken map[string]error) (measurer, error) {
	name := t.runtime.worker
	if err := broken[name]; err != nil {
		return nil, err
	}
	if _, err := os.Stat(m.command.path(t)); err != nil {
		return nil, fmt.Errorf("%s is not there: make bench-peers-prepare", t.path)
	}
	if w := workers[name]; w != nil {
		return w, nil
	}
	if name == "" {
		workers[name] = &bench{exe: m.command.TF2NG, cpus: m.results.CPUs, threads: threads}
		return workers[name], nil
	}
	w, err := startWorker(&m.command.places, t.runtime, m.results.CPUs, threads)
	if err != nil {
		broken[name] = err
		return nil, err
	}
	workers[name] = w
	return w, nil
}

func (c *runCommand) path(t task) string { return c.models() + "/" + t.path }
