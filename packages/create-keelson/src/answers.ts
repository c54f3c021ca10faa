import { usage } from './create-error.ts'

/** What a service can be made from. */
export const templates = ['api', 'worker', 'minimal'] as const
/** Images that a service can run on. */
export const bases = ['alpine', 'slim', 'distroless'] as const
/** Pipelines that a service can bring. */
export const pipelines = ['jenkins', 'github', 'both', 'none'] as const

/** Everything that decides what is written. Kept in `keelson.json`, from which `keelson update` replays it. */
export interface Answers {
  /** Name of the service: in its logs, metrics, manifests and in package.json. */
  readonly name: string
  readonly template: (typeof templates)[number]
  /** @defaultValue alpine */
  readonly base: (typeof bases)[number]
  /** @defaultValue jenkins; none with the template minimal */
  readonly ci: (typeof pipelines)[number]
  /** Image name without a tag. @defaultValue `registry.example.org/<name>` */
  readonly image: string
  /** Where the packages of keelson come from: the registry, or tarballs in the folder `vendor` of the service. */
  readonly packages: 'registry' | 'vendor'
}

/** Some of the answers, as options or a file give them: text, not yet known to be right. */
export type GivenAnswers = Readonly<Partial<Record<keyof Answers, string | undefined>>>

// As `name` of a definition of keelson; a label of DNS (RFC 1123) that begins with a letter.
const namePattern = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
// Reference grammar of distribution/reference, without tag and digest, which the pipeline adds.
const imagePattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/

/** What is wrong with the name of a service, if anything. */
export function nameProblem(name: string): string | undefined {
  if (namePattern.test(name)) return undefined
  return `"${name}" cannot be the name of a service. Use lower-case letters, digits and "-", begin with a letter, end with a letter or digit, 63 characters at most.`
}

/** What is wrong with the name of an image, if anything. */
export function imageProblem(image: string): string | undefined {
  if (image.length <= 255 && imagePattern.test(image)) return undefined
  return `"${image}" cannot be the name of an image. Write it without a tag: registry.example.org/team/delivery.`
}

/**
 * Fills in defaults and checks every answer.
 *
 * @throws CreateError `KEELSON_CREATE_USAGE`
 */
export function completeAnswers(given: GivenAnswers): Answers {
  const name = given.name ?? ''
  const problem = nameProblem(name)
  if (problem !== undefined) throw usage(problem)
  const template = choose('template', given.template ?? 'api', templates)
  const image = given.image ?? defaultImage(name)
  const wrongImage = imageProblem(image)
  if (wrongImage !== undefined) throw usage(wrongImage)
  return {
    name,
    template,
    base: choose('base', given.base ?? 'alpine', bases),
    ci: choose('ci', given.ci ?? defaultPipeline(template), pipelines),
    image,
    packages: choose('packages', given.packages ?? 'registry', ['registry', 'vendor']),
  }
}

/** Name of the image of a service that says nothing else; `example.org` is nobody's (RFC 2606). */
export function defaultImage(name: string): string {
  return `registry.example.org/${name}`
}

/** The smallest service brings no pipeline. */
export function defaultPipeline(template: Answers['template']): Answers['ci'] {
  return template === 'minimal' ? 'none' : 'jenkins'
}

function choose<Choice extends string>(what: string, given: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === given)
  if (found !== undefined) return found
  throw usage(`--${what} is "${given}". It takes ${choices.join(', ')}.`)
}
