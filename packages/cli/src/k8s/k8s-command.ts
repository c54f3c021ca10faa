import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo, CommandModule } from '../command.ts'
import { lintHelp, runLint } from './lint-command.ts'
import { renderHelp, runRender } from './render/render-command.ts'

/** `keelson k8s`. */
export const command: CommandModule = { help: `${lintHelp}\n${renderHelp}`, run }

function run([subcommand = '', ...rest]: readonly string[], io: CommandIo): Promise<number> {
  if (subcommand === 'lint') return runLint(rest, io)
  if (subcommand === 'render') return runRender(rest, io)
  const message = `keelson k8s takes the subcommands lint and render, not "${subcommand}".`
  return Promise.reject(new KeelsonError('KEELSON_CLI_USAGE', message))
}
