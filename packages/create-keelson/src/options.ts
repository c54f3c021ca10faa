import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { GivenAnswers } from './answers.ts'
import { usage } from './create-error.ts'

/** What the command line asks for. */
export interface CreateOptions {
  /** Folder of the new service; `undefined` when it was not named. */
  readonly folder: string | undefined
  readonly given: GivenAnswers
  /** Folder of packed tarballs that stand in for the registry. */
  readonly packagesFolder: string | undefined
  /** `undefined`: not said. */
  readonly install: boolean | undefined
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
  /** Only the files that the given `keelson.json` asks for: how `keelson update` replays a template. */
  readonly isReplay: boolean
}

/**
 * Reads the arguments.
 *
 * @param readText reads the file of `--replay`
 * @throws CreateError `KEELSON_CREATE_USAGE`
 */
export function readOptions(
  args: readonly string[],
  readText: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): CreateOptions {
  const { values, positionals } = parse(args)
  if (positionals.length > 1)
    throw usage(`There is one folder to make, and "${positionals.join(' ')}" are more.`)
  if (values.install === true && values['no-install'] === true)
    throw usage('--install and --no-install are one the contrary of the other. Leave one out.')
  const { template, base, ci, image, name } = values
  const replayed = values.replay === undefined ? {} : readReplay(values.replay, readText)
  const asked = Object.fromEntries(
    Object.entries({ name, template, base, ci, image }).filter(([, value]) => value !== undefined),
  )
  return {
    folder: positionals[0],
    given: { ...replayed, ...asked },
    packagesFolder: values.packages,
    install: values.install === true ? true : values['no-install'] === true ? false : undefined,
    yes: values.yes === true,
    dryRun: values['dry-run'] === true,
    json: values.json === true,
    help: values.help === true,
    version: values.version === true,
    isReplay: values.replay !== undefined,
  }
}

// The type is that of the table; written by hand it would be a second list to keep.
// oxlint-disable-next-line typescript/explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        template: { type: 'string', short: 't' },
        base: { type: 'string' },
        ci: { type: 'string' },
        image: { type: 'string' },
        packages: { type: 'string' },
        replay: { type: 'string' },
        install: { type: 'boolean' },
        'no-install': { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    throw usage(`${error instanceof Error ? error.message.split('\n')[0] : String(error)} See --help.`)
  }
}

/** Answers of a `keelson.json`. What this version does not ask is left out; what it asks newly takes its default. */
function readReplay(path: string, readText: (path: string) => string): GivenAnswers {
  let content: unknown
  try {
    content = JSON.parse(readText(path))
  } catch (error) {
    throw usage(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
  const answers =
    typeof content === 'object' && content !== null && 'answers' in content ? content.answers : undefined
  if (typeof answers !== 'object' || answers === null) throw usage(`${path} holds no answers.`)
  const known = ['name', 'template', 'base', 'ci', 'image', 'packages']
  return Object.fromEntries(
    Object.entries(answers).flatMap(([key, value]) =>
      known.includes(key) && typeof value === 'string' ? [[key, value]] : [],
    ),
  )
}
