//go:build python

package livetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/internal/testdocs"
)

// The commands of the pages that run TensorFlow, in order among those of the same page that the tests of
// cmd/tf2ng run.
func TestCommandsOfPagesWithTensorFlow(t *testing.T) {
	python, err := exec.LookPath(os.Getenv("TF2NG_PYTHON"))
	require.NoError(t, err)
	t.Setenv("PATH", filepath.Dir(python)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	program := filepath.Join(t.TempDir(), "tf2ng")
	out, err := exec.Command("go", "build", "-o", program, "github.com/tf2ng/tf2ng/cmd/tf2ng").CombinedOutput()
	require.NoError(t, err, "%s", out)
	ran := 0
	for _, p := range testdocs.Pages(t, testdocs.Root) {
		commands := slices.DeleteFunc(p.Commands(), func(c testdocs.Command) bool {
			where, _ := c.Runs()
			return where != testdocs.Here && where != testdocs.TensorFlow
		})
		if !slices.ContainsFunc(commands, func(c testdocs.Command) bool {
			where, _ := c.Runs()
			return where == testdocs.TensorFlow
		}) {
			continue
		}
		t.Run(p.Path, func(t *testing.T) {
			s := testdocs.NewSandbox(t, testdocs.Root, program)
			for _, c := range commands {
				s.Run(c)
				ran++
			}
		})
	}
	require.Positive(t, ran)
}
