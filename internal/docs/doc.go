// Package docs runs what the pages show: each command line of vernemq and vmq-admin in README.md and docs is executed against a real broker,
// in its order, and what the page says it prints is compared with what it prints. A line that cannot be run, or does not do what it is
// said to do, fails; so whoever adds an example adds a test.
package docs
