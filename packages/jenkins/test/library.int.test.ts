// Runs the Groovy of this library on Debian's Groovy 2.4, the line that Jenkins interprets pipelines with.
import { spawnSync } from 'node:child_process'
import { readdirSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'

const groovy = requireServer('groovy')
const here = fileURLToPath(new URL('.', import.meta.url))
const library = dirname(here.replace(/\/$/, ''))

interface GroovyTest {
  readonly name: string
  readonly failure: string | null
}

function run(args: readonly string[]): { readonly status: number | null; readonly lines: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(groovy.path ?? 'groovy', args, {
    cwd: here,
    encoding: 'utf8',
    env: { ...process.env, JAVA_HOME: javaHome(), LC_ALL: 'C.UTF-8' },
  })
  if (stdout === '' && status !== 0) throw new Error(stderr)
  return { status, lines: stdout.split('\n').filter((line) => line !== '') }
}

/** Debian's groovy asks for JAVA_HOME, which nothing sets where only a Java without a compiler is installed. */
function javaHome(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      return dirname(dirname(realpathSync(join(folder, 'java'))))
    } catch {
      // Not in this folder.
    }
  }
  return process.env['JAVA_HOME'] ?? ''
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(here, folder)).map((file) => join(folder, file))
}

/** Findings by file. */
function countOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const file = line.split(':')[0] ?? ''
    counts.set(file, (counts.get(file) ?? 0) + 1)
  }
  return counts
}

describe.skipIf(!groovy.available)('the Jenkins library', () => {
  const results = groovy.available
    ? run(['-cp', `../src${delimiter}harness`, 'run.groovy', library]).lines
    : []
  // Written by run.groovy, one object a line.
  const tests = results.map((line) => JSON.parse(line) as GroovyTest)

  it('has its tests run', () => {
    expect(tests.length).toBeGreaterThanOrEqual(12)
  })

  it.each(tests.map(({ name, failure }) => [name, failure]))('%s', (_name, failure) => {
    expect(failure).toBeNull()
  })
})

describe.skipIf(!groovy.available)('the check of continuation passing', () => {
  it('finds what is wrong with each bad file, and nothing else', () => {
    const bad = filesOf('bad-cps')
    const { status, lines } = run(['cps-lint.groovy', ...bad])
    expect(status).toBe(1)
    expect(bad.length).toBeGreaterThanOrEqual(8)
    expect(countOf(lines)).toEqual(new Map(bad.map((path) => [basename(path), 1])))
  })

  it('finds nothing in the library', () => {
    const own = ['../vars', '../src/io/keelson'].flatMap((folder) =>
      filesOf(folder).filter((path) => path.endsWith('.groovy')),
    )
    expect(run(['cps-lint.groovy', ...own])).toEqual({ status: 0, lines: [] })
  })
})

describe.skipIf(!groovy.available)('the check of Jenkinsfiles', () => {
  it('finds what is wrong with each bad file', () => {
    const bad = filesOf('bad-jenkinsfiles')
    const { status, lines } = run(['jenkinsfile-lint.groovy', ...bad])
    expect(status).toBe(1)
    expect(new Set(countOf(lines).keys())).toEqual(new Set(bad.map((path) => basename(path))))
  })

  it('finds nothing in the example', () => {
    expect(run(['jenkinsfile-lint.groovy', '../examples/Jenkinsfile.verify'])).toEqual({
      status: 0,
      lines: [],
    })
  })
})
