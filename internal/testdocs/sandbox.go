package testdocs

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/npy"
)

// linked maps the names of files that pages use to files below testdata.
var linked = map[string]string{
	"frozen.pb":                "graphdefs/digits_mix_lpot16_tf25.pb",
	"int8.pb":                  "graphdefs/digits_mix_lpot16_tf25.pb",
	"fp32.pb":                  "graphdefs/digits_mix_fp32.pb",
	"saved_model":              "savedmodels/int8_variables/model",
	"models/digits/1/model.pb": "graphdefs/digits_mix_lpot16_tf25.pb",
	"models/saved/1":           "savedmodels/int8_variables/model",
}

// Sandbox is a folder in which the commands of one page run, one after the other, with the program in PATH.
// It has the files that the pages use: frozen.pb and int8.pb, a classifier of digits; fp32.pb, the model
// that it was quantized from; images.npz, with inputs x and labels y for the classifier; tensorflow.npz,
// with TensorFlow's output y for these inputs; x.npy and y.npy, the same as separate files; saved_model; and
// rows.npz, with inputs x for saved_model. Commands are changed as they run: servers listen on free ports in
// place of 8500 and 8501, /models is a folder of the sandbox, and tf2ng bench measures one run.
type Sandbox struct {
	t       testing.TB
	root    string // the module's root
	dir     string
	grpc    int
	rest    int
	servers []*server
}

// NewSandbox makes a sandbox for testing a program. The path root leads to the module's root.
func NewSandbox(t testing.TB, root, program string) *Sandbox {
	t.Helper()
	root, err := filepath.Abs(root)
	require.NoError(t, err)
	s := &Sandbox{t: t, root: root, dir: t.TempDir(), grpc: freePort(t), rest: freePort(t)}
	data := filepath.Join(root, "testdata")
	for name, file := range linked {
		s.link(filepath.Join(data, filepath.FromSlash(file)), name)
	}
	for _, name := range []string{"bin/tf2ng", "path/tf2ng"} {
		s.link(program, name)
	}
	graphs := filepath.Join(data, "graphdefs")
	x := array(t, filepath.Join(graphs, "digits_data.npz"), "xv")
	labels := array(t, filepath.Join(graphs, "digits_data.npz"), "yv")
	y := array(t, filepath.Join(graphs, "digits_y500.tf221.npz"), "digits_mix_lpot16_tf25")
	s.archive("images.npz", npy.Array{Name: "x", Tensor: x}, npy.Array{Name: "y", Tensor: labels})
	s.archive("tensorflow.npz", npy.Array{Name: "y", Tensor: y})
	rows := array(t, filepath.Join(data, "savedmodels", "int8_variables", "recorded.npz"), "serving_default.in.image")
	s.archive("rows.npz", npy.Array{Name: "x", Tensor: rows})
	s.array("x.npy", x)
	s.array("y.npy", y)
	t.Cleanup(s.stop)
	return s
}

// Link adds a file or a folder of the repository to the sandbox, under the same relative name.
func (s *Sandbox) Link(name string) { s.link(filepath.Join(s.root, filepath.FromSlash(name)), name) }

func (s *Sandbox) link(file, name string) {
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	require.NoError(s.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(s.t, os.Symlink(file, path))
}

func (s *Sandbox) archive(name string, arrays ...npy.Array) {
	var b bytes.Buffer
	require.NoError(s.t, npy.WriteArchive(&b, arrays))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), b.Bytes(), 0o600))
}

func (s *Sandbox) array(name string, x *core.Tensor) {
	var b bytes.Buffer
	require.NoError(s.t, npy.Write(&b, x))
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), b.Bytes(), 0o600))
}

func array(t testing.TB, path, key string) *core.Tensor {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	a, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	x, err := a.Read(key)
	require.NoError(t, err)
	return x
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Run runs a command as a page shows it, and checks its exit code. A server keeps running until the test
// ends.
func (s *Sandbox) Run(c Command) {
	s.t.Helper()
	if strings.HasPrefix(c.Text, "tf2ng serve") {
		s.serve(c)
		return
	}
	out, err := s.command(c.Text).CombinedOutput()
	code := 0
	if e, ok := err.(*exec.ExitError); ok {
		code = e.ExitCode()
	} else {
		require.NoError(s.t, err)
	}
	require.Equal(s.t, c.Code, code, "line %d: %s\n%s", c.Line, c.Text, out)
}

func (s *Sandbox) command(text string) *exec.Cmd {
	text = strings.NewReplacer("8500", strconv.Itoa(s.grpc), "8501", strconv.Itoa(s.rest),
		"=/models/", "="+s.dir+"/models/", "tf2ng bench ", "tf2ng bench --runs 1 --min-time 1ns ").Replace(text)
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", text)
	cmd.Dir = s.dir
	if strings.HasPrefix(text, "go install ./") {
		cmd.Dir = s.root
	}
	cmd.Env = append(os.Environ(), "GOBIN="+filepath.Join(s.dir, "installed"),
		"PATH="+filepath.Join(s.dir, "path")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return cmd
}

// server is a running tf2ng serve.
type server struct {
	*exec.Cmd
	mu  sync.Mutex
	log bytes.Buffer
}

// Write collects the server's log.
func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *Sandbox) serve(c Command) {
	for flag, port := range map[string]int{"--port": s.grpc, "--rest_api_port": s.rest} {
		if !strings.Contains(c.Text, " "+flag+"=") {
			before, comment, _ := strings.Cut(c.Text, " #")
			c.Text = fmt.Sprintf("%s %s=%d #%s", before, flag, port, comment)
		}
	}
	v := &server{Cmd: s.command("exec " + c.Text)}
	v.Stdout, v.Stderr = v, v
	require.NoError(s.t, v.Start())
	s.servers = append(s.servers, v)
	require.Eventually(s.t, func() bool { return strings.Contains(v.String(), "msg=ready") }, time.Minute,
		20*time.Millisecond, "line %d: %s: it does not get ready", c.Line, c.Text)
}

// stop ends the servers, which must exit without an error.
func (s *Sandbox) stop() {
	for _, v := range s.servers {
		require.NoError(s.t, v.Process.Signal(syscall.SIGTERM))
		require.NoError(s.t, v.Wait(), v.String())
	}
}
