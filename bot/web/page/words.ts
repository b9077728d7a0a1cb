// The words of the page's language, which the server puts into the page.

const words: Record<string, string> = JSON.parse(document.getElementById("words")?.textContent || "{}");

export function t(key: string, values: Record<string, string> = {}): string {
  return (words[key] ?? key).replace(/\{([a-z_]+)\}/g, (all, name) => values[name] ?? all);
}

/** pageTag is the language of the page's own words, which stand among those of other languages. */
export const pageTag = document.documentElement.lang;
