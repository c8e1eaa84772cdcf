package jpeg

// chroma has what samples of colour add to red, blue and green, each in bits of its own: from bit 48, from bit 32, and
// from bit 0 in units of 2^-16. What is added is positive, so that the parts stay apart.
var chroma = func() (t struct {
	red, blue [256]uint64 // of a sample of red, and of blue
	limit     [1024]byte  // from -bias
},
) {
	for i := range t.red {
		x := int64(i) - 128
		red, blue := (91881*x+1<<15)>>16, (116130*x+1<<15)>>16
		t.red[i] = uint64(red+bias/2)<<48 | bias/2<<32 | uint64(-46802*x+bias/2<<16)
		t.blue[i] = uint64(blue+bias/2)<<32 | bias/2<<48 | uint64(-22554*x+1<<15+bias/2<<16)
	}
	for i := range t.limit {
		t.limit[i] = byte(min(max(i-bias, 0), 255))
	}
	return t
}()

// bias keeps sums of colours positive.
const bias = 512

// convert makes pixels of a row of each component.
func (p *painter) convert(out []byte) {
	r := p.rows
	switch {
	case p.out == grey && p.space == rgb:
		for x := range out {
			out[x] = byte((int(r[0][x])*19595 + int(r[1][x])*38470 + int(r[2][x])*7471 + 1<<15) >> 16)
		}
	case p.out == grey:
		copy(out, r[0])
	case p.space == grey:
		for x, v := range r[0] {
			out[3*x], out[3*x+1], out[3*x+2] = v, v, v
		}
	case p.space == rgb:
		for x := range r[0] {
			out[3*x], out[3*x+1], out[3*x+2] = r[0][x], r[1][x], r[2][x]
		}
	case p.space == ycc:
		convertYCC(out, r[0], r[1], r[2])
	default:
		p.convertCMYK(out)
	}
}

// convertYCC makes pixels of brightness and two colours.
func convertYCC(out, luma, blue, red []byte) {
	blue, red = blue[:len(luma)], red[:len(luma)]
	t := &chroma
	for x, l := range luma {
		sum := uint64(l)*(1<<48|1<<32|1<<16) + t.red[red[x]] + t.blue[blue[x]]
		o := (*[3]byte)(out)
		o[0], o[1], o[2] = t.limit[sum>>48&1023], t.limit[sum>>16&1023], t.limit[sum>>32&1023]
		out = out[3:]
	}
}

// convertCMYK makes pixels of ink. Adobe's files have it inverted.
func (p *painter) convertCMYK(out []byte) {
	r := p.rows
	if p.space == ycck {
		inverted := make([]byte, 3*len(r[0]))
		convertYCC(inverted, r[0], r[1], r[2])
		for i, v := range inverted {
			out[i] = 255 - v
		}
	} else {
		for x := range r[0] {
			out[3*x], out[3*x+1], out[3*x+2] = r[0][x], r[1][x], r[2][x]
		}
	}
	for x, v := range r[3] {
		k := int(v)
		o := (*[3]byte)(out[3*x:])
		for i, ink := range o {
			if p.adobe {
				o[i] = byte(k * int(ink) / 255)
			} else {
				o[i] = byte((255 - k) * (255 - int(ink)) / 255)
			}
		}
	}
}
