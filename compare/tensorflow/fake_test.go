package tensorflow

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// fakeVariable makes the test's own program play TensorFlow's process, in the way that it names.
const fakeVariable = "TF2NG_TEST_FAKE_TENSORFLOW"

func TestMain(m *testing.M) {
	if way := os.Getenv(fakeVariable); way != "" {
		os.Exit(fake(way))
	}
	os.Exit(m.Run())
}

// fake answers as child.py does for a graph with the input x and the tensors good, more and bad, of
// which each is x. What goes wrong is up to the way: at the start, or when bad is asked for.
func fake(way string) (status int) {
	switch way {
	case "dies at the start":
		fmt.Fprintln(os.Stderr, "ImportError: libcudart.so.12: cannot open shared object file")
		return 1
	case "hangs at the start":
		time.Sleep(time.Hour)
	case "prints a prompt":
		fmt.Print("Python 3.11.7 (main) [GCC 12.2.0] on linux\n>>> ")
		time.Sleep(time.Hour)
	case "has no tensorflow":
		_ = writeFrame(os.Stdout, map[string]string{"error": "ModuleNotFoundError: No module named 'tensorflow'"})
		return 0
	case "speaks another protocol":
		_ = writeFrame(os.Stdout, hello{Protocol: 2, TensorFlow: "2.30.0"})
		time.Sleep(time.Hour)
	}
	h := hello{
		Protocol: protocol, TensorFlow: "2.21.0", NumPy: "2.4.6", Python: "3.11.7", OneDNN: "1", CPU: []string{"avx512_vnni"},
	}
	if way == "has an old CPU" {
		h.CPU, h.OneDNN = []string{"avx2", "sse4_2"}, "0"
	}
	if err := writeFrame(os.Stdout, h); err != nil {
		return 1
	}
	var loaded request
	for {
		var q request
		payload, err := readFrame(os.Stdin, &q, 1<<20)
		if err == io.EOF {
			return 0
		}
		if err != nil {
			return 1
		}
		switch {
		case q.Do == "load":
			loaded = q
			_ = writeFrame(os.Stdout, graph())
		case q.Do == "freeze" && way != "names nothing":
			a := answer{Names: &Names{Inputs: map[string]string{"x": loaded.Signature + "_x:0"}}}
			made := fmt.Appendf(nil, "a graph of %q %q %q", loaded.SavedModel, loaded.Signature, loaded.Tags)
			_ = writeFrame(os.Stdout, a, made)
		case q.Do == "run" && slices.Contains(q.Fetches, "bad:0"):
			if status, end := goWrong(way); end {
				return status
			}
		case q.Do == "run":
			a, parts := answer{}, [][]byte{}
			for _, name := range q.Fetches {
				a.Tensors = append(a.Tensors, described{Name: name, Type: graphdef.Float, Shape: []int{2}, Bytes: len(payload)})
				parts = append(parts, payload)
			}
			_ = writeFrame(os.Stdout, a, parts...)
		default:
			_ = writeFrame(os.Stdout, answer{})
		}
	}
}

func graph() answer {
	var a answer
	for _, name := range []string{"x:0", "good:0", "more:0", "bad:0"} {
		a.Tensors = append(a.Tensors, described{Name: name, Type: graphdef.Float, Shape: []int{-1}})
	}
	a.Inputs, a.Outputs = a.Tensors[:1], a.Tensors[2:]
	return a
}

// goWrong does what the way says, and reports whether the process ends.
func goWrong(way string) (status int, end bool) {
	tensor := described{Name: "bad:0", Type: graphdef.Float, Shape: []int{2}, Bytes: 8}
	switch way {
	case "dies":
		fmt.Fprintln(os.Stderr, "2026-01-01 00:00:00 F mkl_util.h:42] Check failed: dims == 4 (3 vs. 4)\n*** a stack")
		return 134, true
	case "hangs":
		time.Sleep(time.Hour)
	case "refuses":
		_ = writeFrame(os.Stdout, answer{Error: "Summand cannot\nbe forwarded", Kind: "InvalidArgumentError"})
	case "prints":
		fmt.Print("Segmentation fault? No: a warning on the wrong stream\n")
		time.Sleep(time.Hour)
	case "leaves":
		return 0, true
	case "claims too much":
		head := binary.LittleEndian.AppendUint32([]byte(frameMagic), 2)
		_, _ = os.Stdout.Write(append(binary.LittleEndian.AppendUint64(head, 1<<60), "{}"...))
		time.Sleep(time.Hour)
	case "claims a long header":
		head := binary.LittleEndian.AppendUint32([]byte(frameMagic), 1<<31)
		_, _ = os.Stdout.Write(binary.LittleEndian.AppendUint64(head, 0))
		time.Sleep(time.Hour)
	case "answers no JSON":
		head := binary.LittleEndian.AppendUint32([]byte(frameMagic), 5)
		_, _ = os.Stdout.Write(append(binary.LittleEndian.AppendUint64(head, 0), "{none"...))
		time.Sleep(time.Hour)
	case "answers half a tensor":
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 4))
	case "answers another shape":
		tensor.Shape = []int{3}
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 8))
	case "answers a negative size":
		tensor.Bytes = -8
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 8))
	case "answers more than it describes":
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 12))
	case "answers another tensor":
		tensor.Name = "good:0"
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 8))
	case "answers eight-bit reals":
		tensor.Type = graphdef.Float8E5M2
		_ = writeFrame(os.Stdout, answer{Tensors: []described{tensor}}, make([]byte, 8))
	}
	return 0, false
}
