package linear

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

// conv is the geometry of a convolution with known shapes, for plain loops.
type conv struct {
	axes                      []geometry.Axis
	batch, inC, outC, groups  int // inC is the channels of one group
	dataN, dataC, outN, outCh int // element strides of batch and channel
	filtO, filtI              int
	dataS, filtS, outS        []int      // element strides of the spatial dimensions
	out, window               core.Shape // spatial sizes
	pairs                     bool       // channels are summed in the order of ofPairs
}

// eachOutput calls f for every element of an output, with its index in the flat output, its channel, and its
// taps: the pairs (data index, filter index) whose products it sums. It stops early if the output is abandoned.
func (c *conv) eachOutput(to *core.Tensor, f func(out, channel int, taps func(yield func(x, w int)))) {
	perGroup := c.outC / c.groups
	for n := range c.batch {
		elements.EachIndex(c.out, func(at []int) {
			base := n * c.outN
			for i, o := range at {
				base += o * c.outS[i]
			}
			for o := range c.outC {
				if to.Abandoned() {
					return
				}
				firstC := o / perGroup * c.inC
				f(base+o*c.outCh, o, func(yield func(x, w int)) {
					elements.EachIndex(c.window, func(k []int) {
						x, w := n*c.dataN, o*c.filtO
						for i, ki := range k {
							p, ok := c.axes[i].At(at[i], ki)
							if !ok {
								return
							}
							x += p * c.dataS[i]
							w += ki * c.filtS[i]
						}
						for ch := range c.inC {
							yield(x+(firstC+ch)*c.dataC, w+ch*c.filtI)
						}
					})
				})
			}
		})
	}
}

// newConv returns the geometry of a convolution that convolutionShape has accepted.
func newConv(s *geometry.Spatial, data, filters, out core.Shape, groups int) (*conv, error) {
	rank := len(data)
	axes, err := s.Axes(data, windowOf(s, filters))
	if err != nil {
		return nil, err
	}
	ds, fs, os := elements.RowMajorStrides(data), elements.RowMajorStrides(filters), elements.RowMajorStrides(out)
	ca, sa := s.Layout.ChannelAxis(rank), s.Layout.SpatialAxis()
	oAxis, iAxis, fa := s.Layout.FilterAxes(rank)
	c := &conv{
		axes: axes, batch: data[0], inC: filters[iAxis], outC: filters[oAxis], groups: max(groups, 1),
		dataN: ds[0], dataC: ds[ca], outN: os[0], outCh: os[ca], filtO: fs[oAxis], filtI: fs[iAxis],
		dataS: ds[sa : sa+rank-2], filtS: fs[fa : fa+rank-2], outS: os[sa : sa+rank-2],
	}
	for _, a := range axes {
		c.out = append(c.out, a.Out)
		c.window = append(c.window, a.Window)
	}
	return c, nil
}

// tapsBound returns the largest number of products that one output may sum, or an
// error if that could overflow an int32 accumulator for 8-bit factors.
func tapsBound(window []int, inC int) error {
	n := inC
	for _, w := range window {
		if w == core.Unknown || inC == core.Unknown {
			return nil
		}
		if w > maxTaps || n > maxTaps {
			n = max(n, w)
			break
		}
		n *= w
	}
	if n > maxTaps {
		return core.Violation("", 1, "got %d products a sum, want at most %d: the int32 accumulator could overflow", n,
			maxTaps)
	}
	return nil
}

// maxTaps is the largest number of u8*s8 products whose sum surely fits an int32:
// floor((2^31-1) / (255*128)).
const maxTaps = 65793

// windowOf returns the spatial dimensions of filters.
func windowOf(s *geometry.Spatial, filters core.Shape) []int {
	_, _, first := s.Layout.FilterAxes(len(filters))
	return filters[first : first+len(filters)-2]
}

// convolutionShape validates data and filters of a (grouped) convolution and
// returns the output's shape; both may be partly unknown. groups 0 means 1.
func convolutionShape(s *geometry.Spatial, data, filters core.Shape, groups int) (core.Shape, error) {
	if groups < 0 {
		return nil, core.Violation("", -1, "groups: got %d, want >= 0", groups)
	}
	groups = max(groups, 1)
	if data.Ranked() && (len(data) < 3 || len(data) > 5) {
		return nil, core.Violation("", 0, "got shape %v, want 1, 2 or 3 spatial dimensions beside batch and channels", data)
	}
	if data.Ranked() && filters.Ranked() && len(data) != len(filters) {
		return nil, core.Violation("", 1, "got shape %v, want rank %d as the data", filters, len(data))
	}
	if filters.Ranked() && (len(filters) < 3 || len(filters) > 5) {
		return nil, core.Violation("", 1, "got shape %v, want 1, 2 or 3 spatial dimensions beside the channels", filters)
	}
	if !data.Ranked() && !filters.Ranked() {
		return nil, nil
	}
	rank := max(len(data), len(filters))
	if err := s.Check(rank - 2); err != nil {
		return nil, err
	}
	if !data.Ranked() {
		data = slices.Repeat(core.Shape{core.Unknown}, rank)
	}
	if !filters.Ranked() {
		filters = slices.Repeat(core.Shape{core.Unknown}, rank)
	}
	oAxis, iAxis, _ := s.Layout.FilterAxes(rank)
	channels, inC, outC := data[s.Layout.ChannelAxis(rank)], filters[iAxis], filters[oAxis]
	if channels == 0 || inC == 0 || outC == 0 {
		return nil, core.Violation("", -1,
			"data %v and filters %v: want at least one input and output channel", data, filters)
	}
	if channels != core.Unknown && inC != core.Unknown && channels != inC*groups {
		return nil, core.Violation("",
			1, "got filters %v for %d input channels in %d group(s), want %d input channels a group, got %d",
			filters, channels, groups, channels/groups, inC)
	}
	if outC != core.Unknown && outC%groups != 0 {
		return nil, core.Violation("", 1, "got %d output channels, want a multiple of the %d groups", outC, groups)
	}
	return s.OutShape(data, windowOf(s, filters), outC)
}

// operations returns the multiplications and additions of a convolution, not counting those of zeros between dilated
// data.
func operations(s *geometry.Spatial, filters, out core.Shape) int64 {
	o, _, _ := s.Layout.FilterAxes(len(filters))
	n := 2 * int64(out.MustElements()) * int64(filters.MustElements()/filters[o])
	for _, d := range s.DataDilations {
		n /= int64(d)
	}
	return n
}
