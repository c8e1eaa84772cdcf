package jpeg

// checkProgression checks which coefficients a scan has, and notes them.
func (d *decoder) checkProgression() {
	bad := d.ss > d.se || d.se > 63 || d.ss == 0 && d.se > 0 || d.ss > 0 && len(d.scan) > 1 ||
		d.ah > 0 && d.al != d.ah-1 || d.al > 13
	if bad {
		d.fail("has a scan of the coefficients %d to %d, bits %d to %d", d.ss, d.se, d.ah, d.al)
		return
	}
	for _, c := range d.scan {
		for k := d.ss; k <= d.se; k++ {
			c.precision[k] = int8(d.al)
		}
	}
}

// refine reads what a progressive scan has of a block.
func (d *decoder) refine(b *[64]int16, i int, c *component) {
	switch {
	case d.ss == 0 && d.ah > 0:
		if d.take(1) == 1 {
			b[0] |= 1 << d.al
		}
	case d.skipping:
	case d.ss == 0:
		d.firstDC(b, i, c)
	case d.ah == 0:
		d.firstAC(b, d.ac[c.ac])
	default:
		d.refineAC(b, d.ac[c.ac])
	}
}

// firstDC reads the high bits of a first coefficient.
func (d *decoder) firstDC(b *[64]int16, i int, c *component) {
	if size := d.symbol(d.dc[c.dc]); size > 0 {
		old, difference := d.predictions[i], int32(extend(d.take(size), size))
		if d.predictions[i] += difference; (d.predictions[i] < old) != (difference < 0) {
			d.fail("has a coefficient beyond 32 bits")
		}
	}
	b[0] = int16(d.predictions[i] << d.al)
}

// firstAC reads the high bits of the other coefficients.
func (d *decoder) firstAC(b *[64]int16, t *huffmanTable) {
	if d.zeros > 0 {
		d.zeros--
		return
	}
	for k := d.ss; k <= d.se; k++ {
		s := d.symbol(t)
		run := s >> 4
		if s &= 15; s > 0 {
			k += run
			b[zigzag[k&127]] = int16(extend(d.take(s), s) << d.al)
			continue
		}
		if run < 15 {
			d.zeros = d.run(run) - 1
			return
		}
		k += 15
	}
}

// run reads how many blocks have no more coefficients in a scan.
func (d *decoder) run(bits int) int {
	if bits == 0 {
		return 1
	}
	return 1<<bits + d.take(bits)
}

// refineAC reads one more bit of the other coefficients.
func (d *decoder) refineAC(b *[64]int16, t *huffmanTable) {
	plus, minus := int16(1)<<d.al, int16(-1)<<d.al
	k := d.ss
	for d.zeros == 0 && k <= d.se {
		s := d.symbol(t)
		run := s >> 4
		var v int16
		if s&15 > 0 {
			if v = minus; d.take(1) == 1 {
				v = plus
			}
		} else if run < 15 {
			d.zeros = d.run(run)
			break
		}
		k = d.correct(b, k, run)
		if v != 0 {
			b[zigzag[k&127]] = v
		}
		k++
	}
	if d.zeros > 0 {
		d.correct(b, k, 64)
		d.zeros--
	}
}

// correct reads a bit for each coefficient from k that is not 0, and passes over zeros. It returns where the next 0
// stands.
func (d *decoder) correct(b *[64]int16, k, zeros int) int {
	plus, minus := int16(1)<<d.al, int16(-1)<<d.al
	for ; k <= d.se; k++ {
		c := &b[zigzag[k&127]]
		if *c == 0 {
			if zeros--; zeros < 0 {
				break
			}
			continue
		}
		if d.take(1) == 1 && *c&plus == 0 {
			if *c >= 0 {
				*c += plus
			} else {
				*c += minus
			}
		}
	}
	return k
}

// incomplete reports that scans are missing, for which libjpeg smooths what is there.
func (d *decoder) incomplete() bool {
	if !d.progressive {
		return false
	}
	missing := false
	for i := range d.components {
		c := &d.components[i]
		if c.quant == nil || c.precision[0] < 0 {
			return false
		}
		for k := 1; k < 10; k++ {
			if c.quant[zigzag[k]] == 0 {
				return false
			}
			missing = missing || c.precision[k] != 0
		}
	}
	return missing
}
