package core

import (
	"math"
	"slices"
)

// Layout says where the channels of an image tensor and of its filters are.
type Layout uint8

// The layouts. Spatial dimensions keep their order.
const (
	NCHW Layout = iota // data [N, C, spatial...], filters [O, I, spatial...]: nGraph's
	NHWC               // data [N, spatial..., C], filters [spatial..., I, O]: TensorFlow's
)

var layoutNames = []string{"NCHW", "NHWC"}

// String returns NCHW or NHWC.
func (l Layout) String() string { return enumName(l, layoutNames) }

// MarshalText makes a Layout its name in JSON.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText parses a layout's name.
func (l *Layout) UnmarshalText(b []byte) error { return parseEnum(l, string(b), "layout", layoutNames) }

// channelAxis returns the axis of the channels in data of the given rank.
func (l Layout) channelAxis(rank int) int {
	if l == NCHW {
		return 1
	}
	return rank - 1
}

// spatialAxis returns the axis of spatial dimension 0 in data.
func (l Layout) spatialAxis() int {
	if l == NCHW {
		return 2
	}
	return 1
}

// filterAxes returns the axes of output channels, input channels and spatial
// dimension 0 in filters of the given rank.
func (l Layout) filterAxes(rank int) (out, in, spatial int) {
	if l == NCHW {
		return 0, 1, 2
	}
	return rank - 1, rank - 2, 0
}

// PadType says where the padding comes from.
type PadType uint8

// The pad types.
const (
	PadExplicit  PadType = iota // from the attributes padding below and above
	PadSameUpper                // so that out = ceil(in / stride), the odd element above (TensorFlow's SAME)
	PadValid                    // none
)

var padTypeNames = []string{"EXPLICIT", "SAME_UPPER", "VALID"}

// String returns nGraph's name.
func (p PadType) String() string { return enumName(p, padTypeNames) }

// MarshalText makes a PadType its name in JSON.
func (p PadType) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a pad type's name.
func (p *PadType) UnmarshalText(b []byte) error {
	return parseEnum(p, string(b), "pad type", padTypeNames)
}

// Spatial holds the attributes that ops with a sliding window share. Each list has
// one number per spatial dimension, or is empty for the default (1, or 0 for padding).
type Spatial struct {
	Layout        Layout  `json:"layout"`
	Strides       []int   `json:"strides,omitempty"`   // nGraph's window movement strides
	Dilations     []int   `json:"dilations,omitempty"` // nGraph's window dilation strides
	PadBelow      []int   `json:"padding_below,omitempty"`
	PadAbove      []int   `json:"padding_above,omitempty"`
	DataDilations []int   `json:"data_dilations,omitempty"` // nGraph's data dilation strides
	PadType       PadType `json:"pad_type"`

	// MayBeEmpty gives data that is smaller than the window, by less than two strides, an output
	// of no elements, as TensorFlow's formula of an output's size does; else it is an error.
	MayBeEmpty bool `json:"may_be_empty,omitempty"`
}

// attr returns element i of an attribute list, or its default.
func attr(list []int, i, def int) int {
	if len(list) == 0 {
		return def
	}
	return list[i]
}

// maxWindow bounds strides, dilations and paddings, so that sizes computed from
// them cannot overflow.
const maxWindow = 1 << 24

// check validates the attributes for n spatial dimensions.
func (s *Spatial) check(n int) error {
	for _, a := range []struct {
		name   string
		list   []int
		lo, hi int
	}{
		{"strides", s.Strides, 1, maxWindow},
		{"dilations", s.Dilations, 1, maxWindow},
		{"data dilations", s.DataDilations, 1, maxWindow},
		{"padding below", s.PadBelow, -maxWindow, maxWindow},
		{"padding above", s.PadAbove, -maxWindow, maxWindow},
	} {
		if len(a.list) != 0 && len(a.list) != n {
			return Violation("", -1, "%s: got %d numbers, want %d (one per spatial dimension)", a.name, len(a.list), n)
		}
		for _, v := range a.list {
			if v < a.lo || v > a.hi {
				return Violation("", -1, "%s: got %v, want each in [%d, %d]", a.name, a.list, a.lo, a.hi)
			}
		}
	}
	if int(s.Layout) >= len(layoutNames) || int(s.PadType) >= len(padTypeNames) {
		return Violation("", -1, "layout or pad type is invalid")
	}
	return nil
}

// Axis is the geometry of one spatial dimension, all known. Output position o and
// window position k read data position
//
//	p = o*Stride + k*Dilation - PadBelow
//
// which is a real element, number p/DataDilation, if 0 <= p < (In-1)*DataDilation+1
// and DataDilation divides p; anything else is padding.
type Axis struct {
	In, Window, Out                int
	Stride, Dilation, DataDilation int
	PadBelow, PadAbove             int
}

// At returns the data element that output o and window position k read; false for padding.
func (a Axis) At(o, k int) (int, bool) {
	p := o*a.Stride + k*a.Dilation - a.PadBelow
	if p < 0 || p > (a.In-1)*a.DataDilation || p%a.DataDilation != 0 {
		return 0, false
	}
	return p / a.DataDilation, true
}

// Inside returns the window positions [first, end) of output o that may be inside the data; all
// others are padding. They are at most as many as the data spans, however large the window is.
func (a Axis) Inside(o int) (first, end int) {
	start := a.PadBelow - o*a.Stride // first*Dilation >= start
	first = min(max((start+a.Dilation-1)/a.Dilation, 0), a.Window)
	last := start + (a.In-1)*a.DataDilation // (end-1)*Dilation <= last
	if last < 0 {
		return first, first
	}
	return first, max(first, min(last/a.Dilation+1, a.Window))
}

