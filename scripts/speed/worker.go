package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request tells a worker what to measure; see worker.py.
type request struct {
	Path    string  `json:"path"`
	Batch   int     `json:"batch"`
	Seconds float64 `json:"seconds"`
	Kernel  bool    `json:"kernel"`
}

// answer is a worker's answer. The first one, after it has started, has only the Version.
type answer struct {
	Version string  `json:"version"`
	MS      float64 `json:"ms"`
	Error   string  `json:"error"`
	Limit   float64 `json:"-"` // the limit that tf2ng reports, in GOP/s
}

// measurer measures with one runtime and one number of threads.
type measurer interface {
	measure(request) (answer, error)
	version() string
	close()
}

// refused is the error of a worker that works but cannot run the model.
type refused struct{ reason string }

func (r refused) Error() string { return r.reason }

// patience is how long one measurement may take.
const patience = 3 * time.Minute

// worker is a Python process.
type worker struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	named   string
}

// cleanEnvironment is this process's environment without the settings that make NumPy use slower kernels.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "OPENBLAS_CORETYPE=") || strings.HasPrefix(s, "OPENBLAS_L2_SIZE=")
	})
}

// pinned returns the command that runs a program on as many CPUs as it has threads. These are the last ones, since
// the first one serves most interrupts.
func pinned(cpus, threads int, name string, args ...string) *exec.Cmd {
	first := max(cpus-threads, 0)
	list := fmt.Sprintf("%d-%d", first, max(cpus-1, first))
	c := exec.Command("taskset", append([]string{"-c", list, name}, args...)...)
	c.Env = cleanEnvironment()
	return c
}

func startWorker(p *places, t runtime, cpus, threads int) (*worker, error) {
	if !complete(p.Dir, t.environment) {
		return nil, fmt.Errorf("the environment %s is not there: make bench-peers-prepare", t.environment)
	}
	script := filepath.Join(p.Scripts, t.worker)
	w := &worker{process: pinned(cpus, threads, p.python(t.environment), script, strconv.Itoa(threads))}
	in, err := w.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.in, w.out = in, bufio.NewScanner(out)
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	hello, err := w.read()
	if err != nil {
		w.close()
		return nil, err
	}
	w.named = hello.Version
	return w, nil
}

func (w *worker) version() string { return w.named }

func (w *worker) measure(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	a, err := w.read()
	if err == nil && a.Error != "" {
		err = refused{a.Error}
	}
	return a, err
}

// read reads an answer. A process that takes longer than patience is killed.
func (w *worker) read() (a answer, err error) {
	timer := time.AfterFunc(patience, func() { _ = w.process.Process.Kill() })
	defer timer.Stop()
	if !w.out.Scan() {
		return a, errors.Join(fmt.Errorf("%s ended without an answer", w.process.Path), w.out.Err())
	}
	return a, json.Unmarshal(w.out.Bytes(), &a)
}

func (w *worker) close() {
	_ = w.in.Close()
	timer := time.AfterFunc(10*time.Second, func() { _ = w.process.Process.Kill() })
	defer timer.Stop()
	_ = w.process.Wait() // its exit status no longer matters
}

// bench is the measurer of tf2ng itself, which starts a process for each measurement.
type bench struct {
	exe           string
	cpus, threads int
}

func (b *bench) version() string {
	out, err := exec.Command(b.exe, "--version").Output()
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(string(out), "tf2ng "), ",")
	if version != "(devel)" {
		return version
	}
	if out, err = exec.Command("git", "log", "-1", "--format=commit %h").Output(); err == nil {
		version = strings.TrimSpace(string(out))
	}
	return version
}

func (b *bench) measure(r request) (answer, error) {
	c := pinned(b.cpus, b.threads, b.exe, "bench", r.Path, "--batch", strconv.Itoa(r.Batch),
		"--threads", strconv.Itoa(b.threads), "--tf-version", "2.21", "--runs", "5",
		"--min-time", fmt.Sprintf("%dms", int(r.Seconds*1e3)), "--json")
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return answer{}, refused{firstLine(string(exit.Stderr))}
	}
	if err != nil {
		return answer{}, err
	}
	var m struct {
		Median float64 `json:"median_ms"`
		Limit  float64 `json:"limit_gop_per_second"`
	}
	err = json.Unmarshal(out, &m)
	return answer{MS: m.Median, Limit: m.Limit / float64(b.threads)}, err
}

func (b *bench) close() {}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
