/** What a subcommand may touch of the world around it; tests hand over their own. */
export interface CommandIo {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /**
   * Resolves when `out` takes more without keeping it in memory, `undefined` when it does now. For commands that write without end; a reader
   * that has left is told by `readerLeft` instead. @defaultValue always takes more
   */
  readonly outRoom?: () => Promise<void> | undefined
  /** Whether `out` ends on a terminal: colours and progress are for people only. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths start from. */
  readonly cwd: string
  /** Aborted with `'SIGINT'` or `'SIGTERM'` as its reason when the user wants the command to end. */
  readonly signal: AbortSignal
  /** Aborted when whoever read `out` has left (`| head`): nobody sees what is written from then on. @defaultValue never */
  readonly readerLeft?: AbortSignal
}

/** What a subcommand's file exports as `command`. */
export interface CommandModule {
  /** Text for `keelson <name> --help`: usage, options, exit codes, examples. */
  readonly help: string
  /**
   * Runs the subcommand.
   *
   * @param args what stands after its name
   * @returns exit code
   * @throws KeelsonError `KEELSON_CLI_USAGE` for a wrong command line, other codes as its help says
   */
  run(args: readonly string[], io: CommandIo): Promise<number>
}

/** One line of the table of subcommands. The module is imported only when it is asked for. */
export interface CommandEntry {
  readonly name: string
  /** One line for `keelson --help`. */
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}
