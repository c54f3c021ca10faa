package io.keelson

/** What keelsonPipeline does, decided before its first step. The deploy hook is code and stays outside. */
class PipelinePlan implements Serializable {
    private static final long serialVersionUID = 1L

    private static final List KNOWN = ['agent', 'install', 'check', 'test', 'build', 'image', 'verify', 'deploy', 'deployBranch']

    String agent
    String install
    String check
    String test
    String build
    /** null: no image is built. */
    String image
    Map verify
    String deployBranch

    /** @throws IllegalArgumentException for an unknown option, or options of verify that contradict each other */
    static PipelinePlan from(Map options) {
        List names = new ArrayList(options.keySet())
        for (int index = 0; index < names.size(); index++) {
            if (!KNOWN.contains(names[index].toString())) {
                throw new IllegalArgumentException('keelsonPipeline: "' + names[index] + '" is no option. Options: ' + KNOWN.join(', ') + '.')
            }
        }
        PipelinePlan plan = new PipelinePlan()
        plan.agent = text(options.agent, '')
        plan.install = text(options.install, 'npm ci')
        plan.check = text(options.check, 'npm run check --if-present')
        plan.test = text(options.test, 'npm test')
        plan.build = text(options.build, 'npm run build --if-present')
        plan.image = options.image == null ? null : options.image.toString()
        plan.deployBranch = text(options.deployBranch, 'main')
        plan.verify = target(options.verify == null ? [:] : options.verify, plan.image)
        // Told before anything is built, not at the end of it.
        VerifyPlan.from(plan.verify)
        return plan
    }

    String buildImage() {
        return ShellText.commandLine(['docker', 'build', '--tag', image, '.'])
    }

    private static Map target(Map verify, String image) {
        boolean isNamed = verify.url != null || verify.command != null || verify.image != null
        if (isNamed) return verify
        return verify + (image == null ? [command: ['node', 'dist/main.js']] : [image: image])
    }

    private static String text(Object value, String otherwise) {
        return value == null ? otherwise : value.toString()
    }
}
