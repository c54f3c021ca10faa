import { formatPretty } from '@keelson/log'
import type { CommandIo } from '../command.ts'
import { showDuration } from '../duration.ts'
import { createStyle, hasColours, showText } from '../terminal.ts'
import type { ProcessEnd } from './dev-process.ts'
import type { Fleet, FleetListener, FleetMember } from './fleet.ts'
import type { LogEntry } from './log-entry.ts'

/** What is shown on the terminal. */
export interface TerminalView extends FleetListener {
  /** A sentence of the command itself. */
  say(text: string): void
  /** Says where everything is. */
  showPlaces(fleet: Fleet): void
}

/** Shown names of files; more would hide the services' own lines. */
const SHOWN_FILES = 3

/** Makes the view: lines of all services for people, and what the command itself has to say among them. */
export function createTerminalView(io: Pick<CommandIo, 'out' | 'outIsTerminal' | 'env'>): TerminalView {
  const style = createStyle(io.outIsTerminal, io.env)
  const colour = hasColours(io.outIsTerminal, io.env)
  const say = (text: string): void => io.out(`${style.bold('keelson dev')}  ${text}\n`)
  const startedMs = performance.now()
  const everUp = new Set<FleetMember>()
  let all = 0

  return {
    say,
    showPlaces({ members }) {
      all = members.length
      const width = Math.max(...members.map(({ name }) => name.length))
      for (const { name, url, opsUrl, spec, calls } of members) {
        const target = calls.length === 0 ? '' : `  → ${calls.join(', ')}`
        say(`${name.padEnd(width)}  ${url}  operations ${opsUrl}${style.dim(target)}`)
        if (spec.note !== undefined) say(style.dim(`  ${showText(spec.note)}`))
      }
    },
    onLine(_member, entry) {
      io.out(showEntry(entry, colour))
    },
    onPhase(member, phase) {
      const { name, supervisor } = member
      if (phase === 'up') {
        const isFirst = !everUp.has(member)
        everUp.add(member)
        if (isFirst && everUp.size === all) {
          const services = all === 1 ? `${name} is` : `all ${all} services are`
          say(style.green(`${services} up after ${showDuration(performance.now() - startedMs)}`))
        } else if (!isFirst) say(style.green(`${name} is up again`))
      }
      if (phase === 'stopped' && supervisor.lastEnd !== undefined) {
        say(`${name} stopped (${showEnd(supervisor.lastEnd)})`)
      }
    },
    onChange(members, files) {
      const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : ''
      const who = members.map(({ name }) => name).join(', ')
      say(
        `${files
          .slice(0, SHOWN_FILES)
          .map((file) => showText(file))
          .join(', ')}${more} changed: restarting ${who}`,
      )
    },
    onCrash({ name }, end, next, lines) {
      say(style.red(`${name} ended by itself (${showEnd(end)}). Its last lines:`))
      for (const line of lines) io.out(`  ${showEntry(line, colour)}`)
      say(
        next === undefined
          ? `${name} waits for a change`
          : `${name} is started again in ${showDuration(next.delayMs)}, or at the next change`,
      )
    },
  }
}

/** `exit code 78`, `SIGKILL`. */
export function showEnd({ code, signal }: ProcessEnd): string {
  return signal ?? `exit code ${code}`
}

/** A line of GELF names its service itself. */
function showEntry({ raw, service, isGelf }: LogEntry, colour: boolean): string {
  if (raw === '') return '\n'
  return isGelf ? formatPretty(raw, { colour }) : `${service} | ${formatPretty(raw, { colour })}`
}
