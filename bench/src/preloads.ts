/** Addresses of the modules that are loaded before a stack, for every stack alike. Each says in its head what for. */
export const preloads: Readonly<Record<'keepTickShape' | 'slowTimers' | 'profileOnSignal', string>> =
  Object.freeze({
    keepTickShape: compiled('keep-tick-shape'),
    slowTimers: compiled('slow-timers'),
    profileOnSignal: compiled('profile-on-signal'),
  })

function compiled(name: string): string {
  return new URL(`../dist/preload/${name}.js`, import.meta.url).href
}
