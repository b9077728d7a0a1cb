package slackbot

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// knownTime is how long what Slack said of a person or a channel is believed: somebody who leaves the staff's group
	// sees no more of their documents after it.
	knownTime = 2 * time.Minute
	// maxKnown bounds each of the maps; a workspace's people at a seminar are far fewer.
	maxKnown = 10_000
)

// A person is what Slack says of somebody. The zero person is a stranger.
type person struct {
	Lang  lang.Lang // of their Slack; empty: not one that we speak
	Staff bool
}

type cached[T any] struct {
	value T
	until time.Time
}

type cache struct {
	now func() time.Time

	mu       sync.Mutex
	users    map[string]cached[person]
	channels map[string]cached[bool]
	staff    cached[[]string]
}

func lookup[T any](c *cache, m map[string]cached[T], key string) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := m[key]
	return e.value, ok && c.now().Before(e.until)
}

func remember[T any](c *cache, m map[string]cached[T], key string, value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(m) >= maxKnown {
		clear(m)
	}
	m[key] = cached[T]{value, c.now().Add(knownTime)}
}

// person looks somebody up. Who cannot be looked up, or not in time, is a stranger.
func (b *Bot) person(ctx context.Context, user string) person {
	if p, ok := lookup(&b.cache, b.cache.users, user); ok {
		return p
	}
	ctx, cancel := context.WithTimeout(ctx, b.Times.Look)
	defer cancel()
	u, err := b.api.slack.GetUserInfoContext(ctx, user, slack.GetUserInfoOptionIncludeLocale(true))
	if err != nil {
		b.Log.WarnContext(ctx, "a person of Slack was not looked up, and is taken for a stranger", "error", err)
		return person{}
	}
	p := person{}
	switch {
	case strings.HasPrefix(u.Locale, "zh"):
		p.Lang = lang.Chinese
	case strings.HasPrefix(u.Locale, "en"):
		p.Lang = lang.English
	}
	// Guests of a workspace and people of another are nobody's staff, whatever group they were put in.
	ours := b.identity().Team
	if b.StaffGroup != "" && ours != "" && u.TeamID == ours && !u.IsStranger && !u.IsRestricted && !u.IsUltraRestricted && !u.IsBot && !u.Deleted {
		members, err := b.staff(ctx)
		if err != nil {
			b.Log.WarnContext(ctx, "the staff's group was not read, and nobody is staff", "error", err)
			return p
		}
		p.Staff = slices.Contains(members, user)
	}
	remember(&b.cache, b.cache.users, user, p)
	return p
}

func (b *Bot) staff(ctx context.Context) ([]string, error) {
	b.cache.mu.Lock()
	known := b.cache.staff
	b.cache.mu.Unlock()
	if b.Now().Before(known.until) {
		return known.value, nil
	}
	members, err := b.api.slack.GetUserGroupMembersContext(ctx, b.StaffGroup)
	if err != nil {
		return nil, err
	}
	b.cache.mu.Lock()
	b.cache.staff = cached[[]string]{members, b.Now().Add(knownTime)}
	b.cache.mu.Unlock()
	return members, nil
}

// shared reports whether a channel may have people of other organisations in it; what cannot be looked up may.
func (b *Bot) shared(ctx context.Context, channel string) bool {
	if s, ok := lookup(&b.cache, b.cache.channels, channel); ok {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, b.Times.Look)
	defer cancel()
	c, err := b.api.slack.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	if err != nil {
		b.Log.WarnContext(ctx, "a channel was not looked up, and only what is public is quoted there", "channel", channel, "error", err)
		return true
	}
	s := c.IsExtShared || c.IsPendingExtShared
	remember(&b.cache, b.cache.channels, channel, s)
	return s
}

// audiences says which documents may be quoted in the answer to m: what is public; besides, staff's where only somebody of
// the staff reads the answer, and in the channels that are set for it unless other organisations are in them.
func (b *Bot) audiences(ctx context.Context, m message) []retrieval.Audience {
	all := []retrieval.Audience{retrieval.Public}
	switch {
	case m.Direct || m.Kind == kindCommand || m.Kind == kindHome:
		if b.StaffGroup != "" && b.person(ctx, m.User).Staff {
			all = append(all, retrieval.Staff)
		}
	case slices.Contains(b.StaffChannels, m.Channel) && !m.External && !b.shared(ctx, m.Channel):
		all = append(all, retrieval.Staff)
	}
	return all
}

// language says in which language a question is to be answered, where it is not its own: the one that was chosen, or of a
// question that could be either, that of the person's Slack.
func (b *Bot) language(ctx context.Context, m message, asked string) lang.Lang {
	chosen, err := b.People.PersonLang(ctx, personKey(m.Team, m.User))
	if err != nil {
		b.Log.WarnContext(ctx, "a person's language was not read", "error", err)
	}
	if chosen != "" || telling(asked) {
		return chosen
	}
	return b.person(ctx, m.User).Lang
}

// wordsTelling is how many words of Latin letters make a question English; fewer may be a name that anybody types.
const wordsTelling = 3

// telling reports whether a question is in one language and no other.
func telling(asked string) bool {
	if strings.ContainsFunc(asked, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return true
	}
	return len(strings.FieldsFunc(asked, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })) >= wordsTelling
}

// An allowance keeps a rate of questions for each person.
type allowance struct {
	perMinute int
	now       func() time.Time

	mu     sync.Mutex
	people map[string]*rate.Limiter
}

func newAllowance(perMinute int, now func() time.Time) *allowance {
	return &allowance{perMinute: perMinute, now: now, people: map[string]*rate.Limiter{}}
}

// allow reports whether somebody may ask one more.
func (a *allowance) allow(person string) bool {
	if a.perMinute < 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	one, ok := a.people[person]
	if !ok {
		if len(a.people) >= maxKnown {
			clear(a.people)
		}
		one = rate.NewLimiter(rate.Limit(float64(a.perMinute)/60), max(1, a.perMinute/2))
		a.people[person] = one
	}
	return one.AllowN(a.now(), 1)
}
