package tf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/builders"
)

// arithmetic returns the arithmetic of a version of TensorFlow, such as "2.13" or "2.13.0". "auto" and "" are
// 2.21 with two of its defects repaired; see builders.TensorFlowAuto.
func arithmetic(version string) (builders.Arithmetic, error) {
	if version == "" || version == "auto" {
		return builders.TensorFlowAuto, nil
	}
	parts := strings.Split(version, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, versionError(version)
	}
	var number [3]int
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 {
			return 0, versionError(version)
		}
		number[i] = n
	}
	switch major, minor := number[0], number[1]; {
	case major == 1 && minor >= 15, major == 2 && minor <= 10:
		return builders.TensorFlow2_8, nil
	case major == 2 && minor <= 13:
		return builders.TensorFlow2_13, nil
	case major == 2 && minor <= 21:
		return builders.TensorFlow2_21, nil
	}
	return 0, versionError(version)
}

func versionError(version string) error {
	return fmt.Errorf("version of TensorFlow: got %q, want auto or a version from 1.15 to 2.21", version)
}

// VersionName returns the name under which Function.Meta records a version.
func VersionName(version string) (string, error) {
	a, err := arithmetic(version)
	if err != nil {
		return "", err
	}
	return a.String(), nil
}
