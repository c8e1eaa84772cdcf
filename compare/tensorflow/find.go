package tensorflow

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// candidates lists the Python programs to try: only the one that was asked for, if any; else that of the
// active virtual environment, and then python3 and python from PATH.
func candidates(asked string) []string {
	if asked != "" {
		return []string{asked}
	}
	var list []string
	add := func(path string) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			list = append(list, path)
		}
	}
	bin, program := "bin", "python3"
	if runtime.GOOS == "windows" {
		bin, program = "Scripts", "python.exe"
	}
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		add(filepath.Join(env, bin, program))
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			list = append(list, path)
		}
	}
	return list
}
