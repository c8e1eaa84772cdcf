//go:build !unix

package mapped

import (
	"errors"
	"os"
)

func mapFile(*os.File, int) (*File, error) { return nil, errors.ErrUnsupported }
