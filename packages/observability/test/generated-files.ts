// The files of this package that are written from its sources. To write them anew:
// node --conditions=keelson-source packages/observability/test/generated-files.ts && biome format --write packages/observability
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { alertCases, boardJson, houseBoard, houseRules, rulesYaml, ruleTests } from '@keelson/observability'

/** Path below the package and text of every file. */
export const generatedFiles: readonly (readonly [path: string, text: string])[] = [
  ['rules/keelson.rules.yaml', rulesYaml(houseRules)],
  ['rules/keelson.tests.yaml', ruleTests('keelson.rules.yaml', houseRules, alertCases)],
  ['board/keelson.json', boardJson(houseBoard)],
]

/** Where a file of this package is. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generatedFiles) writeFileSync(packageFile(path), text)
}
