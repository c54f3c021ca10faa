import { textOnOneLine } from './default-text.ts'
import type { KeyDescription } from './service-tools.ts'

/**
 * A `.env.example`: every variable with its default, all commented out, so that a copy of it changes nothing until
 * somebody takes a sign away.
 */
export function environmentExample(service: string, keys: readonly KeyDescription[]): string {
  const blocks = keys
    .filter(({ sources }) => sources.includes('env'))
    .map((key) => {
      const [name = ''] = key.environmentNames
      const facts = [
        key.required ? 'required' : '',
        key.sensitive ? `secret; or ${name}_FILE, the path of a file` : '',
        key.accepts,
      ]
      const about = [key.doc, facts.filter((fact) => fact !== '').join('; ')].filter(Boolean)
      const value = key.sensitive ? '' : inQuotes(textOnOneLine(key.default))
      const members = Object.values(key.members).map(([member = '']) => `# ${member}=`)
      return [
        ...about.map((line) => `# ${line}`),
        ...(members.length > 0 ? members : [`# ${name}=${value}`]),
      ].join('\n')
    })
  return `# Environment of ${service}, for development: copy it to .env. Written by keelson config docs.\n\n${blocks.join('\n\n')}\n`
}

/** A value with blanks or signs of the shell needs quotes in a .env file. */
function inQuotes(text: string): string {
  return /^[\w./:,@%+-]*$/.test(text) ? text : `'${text}'`
}
