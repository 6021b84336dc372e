package config

import (
	"log/slog"
	"math"
)

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

// levelOf is the level that a word stands for; all is below every one of them.
func levelOf(v Value) slog.Level {
	for _, l := range levels {
		if v.Is(l.word) {
			return l.level
		}
	}
	return math.MinInt
}

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
			Set: func(c *Config, v Value) { c.Log.Level = levelOf(v) }},
		{Key: "log.console.file", Kind: File, Default: "./log/console.log", Shown: ShownLive,
			Doc: "Path of the main log; its directory is created.",
			Set: func(c *Config, v Value) { c.Log.File.Path = c.path(v) }},
		{Key: "log.console.console.format", Kind: Enum, Words: formatWords, Default: "text", Shown: ShownLive,
			Doc: "Format on standard output: text, or one JSON object a line.",
			Set: func(c *Config, v Value) { c.Log.ConsoleJSON = v.Is("json") }},
		{Key: "log.console.file.format", Kind: Enum, Words: formatWords, Default: "text", Shown: ShownLive,
			Doc: "Format in the file: text, or one JSON object a line.",
			Set: func(c *Config, v Value) { c.Log.File.JSON = v.Is("json") }},
		{Key: "log.console.rotation.size", Kind: ByteSize, Default: "infinity", Words: []string{"infinity"},
			Shown: ShownLive,
			Doc:   "Size at which the main log is rotated.",
			Set:   func(c *Config, v Value) { c.Log.File.Size = v.Int() }},
		{Key: "log.console.rotation.keep", Kind: Int, Default: "5", Range: atLeast(0), Shown: ShownLive,
			Doc: "Old files that are kept.",
			Set: func(c *Config, v Value) { c.Log.File.Keep = clampInt(v.Int()) }},
		{Key: "log.console.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive,
			Doc: "Compresses old files with gzip.",
			Set: func(c *Config, v Value) { c.Log.File.Compress = v.On() }},
		{Key: "log.error", Kind: Flag, Default: "on", DefaultActs: true, Shown: ShownLive,
			Doc: "Writes the level error and those above to a file of their own too.",
			Set: func(c *Config, v Value) { c.Log.ToError = v.On() }},
		{Key: "log.error.file", Kind: File, Default: "./log/error.log", Shown: ShownLive,
			Doc: "Path of that file.",
			Set: func(c *Config, v Value) { c.Log.Error.Path = c.path(v) }},
		{Key: "log.error.file.format", Kind: Enum, Words: formatWords, Default: "text",
			Shown: ShownLive,
			Doc:   "Format of that file.",
			Set:   func(c *Config, v Value) { c.Log.Error.JSON = v.Is("json") }},
		{Key: "log.error.rotation.size", Kind: ByteSize, Default: "infinity", Words: []string{"infinity"},
			Shown: ShownLive,
			Doc:   "Size at which it is rotated.",
			Set:   func(c *Config, v Value) { c.Log.Error.Size = v.Int() }},
		{Key: "log.error.rotation.keep", Kind: Int, Default: "5", Range: atLeast(0), Shown: ShownLive,
			Doc: "Old files that are kept.",
			Set: func(c *Config, v Value) { c.Log.Error.Keep = clampInt(v.Int()) }},
		{Key: "log.error.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive,
			Doc: "Compresses old files with gzip.",
			Set: func(c *Config, v Value) { c.Log.Error.Compress = v.On() }},
		{Key: "log.crash", Kind: Flag, Default: "on", DefaultActs: true,
			Shown: ShownLive, Ship: "log.crash = off",
			Doc: "Writes reports of crashes to a file of their own.",
			Set: func(c *Config, v Value) { c.Log.ToCrash = v.On() }},
		{Key: "log.crash.file", Kind: File, Default: "./log/crash.log", Shown: ShownLive,
			Doc: "Path of that file.",
			Set: func(c *Config, v Value) { c.Log.Crash.Path = c.path(v) }},
		{Key: "log.crash.maximum_message_size", Kind: ByteSize, Default: "64KB", Doc: "Longer reports are cut.",
			Set: func(c *Config, v Value) { c.Log.CrashEntry = clampInt(v.Int()) }},
		{Key: "log.crash.rotation", Kind: String, Default: "$D0", Advice: adviceRotation,
			Doc: "Time of rotation: $D<hour> daily, $W<day>D<hour> weekly (day 0 is Sunday), $M<day>D<hour> monthly.",
			Set: func(c *Config, v Value) { c.Log.CrashRotation = v.Text() }},
		{Key: "log.crash.rotation.size", Kind: ByteSize, Default: "10MB", Words: []string{"infinity"},
			Shown: ShownLive, Ship: "log.crash.rotation.size = infinity",
			Doc: "Size at which it is rotated.",
			Set: func(c *Config, v Value) { c.Log.Crash.Size = v.Int() }},
		{Key: "log.crash.rotation.keep", Kind: Int, Default: "5", Words: []string{"current"}, Range: atLeast(0),
			Shown: ShownLive,
			Doc:   "Old files that are kept; current means none.",
			Set:   func(c *Config, v Value) { c.Log.Crash.Keep = clampInt(v.Int()) }},
		{Key: "log.crash.rotation.compress_on_rotate", Kind: Flag, Default: "off", Shown: ShownLive,
			Doc: "Compresses old files with gzip.",
			Set: func(c *Config, v Value) { c.Log.Crash.Compress = v.On() }},
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
			Doc: "Layout of a line of text: extended names all parts, as in time=… level=INFO msg=…; simple is time level: message.",
			Set: func(c *Config, v Value) { c.Log.Short = v.Is("simple") }},
		{Key: "log.level", Kind: Enum, Words: limitWords, Default: "all", Doc: "The least important level of all logs together.",
			Set: func(c *Config, v Value) { c.Log.Floor = levelOf(v) }},
		{Key: "sasl", Kind: Flag, Default: "off", Runtime: true, Doc: "Switch of an Erlang node."},
		{Key: "log.syslog", Kind: Flag, Default: "off", Shown: ShownLive, Doc: "Sends log lines to syslog too.",
			Set: func(c *Config, v Value) { c.Log.ToSyslog = v.On() }},
		{Key: "log.syslog.level", Kind: Enum, Words: limitWords, Default: "all",
			Doc: "The least important level for syslog.",
			Set: func(c *Config, v Value) { c.Log.Syslog.Level = levelOf(v) }},
		{Key: "log.syslog.format", Kind: Enum, Words: []string{"rfc3164", "rfc5424"}, Default: "rfc3164",
			Shown: ShownLive,
			Doc:   "Format of syslog messages; tls needs rfc5424.",
			Set:   func(c *Config, v Value) { c.Log.Syslog.RFC5424 = v.Is("rfc5424") }},
		{Key: "log.syslog.facility", Kind: Enum, Words: facilityList, Default: "daemon", Shown: ShownLive,
			Doc: "Facility of syslog messages.",
			Set: func(c *Config, v Value) { c.Log.Syslog.Facility = v.Text() }},
		{Key: "log.syslog.app_name", Kind: String, NoDefault: true,
			Doc: "Name of the application in syslog messages.",
			Set: func(c *Config, v Value) { c.Log.Syslog.AppName = v.Text() }},
		{Key: "log.syslog.remote.host", Kind: String, NoDefault: true, Doc: "Host of a syslog server elsewhere.",
			Set: func(c *Config, v Value) { c.Log.Syslog.Host = v.Text() }},
		{Key: "log.syslog.remote.port", Kind: Int, Default: "514", Range: between(1, 65535), Shown: ShownLive,
			Doc: "Its port.",
			Set: func(c *Config, v Value) { c.Log.Syslog.Port = clampInt(v.Int()) }},
		{Key: "log.syslog.remote.protocol", Kind: Enum, Words: []string{"udp", "tcp", "tls"}, Default: "udp",
			Shown: ShownLive,
			Doc:   "How it is reached.",
			Set:   func(c *Config, v Value) { c.Log.Syslog.Protocol = v.Text() }},
		{Key: "log.syslog.remote.tls.cafile", Kind: File, NoDefault: true,
			Doc: "Authorities that vouch for it; tls needs them.",
			Set: func(c *Config, v Value) { c.Log.Syslog.CAFile = c.path(v) }},
	},
}
