package plugin

// Row is one plugin as `vmq-admin plugin show` prints it. Hooks and Calls have an entry each for every hook, in the same order.
type Row struct {
	// Plugin is its name.
	Plugin string
	// Type is application.
	Type string
	// Hooks are the names of its hooks, Calls their functions.
	Hooks, Calls []string
}

// Query chooses rows. Empty fields choose all.
type Query struct {
	// Plugin and Hook are names.
	Plugin, Hook string
	// Internal shows hooks that are of no interest to operators, too.
	Internal bool
}

// Show returns the plugins that run, in the order in which they are asked. A plugin without hooks to show has a row all the same, unless a
// hook is asked for.
func (m *Manager) Show(q Query) []Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []Row
	for _, r := range m.mu.running {
		if q.Plugin != "" && q.Plugin != r.kind.Name {
			continue
		}
		row := Row{Plugin: r.kind.Name, Type: "application"}
		for _, l := range r.kind.Hooks {
			if (q.Internal || !l.Internal) && (q.Hook == "" || q.Hook == l.Hook) {
				row.Hooks, row.Calls = append(row.Hooks, l.Hook), append(row.Calls, l.Call)
			}
		}
		if q.Hook == "" || len(row.Hooks) > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}
