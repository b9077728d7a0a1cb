package slackbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
)

// A showing is how an answer under way is shown.
type showing int

const (
	undecided showing = iota
	streaming         // by Slack's own stream
	editing           // by edits of one message
	whole             // not before it is complete
)

// A reply is the answer to one delivery in its thread. What is posted is written down, so that whoever takes the delivery
// up after us edits it; what is edited to the same twice does no harm.
type reply struct {
	b     *Bot
	d     retrieval.Delivery
	m     message
	words locale.Printer

	mu   sync.Mutex
	raw  strings.Builder // as far as the assistant has written it
	wake chan struct{}

	// Of the goroutine that shows, and of finish once that has ended.
	posted []string
	mode   showing
	sent   int       // bytes of raw that are shown
	mid    bool      // what is shown ends within a line
	shown  string    // rendered
	last   time.Time // when it was last added to; before that, when there was first something to show
	stale  bool      // what is shown was taken back; guarded by mu
	unsure bool      // something may have been posted that is not in posted
}

func (b *Bot) newReply(d retrieval.Delivery, m message, words locale.Printer) *reply {
	r := &reply{b: b, d: d, m: m, words: words, posted: slices.Clone(d.Posted), wake: make(chan struct{}, 1)}
	if len(r.posted) > 0 {
		r.mode = whole // by a process before us: it is edited once the answer is complete
	}
	return r
}

// event takes an event of the assistant.
func (r *reply) event(e bot.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch data := e.Data.(type) {
	case bot.Delta:
		r.raw.WriteString(data.Text)
	case bot.Status:
		if data.Status == bot.StageReplaced {
			r.raw.Reset()
			r.stale = true
		}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// show shows the answer as it grows, until end is closed: a call under way is not cut off by that.
func (r *reply) show(ctx context.Context, end <-chan struct{}) {
	tick := time.NewTicker(r.b.Pace.Every / 2)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-tick.C:
		}
		if err := r.grow(ctx); err != nil && !errors.Is(err, errLater) && ctx.Err() == nil {
			r.b.Log.WarnContext(ctx, "an answer is not shown as it grows", "delivery", r.d.ID, "error", err)
		}
	}
}

// grow shows what has been added, where it is time.
func (r *reply) grow(ctx context.Context) error {
	r.mu.Lock()
	raw, stale := r.raw.String(), r.stale
	r.mu.Unlock()
	now := time.Now()
	if stale || r.mode == whole || r.sent > len(raw) {
		return nil
	}
	added := raw[r.sent:]
	if r.mode == undecided {
		// What is there at once is posted whole: a stream is for what is still being written.
		if len(added) > 0 && r.last.IsZero() {
			r.last = now
		}
		if r.last.IsZero() || now.Sub(r.last) < r.b.Pace.Every/2 {
			return nil
		}
	}
	if len(added) == 0 || r.mode != undecided && utf8.RuneCountInString(added) < r.b.Pace.Chars && now.Sub(r.last) < r.b.Pace.Every {
		return nil
	}
	n := settled(raw, r.sent)
	if n == 0 {
		return nil
	}
	chunk := added[:n]
	rendered := renderFrom(chunk, r.mid)
	if utf8.RuneCountInString(r.shown)+utf8.RuneCountInString(rendered) > partChars {
		return nil // the rest comes with the end, in messages of its own
	}
	if r.mode == editing && now.Sub(r.last) < r.b.Pace.Edit {
		return nil
	}
	if err := r.send(ctx, rendered); err != nil {
		return err
	}
	if r.mode == streaming || r.mode == editing {
		r.shown += rendered
		r.sent += n
		r.mid = !strings.HasSuffix(chunk, "\n")
		r.last = now
	}
	return nil
}

