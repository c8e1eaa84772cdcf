package jpeg

// chroma has what a sample of colour adds, in whole numbers, and in units of 2^-16 to green.
var chroma = func() (t struct {
	red, blue           [256]int32
	greenRed, greenBlue [256]int32
	limit               [1024]byte // from -256
}) {
	for i := range t.red {
		x := int32(i) - 128
		t.red[i], t.blue[i] = (91881*x+1<<15)>>16, (116130*x+1<<15)>>16
		t.greenRed[i], t.greenBlue[i] = -46802*x, -22554*x+1<<15
	}
	for i := range t.limit {
		t.limit[i] = byte(min(max(i-256, 0), 255))
	}
	return t
}()

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
		y, cb, cr := int32(l)+256, blue[x], red[x]
		o := (*[3]byte)(out)
		o[0] = t.limit[uint32(y+t.red[cr])&1023]
		o[1] = t.limit[uint32(y+(t.greenBlue[cb]+t.greenRed[cr])>>16)&1023]
		o[2] = t.limit[uint32(y+t.blue[cb])&1023]
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
