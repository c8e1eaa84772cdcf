package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
)

// drawInputs adds random tensors to feeds for the inputs that it does not have.
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
