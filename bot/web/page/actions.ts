// What can be done with an answer: copy it, send its address on, say what it is worth, ask once more.

import { answerPage, judging, whole } from "./address";
import type { Answer } from "./answer";
import { call } from "./base";
import { button, element, icon } from "./element";
import { plainText, withSources } from "./export";
import { pageTag, t } from "./words";

/** actions are the row under an answer. again is left out where asking once more would bring the same. */
export function actions(a: Answer, again?: () => void): HTMLElement[] {
  const said = element("span", { role: "status" });
  const row = element("div", { class: "actions", lang: pageTag });
  const reason = element("div");
  const copying = (label: string, kind: "copy" | "cited" | "link", text: () => string) =>
    button({ class: "act " + kind }, async () => {
      said.textContent = (await copy(text())) ? t("web.chat.copied") : t("web.chat.not_copied");
    }, icon(kind), label);
  if (a.text) row.append(copying(t("web.chat.copy"), "copy", () => plainText(a, false)));
  if (a.citations.length) row.append(copying(t("web.chat.copy_sources"), "cited", () => withSources(a)));
  if (a.id) row.append(share(a, said), ...thumbs(a.id, said, reason));
  if (again) row.append(button({ class: "act again" }, again, icon("again"), t("web.chat.again")));
  row.append(said);
  return [row, reason];
}

/** share is the answer's own address: a link, which a press hands to the device or copies. */
function share(a: Answer, said: HTMLElement): HTMLElement {
  const link = element("a", { class: "act share", href: answerPage(a.id) }, icon("link"), t("web.chat.link"));
  link.addEventListener("click", async (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return; // opens it elsewhere, as any link
    e.preventDefault();
    const url = whole(answerPage(a.id));
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ url }).catch(() => {}); // closed without sending
      return;
    }
    said.textContent = (await copy(url)) ? t("web.chat.link_copied") : url;
  });
  return link;
}

/** copy puts text on the clipboard; on a page without a secure connection by the older way. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { class: "hidden", "aria-hidden": "true" }) as HTMLTextAreaElement;
    const before = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
}

async function judge(answer: string, value: string, reason?: string): Promise<boolean> {
  const body = JSON.stringify({ answer, value, reason });
  const response = await call(judging, { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
  return !!response?.ok;
}

/** thumbs say what an answer is worth; the last one pressed counts, and what is not helpful may be given a reason. */
function thumbs(answer: string, said: HTMLElement, place: HTMLElement): HTMLElement[] {
  const buttons = (["up", "down"] as const).map((value) => {
    const label = value === "up" ? t("web.chat.up") : t("web.chat.down");
    const b = button({ class: "act thumb " + value, "aria-pressed": "false", "aria-label": label, title: label }, async () => {
      if (!(await judge(answer, value))) {
        said.textContent = t("web.chat.not_sent");
        return;
      }
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === b));
      said.textContent = t("web.chat.thanks");
      place.replaceChildren();
      if (value === "down") place.append(reasonForm(answer, said, b));
    }, icon(value));
    return b;
  });
  return buttons;
}

function reasonForm(answer: string, said: HTMLElement, after: HTMLElement): HTMLElement {
  const id = "reason-" + answer;
  const field = element("textarea", { id, maxlength: "1000", rows: "2" }) as HTMLTextAreaElement;
  const form = element("form", { class: "reason", lang: pageTag },
    element("label", { for: id }, t("web.chat.reason")), field, element("button", { class: "button", type: "submit" }, t("web.chat.reason_send")));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (!field.value.trim()) return field.focus();
    if (await judge(answer, "down", field.value)) {
      form.remove();
      after.focus();
      said.textContent = t("web.chat.thanks");
    } else {
      said.textContent = t("web.chat.not_sent");
    }
  });
  return form;
}
