package io.keelson

/**
 * What verifyEndpoints does, decided before its first step: pure data, so that a controller may be restarted in the middle.
 * The checks themselves are the command's; this only reads options and quotes.
 */
class VerifyPlan implements Serializable {
    private static final long serialVersionUID = 1L

    /** Every option, with its type; a name that is not here is a typing error and refused. */
    private static final Map KNOWN = [
        url: CharSequence, command: List, image: CharSequence,
        port: Integer, opsPort: Integer, profile: CharSequence, contract: CharSequence,
        readyTimeout: Integer, only: List, skip: Map, maxWarnings: Integer,
        leak: Boolean, memory: CharSequence,
        unstable: Boolean, reports: CharSequence, keelson: List,
    ]
    private static final int READY_TIMEOUT_SECONDS = 60
    // A full run starts the service three times, and waits for a stop of up to 30 s twice.
    private static final int MARGIN_SECONDS = 120
    // The command waits 90 s for the end of a leak.
    private static final int LEAK_SECONDS = 100

    String script
    String reports
    int timeoutSeconds
    boolean unstable

    /** @throws IllegalArgumentException for an unknown option, a wrong type, or not exactly one target */
    static VerifyPlan from(Map options) {
        check(options)
        int readySeconds = options.readyTimeout == null ? READY_TIMEOUT_SECONDS : (int) options.readyTimeout
        VerifyPlan plan = new VerifyPlan()
        plan.reports = options.reports == null ? 'reports/keelson' : options.reports.toString()
        plan.unstable = options.unstable == true
        plan.timeoutSeconds = readySeconds * 3 + MARGIN_SECONDS
        if (options.leak == true) plan.timeoutSeconds += readySeconds + LEAK_SECONDS
        plan.script = ShellText.commandLine(words(options, plan.reports, readySeconds))
        return plan
    }

    String report(String format) {
        return reports + '/verify.' + format
    }

    private static void check(Map options) {
        List names = new ArrayList(options.keySet())
        for (int index = 0; index < names.size(); index++) {
            Object name = names[index]
            Class type = (Class) KNOWN.get(name.toString())
            if (type == null) {
                throw new IllegalArgumentException('verifyEndpoints: "' + name + '" is no option. Options: ' + KNOWN.keySet().join(', ') + '.')
            }
            Object value = options.get(name)
            if (value != null && !type.isInstance(value)) {
                throw new IllegalArgumentException('verifyEndpoints: ' + name + ' takes a ' + type.simpleName + ', not ' + value.class.simpleName + '.' + hint(name.toString()))
            }
        }
        int targets = (options.url == null ? 0 : 1) + (options.command == null ? 0 : 1) + (options.image == null ? 0 : 1)
        if (targets != 1) {
            throw new IllegalArgumentException('verifyEndpoints takes exactly one of url, command and image.')
        }
        if (options.command != null && options.command.isEmpty()) {
            throw new IllegalArgumentException('verifyEndpoints: command is empty. Write command: [\'node\', \'dist/main.js\'].')
        }
        if (options.readyTimeout != null && options.readyTimeout < 1) {
            throw new IllegalArgumentException('verifyEndpoints: readyTimeout is ' + options.readyTimeout + '. It takes seconds, from 1.')
        }
    }

    private static String hint(String name) {
        return name == 'command' ? ' Write command: [\'node\', \'dist/main.js\'], one word each, so that nothing needs quoting.' : ''
    }

    private static List words(Map options, String reports, int readySeconds) {
        List words = []
        words.addAll(options.keelson == null ? ['npx', '--no-install', 'keelson'] : options.keelson)
        words.addAll(['verify', '--ready-timeout', readySeconds + 's'])
        addOption(words, '--profile', options.profile)
        addOption(words, '--contract', options.contract)
        addOption(words, '--port', options.port)
        addOption(words, '--ops-port', options.opsPort)
        addOption(words, '--max-warnings', options.maxWarnings)
        if (options.leak == true) words.add('--leak')
        addOption(words, '--memory', options.memory)
        List only = options.only == null ? [] : options.only
        for (int index = 0; index < only.size(); index++) {
            addOption(words, '--only', only[index])
        }
        Map skip = options.skip == null ? [:] : options.skip
        List skipped = new ArrayList(skip.keySet())
        for (int index = 0; index < skipped.size(); index++) {
            addOption(words, '--skip', skipped[index].toString() + '=' + skip.get(skipped[index]))
        }
        List formats = ['junit=' + reports + '/verify.xml', 'html=' + reports + '/verify.html', 'json=' + reports + '/verify.json']
        for (int index = 0; index < formats.size(); index++) {
            addOption(words, '--report', formats[index])
        }
        addOption(words, '--image', options.image)
        if (options.url != null) words.add(options.url)
        if (options.command != null) words.addAll(['--'] + options.command)
        return words
    }

    private static void addOption(List words, String name, Object value) {
        if (value != null) words.addAll([name, value])
    }
}
