package metric

// MaxHooks bounds the hooks whose calls can be timed.
const MaxHooks = 32

// hookFamily has a series for each hook that has been called.
var hookFamily = family{
	name: "hook_microseconds", typ: HistogramGroup,
	help: "Microseconds that plugins took to answer, by hook. What they answer from memory is measured in one of 32 calls.",
	some: func(r *Reading) (all []Series) {
		for i, name := range r.HookNames {
			if h := r.Hooks[i]; h.Count() > 0 {
				all = append(all, Series{Labels: []Label{{"hook", name}}, Histogram: &h})
			}
		}
		return all
	},
}
