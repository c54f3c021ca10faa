// How a check speaks: one line per problem and exit code 1, or one line of what was found to be right.

/** What a check found. */
export interface CheckReport {
  /** One line per fault, with file and line where there is one; empty when the check passes. */
  readonly problems: readonly string[]
  /** One line for a check that passes, with its figures. */
  readonly summary: string
}

/** Prints a report and sets the exit code of the process. A check that cannot be made is a problem like any other. */
export async function report(check: () => CheckReport | Promise<CheckReport>): Promise<void> {
  const { problems, summary } = await settle(check)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(summary)
}

async function settle(check: () => CheckReport | Promise<CheckReport>): Promise<CheckReport> {
  try {
    return await check()
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)], summary: '' }
  }
}
