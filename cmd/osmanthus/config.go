package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

// Config is every setting, as flags and as environment variables (the `setting` tag names the variable). A setting
// tagged secret may also stand in a file named by its variable with _FILE.
type Config struct {
	DatabaseURL Secret `name:"database-url" group:"Parts" setting:"DATABASE_URL" secret:"" help:"Postgres with pgvector. Without it, a private one is started."`
	Migrate     bool   `name:"migrate" group:"Parts" setting:"OSMANTHUS_MIGRATE" help:"Bring the schema of DATABASE_URL up to date at start. The private Postgres always is."`

	EmbeddingBaseURL string `name:"embedding-base-url" group:"Parts" setting:"EMBEDDING_BASE_URL" help:"OpenAI-compatible embedding endpoint, to /v1. Without it, the local embedder is started."`
	EmbeddingAPIKey  Secret `name:"embedding-api-key" group:"Parts" setting:"EMBEDDING_API_KEY" secret:"" help:"Key of the embedding endpoint."`
	EmbeddingModel   string `name:"embedding-model" group:"Parts" setting:"EMBEDDING_MODEL" help:"Model of the embedding endpoint."`

	RerankBaseURL string `name:"rerank-base-url" group:"Parts" setting:"RERANK_BASE_URL" help:"Endpoint that has /rerank in the form of Jina, Cohere, vLLM or Text Embeddings Inference. Without it, the search's own order stands."`
	RerankAPIKey  Secret `name:"rerank-api-key" group:"Parts" setting:"RERANK_API_KEY" secret:"" help:"Key of the reranking endpoint."`
	RerankModel   string `name:"rerank-model" group:"Parts" setting:"RERANK_MODEL" help:"Model of the reranking endpoint, where it serves several."`

	OpenAIBaseURL string `name:"openai-base-url" group:"Parts" setting:"OPENAI_BASE_URL" default:"https://api.openai.com/v1" help:"OpenAI-compatible chat endpoint, to /v1."`
	OpenAIAPIKey  Secret `name:"openai-api-key" group:"Parts" setting:"OPENAI_API_KEY" secret:"" help:"Key of the chat endpoint."`
	ChatModel     string `name:"chat-model" group:"Parts" setting:"CHAT_MODEL" help:"Chat model that writes the answers. Without it, answers quote the documents."`

	DailyTokens  int64   `name:"daily-tokens" group:"Answers" setting:"OSMANTHUS_DAILY_TOKENS" default:"0" help:"Tokens a day, given and written, after which the chat model is not asked and answers quote; 0: no limit."`
	DailyCost    float64 `name:"daily-cost" group:"Answers" setting:"OSMANTHUS_DAILY_COST" default:"0" help:"What they may cost a day, by the prices; 0: no limit."`
	PromptPrice  float64 `name:"prompt-price" group:"Answers" setting:"OSMANTHUS_PROMPT_PRICE" default:"0" help:"Price of a million tokens given."`
	TextPrice    float64 `name:"text-price" group:"Answers" setting:"OSMANTHUS_TEXT_PRICE" default:"0" help:"Price of a million tokens written, in the same currency."`
	SecondReader bool    `name:"second-reader" group:"Answers" setting:"OSMANTHUS_SECOND_READER" help:"Have the chat model read what is taken in for people's positions too; what the text does not bear out is not believed."`
	ClientTokens int64   `name:"client-tokens" group:"Answers" setting:"OSMANTHUS_CLIENT_TOKENS" default:"0" help:"The same for each address that asks; 0: no limit."`

	BaseURL            string   `name:"base-url" group:"Answers" setting:"OSMANTHUS_BASE_URL" help:"Address that the public finds the pages at, like https://example.org/seminar, for links that leave them."`
	SlackBotToken      Secret   `name:"slack-bot-token" group:"Slack" setting:"SLACK_BOT_TOKEN" secret:"" help:"Token of the Slack app's bot (xoxb-). Without it, there is no Slack."`
	SlackSigningSecret Secret   `name:"slack-signing-secret" group:"Slack" setting:"SLACK_SIGNING_SECRET" secret:"" help:"Signing secret of the Slack app, for events over HTTP."`
	SlackAppToken      Secret   `name:"slack-app-token" group:"Slack" setting:"SLACK_APP_TOKEN" secret:"" help:"App-level token (xapp-), for Socket Mode."`
	SlackAPIURL        string   `name:"slack-api-url" group:"Slack" setting:"SLACK_API_URL" help:"Address of Slack's methods, to /api/. Without it, Slack's own."`
	SlackStaffChannels []string `name:"slack-staff-channels" group:"Slack" setting:"SLACK_STAFF_CHANNELS" help:"Ids of the channels in which staff's documents may be quoted."`
	SlackStaffGroup    string   `name:"slack-staff-group" group:"Slack" setting:"SLACK_STAFF_GROUP" help:"Id of the user group whose members may see staff's documents in direct messages."`

	Home      string `name:"home" group:"Parts" setting:"OSMANTHUS_HOME" default:".osmanthus" help:"Folder of the private Postgres, the local embedder and their parts."`
	Contact   string `name:"contact" group:"Answers" setting:"OSMANTHUS_CONTACT" help:"Whom to ask when the documents do not answer: an address or a sentence."`
	LogLevel  string `name:"log-level" group:"Logging" setting:"OSMANTHUS_LOG_LEVEL" default:"warn" enum:"debug,info,warn,error" help:"Least level that is logged (${enum})."`
	LogFormat string `name:"log-format" group:"Logging" setting:"OSMANTHUS_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log (${enum})."`
}

