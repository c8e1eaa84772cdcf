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
		t.Run(m.Name(), func(t *testing.T) {
			all := imagesOf(t, m, mostImages)
			want := oneByOne(t, m, all)
			for _, threads := range []int{1, 2, 3} {
				caches := []int{0, 1 << 16, 1 << 12}
				if !m.Digits() {
					caches = caches[:1]
				}
				for _, cache := range caches {
					testmode.SetCacheBytes(cache)
					model, err := tf2ng.Load(m.File(), tf2ng.WithThreads(threads))
					require.NoError(t, err)
					for n := 1; n <= mostImages; n++ {
						t.Run(fmt.Sprintf("cache of %d/%d images/%d threads", cache, n, threads), func(t *testing.T) {
							require.Equal(t, want[n], runOn(t, model, m, slice(t, all, 0, n)))
						})
					}
					require.NoError(t, model.Close())
				}
			}
		})
	}
}

// oneByOne returns, for each number of images, the results of one run for each; of the model as it is
// for one thread and no more than one image, in plain Go if that is quick.
func oneByOne(t *testing.T, m testmodel.Model, all *core.Tensor) [][]byte {
	engine := kernels.Kernels
	if m.Digits() {
		engine = kernels.Portable
	}
	model, err := tf2ng.Load(m.File(), tf2ng.WithEngine(engine))
	require.NoError(t, err)
	defer func() { require.NoError(t, model.Close()) }()
	want := make([][]byte, mostImages+1)
	for n := 1; n <= mostImages; n++ {
		if together[m.Name()] {
			want[n] = runOn(t, model, m, slice(t, all, 0, n))
			continue
		}
		want[n] = slices.Concat(want[n-1], runOn(t, model, m, slice(t, all, n-1, n)))
	}
	return want
}

// slice returns images [from,to).
func slice(t *testing.T, all *core.Tensor, from, to int) *core.Tensor {
	size, shape := len(all.Bytes())/all.Shape()[0], all.Shape().Clone()
	shape[0] = to - from
	x, err := core.TensorOver(all.Type(), shape, all.Bytes()[from*size:to*size])
	require.NoError(t, err)
	return x
}

// runOn returns the bytes of a model's result for images.
func runOn(t *testing.T, model *tf2ng.Model, m testmodel.Model, x *core.Tensor) []byte {
	out, err := model.Run(context.Background(), map[string]*core.Tensor{m.Feeds[0]: x})
	require.NoError(t, err)
	return out[m.Fetches[0]].Bytes()
}

// What is between the layers of a batch is there for the images that are under way, not for all.
func TestMemoryOfABatchIsThatOfItsGroups(t *testing.T) {
	for _, c := range []struct {
		model string
		most  float64 // times the memory for one image
	}{{"resnet50_lpot16_tf25", 3}, {"nsfw_mobilenet_v2_lpot16_tf25", 2}} {
		t.Run(c.model, func(t *testing.T) {
			model, err := tf2ng.Load("testdata/graphdefs/" + c.model + ".pb")
			require.NoError(t, err)
			defer func() { require.NoError(t, model.Close()) }()
			in := model.Inputs()[0]
			peak := func(images int) float64 {
				shape := in.Shape.Clone()
				shape[0] = images
				p, err := model.Compile(map[string]tf2ng.Shape{in.Name: shape})
				require.NoError(t, err)
				return float64(p.PeakBytes())
			}
			require.Less(t, peak(8), c.most*peak(1))
		})
	}
}
