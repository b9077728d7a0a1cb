package slackfake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// do does what a method does; s.mu is held. The error is Slack's code.
func (s *Server) do(method string, args url.Values, token string) (map[string]any, string) {
	if method == "apps.connections.open" {
		if token != AppToken {
			return nil, "invalid_auth"
		}
		return map[string]any{"url": s.ticket()}, ""
	}
	if token != BotToken {
		return nil, "invalid_auth"
	}
	switch method {
	case "auth.test":
		return map[string]any{"url": s.URL, "team": "Seminar", "user": "osmanthus", "team_id": Team, "user_id": Bot, "bot_id": BotID}, ""
	case "chat.postMessage":
		return s.post(args, "")
	case "chat.postEphemeral":
		return s.post(args, args.Get("user"))
	case "chat.update":
		return s.update(args)
	case "chat.delete":
		m := s.find(args)
		if m == nil {
			return nil, "message_not_found"
		}
		s.messages = slices.DeleteFunc(s.messages, func(o *Message) bool { return o == m })
		return map[string]any{"channel": m.Channel, "ts": m.TS}, ""
	case "chat.startStream":
		return s.startStream(args)
	case "chat.appendStream":
		return s.appendStream(args, false)
	case "chat.stopStream":
		return s.appendStream(args, true)
	case "users.info":
		return s.userInfo(args.Get("user"))
	case "usergroups.users.list":
		if args.Get("usergroup") != StaffGroup {
			return nil, "no_such_subteam"
		}
		members := []string{}
		for id, u := range s.users {
			if u.Staff {
				members = append(members, id)
			}
		}
		return map[string]any{"users": members}, ""
	case "conversations.info":
		c, ok := s.channels[args.Get("channel")]
		if !ok {
			return nil, "channel_not_found"
		}
		return map[string]any{"channel": map[string]any{"id": args.Get("channel"), "is_ext_shared": c.External, "is_archived": c.Archived, "is_member": !c.Left}}, ""
	case "conversations.replies":
		return s.replies(args)
	case "assistant.threads.setStatus":
		return s.setStatus(args)
	case "agents.sessions.setStatus":
		if !slices.Contains([]string{"active", "processing", "suspended", "closed"}, args.Get("status")) || !s.known(args.Get("channel_id")) {
			return nil, "invalid_arguments"
		}
		s.sessions[args.Get("channel_id")+"/"+args.Get("thread_ts")] = args.Get("status")
		return map[string]any{"status": args.Get("status"), "agent_status": args.Get("status")}, ""
	case "assistant.threads.setSuggestedPrompts":
		var prompts []struct{ Title, Message string }
		if json.Unmarshal([]byte(args.Get("prompts")), &prompts) != nil || len(prompts) == 0 || len(prompts) > 4 {
			return nil, "invalid_arguments"
		}
		s.prompts[args.Get("channel_id")] = json.RawMessage(args.Get("prompts"))
		return nil, ""
	case "views.publish", "views.open":
		return s.view(method, args)
	}
	return nil, "unknown_method"
}

func (s *Server) known(channel string) bool { _, ok := s.channels[channel]; return ok }

// writable says whether the bot may write in a channel.
func (s *Server) writable(channel string) string {
	c, ok := s.channels[channel]
	switch {
	case !ok:
		return "channel_not_found"
	case c.Archived:
		return "is_archived"
	case c.Left:
		return "not_in_channel"
	}
	return ""
}

func (s *Server) post(args url.Values, ephemeral string) (map[string]any, string) {
	if code := s.writable(args.Get("channel")); code != "" {
		return nil, code
	}
	if args.Get("text") == "" && args.Get("blocks") == "" {
		return nil, "no_text"
	}
	if utf8.RuneCountInString(args.Get("text")) > maxText {
		return nil, "msg_too_long"
	}
	if code := checkBlocks([]byte(args.Get("blocks"))); code != "" {
		return nil, code
	}
	if thread := args.Get("thread_ts"); thread != "" && !slices.ContainsFunc(s.messages, func(m *Message) bool { return m.TS == thread && m.Channel == args.Get("channel") }) {
		return nil, "thread_not_found"
	}
	m := &Message{
		TS: s.now(), Thread: args.Get("thread_ts"), Channel: args.Get("channel"), User: Bot, Bot: true,
		Text: args.Get("text"), Blocks: json.RawMessage(args.Get("blocks")), Ephemeral: ephemeral,
	}
	s.messages = append(s.messages, m)
	if ephemeral != "" {
		return map[string]any{"message_ts": m.TS}, ""
	}
	return map[string]any{"channel": m.Channel, "ts": m.TS}, ""
}

func (s *Server) find(args url.Values) *Message {
	for _, m := range s.messages {
		if m.Channel == args.Get("channel") && m.TS == args.Get("ts") && m.Bot && m.Ephemeral == "" {
			return m
		}
	}
	return nil
}

func (s *Server) update(args url.Values) (map[string]any, string) {
	m := s.find(args)
	switch {
	case m == nil:
		return nil, "message_not_found"
	case m.Streaming:
		return nil, "streaming_state_conflict"
	case utf8.RuneCountInString(args.Get("text")) > maxText:
		return nil, "msg_too_long"
	}
	if code := checkBlocks([]byte(args.Get("blocks"))); code != "" {
		return nil, code
	}
	m.Text, m.Blocks, m.Markdown = args.Get("text"), json.RawMessage(args.Get("blocks")), ""
	m.Edits++
	return map[string]any{"channel": m.Channel, "ts": m.TS, "text": m.Text}, ""
}

