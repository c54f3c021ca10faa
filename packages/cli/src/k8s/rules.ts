import type { Rule } from './rule.ts'
import { containerRules } from './rules/container-rules.ts'
import { podRules } from './rules/pod-rules.ts'
import { probeRules } from './rules/probe-rules.ts'
import { referenceRules } from './rules/reference-rules.ts'
import { shapeRules } from './rules/shape-rules.ts'

/** Rules whose findings do not come from objects: what cannot be read, and waivers that are over. */
export const fileRules: readonly Omit<Rule, 'find'>[] = [
  {
    id: 'manifest.readable',
    level: 'error',
    title: 'files hold Kubernetes objects',
    reason: 'What cannot be read is not applied, or applied as something else.',
    remedy: 'Correct the form of the file; every object needs apiVersion, kind and metadata.name.',
  },
  {
    id: 'waivers.expired',
    level: 'error',
    title: 'no waiver is past its last day',
    reason: 'A waiver without an end is a rule that was given up without anybody deciding it.',
    remedy: 'Mend what was waived, or decide again: write a new date and reason.',
  },
]

/** Every rule for objects. */
export const rules: readonly Rule[] = [
  ...shapeRules,
  ...containerRules,
  ...probeRules,
  ...podRules,
  ...referenceRules,
]
