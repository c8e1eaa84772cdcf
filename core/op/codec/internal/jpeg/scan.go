package jpeg

// decoder decodes a file.
type decoder struct {
	header
	Options
	reader reader
	// Of a scan.
	predictions [maxInScan]int32
	skipping    bool // the data ended before the segment did
	toGo        int  // MCUs up to the next restart
	zeros       int  // blocks without coefficients that follow in a progressive scan
	direct      bool // blocks are transformed when they are read
	mcuRows     int  // that are read if they are direct
	scratch     block
}

// startScan prepares the tables of a scan.
func (d *decoder) startScan() {
	blocks := 0
	for _, c := range d.scan {
		blocks += c.h * c.v
		if c.quant != nil {
			continue
		}
		if c.table >= len(d.quant) || d.quant[c.table] == nil {
			d.fail("has no quantization table %d", c.table)
			return
		}
		c.quant = d.quant[c.table]
	}
	if len(d.scan) > 1 && blocks > maxBlocks {
		d.fail("has %d blocks in an MCU, want at most %d", blocks, maxBlocks)
		return
	}
	if d.progressive {
		d.checkProgression()
	}
	for _, c := range d.scan {
		if !d.progressive || d.ss == 0 && d.ah == 0 {
			d.table(&d.dc, c.dc, true)
		}
		if !d.progressive || d.ss > 0 {
			d.table(&d.ac, c.ac, false)
		}
	}
	d.predictions = [maxInScan]int32{}
	d.reader, d.skipping, d.zeros, d.toGo = reader{}, false, 0, d.restart
}

// table makes a Huffman table ready.
func (d *decoder) table(tables *[4]*huffmanTable, i int, dc bool) {
	if i < 2 && tables[i] == nil && !d.progressive {
		tables[i] = standardTable(i, dc)
	}
	if i >= len(tables) || tables[i] == nil {
		d.fail("has no Huffman table %d", i)
		return
	}
	if wrong := tables[i].build(); wrong != "" {
		d.fail("has a Huffman table with %s", wrong)
		return
	}
	for l, p := 1, 0; dc && l <= 16; l++ {
		for range tables[i].counts[l] {
			if tables[i].symbols[p] > 15 {
				d.fail("has a Huffman table with a difference of %d bits", tables[i].symbols[p])
				return
			}
			p++
		}
	}
}

// readBlocks reads the blocks of a scan, and transforms them if they are direct.
func (d *decoder) readBlocks() {
	if len(d.scan) == 1 {
		c := d.scan[0]
		rows := c.height
		if d.direct {
			rows = min(rows, d.mcuRows*c.v)
		}
		for y := range rows {
			for x := range c.width {
				d.startMCU()
				d.readBlock(0, c, y, x)
				d.endMCU()
			}
			if d.over() {
				return
			}
		}
		return
	}
	rows := ceil(d.height, 8*d.maxV)
	if d.direct {
		rows = min(rows, d.mcuRows)
	}
	for my := range rows {
		for mx := range ceil(d.width, 8*d.maxH) {
			d.startMCU()
			for i, c := range d.scan {
				for y := range c.v {
					for x := range c.h {
						d.readBlock(i, c, my*c.v+y, mx*c.h+x)
					}
				}
			}
			d.endMCU()
		}
		if d.over() {
			return
		}
	}
}

// over reports that the rest of a scan changes nothing.
func (d *decoder) over() bool { return d.err != nil || d.skipping && d.restart == 0 && !d.direct }

// startMCU passes over a restart marker that is due.
func (d *decoder) startMCU() {
	if d.restart == 0 {
		return
	}
	if d.toGo == 0 {
		d.passRestart()
	}
	d.toGo--
}

// endMCU looks whether the bits lasted. Those that a marker cuts off are 0, but what TensorFlow makes of those behind
// the end of the file are the last ones once more.
func (d *decoder) endMCU() {
	if d.reader.count >= 0 || d.skipping {
		return
	}
	d.skipping = true
	if d.ended {
		d.fail("is cut short")
	}
}

// passRestart begins the next segment of a scan. Where another marker stands than is due, it does what libjpeg does.
func (d *decoder) passRestart() {
	d.reader, d.zeros, d.toGo = reader{}, 0, d.restart
	d.predictions = [maxInScan]int32{}
	if d.marker == 0 {
		d.marker = d.next()
	}
	due := d.nextRestart
	d.nextRestart = (due + 1) & 7
	for d.marker != markerRST0+due {
		if d.marker < markerSOF0 {
			d.marker = d.next()
			continue
		}
		if d.marker < markerRST0 || d.marker > markerRST7 {
			return // without data for this segment
		}
		ahead := (d.marker - markerRST0 - due) & 7
		if ahead == 1 || ahead == 2 {
			return
		}
		if ahead < 6 {
			break
		}
		d.marker = d.next()
	}
	d.marker, d.skipping = 0, false
}

// readBlock reads a block of the component of index i of the scan.
func (d *decoder) readBlock(i int, c *component, y, x int) {
	if d.direct {
		b := &d.scratch
		*b = block{}
		if !d.skipping {
			d.sequential(b, i, c)
		}
		if c.needed && y < c.height && x < c.width {
			stride := c.width * c.size
			c.inverse(b, &c.factors, c.samples[(y*stride+x)*c.size:], stride)
		}
		return
	}
	at := 64 * (y*c.stride + x)
	b := (*[64]int16)(c.coefficients[at:])
	switch {
	case d.progressive:
		d.refine(b, i, c)
	case !d.skipping:
		d.scratch.c = *b
		d.sequential(&d.scratch, i, c)
		*b = d.scratch.c
	}
}

// sequential reads a block.
func (d *decoder) sequential(b *block, i int, c *component) {
	size := d.symbol(d.dc[c.dc])
	if size > 0 {
		d.predictions[i] += int32(extend(d.take(size), size))
	}
	b.c[0] = int16(d.predictions[i])
	table := d.ac[c.ac]
	bits, count := d.reader.bits, d.reader.count
	used := uint16(0x100)
	for k := 1; k < 64; k++ {
		if count < 32 {
			bits, count = d.refill(bits, count)
		}
		e := table.quick[bits>>(64-lookBits)]
		if e != 0 {
			bits <<= e & 31
			count -= int(e & 31)
			if e>>8&endOfBlock != 0 {
				break
			}
			k += int(e >> 8 & 15)
			used |= usedOf[k&127]
			b.c[zigzag[k&127]] = int16(e >> 16)
			continue
		}
		var l, s int
		if f := table.look[bits>>(64-lookBits)]; f != 0 {
			l, s = int(f>>8), int(f&0xff)
		} else {
			l, s = table.long(bits)
		}
		bits <<= l
		count -= l
		run := s >> 4
		k += run
		if s &= 15; s > 0 {
			used |= usedOf[k&127]
			b.c[zigzag[k&127]] = int16(extend(int(bits>>(64-s)), s))
			bits <<= s
			count -= s
		} else if run < 15 {
			break
		}
	}
	b.used = used
	d.reader.bits, d.reader.count = bits, count
}
