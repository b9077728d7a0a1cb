// An answer as it is given by the API, and as it stands on the page.

import { Cites, element, ours, render } from "./markdown";
import { t } from "./words";

export interface Citation {
  n: number;
  document: number;
  title: string;
  lang: string;
  heading?: string;
  page?: number;
  quote?: string;
  url: string;
}

export interface Answer {
  id: string;
  lang: string;
  script?: string;
  kind: string;
  text: string;
  generated_by: string;
  notice?: string;
  citations: Citation[];
  nearest?: { title: string; url: string }[];
  conversation?: string;
}

const han = /\p{Script=Han}/u;
export const tagOf = (lang: string, script?: string) => (lang !== "zh" ? "en" : script === "hant" ? "zh-Hant" : "zh-Hans");
export const tagOfText = (text: string) => (han.test(text) ? "zh-Hans" : "en");

/** showText puts Markdown into place; while it grows, what may yet become a mark is held back. */
export function showText(place: HTMLElement, markdown: string, citations: Citation[], growing: boolean): void {
  if (growing) markdown = markdown.replace(/(?:\[\d{0,4}|\\)$/, "");
  const cites: Cites = new Map(citations.map((c) => [c.n, c]));
  place.replaceChildren(...render(markdown, cites));
}

/** complete shows all of an answer. */
export function complete(place: HTMLElement, a: Answer): void {
  const text = element("div", { class: "text" });
  showText(text, a.text, a.citations, false);
  const near = new Map((a.nearest ?? []).map((n) => [n.title, n.url]));
  for (const li of text.querySelectorAll("li")) {
    const url = near.get(li.textContent ?? "");
    if (url && ours(url)) li.replaceChildren(element("a", { href: url }, ...li.childNodes));
  }
  place.lang = tagOf(a.lang, a.script);
  place.replaceChildren(text);
  if (a.notice) place.append(element("p", { class: "notice" }, a.notice));
  if (a.citations.length) place.append(sources(a.citations));
  const made = element("p", { class: "made", lang: document.documentElement.lang });
  if (a.kind !== "not_found") made.append(madeBy(a.generated_by), " ");
  if (a.id) made.append(element("a", { class: "share", href: "/a/" + encodeURIComponent(a.id) }, t("web.chat.link")), ...thumbs(a.id));
  place.append(made);
}

function madeBy(by: string): string {
  switch (by) {
    case "quotes":
      return t("web.chat.by_quotes");
    case "organisers":
      return t("web.chat.by_organisers");
  }
  return t("web.chat.by_model", { model: by });
}

/** thumbs are the buttons that say what an answer is worth; the last one pressed counts. */
function thumbs(answer: string): HTMLElement[] {
  const said = element("span", { role: "status" });
  const buttons = (["up", "down"] as const).map((value) => {
    const b = element("button", { type: "button", class: "act thumb", "aria-pressed": "false" }, value === "up" ? t("web.chat.up") : t("web.chat.down"));
    b.addEventListener("click", async () => {
      const body = JSON.stringify({ answer, value });
      const response = await fetch("/api/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
      if (!response?.ok) return;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === b));
      said.textContent = t("web.chat.thanks");
    });
    return b;
  });
  return [...buttons, said];
}

function sources(citations: Citation[]): HTMLElement {
  const list = element("ol");
  for (const c of citations) {
    const label = c.lang === "zh" ? t("web.chat.in_zh") : t("web.chat.in_en");
    const meta = element("span", { class: "meta" }, element("span", { class: "label" }, label));
    if (c.heading) meta.append(element("span", {}, c.heading));
    if (c.page) meta.append(element("span", {}, t("web.chat.page", { page: String(c.page) })));
    const about = element("span", { class: "about" }, element("span", { class: "title", lang: tagOfText(c.title) }, c.title), meta);
    if (c.quote) about.append(element("span", { class: "excerpt", lang: tagOf(c.lang) }, c.quote));
    const inner = [element("span", { class: "n" }, String(c.n)), about];
    list.append(element("li", {}, ours(c.url) ? element("a", { href: c.url }, ...inner) : element("div", {}, ...inner)));
  }
  return element("section", { class: "sources", lang: document.documentElement.lang }, element("h3", {}, t("web.chat.sources")), list);
}
