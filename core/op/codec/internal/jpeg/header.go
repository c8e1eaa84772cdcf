package jpeg

import "fmt"

// Markers.
const (
	markerSOF0  = 0xc0
	markerSOF1  = 0xc1
	markerSOF2  = 0xc2
	markerDHT   = 0xc4
	markerDAC   = 0xcc
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDNL   = 0xdc
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP14 = 0xee
	markerAPP15 = 0xef
	markerCOM   = 0xfe
	markerTEM   = 0x01
)

// The most of each that libjpeg takes.
const (
	maxDimension  = 65500
	maxComponents = 10
	maxSampling   = 4
	maxInScan     = 4
	maxBlocks     = 10 // of an MCU
)

// zigzag is where each coefficient of the file stands in a block. Runs that lead behind the last one end there.
var zigzag = [128]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
	62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
	63, 63, 63, 63,
}

// A component of the image.
type component struct {
	id, h, v, table int
	dc, ac          int         // the Huffman tables in the scan
	width, height   int         // in blocks
	quant           *[64]uint16 // the table, since the first scan of it
	precision       [64]int8    // of each coefficient of a progressive file, the bits that are missing; -1: all
	needed          bool
	size            int    // pixels of a side of what a block becomes
	columns, rows   int    // of its samples that have a meaning
	samples         []byte // width*size in a row
	coefficients    []int16
	stride          int // blocks of a row of coefficients
	inverse         func(b *block, q *[64]int16, out []byte, stride int)
	factors         [64]int16 // of the inverse transform
}

// header is what the markers of a file say.
type header struct {
	source
	marker                   int // one that was read and not yet looked at, or 0
	err                      error
	sawSOI, sawSOF           bool
	progressive              bool
	precision, height, width int
	components               []component
	maxH, maxV               int
	quant                    [4]*[64]uint16
	dc, ac                   [4]*huffmanTable
	restart                  int // MCUs between two markers, or 0
	nextRestart              int
	jfif, adobe              bool
	transform                int // of the Adobe marker
	scan                     []*component
	ss, se, ah, al           int
}

// fail keeps the first error.
func (h *header) fail(format string, args ...any) {
	if h.err == nil {
		h.err = fmt.Errorf(format, args...)
	}
}

// readMarkers reads up to a scan, true, or to the end of the image or an error.
func (h *header) readMarkers() bool {
	for h.err == nil {
		if h.marker == 0 {
			if h.sawSOI {
				h.marker = h.next()
			} else if first := h.word(); first != 0xff00|markerSOI {
				h.fail("starts with %#04x, which is no JPEG", first)
				return false
			} else {
				h.marker = markerSOI
			}
		}
		m := h.marker
		h.marker = 0
		switch m {
		case markerEOI:
			return false
		case markerSOS:
			h.readScan()
		default:
			h.readMarker(m)
		}
		if h.ended {
			h.fail("is cut short")
		}
		if m == markerSOS {
			return h.err == nil
		}
	}
	return false
}

// readMarker reads what belongs to a marker.
func (h *header) readMarker(m int) {
	switch {
	case m == markerSOI:
		if h.sawSOI {
			h.fail("has two starts of an image")
		}
		h.sawSOI = true
	case m == markerSOF0 || m == markerSOF1 || m == markerSOF2:
		h.readFrame(m)
	case m == markerDHT:
		h.readHuffman()
	case m == markerDAC:
		h.fail("has arithmetic coding, which is not supported")
	case m > markerSOF2 && m <= markerSOF15:
		h.fail("has the coding of marker %#x, which is not supported", m)
	case m == markerDQT:
		h.readQuantization()
	case m == markerDRI:
		if n := h.word(); n != 4 {
			h.fail("has %d bytes for a restart interval, want 4", n)
		}
		h.restart = h.word()
	case m == markerAPP0 || m == markerAPP14:
		h.readApplication(m)
	case m > markerAPP0 && m <= markerAPP15 || m == markerCOM || m == markerDNL:
		h.skip(h.word() - 2)
	case m >= markerRST0 && m <= markerRST7 || m == markerTEM:
	default:
		h.fail("has the unknown marker %#x", m)
	}
}

// readFrame reads the sizes.
func (h *header) readFrame(m int) {
	length := h.word()
	h.precision, h.height, h.width = h.byte(), h.word(), h.word()
	n := h.byte()
	switch {
	case h.sawSOF:
		h.fail("has two frames")
	case h.height == 0 || h.width == 0 || n == 0:
		h.fail("has %d by %d pixels of %d components", h.height, h.width, n)
	case length != 8+3*n:
		h.fail("has %d bytes for a frame of %d components, want %d", length, n, 8+3*n)
	}
	if h.err != nil {
		return
	}
	h.sawSOF, h.progressive = true, m == markerSOF2
	h.components = make([]component, n)
	for i := range h.components {
		c := &h.components[i]
		c.id = h.byte()
		factors := h.byte()
		c.h, c.v, c.table = factors>>4, factors&15, h.byte()
		for k := range c.precision {
			c.precision[k] = -1
		}
	}
}

