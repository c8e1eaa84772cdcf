// Package parsing defines the ops that read what is in strings.
package parsing
