package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
)

// drawInputs adds random tensors for the inputs that feeds lacks.
func drawInputs(m *tf2ng.Model, seed uint64, batch int, feeds compare.Tensors) error {
	shapes, err := fullShapes(m.Inputs(), batch, feeds)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for _, in := range m.Inputs() {
		if feeds[in.Name] != nil {
			continue
		}
		t, err := compare.Draw(r, m.Function(), in.Name, shapes[in.Name])
		if err != nil {
			return fmt.Errorf("--random: input %q: %w", in.Name, err)
		}
		feeds[in.Name] = t
	}
	return nil
}

// isTerminal reports whether a writer is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress returns what tells on a terminal how far the work is; nil elsewhere.
func (o *output) progress() func(what string, done, total int) {
	if !isTerminal(o.err) {
		return nil
	}
	return func(what string, done, total int) {
		if done >= total {
			fmt.Fprint(o.err, "\r\x1b[K")
			return
		}
		const width = 30
		bar := ""
		for i := range width {
			bar += map[bool]string{true: "#", false: "."}[i*total < done*width]
		}
		fmt.Fprintf(o.err, "\r\x1b[K[%s] %d of %d, %s", bar, done, total, what)
	}
}