// send adds rendered text to what is shown, and finds the way to show it first.
func (r *reply) send(ctx context.Context, rendered string) error {
	switch r.mode {
	case undecided:
		return r.begin(ctx, rendered)
	case streaming:
		if r.b.api.wait(ctx, keyAppend) > 0 {
			return errLater
		}
		_, _, err := r.b.api.slack.AppendStreamContext(ctx, r.m.Channel, r.posted[0], slack.MsgOptionMarkdownText(rendered))
		return r.afterwards(ctx, keyAppend, err)
	}
	if r.b.api.wait(ctx, keyUpdate) > 0 {
		return errLater
	}
	_, _, _, err := r.b.api.slack.UpdateMessageContext(ctx, r.m.Channel, r.posted[0], r.options(part{text: r.shown + rendered})...)
	return r.afterwards(ctx, keyUpdate, err)
}

// afterwards decides how to go on after an append or an edit. What failed is shown with the end at the latest.
func (r *reply) afterwards(ctx context.Context, key string, err error) error {
	var limited *slack.RateLimitedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &limited):
		r.b.api.note(ctx, key, limited.RetryAfter)
		return errLater
	}
	r.mode = whole
	return err
}

// errLater says that nothing was shown because Slack asked to wait.
var errLater = errors.New("shown later")

// begin posts the beginning of an answer: as a stream, or where Slack refuses that, as a message to be edited.
func (r *reply) begin(ctx context.Context, rendered string) error {
	if r.b.api.wait(ctx, keyStart) > 0 {
		r.mode = whole
		return nil
	}
	_, ts, err := r.b.api.slack.StartStreamContext(ctx, r.m.Channel,
		slack.MsgOptionTS(r.m.Thread), slack.MsgOptionRecipientTeamID(r.m.Team), slack.MsgOptionRecipientUserID(r.m.User),
		slack.MsgOptionMarkdownText(rendered))
	if err == nil {
		r.mode = streaming
		return r.note(ctx, ts)
	}
	code := codeOf(err)
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		r.b.api.note(ctx, keyStart, limited.RetryAfter)
	}
	if code == "" || code == "ratelimited" || unreachable(code) {
		r.mode, r.unsure = whole, uncertain(err)
		return err
	}
	r.b.Log.InfoContext(ctx, "Slack does not stream here, the answer is edited instead", "code", code)
	if ts, err = r.post(ctx, part{text: rendered}); err != nil {
		r.mode, r.unsure = whole, uncertain(err)
		return err
	}
	r.mode = editing
	return r.note(ctx, ts)
}

// note writes down that a message is ours. Should that fail, whoever comes after us finds it in the thread.
func (r *reply) note(ctx context.Context, ts string) error {
	r.posted = append(r.posted, ts)
	if err := r.b.Posts.NotePosted(ctx, r.d.ID, r.posted); err != nil {
		r.b.Log.WarnContext(ctx, "what was posted is not written down", "delivery", r.d.ID, "error", err)
	}
	return nil
}

// options are a message's contents. Links are never previewed: the look-up would tell their hosts what was answered.
func (r *reply) options(p part) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(p.preview(r.words), false), slack.MsgOptionBlocks(r.b.blocks(p, r.words, false)...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
}

// post posts one message in the thread.
func (r *reply) post(ctx context.Context, p part) (ts string, err error) {
	err = r.b.api.try(ctx, keyPost+r.m.Channel, func() error {
		_, ts, err = r.b.api.slack.PostMessageContext(ctx, r.m.Channel, append(r.options(p), slack.MsgOptionTS(r.m.Thread))...)
		return err
	})
	return ts, err
}

