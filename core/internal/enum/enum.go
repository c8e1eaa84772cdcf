// Package enum gives the values of enumerations their names.
package enum

import "fmt"

// Name returns the name of a value.
func Name[E ~uint8](e E, names []string) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("invalid(%d)", uint8(e))
}

// Parse sets e to the value with a name; what names the enumeration in errors.
func Parse[E ~uint8](e *E, s, what string, names []string) error {
	for i, n := range names {
		if n == s {
			*e = E(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q", what, s)
}
