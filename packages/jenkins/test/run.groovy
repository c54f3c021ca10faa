// Tests of the library: one line of JSON each, which library.int.test.ts turns into tests of its own.
import groovy.json.JsonOutput
import io.keelson.PipelinePlan
import io.keelson.ShellText
import io.keelson.VerifyPlan

File root = new File(args[0])
Map tests = [:]
Closure pipeline = { new Pipeline(root) }
Closure refused = { Closure body ->
    try {
        body()
    } catch (IllegalArgumentException e) {
        return e.message
    }
    throw new AssertionError('nothing was refused')
}

tests['runs the command with a limit of time and publishes what it wrote'] = {
    Pipeline p = pipeline()
    p.run('verifyEndpoints', [url: 'http://x:1'])
    assert p.steps*.name == ['timeout', 'sh', 'junit', 'archiveArtifacts']
    assert p.named('timeout')[0].arguments == [[time: 300, unit: 'SECONDS']]
    assert p.named('junit')[0].arguments == [[testResults: 'reports/keelson/verify.xml', allowEmptyResults: false]]
    assert p.named('sh')[0].arguments[0].script.contains("'--report' 'junit=reports/keelson/verify.xml'")
}
tests['fails the build when the contract is broken, after publishing'] = {
    Pipeline p = pipeline()
    p.exitCode = 1
    try {
        p.run('verifyEndpoints', [command: ['node', 'a.js']])
        assert false
    } catch (StepError e) {
        assert e.message.contains('breaks its operational contract')
    }
    assert p.steps*.name == ['timeout', 'sh', 'junit', 'archiveArtifacts', 'error']
}
tests['makes the build unstable when asked to'] = {
    Pipeline p = pipeline()
    p.exitCode = 1
    p.run('verifyEndpoints', [command: ['node', 'a.js'], unstable: true])
    assert p.steps*.name.last() == 'unstable'
    assert p.build.currentResult == 'UNSTABLE'
}
for (int code : [2, 3, 4, 130]) {
    int exitCode = code
    tests['tells exit code ' + exitCode + ' apart from a broken contract, even when unstable'] = {
        Pipeline p = pipeline()
        p.exitCode = exitCode
        try {
            p.run('verifyEndpoints', [url: 'http://x:1', unstable: true])
            assert false
        } catch (StepError e) {
            assert e.message.contains('could not run (exit code ' + exitCode + ')')
        }
        assert p.named('junit')[0].arguments[0].allowEmptyResults
        assert p.named('archiveArtifacts').size() == 1
        assert p.named('unstable').isEmpty()
    }
}
tests['publishes what there is when the time is over'] = {
    Pipeline p = pipeline()
    p.timesOut = true
    try {
        p.run('verifyEndpoints', [url: 'http://x:1'])
        assert false
    } catch (InterruptedException e) {
        assert p.steps*.name == ['timeout', 'junit', 'archiveArtifacts']
    }
}
tests['refuses an unknown option before any step'] = {
    Pipeline p = pipeline()
    assert refused { p.run('verifyEndpoints', [url: 'http://x:1', raedyTimeout: 3]) }.contains('"raedyTimeout" is no option')
    assert p.steps.isEmpty()
}
tests['refuses no target, and two'] = {
    assert refused { VerifyPlan.from([:]) }.contains('exactly one')
    assert refused { VerifyPlan.from([url: 'http://x:1', image: 'x']) }.contains('exactly one')
    assert refused { VerifyPlan.from([command: []]) }.contains('empty')
}
tests['refuses wrong types, and a command in one text'] = {
    assert refused { VerifyPlan.from([command: 'node dist/main.js']) }.contains('one word each')
    assert refused { VerifyPlan.from([url: 'http://x:1', readyTimeout: '60']) }.contains('readyTimeout takes a Integer')
    assert refused { VerifyPlan.from([url: 'http://x:1', readyTimeout: 0]) }.contains('from 1')
}
tests['takes a text with values in it'] = {
    int number = 7
    assert VerifyPlan.from([image: "x:${number}"]).script.endsWith("'--image' 'x:7'")
}
tests['hands every option to the command'] = {
    String script = VerifyPlan.from([
        url: 'http://x:1', port: 1, opsPort: 2, profile: 'generic', contract: 'c.json', readyTimeout: 5, only: ['stop', 'logs'],
        skip: ['probes.head': 'no one asks'], maxWarnings: 0, reports: 'out', keelson: ['keelson'],
        leak: true, memory: '256Mi',
    ]).script
    assert script == "'keelson' 'verify' '--ready-timeout' '5s' '--profile' 'generic' '--contract' 'c.json' '--port' '1' " +
        "'--ops-port' '2' '--max-warnings' '0' '--leak' '--memory' '256Mi' '--only' 'stop' '--only' 'logs' '--skip' 'probes.head=no one asks' " +
        "'--report' 'junit=out/verify.xml' '--report' 'html=out/verify.html' '--report' 'json=out/verify.json' 'http://x:1'"
}
tests['waits longer for a leak, and asks for none otherwise'] = {
    VerifyPlan without = VerifyPlan.from([image: 'x', leak: false])
    assert !without.script.contains('leak')
    assert VerifyPlan.from([image: 'x', leak: true]).timeoutSeconds == without.timeoutSeconds + 160
}
for (String word : ["it's", '$(id)', '`id`', 'two  words', 'a\nb', '"', '\\', '*', '; id', '-x', '', 'ü']) {
    String argument = word
    tests['hands on ' + JsonOutput.toJson(argument) + ' through a real shell'] = {
        String line = ShellText.commandLine(['printf', '[%s]', argument])
        Process process = new ProcessBuilder(['sh', '-c', line]).start()
        assert process.inputStream.getText('UTF-8') == '[' + argument + ']'
    }
}
tests['refuses a NUL character'] = {
    assert refused { ShellText.quote('a\u0000b') }.contains('NUL')
}
tests['keeps its state through a restart of the controller'] = {
    VerifyPlan plan = VerifyPlan.from([command: ['node', 'a.js'], unstable: true])
    ByteArrayOutputStream bytes = new ByteArrayOutputStream()
    new ObjectOutputStream(bytes).writeObject(plan)
    Object copy = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
        @Override
        protected Class resolveClass(ObjectStreamClass description) { Class.forName(description.name, false, VerifyPlan.classLoader) }
    }.readObject()
    assert copy.script == plan.script && copy.unstable && copy.timeoutSeconds == plan.timeoutSeconds
    new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(PipelinePlan.from([image: 'x', verify: [readyTimeout: 9]]))
}
tests['runs a whole pipeline in order'] = {
    Pipeline p = pipeline()
    p.run('keelsonPipeline', [:])
    assert p.named('stage')*.arguments*.first() == ['Checkout', 'Install', 'Check', 'Test', 'Build', 'Verify']
    assert p.named('sh')[0..3]*.arguments == [['npm ci'], ['npm run check --if-present'], ['npm test'], ['npm run build --if-present']]
    assert p.named('sh').last().arguments[0].script.endsWith("'--' 'node' 'dist/main.js'")
}
tests['builds an image and verifies that, with the options of verify'] = {
    Pipeline p = pipeline()
    p.run('keelsonPipeline', [image: "x:1'", verify: [readyTimeout: 9]])
    assert p.named('sh')*.arguments.contains(["'docker' 'build' '--tag' 'x:1'\\''' '.'"])
    assert p.named('sh').last().arguments[0].script.contains("'--ready-timeout' '9s'")
    assert p.named('sh').last().arguments[0].script.endsWith("'--image' 'x:1'\\'''")
}
tests['deploys from its branch, and only what passed'] = {
    int deployed = 0
    Map options = [deploy: { deployed++ }]
    pipeline().run('keelsonPipeline', options)
    assert deployed == 1
    Pipeline branch = pipeline()
    branch.env = [BRANCH_NAME: 'feature']
    branch.run('keelsonPipeline', options)
    assert deployed == 1
    Pipeline unstable = pipeline()
    unstable.exitCode = 1
    unstable.run('keelsonPipeline', options + [verify: [unstable: true, command: ['x']]])
    assert deployed == 1
    Pipeline broken = pipeline()
    broken.exitCode = 1
    try {
        broken.run('keelsonPipeline', options)
        assert false
    } catch (StepError e) {
        assert deployed == 1
    }
}
tests['refuses options of verify before anything is built'] = {
    Pipeline p = pipeline()
    assert refused { p.run('keelsonPipeline', [verify: [raedyTimeout: 1]]) }.contains('raedyTimeout')
    assert refused { p.run('keelsonPipeline', [deplyo: {}]) }.contains('deplyo')
    assert p.steps.isEmpty()
}
tests['runs the Jenkinsfile of the examples'] = {
    Pipeline p = pipeline()
    p.env = [BRANCH_NAME: 'main', BUILD_NUMBER: '12']
    p.runText(new File(root, 'examples/Jenkinsfile.pipeline').text.replaceFirst(/^@Library.*/, ''))
    assert p.named('stage')*.arguments*.first().last() == 'Deploy'
    assert p.named('sh')*.arguments*.first().contains('kubectl apply -k k8s/overlays/prod')
}
tests['has a help page for every step'] = {
    List names = new File(root, 'vars').list().findAll { it.endsWith('.groovy') }
    assert names.size() == 2
    for (String name : names) assert new File(root, 'vars/' + name.replace('.groovy', '.txt')).length() > 200
}
tests['documents every option of verifyEndpoints'] = {
    String help = new File(root, 'vars/verifyEndpoints.txt').text
    for (String name : VerifyPlan.KNOWN.keySet()) assert help =~ /(?m)^    (\w+, )?${name}\b/
}

for (Map.Entry test : tests.entrySet()) {
    String failure = null
    try {
        test.value.call()
    } catch (Throwable e) {
        failure = e.toString()
    }
    println JsonOutput.toJson([name: test.key, failure: failure])
}
