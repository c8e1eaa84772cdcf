package geometry

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
)

// Layout says which axes of an image tensor and of its filters have the channels.
type Layout uint8

// The layouts. Spatial dimensions keep their order.
const (
	NCHW Layout = iota // data [N, C, spatial...], filters [O, I, spatial...]: nGraph's
	NHWC               // data [N, spatial..., C], filters [spatial..., I, O]: TensorFlow's
)

var layoutNames = []string{"NCHW", "NHWC"}

// String returns NCHW or NHWC.
func (l Layout) String() string { return enum.Name(l, layoutNames) }

// MarshalText writes the name, which stands for the Layout in JSON.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText parses a layout's name.
func (l *Layout) UnmarshalText(b []byte) error {
	return enum.Parse(l, string(b), "layout", layoutNames)
}

// ChannelAxis returns the axis of the channels in data of the given rank.
func (l Layout) ChannelAxis(rank int) int {
	if l == NCHW {
		return 1
	}
	return rank - 1
}

// SpatialAxis returns the axis of spatial dimension 0 in data.
func (l Layout) SpatialAxis() int {
	if l == NCHW {
		return 2
	}
	return 1
}

// FilterAxes returns the axes of output channels, input channels and spatial
// dimension 0 in filters of the given rank.
func (l Layout) FilterAxes(rank int) (out, in, spatial int) {
	if l == NCHW {
		return 0, 1, 2
	}
	return rank - 1, rank - 2, 0
}

// PadType says how the padding is determined.
type PadType uint8

// The pad types.
const (
	PadExplicit  PadType = iota // from the attributes padding below and above
	PadSameUpper                // such that out = ceil(in / stride), an odd element goes above (TensorFlow's SAME)
	PadValid                    // none
)

var padTypeNames = []string{"EXPLICIT", "SAME_UPPER", "VALID"}

// String returns nGraph's name.
func (p PadType) String() string { return enum.Name(p, padTypeNames) }

// MarshalText writes the name, which stands for the PadType in JSON.
func (p PadType) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a pad type's name.
func (p *PadType) UnmarshalText(b []byte) error {
	return enum.Parse(p, string(b), "pad type", padTypeNames)
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

	// MayBeEmpty allows data that is smaller than the window by less than two strides: the output then has
	// no elements, as by TensorFlow's formula for its size. Otherwise such data is an error.
	MayBeEmpty bool `json:"may_be_empty,omitempty"`
}

// attr returns element i of an attribute list, or its default.
func attr(list []int, i, def int) int {
	if len(list) == 0 {
		return def
	}
	return list[i]
}

// MaxWindow bounds strides, dilations and paddings, so that sizes computed from
// them cannot overflow.
const MaxWindow = 1 << 24