// axis computes the geometry of spatial dimension i for a known input and window
// size. An output size < 0 is an error, and one of 0 unless it may be.
func (s *Spatial) axis(i, in, window int) (Axis, error) {
	a := Axis{
		In: in, Window: window,
		Stride: attr(s.Strides, i, 1), Dilation: attr(s.Dilations, i, 1), DataDilation: attr(s.DataDilations, i, 1),
	}
	if window < 1 || window > maxWindow {
		return a, Violation("", -1, "window: got %d in spatial dimension %d, want in [1, %d]", window, i, maxWindow)
	}
	if in < 1 || in > math.MaxInt32 {
		return a, Violation("", 0, "got %d in spatial dimension %d, want in [1, 2^31)", in, i)
	}
	data := (in-1)*a.DataDilation + 1
	span := (window-1)*a.Dilation + 1
	switch s.PadType {
	case PadSameUpper:
		out := (data + a.Stride - 1) / a.Stride
		total := max((out-1)*a.Stride+span-data, 0)
		a.PadBelow, a.PadAbove = total/2, total-total/2
	case PadExplicit:
		a.PadBelow, a.PadAbove = attr(s.PadBelow, i, 0), attr(s.PadAbove, i, 0)
	}
	room := data + a.PadBelow + a.PadAbove - span
	if room < 0 && (!s.MayBeEmpty || room <= -2*a.Stride) {
		return a, Violation("", -1, "spatial dimension %d: the window spans %d, more than the padded input's %d",
			i, span, data+a.PadBelow+a.PadAbove)
	}
	a.Out = (room + a.Stride) / a.Stride
	return a, nil
}

// Axes returns the geometry of all spatial dimensions for static data and window shapes.
func (s *Spatial) Axes(data Shape, window []int) ([]Axis, error) {
	first := s.Layout.spatialAxis()
	axes := make([]Axis, len(window))
	for i, w := range window {
		var err error
		if axes[i], err = s.axis(i, data[first+i], w); err != nil {
			return nil, err
		}
	}
	return axes, nil
}

// outShape returns the output's shape for data of known rank and a window some of
// whose sizes may be Unknown.
func (s *Spatial) outShape(data Shape, window []int, channels int) (Shape, error) {
	out := slices.Clone(data)
	first := s.Layout.spatialAxis()
	for i, w := range window {
		in := data[first+i]
		if in == Unknown || w == Unknown {
			out[first+i] = Unknown
			continue
		}
		a, err := s.axis(i, in, w)
		if err != nil {
			return nil, err
		}
		out[first+i] = a.Out
	}
	out[s.Layout.channelAxis(len(data))] = channels
	return out, nil
}

// window returns the spatial dimensions of filters.
func (s *Spatial) window(filters Shape) []int {
	_, _, first := s.Layout.filterAxes(len(filters))
	return filters[first : first+len(filters)-2]
}

// convolutionShape validates data and filters of a (grouped) convolution and
// returns the output's shape; both may be partly unknown. groups 0 means 1.
func (s *Spatial) convolutionShape(data, filters Shape, groups int) (Shape, error) {
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
	return s.outShape(data, s.window(filters), outC)
}

// conv is a convolution's geometry with everything known, for plain loops.
type conv struct {
	axes                      []Axis
	batch, inC, outC, groups  int // inC is the channels of one group
	dataN, dataC, outN, outCh int // element strides of batch and channel
	filtO, filtI              int
	dataS, filtS, outS        []int // element strides of the spatial dimensions
	out, window               Shape // spatial sizes
}

// newConv returns the geometry of a convolution that convolutionShape accepted.
func newConv(s *Spatial, data, filters, out Shape, groups int) (*conv, error) {
	rank := len(data)
	axes, err := s.Axes(data, s.window(filters))
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

// operations returns the multiplications and additions of a convolution.
func (s *Spatial) operations(filters, out Shape) int64 {
	o, _, _ := s.Layout.filterAxes(len(filters))
	return 2 * int64(out.elements()) * int64(filters.elements()/filters[o])
}

// padded returns s with padding of the axes of the data in addition; false if it cannot have
// it.
func (s Spatial) padded(below, above []int) (Spatial, bool) {
	n := len(below) - 2
	if n < 1 || s.PadType == PadSameUpper || len(s.DataDilations) != 0 {
		return s, false
	}
	first, channels := s.Layout.spatialAxis(), s.Layout.channelAxis(len(below))
	if below[0]+above[0]+below[channels]+above[channels] != 0 {
		return s, false
	}
	below, above = slices.Clone(below[first:first+n]), slices.Clone(above[first:first+n])
	if s.PadType == PadExplicit && len(s.PadBelow) == n && len(s.PadAbove) == n {
		for i := range below {
			// A negative padding would cut off what is added, or not, as well.
			if s.PadBelow[i] < 0 || s.PadAbove[i] < 0 {
				return s, false
			}
			below[i] += s.PadBelow[i]
			above[i] += s.PadAbove[i]
		}
	} else if len(s.PadBelow)+len(s.PadAbove) != 0 && s.PadType == PadExplicit {
		return s, false
	}
	s.PadType, s.PadBelow, s.PadAbove = PadExplicit, below, above
	return s, true
}
