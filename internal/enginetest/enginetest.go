// Package enginetest compares every engine with the references, for tests of what is
// defined above or below package kernels.
package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/kernels"
)

func init() { testmode.PoisonDeadBuffers() }

// Levels returns, for each instruction set of the CPU, what to leave out so that it is the
// most capable.
func Levels() map[kernels.ISA][]kernels.ISA {
	all := map[kernels.ISA][]kernels.ISA{}
	for n, i := range kernels.ISAs() {
		if kernels.AvailableISAs().Has(i) {
			all[i] = kernels.ISAs()[:n]
		}
	}
	return all
}

// Options lists a compilation for each engine, instruction set of the CPU, and one thread
// or two.
func Options() (all []kernels.Options) {
	for _, threads := range []int{1, 2} {
		all = append(all, kernels.Options{Threads: threads, Engine: kernels.Portable})
		for _, without := range Levels() {
			all = append(all, kernels.Options{Threads: threads, Without: without})
		}
	}
	return all
}

// Check compiles f for every engine and compares its results with those that are wanted;
// all bits must be equal, except for those of a NaN.
func Check(f *core.Function, inputs, want map[string]*core.Tensor) error {
	for _, o := range Options() {
		o.WithoutQDQ = true // the references are without it
		p, err := kernels.Compile(f, nil, o)
		if err != nil {
			return fmt.Errorf("engine %+v: %w", o, err)
		}
		got, err := p.Run(context.Background(), inputs, nil)
		if err != nil {
			return fmt.Errorf("engine %+v: %w", o, err)
		}
		for name, w := range want {
			if g := got[name]; !Equal(w, g) {
				return fmt.Errorf("engine %+v, steps %v: output %q: got %v with other bits, want %v", o, p.Steps(),
					name, g, w)
			}
		}
	}
	return nil
}

// Equal reports whether two tensors have the same bits, except for those of a NaN.
func Equal(a, b *core.Tensor) bool {
	if a.Type() != b.Type() || !a.Shape().Equal(b.Shape()) {
		return false
	}
	if bytes.Equal(a.Bytes(), b.Bytes()) {
		return slices.Equal(a.Strings(), b.Strings())
	}
	if a.Type() != core.F32 && a.Type() != core.F64 {
		return false
	}
	size := a.Type().Size()
	x, y := a.Float64s(), b.Float64s()
	for i, v := range x {
		if !bytes.Equal(a.Bytes()[i*size:(i+1)*size], b.Bytes()[i*size:(i+1)*size]) && (v == v || y[i] == y[i]) {
			return false
		}
	}
	return true
}