// finish shows the complete answer. Show must have ended.
func (r *reply) finish(ctx context.Context, parts []part) error {
	if r.mode == streaming {
		done, err := r.stop(ctx, parts)
		if done || err != nil {
			return err
		}
	}
	if len(r.posted) == 0 && r.unsure {
		if err := r.find(ctx); err != nil {
			return err
		}
	}
	for i, p := range parts {
		if i < len(r.posted) {
			if err := r.edit(ctx, r.posted[i], p); err != nil {
				return err
			}
			continue
		}
		ts, err := r.post(ctx, p)
		if uncertain(err) { // it may be there
			before := len(r.posted)
			if e := r.find(ctx); e != nil || len(r.posted) == before {
				return errors.Join(err, e)
			}
			if err := r.edit(ctx, r.posted[i], p); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := r.note(ctx, ts); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the stream with the rest of the answer, its sources and its buttons. Where what was shown is not how the
// answer begins, or does not fit, the stream is only ended and done is false: the message is then edited.
func (r *reply) stop(ctx context.Context, parts []part) (done bool, err error) {
	r.mode = whole
	options := []slack.MsgOption{}
	rest, fits := strings.CutPrefix(parts[0].text, r.shown)
	fits = fits && len(parts) == 1 && !r.stale
	if fits {
		if rest != "" {
			options = append(options, slack.MsgOptionMarkdownText(rest))
		}
		options = append(options, slack.MsgOptionBlocks(r.b.blocks(parts[0], r.words, true)...))
	}
	err = r.b.api.try(ctx, keyStop, func() error {
		_, _, err := r.b.api.slack.StopStreamContext(ctx, r.m.Channel, r.posted[0], options...)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return false, ctx.Err()
	}
	return fits && err == nil, nil
}

// edit makes a message of ours say p, after ending its stream where it is one that was left open.
func (r *reply) edit(ctx context.Context, ts string, p part) error {
	update := func() error {
		return r.b.api.try(ctx, keyUpdate, func() error {
			_, _, _, err := r.b.api.slack.UpdateMessageContext(ctx, r.m.Channel, ts, r.options(p)...)
			return err
		})
	}
	err := update()
	if codeOf(err) == "streaming_state_conflict" {
		if _, _, err := r.b.api.slack.StopStreamContext(ctx, r.m.Channel, ts); err != nil {
			return fmt.Errorf("end a stream that was left open: %w", err)
		}
		err = update()
	}
	if codeOf(err) == "message_not_found" { // somebody deleted it, and has their reasons
		return nil
	}
	return err
}

// foundMost bounds how much of a thread is looked through; what is ours stands behind the question.
const foundMost = 200

// find takes for ours the messages of ours in the thread that stand behind the question and belong to no other delivery:
// posted by a process that died, or by a call whose answer was lost.
func (r *reply) find(ctx context.Context) error {
	var found []slack.Message
	err := r.b.api.try(ctx, keyRead, func() (err error) {
		found, _, _, err = r.b.api.slack.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: r.m.Channel, Timestamp: r.m.Thread, Oldest: r.m.TS, Limit: foundMost,
		})
		return err
	})
	if unreachable(codeOf(err)) {
		r.b.Log.WarnContext(ctx, "the thread cannot be read: should the answer have been posted before, it is posted again", "code", codeOf(err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for what was posted: %w", err)
	}
	self := r.b.identity()
	var ours []string
	for _, f := range found {
		if f.Timestamp > r.m.TS && (f.User != "" && (f.User == r.m.Self || f.User == self.User) || self.BotID != "" && f.BotID == self.BotID) {
			ours = append(ours, f.Timestamp)
		}
	}
	known, err := r.b.Posts.KnownPosts(ctx, r.d.Lane, r.d.ID, ours)
	if err != nil {
		return err
	}
	for _, ts := range ours {
		if !slices.Contains(known, ts) && !slices.Contains(r.posted, ts) {
			r.posted = append(r.posted, ts)
		}
	}
	if len(r.posted) > 0 {
		r.mode = whole // it is edited once the answer is complete
		return r.b.Posts.NotePosted(ctx, r.d.ID, r.posted)
	}
	return nil
}

// pause ends a stream of an answer that another process will complete.
func (r *reply) pause(ctx context.Context) {
	if r.mode == streaming {
		r.mode = whole
		_, _, _ = r.b.api.slack.StopStreamContext(ctx, r.m.Channel, r.posted[0])
	}
}

// halt ends the answer where its asker stopped it: what is shown stays, with a word on that.
func (r *reply) halt(ctx context.Context) error {
	said := "_" + r.words.T("web.chat.stopped") + "_"
	text := said
	if r.shown != "" {
		text = strings.TrimRight(r.shown, "\n") + "\n\n" + said
	}
	return r.finish(ctx, []part{{text: text}})
}
