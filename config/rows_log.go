package config

import "log/slog"

// levels are the words of log.console.level with their numbers; slog has four of them, the others keep its distance of four.
var levels = []struct {
	word  string
	level slog.Level
}{{"debug", slog.LevelDebug}, {"info", slog.LevelInfo}, {"notice", 2}, {"warning", slog.LevelWarn}, {"error", slog.LevelError},
	{"critical", 12}, {"alert", 16}, {"emergency", 20}}

var (
	levelWords   = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}
	limitWords   = []string{"all", "debug", "info", "warning", "error"}
	formatWords  = []string{"text", "json"}
	facilityList = []string{"kern", "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
		"ftp", "ntp", "logaudit", "logalert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
)

var logRows = Group{
	Title:   "Logs",
	Feature: "this log option",
	Rows: []Row{
		{Key: "log.console", Kind: Enum, Words: []string{"off", "file", "console", "both"}, Default: "file", Shown: ShownLive,
			Doc: "Where the main log goes: log.console.file, standard output, both, or nowhere.",
			Set: func(c *Config, v Value) {
				c.Log.ToFile = v.Is("file") || v.Is("both")
				c.Log.ToConsole = v.Is("console") || v.Is("both")
			}},
		{Key: "log.console.level", Kind: Enum, Words: levelWords, Default: "info", Shown: ShownLive,
			Doc: "The least important level that the main log writes.",
			Set: func(c *Config, v Value) {
				for _, l := range levels {
					if v.Is(l.word) {
						c.Log.Level = l.level
					}
				}
			}},
		{Key: "log.console.file", Kind: File, Default: "./log/console.log", Shown: ShownLive,
			Doc: "Path of the main log; its directory is created.",
			Set: func(c *Config, v Value) { c.Log.File = c.path(v) }},
		{Key: "log.console.console.format", Kind: Enum, Words: formatWords, Default: "text", Shown: ShownLive,
			Doc: "Format on standard output: text, or one JSON object a line.",
			Set: func(c *Config, v Value) { c.Log.ConsoleJSON = v.Is("json") }},
		{Key: "log.console.file.format", Kind: Enum, Words: formatWords, Default: "text", Shown: ShownLive,
			Doc: "Format in the file: text, or one JSON object a line.",
			Set: func(c *Config, v Value) { c.Log.FileJSON = v.Is("json") }},
		{Key: "log.console.rotation.size", Kind: ByteSize, Default: "infinity", Words: []string{"infinity"},
			Shown: ShownLive, Feature: rotation,
			Doc: "Size at which the main log is rotated."},
		{Key: "log.console.rotation.keep", Kind: Int, Default: "5", Range: atLeast(0), Shown: ShownLive, Feature: rotation,
			Doc: "Old files that are kept."},
		{Key: "log.console.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive, Feature: rotation,
			Doc: "Compresses old files with gzip."},
		{Key: "log.error", Kind: Flag, Default: "on", DefaultActs: true, Shown: ShownLive, Feature: "the separate error log",
			Doc: "Writes the level error and those above to a file of their own too."},
		{Key: "log.error.file", Kind: File, Default: "./log/error.log", Shown: ShownLive, Feature: "the separate error log",
			Doc: "Path of that file."},
		{Key: "log.error.file.format", Kind: Enum, Words: formatWords, Default: "text",
			Shown: ShownLive, Feature: "the separate error log",
			Doc: "Format of that file."},
		{Key: "log.error.rotation.size", Kind: ByteSize, Default: "infinity", Words: []string{"infinity"},
			Shown: ShownLive, Feature: rotation,
			Doc: "Size at which it is rotated."},
		{Key: "log.error.rotation.keep", Kind: Int, Default: "5", Range: atLeast(0), Shown: ShownLive, Feature: rotation,
			Doc: "Old files that are kept."},
		{Key: "log.error.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive, Feature: rotation,
			Doc: "Compresses old files with gzip."},
		{Key: "log.crash", Kind: Flag, Default: "on", DefaultActs: true,
			Shown: ShownLive, Ship: "log.crash = off", Feature: crashLog,
			Doc: "Writes reports of crashes to a file of their own."},
		{Key: "log.crash.file", Kind: File, Default: "./log/crash.log", Shown: ShownLive, Feature: crashLog,
			Doc: "Path of that file."},
		{Key: "log.crash.maximum_message_size", Kind: ByteSize, Default: "64KB", Feature: crashLog, Doc: "Longer reports are cut."},
		{Key: "log.crash.rotation", Kind: String, Default: "$D0", Advice: adviceRotation, Feature: crashLog,
			Doc: "Time of rotation: $D<hour> daily, $W<day>D<hour> weekly, $M<day>D<hour> monthly."},
		{Key: "log.crash.rotation.size", Kind: ByteSize, Default: "10MB", Words: []string{"infinity"},
			Shown: ShownLive, Feature: crashLog, Ship: "log.crash.rotation.size = infinity",
			Doc: "Size at which it is rotated."},
		{Key: "log.crash.rotation.keep", Kind: Int, Default: "5", Words: []string{"current"}, Range: atLeast(0),
			Shown: ShownLive, Feature: crashLog,
			Doc: "Old files that are kept; current means none."},
		{Key: "log.crash.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive, Feature: crashLog,
			Doc: "Compresses old files with gzip."},
		{Key: "log.sasl", Kind: Flag, Default: "off", Shown: ShownLive, Runtime: true, Doc: "Progress reports of an Erlang node."},
		{Key: "log.sasl.file", Kind: File, Default: "./log/sasl.log", Shown: ShownLive, Runtime: true, Doc: "Path of their file."},
		{Key: "log.sasl.rotation.size", Kind: ByteSize, Default: "infinity", Words: []string{"infinity"},
			Shown: ShownLive, Runtime: true,
			Doc: "Size at which it is rotated."},
		{Key: "log.sasl.rotation.keep", Kind: Int, Default: "5", Range: atLeast(0), Shown: ShownLive, Runtime: true,
			Doc: "Old files that are kept."},
		{Key: "log.sasl.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive, Runtime: true,
			Doc: "Compresses old files with gzip."},
		{Key: "log.template", Kind: Enum, Words: []string{"simple", "extended"}, Default: "extended",
			Doc: "Layout of a line of text."},
		{Key: "log.level", Kind: Enum, Words: limitWords, Default: "all", Doc: "The least important level of all logs together."},
		{Key: "sasl", Kind: Flag, Default: "off", Runtime: true, Doc: "Switch of an Erlang node."},
		{Key: "log.syslog", Kind: Flag, Default: "off", Shown: ShownLive, Feature: syslog, Doc: "Sends log lines to syslog too."},
		{Key: "log.syslog.level", Kind: Enum, Words: limitWords, Default: "all", Feature: syslog,
			Doc: "The least important level for syslog."},
		{Key: "log.syslog.format", Kind: Enum, Words: []string{"rfc3164", "rfc5424"}, Default: "rfc3164",
			Shown: ShownLive, Feature: syslog,
			Doc: "Format of syslog messages; tls needs rfc5424."},
		{Key: "log.syslog.facility", Kind: Enum, Words: facilityList, Default: "daemon", Shown: ShownLive, Feature: syslog,
			Doc: "Facility of syslog messages."},
		{Key: "log.syslog.app_name", Kind: String, NoDefault: true, Feature: syslog,
			Doc: "Name of the application in syslog messages."},
		{Key: "log.syslog.remote.host", Kind: String, NoDefault: true, Feature: syslog, Doc: "Host of a syslog server elsewhere."},
		{Key: "log.syslog.remote.port", Kind: Int, Default: "514", Range: between(1, 65535), Shown: ShownLive, Feature: syslog,
			Doc: "Its port."},
		{Key: "log.syslog.remote.protocol", Kind: Enum, Words: []string{"udp", "tcp", "tls"}, Default: "udp",
			Shown: ShownLive, Feature: syslog,
			Doc: "How it is reached."},
		{Key: "log.syslog.remote.tls.cafile", Kind: File, NoDefault: true, Feature: syslog,
			Doc: "Authorities that vouch for it; tls needs them."},
	},
}

const (
	rotation = "the rotation of logs"
	crashLog = "the crash log"
	syslog   = "syslog"
)
