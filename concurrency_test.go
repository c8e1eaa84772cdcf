package tf2ng_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/kernels"
)

func init() { testmode.PoisonDeadBuffers() }

// Close waits for the Runs under way, whose results are right: the file that the weights are
// mapped from stays until they have ended. Later ones are refused.
func TestCloseWhileOthersRun(t *testing.T) {
	const goroutines = 32
	x := images(t, 3)
	want := run(t, load(t), x)
	for _, engine := range []tf2ng.Engine{tf2ng.Kernels, tf2ng.Portable, tf2ng.Reference} {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("%v/%d threads", engine, threads), func(t *testing.T) {
				m, err := tf2ng.Load(digits, tf2ng.WithEngine(engine), tf2ng.WithThreads(threads))
				require.NoError(t, err)
				var wg, started sync.WaitGroup
				var ran, refused atomic.Int32
				started.Add(goroutines)
				for range goroutines {
					wg.Go(func() {
						for first := true; ; first = false {
							out, err := m.Run(context.Background(), map[string]*tf2ng.Tensor{"input": x})
							if first {
								started.Done()
							}
							if err != nil {
								assert.ErrorIs(t, err, tf2ng.ErrClosed)
								refused.Add(1)
								return
							}
							ran.Add(1)
							assert.Equal(t, want.Bytes(), out["Identity:0"].Bytes())
						}
					})
				}
				started.Wait()
				require.NoError(t, m.Close())
				wg.Wait()
				assert.EqualValues(t, goroutines, refused.Load())
				assert.GreaterOrEqual(t, ran.Load(), int32(goroutines))
				assert.ErrorIs(t, m.WriteNG(failingWriter{}), tf2ng.ErrClosed)
				assert.ErrorIs(t, m.Prepare(nil), tf2ng.ErrClosed)
			})
		}
	}
}

// Each caller closes the Model once, or more often.
func TestCloseTogether(t *testing.T) {
	m, err := tf2ng.Load(digits)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { assert.NoError(t, m.Close()) })
	}
	wg.Wait()
}

// packing is more than the bytes that one of a model's weights becomes, and less than those of two: portable Go has
// three of them in a word, and AVX2 alone has sixteen words for the nine of a 3x3 window.
func packing(windows bool) int64 {
	isas := kernels.AvailableISAs()
	vnni := isas.Has(kernels.AVXVNNI) || isas.Has(kernels.AVX512VNNI)
	if isas == 0 || windows && !vnni {
		return 3
	}
	return 2
}

// What shapes share is made once, whatever their number, and freed by Close.
func TestPrepareOnceForAllShapes(t *testing.T) {
	for _, model := range []string{
		"digits_mix_lpot16_tf25", "digits_cnn_nc26_tf215", "digits_mix_nc26itex_tf215", "digits_mix_fp32",
		"digits_cnn_qnodes_full_tf115",
		"resnet50_lpot16_tf25", "nsfw_mobilenet_v2_lpot16_tf25",
	} {
		t.Run(model, func(t *testing.T) {
			m, err := tf2ng.Load(filepath.Join("testdata/graphdefs", model+".pb"))
			require.NoError(t, err)
			defer func() { require.NoError(t, m.Close()) }()
			in := m.Inputs()[0]
			var after1, perShape int64
			for n := 1; n <= 10; n++ {
				shape := in.Shape.Clone()
				shape[0] = n
				require.NoError(t, m.Prepare(map[string]tf2ng.Shape{in.Name: shape}))
				shared, shapes := m.Memory()
				if n == 1 {
					after1, perShape = shared, shapes
				}
				assert.Equal(t, after1, shared, "batch %d", n)
			}
			info, err := os.Stat(filepath.Join("testdata/graphdefs", model+".pb"))
			require.NoError(t, err)
			assert.Less(t, after1, packing(model == "resnet50_lpot16_tf25")*info.Size()+1<<16, "no weight is packed twice")
			assert.Positive(t, perShape)
		})
	}
}

