package config

import "strings"

// luaGroup holds the Lua plugin and the databases that its scripts reach.
func luaGroup() Group {
	g := Group{
		Title:   "Lua scripts and databases",
		Intro:   "Where Lua scripts and databases authenticate and authorise clients.",
		Feature: "Lua scripts and databases (vmq_diversity)",
		Rows: []Row{
			{Key: "vmq_diversity.keep_state", Kind: Flag, Default: "off", Settable: SetNew,
				Doc: "Keeps the state of a script between calls, unless the script says otherwise itself."},
			{Key: "vmq_diversity.nr_lua_states", Kind: Int, Default: "1", Range: atLeast(1),
				Doc: "States that run one script side by side, unless the script sets num_states."},
			{Key: "vmq_diversity.script_dir", Kind: Dir, Default: "./share/lua", Shown: ShownLive, Scope: SameForClients,
				Doc: "All *.lua files of this directory are loaded at start, in alphabetical order."},
			{Key: "vmq_diversity.NAME.file", Kind: File, NoDefault: true, Shown: ShownCommented, Scope: SameForClients,
				Ship: "## vmq_diversity.script1.file = path/to/my/script.lua",
				Doc:  "One more script, loaded after those of script_dir, by NAME."},
			{Key: "vmq_diversity.clique_lead_line", Kind: String, Default: "script Manage lua scripts", Runtime: true,
				Doc: "Help text of an admin command."},
		},
	}
	for _, db := range databases {
		g.Rows = append(g.Rows, db.rows()...)
	}
	return g
}

// database is one of the databases that scripts can open: the defaults of its keys. An absent key does not exist for it.
type database struct {
	name, title string
	defaults    map[string]string
	noDefault   []string
	hash        []string // words of password_hash_method
}

var databases = []database{
	{name: "postgres", title: "PostgreSQL", hash: []string{"crypt", "bcrypt"}, defaults: overlay(sqlDefaults, tlsDefaults,
		map[string]string{"auth.script": "postgres.lua", "port": "5432", "password_hash_method": "crypt"})},
	{name: "cockroachdb", title: "CockroachDB", hash: []string{"sha256", "bcrypt"}, defaults: overlay(sqlDefaults, tlsDefaults,
		map[string]string{"auth.script": "cockroachdb.lua", "port": "5432", "ssl": "on", "password_hash_method": "bcrypt"})},
	{name: "mysql", title: "MySQL", hash: mysqlHashes, defaults: overlay(sqlDefaults,
		map[string]string{"auth.script": "mysql.lua", "port": "3306", "password_hash_method": "password"})},
	{name: "mysql2", title: "MySQL, by the second driver,", hash: mysqlHashes, defaults: overlay(sqlDefaults, tlsDefaults,
		map[string]string{"auth.script": "mysql2.lua", "port": "3306", "password_hash_method": "sha256"})},
	{name: "mongodb", title: "MongoDB", defaults: overlay(tlsDefaults, map[string]string{"auth.enabled": "off", "host": "localhost",
		"pool_size": "5", "auth.script": "mongodb.lua", "srv": "", "port": "27017", "auth_source": "admin", "w_mode": "safe",
		"read_preference": "primaryPreferred"}), noDefault: []string{"login", "password", "database", "ssl.sni"}},
	{name: "redis", title: "Redis", defaults: map[string]string{"auth.enabled": "off", "auth.script": "redis.lua", "host": "localhost",
		"port": "6379", "user": "", "password": "", "database": "0", "pool_size": "5"}},
	{name: "memcache", title: "memcached", defaults: map[string]string{"host": "localhost", "port": "11211"}},
}

var (
	mysqlHashes = []string{"password", "md5", "sha1", "sha256"}
	sqlDefaults = map[string]string{"auth.enabled": "off", "host": "localhost", "user": "root", "password": "password",
		"database": "vernemq_db", "pool_size": "5"}
	tlsDefaults = map[string]string{"ssl": "off", "cafile": "", "certfile": "", "keyfile": "", "ssl.depth": "3",
		"ssl.customize_hostname_check": "https", "ssl.verify": "verify_peer", "ssl.use_system_cas": "on"}
)

