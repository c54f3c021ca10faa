/** What an element is made with. Text only ever becomes text: there is no way to hand markup over. */
export interface ElementParts {
  readonly class?: string
  readonly text?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly on?: Readonly<Record<string, (event: Event) => void>>
}

/** Makes an element of HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: className, text, attributes = {}, on = {} }: ElementParts = {},
  children: readonly Node[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  if (className !== undefined) made.className = className
  if (text !== undefined) made.textContent = text
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener)
  made.append(...children)
  return made
}

/** Makes an element of SVG. */
export function drawn<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (Node | string)[] = [],
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  made.append(...children)
  return made
}

/** Makes a button. */
export function button(
  text: string,
  onClick: () => void,
  parts: Omit<ElementParts, 'text' | 'on'> = {},
): HTMLButtonElement {
  return element('button', {
    ...parts,
    text,
    attributes: { type: 'button', ...parts.attributes },
    on: { click: onClick },
  })
}

/** Sets a text only where it differs, so that readers of the screen are not told the same again. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
