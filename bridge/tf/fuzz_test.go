package tf_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// FuzzTranslate translates damaged files: an error or a Function, never a panic.
func FuzzTranslate(f *testing.F) {
	seen := map[string]bool{}
	for _, c := range goldens(f) {
		if !seen[c.Group] {
			seen[c.Group] = true
			f.Add(c.bytes(f))
		}
	}
	loops, err := filepath.Glob(filepath.Join("..", "..", "testdata", "controlflow", "*", "*.pb"))
	if err != nil || len(loops) == 0 {
		f.Fatal("no graphs with loops: ", err)
	}
	for _, path := range loops {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(raw) < 32<<10 {
			f.Add(raw)
		}
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "graphdefs", "digits_cnn_nc26_tf215.pb"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := graphdef.Parse(data, graphdef.Limits{Expanded: 1 << 22})
		if err != nil {
			return
		}
		function, err := tf.Translate(g, tf.Options{})
		if err == nil && len(function.Results) == 0 {
			t.Fatal("a function without results")
		}
	})
}
