package ops

import (
	"math"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core/geometry"
)

// layout reads data_format: NHWC (NDHWC) or NCHW (NCDHW) for data of n spatial dimensions.
func (c *call) layout(n int) geometry.Layout {
	last, first := "NHWC", "NCHW"
	if n == 3 {
		last, first = "NDHWC", "NCDHW"
	}
	return choice(c, "data_format", []string{last, first}, []geometry.Layout{geometry.NHWC, geometry.NCHW})
}

// perDimension reads strides, dilations or ksize: a list for all dimensions of data. It returns the numbers for the
// spatial dimensions; those for batch and channels must be 1. A default of 0 means that the attribute is required.
func (c *call) perDimension(attr string, n int, layout geometry.Layout, otherwise int64) []int {
	var def []int64
	if otherwise != 0 {
		def = slices.Repeat([]int64{otherwise}, n+2)
	}
	list := c.intsOr(attr, n+2, def)
	if c.err != nil {
		return nil
	}
	channels, first := 1, 2
	if layout == geometry.NHWC {
		channels, first = n+1, 1
	}
	if list[0] != 1 || list[channels] != 1 {
		c.failAttr(attr, "got %v, want 1 for batch and channels", list)
	}
	spatial := list[first : first+n]
	for _, v := range spatial {
		if v < 1 || v > math.MaxInt32 {
			c.failAttr(attr, "got %v, want numbers in [1, 2^31)", list)
		}
	}
	return spatial
}

// spatial reads strides, dilations and padding of n spatial dimensions. explicit is the attribute for explicit
// paddings, "" for an op that has none.
func (c *call) spatial(n int, layout geometry.Layout, explicit string) geometry.Spatial {
	s := geometry.Spatial{
		Layout:    layout,
		Strides:   c.perDimension("strides", n, layout, 0),
		Dilations: c.perDimension("dilations", n, layout, 1),
	}
	c.padding(&s, n, explicit)
	return s
}

// padding reads the attribute padding and, if the op has them, the explicit paddings, which require padding EXPLICIT.
// The padding_list of the legacy quantized convolutions takes the place of SAME or VALID, unless it is empty or all
// zeros.
func (c *call) padding(s *geometry.Spatial, n int, explicit string) {
	names := []string{"SAME", "VALID"}
	legacy := explicit == "padding_list"
	if explicit != "" {
		names = append(names, "EXPLICIT")
	}
	padding := c.str("padding")
	if c.err == nil && !slices.Contains(names, padding) {
		c.failAttr("padding", "got %q, want %s", padding, strings.Join(names, ", "))
	}
	var list []int64
	if explicit != "" {
		var err error
		list, err = c.node.IntsOr(explicit, nil)
		c.keep(err)
	}
	switch {
	case c.err != nil:
	case padding == "EXPLICIT" && len(list) == 0:
		c.failAttr(explicit, "got none, want %d numbers for padding EXPLICIT", 2*(n+2))
	case len(list) > 0 && padding != "EXPLICIT" && !legacy:
		c.failAttr(explicit, "got %d numbers with padding %s, want none, or padding EXPLICIT", len(list), padding)
	case len(list) > 0 && !(legacy && padding != "EXPLICIT" && len(list) == 2*(n+2) && allZero(list)):
		c.explicitPadding(s, n, explicit, list)
	case padding == "SAME":
		s.PadType = geometry.PadSameUpper
	default:
		s.PadType = geometry.PadValid
	}
}

func allZero(list []int64) bool {
	return !slices.ContainsFunc(list, func(v int64) bool { return v != 0 })
}

// explicitPadding takes the paddings before and after each dimension.
func (c *call) explicitPadding(s *geometry.Spatial, n int, attr string, list []int64) {
	if len(list) != 2*(n+2) {
		c.failAttr(attr, "got %d numbers, want %d: before and after each dimension", len(list), 2*(n+2))
		return
	}
	channels, first := 1, 2
	if s.Layout == geometry.NHWC {
		channels, first = n+1, 1
	}
	for i, v := range list {
		if axis := i / 2; v < 0 || v > math.MaxInt32 || v != 0 && (axis == 0 || axis == channels) {
			c.failAttr(attr, "got %v, want numbers in [0, 2^31), 0 for batch and channels", list)
			return
		}
	}
	for i := first; i < first+n; i++ {
		s.PadBelow, s.PadAbove = append(s.PadBelow, int(list[2*i])), append(s.PadAbove, int(list[2*i+1]))
	}
}