func (s *Server) startStream(args url.Values) (map[string]any, string) {
	channel := args.Get("channel")
	if code := s.writable(channel); code != "" {
		return nil, code
	}
	if channel[0] != 'D' && (args.Get("recipient_team_id") == "" || args.Get("recipient_user_id") == "") {
		return nil, "missing_recipient"
	}
	if args.Get("thread_ts") == "" {
		return nil, "invalid_arguments"
	}
	if utf8.RuneCountInString(args.Get("markdown_text")) > maxMarkdown {
		return nil, "msg_too_long"
	}
	m := &Message{
		TS: s.now(), Thread: args.Get("thread_ts"), Channel: channel, User: Bot, Bot: true, Streaming: true, Streamed: true,
		Markdown: args.Get("markdown_text"),
	}
	s.messages = append(s.messages, m)
	return map[string]any{"channel": m.Channel, "ts": m.TS}, ""
}

func (s *Server) appendStream(args url.Values, stop bool) (map[string]any, string) {
	m := s.find(args)
	switch {
	case m == nil:
		return nil, "message_not_found"
	case !m.Streaming:
		return nil, "message_not_in_streaming_state"
	case utf8.RuneCountInString(args.Get("markdown_text")) > maxMarkdown || utf8.RuneCountInString(m.Markdown)+utf8.RuneCountInString(args.Get("markdown_text")) > maxMarkdown:
		return nil, "msg_too_long"
	case !stop && args.Get("markdown_text") == "":
		return nil, "invalid_arguments"
	}
	if code := checkBlocks([]byte(args.Get("blocks"))); code != "" {
		return nil, code
	}
	m.Markdown += args.Get("markdown_text")
	if stop {
		m.Streaming = false
		m.Blocks = json.RawMessage(args.Get("blocks"))
		s.sessions[m.Channel+"/"+m.Thread] = "active"
	}
	return map[string]any{"channel": m.Channel, "ts": m.TS}, ""
}

// StopByUser stops a thread's streams as Slack does when somebody presses stop, and returns their ts.
func (s *Server) StopByUser(channel, thread string) (stopped []string) {
	s.locked(func() {
		for _, m := range s.messages {
			if m.Channel == channel && m.Thread == thread && m.Streaming {
				m.Streaming = false
				stopped = append(stopped, m.TS)
			}
		}
	})
	return stopped
}

func (s *Server) userInfo(id string) (map[string]any, string) {
	u, ok := s.users[id]
	if !ok {
		return nil, "user_not_found"
	}
	team := u.Team
	if team == "" {
		team = Team
	}
	return map[string]any{"user": map[string]any{
		"id": id, "team_id": team, "locale": u.Locale, "is_restricted": u.Guest, "is_stranger": team != Team,
	}}, ""
}

func (s *Server) replies(args url.Values) (map[string]any, string) {
	if !s.known(args.Get("channel")) {
		return nil, "channel_not_found"
	}
	found := []map[string]any{}
	for _, m := range s.messages {
		if m.Channel != args.Get("channel") || m.Ephemeral != "" || m.TS != args.Get("ts") && m.Thread != args.Get("ts") || m.TS <= args.Get("oldest") && args.Get("oldest") != "" {
			continue
		}
		message := map[string]any{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text, "thread_ts": m.Thread}
		if m.Bot {
			message["bot_id"] = BotID
		}
		found = append(found, message)
	}
	return map[string]any{"messages": found}, ""
}

func (s *Server) setStatus(args url.Values) (map[string]any, string) {
	if !s.known(args.Get("channel_id")) {
		return nil, "channel_not_found"
	}
	if args.Get("thread_ts") == "" {
		return nil, "invalid_arguments"
	}
	s.statuses[args.Get("channel_id")+"/"+args.Get("thread_ts")] = args.Get("status")
	return nil, ""
}

func (s *Server) view(method string, args url.Values) (map[string]any, string) {
	var view struct {
		Type   string            `json:"type"`
		Blocks []json.RawMessage `json:"blocks"`
		Title  struct{ Text string }
	}
	if json.Unmarshal([]byte(args.Get("view")), &view) != nil || len(view.Blocks) == 0 || len(view.Blocks) > 100 {
		return nil, "invalid_arguments"
	}
	for _, b := range view.Blocks {
		if code := checkBlocks([]byte("[" + string(b) + "]")); code != "" {
			return nil, code
		}
	}
	switch {
	case method == "views.publish" && view.Type == "home" && args.Get("user_id") != "":
		s.homes[args.Get("user_id")] = json.RawMessage(args.Get("view"))
	case method == "views.open" && view.Type == "modal" && args.Get("trigger_id") != "" && utf8.RuneCountInString(view.Title.Text) <= 24:
		s.modals = append(s.modals, json.RawMessage(args.Get("view")))
	default:
		return nil, "invalid_arguments"
	}
	return map[string]any{"view": map[string]any{"id": "V0"}}, ""
}

// response is what a response URL does with a post.
func (s *Server) response(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Text            string          `json:"text"`
		Blocks          json.RawMessage `json:"blocks"`
		ResponseType    string          `json:"response_type"`
		ReplaceOriginal bool            `json:"replace_original"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	if code := checkBlocks(body.Blocks); code != "" {
		http.Error(w, code, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, &Message{
		TS: s.now(), Channel: r.PathValue("channel"), User: Bot, Bot: true, Text: body.Text, Blocks: body.Blocks, Ephemeral: r.PathValue("user"),
		Thread: r.PathValue("id"),
	})
	s.calls = append(s.calls, Call{Method: "response_url", Args: url.Values{"text": {body.Text}, "blocks": {string(body.Blocks)}, "response_type": {body.ResponseType}}})
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte("ok"))
}
