//go:build amd64 && !purego

package loops

//go:generate go -C ../../_asm run ./loops

func init() { native = routines }
