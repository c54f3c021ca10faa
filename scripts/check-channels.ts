// Keeps docs/reference/channels.md equal to the channels that core declares, and finds channels that nobody publishes.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { compareOrWrite, table } from './reference-page.ts'
import { findPackages, findSources, isCommand, readText, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { readSource } from './source-text.ts'

const declarations = 'packages/core/src/channels/payloads.ts'
/** Those of the process, which would make that file too long. */
const furtherDeclarations = 'packages/core/src/channels/process-payloads.ts'
const page = 'docs/reference/channels.md'
const command = 'node scripts/check-channels.ts --write'

interface Field {
  readonly name: string
  readonly type: string
  readonly doc: string
}

/** What is declared once in payloads.ts, with its comment. */
interface Declaration {
  readonly name: string
  readonly doc: string
  readonly body: string
}

/** Reads the declared channels, looks for who uses them, and compares the page. */
export function checkChannels(root: string, { write = false } = {}): CheckReport {
  const declared = readDeclarations(readDeclaring(root))
  const channels = readFields(declared.get('ChannelPayloads')?.body ?? '')
  const uses = findUses(root)
  const problems = channels
    .map(({ name }) => name.replaceAll("'", ''))
    .filter((name) => !uses.some((use) => use.channel === name && use.call === 'channel'))
    .map((name) => `${declarations}: ${name} is declared and nobody publishes it`)
  const sections = channels.map(({ name, type }) =>
    section(name.replaceAll("'", ''), declared.get(type), declared, uses),
  )
  const text = [
    '# Channels\n',
    `Facts that keelson publishes on \`node:diagnostics_channel\`; listen with \`subscribe\` of \`@keelson/core/channels\`, which
catches what a listener throws. No payload holds a secret, a body or a header. This page is generated: \`${command}\`.\n`,
    ...sections,
  ].join('\n')
  return {
    problems: [...problems, ...compareOrWrite(root, page, text, { write, command })],
    summary: `${channels.length} channels: published and documented`,
  }
}

function readDeclaring(root: string): string {
  const files = [declarations, furtherDeclarations].filter((file) => existsSync(join(root, file)))
  return files.map((file) => readText(root, file)).join('')
}

function readDeclarations(text: string): ReadonlyMap<string, Declaration> {
  const interfaces = text.matchAll(
    /(?<doc>\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export interface (?<name>\w+) \{\n(?<body>[^]*?)\n\}/g,
  )
  const aliases = text.matchAll(
    /(?<doc>\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export type (?<name>\w+) =(?<body>(?:\n? +[^\n]*)+)/g,
  )
  return new Map(
    [...interfaces, ...aliases].map(({ groups = {} }) => {
      const name = groups['name'] ?? ''
      return [name, { name, doc: sentence(groups['doc'] ?? ''), body: groups['body'] ?? '' }]
    }),
  )
}

function readFields(body: string): readonly Field[] {
  const field =
    /(?:(?<doc>\/\*\*(?:(?!\*\/)[^])*\*\/)\s*)?(?:readonly )?(?<name>[\w.]+\??|'[^']+'):\s+(?<type>(?:\|[^\n]*\s+)+|[^\n]+)/g
  return [...body.matchAll(field)].map(({ groups = {} }) => ({
    name: groups['name'] ?? '',
    type: (groups['type'] ?? '').replaceAll(/\s+/g, ' ').trim(),
    doc: sentence(groups['doc'] ?? ''),
  }))
}

/** Text of a doc comment on one line, without stars and tags. */
function sentence(comment: string): string {
  return comment
    .replaceAll(/^\s*\/\*\*|\*\/\s*$|^\s*\*(?!\/)/gm, ' ')
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

interface Use {
  readonly channel: string
  readonly call: string
  readonly packageName: string
}

function findUses(root: string): readonly Use[] {
  return findPackages(root).flatMap(({ folder, manifest }) =>
    findSources(root, folder).flatMap((file) => {
      const { code } = readSource(readText(root, file))
      return [...code.matchAll(/\b(channel|subscribe)(?:<[^>]*>)?\(\s*'(keelson\.[\w.-]+)'/g)].map(
        (match) => ({
          call: match[1] ?? '',
          channel: match[2] ?? '',
          packageName: manifest.name,
        }),
      )
    }),
  )
}

function section(
  name: string,
  payload: Declaration | undefined,
  declared: ReadonlyMap<string, Declaration>,
  uses: readonly Use[],
): string {
  const fields = readFields(payload?.body ?? '').map(({ name: field, type, doc }) => [
    `\`${field}\``,
    `\`${expand(type, declared)}\``,
    doc,
  ])
  const users = (call: string) =>
    [
      ...new Set(
        uses
          .filter((use) => use.channel === name && use.call === call)
          .map((use) => `\`${use.packageName}\``),
      ),
    ]
      .toSorted()
      .join(', ') || 'nobody'
  return `## ${name}

${payload?.doc ?? ''} Published by ${users('channel')}; listened to by ${users('subscribe')}.

${table(['field', 'type', 'meaning'], fields)}`
}

function expand(type: string, declared: ReadonlyMap<string, Declaration>): string {
  const alias = declared.get(type)
  if (alias === undefined) return type
  return alias.body.replaceAll(/\s+/g, ' ').trim().replace(/^\| /, '')
}

if (isCommand(import.meta.url)) {
  await report(() => checkChannels(repositoryRoot, { write: process.argv.includes('--write') }))
}
