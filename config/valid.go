package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var nodeName = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)

func validNodeName(v Value) *mistake {
	if nodeName.MatchString(v.Text()) {
		return nil
	}
	return &mistake{"this is no node name", "expected name@host, such as VerneMQ@192.168.1.10"}
}

func validIP(v Value) *mistake {
	if _, err := netip.ParseAddr(v.Text()); err == nil {
		return nil
	}
	return &mistake{"this is no IP address", "expected a literal address, such as 192.168.1.10"}
}

// validRegViews wants names of routing tables that exist. The documentation puts the list into double quotes, which never worked
// and does no harm.
func validRegViews(v Value) *mistake {
	for _, name := range parseList(strings.Trim(v.Text(), `"`)) {
		if !slices.Contains(regViews, name) {
			return &mistake{fmt.Sprintf("there is no routing table %q", name), "expected a list of " + orList(regViews) + ", such as [vmq_reg_trie]"}
		}
	}
	return nil
}

var rotationTime = regexp.MustCompile(`^\$(D([01]?\d|2[0-3])|W[0-6](D([01]?\d|2[0-3]))?|M([1-9]|[12]\d|3[01])(D([01]?\d|2[0-3]))?)$`)

// adviceRotation warns about times of rotation that are not understood; older versions accepted more forms.
func adviceRotation(v Value) string {
	if v.Text() == "" || rotationTime.MatchString(v.Text()) {
		return ""
	}
	return "this time is not understood and means never; expected $D<hour>, $W<day>D<hour> or $M<day>D<hour>"
}
