// The list of the conversations that this device keeps: open one, delete one or all, save the one that is open as Markdown.

import { button, element, icon } from "./element";
import { markdownOf } from "./export";
import * as kept from "./kept";
import { tagOfText } from "./tag";
import { pageTag, t } from "./words";

export interface Hooks {
  /** shown is the conversation on the page. */
  shown(): kept.Conversation;
  open(c: kept.Conversation): void;
  /** forgotten is told of each conversation that was deleted here. */
  forgotten(c: kept.Conversation): void;
}

/** keptList returns the button that opens the list. */
export function keptList(hooks: Hooks): HTMLButtonElement {
  const list = element("ul");
  const none = element("p", {}, t("web.chat.history_none"));
  const save = button({ class: "button" }, () => saveAs(hooks.shown()), icon("save"), element("span", {}, t("web.chat.save")));
  const clear = button({ class: "button" }, clearAll, icon("bin"), element("span", {}, t("web.chat.delete_all")));
  const heading = element("h2", { id: "kept-title" }, t("web.chat.history"));
  const close = button({ class: "button", "aria-label": t("web.chat.close"), title: t("web.chat.close") }, () => dialog.close(), icon("close"));
  const dialog = element("dialog", { "aria-labelledby": "kept-title" },
    element("div", { class: "kept" }, element("header", {}, heading, close), element("p", {}, t("web.chat.history_note")), list, none, element("div", { class: "foot" }, save, clear)),
  ) as HTMLDialogElement;
  dialog.addEventListener("click", (e) => {
    if (e.target === dialog) dialog.close(); // beside it
  });
  document.body.append(dialog);

  function clearAll(): void {
    if (!clear.classList.contains("strong")) {
      clear.classList.add("strong");
      clear.querySelector("span")!.textContent = t("web.chat.delete_sure");
      return;
    }
    const gone = kept.all();
    kept.removeAll();
    gone.forEach(hooks.forgotten);
    fill();
    close.focus();
  }

  function fill(): void {
    const when = new Intl.DateTimeFormat(pageTag, { dateStyle: "medium", timeStyle: "short" });
    const conversations = kept.all();
    list.replaceChildren(
      ...conversations.map((c) => {
        const asked = c.turns[0].question;
        const open = button({ class: "open" }, () => {
          dialog.close();
          hooks.open(c);
        }, element("span", { class: "asked", lang: tagOfText(asked) }, asked), element("time", { datetime: new Date(c.at).toISOString() }, when.format(c.at)));
        const label = t("web.chat.delete_one", { question: asked });
        const bin = button({ class: "act", "aria-label": label, title: t("web.chat.delete") }, () => {
          kept.remove(c.id);
          hooks.forgotten(c);
          fill();
          (list.querySelector<HTMLElement>(".act") ?? close).focus();
        }, icon("bin"));
        return element("li", {}, open, bin);
      }),
    );
    none.hidden = conversations.length > 0;
    clear.hidden = conversations.length === 0;
    clear.classList.remove("strong");
    clear.querySelector("span")!.textContent = t("web.chat.delete_all");
    save.hidden = hooks.shown().turns.length === 0;
  }

  return button({ class: "button history", "aria-haspopup": "dialog", title: t("web.chat.history") }, () => {
    fill();
    dialog.showModal();
  }, icon("history"), element("span", {}, t("web.chat.history")));
}

function saveAs(c: kept.Conversation): void {
  const url = URL.createObjectURL(new Blob([markdownOf(c)], { type: "text/markdown;charset=utf-8" }));
  element("a", { href: url, download: `osmanthus-${new Date(c.at).toISOString().slice(0, 10)}.md` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
