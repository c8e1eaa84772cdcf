//go:build !(linux && amd64)

package isa

// permitTiles reports that this system's way to AMX's tile registers is not known.
func permitTiles() bool { return false }
