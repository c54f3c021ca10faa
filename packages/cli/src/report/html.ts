import { showDuration } from '../duration.ts'
import type { CheckOutcome } from '../verify/judge.ts'
import type { VerifyResult } from '../verify/verify.ts'
import { drawStop } from './stop-drawing.ts'
import { countOutcomes, lostRequests } from './summary.ts'
import { escapeXml } from './xml-text.ts'

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin-top:2rem}.headline{font-size:1.6rem;font-weight:600}
.good{color:#14713a}.bad{color:#b3261e}.warn{color:#8a5a00}.muted{color:#5b6573}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.35rem .6rem;border-top:1px solid #e2e6ea}
td:first-child{white-space:nowrap}ul{margin:.2rem 0;padding-left:1.1rem}pre{background:#f4f6f8;padding:.8rem;overflow:auto;font-size:12px}
svg{width:100%;border:1px solid #e2e6ea}svg text{font-size:12px;fill:#1c2430}svg .tick{fill:#5b6573}svg line{stroke:#1c2430}
.answered,.up{fill:#2e9e5b}.lost{fill:#d93025}.down{fill:#e8a33d}.gone{fill:#b6bec8}`

/** One HTML file without scripts and without anything to load: Jenkins shows it under its strict content policy. */
export function htmlReport(result: VerifyResult): string {
  const { service, target, profile, startedAt, durationMs, checks, stop, lastLines } = result
  const { passed, errors, warnings, skipped } = countOutcomes(result)
  const lost = lostRequests(result)
  const verdict =
    errors === 0 ? '<span class="good">contract holds</span>' : '<span class="bad">contract broken</span>'
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(service)}: keelson verify</title>
<style>${style}</style></head>
<body>
<h1>${escapeXml(service)}: ${verdict}</h1>
<p class="muted">${escapeXml(target)} · profile ${profile} · ${escapeXml(startedAt)} · ${showDuration(durationMs)}</p>
${lost === undefined ? '' : `<p class="headline ${stop?.load.lost.length === 0 ? 'good' : 'bad'}">${escapeXml(lost)}</p>`}
<p>${passed} passed, ${errors} failed, ${warnings} warnings, ${skipped} not judged</p>
${stop === undefined ? '' : `<h2>The stop</h2>\n${drawStop(stop)}\n<p class="muted">Green: answered, 200. Red: a lost request. Orange: another status. Grey: no answer.</p>`}
${section(
  'Findings',
  checks.filter(({ status }) => status === 'fail'),
)}
${section(
  'Passed',
  checks.filter(({ status }) => status === 'pass'),
)}
${section(
  'Not judged',
  checks.filter(({ status }) => status === 'skip'),
)}
${errors === 0 || lastLines.length === 0 ? '' : `<h2>Last lines</h2>\n<pre>${escapeXml(lastLines.join('\n'))}</pre>`}
</body>
</html>
`
}

function section(title: string, checks: readonly CheckOutcome[]): string {
  return checks.length === 0 ? '' : `<h2>${title}</h2>\n<table>\n${checks.map(row).join('\n')}\n</table>`
}

function row({ id, title, level, status, problems, note, reason, remedy }: CheckOutcome): string {
  const mark = status === 'fail' ? `<span class="${level === 'error' ? 'bad' : 'warn'}">${level}</span>` : ''
  const details =
    status === 'fail'
      ? `<ul>${problems.map((problem) => `<li>${escapeXml(problem)}</li>`).join('')}</ul><p class="muted">${escapeXml(reason)} ${escapeXml(remedy)}</p>`
      : ''
  const remark = note === undefined ? '' : `<div class="muted">${escapeXml(note)}</div>`
  return `<tr><td><code>${escapeXml(id)}</code> ${mark}</td><td>${escapeXml(title)}${details}${remark}</td></tr>`
}
