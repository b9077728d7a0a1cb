// Command screenshots takes the README's pictures of the chat: it takes the examples in, serves them, and asks as guests do. It must
// not import anything of this module.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A picture is one page as someone sees it.
type picture struct {
	name          string
	width, height int64
	theme         string
	path          string
	question      string // asked first; empty: none
	open          bool   // the first source of the answer
}

func pictures() []picture {
	return []picture{
		{"welcome", 1280, 800, "light", "/?lang=en", "", false},
		{"phone", 390, 844, "light", "/?lang=en", "How often should chest compressions be given per minute?", false},
		{"source", 390, 844, "light", "/?lang=en", "How often should chest compressions be given per minute?", true},
		{"chinese", 1280, 800, "dark", "/?lang=zh", "黄浩明现在是什么职务？", false},
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: screenshots BINARY FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, folder string) error {
	if out, err := exec.CommandContext(ctx, binary, "ingest", "--prune", "examples/documents").CombinedOutput(); err != nil {
		return fmt.Errorf("take the examples in: %w\n%s", err, out)
	}
	address, stop, err := serve(ctx, binary)
	if err != nil {
		return err
	}
	defer stop()
	allocator, cancel := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer cancel()
	browser, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(browser); err != nil {
		return fmt.Errorf("start Chromium: %w", err)
	}
	for _, p := range pictures() {
		png, err := p.take(browser, address)
		if err != nil {
			return fmt.Errorf("take %s: %w", p.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, p.name+".png"), png, 0o644); err != nil {
			return fmt.Errorf("keep %s: %w", p.name, err)
		}
	}
	return nil
}

// serve starts the program on a free port and returns its address once it has said it.
func serve(ctx context.Context, binary string) (string, func(), error) {
	command := exec.CommandContext(ctx, binary, "serve", "--addr", "127.0.0.1:0")
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("serve: %w", err)
	}
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("serve: %w", err)
	}
	stop := func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, port, ok := strings.Cut(lines.Text(), "http://localhost:"); ok {
			return "http://127.0.0.1:" + port, stop, nil
		}
	}
	stop()
	return "", nil, errors.Join(errors.New("serve said no address"), lines.Err())
}

// take opens the page in a tab of its own and returns it as a PNG.
func (p picture) take(browser context.Context, address string) ([]byte, error) {
	ctx, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // a limit on the first use would be one on the tab
		return nil, err
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: p.width, Height: p.height, DeviceScaleFactor: 1, Mobile: p.width < 600}); err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: p.theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}); err != nil {
		return nil, err
	}
	steps := []chromedp.Action[chromedp.Void]{chromedp.Navigate(address + p.path), chromedp.WaitVisible("#question")}
	if p.question != "" {
		steps = append(steps, chromedp.SetValue("#question", p.question), chromedp.Click("#send"), chromedp.WaitVisible("div.actions"))
	}
	if p.open {
		steps = append(steps, chromedp.Click(".answer .cite"), chromedp.WaitVisible("mark#s"))
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}