// A Secret is a setting that is never printed.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from JSON and slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// list is a secret of several, parted by commas.
func (s Secret) list() []string {
	var out []string
	for part := range strings.SplitSeq(string(s), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Validate checks what no single setting shows.
func (c *Config) Validate() error {
	for name, address := range map[string]string{"EMBEDDING_BASE_URL": c.EmbeddingBaseURL, "OPENAI_BASE_URL": c.OpenAIBaseURL, "RERANK_BASE_URL": c.RerankBaseURL, "SLACK_API_URL": c.SlackAPIURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("%s is not an http address: set it to something like http://localhost:11434/v1", name)
		}
	}
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("OSMANTHUS_BASE_URL is not an http address without a query: set it to something like https://example.org/seminar")
		}
		c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	}
	if c.DailyCost < 0 || c.PromptPrice < 0 || c.TextPrice < 0 || c.DailyCost > 0 && c.PromptPrice+c.TextPrice == 0 {
		return fmt.Errorf("OSMANTHUS_DAILY_COST needs prices: set OSMANTHUS_PROMPT_PRICE and OSMANTHUS_TEXT_PRICE, none below 0, to those of a million tokens")
	}
	if c.SecondReader && c.ChatModel == "" {
		return fmt.Errorf("OSMANTHUS_SECOND_READER is set but CHAT_MODEL is not: name the model that is to read")
	}
	if c.EmbeddingBaseURL != "" && c.EmbeddingModel == "" {
		return fmt.Errorf("EMBEDDING_BASE_URL is set but EMBEDDING_MODEL is not: name the model it serves")
	}
	if c.EmbeddingBaseURL == "" && c.EmbeddingModel != "" {
		return fmt.Errorf("EMBEDDING_MODEL is set but EMBEDDING_BASE_URL is not: name the endpoint that serves it")
	}
	if c.SlackBotToken == "" && (c.SlackSigningSecret != "" || c.SlackAppToken != "") {
		return fmt.Errorf("SLACK_SIGNING_SECRET or SLACK_APP_TOKEN is set but SLACK_BOT_TOKEN is not: see deploy/slack.md")
	}
	if c.SlackBotToken != "" && c.SlackSigningSecret == "" && c.SlackAppToken == "" {
		return fmt.Errorf("SLACK_BOT_TOKEN is set but neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is: see deploy/slack.md")
	}
	home, err := filepath.Abs(c.Home)
	if err != nil {
		return fmt.Errorf("find the folder of OSMANTHUS_HOME: %w", err)
	}
	c.Home = home
	return nil
}

// settings resolves flags from environment variables and from the files that …_FILE variables name.
func settings(getenv func(string) string) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := flag.Tag.Get("setting")
		if name == "" {
			return nil, nil
		}
		value := getenv(name)
		if !flag.Tag.Has("secret") {
			if value == "" {
				return nil, nil
			}
			return value, nil
		}
		file := getenv(name + "_FILE")
		switch {
		case file != "" && value != "":
			return nil, fmt.Errorf("both %s and %s_FILE are set: keep one", name, name)
		case file != "":
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read %s_FILE: %w", name, err)
			}
			value = strings.TrimSpace(string(content))
		}
		if value == "" {
			return nil, nil
		}
		return value, nil
	}
}