// With shapes that are prepared and tensors for all results, a Run allocates nothing.
func TestRunIntoAllocatesNothing(t *testing.T) {
	for _, model := range []string{
		"digits_mix_lpot16_tf25", "digits_mix_nctf37spr_tf219", "digits_mix_nc26itex_tf215", "digits_mix_nc26_tf215",
		"digits_mix_fp32",
		"resnet50_lpot16_tf25", "nsfw_mobilenet_v2_lpot16_tf25",
	} {
		for _, threads := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d threads", model, threads), func(t *testing.T) {
				m, err := tf2ng.Load(filepath.Join("testdata/graphdefs", model+".pb"), tf2ng.WithThreads(threads))
				require.NoError(t, err)
				defer func() { require.NoError(t, m.Close()) }()
				in := m.Inputs()[0]
				shape := in.Shape.Clone()
				shape[0] = 2
				x, err := tf2ng.NewTensor(in.Type, shape)
				require.NoError(t, err)
				inputs := map[string]*tf2ng.Tensor{in.Name: x}
				outputs, err := m.Run(context.Background(), inputs)
				require.NoError(t, err)
				allocations := testing.AllocsPerRun(5, func() {
					_, err = m.RunInto(context.Background(), inputs, outputs)
				})
				require.NoError(t, err)
				assert.Zero(t, allocations)
				// One for the map and a few for each tensor.
				assert.LessOrEqual(t, testing.AllocsPerRun(5, func() {
					_, err = m.Run(context.Background(), inputs)
				}), float64(2+4*len(outputs)))
				require.NoError(t, err)
			})
		}
	}
}

// Results are computed in the tensors that are given, which may be the inputs' memory, too.
func TestResultsIntoTheInputs(t *testing.T) {
	x := images(t, 2)
	m := load(t, tf2ng.WithOutputs("model/conv2d_12/Relu", "Identity", "input"))
	inputs := map[string]*tf2ng.Tensor{"input": x}
	want, err := m.Run(context.Background(), inputs)
	require.NoError(t, err)
	got, err := m.RunInto(context.Background(), inputs, map[string]*tf2ng.Tensor{
		"input":    x.Clone(),
		"Identity": want["Identity"].Clone(),
	})
	require.NoError(t, err)
	for name, w := range want {
		assert.Equal(t, w.Bytes(), got[name].Bytes(), name)
	}
	inverse := load(t, tf2ng.WithOutputs("input"))
	same, err := inverse.RunInto(context.Background(), inputs, inputs)
	require.NoError(t, err)
	assert.Same(t, x, same["input"])
	assert.Equal(t, want["input"].Bytes(), x.Bytes())
}

// A name that no output has, or that another one has as well, is an error and not ignored.
func TestResultsNames(t *testing.T) {
	x := images(t, 1)
	y, err := tf2ng.NewTensor(tf2ng.F32, tf2ng.Shape{1, 10})
	require.NoError(t, err)
	inputs := map[string]*tf2ng.Tensor{"input": x}
	m := load(t)
	for _, c := range []struct {
		name            string
		inputs, outputs map[string]*tf2ng.Tensor
		want            string
		problem         tf2ng.Problem
	}{
		{
			"typo",
			inputs,
			map[string]*tf2ng.Tensor{"Identify": y},
			`no output "Identify": the outputs are ["Identity:0"]`,
			tf2ng.UnknownName,
		},
		{
			"two names of an output",
			inputs,
			map[string]*tf2ng.Tensor{"Identity": y, "Identity:0": y},
			`output "Identity": it is also given as "Identity:0"`,
			tf2ng.Duplicate,
		},
		{
			"two names of an input",
			map[string]*tf2ng.Tensor{"input": x, "input:0": x},
			nil,
			`input "input:0": it is also given as "input"`,
			tf2ng.Duplicate,
		},
		{
			"nil output",
			inputs,
			map[string]*tf2ng.Tensor{"Identity:0": nil},
			`output "Identity:0": got no tensor`,
			tf2ng.NoTensor,
		},
		{
			"type",
			inputs,
			map[string]*tf2ng.Tensor{"Identity": must(tf2ng.NewTensor(tf2ng.I8, tf2ng.Shape{1, 10}))},
			`output "Identity": got a tensor of i8[1,10] to write into, want f32[?,10]`,
			tf2ng.WrongType,
		},
		{
			"shape",
			inputs,
			map[string]*tf2ng.Tensor{"Identity": must(tf2ng.NewTensor(tf2ng.F32, tf2ng.Shape{2, 10}))},
			`output "Identity:0": got a tensor of f32[2,10] to write into, want f32[1,10]`,
			tf2ng.WrongShape,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := m.RunInto(context.Background(), c.inputs, c.outputs)
			require.EqualError(t, err, c.want)
			var e *tf2ng.TensorError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.problem, e.Problem)
		})
	}
	for _, name := range []string{"Identity", "Identity:0"} {
		out, err := m.RunInto(context.Background(), inputs, map[string]*tf2ng.Tensor{name: y})
		require.NoError(t, err)
		assert.Same(t, y, out["Identity:0"])
	}
}

func must(t *tf2ng.Tensor, err error) *tf2ng.Tensor {
	if err != nil {
		panic(err)
	}
	return t
}
