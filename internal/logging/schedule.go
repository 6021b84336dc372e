package logging

import (
	"regexp"
	"strconv"
	"time"
)

// schedule is a time of rotation: each day, on one day of each week, or on one day of each month, in local time.
type schedule struct {
	hour    int
	weekday int // 0 is Sunday; -1: any
	day     int // of the month, from 1; 0: any
}

var scheduleForm = regexp.MustCompile(`^\$(?:W([0-6])|M([0-9]{1,2}))?(?:D([0-9]{1,2}))?$`)

// parseSchedule reads $D<hour>, $W<weekday>D<hour> or $M<day>D<hour>, of which the last two may go without the hour, which is
// midnight then. Anything else is no schedule.
func parseSchedule(text string) (s schedule, ok bool) {
	m := scheduleForm.FindStringSubmatch(text)
	if m == nil || m[1]+m[2]+m[3] == "" {
		return s, false
	}
	s.weekday = -1
	for i, field := range []*int{&s.weekday, &s.day, &s.hour} {
		if m[i+1] != "" {
			*field, _ = strconv.Atoi(m[i+1]) // two digits at most
		}
	}
	const hours, days = 24, 31
	return s, s.hour < hours && s.day <= days && (m[2] == "" || s.day > 0)
}

// next is the first such time after t. A month without that day is left out.
func (s schedule) next(t time.Time) time.Time {
	at := time.Date(t.Year(), t.Month(), t.Day(), s.hour, 0, 0, 0, t.Location())
	for !at.After(t) || s.weekday >= 0 && int(at.Weekday()) != s.weekday || s.day > 0 && at.Day() != s.day {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, s.hour, 0, 0, 0, t.Location())
	}
	return at
}
