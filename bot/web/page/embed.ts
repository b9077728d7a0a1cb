// The script that a website includes: a button, and behind it the chat in a frame of our origin, made when it is first
// opened. It runs in the website's page, so it keeps to itself: one element with a shadow root, no global name, no style
// of the page used or changed, and of all messages only those of its own frame.

/** The words that the server puts before this script, by language. */
declare const WORDS: Record<string, Record<string, string>>;

const style = `
:host { all: initial; --ground: #fffdf8; --ink: #26221a; --line: #e6decd; --accent: #9a4f06; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :host { --ground: #191713; --ink: #f1ece0; --line: #3a352a; --accent: #f2ad4e; --on-accent: #241703; } }
@media print { :host { display: none; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, dialog { font: 16px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
:lang(zh) { font-family: system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
button, a { color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.open {
  position: fixed; inset-block-end: max(16px, env(safe-area-inset-bottom)); inset-inline-end: 16px; z-index: 2147483000; max-width: calc(100vw - 32px);
  display: flex; align-items: center; gap: 10px; min-height: 52px; padding: 0 20px 0 16px; border: 0; border-radius: 999px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; box-shadow: 0 4px 16px rgb(0 0 0 / .25);
}
.open:focus-visible { outline: 3px solid var(--on-accent); outline-offset: -6px; border-radius: 999px; }
.open svg { flex: none; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linejoin: round; }
dialog {
  position: fixed; inset: auto; inset-block-end: 84px; inset-inline-end: 16px; z-index: 2147483001; margin: 0; padding: 0; overflow: hidden;
  width: 400px; max-width: calc(100vw - 32px); height: min(var(--height, 560px), 100dvh - 100px); max-height: none;
  border: 1px solid var(--line); border-radius: 16px; background: var(--ground); color: var(--ink); box-shadow: 0 12px 40px rgb(0 0 0 / .3);
}
dialog[open] { display: flex; flex-direction: column; }
.head { flex: none; display: flex; align-items: center; gap: 8px; padding: 4px 4px 4px 16px; border-bottom: 1px solid var(--line); }
h2 { flex: 1; min-width: 0; margin: 0; font-size: 16px; font-weight: 650; }
.close { flex: none; width: 44px; height: 44px; border: 0; background: none; font-size: 26px; line-height: 1; }
.failed { margin: 0; padding: 16px; }
iframe { flex: 1; width: 100%; min-height: 0; border: 0; }
@media (max-width: 30rem), (max-height: 26rem) {
  dialog { inset: 0; width: 100%; max-width: none; height: 100dvh; border: 0; border-radius: 0; }
}
`;
const narrow = window.matchMedia("(max-width: 30rem), (max-height: 26rem)");

/** The heights that the dialog may take on the frame's word, in pixels. */
const least = 420;
const most = 720;
const headHeight = 54;

function element<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  e.append(...children);
  return e;
}

function bubble(): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: "24", height: "24", "aria-hidden": "true" })) svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", "M4 5h16v11H11l-4.5 4v-4H4z");
  svg.append(path);
  return svg;
}

function start(script: HTMLScriptElement): void {
  const address = new URL(script.src);
  const base = address.origin + address.pathname.replace(/\/embed\.js$/, "");
  const lang = (script.dataset.lang || document.documentElement.lang || navigator.language).toLowerCase().startsWith("zh") ? "zh" : "en";
  const t = (key: string) => WORDS[lang][key] ?? key;

  const host = element("osmanthus-chat" as "div", { lang: lang === "zh" ? "zh-Hans" : "en" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];

  const query = new URLSearchParams({ lang, origin: location.origin });
  if (script.dataset.event) query.set("event", script.dataset.event);
  const source = `${base}/embed?${query}`;
  const failed = element("p", { class: "failed", role: "alert", hidden: "" }, t("web.embed.failed"), " ",
    element("a", { href: `${base}/?lang=${lang}`, target: "_blank", rel: "noopener" }, t("web.embed.window")));
  const frame = element("iframe", { title: t("web.embed.title"), allow: "clipboard-write" });
  const closer = element("button", { type: "button", class: "close", "aria-label": t("web.embed.close"), title: t("web.embed.close") }, "×");
  const dialog = element("dialog", { id: "chat", "aria-labelledby": "title" },
    element("div", { class: "head" }, element("h2", { id: "title" }, t("web.embed.title")), closer), failed, frame);
  const button = element("button", { type: "button", class: "open", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "chat" }, bubble(), t("web.embed.open"));
  root.append(button, dialog);

  let ready = false;
  const tellOpen = () => {
    if (!ready || !dialog.open) return;
    frame.focus();
    frame.contentWindow!.postMessage({ osmanthus: 1, type: "open" }, address.origin);
  };
  const show = () => {
    if (!frame.src) frame.src = source;
    if (narrow.matches) dialog.showModal();
    else dialog.show();
    button.setAttribute("aria-expanded", "true");
    tellOpen();
  };

  button.addEventListener("click", () => (dialog.open ? dialog.close() : show()));
  closer.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && !e.isComposing) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // it was only shown the other way
    button.setAttribute("aria-expanded", "false");
    button.focus();
  });
  // A phone that is turned has room beside the dialog, or none any more.
  narrow.addEventListener("change", () => {
    if (!dialog.open) return;
    dialog.close();
    show();
  });

  window.addEventListener("message", (e) => {
    if (e.source !== frame.contentWindow || e.origin !== address.origin || e.data?.osmanthus !== 1) return;
    switch (e.data.type) {
      case "ready":
        ready = true;
        failed.hidden = true;
        frame.hidden = false;
        tellOpen();
        break;
      case "size":
        if (Number.isFinite(e.data.height)) dialog.style.setProperty("--height", `${Math.min(Math.max(e.data.height + headHeight, least), most)}px`);
        break;
      case "close":
        dialog.close();
    }
  });
  // The page in the frame is ready before its load ends. One that is not may not be shown here, or its server is away.
  frame.addEventListener("load", () => {
    if (!frame.src) return;
    setTimeout(() => {
      failed.hidden = ready;
      frame.hidden = !ready;
    }, 1000);
  });

  document.body.append(host);
}

const script = document.currentScript ?? document.querySelector('script[src$="/embed.js"]');
if (script instanceof HTMLScriptElement && !document.querySelector("osmanthus-chat")) {
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script));
}
