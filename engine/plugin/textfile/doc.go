// Package textfile reads the files of plugins, which people edit while the broker runs. A mistake in a file names its line; a file that is
// wrong, missing or half written changes nothing, because what was read before stays in force.
package textfile
