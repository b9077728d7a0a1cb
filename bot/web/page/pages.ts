// The programme in the reader's own zone: beside each time whose zone is known, the same time where the reader is. The
// page is whole without it.

import { t } from "./words";

// English is British here, as all of the page is: the day before the month.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockAndDay = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", month: "short", day: "numeric" });

for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-zoned]")) {
  const begins = new Date(time.dateTime);
  if (Number.isNaN(begins.getTime())) continue;
  // The wall clock of the venue, and of the reader, as if both were UTC: they differ by the zones alone.
  const venue = Date.parse(time.dateTime.slice(0, 19) + "Z");
  const here = begins.getTime() - begins.getTimezoneOffset() * 60_000;
  if (venue === here) continue;
  const sameDay = new Date(venue).toISOString().slice(0, 10) === new Date(here).toISOString().slice(0, 10);
  const said = (sameDay ? clock : clockAndDay).format(begins);
  const local = document.createElement("span");
  local.className = "local";
  local.textContent = t("web.programme.script.local", { time: said });
  (time.parentElement?.querySelector(".zone") ?? time).after(" ", local);
}
