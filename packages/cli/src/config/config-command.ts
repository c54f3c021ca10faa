import { isKeelsonError } from '@keelson/core/errors'
import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { configHelp } from './config-help.ts'
import { type ConfigRequest, readConfigOptions } from './config-options.ts'
import { writeDocs } from './docs.ts'
import { checkFiles, diffEnvironments, explainKey, printConfig } from './look.ts'
import { loadServiceTools, type ServiceTools } from './service-tools.ts'
import { importFile, setKey } from './write.ts'

/** `keelson config`. */
export const command: CommandModule = { help: configHelp, run }

type Action = (tools: ServiceTools, request: ConfigRequest, io: CommandIo) => Promise<number>

const actions: { readonly [Name in ConfigRequest['action']]: Action } = {
  print: printConfig,
  explain: explainKey,
  check: checkFiles,
  diff: diffEnvironments,
  docs: writeDocs,
  set: setKey,
  import: importFile,
}

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const request = readConfigOptions(args, io)
  const tools = await loadServiceTools(io.cwd, request.service)
  try {
    return await actions[request.action](tools, request, io)
  } catch (error) {
    // What is wrong with the service's configuration is the answer, not a failure of the command.
    if (!isKeelsonError(error) || !/^KEELSON_(CONFIG|SERVICE)_/.test(error.code)) throw error
    io.err(`${error.message}\n`)
    return cliExitCodes.broken
  }
}
