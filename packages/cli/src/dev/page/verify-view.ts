import type { VerifyMessage } from '../messages.ts'
import { element } from './dom.ts'
import { clockTime } from './format.ts'

/** Shows what `keelson verify` found. */
export function drawVerify(verify: VerifyMessage | null): readonly HTMLElement[] {
  if (verify === null) {
    return [
      element('p', {
        class: 'soft',
        text: 'Asks the running service everything that keelson verify asks of a URL, in about 300 requests of which none changes anything.',
      }),
    ]
  }
  const { state, step, atMs, passed, skipped, findings } = verify
  if (state === 'running') return [element('p', { class: 'soft', text: `${step} …` })]
  if (state === 'failed') return [element('p', { class: 'notice', text: step })]
  const errors = findings.filter(({ level }) => level === 'error').length
  const warnings = findings.length - errors
  const verdict = errors === 0 ? 'The contract holds' : 'The contract is broken'
  return [
    element('p', {}, [
      element('b', { class: errors === 0 ? 'good' : 'bad', text: verdict }),
      element('span', {
        class: 'soft',
        text: `  ${passed} passed, ${errors} failed, ${warnings} warnings, ${skipped} not judged without a start and a stop · ${clockTime(atMs).slice(0, 8)}`,
      }),
    ]),
    element(
      'ol',
      { class: 'findings' },
      findings.map(({ id, title, level, problems, remedy }) =>
        element('li', { class: level }, [
          element('b', { class: 'mono', text: id }),
          element('span', { text: `  ${title}` }),
          ...problems.slice(0, 5).map((problem) => element('div', { text: problem })),
          element('div', { class: 'soft', text: remedy }),
        ]),
      ),
    ),
  ]
}
