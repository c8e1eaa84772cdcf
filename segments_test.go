package tf2ng_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/kernels"
)

// mostImages is the largest batch that is compared with its images one by one.
const mostImages = 9

// together are the models that compute ranges of whole batches.
var together = map[string]bool{"digits_cnn_qnodes_full_tf115": true}

// imagesOf returns n different images of a model.
func imagesOf(t *testing.T, m testmodel.Model, n int) *core.Tensor {
	x, _ := m.Batch(t, 8)
	size := len(x.Bytes()) / 8
	shape := x.Shape().Clone()
	shape[0] = n
	out, err := core.NewTensor(x.Type(), shape)
	require.NoError(t, err)
	for i := range n {
		image := out.Bytes()[i*size:][:size]
		if copy(image, x.Bytes()[i%8*size:]); i >= 8 { // another one: its lines in another order
			half := size / 2 / x.Type().Size() * x.Type().Size()
			copy(image, append(slices.Clone(image[half:]), image[:half]...))
		}
	}
	return out
}

// A batch that is computed group by group gives what its images give one by one, for each number of
// images and threads, and with every division into segments that caches of several sizes have.
func TestBatchesEqualTheirImages(t *testing.T) {
	defer testmode.SetCacheBytes(0)
	for _, m := range testmodel.Load(t) {
		engine, caches := kernels.Portable, []int{0, 1 << 16, 1 << 12}
		if !m.Digits() {
			engine, caches = kernels.Kernels, []int{0}
		}
		all := imagesOf(t, m, mostImages)
		size := len(all.Bytes()) / mostImages
		images := func(from, n int) *core.Tensor {
			shape := all.Shape().Clone()
			shape[0] = n
			x, err := core.TensorOver(all.Type(), shape, all.Bytes()[from*size:][:n*size])
			require.NoError(t, err)
			return x
		}
		run := func(model *tf2ng.Model, x *core.Tensor) []byte {
			out, err := model.Run(context.Background(), map[string]*core.Tensor{m.Feeds[0]: x})
			require.NoError(t, err)
			return out[m.Fetches[0]].Bytes()
		}
		load := func(opts ...tf2ng.Option) *tf2ng.Model {
			model, err := tf2ng.Load(m.File(), opts...)
			require.NoError(t, err)
			return model
		}
		single := load(tf2ng.WithEngine(engine))
		want := make([][]byte, mostImages+1)
		for n := 1; n <= mostImages; n++ {
			if want[n] = slices.Concat(want[n-1], run(single, images(n-1, 1))); together[m.Name()] {
				want[n] = run(single, images(0, n))
			}
		}
		require.NoError(t, single.Close())
		for _, threads := range []int{1, 2, 3} {
			for _, cache := range caches {
				testmode.SetCacheBytes(cache)
				model := load(tf2ng.WithThreads(threads))
				for n := 1; n <= mostImages; n++ {
					t.Run(fmt.Sprintf("%s/cache of %d/%d images/%d threads", m.Name(), cache, n, threads), func(t *testing.T) {
						require.Equal(t, want[n], run(model, images(0, n)))
					})
				}
				require.NoError(t, model.Close())
			}
		}
	}
}
