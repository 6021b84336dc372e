package admin

import (
	"fmt"
	"strconv"
)

// cellText is what people and CSV files see of a cell.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case Missing:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', 6, 64)
	}
	return fmt.Sprint(v)
}
