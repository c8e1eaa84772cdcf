//go:build !unix

package ngfile

import (
	"errors"
	"os"
)

func mapFile(*os.File, int) (*File, error) { return nil, errors.ErrUnsupported }
