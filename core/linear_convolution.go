package core

import "slices"

// conv is a convolution's geometry with everything known, for plain loops.
type conv struct {
	axes                      []Axis
	batch, inC, outC, groups  int // inC is the channels of one group
	dataN, dataC, outN, outCh int // element strides of batch and channel
	filtO, filtI              int
	dataS, filtS, outS        []int // element strides of the spatial dimensions
	out, window               Shape // spatial sizes
}

// eachOutput calls f for every output element with its index in the flat output,
// its channel, and taps: the pairs (data index, filter index) that it sums.
func (c *conv) eachOutput(f func(out, channel int, taps func(yield func(x, w int)))) {
	perGroup := c.outC / c.groups
	for n := range c.batch {
		eachIndex(c.out, func(at []int) {
			base := n * c.outN
			for i, o := range at {
				base += o * c.outS[i]
			}
			for o := range c.outC {
				firstC := o / perGroup * c.inC
				f(base+o*c.outCh, o, func(yield func(x, w int)) {
					eachIndex(c.window, func(k []int) {
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

// newConv returns the geometry of a convolution that convolutionShape accepted.
func newConv(s *Spatial, data, filters, out Shape, groups int) (*conv, error) {
	rank := len(data)
	axes, err := s.Axes(data, windowOf(s, filters))
	if err != nil {
		return nil, err
	}
	ds, fs, os := rowMajorStrides(data), rowMajorStrides(filters), rowMajorStrides(out)
	ca, sa := s.Layout.channelAxis(rank), s.Layout.spatialAxis()
	oAxis, iAxis, fa := s.Layout.filterAxes(rank)
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
		if w == Unknown || inC == Unknown {
			return nil
		}
		if w > maxTaps || n > maxTaps {
			n = max(n, w)
			break
		}
		n *= w
	}
	if n > maxTaps {
		return Violation("", 1, "got %d products a sum, want at most %d: the int32 accumulator could overflow", n, maxTaps)
	}
	return nil
}

// maxTaps is the largest number of u8*s8 products whose sum surely fits an int32:
// floor((2^31-1) / (255*128)).
const maxTaps = 65793

// windowOf returns the spatial dimensions of filters.
func windowOf(s *Spatial, filters Shape) []int {
	_, _, first := s.Layout.filterAxes(len(filters))
	return filters[first : first+len(filters)-2]
}

// convolutionShape validates data and filters of a (grouped) convolution and
// returns the output's shape; both may be partly unknown. groups 0 means 1.
func convolutionShape(s *Spatial, data, filters Shape, groups int) (Shape, error) {
	if groups < 0 {
		return nil, Violation("", -1, "groups: got %d, want >= 0", groups)
	}
	groups = max(groups, 1)
	if data.Ranked() && (len(data) < 3 || len(data) > 5) {
		return nil, Violation("", 0, "got shape %v, want 1, 2 or 3 spatial dimensions beside batch and channels", data)
	}
	if data.Ranked() && filters.Ranked() && len(data) != len(filters) {
		return nil, Violation("", 1, "got shape %v, want rank %d as the data", filters, len(data))
	}
	if filters.Ranked() && (len(filters) < 3 || len(filters) > 5) {
		return nil, Violation("", 1, "got shape %v, want 1, 2 or 3 spatial dimensions beside the channels", filters)
	}
	if !data.Ranked() && !filters.Ranked() {
		return nil, nil
	}
	rank := max(len(data), len(filters))
	if err := s.check(rank - 2); err != nil {
		return nil, err
	}
	if !data.Ranked() {
		data = slices.Repeat(Shape{Unknown}, rank)
	}
	if !filters.Ranked() {
		filters = slices.Repeat(Shape{Unknown}, rank)
	}
	oAxis, iAxis, _ := s.Layout.filterAxes(rank)
	channels, inC, outC := data[s.Layout.channelAxis(rank)], filters[iAxis], filters[oAxis]
	if channels == 0 || inC == 0 || outC == 0 {
		return nil, Violation("", -1, "data %v and filters %v: want at least one input and output channel", data, filters)
	}
	if channels != Unknown && inC != Unknown && channels != inC*groups {
		return nil, Violation("",
			1, "got filters %v for %d input channels in %d group(s), want %d input channels a group, got %d",
			filters, channels, groups, channels/groups, inC)
	}
	if outC != Unknown && outC%groups != 0 {
		return nil, Violation("", 1, "got %d output channels, want a multiple of the %d groups", outC, groups)
	}
	return s.outShape(data, windowOf(s, filters), outC)
}

// operations returns the multiplications and additions of a convolution.
func operations(s *Spatial, filters, out Shape) int64 {
	o, _, _ := s.Layout.filterAxes(len(filters))
	return 2 * int64(out.MustElements()) * int64(filters.MustElements()/filters[o])
}
