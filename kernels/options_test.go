package kernels_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

func TestOptionsWithoutAMeaning(t *testing.T) {
	for _, test := range []struct {
		name    string
		options kernels.Options
		want    string // "": they have one
	}{
		{"zero", kernels.Options{}, ""},
		{"most threads", kernels.Options{Threads: kernels.MaxThreads}, ""},
		{"all instruction sets", kernels.Options{Without: kernels.ISAs()}, ""},
		{"threads below", kernels.Options{Threads: -3}, "option Threads: got -3, want 0 to 1024"},
		{"threads above", kernels.Options{Threads: 1025}, "option Threads: got 1025, want 0 to 1024"},
		{"engine", kernels.Options{Engine: 77}, "option Engine: got engine(77), want one of kernels, portable, reference"},
		{"memory", kernels.Options{MaxBytes: -1}, "option MaxBytes: got -1, want 0 or more bytes"},
		{
			"instruction set",
			kernels.Options{Without: []kernels.ISA{kernels.AVX2, 77}},
			fmt.Sprintf("option Without: got isa(77), want some of %v", kernels.ISAs()),
		},
		{
			"plain Go",
			kernels.Options{Without: []kernels.ISA{0}},
			fmt.Sprintf("option Without: got portable, want some of %v", kernels.ISAs()),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := kernels.Compile(&core.Function{}, nil, test.options)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
			var typed *kernels.OptionError
			assert.ErrorAs(t, err, &typed)
		})
	}
}

func TestCompileChecksTheFunction(t *testing.T) {
	for _, test := range []struct {
		name string
		f    *core.Function
		want string
	}{
		{"none", nil, "function: got none"},
		{"no parameter", &core.Function{Parameters: []*core.Node{nil}}, "function: parameter 0: got no node, want Parameter"},
		{
			"no result", &core.Function{Results: []*core.Node{core.NewConstant(core.Scalar[int8](1)).Node}},
			"function: result 0: got op Constant, want Result",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := kernels.Compile(test.f, nil, kernels.Options{})
			require.EqualError(t, err, test.want)
			var typed *core.FunctionError
			assert.ErrorAs(t, err, &typed)
		})
	}
}
