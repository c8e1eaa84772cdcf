package machine

// Grid divides an instruction that computes a matrix, for example a product, into rectangles: the rows into blocks, a
// block into blocks of columns, and only then each of these into fewer rows. If there are few rows, the first
// step is left out.
type Grid struct {
	rows, columns int
	tile          int // rows that are best computed together; 1 if there are too few rows
	blocks        int // of rows, at most
	across        int // blocks of columns in a block of rows, at most
	parts         int // into how many parts the matrix is divided at most

	// Split returns where block i of so many blocks of rows begins, at a tile if possible, for rows that are not equal
	// work; nil if they are.
	Split func(i, blocks, tile int) int
}

// NewGrid returns the grid for a number of threads. A block of rows has at least the given number of them and, as far
// as there are enough, begins at a multiple of tile. If that is too many rows for some thread to have any, the columns
// are divided first. What counts as a column may be several columns of the matrix.
func NewGrid(threads, rows, columns, tile, least int) Grid {
	g := Grid{rows: rows, columns: columns, tile: max(tile, 1), blocks: 1}
	if rows >= threads*least || columns == 1 {
		g.blocks = blocksOf(threads, max(rows/least, min(rows/g.tile, threads), 1))
	}
	g.across = blocksOf(max(threads/g.blocks, 1), columns)
	g.parts = max(g.blocks*g.across, threads)
	for 2*g.parts*g.tile <= rows*g.across {
		g.parts *= 2
	}
	if g.parts*g.tile > rows*g.across {
		g.tile = 1
	}
	return g
}

// blocksOf returns the greatest number of blocks, not above most, such that a thread's share is some blocks or the
// share of some threads is one block.
func blocksOf(threads, most int) int {
	blocks := threads
	for 2*blocks <= most {
		blocks *= 2
	}
	for blocks > most || threads%blocks > 0 && blocks < threads {
		blocks--
	}
	return blocks
}

// Parts returns into how many parts the matrix is divided at most.
func (g *Grid) Parts() int { return g.parts }

// Part returns the rows and columns of a part, see Instruction.Run.
func (g *Grid) Part(part, parts int) (row0, row1, column0, column1 int) {
	blocks := min(parts, g.blocks)
	across := min(parts/blocks, g.across)
	within := parts / blocks / across // into how many parts a block of columns is divided
	r, c, down := part/(across*within)*within+part%within, part/within%across, blocks*within
	return g.row(r, down), g.row(r+1, down), c * g.columns / across, (c + 1) * g.columns / across
}

// row returns the first row of block i of so many blocks.
func (g *Grid) row(i, blocks int) int {
	if i == blocks {
		return g.rows
	}
	if g.Split != nil {
		return g.Split(i, blocks, g.tile)
	}
	return (i*g.rows/blocks + g.tile/2) / g.tile * g.tile
}
