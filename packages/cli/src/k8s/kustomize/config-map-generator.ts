import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listAt, textAt, type Fields } from '../fields.ts'
import type { Manifest } from '../manifest.ts'

/** The data of one entry of `configMapGenerator`: its literals and files of variables. */
export function generatedData(entry: Fields, folder: string): Readonly<Record<string, string>> {
  const files = [...listAt(entry, 'envs'), ...(textAt(entry, 'env') === undefined ? [] : [entry['env']])]
  const lines = files.flatMap((file) => readFileSync(join(folder, String(file)), 'utf8').split('\n'))
  const variables = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  const literals = listAt(entry, 'literals').map((literal) => unquoted(String(literal)))
  return Object.fromEntries(
    [...variables, ...literals].map((pair) => {
      const at = pair.indexOf('=')
      return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

/** Gives generated config maps the hash of their content as suffix, there and wherever they are named. */
export function withHashes(
  manifests: readonly Manifest[],
  generated: ReadonlySet<string>,
): readonly Manifest[] {
  const names = new Map(
    manifests.flatMap(({ kind, name, content }) =>
      kind === 'ConfigMap' && generated.has(name) ? [[name, `${name}-${hashOf(content['data'])}`]] : [],
    ),
  )
  return manifests.map((manifest) => {
    if (manifest.kind !== 'ConfigMap')
      return { ...manifest, content: renamed(manifest.content, names) as Fields } // renamed keeps objects objects
    const name = names.get(manifest.name)
    if (name === undefined) return manifest
    const metadata = { ...(manifest.content['metadata'] as Fields), name } // it has a name: it was found by it
    return { ...manifest, name, content: { ...manifest.content, metadata } }
  })
}

/**
 * The suffix as kustomize makes it (sigs.k8s.io/kustomize, api/hasher): ten letters of a SHA-256 over sorted JSON,
 * with the letters replaced that could make words. The name is always empty in it, there as here.
 */
function hashOf(data: unknown): string {
  const sorted = Object.fromEntries(Object.entries(data ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  // As Go writes JSON: these three are escaped.
  const json = JSON.stringify({ data: sorted, kind: 'ConfigMap', name: '' }).replaceAll(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  )
  const letters: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' }
  const digest = createHash('sha256').update(json).digest('hex').slice(0, 10)
  return digest.replaceAll(/[013ae]/g, (character) => letters[character] ?? character)
}

const references = new Set(['configMapRef', 'configMapKeyRef', 'configMap'])

function renamed(value: unknown, names: ReadonlyMap<string, string>, field = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const isReference = references.has(field) && name === 'name' && typeof one === 'string'
      return [name, isReference ? (names.get(one) ?? one) : renamed(one, names, name)]
    }),
  )
}

/** `NAME="a b"` is `NAME=a b`. */
function unquoted(literal: string): string {
  const [, name, quoted] = /^([^=]+)=(["'].*["'])$/s.exec(literal) ?? []
  return name !== undefined && quoted !== undefined && quoted.at(0) === quoted.at(-1)
    ? `${name}=${quoted.slice(1, -1)}`
    : literal
}
