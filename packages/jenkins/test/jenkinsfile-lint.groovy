// Checks the structure of declarative Jenkinsfiles by running them with one strict delegate per section: sections that do not
// exist, stages without steps, a missing agent. A stand-in for the only true validator, a controller. Prints `file: problem`.
class Section {
    static final Map SECTIONS = [
        pipeline: ['agent', 'stages', 'post', 'options', 'environment', 'parameters', 'triggers', 'tools', 'libraries'],
        stage: ['agent', 'steps', 'stages', 'parallel', 'matrix', 'post', 'options', 'environment', 'tools', 'when', 'input', 'failFast'],
        post: ['always', 'success', 'failure', 'unstable', 'changed', 'fixed', 'regression', 'aborted', 'unsuccessful', 'cleanup'],
    ]
    // Names inside of these belong to plugins.
    static final List OPEN = ['options', 'environment', 'parameters', 'triggers', 'tools', 'libraries', 'when', 'input', 'matrix', 'agent']

    final String kind
    final List problems
    final Set seen = [] as Set

    Section(String kind, List problems) {
        this.kind = kind
        this.problems = problems
    }

    Object methodMissing(String name, Object arguments) {
        List given = arguments as List
        if (kind in ['stages', 'parallel']) return stage(name, given)
        if (kind == 'steps') return seen.add('step')
        if (!SECTIONS[kind].contains(name)) return problems.add('"' + name + '" is no section of ' + kind)
        if (!seen.add(name)) problems.add('a second "' + name + '" in ' + kind)
        if (given && given.last() instanceof Closure) inside(name, (Closure) given.last())
        return null
    }

    Object propertyMissing(String name) {
        if (name in ['any', 'none']) return name
        if (kind == 'steps') return name
        throw new MissingPropertyException(name)
    }

    private Object stage(String name, List given) {
        if (name != 'stage') return problems.add('"' + name + '" in ' + kind + ', where only stage can stand')
        seen.add('stage')
        Section stage = read('stage', (Closure) given.last())
        List bodies = ['steps', 'stages', 'parallel', 'matrix'].findAll { stage.seen.contains(it) }
        if (bodies.size() != 1) problems.add('the stage ' + given[0] + ' has ' + (bodies.empty ? 'no steps' : bodies.join(' and ')))
        return null
    }

    private void inside(String name, Closure body) {
        if (OPEN.contains(name)) return
        String inner = kind == 'post' ? 'steps' : name
        Section section = read(inner, body)
        if (section.seen.isEmpty()) problems.add('"' + name + '" is empty')
    }

    Section read(String inner, Closure body) {
        Section section = new Section(inner, problems)
        body.delegate = section
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body.call()
        return section
    }
}

boolean isClean = true
for (String path : args) {
    List problems = []
    String text = new File(path).text.replaceFirst(/(?m)^@Library\(.*\)\s*_\s*$/, '')
    Script script = new GroovyShell(this.class.classLoader).parse(text)
    int pipelines = 0
    ExpandoMetaClass methods = new ExpandoMetaClass(script.class, false, true)
    methods.pipeline = { Closure body ->
        pipelines++
        Section whole = new Section('pipeline', problems).read('pipeline', body)
        for (String needed : ['agent', 'stages']) {
            if (!whole.seen.contains(needed)) problems.add('"' + needed + '" is missing')
        }
    }
    methods.initialize()
    script.metaClass = methods
    try {
        script.run()
        if (pipelines != 1) problems.add(pipelines + ' pipelines in one file')
    } catch (MissingMethodException | MissingPropertyException e) {
        problems.add(e.message.readLines()[0])
    }
    problems.each { println new File(path).name + ': ' + it }
    isClean = isClean && problems.isEmpty()
}
System.exit(isClean ? 0 : 1)
