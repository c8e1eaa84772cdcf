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

// Run creates the environments and files that are missing. Those that cannot be created are reported, and the others
// are created all the same.
func (c *prepareCommand) Run() error {
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range environments() {
		failed = append(failed, c.environment(name))
	}
	names := []string{}
	for _, m := range cfg.Models {
		names = append(names, m.Name)
	}
	failed = append(failed,
		c.script(tensorflowEnv, "parents.py", names...),
		c.graphs(cfg.Models),
		c.script(tensorflowEnv, "onnxruntime_models.py", names...),
		c.script(openvinoEnv, "openvino_models.py", names...),
		c.script(tensorflowEnv, "layers.py"),
		c.script(tensorflowEnv, "families.py"))
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

// script runs a Python script on the directory of models. It does nothing if the script's environment is missing,
// which has been reported.
func (p *places) script(environment, name string, args ...string) error {
	if !complete(p.Dir, environment) {
		return nil
	}
	return command(p.python(environment), append([]string{filepath.Join(p.Scripts, name), p.models()}, args...)...)
}

// graphs provides the INT8 graphs of models. Existing ones are copied, and the others are made by neural-compressor,
// whose environment is created only if it is needed.
func (p *places) graphs(models []model) error {
	var missing []string
	for _, m := range models {
		found, err := p.graph(m)
		if err != nil {
			return err
		}
		if !found {
			fmt.Printf("%s is in none of %v (--models; make: PEERS_MODELS): neural-compressor makes one\n", m.File, p.Models)
			missing = append(missing, m.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := p.environment(compressorEnv); err != nil {
		return err
	}
	return p.script(compressorEnv, "int8_models.py", missing...)
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

// marker is the file in an environment that holds the requirements with which it was created.
func marker(dir, environment string) string {
	return filepath.Join(dir, environment, "requirements.txt")
}

// complete reports whether an environment has been created completely.
func complete(dir, environment string) bool {
	_, err := os.Stat(marker(dir, environment))
	return err == nil
}

// environment creates a virtual environment, and recreates it if its requirements have changed.
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

// graph copies the INT8 graph of a model, and reports whether the model has one.
func (p *places) graph(m model) (bool, error) {
	to := filepath.Join(p.models(), m.Name, int8File)
	if _, err := os.Stat(to); err == nil {
		return true, nil
	}
	for _, dir := range p.Models {
		data, err := os.ReadFile(filepath.Join(dir, m.File))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return false, err
		}
		return true, os.WriteFile(to, data, 0o644)
	}
	return false, nil
}

// export writes the ONNX models that tf2ng makes from the INT8 graph. Existing ones are replaced, since another version
// of tf2ng may write other models.
func (p *places) export(m model) error {
	folder := filepath.Join(p.models(), m.Name)
	if _, err := os.Stat(filepath.Join(folder, int8File)); err != nil {
		return nil // graph has reported it
	}
	convert := []string{"convert", filepath.Join(folder, int8File), "--format", "onnx"}
	return errors.Join(
		command(p.TF2NG, append(convert, "-o", filepath.Join(folder, exportFile))...),
		command(p.TF2NG, append(convert, "--onnx-sums", "bytes", "-o", filepath.Join(folder, bytesFile))...),
	)
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
	To string `help:"The folder in the repository." default:"internal/speed/measured" type:"path"`
}

// Run copies the results to the file of their kind of CPU.
func (c *publishCommand) Run() error {
	r, err := speed.Read(c.results())
	if err != nil {
		return err
	}
	return r.Write(filepath.Join(c.To, r.Kind()+".json"))
}

func (p *places) results() string { return filepath.Join(p.Dir, "results.json") }
