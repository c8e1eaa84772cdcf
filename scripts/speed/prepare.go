package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/tf2ng/tf2ng/internal/speed"
)

type prepareCommand struct {
	places
}

// Run makes what is missing. A peer whose environment or models cannot be made is reported,
// and does not keep the others from theirs.
func (c *prepareCommand) Run() error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range environments() {
		failed = append(failed, c.environment(name))
	}
	for _, m := range cfg.Models {
		failed = append(failed, c.graph(m))
	}
	names := []string{}
	for _, m := range cfg.Models {
		names = append(names, m.Name)
	}
	dir := c.models()
	for _, s := range []struct {
		environment, script string
		args                []string
	}{
		{tensorflowEnv, "parents.py", append([]string{dir}, names...)},
		{tensorflowEnv, "onnxruntime_models.py", append([]string{dir}, names...)},
		{openvinoEnv, "openvino_models.py", append([]string{dir}, names...)},
		{tensorflowEnv, "layers.py", []string{dir}},
		{tensorflowEnv, "families.py", []string{dir}},
	} {
		if complete(c.Dir, s.environment) {
			args := append([]string{filepath.Join(c.Scripts, s.script)}, s.args...)
			failed = append(failed, command(c.python(s.environment), args...))
		}
	}
	for _, m := range cfg.Models {
		failed = append(failed, c.export(m))
	}
	for _, err := range failed {
		if err != nil {
			fmt.Println("NOT RUN later:", err)
		}
	}
	return nil
}

func (p *places) models() string { return filepath.Join(p.Dir, "models") }

func (p *places) python(environment string) string {
	return filepath.Join(p.Dir, environment, "bin", "python")
}

// environments lists the virtual environments, each with requirements-NAME.txt.
func environments() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, t := range runtimes() {
		if !seen[t.environment] {
			seen[t.environment] = true
			names = append(names, t.environment)
		}
	}
	return names
}

// marker is a file in an environment that has the requirements it was made with.
func marker(dir, environment string) string {
	return filepath.Join(dir, environment, "requirements.txt")
}

// complete reports whether an environment is there.
func complete(dir, environment string) bool {
	_, err := os.Stat(marker(dir, environment))
	return err == nil
}

// environment makes a virtual environment, again if its requirements are other ones now.
func (p *places) environment(name string) error {
	requirements := filepath.Join(p.Scripts, "requirements-"+name+".txt")
	want, err := os.ReadFile(requirements)
	if err != nil {
		return err
	}
	if got, err := os.ReadFile(marker(p.Dir, name)); err == nil && string(got) == string(want) {
		return nil
	}
	fmt.Println("environment", name)
	if err := command(p.Python, "-m", "venv", filepath.Join(p.Dir, name)); err != nil {
		return err
	}
	if err := command(p.python(name), "-m", "pip", "install", "--quiet", "-r", requirements); err != nil {
		return err
	}
	return os.WriteFile(marker(p.Dir, name), want, 0o644)
}

// graph copies the INT8 graph of a model.
func (p *places) graph(m model) error {
	to := filepath.Join(p.models(), m.Name, int8File)
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	for _, dir := range p.Models {
		data, err := os.ReadFile(filepath.Join(dir, m.File))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	}
	return fmt.Errorf("%s is in none of %v: name its directory with --models (make: PEERS_MODELS=DIR); "+
		"scripts/speed/README.md says how it is made", m.File, p.Models)
}

// export writes the ONNX model that tf2ng makes of the INT8 graph; always anew, as another tf2ng
// may write another one.
func (p *places) export(m model) error {
	folder := filepath.Join(p.models(), m.Name)
	if _, err := os.Stat(filepath.Join(folder, int8File)); err != nil {
		return nil // graph has said so
	}
	from, to := filepath.Join(folder, int8File), filepath.Join(folder, exportFile)
	return command(p.TF2NG, "convert", from, "--format", "onnx", "-o", to)
}

// command runs a program whose output is shown.
func command(name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.Env = cleanEnvironment()
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}

type publishCommand struct {
	places
	To string `help:"The file in the repository." default:"internal/speed/measured.json" type:"path"`
}

// Run copies the results.
func (c *publishCommand) Run() error {
	r, err := speed.Read(c.results())
	if err != nil {
		return err
	}
	return r.Write(c.To)
}

func (p *places) results() string { return filepath.Join(p.Dir, "results.json") }
