package jpeg

// source is the bytes of a file. Behind its end it has end-of-image markers for ever, so that all that reads comes to
// an end; ended says that they were read.
type source struct {
	data  []byte
	pos   int
	odd   bool // the next byte behind the end is the second of a marker
	ended bool
}

// byte returns the next byte.
func (s *source) byte() int {
	if s.pos < len(s.data) {
		s.pos++
		return int(s.data[s.pos-1])
	}
	s.ended = true
	if s.odd = !s.odd; s.odd {
		return 0xff
	}
	return markerEOI
}

// word returns the next two bytes as a number.
func (s *source) word() int {
	high := s.byte()
	return high<<8 | s.byte()
}

// skip passes over bytes. Behind the end a marker begins.
func (s *source) skip(n int) {
	switch {
	case n <= 0:
	case n <= len(s.data)-s.pos:
		s.pos += n
	default:
		s.pos, s.odd = len(s.data), false
	}
}

// next returns the code of the next marker. It passes over all else.
func (s *source) next() int {
	for {
		for s.byte() != 0xff {
		}
		c := 0xff
		for c == 0xff {
			c = s.byte()
		}
		if c != 0 {
			return c
		}
	}
}
