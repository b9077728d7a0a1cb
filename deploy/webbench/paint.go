package main

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

const (
	// The 4G of WebPageTest: 9 Mbit/s each way, 170 ms there and back.
	bytesPerSecond = 9e6 / 8
	roundTrip      = 170
	// slower is how many times slower a phone's processor is made out to be.
	slower   = 4
	paints   = 5
	paintJS  = `new Promise(painted => new PerformanceObserver(list => painted(list.getEntries().at(-1).startTime)).observe({type: "largest-contentful-paint", buffered: true}))`
	settleJS = `new Promise(done => setTimeout(done, 500)).then(() => true)`
)

// largestPaint opens the page on a throttled phone, with nothing in its cache, and tells when its largest part was painted.
func largestPaint(ctx context.Context, address string) (spread, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	allocator, cancel := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer cancel()
	var times []time.Duration
	for range paints {
		one, err := paintOnce(allocator, address)
		if err != nil {
			return spread{}, fmt.Errorf("measure the largest paint: %w", err)
		}
		times = append(times, one)
	}
	return spreadOf(times), nil
}

func paintOnce(allocator context.Context, address string) (time.Duration, error) {
	tab, cancel := chromedp.NewContext(allocator)
	defer cancel()
	err := chromedp.Do(tab,
		with(network.Enable, network.EnableParams{}),
		with(network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}),
		with(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
			{Latency: roundTrip, DownloadThroughput: bytesPerSecond, UploadThroughput: bytesPerSecond},
		}}),
		with(emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slower}),
		with(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true}),
		chromedp.Navigate(address+"/?lang=zh"))
	if err != nil {
		return 0, err
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](settleJS, chromedp.EvalAwaitPromise)); err != nil { // a later part may be larger
		return 0, err
	}
	ms, err := chromedp.Run(tab, chromedp.Evaluate[float64](paintJS, chromedp.EvalAwaitPromise))
	return time.Duration(ms * float64(time.Millisecond)), err
}

// with makes a step of a command.
func with[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, command, params)
		return chromedp.Void{}, err
	}
}