// readScan reads which components follow.
func (h *header) readScan() {
	if !h.sawSOF {
		h.fail("has a scan before its frame")
		return
	}
	length, n := h.word(), h.byte()
	if length != 6+2*n || n < 1 || n > maxInScan {
		h.fail("has %d bytes for a scan of %d components", length, n)
		return
	}
	h.scan = nil
	for range n {
		id := h.byte()
		tables := h.byte()
		c := h.find(id)
		if c == nil {
			h.fail("has a scan of component %d, which there is not or not at that place", id)
			return
		}
		c.dc, c.ac = tables>>4, tables&15
		h.scan = append(h.scan, c)
	}
	h.ss, h.se = h.byte(), h.byte()
	approximation := h.byte()
	h.ah, h.al = approximation>>4, approximation&15
	h.nextRestart = 0
}

// find returns the component of an id that may be the next of a scan. As in libjpeg, components that the scan has
// passed are not looked at, nor those beyond the fourth.
func (h *header) find(id int) *component {
	for i := range min(len(h.components), maxInScan) {
		c := &h.components[i]
		if c.id != id || i < len(h.scan) {
			continue
		}
		for _, other := range h.scan {
			if other == c {
				return nil
			}
		}
		return c
	}
	return nil
}

// readHuffman reads tables.
func (h *header) readHuffman() {
	length := h.word() - 2
	for length > 16 && h.err == nil {
		index, t, count := h.byte(), &huffmanTable{}, 0
		for i := 1; i <= 16; i++ {
			t.counts[i] = h.byte()
			count += t.counts[i]
		}
		length -= 17
		if count > 256 || count > length {
			h.fail("has a Huffman table of %d symbols in %d bytes", count, length)
			return
		}
		for i := range count {
			t.symbols[i] = byte(h.byte())
		}
		length -= count
		tables := &h.dc
		if index&0x10 != 0 {
			tables = &h.ac
		}
		if index &^= 0x10; index >= len(tables) {
			h.fail("has the Huffman table %d, want 0 to 3", index)
			return
		}
		tables[index] = t
	}
	if length != 0 {
		h.fail("has %d bytes too many for its Huffman tables", length)
	}
}

// readQuantization reads tables.
func (h *header) readQuantization() {
	length := h.word() - 2
	for length > 0 && h.err == nil {
		index := h.byte()
		size, t := 1, &[64]uint16{}
		if index >= 16 {
			size = 2
		}
		if index &= 15; index >= len(h.quant) {
			h.fail("has the quantization table %d, want 0 to 3", index)
			return
		}
		for i := range t {
			v := h.byte()
			if size == 2 {
				v = v<<8 | h.byte()
			}
			t[zigzag[i]] = uint16(v)
		}
		h.quant[index] = t
		length -= 1 + 64*size
	}
	if length != 0 {
		h.fail("has %d bytes too few for its quantization tables", -length)
	}
}

// readApplication reads whether a file is of JFIF or Adobe.
func (h *header) readApplication(m int) {
	length := h.word() - 2
	var b [14]byte
	n := max(0, min(length, len(b)))
	for i := range n {
		b[i] = byte(h.byte())
	}
	switch {
	case m == markerAPP0 && n == len(b) && string(b[:5]) == "JFIF\x00":
		h.jfif = true
	case m == markerAPP14 && n >= 12 && string(b[:5]) == "Adobe":
		h.adobe, h.transform = true, int(b[11])
	}
	h.skip(length - n)
}

// setUp computes what follows from the frame, when the first scan begins.
func (h *header) setUp() {
	if h.height > maxDimension || h.width > maxDimension {
		h.fail("has %d by %d pixels, want at most %d of each", h.height, h.width, maxDimension)
	}
	if h.precision != 8 {
		h.fail("has samples of %d bits, want 8", h.precision)
	}
	if len(h.components) > maxComponents {
		h.fail("has %d components, want at most %d", len(h.components), maxComponents)
	}
	h.maxH, h.maxV = 1, 1
	for i := range h.components {
		c := &h.components[i]
		if c.h == 0 || c.h > maxSampling || c.v == 0 || c.v > maxSampling {
			h.fail("has a component with the sampling factors %d and %d, want 1 to %d", c.h, c.v, maxSampling)
		}
		h.maxH, h.maxV = max(h.maxH, c.h), max(h.maxV, c.v)
	}
	for i := range h.components {
		c := &h.components[i]
		c.width, c.height = ceil(h.width*c.h, 8*h.maxH), ceil(h.height*c.v, 8*h.maxV)
	}
}

// several reports whether an image may have more scans than the first.
func (h *header) several() bool { return h.progressive || len(h.scan) < len(h.components) }

func ceil(a, b int) int { return (a + b - 1) / b }
