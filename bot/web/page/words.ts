// The words of the page's language, which the server puts into the page.

const words: Record<string, string> = JSON.parse(document.getElementById("words")?.textContent || "{}");

export function t(key: string, values: Record<string, string> = {}): string {
  return (words[key] ?? key).replace(/\{([a-z_]+)\}/g, (all, name) => values[name] ?? all);
}