// Check validates the attributes for n spatial dimensions.
func (s *Spatial) Check(n int) error {
	for _, a := range []struct {
		name   string
		list   []int
		lo, hi int
	}{
		{"strides", s.Strides, 1, MaxWindow},
		{"dilations", s.Dilations, 1, MaxWindow},
		{"data dilations", s.DataDilations, 1, MaxWindow},
		{"padding below", s.PadBelow, -MaxWindow, MaxWindow},
		{"padding above", s.PadAbove, -MaxWindow, MaxWindow},
	} {
		if len(a.list) != 0 && len(a.list) != n {
			return core.Violation("", -1, "%s: got %d numbers, want %d (one per spatial dimension)", a.name, len(a.list), n)
		}
		for _, v := range a.list {
			if v < a.lo || v > a.hi {
				return core.Violation("", -1, "%s: got %v, want each in [%d, %d]", a.name, a.list, a.lo, a.hi)
			}
		}
	}
	if int(s.Layout) >= len(layoutNames) || int(s.PadType) >= len(padTypeNames) {
		return core.Violation("", -1, "layout or pad type is invalid")
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

// At returns the data element that window position k of output o reads; false for padding.
func (a Axis) At(o, k int) (int, bool) {
	p := o*a.Stride + k*a.Dilation - a.PadBelow
	if p < 0 || p > (a.In-1)*a.DataDilation || p%a.DataDilation != 0 {
		return 0, false
	}
	return p / a.DataDilation, true
}

// Inside returns the window positions [first, end) of output o that may be inside the data; all others are
// padding. Their number is bounded by the size of the data, however large the window is.
func (a Axis) Inside(o int) (first, end int) {
	start := a.PadBelow - o*a.Stride // first*Dilation >= start
	first = min(max((start+a.Dilation-1)/a.Dilation, 0), a.Window)
	last := start + (a.In-1)*a.DataDilation // (end-1)*Dilation <= last
	if last < 0 {
		return first, first
	}
	return first, max(first, min(last/a.Dilation+1, a.Window))
}

// axis computes the geometry of spatial dimension i for known sizes of the input and the window. An output
// size below 0 is an error; 0 is an error unless MayBeEmpty is set.
func (s *Spatial) axis(i, in, window int) (Axis, error) {
	a := Axis{
		In: in, Window: window,
		Stride: attr(s.Strides, i, 1), Dilation: attr(s.Dilations, i, 1), DataDilation: attr(s.DataDilations, i, 1),
	}
	if window < 1 || window > MaxWindow {
		return a, core.Violation("", -1, "window: got %d in spatial dimension %d, want in [1, %d]", window, i, MaxWindow)
	}
	if in < 1 || in > math.MaxInt32 {
		return a, core.Violation("", 0, "got %d in spatial dimension %d, want in [1, 2^31)", in, i)
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
		return a, core.Violation("", -1, "spatial dimension %d: the window spans %d, more than the padded input's %d",
			i, span, data+a.PadBelow+a.PadAbove)
	}
	a.Out = (room + a.Stride) / a.Stride
	return a, nil
}

// Axes returns the geometry of all spatial dimensions for static data and window shapes.
func (s *Spatial) Axes(data core.Shape, window []int) ([]Axis, error) {
	first := s.Layout.SpatialAxis()
	axes := make([]Axis, len(window))
	for i, w := range window {
		var err error
		if axes[i], err = s.axis(i, data[first+i], w); err != nil {
			return nil, err
		}
	}
	return axes, nil
}

// OutShape returns the output's shape for data of known rank and a window some of
// whose sizes may be Unknown.
func (s *Spatial) OutShape(data core.Shape, window []int, channels int) (core.Shape, error) {
	out := slices.Clone(data)
	first := s.Layout.SpatialAxis()
	for i, w := range window {
		in := data[first+i]
		if in == core.Unknown || w == core.Unknown {
			out[first+i] = core.Unknown
			continue
		}
		a, err := s.axis(i, in, w)
		if err != nil {
			return nil, err
		}
		out[first+i] = a.Out
	}
	out[s.Layout.ChannelAxis(len(data))] = channels
	return out, nil
}

// Padded returns s with additional padding, given for each axis of the data; false if it cannot have that
// padding.
func (s Spatial) Padded(below, above []int) (Spatial, bool) {
	n := len(below) - 2
	if n < 1 || s.PadType == PadSameUpper || len(s.DataDilations) != 0 {
		return s, false
	}
	first, channels := s.Layout.SpatialAxis(), s.Layout.ChannelAxis(len(below))
	if below[0]+above[0]+below[channels]+above[channels] != 0 {
		return s, false
	}
	below, above = slices.Clone(below[first:first+n]), slices.Clone(above[first:first+n])
	if s.PadType == PadExplicit && len(s.PadBelow) == n && len(s.PadAbove) == n {
		for i := range below {
			// With a negative padding it is not clear whether the additional one is cut off, too.
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

// Valid reports whether l is one of the layouts.
func (l Layout) Valid() bool { return int(l) < len(layoutNames) }
