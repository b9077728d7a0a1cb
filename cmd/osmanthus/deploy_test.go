package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"osmanthus/bot/locale"
	"osmanthus/deploy/local"
	"osmanthus/retrieval/lang"
)

// settingsOf returns the default of every setting that the program knows, by its variable.
func settingsOf(t *testing.T) (defaults map[string]string, secret map[string]bool) {
	t.Helper()
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	defaults, secret = map[string]string{}, map[string]bool{}
	flags := slices.Clone(parser.Model.Flags)
	for _, command := range parser.Model.Leaves(false) {
		flags = append(flags, command.Flags...)
	}
	for _, f := range flags {
		if name := f.Tag.Get("setting"); name != "" {
			defaults[name], secret[name] = f.Default, f.Tag.Has("secret")
			if f.IsBool() && f.Default == "" {
				defaults[name] = "false"
			}
		}
	}
	return defaults, secret
}

// TestEnvExample: every setting is explained with its true default, and nothing else is.
func TestEnvExample(t *testing.T) {
	t.Parallel()
	want, secret := settingsOf(t)
	content, err := os.ReadFile("../../deploy/env.example")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	explained := ""
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			explained += comment
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			got[name] = value
			if explained == "" {
				t.Errorf("%s is not explained", name)
			}
			if strings.Contains(explained, "(secret)") != secret[name] {
				t.Errorf("%s: marked as a secret %t, is one %t", name, strings.Contains(explained, "(secret)"), secret[name])
			}
		}
		explained = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deploy/env.example (-settings +file):\n%s", diff)
	}
}

// TestCompose: what the services are given are settings, and no secret is written down.
func TestCompose(t *testing.T) {
	t.Parallel()
	defaults, secret := settingsOf(t)
	content, err := os.ReadFile("../../deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image       string
			Environment map[string]string
			Profiles    []string
			Command     []string
			Build       struct{ Dockerfile, Target string }
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(content, &compose); err != nil {
		t.Fatal(err)
	}
	services := slices.Sorted(maps.Keys(compose.Services))
	if diff := cmp.Diff([]string{"database", "embedder", "ollama", "osmanthus", "worker"}, services); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	for name, value := range compose.Services["osmanthus"].Environment {
		if _, known := defaults[name]; !known {
			t.Errorf("%s is no setting", name)
		}
		if secret[name] && !strings.Contains(value, "${") {
			t.Errorf("%s is written down", name)
		}
	}
	worker := compose.Services["worker"]
	if diff := cmp.Diff(compose.Services["osmanthus"].Environment, worker.Environment); diff != "" || worker.Image != compose.Services["osmanthus"].Image {
		t.Errorf("the worker is set up otherwise than the server (-server +worker):\n%s", diff)
	}
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(worker.Command); err != nil || len(worker.Command) == 0 {
		t.Errorf("the worker's command %v: %v", worker.Command, err)
	}
	if image := compose.Services["database"].Image; !strings.HasPrefix(image, "pgvector/pgvector:pg") {
		t.Errorf("the database is %s", image)
	}
	if profiles := compose.Services["ollama"].Profiles; !slices.Equal(profiles, []string{"ollama"}) {
		t.Errorf("ollama starts without being asked for: %v", profiles)
	}
	if got := compose.Services["osmanthus"].Environment["EMBEDDING_MODEL"]; !strings.Contains(got, local.EmbeddingModel) {
		t.Errorf("the embedder serves %s, the program asks for %s", local.EmbeddingModel, got)
	}
	for _, variable := range regexp.MustCompile(`\$\{(\w+)`).FindAllStringSubmatch(string(content), -1) {
		_, known := defaults[variable[1]]
		if !known && variable[1] != "POSTGRES_PASSWORD" && variable[1] != "OSMANTHUS_PORT" {
			t.Errorf("compose.yaml asks for %s, which nothing explains", variable[1])
		}
	}
}

// TestDockerfile: what the images set are settings, their commands exist, and the last runs as nobody.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	defaults, _ := settingsOf(t)
	content, err := os.ReadFile("../../deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(content), "\nFROM ")
	last := stages[len(stages)-1]
	if !strings.Contains(last, "\nUSER 65532") || !strings.Contains(string(content), "CGO_ENABLED=0") {
		t.Error("the last stage must run a static binary as an ordinary user")
	}
	for _, env := range regexp.MustCompile(`(?m)^ENV (.*)$`).FindAllStringSubmatch(string(content), -1) {
		for _, pair := range strings.Fields(env[1]) {
			name, _, _ := strings.Cut(pair, "=")
			if _, known := defaults[name]; !known {
				t.Errorf("%s is no setting", name)
			}
		}
	}
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, c := range parser.Model.Children {
		known = append(known, c.Name)
	}
	for _, command := range []string{"serve", "local-embedder", "local-install"} {
		if !strings.Contains(string(content), command) || !slices.Contains(known, command) {
			t.Errorf("the command %s: in the Dockerfile or the program it is missing (%v)", command, known)
		}
	}
	golang := regexp.MustCompile(`FROM golang:(\S+)-`).FindStringSubmatch(string(content))
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if golang == nil || !strings.Contains(string(module), "\ngo "+golang[1]) {
		t.Errorf("the image builds with Go %v, go.mod asks for another", golang)
	}
}

// TestFaultsAreInTheCatalogue: what deploy/local says in English is what the catalogue says.
func TestFaultsAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	known := catalog.For(lang.English).Prefix("local.")
	for key, text := range known {
		if got := (&local.Fault{Code: strings.TrimPrefix(key, "local.")}).Error(); got != text {
			t.Errorf("%s: deploy/local says %q, the catalogue %q", key, got, text)
		}
	}
	if len(known) != len(local.Codes()) {
		t.Errorf("the catalogue has %d faults, deploy/local %d", len(known), len(local.Codes()))
	}
}