// databaseRows are the keys of a database, below vmq_diversity.DB.; those that begin with auth. stand below vmq_diversity.auth_DB.
// The DB in a Doc or Ship is replaced by the database's title and name.
var databaseRows = []Row{
	{Key: "auth.enabled", Kind: Flag, Shown: ShownLive, Doc: "Loads the script that authenticates clients against DB."},
	{Key: "auth.script", Kind: File, Doc: "Path of that script."},
	{Key: "host", Kind: String, Shown: ShownCommented, Doc: "Host of DB."},
	{Key: "srv", Kind: String, Doc: "DNS service name of DB; unless it is empty it replaces host and port."},
	{Key: "port", Kind: Int, Shown: ShownCommented, Doc: "Port of DB."},
	{Key: "login", Kind: String, Shown: ShownCommented, Doc: "User name for DB."},
	{Key: "user", Kind: String, Shown: ShownCommented, Doc: "User name for DB."},
	{Key: "password", Kind: String, Secret: true, Shown: ShownCommented, Doc: "Password for DB, in clear text."},
	{Key: "auth_source", Kind: String, Shown: ShownCommented, Doc: "The database that holds the users of DB."},
	{Key: "database", Kind: String, Shown: ShownCommented, Doc: "Name of the database of DB."},
	{Key: "pool_size", Kind: Int, Doc: "Number of connections to DB."},
	{Key: "w_mode", Kind: String, Doc: "Write concern of DB."},
	{Key: "read_preference", Kind: Enum, Words: []string{"primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"},
		Doc: "Which members of a replica set of DB are read."},
	{Key: "ssl", Kind: Flag, Shown: ShownLive, Doc: "Connects to DB with TLS."},
	{Key: "cafile", Kind: File, Check: MustRead, Shown: ShownCommented, Ship: "./etc/cafile.pem",
		Doc: "Authorities that vouch for DB."},
	{Key: "certfile", Kind: File, Check: MustRead, Shown: ShownCommented, Ship: "./etc/cert.pem", Doc: "Certificate shown to DB."},
	{Key: "keyfile", Kind: File, Check: MustRead, Shown: ShownCommented, Ship: "./etc/keyfile.pem",
		Doc: "Key of that certificate."},
	{Key: "ssl.depth", Kind: Int, Doc: "The longest chain of certificates of DB."},
	{Key: "ssl.sni", Kind: String, Doc: "Server name that is asked for; unset is the host."},
	{Key: "ssl.customize_hostname_check", Kind: Enum, Words: httpsCheck, Shown: ShownCommented,
		Doc: "https allows wildcard certificates; on means the same."},
	{Key: "ssl.verify", Kind: Enum, Words: []string{"verify_none", "verify_peer"}, Shown: ShownLive,
		Doc: "Whether the certificate of DB is checked."},
	{Key: "ssl.use_system_cas", Kind: Flag, Shown: ShownLive, Doc: "Trusts the authorities of the system; it wins over cafile."},
	{Key: "password_hash_method", Kind: Enum, Shown: ShownLive, Doc: "How passwords are stored in DB."},
}

// httpsCheck has the word on, because generated files show it as a sample.
var httpsCheck = []string{"https", "on"}

func (db database) rows() []Row {
	var rows []Row
	for _, r := range databaseRows {
		d, found := db.defaults[r.Key]
		for _, k := range db.noDefault {
			r.NoDefault = r.NoDefault || k == r.Key
		}
		if !found && !r.NoDefault {
			continue
		}
		r.Default, r.Scope = d, SameForClients
		switch r.Key {
		case "auth.script":
			r.Default = "./share/lua/auth/" + d
		case "database":
			if db.name == "redis" {
				r.Kind, r.Range = Int, atLeast(0)
			}
		case "password_hash_method":
			r.Words = db.hash
		}
		if option, found := strings.CutPrefix(r.Key, "auth."); found {
			r.Key = "vmq_diversity.auth_" + db.name + "." + option
		} else {
			r.Key = "vmq_diversity." + db.name + "." + r.Key
		}
		if r.Ship != "" {
			r.Ship = "## " + r.Key + " = " + r.Ship
		}
		r.Doc = strings.Replace(r.Doc, "DB", db.title, 1)
		rows = append(rows, r)
	}
	return rows
}

// overlay merges maps; later ones win.
func overlay(maps ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range maps {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

var bcryptRows = Group{
	Title:   "bcrypt",
	Feature: "Lua scripts and databases (vmq_diversity)",
	Rows: []Row{
		{Key: "vmq_bcrypt.pool_size", Kind: Int, Default: "1", Words: []string{"auto"}, Range: atLeast(1), Shown: ShownLive,
			Doc: "Hashes that are computed at the same time. auto is one less than the number of CPUs."},
		{Key: "vmq_bcrypt.nif_pool_size", Kind: Int, Default: "4", Words: []string{"auto"}, Range: atLeast(1), Shown: ShownLive,
			Doc: "The same; the larger of the two counts."},
		{Key: "vmq_bcrypt.nif_pool_max_overflow", Kind: Int, Default: "10", Range: atLeast(1), Shown: ShownLive, Runtime: true,
			Doc: "Further workers of an Erlang node."},
		{Key: "vmq_bcrypt.default_log_rounds", Kind: Int, Default: "12", Range: between(4, 31), Shown: ShownLive,
			Doc: "Cost of the hashes that scripts make. A hash that is checked has its own cost in it."},
		{Key: "vmq_bcrypt.mechanism", Kind: Enum, Words: []string{"nif", "port"}, Default: "port", Shown: ShownLive, Runtime: true,
			Doc: "How an Erlang node calls the library."},
	},
}
