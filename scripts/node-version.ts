// The Node that runs the tests must be one that the packages promise to work on: a machine's own, older Node is what
// runs when the repository's Node 24 was not installed (`--omit=optional`, or a platform it has no build for).

/** Lowest version of Node that the packages support: what undici, their most demanding dependency, asks for. */
export const lowestNode = '22.19.0'

/** Says why a version of Node cannot be used; `undefined` when it can. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = parts(version)
  const [lowestMajor = 0, lowestMinor = 0] = parts(lowestNode)
  if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return undefined
  return `This is Node ${version}; keelson needs ${lowestNode} or later. Run \`npm install\` without --omit=optional, which brings Node 24 on Linux, or install Node 24, and start again through npm.`
}

function parts(version: string): readonly number[] {
  return version.replace(/^v/, '').split('.').map(Number)
}
