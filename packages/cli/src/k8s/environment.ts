import { parseDuration } from '../duration.ts'
import { listAt, textAt, type Fields } from './fields.ts'

/** The value of a variable of a container; `undefined` when it is unset or comes from elsewhere. */
export function variableOf(container: Fields, name: string): string | undefined {
  return listAt(container, 'env').flatMap((one) =>
    textAt(one, 'name') === name ? (textAt(one, 'value') ?? []) : [],
  )[0]
}

/** A duration as configuration writes it, a plain number of milliseconds included. */
export function durationVariable(container: Fields, name: string, otherwiseMs: number): number {
  const text = variableOf(container, name)
  if (text === undefined) return otherwiseMs
  return /^\d+$/.test(text) ? Number(text) : (parseDuration(text) ?? otherwiseMs)
}

/** Every word that Node is started with, as far as the manifest says. */
export function nodeWords(container: Fields): readonly string[] {
  const words = [
    ...listAt(container, 'command'),
    ...listAt(container, 'args'),
    variableOf(container, 'NODE_OPTIONS') ?? '',
  ]
  return words.flatMap((word) => (typeof word === 'string' ? word.split(/\s+/) : []))
}
