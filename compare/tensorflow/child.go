package tensorflow

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// script is the Python script that the child runs.
//
//go:embed child.py
var script string

// child is a running process and its pipes.
type child struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	stderr  *tail
	hello   hello
	ended   chan struct{} // closed once the process has been waited for
	status  error         // the result of waiting for the process; valid once ended is closed
}

// hello is the header of a child's first frame.
type hello struct {
	Protocol   int      `json:"protocol"`
	TensorFlow string   `json:"tensorflow"`
	NumPy      string   `json:"numpy"`
	Python     string   `json:"python"`
	OneDNN     string   `json:"onednn"`
	CPU        []string `json:"cpu"` // the CPU's features; nil if they are not known
	Error      string   `json:"error"`
}

const protocol = 1

// missingHint tells a user who has no TensorFlow what to do.
const missingHint = "; install the package tensorflow, or name another python3 with --python"

// environment returns the child's environment. It is this process's, changed so that oneDNN is on unless the
// caller turned it off, sums have a fixed order, and no setting overrides oneDNN's choice of kernels.
func environment() []string {
	list := []string{"OMP_NUM_THREADS=1", "TF_CPP_MIN_LOG_LEVEL=3", "CUDA_VISIBLE_DEVICES="}
	if os.Getenv("TF_ENABLE_ONEDNN_OPTS") == "" {
		list = append(list, "TF_ENABLE_ONEDNN_OPTS=1")
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ONEDNN_") && !strings.HasPrefix(v, "DNNL_") && !strings.HasPrefix(v, "OMP_") {
			list = append(list, v)
		}
	}
	return list
}

// start runs a command and waits for its first frame.
func start(ctx context.Context, command []string, o *Options) (*child, error) {
	c := &child{command: exec.Command(command[0], command[1:]...), stderr: &tail{}, ended: make(chan struct{})}
	c.command.Env = append(environment(), o.environment...)
	c.command.Stderr = c.stderr
	c.command.WaitDelay = 2 * time.Second
	var err error
	if c.in, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	// StdoutPipe would not do: Wait closes it, and it may still hold the last answer.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.out, c.command.Stdout = read, write
	err = c.command.Start()
	if closed := write.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = read.Close()
		return nil, failure(Missing, "is not to be had: %v%s", err, missingHint)
	}
	go func() {
		c.status = c.command.Wait()
		close(c.ended)
	}()
	_, err = c.within(ctx, o.StartLimit, "start", func() ([]byte, error) { return readFrame(c.out, &c.hello, maxHeader) })
	switch {
	case err != nil:
	case c.hello.Error != "":
		err = failure(Missing, "is not to be had: %s: %s%s", command[0], oneLine(c.hello.Error), missingHint)
	case c.hello.Protocol != protocol:
		err = failure(Garbled, "speaks protocol %d, want %d", c.hello.Protocol, protocol)
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// call sends a frame and reads the answer.
func (c *child) call(ctx context.Context, o *Options, request, answer any, parts ...[]byte) ([]byte, error) {
	return c.within(ctx, o.TimeLimit, "answer", func() ([]byte, error) {
		if err := writeFrame(c.in, request, parts...); err != nil {
			return nil, err
		}
		return readFrame(c.out, answer, o.MaxBytes)
	})
}

// within runs a function that has a time limit. If it takes longer, or fails, the process is killed and the
// error says why.
func (c *child) within(ctx context.Context, limit time.Duration, what string,
	do func() ([]byte, error),
) ([]byte, error) {
	type result struct {
		payload []byte
		err     error
	}
	done := make(chan result, 1)
	go func() {
		payload, err := do()
		done <- result{payload, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var r result
	select {
	case r = <-done:
		if r.err == nil {
			return r.payload, nil
		}
		r.err = c.explain(r.err)
	case <-timer.C:
		r.err = failure(Late, "did not %s within %v, and was ended", what, limit)
	case <-ctx.Done():
		r.err = ctx.Err()
	}
	c.stop()
	return nil, r.err
}

// explain returns the reason why a frame could not be written or read.
func (c *child) explain(err error) error {
	if none := (*errNoFrame)(nil); errors.As(err, &none) {
		return failure(Garbled, "answered what is no answer: %v", err)
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, os.ErrClosed) &&
		!isBrokenPipe(err) {
		return failure(Garbled, "answered what is no answer: %v", err)
	}
	select {
	case <-c.ended:
	case <-time.After(5 * time.Second):
		return failure(Garbled, "closed its pipe without an answer")
	}
	status := "status 0"
	if c.status != nil {
		status = c.status.Error()
	}
	return failure(Died, "ended its process (%s)%s", status, c.stderr.reason())
}

// stop kills the process and waits for it.
func (c *child) stop() {
	_ = c.in.Close()
	select {
	case <-c.ended:
	default:
		_ = c.command.Process.Kill()
		<-c.ended
	}
	_ = c.out.Close()
}

// quit lets the process end by itself, and kills it if it does not.
func (c *child) quit() {
	_ = c.in.Close()
	select {
	case <-c.ended:
	case <-time.After(5 * time.Second):
	}
	c.stop()
}

func isBrokenPipe(err error) bool {
	var p *os.PathError
	return errors.As(err, &p) && (p.Op == "write" || p.Op == "read")
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 1 << 14

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > tailBytes {
		t.text = append(t.text[:0], t.text[len(t.text)-tailBytes:]...)
	}
	return len(p), nil
}

// fatal matches the lines that say why a process ends, such as those that abseil and glog log before they
// abort.
var fatal = regexp.MustCompile(`^F\d{4} | F .*\]|Check failed|Error: `)

// reason returns ": " and the line that says why a process ended, or "" if there is no such line.
func (t *tail) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := ""
	for line := range bytes.Lines(t.text) {
		text := strings.TrimSpace(string(line))
		if text == "" || strings.HasPrefix(text, "@") || strings.HasPrefix(text, "***") {
			continue // a line of a stack trace
		}
		if last = text; fatal.MatchString(text) {
			break
		}
	}
	if last == "" {
		return ""
	}
	return fmt.Sprintf(": %.300s", last)
}

// oneLine joins lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
