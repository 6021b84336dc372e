// Package fuzz holds the fuzz targets that cross packages: a whole broker on fake loops, fed with whatever a client may send.
// Targets of one package stand beside its code.
package fuzz
