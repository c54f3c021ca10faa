import { KeelsonError } from '@keelson/core/errors'

/** Names of the parameters in a path template: `'id' | 'part'` for `/videos/{id}/{part}`. */
export type PathParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameterName<Rest>
  : never

/** What can stand in for a path parameter. */
export type PathValue = string | number

/** The `params` that a path template needs: each of its parameters, and no other. Any, when the path is not a literal. */
export type PathOptions<Path extends string> = string extends Path
  ? { readonly params?: Readonly<Record<string, PathValue>> }
  : [PathParameterName<Path>] extends [never]
    ? { readonly params?: never }
    : { readonly params: { readonly [Name in PathParameterName<Path>]: PathValue } }

/**
 * Fills a path template in. Values are percent-encoded, so that none of them can leave its segment.
 *
 * @param template begins with `/`; parameters are written `{name}`
 * @throws KEELSON_CLIENT_REQUEST_INVALID for a missing, empty or dotted value (`..` would climb after encoding, too)
 */
export function expandPath(template: string, params: Readonly<Record<string, PathValue>> = {}): string {
  if (!template.startsWith('/')) throw invalid(template, 'does not begin with a slash')
  if (!template.includes('{')) return template
  return template.replaceAll(/\{([^{}]*)\}/g, (_placeholder, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    if (value === undefined) throw invalid(template, `has no value for its parameter ${name}`)
    const text = String(value)
    if (text === '' || text === '.' || text === '..') {
      throw invalid(template, `cannot take an empty or dotted value for its parameter ${name}`)
    }
    return encode(template, name, text)
  })
}

function encode(template: string, name: string, text: string): string {
  try {
    return encodeURIComponent(text)
  } catch (cause) {
    throw invalid(template, `cannot take a half of a surrogate pair for its parameter ${name}`, cause)
  }
}

function invalid(template: string, problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError('KEELSON_CLIENT_REQUEST_INVALID', `The path ${template} ${problem}.`, {
    cause,
    details: { path: template },
  })
}
