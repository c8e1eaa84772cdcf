package core

import "fmt"

// enumName returns the name of a value.
func enumName[E ~uint8](e E, names []string) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("invalid(%d)", uint8(e))
}

// parseEnum sets e to the value of a name; what says of what it is.
func parseEnum[E ~uint8](e *E, s, what string, names []string) error {
	for i, n := range names {
		if n == s {
			*e = E(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q", what, s)
}
