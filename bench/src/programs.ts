import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import type { Stack } from './stacks.ts'

/** Path of a program that the environment's `PATH` finds, or `undefined`. */
export function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => isExecutable(path))
}

/**
 * Asks for a program before a long run begins.
 *
 * @throws Error that names the Debian package
 */
export function requireProgram(name: string): void {
  if (findProgram(name) !== undefined) return
  throw new Error(`${name} is missing. On Debian: apt-get install ${debianPackages[name] ?? name}`)
}

/**
 * Asks for the packages of a stack that brings its own.
 *
 * @throws Error that names the command
 */
export function requirePackages({ name, packages }: Stack): void {
  if (packages === undefined || existsSync(join(packages, 'node_modules'))) return
  throw new Error(`The packages of ${name} are missing: npm ci --prefix ${relative('', packages)}`)
}

/** Packages that are not called like their program. */
const debianPackages: Readonly<Record<string, string>> = { perf: 'linux-perf' }

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
