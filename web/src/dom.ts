// Elements in one call. Text becomes text nodes, never markup: the data holds words of strangers.

type Value = string | number | boolean | null | undefined | ((event: any) => void);
export type Child = Node | string | number | null | undefined | false | Child[];

function fill(element: Element, attributes: Record<string, Value>, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
}

export function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : visible(String(child)));
    }
  }
}

/** Controls and marks of direction can make a text look like another one (Unicode UAX #9): they are shown as U+FFFD. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** `h('p', { class: 'quiet', onclick: … }, 'text', element)` */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  fill(element, attributes, children);
  return element;
}

/** The same for SVG. */
export function svg(name: string, attributes: Record<string, Value> = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  fill(element, attributes, children);
  return element;
}

/** Does something once it was not asked for again for so many milliseconds, and not where the element is gone by then. */
export function debounced(element: Element, milliseconds: number, act: () => void): () => void {
  let wait = 0;
  return () => {
    clearTimeout(wait);
    wait = window.setTimeout(() => element.isConnected && act(), milliseconds);
  };
}
