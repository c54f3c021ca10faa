import org.codehaus.groovy.control.CompilerConfiguration

/** Runs a step of the library, records the steps that it calls, and answers them as a test wants. */
class Pipeline {
    final List steps = []
    final Map build = [currentResult: 'SUCCESS']
    Map env = [BRANCH_NAME: 'main']
    int exitCode = 0
    boolean timesOut = false
    private final File root

    Pipeline(File root) { this.root = root }

    Object run(String name, Map options) {
        return load(name).call(options)
    }

    List named(String name) {
        return steps.findAll { it.name == name }
    }

    /** Runs a Jenkinsfile that is scripted. */
    Object runText(String text) {
        return shell().parse(text).run()
    }

    Script load(String name) {
        return shell().parse(new File(root, 'vars/' + name + '.groovy'))
    }

    private GroovyShell shell() {
        CompilerConfiguration configuration = new CompilerConfiguration()
        configuration.scriptBaseClass = PipelineScript.name
        Binding binding = new Binding([env: env, currentBuild: build, scm: 'scm', recorder: this])
        return new GroovyShell(this.class.classLoader, binding, configuration)
    }

    Object step(String name, List arguments) {
        if (new File(root, 'vars/' + name + '.groovy').exists()) return run(name, (Map) arguments[0])
        Closure body = arguments && arguments.last() instanceof Closure ? (Closure) arguments.last() : null
        steps.add([name: name, arguments: arguments.findAll { !(it instanceof Closure) }])
        if (name == 'error') throw new StepError(arguments[0].toString())
        if (name == 'timeout' && timesOut) throw new InterruptedException('timeout')
        if (name == 'unstable') build.currentResult = 'UNSTABLE'
        if (name == 'sh' && arguments[0] instanceof Map && arguments[0].returnStatus) return exitCode
        return body == null ? null : body.call()
    }
}
