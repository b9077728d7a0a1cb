// Elements made of names and text alone: nothing here reads HTML.

export type Attributes = Record<string, string>;

export function element(name: string, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElement {
  const e = document.createElement(name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  e.append(...children);
  return e;
}

const svg = "http://www.w3.org/2000/svg";

/** Each icon is one path in a square of 24. */
const icons = {
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  cited: "M9 9h11v11H9zM5 15H4V4h11v1M12.5 13h4M12.5 16.5h4",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.6 1.6M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.6-1.6",
  up: "M7 11v9H4v-9zM7 11l4-8a2.5 2.5 0 0 1 2.5 2.5V9H19a1.5 1.5 0 0 1 1.5 1.8l-1.3 7.5A2 2 0 0 1 17.2 20H7",
  down: "M17 13V4h3v9zM17 13l-4 8a2.5 2.5 0 0 1-2.5-2.5V15H5a1.5 1.5 0 0 1-1.5-1.8l1.3-7.5A2 2 0 0 1 6.8 4H17",
  again: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  fresh: "M12 5v14M5 12h14",
  history: "M4 12a8 8 0 1 0 2.5-5.8M4 3v5h5M12 8v4l3 2",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  close: "M6 6l12 12M18 6 6 18",
  save: "M12 4v11m-5-5 5 5 5-5M5 20h14",
};

export function icon(name: keyof typeof icons): SVGElement {
  const e = document.createElementNS(svg, "svg");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) e.setAttribute(key, value);
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", icons[name]);
  e.append(path);
  return e;
}

/** button is one that does something on this page; without visible words they are its name. */
export function button(attributes: Attributes, press: () => void, ...children: (Node | string)[]): HTMLButtonElement {
  const e = element("button", { type: "button", ...attributes }, ...children) as HTMLButtonElement;
  e.addEventListener("click", press);
  return e;
}
